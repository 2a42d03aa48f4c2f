/**
 * Weight normalization (Spiking-YOLO, AAAI 2020, section 3.1): values become fractions of λ, the neurons' thresholds 1.
 *
 *     w̄[i→j] = w[i→j]·λ_i / λ_j,   b̄[j] = b[j] / λ_j,   λ = 1 for the picture
 *
 * λ passes unchanged through max-pool, upsample and inserted zeros, and channel by channel through concatenation and slices. A sum is a
 * population of its own: a branch of spikes is scaled by λ_branch / λ_sum; a convolution that feeds only the sum is
 * normalized to λ_sum directly. A product of fractions of λ_a and λ_b is λ_a·λ_b/λ_product of its own range. A silent channel (λ = 0) gets weights of 0 and stays silent.
 */
import { ConversionError } from "../core/errors.ts";
import { type FloatTensor, floatTensor } from "../core/tensor.ts";
import { consumersOf, derive, type Graph, inferShapes, layersByName } from "../graph/graph.ts";
import type { ActivationLayer, ConvolutionLayer, Layer, LayerKind, LayerOf, SumLayer } from "../graph/layers.ts";
import { balancedRange } from "./balanced-range.ts";
import { coarserLambda, coarsestDigits, hasSlopes } from "./spread-resolution.ts";

export interface NormalizeOptions {
  /** One λ per channel (the paper's contribution) or per layer (its baseline). */
  readonly scope: "channel" | "layer";
  /** One of the percentiles that calibration stored; 99.9 in the paper. */
  readonly percentile: number;
  /** Where λ lies: at the percentile (also where absent), or where clipping and rounding cost the least (`balanced-range.ts`; by channel only), or what training rounded with. */
  readonly clipping?: "percentile" | "balanced" | "trained";
  /** Spikes per step that stand for λ: λ is divided by it. 1 for binary spikes. */
  readonly gain: number;
  /** ε of `spread-resolution.ts`; 0, or absent: every channel keeps the resolution that its range gives it. */
  readonly rounding?: number;
  /** Last digits that λ stands for: unit steps of a whole train. */
  readonly units?: number;
}

/** What a rule may look at. */
interface Context {
  readonly options: NormalizeOptions;
  /** Δ by activation layer, where channels have resolutions of their own. */
  readonly digits: ReadonlyMap<string, Float64Array>;
  readonly consumers: ReadonlyMap<string, readonly Layer[]>;
  readonly byName: ReadonlyMap<string, Layer>;
  /** λ of a layer's output that stands before, by channel. */
  lambdaOf(name: string): Float64Array;
}

interface Normalized {
  /** Of the layer's output, by channel. */
  readonly lambda: Float64Array;
  readonly layer: Layer;
}

