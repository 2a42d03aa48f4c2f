/**
 * How many operations a network needs for one picture, by kind of operation: what energy is computed from.
 *
 * A DNN multiplies and accumulates (MAC). A spiking network accumulates a weight for every synapse that a spike reaches
 * (AC, a synaptic operation), multiplies only where the picture is a constant current and where an island is computed densely, once
 * each ({@link remainingMacs}), and updates every neuron at every step.
 *
 * Multiplications by the zeros of padding count, as the field counts them; `macsWithinBorders` stands beside where that is told apart.
 * Of a video, `frame-macs.ts` counts pixels that have changed, and so only what meets a pixel.
 */
import { sizeOf } from "../core/tensor.ts";
import { type Graph, inferShapes, inputOf, layerMacs } from "../graph/graph.ts";
import type { Shape } from "../graph/layer-kinds.ts";
import { type ConvolutionLayer, isPopulation, windowOf } from "../graph/layers.ts";

export interface LayerMacs {
  readonly name: string;
  /** As the field counts them: weights × output positions, multiplications by padding included. */
  readonly macs: number;
  /** Those that meet a pixel: what a machine that skips the border's zeros does. */
  readonly macsWithinBorders: number;
}

export interface DnnOperations extends Omit<LayerMacs, "name"> {
  /** Convolutions and islands, in graph order. */
  readonly layers: readonly LayerMacs[];
}

/**
 * Work of one pass of the DNN (of a spiking graph: of the DNN that it was made of).
 * @example
 * ```js
 * import { readFile } from "node:fs/promises";
 * import { decodeModel, dnnOperations } from "spiking-yolo";
 *
 * const { dnn } = decodeModel(await readFile("models/scenes.safetensors"), "scenes");
 * if (!dnn) throw new Error("it holds no DNN");
 * console.log(`${(dnnOperations(dnn).macs / 1e6).toFixed(1)} M multiply-accumulates`); // 144.4 M multiply-accumulates
 * ```
 */
export function dnnOperations(graph: Graph): DnnOperations {
  const shapes = inferShapes(graph);
  const shapeOf = (name: string) => shapes.get(name) as Shape;
  const layers = graph.layers.flatMap((layer): LayerMacs[] => {
    const { name } = layer;
    if (layer.kind === "island") return [{ name, macs: layer.macs, macsWithinBorders: layer.macs }];
    if (layer.kind !== "convolution") return [];
    const [input, output] = [shapeOf(layer.inputs[0]), shapeOf(name)];
    return [{ name, macs: layerMacs(layer, output), macsWithinBorders: macsWithinBorders(layer, input, output) }];
  });
  return { ...sumMacs(layers), layers };
}

function sumMacs(layers: readonly LayerMacs[]): Omit<LayerMacs, "name"> {
  const sum = (of: "macs" | "macsWithinBorders") => layers.reduce((total, layer) => total + layer[of], 0);
  return { macs: sum("macs"), macsWithinBorders: sum("macsWithinBorders") };
}

function macsWithinBorders(layer: ConvolutionLayer, input: Shape, output: Shape): number {
  const { size, strides, dilations, pads } = windowOf(layer);
  const [outC, inPerGroup] = layer.weights.shape;
  const { insertedZeros = 1 } = layer;
  return outC * inPerGroup * tapsInside(0) * tapsInside(1);

  /** Pairs of output position and kernel tap along one axis that meet an input position, and no inserted zero. */
  function tapsInside(axis: 0 | 1): number {
    let taps = 0;
    for (let out = 0; out < output[axis + 1]; out++) {
      for (let k = 0; k < size[axis]; k++) {
        const at = out * strides[axis] - pads[axis] + k * dilations[axis];
        if (at >= 0 && at < input[axis + 1] && at % insertedZeros === 0) taps++;
      }
    }
    return taps;
  }
}

/** What a simulation counts of a layer, summed over steps: see the engines' contract. */
export interface CountedActivity {
  readonly spikes: number;
  readonly synOps: number;
}

/** Work of a spiking network on one picture up to some step. */
export interface SpikingOperations {
  /** Σ|s| over all neurons. */
  readonly spikes: number;
  /** Synaptic accumulates by real fan-out; a graded spike of size m counts m. */
  readonly acs: number;
  /** {@link remainingMacs}: once a picture, whatever t. */
  readonly macs: number;
  /** Neurons × steps: each adds its constant current (a bias, or the picture's) and is compared with its threshold. */
  readonly neuronUpdates: number;
}

export interface Elapsed {
  /** Steps of firing so far. */
  readonly t: number;
  /** Steps of the whole run: a delayed layer integrates ahead of its firing, but no longer than this. */
  readonly timeSteps: number;
}

/**
 * Work of a spiking network on one picture up to step t.
 * @param activity of the run up to step t, by layer name.
 * @example
 * ```js
 * import { readFile } from "node:fs/promises";
 * import { decodeModel, dnnOperations, eventEngine, generateScene, inputOf, preprocess, renderScene, simulate, spikingOperations, toSpiking } from "spiking-yolo";
 *
 * const { dnn } = decodeModel(await readFile("models/scenes.safetensors"), "scenes");
 * if (!dnn) throw new Error("it holds no DNN");
 * const snn = toSpiking(dnn);
 * const { image } = preprocess(await renderScene(generateScene(5, 0)), inputOf(snn).shape, snn.preprocessing);
 * const session = await eventEngine().open(snn);
 * const { timeSteps } = snn.simulation;
 * for await (const { t, activity } of simulate(session, image, { ...snn.simulation, at: [timeSteps] })) {
 *   const { acs } = spikingOperations(snn, activity, { t, timeSteps });
 *   console.log(acs / dnnOperations(dnn).macs < 2); // true
 * }
 * await session.dispose();
 * ```
 */
export function spikingOperations(
  graph: Graph,
  activity: ReadonlyMap<string, CountedActivity>,
  { t, timeSteps }: Elapsed,
): SpikingOperations {
  const shapes = inferShapes(graph);
  const sum = (of: keyof CountedActivity) => [...activity.values()].reduce((total, layer) => total + layer[of], 0);
  const neuronUpdates = graph.layers.filter(isPopulation).reduce((total, layer) => {
    const delay = layer.kind === "integrateFire" ? layer.delay : 0;
    return total + sizeOf(shapes.get(layer.name) as Shape) * Math.min(timeSteps, t + delay);
  }, 0);
  return { spikes: sum("spikes"), acs: sum("synOps"), macs: remainingMacs(graph), neuronUpdates };
}

/**
 * Multiply-accumulates of a picture that stay such when a network becomes spikes: those of convolutions that read the picture (none where
 * it comes as spikes), and those of dense islands.
 */
export function remainingMacs(graph: Graph): number {
  const shapes = inferShapes(graph);
  const { name } = inputOf(graph);
  const isSpiking = graph.simulation?.encoding === "poisson";
  return graph.layers.reduce((sum, layer) => {
    const isDense = layer.kind === "island" || (!isSpiking && layer.inputs.includes(name));
    return isDense ? sum + layerMacs(layer, shapes.get(layer.name) as Shape) : sum;
  }, 0);
}

/** Neurons of a spiking graph: those within and those that are read out. */
export function neuronCount(graph: Graph): number {
  const shapes = inferShapes(graph);
  return graph.layers.filter(isPopulation).reduce((total, layer) => total + sizeOf(shapes.get(layer.name) as Shape), 0);
}
