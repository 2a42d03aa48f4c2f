/**
 * Training through the spikes: what it rounds with, where λ begins, and what becomes of the result. The network is trained with one
 * step of whole counts up to D; it then runs so, or in binary steps or phases that end with the same counts.
 */
import { foldBatchNorm } from "../convert/fold-batch-norm.ts";
import { measureActivations } from "../convert/measure-activations.ts";
import { type ConversionSettings, conversionSettings } from "../convert/modes.ts";
import { normalizeWeights } from "../convert/normalize-weights.ts";
import { placePopulations } from "../convert/place-populations.ts";
import { poolsToConvolutions } from "../convert/pools-to-convolutions.ts";
import { ConversionError } from "../core/errors.ts";
import { type FloatTensor, floatTensor } from "../core/tensor.ts";
import { roundedActivations } from "../dnn/training/forward.ts";
import type { SurrogateName } from "../dnn/training/rounding.ts";
import type { SpikeTable } from "../dnn/training/spike-cost.ts";
import type { SpikingTraining } from "../dnn/training/training-graph.ts";
import { consumersOf, derive, type Graph, headsOf, layersByName } from "../graph/graph.ts";
import type { ActivationLayer, BatchNormLayer, ConvolutionLayer, Layer } from "../graph/layers.ts";
import { bitsFor, greatestMagnitude } from "../graph/weight-bits.ts";
import { spikesTowards } from "../snn/neurons/tracker.ts";
import { frameUnitsOf, stepWeight } from "../snn/phases.ts";

export interface SpikingPlan {
  /** Steps of the run that training is for; with spikes of up to `levels`, their weights fall by powers of two. */
  readonly timeSteps: number;
  readonly levels: number;
  readonly surrogate: SurrogateName;
  readonly learnsLambda: boolean;
  /** Bits that the spiking network's weights will have; absent: training does not round them. */
  readonly weightBits?: number | undefined;
}

/** How the trained network is run: every layer waits for its whole input, so that no digit is guessed. */
export function runSettings({ timeSteps, levels, weightBits }: SpikingPlan): ConversionSettings {
  const bits = weightBits === undefined ? {} : { bits: weightBits };
  return conversionSettings("trained", { timeSteps, phases: timeSteps, delay: timeSteps - 1, levels, ...bits });
}

/** The same network with all of a count in one graded spike: one step, no delay, the same outputs to the bit. */
export function integerSettings(plan: SpikingPlan): ConversionSettings {
  return conversionSettings("trained", { timeSteps: 1, phases: 1, delay: 0, levels: unitsOf(plan) });
}

/** D: the greatest count. */
export function unitsOf({ timeSteps, levels }: SpikingPlan): number {
  return levels * frameUnitsOf(timeSteps, timeSteps);
}

export function spikingTraining(plan: SpikingPlan): SpikingTraining {
  const { surrogate, learnsLambda, weightBits } = plan;
  return { units: unitsOf(plan), surrogate, learnsLambda, weightBits, spikes: spikeTable(plan) };
}

/** Thresholds of two thirds of a weight are multiples of 1/3 of a count; midway between them no rounding decides. */
const tableResolution = 24;

/** Spikes by |v|, from the neurons' own rule on a target that stays. */
export function spikeTable(plan: SpikingPlan): SpikeTable {
  const settings = runSettings(plan);
  const spikesFor = (target: number) => {
    let [n, sent] = [0, 0];
    for (let t = 1; t <= settings.timeSteps; t++) {
      const weight = stepWeight(t, settings.phases);
      const spikes = spikesTowards(target - n, weight, settings);
      n += weight * spikes;
      sent += Math.abs(spikes);
    }
    return sent;
  };
  const count = unitsOf(plan) * tableResolution;
  const spikes = Array.from({ length: count + 1 }, (_, i) => spikesFor((i + 0.5) / tableResolution));
  return { resolution: tableResolution, spikes };
}

/** λ begins here: the fewer counts there are, the less room is left for rare values. */
const startingPercentile = 99.5;
/** Channels that are silent on all pictures begin with this part of the layer's λ: they may come to life. */
const leastPart = 2 ** -10;

/**
 * The graph that is trained: neurons have their places, and a λ each.
 * @param pictures network inputs; read only where the graph has not been calibrated.
 * @param keepsNorms batch norm is trained as such and folded at the end, as training from scratch needs it; else it is folded now.
 */
