/** Figure 5: mAP against time steps, of every configuration, beside the DNN. */
import type { Canvas, Figure } from "./figure.ts";
import { linePanel, type Series, thinned } from "./line-panel.ts";
import { lookOf } from "./look.ts";
import { drawSheet } from "./svg.ts";

export interface AccuracyCurve {
  readonly configuration: string;
  readonly decode: "vmem" | "count";
  /** mAP in [0, 1] at each checkpoint. */
  readonly points: readonly { readonly t: number; readonly map: number }[];
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

const decodings = { vmem: "V_mem decoding", count: "spike-count decoding" } as const;

export function accuracyFigure({ metric, dnn, curves, source }: AccuracyData, canvas: Canvas): Figure {
  const configurations = [...new Set(curves.map(({ configuration }) => configuration))];
  const steps = [...new Set(curves.flatMap(({ points }) => points.map(({ t }) => t)))].sort((a, b) => a - b);
  const best = Math.max(dnn ?? 0, ...curves.flatMap(({ points }) => points.map(({ map }) => map)));
  const panels = (["vmem", "count"] as const)
    .filter((decode) => curves.some((curve) => curve.decode === decode))
    .map((decode) => {
      const series = curves
        .filter((curve) => curve.decode === decode)
        .map(
          ({ configuration, points }): Series => ({
            name: configuration,
            look: lookOf(configurations.indexOf(configuration)),
            points: points.map(({ t, map }) => ({ x: t, y: 100 * map })),
          }),
        );
      return linePanel(canvas, {
        title: decodings[decode],
        series,
        rules: dnn === null ? [] : [{ y: 100 * dnn, name: `DNN ${(100 * dnn).toFixed(1)} %` }],
        x: { label: "time steps", type: "log", domain: [steps[0], steps[steps.length - 1]], ticks: thinned(steps, 8) },
        y: { label: `${metric}, %`, type: "linear", domain: [0, Math.max(1, Math.ceil(105 * best))] },
        widthPx: 490,
        heightPx: 320,
        labelWidthPx: 166,
      });
    });
  const title = `${metric} against time steps`;
  const alt = `${title}. ${curves.map(describeCurve).join(" ")}${dnn === null ? "" : ` The DNN has ${(100 * dnn).toFixed(1)} %.`}`;
  return {
    id: "figure-5",
    label: "Figure 5",
    title,
    caption: `Measured on ${source}. Steps on a logarithmic axis; the dashed line is the DNN.`,
    alt,
    svg: drawSheet(panels, { id: "figure-5", title, alt, columns: 2 }),
    rows: curves.flatMap(({ configuration, decode, points }) =>
      points.map(({ t, map }) => ({ configuration, decode, t, map, shareOfDnn: dnn ? map / dnn : null })),
    ),
  };
}

function describeCurve({ configuration, decode, points }: AccuracyCurve): string {
  const last = points[points.length - 1];
  return `${configuration}, ${decodings[decode]}: ${(100 * last.map).toFixed(1)} % after ${last.t} steps.`;
}