/** How λ comes to each kind's output, and what becomes of the layer. Every kind has to say it. */
const rules: { readonly [K in LayerKind]: (layer: LayerOf<K>, context: Context) => Normalized } = {
  input: (layer) => ({ lambda: new Float64Array(layer.shape[0]).fill(1), layer }),
  convolution: (layer, context) => {
    const lambda = lambdaAfter(layer, context);
    return { lambda, layer: normalizeConvolution(layer, context.lambdaOf(layer.inputs[0]), lambda) };
  },
  sum: (layer, context) => {
    const lambda = lambdaAfter(layer, context);
    const isCurrent = (name: string) => context.byName.get(name)?.kind === "convolution";
    const from = layer.inputs.map((name) => (isCurrent(name) ? null : context.lambdaOf(name)));
    return { lambda, layer: normalizeSum(layer, from, lambda) };
  },
  product: (layer, context) => {
    const lambda = lambdaAfter(layer, context);
    const [first, second] = layer.inputs.map((name) => context.lambdaOf(name));
    const factors = Float32Array.from(lambda, (own, c) =>
      fractionOf(first[c] * second[second.length === 1 ? 0 : c], own),
    );
    return { lambda, layer: { ...layer, factors: floatTensor([lambda.length], factors) } };
  },
  activation: (layer, { lambdaOf }) => {
    const lambda = lambdaOf(layer.inputs[0]);
    return { lambda, layer: { ...layer, lambda: floatTensor([lambda.length], Float32Array.from(lambda)) } };
  },
  concat: (layer, { lambdaOf }) => ({
    lambda: Float64Array.from(layer.inputs.flatMap((name) => [...lambdaOf(name)])),
    layer,
  }),
  slice: (layer, { lambdaOf }) => ({
    lambda: lambdaOf(layer.inputs[0]).subarray(layer.start, layer.start + layer.count),
    layer,
  }),
  maxPool: passedOn,
  upsample: passedOn,
  insertZeros: passedOn,
  // Its values are those of the DNN; the neurons that take them scale them.
  island: (layer, context) => {
    const inputLambdas = layer.inputs.map((name) => {
      const lambda = context.lambdaOf(name);
      return floatTensor([lambda.length], Float32Array.from(lambda));
    });
    return { lambda: lambdaAfter(layer, context), layer: { ...layer, inputLambdas } };
  },
  region: passedOn,
  yolo: passedOn,
  gaussianYolo: passedOn,
  dfl: passedOn,
  tail: passedOn,
  averagePool: (layer) => refused(layer, "must be a convolution: run poolsToConvolutions first"),
  batchNorm: (layer) => refused(layer, "must be folded first: run foldBatchNorm"),
  integrateFire: (layer) => refused(layer, "is normalized already"),
  readout: (layer) => refused(layer, "is normalized already"),
};

function passedOn(layer: Layer, { lambdaOf }: Context): Normalized {
  return { lambda: lambdaOf(layer.inputs[0]), layer };
}

function refused(layer: Layer, why: string): never {
  throw new ConversionError("E_TOPOLOGY", `${layer.name} [${layer.kind}] ${why}`);
}

/**
 * @throws ConversionError [E_CALIBRATION] where statistics are missing or do not hold the percentile; [E_TOPOLOGY] where a
 *   layer has no place in a network before its conversion.
 */
export function normalizeWeights(graph: Graph, options: NormalizeOptions): Graph {
  const shapes = inferShapes(graph);
  const lambdas = new Map<string, Float64Array>();
  const context: Context = {
    options,
    digits: coarsestDigits(graph, options.rounding ?? 0),
    byName: layersByName(graph),
    consumers: consumersOf(graph),
    lambdaOf: (name) => lambdas.get(name) as Float64Array,
  };
  const layers = graph.layers.map((layer) => {
    const rule = rules[layer.kind] as (layer: Layer, context: Context) => Normalized;
    const { lambda, layer: normalized } = rule(layer, context);
    if (shapes.get(layer.name)?.[0] !== lambda.length)
      throw new ConversionError("E_CALIBRATION", `${layer.name}: statistics of ${lambda.length} channels do not fit`);
    lambdas.set(layer.name, lambda);
    return normalized;
  });
  const { scope, percentile, clipping, gain, rounding = 0 } = options;
  const range = clipping === undefined || clipping === "percentile" ? `${percentile}` : clipping;
  const resolution =
    rounding === 0 ? "" : ` rounding=${hasSlopes(graph) ? rounding : "none: calibrated without slopes"}`;
  return derive(graph, `normalizeWeights scope=${scope} percentile=${range} gain=${gain}${resolution}`, {
    layers,
  });
}

/** λ of the neurons that take the layer's current. */
function lambdaAfter(layer: Layer, { consumers, options, digits }: Context): Float64Array {
  const activation = populationAfter(layer, consumers);
  const coarsest = digits.get(activation.name);
  const range = lambdaOfActivation(activation, options);
  return coarsest ? range.map((lambda, c) => coarserLambda(lambda, coarsest[c], options.units ?? 1)) : range;
}

