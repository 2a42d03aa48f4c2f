/**
 * NeuroBench's metrics, counted as its code does (neurobench 2.3.0: J. Yik et al., "The NeuroBench framework", Nature Communications 2025):
 *
 * - footprint: bytes of parameters and buffers; connection sparsity: zeros among the weights of convolutions, without biases, to 4 decimals;
 * - activation sparsity: values of 0 among all that the neurons give, over layers, steps and samples;
 * - synaptic operations of a sample: pairs of an input and a weight that meet, padding aside; all of them (`Dense`), or those where neither is
 *   0. A call of a layer counts as accumulates (`Effective_ACs`) if all of its inputs are −1, 0 or 1, else as multiply-accumulates (`Effective_MACs`);
 * - membrane updates of a sample: all neurons at the first step, and afterwards those whose membrane is not what it was a step before.
 *
 * The names of the results are NeuroBench's own.
 */
import { sizeOf } from "../core/tensor.ts";
import { type Graph, inferShapes } from "../graph/graph.ts";
import type { Shape } from "../graph/layer-kinds.ts";
import { type ConvolutionLayer, isPopulation, windowOf } from "../graph/layers.ts";
import type { Pair } from "../graph/windows.ts";

/** Pairs of an input and a weight that meet, of a sample: those in which neither is 0, by kind of call, and all. */
export interface SynapticOperations {
  readonly Effective_MACs: number;
  readonly Effective_ACs: number;
  readonly Dense: number;
}

/** NeuroBench's metrics under its own names. */
export interface NeuroBenchResults {
  /** Bytes. */
  readonly Footprint: number;
  readonly ConnectionSparsity: number;
  readonly ActivationSparsity: number;
  /** Of a sample. */
  readonly SynapticOperations: SynapticOperations;
  /** Of a sample. */
  readonly MembraneUpdates: number;
}

/** What samples have added up to. */
export interface NeuroBenchCounter {
  /** A call of a convolution, with its input [C, H, W]. */
  readonly onCall: (layer: string, inputs: ArrayLike<number>) => void;
  /** What a population gives at a step [C, H, W], and its membranes after that step: the same array at no two steps. */
  readonly onStep: (layer: string, outputs: ArrayLike<number>, membranes: ArrayLike<number>) => void;
  /** To be called behind each sample. */
  readonly endSample: () => void;
  readonly results: () => NeuroBenchResults;
}

/** How often each place of a convolution's input was not 0, by kind of call. */
interface Calls {
  readonly acs: Uint32Array;
  readonly macs: Uint32Array;
  count: number;
}

/** @param graph a spiking network, whose convolutions are NeuroBench's connections and whose `integrateFire` layers are its activations. */
export function neuroBenchCounter(graph: Graph): NeuroBenchCounter {
  const shapes = inferShapes(graph);
  const convolutions = graph.layers.filter((layer) => layer.kind === "convolution");
  const inputShape = ({ inputs }: ConvolutionLayer) => shapes.get(inputs[0]) as Shape;
  const calls = new Map(convolutions.map((layer) => [layer.name, noCalls(sizeOf(inputShape(layer)))]));
  const membranesBefore = new Map<string, ArrayLike<number>>();
  let [samples, values, zeros, updates] = [0, 0, 0, 0];
  return {
    onCall(layer, inputs) {
      const call = calls.get(layer) as Calls;
      const counts = isSpiking(inputs) ? call.acs : call.macs;
      for (let i = 0; i < inputs.length; i++) if (inputs[i] !== 0) counts[i]++;
      call.count++;
    },
    onStep(layer, outputs, membranes) {
      const before = membranesBefore.get(layer);
      for (let i = 0; i < outputs.length; i++) {
        if (outputs[i] === 0) zeros++;
        if (!before || membranes[i] !== before[i]) updates++;
      }
      values += outputs.length;
      membranesBefore.set(layer, membranes);
    },
    endSample() {
      samples++;
      membranesBefore.clear();
    },
    results() {
      let [macs, acs, dense] = [0, 0, 0];
      for (const layer of convolutions) {
        const call = calls.get(layer.name) as Calls;
        const [input, output] = [inputShape(layer), shapes.get(layer.name) as Shape];
        const meeting = (counts: ArrayLike<number>, isAll: boolean) => pairs(layer, input, output, counts, isAll);
        macs += meeting(call.macs, false);
        acs += meeting(call.acs, false);
        dense += call.count * meeting(new Uint8Array(sizeOf(input)).fill(1), true);
      }
      return {
        Footprint: footprintOf(graph),
        ConnectionSparsity: connectionSparsity(convolutions),
        ActivationSparsity: values === 0 ? 0 : zeros / values,
        SynapticOperations: { Effective_MACs: macs / samples, Effective_ACs: acs / samples, Dense: dense / samples },
        MembraneUpdates: updates / samples,
      };
    },
  };
}

