/**
 * Integers for the event engine and for hardware. Per output channel j with weights w̄ (normalized, V_th = 1):
 *
 *     θ_j = ⌊(2^(bits−1) − 1) / max|w̄_j|⌋        W = round(w̄·θ_j)        V_th = θ_j·2^f        B = round(b̄·θ_j·2^f)
 *
 * A current is (Σ W·s)·2^f + B: biases and thresholds have f more fractional bits than weights, since a bias is added at
 * every step and its rounding would add up. f is the same for a whole layer, at most 8, and chosen so that neither one
 * step's current nor 256 thresholds exceed ±2^30, at which membranes saturate (`src/snn/neuron.ts`), with the weight of the
 * first phase (`src/snn/phases.ts`).
 *
 * Below 8 bits θ is no whole number, since a channel then has too few digits to lose any: W is rounded to what V_th is as exact as f makes it. What reads the picture keeps 8.
 *
 * A mean, whose weights are all alike, needs no whole θ: all become the greatest integer, and its error is in V_th alone.
 *
 * A product of counts is an integer as it is: θ is what it is to be divided by, and its error is in V_th alone, too.
 *
 * Rounding moves what a convolution gives on average; where the means of its inputs are known, its bias takes that back.
 */
import { ConversionError, expectInteger } from "../core/errors.ts";
import { allocate, type Tensor, tensor } from "../core/tensor.ts";
import { derive, type Graph, layersByName } from "../graph/graph.ts";
import {
  type ConvolutionLayer,
  isPopulation,
  type Layer,
  type Population,
  type ProductLayer,
  type SumLayer,
} from "../graph/layers.ts";
import { isMeanPool } from "../graph/mean-pool.ts";
import { bitsFor } from "../graph/weight-bits.ts";
import { phasesOf, stepWeight } from "../snn/phases.ts";

/** Bound of a step's current and of a membrane, as an integer. */
const currentBound = 2 ** 30;
/** Thresholds stay below this, so that a membrane can hold 256 of them before it saturates. */
const thresholdBound = 2 ** 22;
/** Negative thresholds may be larger than that by so much. */
const negativeRoom = 128;
const maxShift = 8;
/** A channel of tiny weights needs no finer scale than this. */
const maxTheta = 2 ** 15;

/**
 * The graph with integer weights, biases and thresholds.
 * @param bits of a weight, sign included: 4 to 16 (int8 up to 8, int16 above).
 * @throws ConversionError [E_QUANTIZE] where a layer cannot be kept within the bounds.
 */
export function quantizeWeights(graph: Graph, bits: number): Graph {
  expectInteger("bits", bits, 4, 16);
  const byName = layersByName(graph);
  const replaced = new Map<string, Layer>();
  for (const layer of graph.layers) {
    if (!isPopulation(layer)) continue;
    const source = byName.get(layer.inputs[0]) as Layer;
    const terms = source.kind === "sum" ? source.inputs.map((name) => byName.get(name) as Layer) : [source];
    const convolutions = terms.filter((term) => term.kind === "convolution");
    if (source.kind === "product") {
      const scale = productScale(source, rangeOf(graph));
      replaced.set(source.name, quantizeProduct(source, scale));
      replaced.set(layer.name, quantizePopulation(layer, scale));
      continue;
    }
    const sum = source.kind === "sum" ? source : undefined;
    const readsPicture = !sum && convolutions.every(({ inputs }) => byName.get(inputs[0])?.kind === "input");
    const own = bitsFor(readsPicture, bits);
    const scale = scaleFor(layer, convolutions, sum, own, rangeOf(graph));
    for (const convolution of convolutions)
      replaced.set(convolution.name, quantizeConvolution(convolution, scale, own, graph.simulation?.frameUnits ?? 1));
    if (sum) replaced.set(sum.name, quantizeSum(sum, scale, own));
    replaced.set(layer.name, quantizePopulation(layer, scale));
  }
  return derive(graph, `quantizeWeights bits=${bits}`, {
    layers: graph.layers.map((layer) => replaced.get(layer.name) ?? layer),
  });
}

interface Scale {
  /** What stands for 1, per channel: an integer but for means. */
  readonly theta: Float64Array;
  readonly shift: number;
}

