/** A picture with a network's boxes on it, and the same as a list of words below. */
import { type ReactNode, useEffect, useRef } from "react";
import { colorOf, type Detection } from "../../../src/index.ts";
import { percentText } from "./format.ts";
import { useWidth } from "./use-width.ts";

export interface PictureViewProps {
  readonly title: string;
  /** Beside the title: steps, mode, … */
  readonly note: string;
  /** `dnn`, `a` or `b`: the colour of the title's mark. */
  readonly mark: string;
  readonly bitmap: ImageBitmap;
  readonly detections: readonly Detection[] | undefined;
  /** Shown as thin dashed frames below: what the other network says. */
  readonly ghosts?: readonly Detection[];
  readonly classNames: readonly string[];
  /** Drawn between picture and boxes. */
  readonly overlay?: ReactNode;
}

export function PictureView(props: PictureViewProps) {
  const { title, note, mark, bitmap, detections, ghosts = [], classNames, overlay } = props;
  const { ref, width: shownWidth } = useWidth<HTMLDivElement>();
  /** Picture pixels to a pixel of the screen: lines and letters keep their size there. */
  const scale = shownWidth > 0 ? bitmap.width / shownWidth : bitmap.width / 400;
  const label = (detection: Detection) => `${nameOf(detection, classNames)} ${percentText(detection.score)}`;
  return (
    <figure className="picture" data-mark={mark}>
      <figcaption>
        <span className="mark" />
        <h2>{title}</h2>
        <span className="note">{note}</span>
      </figcaption>
      <div ref={ref} className="frame" style={{ aspectRatio: `${bitmap.width} / ${bitmap.height}` }}>
        <Bitmap bitmap={bitmap} />
        {overlay}
        <svg viewBox={`0 0 ${bitmap.width} ${bitmap.height}`} aria-hidden="true">
          {ghosts.map((ghost) => (
            <Frame key={keyOf(ghost)} detection={ghost} isGhost scale={scale} width={bitmap.width} />
          ))}
          {byRisingScore(detections).map((detection) => (
            <Frame
              key={keyOf(detection)}
              detection={detection}
              scale={scale}
              width={bitmap.width}
              label={label(detection)}
            />
          ))}
        </svg>
      </div>
      <ul className="found" aria-label={`${title} finds`}>
        {detections?.map((detection) => (
          <li key={keyOf(detection)}>
            <span className="swatch" style={{ background: colorOf(detection.classIndex) }} />
            {nameOf(detection, classNames)} <b>{percentText(detection.score)}</b>
          </li>
        ))}
        {detections?.length === 0 && <li className="nothing">nothing yet</li>}
        {detections === undefined && <li className="nothing">…</li>}
      </ul>
    </figure>
  );
}

function Bitmap({ bitmap }: { readonly bitmap: ImageBitmap }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    // A bitmap that was replaced meanwhile is closed and has no pixels any more.
    if (bitmap.width > 0) canvas.current?.getContext("2d")?.drawImage(bitmap, 0, 0);
  }, [bitmap]);
  return <canvas ref={canvas} width={bitmap.width} height={bitmap.height} />;
}

interface FrameProps {
  readonly detection: Detection;
  /** Of the picture, in its pixels. */
  readonly width: number;
  readonly scale: number;
  readonly label?: string;
  readonly isGhost?: boolean;
}

function Frame({ detection, width, scale, label, isGhost = false }: FrameProps) {
  const { xMin, yMin, xMax, yMax, classIndex, score } = detection;
  const place = { x: xMin, y: yMin, width: xMax - xMin, height: yMax - yMin };
  const line = 2 * scale;
  if (isGhost)
    return <rect {...place} className="ghost" strokeWidth={line * 0.6} strokeDasharray={`${3 * line} ${2 * line}`} />;
  const size = 12.5 * scale;
  const labelWidth = (label?.length ?? 0) * size * 0.54 + size * 0.6;
  const labelX = Math.max(0, Math.min(xMin - line / 2, width - labelWidth));
  const labelY = yMin >= size * 1.35 ? yMin - size * 1.35 : yMin;
  return (
    <g className="box" data-class={classIndex} data-score={score}>
      <rect {...place} fill="none" stroke="#fff" strokeOpacity={0.75} strokeWidth={line * 1.9} />
      <rect {...place} fill="none" stroke={colorOf(classIndex)} strokeWidth={line} />
      <rect x={labelX} y={labelY} width={labelWidth} height={size * 1.35} fill={colorOf(classIndex)} />
      <text x={labelX + size * 0.3} y={labelY + size} fontSize={size} fill="#fff">
        {label}
      </text>
    </g>
  );
}

/** The surest last: it is drawn over the others. */
function byRisingScore(detections: readonly Detection[] = []): readonly Detection[] {
  return [...detections].sort((a, b) => a.score - b.score);
}

function nameOf({ classIndex }: Detection, classNames: readonly string[]): string {
  return classNames[classIndex] ?? `class ${classIndex}`;
}

function keyOf({ classIndex, xMin, yMin, xMax, yMax }: Detection): string {
  return [classIndex, xMin, yMin, xMax, yMax].join();
}
