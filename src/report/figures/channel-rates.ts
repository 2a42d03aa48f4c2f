/** Figure 3: mean firing rate of every channel of a layer, under each normalization. */
import * as Plot from "@observablehq/plot";
import { digits } from "../format.ts";
import { evenTicks } from "./axis.ts";
import type { Canvas, Figure } from "./figure.ts";
import { legend } from "./legend.ts";
import { faint, lookOf, muted } from "./look.ts";
import { namesAtRight } from "./names-at-right.ts";
import { drawPanel, drawSheet, gridOf, type Panel } from "./svg.ts";

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

const marginLeft = 50;
const heightPx = 290;
const marginTop = 28;
const marginBottom = 42;

export function channelRatesFigure({ layer, configurations }: ChannelRatesData, canvas: Canvas): Figure {
  const rows = configurations.flatMap(({ configuration, rates }) =>
    rates.map((rate, channel) => ({ configuration, channel: channel + 1, rate })),
  );
  const title = `Mean firing rate of each channel of ${layer}`;
  const alt = `${title}. ${configurations.map(({ configuration, rates }) => `${configuration}: ${digits(mean(rates))} spikes a step in the mean.`).join(" ")} ${gainOf(configurations)}`;
  return {
    id: "figure-3",
    label: "Figure 3",
    title,
    caption: `Net spikes by steps, sign dropped, mean over neurons and pictures. ${gainOf(configurations)}`,
    alt,
    svg: drawSheet([ratesPanel(configurations, rows, canvas)], { id: "figure-3", title, alt, columns: 1 }),
    rows,
  };
}

function ratesPanel(
  configurations: ChannelRatesData["configurations"],
  rows: readonly { readonly channel: number; readonly rate: number }[],
  canvas: Canvas,
): Panel {
  const channels = configurations[0].rates.length;
  const ticks = evenTicks(Math.max(1e-6, ...rows.map(({ rate }) => rate)));
  const top = ticks[ticks.length - 1];
  const { widthPx } = gridOf(canvas, { columns: 1, widthPx: 760 }, 1, 300);
  const isColumn = canvas.columnPx !== undefined;
  const marginRight = isColumn ? 14 : 160;
  const innerHeight = heightPx - marginTop - marginBottom;
  const heightOf = (rate: number) => innerHeight * (1 - rate / top);
  const across = (channel: number) => ((channel - 0.5) / channels) * (widthPx - marginLeft - marginRight);
  const entries = configurations.map(({ configuration, timeSteps }, i) => ({
    name: `${configuration}, T = ${timeSteps}`,
    look: lookOf(i),
    isDots: true as const,
  }));
  const names = isColumn
    ? legend(entries, {
        widthPx: widthPx - marginLeft - marginRight,
        heightPx: innerHeight,
        lines: rows.map(({ channel, rate }) => [{ x: across(channel), y: heightOf(rate) }]),
        abovePx: marginTop,
        leftPx: marginLeft - 6,
      })
    : {
        marks: namesAtRight(
          entries,
          configurations.map(({ rates }) => heightOf(rates[channels - 1])),
          innerHeight,
        ),
        heightPx: 0,
      };
  return drawPanel(canvas, {
    width: widthPx,
    height: heightPx + names.heightPx,
    marginTop: marginTop + names.heightPx,
    marginLeft,
    marginRight,
    marginBottom,
    x: {
      domain: [0.5, channels + 0.5],
      ...(channels <= 32 && !isColumn
        ? { ticks: rows.slice(0, channels).map(({ channel }) => channel) }
        : { ticks: 8 }),
      tickFormat: String,
      label: "channel",
      labelAnchor: "center",
      labelArrow: "none",
      labelOffset: 36,
    },
    y: { domain: [0, top], label: null, grid: true, ticks: [...ticks] },
    marks: [
      Plot.ruleX(
        rows,
        Plot.groupX({ y1: "min", y2: "max" }, { x: "channel", y1: "rate", y2: "rate", stroke: faint, strokeWidth: 4 }),
      ),
      ...configurations.map(({ rates }, i) => {
        const { color, symbol } = lookOf(i);
        const points = rates.map((rate, channel) => ({ channel: channel + 1, rate }));
        return Plot.dot(points, {
          x: "channel",
          y: "rate",
          stroke: color,
          fill: "white",
          strokeWidth: 1.8,
          symbol,
          r: 4,
        });
      }),
      Plot.text(["spikes a step, mean over the channel's neurons"], {
        text: (text: string) => text,
        frameAnchor: "top-left",
        dx: 4 - marginLeft,
        dy: -20,
        fill: muted,
        textAnchor: "start",
      }),
      ...names.marks,
    ],
  });
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
