/** Figure 1: each channel's greatest activation as a part of its layer's: what layer-wise normalization leaves of the range. */
import * as Plot from "@observablehq/plot";
import { quantile } from "../../metrics/firing-rates.ts";
import { digits } from "../format.ts";
import { evenTicks } from "./axis.ts";
import type { Canvas, Figure } from "./figure.ts";
import { ink, lookOf, muted } from "./look.ts";
import { drawPanel, drawSheet, gridOf, type Panel } from "./svg.ts";

export interface LayerActivation {
  readonly layer: string;
  /** λ of each channel, in the DNN's units. */
  readonly channels: readonly number[];
  /** λ of the layer as a whole. */
  readonly whole: number;
}

export interface ChannelActivationData {
  readonly layers: readonly LayerActivation[];
  /** Which percentile λ is, 0 to 100. */
  readonly percentile: number;
}

const panelHeightPx = 182;

export function channelActivationFigure({ layers, percentile }: ChannelActivationData, canvas: Canvas): Figure {
  const parts = layers.map(({ layer, channels, whole }) => ({ layer, values: channels.map((value) => value / whole) }));
  const ticks = evenTicks(Math.max(1, ...parts.flatMap(({ values }) => values)));
  const { columns, widthPx } = gridOf(canvas, { columns: 3, widthPx: 300 }, parts.length, 185);
  const title = "Greatest activation of each channel, normalized by layer";
  const alt = `${title}. ${parts.map(({ layer, values }) => `${layer}: ${spreadOf(values)}.`).join(" ")}`;
  return {
    id: "figure-1",
    label: "Figure 1",
    title,
    caption: `Greatest: the ${percentile}th percentile over the calibration pictures. A channel at 0.1 fires at a tenth of the rate it could; what exceeds 1 is cut off. Normalized by channel, every channel reaches 1 (dashed). The dotted line is the median.`,
    alt,
    svg: drawSheet(
      parts.map(({ layer, values }) => layerPanel(layer, values, { ticks, widthPx, canvas })),
      { id: "figure-1", title, alt, columns },
    ),
    rows: layers.flatMap(({ layer, channels, whole }) =>
      channels.map((lambda, channel) => ({
        layer,
        channel: channel + 1,
        lambda,
        layerLambda: whole,
        part: lambda / whole,
      })),
    ),
  };
}

function layerPanel(
  layer: string,
  values: readonly number[],
  { ticks, widthPx: panelWidthPx, canvas }: { ticks: readonly number[]; widthPx: number; canvas: Canvas },
): Panel {
  const bars = values.map((value, channel) => ({ channel: channel + 1, value }));
  const { color } = lookOf(0);
  const widthPx = Math.max(0.6, Math.min(8, (0.7 * (panelWidthPx - 60)) / values.length));
  return drawPanel(canvas, {
    title: `${layer}: ${values.length} channels`,
    width: panelWidthPx,
    height: panelHeightPx,
    marginTop: 46,
    marginLeft: 40,
    marginRight: 12,
    marginBottom: 34,
    x: {
      domain: [0.5, values.length + 0.5],
      ticks: [1, values.length],
      tickFormat: String,
      label: "channel",
      labelAnchor: "center",
      labelArrow: "none",
      labelOffset: 26,
    },
    y: { domain: [0, ticks[ticks.length - 1]], ticks: [...ticks], label: null },
    marks: [
      Plot.ruleX(bars, { x: "channel", y: "value", stroke: color, strokeWidth: widthPx }),
      Plot.ruleY([1], { stroke: ink, strokeDasharray: "4,2" }),
      Plot.ruleY([quantile(values, 0.5)], { stroke: ink, strokeWidth: 1.5, strokeDasharray: "1.5,2.5" }),
      Plot.ruleY([0], { stroke: ink }),
      Plot.text([spreadOf(values)], {
        text: (text: string) => text,
        frameAnchor: "top-left",
        dx: -36,
        dy: -24,
        fill: muted,
        textAnchor: "start",
      }),
    ],
  });
}

function spreadOf(values: readonly number[]): string {
  return `median ${digits(quantile(values, 0.5))}, least ${digits(Math.min(...values))}`;
}