function noCalls(size: number): Calls {
  return { acs: new Uint32Array(size), macs: new Uint32Array(size), count: 0 };
}

function isSpiking(inputs: ArrayLike<number>): boolean {
  for (let i = 0; i < inputs.length; i++) if (inputs[i] !== 0 && Math.abs(inputs[i]) !== 1) return false;
  return true;
}

/**
 * Σ over places of an input of how often it counts × the weights that it meets.
 * @param isAll whether weights of 0 count, too.
 */
function pairs(
  layer: ConvolutionLayer,
  [channels, height, width]: Shape,
  [outChannels, outHeight, outWidth]: Shape,
  counts: ArrayLike<number>,
  isAll: boolean,
): number {
  const [, perGroup, kernelHeight, kernelWidth] = layer.weights.shape;
  const outPerGroup = outChannels / layer.groups;
  const rows = meetings(layer, 0, height, outHeight);
  const columns = meetings(layer, 1, width, outWidth);
  const area = kernelHeight * kernelWidth;
  let total = 0;
  for (let c = 0; c < channels; c++) {
    const [group, inGroup] = [Math.floor(c / perGroup), c % perGroup];
    // By kernel position: weights that count, of all output channels that this input channel reaches.
    const weights = new Uint32Array(area);
    for (let out = group * outPerGroup; out < (group + 1) * outPerGroup; out++) {
      for (let k = 0; k < area; k++) {
        if (isAll || layer.weights.data[(out * perGroup + inGroup) * area + k] !== 0) weights[k]++;
      }
    }
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const count = counts[(c * height + y) * width + x];
        if (count === 0) continue;
        for (const ky of rows[y]) for (const kx of columns[x]) total += count * weights[ky * kernelWidth + kx];
      }
    }
  }
  return total;
}

/** By input position along an axis: the kernel positions that meet it, each in one output. */
function meetings(layer: ConvolutionLayer, axis: 0 | 1, extent: number, outputs: number): readonly number[][] {
  const { size, strides, dilations, pads } = windowOf(layer);
  const at = (pair: Pair) => pair[axis];
  const found = Array.from({ length: extent }, (): number[] => []);
  for (let out = 0; out < outputs; out++) {
    for (let k = 0; k < at(size); k++) found[out * at(strides) - pads[axis] + k * at(dilations)]?.push(k);
  }
  return found;
}

/** Rounded as NeuroBench does: a quotient in float32, to 4 decimals. */
function connectionSparsity(convolutions: readonly ConvolutionLayer[]): number {
  let [zeros, all] = [0, 0];
  for (const { weights } of convolutions) {
    all += weights.data.length;
    for (const weight of weights.data) if (weight === 0) zeros++;
  }
  return Number(Math.fround(zeros / all).toFixed(4));
}

/** Bytes of what the network is made of, as wide as the graph holds it: weights and biases of convolutions, thresholds of neurons. */
function footprintOf(graph: Graph): number {
  return graph.layers.reduce((sum, layer) => {
    if (layer.kind === "convolution") return sum + layer.weights.data.byteLength + (layer.bias?.data.byteLength ?? 0);
    if (isPopulation(layer)) return sum + layer.vTh.data.byteLength + (layer.vThNeg?.data.byteLength ?? 0);
    return sum;
  }, 0);
}
