/** Figure 4: every spike of a few neurons. */
import * as Plot from "@observablehq/plot";
import type { Canvas, Figure } from "./figure.ts";
import { faint, ink, lookOf } from "./look.ts";
import { drawPanel, drawSheet, gridOf, type Panel } from "./svg.ts";

export interface Raster {
  readonly configuration: string;
  /** [t, neurons]: −levels to levels. */
  readonly spikes: Int8Array;
}

export interface RasterData {
  readonly layer: string;
  /** Their places in the layer's [C, H, W]. */
  readonly neurons: readonly number[];
  readonly rasters: readonly Raster[];
}

/** More would be too dense to see single spikes. */
const mostSteps = 128;

interface Spike {
  readonly t: number;
  readonly neuron: number;
  readonly spike: number;
}

export function rasterFigure({ layer, neurons, rasters }: RasterData, canvas: Canvas): Figure {
  const title = `Spikes of ${neurons.length} neurons of ${layer}`;
  const timeSteps = Math.max(...rasters.map(({ spikes }) => spikes.length / neurons.length));
  const shown = Math.min(timeSteps, mostSteps);
  const listed = rasters.map(({ configuration, spikes }) => {
    const all = spikesOf(spikes, neurons.length);
    return { configuration, spikes: all, shown: all.filter(({ t }) => t <= shown) };
  });
  const { widthPx } = gridOf(canvas, { columns: 1, widthPx: 960 }, rasters.length, 300);
  const alt = `${title} in ${timeSteps} steps. ${listed.map(({ configuration, spikes }) => `${configuration}: ${countsOf(spikes)}.`).join(" ")}`;
  return {
    id: "figure-4",
    label: "Figure 4",
    title,
    caption: `The same neurons on the same picture, drawn at random from those that are active in the DNN. A full bar is a spike of +1, a short orange bar below the line one of −1. ${shown < timeSteps ? `The first ${shown} of ${timeSteps} steps are drawn, and counted over each panel.` : `All ${shown} steps are drawn.`}`,
    alt,
    svg: drawSheet(
      listed.map(({ configuration, shown: spikes }) =>
        panel(configuration, spikes, { neurons: neurons.length, timeSteps: shown, widthPx, canvas }),
      ),
      { id: "figure-4", title, alt, columns: 1 },
    ),
    rows: listed.flatMap(({ configuration, spikes }) =>
      spikes.map(({ t, neuron, spike }) => ({ configuration, t, neuron: neurons[neuron], spike })),
    ),
  };
}

function spikesOf(spikes: Int8Array, neurons: number): readonly Spike[] {
  return Array.from(spikes, (spike, i) => ({ t: Math.floor(i / neurons) + 1, neuron: i % neurons, spike })).filter(
    ({ spike }) => spike !== 0,
  );
}

function countsOf(spikes: readonly Spike[]): string {
  const negative = spikes.filter(({ spike }) => spike < 0).length;
  return `${spikes.length - negative} positive and ${negative} negative spikes`;
}

interface RasterPanel {
  readonly neurons: number;
  readonly timeSteps: number;
  readonly widthPx: number;
  readonly canvas: Canvas;
}

function panel(title: string, drawn: readonly Spike[], { neurons, timeSteps, widthPx, canvas }: RasterPanel): Panel {
  const rowPx = 9;
  const bar = (sign: 1 | -1, from: number, to: number, color: string) =>
    Plot.ruleX(
      drawn.filter(({ spike }) => spike * sign > 0),
      {
        x: "t",
        y1: ({ neuron }: Spike) => neuron + from,
        y2: ({ neuron }: Spike) => neuron + to,
        stroke: color,
        strokeWidth: Math.max(0.7, Math.min(2.2, (0.44 * widthPx) / timeSteps)),
      },
    );
  return drawPanel(canvas, {
    title: `${title}: ${drawn.length} spikes, ${drawn.filter(({ spike }) => spike < 0).length} negative`,
    width: widthPx,
    height: 62 + neurons * rowPx,
    marginTop: 24,
    marginLeft: 40,
    marginRight: 16,
    marginBottom: 38,
    x: {
      domain: [0.5, timeSteps + 0.5],
      ticks: Math.min(10, Math.round(widthPx / 60)),
      label: "time step",
      labelAnchor: "center",
      labelArrow: "none",
      labelOffset: 32,
    },
    y: {
      domain: [neurons - 0.5, -0.5],
      ticks: [0, neurons - 1],
      tickFormat: (row: number) => String(row + 1),
      label: null,
    },
    marks: [
      Plot.ruleY(
        Array.from({ length: neurons }, (_, row) => row + 0.4),
        { stroke: faint, strokeWidth: 0.6 },
      ),
      bar(1, -0.45, 0.4, ink),
      bar(-1, 0.05, 0.4, lookOf(1).color),
    ],
  });
}
