/** Figure 2: how the firing rates of one channel's neurons are distributed, under each normalization. */
import * as Plot from "@observablehq/plot";
import { histogram, quantile } from "../../metrics/firing-rates.ts";
import { percent } from "../format.ts";
import type { Canvas, Figure } from "./figure.ts";
import { ink, lookOf, muted } from "./look.ts";
import { drawPanel, drawSheet, gridOf, type Panel } from "./svg.ts";

export interface RateDistribution {
  readonly configuration: string;
  readonly timeSteps: number;
  /** |r| of every neuron of the channel, over all pictures, in spikes a step. */
  readonly rates: ArrayLike<number>;
}

export interface RateDistributionData {
  readonly layer: string;
  readonly channel: number;
  /** The channel's greatest activation as a part of its layer's. */
  readonly part: number;
  readonly distributions: readonly RateDistribution[];
}

/** Rates after 32, 64, … steps fall into these evenly. */
const bars = 32;
/** Shares below this are drawn as nothing: the axis is logarithmic. */
const leastShare = 1e-4;

/** How the firing rates of one channel's neurons are distributed, as a drawing. */
export function rateDistributionFigure(data: RateDistributionData, canvas: Canvas): Figure {
  const { layer, channel, part, distributions } = data;
  const title = `Firing rates of channel ${channel + 1} of ${layer}`;
  const max = Math.max(1, ...distributions.map(({ rates }) => quantile(rates, 1)));
  const { columns, widthPx } = gridOf(canvas, { columns: 3, widthPx: 320 }, distributions.length, 270);
  const alt = `${title}. ${distributions.map((distribution) => `${distribution.configuration}: ${spreadOf(distribution)}.`).join(" ")}`;
  return {
    id: "figure-2",
    label: "Figure 2",
    title,
    caption: `Share of the channel's neurons by their net spikes a step, over all pictures. This channel's greatest activation is ${percent(part)} of its layer's. Shares on a logarithmic axis, below 0.01 % not drawn.`,
    alt,
    svg: drawSheet(
      distributions.map((distribution, i) => panel(distribution, i, { max, widthPx, canvas })),
      { id: "figure-2", title, alt, columns },
    ),
    rows: distributions.flatMap(({ configuration, rates }) =>
      histogram(rates, max, bars).map(({ from, to, share }) => ({ configuration, from, to, share })),
    ),
  };
}

function panel(
  distribution: RateDistribution,
  index: number,
  { max, widthPx, canvas }: { max: number; widthPx: number; canvas: Canvas },
): Panel {
  const drawn = histogram(distribution.rates, max, bars).filter(({ share }) => share > leastShare);
  return drawPanel(canvas, {
    title: `${distribution.configuration}, T = ${distribution.timeSteps}`,
    width: widthPx,
    height: 240,
    marginTop: 62,
    marginLeft: 60,
    marginRight: 14,
    marginBottom: 40,
    x: {
      domain: [0, max],
      ticks: 5,
      label: "firing rate, spikes a step",
      labelAnchor: "center",
      labelArrow: "none",
      labelOffset: 34,
    },
    y: {
      domain: [Math.log10(leastShare), 0],
      ticks: [-4, -3, -2, -1, 0],
      tickFormat: (power: number) => `${Number((100 * 10 ** power).toPrecision(3))} %`,
      label: null,
      grid: true,
    },
    marks: [
      Plot.rect(drawn, {
        x1: "from",
        x2: "to",
        y1: Math.log10(leastShare),
        y2: ({ share }: { share: number }) => Math.log10(share),
        fill: lookOf(index).color,
        inset: 0.5,
      }),
      Plot.ruleY([Math.log10(leastShare)], { stroke: ink }),
      ...["share of neurons", spreadOf(distribution)].map((line, i) =>
        Plot.text([line], {
          text: (text: string) => text,
          frameAnchor: "top-left",
          dx: -56,
          dy: i === 0 ? -20 : -42,
          fill: muted,
          textAnchor: "start",
        }),
      ),
    ],
  });
}

function spreadOf({ rates }: RateDistribution): string {
  const silent = Array.from(rates).filter((rate) => rate === 0).length / Math.max(1, rates.length);
  return `${percent(silent)} silent, 99th percentile ${quantile(rates, 0.99).toFixed(3)}`;
}
