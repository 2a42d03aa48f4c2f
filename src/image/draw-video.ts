/** A frame of an annotated video, as SVG: the picture once for each network with its boxes, and what frames have cost below. */
import { drawSheet, type Sheet } from "./draw.ts";

export interface FrameCost {
  /** Accumulates for each multiply-accumulate of the DNN. */
  readonly ratio: number;
  /** The scene was cut here. */
  readonly isCut: boolean;
}

/** Frames that the strip shows: the last ones. */
const shownFrames = 250;
const height = 96;
const [left, right, top, bottom] = [44, 14, 26, 12];

/** @param costs of all frames so far, this one the last. */
export function drawVideoFrame(sheet: Omit<Sheet, "columns">, costs: readonly FrameCost[]): string {
  const panels = drawSheet({ ...sheet, columns: sheet.panels.length });
  const [width, panelHeight] = ["width", "height"].map((side) =>
    Number(new RegExp(`${side}="([\\d.]+)"`).exec(panels)?.[1]),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${Math.ceil(width)}" height="${Math.ceil(panelHeight + height)}" font-family="DejaVu Sans, sans-serif">`,
    `<rect width="100%" height="100%" fill="white"/>`,
    panels,
    `<g transform="translate(0 ${panelHeight})">${drawStrip(costs, width)}</g>`,
    "</svg>",
  ].join("\n");
}

function drawStrip(costs: readonly FrameCost[], width: number): string {
  const shown = costs.slice(-shownFrames);
  const most = Math.max(1, ...shown.map(({ ratio }) => ratio));
  const x = (i: number) => (left + ((width - left - right) * i) / (shownFrames - 1)).toFixed(1);
  const y = (ratio: number) => (height - bottom - ((height - top - bottom) * ratio) / most).toFixed(1);
  const line = shown.map(({ ratio }, i) => `${x(i)},${y(ratio)}`);
  const ticks = [0, 1].map((ratio) =>
    [
      `<line x1="${left}" x2="${width - right}" y1="${y(ratio)}" y2="${y(ratio)}" stroke="#8a939c" ${ratio === 0 ? "" : `stroke-dasharray="4 3"`}/>`,
      `<text x="${left - 8}" y="${Number(y(ratio)) + 4}" font-size="12" text-anchor="end" fill="#57606a">${ratio}</text>`,
    ].join(""),
  );
  const cuts = shown.flatMap(({ isCut }, i) =>
    isCut
      ? [
          `<line x1="${x(i)}" x2="${x(i)}" y1="${top}" y2="${height - bottom}" stroke="#e61919" stroke-dasharray="2 2"/>`,
        ]
      : [],
  );
  const [last] = shown.slice(-1);
  const said = last ? `${last.ratio.toFixed(2)}${last.isCut ? " (scene cut)" : ""}` : "";
  return [
    `<text x="12" y="16" font-size="13" fill="#1b1f24">Accumulates for each multiply-accumulate of the DNN: <tspan font-weight="bold">${said}</tspan></text>`,
    ...ticks,
    ...cuts,
    `<polyline points="${line.join(" ")}" fill="none" stroke="#2d5ab4" stroke-width="2"/>`,
    ...(line.length > 0
      ? [
          `<circle cx="${line[line.length - 1].split(",")[0]}" cy="${line[line.length - 1].split(",")[1]}" r="3.5" fill="#2d5ab4"/>`,
        ]
      : []),
  ].join("");
}
