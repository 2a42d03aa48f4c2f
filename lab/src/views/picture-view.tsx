/** A picture with a network's boxes on it, and the same as a list of words below. */
import { type ReactNode, useEffect, useRef } from "react";
import { colorOf, type Detection, displayThresholds, placeLabels } from "../../../src/index.ts";
import { percentText } from "./format.ts";
import { textWidth } from "./text-width.ts";
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
  /** Said in place of detections that are not known yet. */
  readonly waiting: string;
  /** Whether these detections are the last word: nothing more will be found. */
  readonly isFinal: boolean;
  /** Drawn between picture and boxes. */
  readonly overlay?: ReactNode;
}

export function PictureView(props: PictureViewProps) {
  const { title, note, mark, bitmap, detections, ghosts = [], classNames, waiting, isFinal, overlay } = props;
  const { ref, width: shownWidth } = useWidth<HTMLDivElement>();
  /** Picture pixels to a pixel of the screen: lines and letters keep their size there. */
  const scale = shownWidth > 0 ? bitmap.width / shownWidth : bitmap.width / 400;
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
            <Frame key={keyOf(ghost)} detection={ghost} isGhost scale={scale} />
          ))}
          {byRisingScore(detections).map((detection) => (
            <Frame key={keyOf(detection)} detection={detection} scale={scale} />
          ))}
          <Labels detections={detections ?? []} classNames={classNames} bitmap={bitmap} scale={scale} />
        </svg>
      </div>
      <ul className="found" aria-label={`${title} finds`}>
        {detections?.map((detection) => (
          <li key={keyOf(detection)}>
            <span className="swatch" style={{ background: colorOf(detection.classIndex) }} />
            {nameOf(detection, classNames)} <b>{percentText(detection.score)}</b>
          </li>
        ))}
        {detections?.length === 0 && <li className="nothing">{isFinal ? nothingAtAll : "nothing yet"}</li>}
        {detections === undefined && <li className="nothing">{waiting}</li>}
      </ul>
    </figure>
  );
}

const nothingAtAll = `nothing surer than ${percentText(displayThresholds.scoreThreshold)}`;

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
  readonly scale: number;
  readonly isGhost?: boolean;
}

function Frame({ detection, scale, isGhost = false }: FrameProps) {
  const { xMin, yMin, xMax, yMax, classIndex, score } = detection;
  const place = { x: xMin, y: yMin, width: xMax - xMin, height: yMax - yMin };
  const line = 2 * scale;
  if (isGhost)
    return <rect {...place} className="ghost" strokeWidth={line * 0.6} strokeDasharray={`${3 * line} ${2 * line}`} />;
  return (
    <g className="box" data-class={classIndex} data-score={score}>
      <rect {...place} fill="none" stroke="#fff" strokeOpacity={0.75} strokeWidth={line * 1.9} />
      <rect {...place} fill="none" stroke={colorOf(classIndex)} strokeWidth={line} />
    </g>
  );
}

/** Pixels of the screen; smaller where the picture is. */
const labelSizes = { from: 10, to: 12.5, wideAt: 520 };

interface LabelsProps {
  readonly detections: readonly Detection[];
  readonly classNames: readonly string[];
  readonly bitmap: ImageBitmap;
  readonly scale: number;
}

/** Over all frames; where objects crowd, the surest has its place first. */
function Labels({ detections, classNames, bitmap, scale }: LabelsProps) {
  const { from, to, wideAt } = labelSizes;
  const size = scale * Math.max(from, Math.min(to, (to * bitmap.width) / scale / wideAt));
  const height = 1.35 * size;
  const surestFirst = [...byRisingScore(detections)].reverse();
  const texts = surestFirst.map((detection) => `${nameOf(detection, classNames)} ${percentText(detection.score)}`);
  const widths = texts.map((text) => (textWidth(text) + 0.6) * size);
  const places = placeLabels(surestFirst, widths, height, bitmap);
  return surestFirst
    .map((detection, i) => {
      const place = places[i];
      // What finds no room stands in the list below.
      if (!place) return null;
      return (
        <g key={keyOf(detection)} className="label">
          <rect {...place} width={widths[i]} height={height} fill={colorOf(detection.classIndex)} />
          <text x={place.x + 0.3 * size} y={place.y + size} fontSize={size} fill="#fff">
            {texts[i]}
          </text>
        </g>
      );
    })
    .reverse();
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
