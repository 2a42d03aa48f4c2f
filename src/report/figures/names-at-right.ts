/** Names of series at the right of a plot, beside the ends of their lines. */
import * as Plot from "@observablehq/plot";
import { spreadLabels } from "./labels.ts";
import type { LegendEntry } from "./legend.ts";
import { fontSizePx, muted } from "./look.ts";

const labelGapPx = fontSizePx + 3;

/** @param wished the names' heights, in pixels below the plot's top. */
export function namesAtRight(
  entries: readonly LegendEntry[],
  wished: readonly number[],
  plotHeightPx: number,
): readonly Plot.Markish[] {
  const places = spreadLabels(wished, labelGapPx, [0, plotHeightPx]);
  return entries.flatMap(({ name, look }, i) => {
    const beside = { frameAnchor: "top-right", dy: places[i] } as const;
    return [
      ...(look ? [Plot.dot([name], { ...beside, dx: 18, stroke: look.color, symbol: look.symbol, r: 3.2 })] : []),
      Plot.text([name], {
        ...beside,
        text: (text: string) => text,
        lineAnchor: "middle",
        textAnchor: "start",
        dx: look ? 27 : 8,
        fill: look?.color ?? muted,
      }),
    ];
  });
}