export async function spikingStart(
  graph: Graph,
  pictures: AsyncIterable<FloatTensor>,
  keepsNorms: boolean,
): Promise<Graph> {
  const isPlaced = headsOf(graph).every(({ inputs }) =>
    inputs.every((name) => layersByName(graph).get(name)?.kind === "activation"),
  );
  const placed = isPlaced ? graph : placePopulations(poolsToConvolutions(foldBatchNorm(graph)));
  const activations = placed.layers.filter((layer) => layer.kind === "activation");
  const isMeasured = activations.every(({ statistics }) => statistics?.percentiles.includes(startingPercentile));
  const measured = isMeasured ? placed : await measureActivations(placed, pictures);
  const rounded = new Set(roundedActivations(measured).map(({ name }) => name));
  const layers = measured.layers.map((layer) => {
    if (layer.kind !== "activation") return layer;
    // A readout's charge is read as it is; λ is for the spikes that it also counts.
    const percentile = rounded.has(layer.name) ? startingPercentile : 100;
    return { ...layer, trainedLambda: layer.trainedLambda ?? startingLambda(layer, percentile) };
  });
  return keepsNorms ? withNorms({ ...measured, layers }, graph) : { ...measured, layers };
}

function startingLambda({ name, statistics }: ActivationLayer, percentile: number): FloatTensor {
  if (!statistics) throw new ConversionError("E_CALIBRATION", `${name} has no activation statistics`);
  const columns = statistics.percentiles.length;
  const column = statistics.percentiles.indexOf(percentile);
  const least = leastPart * statistics.layer.data[column];
  if (least === 0)
    throw new ConversionError(
      "E_CALIBRATION",
      `${name} is silent on all calibration pictures: nothing passes it that could be trained. Start from other weights`,
    );
  const channels = statistics.channel.shape[0];
  return floatTensor(
    [channels],
    Float32Array.from({ length: channels }, (_, c) => Math.max(least, statistics.channel.data[c * columns + column])),
  );
}

/** The batch norms that folding took out of `original`, put back behind their convolutions. */
function withNorms(placed: Graph, original: Graph): Graph {
  const consumers = consumersOf(original);
  const byName = layersByName(original);
  const normOf = new Map<string, BatchNormLayer>();
  for (const layer of placed.layers) {
    const readers = consumers.get(layer.name) ?? [];
    if (
      layer.kind === "convolution" &&
      byName.get(layer.name)?.kind === "convolution" &&
      readers.length === 1 &&
      readers[0].kind === "batchNorm"
    )
      normOf.set(layer.name, readers[0]);
  }
  const layers = placed.layers.flatMap((layer): readonly Layer[] => {
    const inputs = layer.inputs.map((name) => normOf.get(name)?.name ?? name);
    const norm = normOf.get(layer.name);
    return norm ? [{ ...(byName.get(layer.name) as Layer), inputs }, norm] : [{ ...layer, inputs }];
  });
  return derive(placed, "batch norm kept for training", { layers });
}

/** The trained network as a DNN that can be converted: batch norm folded, weights as they were rounded, measured anew. */
export function spikingResult(
  trained: Graph,
  pictures: AsyncIterable<FloatTensor>,
  onImage: (done: number) => void,
  { weightBits }: Pick<SpikingPlan, "weightBits"> = {},
): Promise<Graph> {
  const folded = foldBatchNorm(trained);
  const rounded = weightBits === undefined ? folded : withRoundedWeights(folded, weightBits);
  return measureActivations(rounded, pictures, { onImage });
}

/** Weights on the grid that training computed with (`dnn/training/weight-rounding.ts`), so that conversion finds nothing to round. */
function withRoundedWeights(graph: Graph, bits: number): Graph {
  const byName = layersByName(graph);
  const settings = { ...conversionSettings("trained"), gain: 1 };
  const fractions = layersByName(normalizeWeights(graph, settings));
  const layers = graph.layers.map((layer) => {
    if (layer.kind !== "convolution") return layer;
    const { shape, data } = layer.weights;
    const values = (fractions.get(layer.name) as ConvolutionLayer).weights.data;
    const limit = 2 ** (bitsFor(byName.get(layer.inputs[0])?.kind === "input", bits) - 1) - 1;
    const length = data.length / shape[0];
    const rounded = Float32Array.from(data);
    for (let start = 0; start < data.length; start += length) {
      const greatest = greatestMagnitude(values.subarray(start, start + length));
      for (let i = start; i < start + length; i++) {
        const count = (values[i] / greatest) * limit;
        if (count !== 0) rounded[i] *= Math.floor(count + 0.5) / count;
      }
    }
    return { ...layer, weights: floatTensor(shape, rounded) };
  });
  return derive(graph, `weights rounded to ${bits} bits`, { layers });
}
