/** Names of series within a plot: in a corner that no line passes through, or else in rows above it. */
import * as Plot from "@observablehq/plot";
import { fontSizePx, ink, muted, type SeriesLook } from "./look.ts";

export interface LegendEntry {
  readonly name: string;
  /** Absent for a rule, which is dashed and has no symbol. */
  readonly look: SeriesLook | undefined;
  /** Marks without a line between them. */
  readonly isDots?: true;
}

/** Pixels from the plot's upper left corner, without its margins. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

export interface LegendOptions {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Polylines that must not be covered. */
  readonly lines: readonly (readonly Place[])[];
  /** Above the plot: what stands between it and the legend, and how far the legend may begin left of the plot. */
  readonly abovePx: number;
  readonly leftPx: number;
}

export interface Legend {
  readonly marks: readonly Plot.Markish[];
  /** Room that it needs above the plot; 0 where it stands within. */
  readonly heightPx: number;
}

const rowPx = fontSizePx + 4;
const swatchPx = 24;
const insetPx = 8;
/** The mean character of DejaVu Sans in names of series, with a little to spare. */
const characterPx = 0.55 * fontSizePx;

export function legend(
  entries: readonly LegendEntry[],
  { widthPx, heightPx, lines, abovePx, leftPx }: LegendOptions,
): Legend {
  const entryPx = entryWidth(entries);
  const [width, height] = [entryPx + insetPx, entries.length * rowPx + insetPx];
  const corners = [widthPx - width, 0].flatMap((x) => [heightPx - height, 0].map((y) => ({ x, y })));
  const fits = width < widthPx && height < heightPx;
  const free = fits ? corners.find((corner) => !lines.some((line) => passes(line, corner, width, height))) : undefined;
  if (free) {
    const at = (i: number) => ({ x: free.x + insetPx / 2, y: free.y + insetPx / 2 + (i + 0.5) * rowPx });
    return { marks: entries.flatMap((entry, i) => entryMarks(entry, at(i))), heightPx: 0 };
  }
  const columns = Math.max(1, Math.floor((widthPx + leftPx) / (entryPx + insetPx)));
  const rows = Math.ceil(entries.length / columns);
  const at = (i: number) => ({
    x: (i % columns) * (entryPx + insetPx) - leftPx,
    y: (Math.floor(i / columns) + 0.5 - rows) * rowPx - abovePx,
  });
  return { marks: entries.flatMap((entry, i) => entryMarks(entry, at(i))), heightPx: rows * rowPx };
}

function entryWidth(entries: readonly LegendEntry[]): number {
  return swatchPx + 6 + Math.max(0, ...entries.map(({ name }) => name.length)) * characterPx;
}

/** Whether any part of the polyline lies within the box, with a little room around it. */
function passes(line: readonly Place[], corner: Place, width: number, height: number): boolean {
  const isWithin = ({ x, y }: Place) =>
    x > corner.x - insetPx && x < corner.x + width && y > corner.y - insetPx && y < corner.y + height + insetPx;
  return line.some((to, i) => {
    const from = line[Math.max(0, i - 1)];
    const steps = Math.ceil(Math.hypot(to.x - from.x, to.y - from.y) / 2) + 1;
    return Array.from({ length: steps + 1 }, (_, step) => step / steps).some((part) =>
      isWithin({ x: from.x + part * (to.x - from.x), y: from.y + part * (to.y - from.y) }),
    );
  });
}

function entryMarks({ name, look, isDots }: LegendEntry, { x, y }: Place): readonly Plot.Markish[] {
  const color = look?.color ?? ink;
  const at = (dx: number) => ({ frameAnchor: "top-left", dx: x + dx, dy: y }) as const;
  const line = () =>
    Plot.vector([name], {
      ...at(0),
      shape: {
        draw: (path: { moveTo(x: number, y: number): void; lineTo(x: number, y: number): void }, length: number) => {
          path.moveTo(0, 0);
          path.lineTo(0, -length);
        },
      },
      anchor: "start",
      rotate: 90,
      length: swatchPx,
      stroke: color,
      strokeWidth: look ? 1.8 : 1.2,
      strokeDasharray: look?.dash ?? "4,2",
    });
  return [
    ...(isDots ? [] : [line()]),
    ...(look
      ? [Plot.dot([name], { ...at(swatchPx / 2), stroke: color, fill: "white", symbol: look.symbol, r: 3.2 })]
      : []),
    Plot.text([name], {
      ...at(swatchPx + 5),
      text: (text: string) => text,
      lineAnchor: "middle",
      textAnchor: "start",
      fill: look?.color ?? muted,
      stroke: "white",
      strokeWidth: 3,
    }),
  ];
}