/** What may arrive at a membrane before it has to fit into an integer. */
interface Range {
  /** Greatest net spikes of an input: of a step, or of a whole frame where membranes keep its charge. */
  readonly inputs: number;
  /** How often a bias and these inputs may count in one addition. */
  readonly weight: number;
}

/** Trackers keep all charge of a frame; their counts end a quarter beyond the frame's units, and twice that is never reached. */
function rangeOf(graph: Graph): Range {
  const frameUnits = graph.simulation?.frameUnits;
  if (frameUnits !== undefined) return { inputs: 2 * frameUnits, weight: 1 };
  return { inputs: greatestSpike(graph), weight: stepWeight(1, phasesOf(graph)) };
}

/** Spikes of all populations are within ± this. */
function greatestSpike(graph: Graph): number {
  return graph.layers.reduce(
    (greatest, layer) => (isPopulation(layer) ? Math.max(greatest, layer.levels) : greatest),
    1,
  );
}

function scaleFor(
  layer: Layer & Population,
  convolutions: readonly ConvolutionLayer[],
  sum: SumLayer | undefined,
  bits: number,
  { inputs, weight }: Range,
): Scale {
  const channels = Array.from(layer.lambda.data.keys());
  const limit = 2 ** (bits - 1) - 1;
  const spikeScales = (sum?.scales ?? []).filter((scale) => scale !== null);
  // What comes from an island, whose values are fractions of λ, needs as many digits as one weight.
  const others = convolutions.length + spikeScales.length === 0 ? [Float32Array.of(1)] : [];
  /** All factors by which spikes enter a channel. */
  const factors = (channel: number) => [
    ...[...convolutions.map(({ weights }) => weights), ...spikeScales].map((values) => row(values, channel)),
    ...others,
  ];
  const isMean = !sum && convolutions.length === 1 && isMeanPool(convolutions[0]);
  const theta = Float64Array.from(channels, (channel) => {
    const max = greatestOf(factors(channel).map(greatestMagnitude));
    if (bits < 8) return Math.min(maxTheta, limit / max);
    return Math.max(1, Math.min(maxTheta, isMean ? limit / max : Math.floor(limit / max)));
  });
  // The greatest current, in units of 2^shift: all inputs at their greatest, plus the bias.
  const greatestCurrent = channels.reduce((largest, channel) => {
    const unit = theta[channel];
    let weights = 0;
    for (const values of factors(channel)) {
      for (let i = 0; i < values.length; i++) weights += Math.min(limit, Math.abs(values[i]) * unit) + 0.5;
    }
    const bias = convolutions.reduce((total, { bias }) => total + Math.abs(bias?.data[channel] ?? 0) * unit + 1, 0);
    return Math.max(largest, weights * inputs + bias);
  }, 1);
  const greatestThreshold = channels.reduce((largest, channel) => {
    const negative = (layer.vThNeg?.data[channel] ?? 0) / negativeRoom;
    return Math.max(largest, theta[channel] * Math.max(1, negative));
  }, 1);
  const room = Math.min(currentBound / greatestCurrent, thresholdBound / greatestThreshold) / weight;
  const shift = Math.min(maxShift, Math.floor(Math.log2(room)));
  if (shift < 0) {
    throw new ConversionError(
      "E_QUANTIZE",
      `${layer.name}: what arrives at a membrane or a threshold may exceed ±2^30 at ${bits} bits and inputs up to ${inputs * weight}. Use fewer bits, levels or phases`,
    );
  }
  return { theta, shift };
}

/** θ = 1/factor: what a product of counts comes to where one spike is to be sent. Where a channel is silent, anything. */
function productScale({ name, factors }: ProductLayer, { inputs }: Range): Scale {
  if (!factors) throw new ConversionError("E_QUANTIZE", `${name} has no factors: run normalizeWeights first`);
  const theta = Float64Array.from(factors.data, (factor) => (factor === 0 ? 1 : 1 / factor));
  const room = Math.min(currentBound / inputs ** 2, thresholdBound / greatestOf([...theta]));
  const shift = Math.min(maxShift, Math.floor(Math.log2(room)));
  if (shift >= 0) return { theta, shift };
  throw new ConversionError(
    "E_QUANTIZE",
    `${name}: a product of counts up to ${inputs}, or what it is divided by, may exceed ±2^30. Use fewer levels or phases`,
  );
}

