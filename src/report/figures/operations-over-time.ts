/** Beyond the paper: accumulates for each MAC of the DNN as steps go by, and where that stops paying. */
import { breakEvenRatio, type OperationCost } from "../../metrics/energy.ts";
import { digits } from "../format.ts";
import { thinned } from "./axis.ts";
import type { Canvas, Figure } from "./figure.ts";
import { linePanel } from "./line-panel.ts";
import { lookOf } from "./look.ts";
import { drawSheet, gridOf } from "./svg.ts";

export interface OperationsOverTimeData {
  readonly dnnMacs: number;
  readonly costs: readonly OperationCost[];
  readonly configurations: readonly {
    readonly configuration: string;
    readonly at: readonly { readonly t: number; readonly acs: number }[];
  }[];
}

export function operationsOverTimeFigure(data: OperationsOverTimeData, canvas: Canvas): Figure {
  const { dnnMacs, costs, configurations } = data;
  const title = "Accumulates for each multiply-accumulate of the DNN, over time";
  const steps = [...new Set(configurations.flatMap(({ at }) => at.map(({ t }) => t)))].sort((a, b) => a - b);
  const series = configurations.map(({ configuration, at }, i) => ({
    name: configuration,
    look: lookOf(i),
    points: at.filter(({ acs }) => acs > 0).map(({ t, acs }) => ({ x: t, y: acs / dnnMacs })),
  }));
  const rules = costs.map((cost) => ({
    y: breakEvenRatio(cost),
    name: `${cost.label}: ${digits(breakEvenRatio(cost))}`,
  }));
  const { widthPx } = gridOf(canvas, { columns: 1, widthPx: 820 }, 1, 300);
  const panel = linePanel(canvas, {
    series,
    rules,
    x: {
      label: "time steps",
      type: "log",
      ticks: thinned(steps, Math.min(10, widthPx / 50)),
    },
    y: { label: "AC / MAC, summed over steps", type: "log" },
    widthPx,
    heightPx: 340,
    labelWidthPx: 250,
  });
  const alt = `${title}. ${configurations
    .map(
      ({ configuration, at }) =>
        `${configuration}: ${digits(at[at.length - 1].acs / dnnMacs)} after ${at[at.length - 1].t} steps.`,
    )
    .join(" ")} The spiking network pays below ${rules.map(({ name }) => name).join(", ")}.`;
  return {
    id: "figure-9",
    label: "Figure 9",
    title,
    caption:
      "Above a dashed line the spiking network's accumulates alone cost more than the whole DNN at that price. Both axes logarithmic; mean over pictures.",
    alt,
    svg: drawSheet([panel], { id: "figure-9", title, alt, columns: 1 }),
    rows: configurations.flatMap(({ configuration, at }) =>
      at.map(({ t, acs }) => ({ configuration, t, acs, acsPerMac: acs / dnnMacs })),
    ),
  };
}
