/**
 * What a network does for one picture or frame, connection by connection and population by population: what every energy model prices.
 *
 * Spikes that come in are read off the accumulates that they cause: accumulates over the mean number of outputs that an input reaches. Where
 * a picture's border is as active as its middle that is their number exactly, and it needs no counting of what pools pass on.
 */
import { sizeOf } from "../../core/tensor.ts";
import { type Graph, inferShapes, inputOf, layerMacs } from "../../graph/graph.ts";
import type { Shape } from "../../graph/layer-kinds.ts";
import {
  type ConvolutionLayer,
  type IslandLayer,
  isPopulation,
  type Layer,
  type ProductLayer,
  type SumLayer,
} from "../../graph/layers.ts";
import { type CountedActivity, dnnOperations, type Elapsed } from "../operations.ts";

/** Synapses of one layer. */
export interface Connection {
  readonly name: string;
  /** What comes in: spikes; the picture, as values; an island's inputs, which it multiplies densely. */
  readonly from: "spikes" | "picture" | "island";
  /** Multiply-accumulates of the DNN, padding included. */
  readonly macs: number;
  /** Those that stay such in the spiking network: of the picture where it has changed, and of islands; else 0. */
  readonly remainingMacs: number;
  /** Weights, and biases. */
  readonly weights: number;
  readonly biases: number;
  /** Values in and out. */
  readonly inputs: number;
  readonly outputs: number;
  /** Kernel height and width, strides. */
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  /** Output channels that an input reaches. */
  readonly fanOutChannels: number;
  /** Spikes that come in (Σ|s|), and accumulates that they cause. */
  readonly spikesIn: number;
  readonly acs: number;
}

/** Neurons of one layer. */
export interface NeuronWork {
  readonly name: string;
  readonly neurons: number;
  /** Neurons × steps: each adds its constant current and is compared with its threshold. */
  readonly updates: number;
  /** Biases, and how often one is read: at each update, or once where what is constant comes once. */
  readonly biases: number;
  readonly biasReads: number;
  /** Of trackers: updates that look their function up in a table. */
  readonly lookups: number;
  readonly spikesOut: number;
}

export interface NetworkWork {
  /** Of the DNN. */
  readonly macs: number;
  /** Of the spiking network, whatever it does them for. */
  readonly acs: number;
  readonly connections: readonly Connection[];
  readonly populations: readonly NeuronWork[];
}

export interface WorkOptions extends Elapsed {
  /** Multiply-accumulates of the picture where only a part of it is new (`frame-macs.ts`), as a part of all; 1 for a picture by itself. */
  readonly newPart?: number;
}

/**
 * What a network does for one picture, connection by connection and population by population: what energy models price.
 * @param activity of the run up to step t, by layer name; for a DNN alone an empty map.
 */
export function networkWork(
  graph: Graph,
  activity: ReadonlyMap<string, CountedActivity>,
  { t, timeSteps, newPart = 1 }: WorkOptions,
): NetworkWork {
  const shapes = inferShapes(graph);
  const shapeOf = (name: string) => shapes.get(name) as Shape;
  const { layers, macs } = dnnOperations(graph);
  const within = new Map(layers.map(({ name, macsWithinBorders }) => [name, macsWithinBorders]));
  const isPicture = (layer: Layer) =>
    layer.inputs.includes(inputOf(graph).name) && graph.simulation?.encoding !== "poisson";
  const connections = graph.layers.flatMap((layer): Connection[] => {
    const acs = activity.get(layer.name)?.synOps ?? 0;
    if (layer.kind === "sum") return [ofSum(layer, shapeOf(layer.name), acs)];
    if (layer.kind === "product") return [ofProduct(layer, layer.inputs.map(shapeOf), shapeOf(layer.name), acs)];
    if (layer.kind === "island") return [ofIsland(layer, layer.inputs.map(shapeOf))];
    if (layer.kind !== "convolution") return [];
    const [input, output] = [shapeOf(layer.inputs[0]), shapeOf(layer.name)];
    const connection = ofConvolution(layer, input, output, within.get(layer.name) as number, acs);
    return [
      isPicture(layer) ? { ...connection, from: "picture", remainingMacs: connection.macs * newPart } : connection,
    ];
  });
  const populations = graph.layers.filter(isPopulation).map((layer): NeuronWork => {
    const neurons = sizeOf(shapeOf(layer.name));
    const delay = layer.kind === "integrateFire" ? layer.delay : 0;
    const updates = neurons * Math.min(timeSteps, t + delay);
    const lookups = layer.neuron === "tracker" ? updates : 0;
    return {
      ...{ name: layer.name, neurons, updates, lookups },
      biases: shapeOf(layer.name)[0],
      biasReads: graph.simulation?.frameUnits === undefined ? updates : neurons,
      spikesOut: activity.get(layer.name)?.spikes ?? 0,
    };
  });
  return { macs, acs: connections.reduce((sum, connection) => sum + connection.acs, 0), connections, populations };
}