function quantizeProduct(layer: ProductLayer, { shift }: Scale): ProductLayer {
  const { shape, data } = layer.factors as Tensor;
  return {
    ...layer,
    factors: tensor(
      "int8",
      shape,
      Int8Array.from(data, (factor) => (factor === 0 ? 0 : 1)),
    ),
    shift,
  };
}

/** As a loop: a channel may have more weights than a call takes arguments. */
function greatestOf(values: readonly number[]): number {
  return values.reduce((greatest, value) => Math.max(greatest, value), 0);
}

function greatestMagnitude(values: ArrayLike<number>): number {
  let greatest = 0;
  for (let i = 0; i < values.length; i++) greatest = Math.max(greatest, Math.abs(values[i]));
  return greatest;
}

/** Weights of one output channel. */
function row({ shape, data }: Tensor, channel: number): Tensor["data"] {
  const length = data.length / shape[0];
  return data.subarray(channel * length, (channel + 1) * length);
}

/** @param units what an input's mean counts in a bias: the unit steps of a frame that is given as a whole, or one step. */
function quantizeConvolution(
  { inputMean, ...layer }: ConvolutionLayer,
  { theta, shift }: Scale,
  bits: number,
  units: number,
): ConvolutionLayer {
  const weights = quantizeRows(layer.weights, theta, bits);
  const lost = inputMean ? meanLost(layer, weights, theta, inputMean.data) : new Float64Array(theta.length);
  const bias = Int32Array.from(theta, (unit, channel) =>
    Math.round(((layer.bias?.data[channel] ?? 0) * unit - lost[channel] * units) * 2 ** shift),
  );
  return { ...layer, weights, bias: tensor("int32", [theta.length], bias), shift };
}

/**
 * By output channel, what the rounding of weights adds to a current on average, in units of weights: Σ (W − w̄·θ)·mean (bias correction:
 * Nagel et al., "Data-free quantization through weight equalization and bias correction", ICCV 2019, with measured means).
 */
function meanLost(
  { weights: { shape, data }, groups }: ConvolutionLayer,
  rounded: Tensor,
  theta: Float64Array,
  means: Float32Array,
): Float64Array {
  const [outC, inC, kH, kW] = shape;
  const outPerGroup = outC / groups;
  return theta.map((unit, out) => {
    const first = Math.floor(out / outPerGroup) * inC;
    let lost = 0;
    for (let i = 0; i < inC; i++) {
      for (let at = (out * inC + i) * kH * kW; at < (out * inC + i + 1) * kH * kW; at++)
        lost += (rounded.data[at] - data[at] * unit) * means[first + i];
    }
    return lost;
  });
}

function quantizeSum(layer: SumLayer, { theta, shift }: Scale, bits: number): SumLayer {
  return { ...layer, scales: (layer.scales ?? []).map((scale) => scale && quantizeRows(scale, theta, bits)), shift };
}

/** Values [outC, …] times θ of their channel, rounded and (where a channel's weights dwarf its threshold) cut off. */
function quantizeRows({ shape, data }: Tensor, theta: Float64Array, bits: number): Tensor {
  const limit = 2 ** (bits - 1) - 1;
  const length = data.length / shape[0];
  const out = allocate(bits <= 8 ? "int8" : "int16", data.length);
  for (const [channel, unit] of theta.entries()) {
    for (let i = channel * length; i < (channel + 1) * length; i++)
      out[i] = Math.max(-limit, Math.min(limit, Math.round(data[i] * unit)));
  }
  return tensor(bits <= 8 ? "int8" : "int16", shape, out);
}

function quantizePopulation<P extends Layer & Population>(layer: P, { theta, shift }: Scale): P {
  const scaled = (factor: Tensor) =>
    tensor(
      "int32",
      factor.shape,
      Int32Array.from(theta, (unit, channel) => Math.round(factor.data[channel] * unit * 2 ** shift)),
    );
  return { ...layer, vTh: scaled(layer.vTh), vThNeg: layer.vThNeg && scaled(layer.vThNeg) };
}
