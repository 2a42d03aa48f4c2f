/** Figure 3: mean firing rate of every channel of a layer, under each normalization. */
import * as Plot from "@observablehq/plot";
import { digits } from "../format.ts";
import type { Canvas, Figure } from "./figure.ts";
import { spreadLabels } from "./labels.ts";
import { faint, lookOf, muted } from "./look.ts";
import { drawPanel, drawSheet } from "./svg.ts";

export interface ChannelRatesData {
  readonly layer: string;
  /** Layer-wise normalization first, then channel-wise: the second is compared with the first. */
  readonly configurations: readonly {
    readonly configuration: string;
    readonly timeSteps: number;
    /** Mean |r| by channel, in spikes a step. */
    readonly rates: readonly number[];
  }[];
}

const widthPx = 760;
const heightPx = 290;
const marginTop = 28;
const marginBottom = 42;

export function channelRatesFigure({ layer, configurations }: ChannelRatesData, canvas: Canvas): Figure {
  const channels = configurations[0].rates.length;
  const rows = configurations.flatMap(({ configuration, rates }) =>
    rates.map((rate, channel) => ({ configuration, channel: channel + 1, rate })),
  );
  const top = Math.max(1e-6, ...rows.map(({ rate }) => rate));
  const title = `Mean firing rate of each channel of ${layer}`;
  const alt = `${title}. ${configurations.map(({ configuration, rates }) => `${configuration}: ${digits(mean(rates))} spikes a step in the mean.`).join(" ")} ${gainOf(configurations)}`;
  const lastRates = configurations.map(({ rates }) => rates[channels - 1]);
  const [from, to] = [heightPx - marginBottom, marginTop];
  const places = spreadLabels(
    lastRates.map((rate) => from + ((to - from) * rate) / top),
    16,
    [to, from],
  );
  const panel = drawPanel(canvas, {
    width: widthPx,
    height: heightPx,
    marginTop,
    marginLeft: 50,
    marginRight: 160,
    marginBottom,
    x: {
      domain: [0.5, channels + 0.5],
      ...(channels <= 32 ? { ticks: rows.slice(0, channels).map(({ channel }) => channel) } : { ticks: 10 }),
      tickFormat: String,
      label: "channel",
      labelAnchor: "center",
      labelArrow: "none",
      labelOffset: 36,
    },
    y: { domain: [0, top], label: null, grid: true, ticks: 5 },
    marks: [
      Plot.ruleX(
        rows,
        Plot.groupX({ y1: "min", y2: "max" }, { x: "channel", y1: "rate", y2: "rate", stroke: faint, strokeWidth: 4 }),
      ),
      ...configurations.flatMap(({ configuration, timeSteps, rates }, i) => {
        const { color, symbol } = lookOf(i);
        const points = rates.map((rate, channel) => ({ channel: channel + 1, rate }));
        return [
          Plot.dot(points, { x: "channel", y: "rate", stroke: color, fill: "white", strokeWidth: 1.8, symbol, r: 4 }),
          Plot.dot([0], { frameAnchor: "top-right", dx: 16, dy: places[i] - marginTop, stroke: color, symbol, r: 4 }),
          Plot.text([`${configuration}, T = ${timeSteps}`], {
            text: (text: string) => text,
            frameAnchor: "top-right",
            lineAnchor: "middle",
            textAnchor: "start",
            dx: 25,
            dy: places[i] - marginTop,
            fill: color,
          }),
        ];
      }),
      Plot.text([`spikes a step, mean over the channel's neurons. ${gainOf(configurations)}`], {
        text: (text: string) => text,
        frameAnchor: "top-left",
        dx: -46,
        dy: -20,
        fill: muted,
        textAnchor: "start",
      }),
    ],
  });
  return {
    id: "figure-3",
    label: "Figure 3",
    title,
    caption: "Net spikes by steps, sign dropped, mean over neurons and pictures.",
    alt,
    svg: drawSheet([panel], { id: "figure-3", title, alt, columns: 1 }),
    rows,
  };
}

/** The greatest ratio of the second configuration's rate to the first's. */
function gainOf([byLayer, byChannel]: ChannelRatesData["configurations"]): string {
  const gains = byChannel.rates.map((rate, channel) =>
    byLayer.rates[channel] > 0 ? rate / byLayer.rates[channel] : 0,
  );
  const best = gains.indexOf(Math.max(...gains));
  return `Greatest gain: ${gains[best].toFixed(1)}× on channel ${best + 1}.`;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