function ofConvolution(
  layer: ConvolutionLayer,
  input: Shape,
  output: Shape,
  macsWithinBorders: number,
  acs: number,
): Connection {
  const { weights, strides, bias, groups, insertedZeros = 1 } = layer;
  const [outChannels, , height, width] = weights.shape;
  const inputs = sizeOf(input) / insertedZeros ** 2;
  return {
    name: layer.name,
    from: "spikes",
    macs: layerMacs(layer, output),
    remainingMacs: 0,
    weights: sizeOf(weights.shape),
    biases: bias ? outChannels : 0,
    inputs,
    outputs: sizeOf(output),
    kernel: [height, width],
    strides,
    fanOutChannels: outChannels / groups,
    spikesIn: acs === 0 ? 0 : (acs * inputs) / macsWithinBorders,
    acs,
  };
}

/** Spikes that enter a sum with a scale: a weight for each channel. */
function ofSum({ name, scales = [] }: SumLayer, [channels, height, width]: Shape, acs: number): Connection {
  const values = channels * height * width;
  const scaled = scales.filter((scale) => scale !== null).length;
  return {
    ...{ name, from: "spikes", macs: 0, remainingMacs: 0, weights: scaled * channels, biases: 0 },
    ...{ inputs: scaled * values, outputs: values, kernel: [1, 1], strides: [1, 1], fanOutChannels: 1 },
    ...{ spikesIn: acs, acs },
  };
}

/** Spikes of each factor add the other's net count, which is read in a weight's place. */
function ofProduct({ name }: ProductLayer, factors: readonly Shape[], product: Shape, acs: number): Connection {
  const inputs = factors.reduce((sum, factor) => sum + sizeOf(factor), 0);
  return {
    ...{ name, from: "spikes", macs: 0, remainingMacs: 0, weights: inputs, biases: 0 },
    ...{ inputs, outputs: sizeOf(product), kernel: [1, 1], strides: [1, 1], fanOutChannels: 1 },
    ...{ spikesIn: (acs * inputs) / (2 * sizeOf(product)), acs },
  };
}

/** Of an island only its multiplications are known. */
function ofIsland({ name, macs, shape }: IslandLayer, inputs: readonly Shape[]): Connection {
  return {
    ...{ name, from: "island", macs, remainingMacs: macs, weights: 0, biases: 0 },
    ...{ inputs: inputs.reduce((sum, input) => sum + sizeOf(input), 0), outputs: sizeOf(shape) },
    ...{ kernel: [1, 1], strides: [1, 1], fanOutChannels: 1, spikesIn: 0, acs: 0 },
  };
}

/** The same network with so many times the spikes: what energy would be at another activity. */
export function withSpikes(work: NetworkWork, factor: number): NetworkWork {
  return {
    ...work,
    acs: work.acs * factor,
    connections: work.connections.map((c) => ({ ...c, spikesIn: c.spikesIn * factor, acs: c.acs * factor })),
    populations: work.populations.map((p) => ({ ...p, spikesOut: p.spikesOut * factor })),
  };
}
