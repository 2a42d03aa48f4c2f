/**
 * How figures look: one place for type, colours and marks. Series differ by dash and symbol as well as by colour, and are
 * named beside their marks, so that nothing depends on seeing colour.
 */

export const fontFamily = "DejaVu Sans, sans-serif";
export const fontSizePx = 12;
export const titleSizePx = 14;

export const ink = "#1b1f24";
export const muted = "#57606a";
/** Rules and fills that carry no data. */
export const faint = "#d0d7de";

export interface SeriesLook {
  /** At least 4.5:1 on white, so that it serves for text too. */
  readonly color: string;
  /** Of SVG's stroke-dasharray. */
  readonly dash: string;
  readonly symbol: "circle" | "square" | "triangle" | "diamond" | "star" | "cross";
}

const looks: readonly SeriesLook[] = [
  { color: "#0b5ea8", dash: "none", symbol: "circle" },
  { color: "#a23b00", dash: "6,3", symbol: "square" },
  { color: "#1a6b3c", dash: "2,3", symbol: "triangle" },
  { color: "#6f3199", dash: "8,3,2,3", symbol: "diamond" },
  { color: "#8a1538", dash: "1,4", symbol: "star" },
  { color: "#4d5560", dash: "12,4", symbol: "cross" },
];

/** The look of series number `index`. */
export function lookOf(index: number): SeriesLook {
  return looks[index % looks.length];
}
