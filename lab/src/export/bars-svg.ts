/** The activity of layers as a drawing: what the page shows as bars that can be chosen. */
import { svgCanvas } from "./svg-canvas.ts";

export interface Bar {
  readonly label: string;
  /** By network, in the order of `colors`. */
  readonly values: readonly number[];
}

export interface BarColors {
  readonly paper: string;
  readonly ink: string;
  readonly networks: readonly string[];
}

const [rowHeight, barHeight, labelWidth, barWidth, valueWidth] = [30, 9, 120, 320, 120];

export function barsSvg(title: string, bars: readonly Bar[], { paper, ink, networks }: BarColors): string {
  const max = Math.max(1e-9, ...bars.flatMap(({ values }) => values));
  const canvas = svgCanvas(title, labelWidth + barWidth + valueWidth, bars.length * rowHeight + 8, paper);
  for (const [row, { label, values }] of bars.entries()) {
    const top = row * rowHeight;
    for (const [i, value] of values.entries()) {
      canvas.fillStyle = networks[i];
      canvas.fillRect(labelWidth, top + 6 + i * (barHeight + 2), (value / max) * barWidth, barHeight);
    }
    canvas.fillStyle = ink;
    canvas.fillText(label, 6, top + 18);
    canvas.fillText(values.map((value) => value.toPrecision(3)).join(" | "), labelWidth + barWidth + 8, top + 18);
  }
  return canvas.svg();
}
