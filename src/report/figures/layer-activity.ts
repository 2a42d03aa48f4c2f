/** Beyond the paper: how much each layer fires, and what its spikes cost. */
import { percent } from "../format.ts";
import type { Canvas, Figure } from "./figure.ts";
import { linePanel } from "./line-panel.ts";
import { lookOf } from "./look.ts";
import { drawSheet, gridOf } from "./svg.ts";

export interface LayerActivityData {
  readonly configurations: readonly {
    readonly configuration: string;
    readonly timeSteps: number;
    /** Populations. */
    readonly firing: readonly {
      readonly layer: string /** Σ|s| by neurons and steps. */;
      readonly spikesPerNeuronStep: number;
    }[];
    /** Convolutions and sums that are fed by spikes. */
    readonly synapses: readonly {
      readonly layer: string /** Accumulates of a step by the DNN's MACs of that layer. */;
      readonly acsPerMacStep: number;
    }[];
  }[];
}

export function layerActivityFigure({ configurations }: LayerActivityData, canvas: Canvas): Figure {
  const title = "Activity of each layer";
  const [first] = configurations;
  const { columns, widthPx } = gridOf(canvas, { columns: 2, widthPx: 500 }, 2, 300);
  const panel = (
    name: string,
    label: string,
    layers: readonly string[],
    valuesOf: (index: number) => readonly number[],
  ) =>
    linePanel(canvas, {
      title: name,
      series: configurations.map(({ configuration, timeSteps }, i) => ({
        name: `${configuration}, T = ${timeSteps}`,
        look: lookOf(i),
        points: valuesOf(i).map((value, layer) => ({ x: layers[layer], y: 100 * value })),
      })),
      x: { label: "layer", type: "category", domain: layers },
      y: { label, type: "linear" },
      widthPx,
      heightPx: 290,
      labelWidthPx: 190,
    });
  const panels = [
    panel(
      "Neurons",
      "spikes for 100 neurons and steps",
      first.firing.map(({ layer }) => layer),
      (i) => configurations[i].firing.map(({ spikesPerNeuronStep }) => spikesPerNeuronStep),
    ),
    panel(
      "Synapses",
      "accumulates of a step for 100 MACs of the DNN",
      first.synapses.map(({ layer }) => layer),
      (i) => configurations[i].synapses.map(({ acsPerMacStep }) => acsPerMacStep),
    ),
  ];
  const alt = `${title}. ${configurations
    .map(
      ({ configuration, firing }) =>
        `${configuration}: ${firing.map(({ layer, spikesPerNeuronStep }) => `${layer} ${percent(spikesPerNeuronStep)}`).join(", ")} of neurons at a step.`,
    )
    .join(" ")}`;
  return {
    id: "figure-10",
    label: "Figure 10",
    title,
    caption:
      "Mean over pictures and all steps of the run. Left: how often a neuron fires. Right: what share of a layer's synapses works at a step; where it falls, spikes are cheap.",
    alt,
    svg: drawSheet(panels, { id: "figure-10", title, alt, columns }),
    rows: configurations.flatMap(({ configuration, timeSteps, firing, synapses }) => [
      ...firing.map(({ layer, spikesPerNeuronStep }) => ({
        configuration,
        timeSteps,
        layer,
        spikesPerNeuronStep,
        acsPerMacStep: null,
      })),
      ...synapses.map(({ layer, acsPerMacStep }) => ({
        configuration,
        timeSteps,
        layer,
        spikesPerNeuronStep: null,
        acsPerMacStep,
      })),
    ]),
  };
}
