/** Figure 5: mAP against time steps, of every configuration, beside the DNN. */

import { thinned } from "./axis.ts";
import type { Canvas, Figure } from "./figure.ts";
import { linePanel, type Series } from "./line-panel.ts";
import { lookOf } from "./look.ts";
import { drawSheet, gridOf } from "./svg.ts";

export interface AccuracyCurve {
  readonly configuration: string;
  readonly decode: "vmem" | "count";
  /** mAP in [0, 1] at each checkpoint. */
  readonly points: readonly AccuracyPoint[];
}

export interface AccuracyPoint {
  readonly t: number;
  readonly map: number;
  /** Ends of the 95 % interval of its share in the DNN's mAP, over pictures drawn anew; where a DNN finds anything. */
  readonly share?: { readonly low: number; readonly high: number };
}

export interface AccuracyData {
  /** Which mAP: `VOC07 mAP`, `AP50`. */
  readonly metric: string;
  /** Of the DNN, in [0, 1]. */
  readonly dnn: number | null;
  readonly curves: readonly AccuracyCurve[];
  /** How many pictures of what. */
  readonly source: string;
}

const decodings = { vmem: "Membrane potential (V_mem)", count: "Spike count" } as const;

/** Said wherever configurations are named, since a figure or table may stand alone. */
export const namesExplained =
  "Layer and channel: how weights were normalized. IBT: neurons with imbalanced thresholds. V_mem: outputs read by membrane potential.";

export function accuracyFigure({ metric, dnn, curves, source }: AccuracyData, canvas: Canvas): Figure {
  const configurations = [...new Set(curves.map(({ configuration }) => configuration))];
  const steps = [...new Set(curves.flatMap(({ points }) => points.map(({ t }) => t)))].sort((a, b) => a - b);
  const decodes = (["vmem", "count"] as const).filter((decode) => curves.some((curve) => curve.decode === decode));
  const { columns, widthPx } = gridOf(canvas, { columns: 2, widthPx: 490 }, decodes.length, 300);
  const panels = decodes.map((decode) => {
    const series = curves
      .filter((curve) => curve.decode === decode)
      .map(
        ({ configuration, points }): Series => ({
          name: configuration,
          look: lookOf(configurations.indexOf(configuration)),
          points: points.map(({ t, map, share }) => ({
            x: t,
            y: 100 * map,
            ...(share && dnn ? { low: 100 * dnn * share.low, high: 100 * dnn * share.high } : {}),
          })),
        }),
      );
    return linePanel(canvas, {
      title: decodings[decode],
      series,
      rules: dnn === null ? [] : [{ y: 100 * dnn, name: `DNN ${(100 * dnn).toFixed(1)} %` }],
      x: {
        label: "time steps",
        type: "log",
        domain: [steps[0], steps[steps.length - 1]],
        ticks: thinned(steps, widthPx / 50),
      },
      y: { label: `${metric}, %`, type: "linear" },
      widthPx,
      heightPx: canvas.columnPx === undefined ? 320 : 250,
      labelWidthPx: 166,
    });
  });
  const isSure = curves.some(({ points }) => points.some(({ share }) => share !== undefined));
  const title = `${metric} against time steps`;
  const alt = `${title}. ${curves.map(describeCurve).join(" ")}${dnn === null ? "" : ` The DNN has ${(100 * dnn).toFixed(1)} %.`}`;
  return {
    id: "figure-5",
    label: "Figure 5",
    title,
    caption: `Measured on ${source}. ${namesExplained} Steps on a logarithmic axis; the dashed line is the DNN.${isSure ? " Bars: 95 % intervals of the share in the DNN's mAP, over pictures drawn anew." : ""}`,
    alt,
    svg: drawSheet(panels, { id: "figure-5", title, alt, columns }),
    rows: curves.flatMap(({ configuration, decode, points }) =>
      points.map(({ t, map, share }) => ({
        configuration,
        decode,
        t,
        map,
        shareOfDnn: dnn ? map / dnn : null,
        shareLow: share?.low ?? null,
        shareHigh: share?.high ?? null,
      })),
    ),
  };
}

function describeCurve({ configuration, decode, points }: AccuracyCurve): string {
  const last = points[points.length - 1];
  return `${configuration}, ${decodings[decode]}: ${(100 * last.map).toFixed(1)} % after ${last.t} steps.`;
}