/** The activation that takes the layer's current: its own, or that of the sum it feeds. */
function populationAfter(layer: Layer, consumers: ReadonlyMap<string, readonly Layer[]>): ActivationLayer {
  const next = consumers.get(layer.name) ?? [];
  const activation = next.find((consumer) => consumer.kind === "activation");
  if (activation?.kind === "activation") return activation;
  const sum = next.find((consumer) => consumer.kind === "sum");
  if (sum) return populationAfter(sum, consumers);
  throw new ConversionError("E_TOPOLOGY", `${layer.name} [${layer.kind}] feeds no neurons: run placePopulations first`);
}

function lambdaOfActivation(layer: ActivationLayer, options: NormalizeOptions): Float64Array {
  const { scope, percentile, gain, clipping, units = 1 } = options;
  const { statistics, trainedLambda } = layer;
  if (clipping === "trained") {
    if (trainedLambda) return Float64Array.from(trainedLambda.data, (lambda) => lambda / gain);
    throw new ConversionError(
      "E_NOT_TRAINED",
      `${layer.name} was not trained through its rounding. Train with train --spiking, or convert by another mode`,
    );
  }
  if (!statistics)
    throw new ConversionError(
      "E_CALIBRATION",
      `${layer.name} has no activation statistics: run measureActivations first`,
    );
  const { percentiles, count } = statistics;
  const [channels, columns] = statistics.channel.shape;
  if (clipping === "balanced" && scope === "channel" && count !== undefined) {
    const valuesOf = (c: number) => statistics.channel.data.subarray(c * columns, (c + 1) * columns);
    return Float64Array.from(
      { length: channels },
      (_, c) => balancedRange({ percentiles, values: valuesOf(c), count }, units) / gain,
    );
  }
  const column = percentiles.indexOf(percentile);
  if (column < 0) {
    throw new ConversionError(
      "E_PERCENTILE",
      `percentile ${percentile} was not measured; measured were ${percentiles.join(", ")}`,
    );
  }
  return Float64Array.from(
    { length: channels },
    (_, channel) =>
      (scope === "layer" ? statistics.layer.data[column] : statistics.channel.data[channel * columns + column]) / gain,
  );
}

/** x / λ, and 0 where the channel is silent. */
function fractionOf(value: number, lambda: number): number {
  return lambda === 0 ? 0 : value / lambda;
}

function normalizeConvolution(layer: ConvolutionLayer, from: Float64Array, to: Float64Array): ConvolutionLayer {
  const [outC, inC, kH, kW] = layer.weights.shape;
  const area = kH * kW;
  const outPerGroup = outC / layer.groups;
  const { data } = layer.weights;
  const weights = new Float32Array(data.length);
  for (let out = 0, at = 0; out < outC; out++) {
    const first = Math.floor(out / outPerGroup) * inC;
    for (let source = first; source < first + inC; source++) {
      for (const end = at + area; at < end; at++) weights[at] = fractionOf(data[at] * from[source], to[out]);
    }
  }
  const bias = Float32Array.from(to, (lambda, out) => fractionOf(layer.bias?.data[out] ?? 0, lambda));
  const { inputMean } = layer;
  return {
    ...layer,
    weights: floatTensor(layer.weights.shape, weights),
    bias: floatTensor([outC], bias),
    ...(inputMean
      ? {
          inputMean: floatTensor(
            inputMean.shape,
            inputMean.data.map((mean, i) => fractionOf(mean, from[i])),
          ),
        }
      : {}),
  };
}

function normalizeSum(layer: SumLayer, from: readonly (Float64Array | null)[], to: Float64Array): SumLayer {
  const scale = (lambda: Float64Array): FloatTensor =>
    floatTensor(
      [to.length],
      Float32Array.from(lambda, (value, c) => fractionOf(value, to[c])),
    );
  return { ...layer, scales: from.map((lambda) => lambda && scale(lambda)) };
}
