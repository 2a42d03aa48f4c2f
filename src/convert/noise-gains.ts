/**
 * How much rounding a channel matters, and what its spikes cost: for the values that each layer puts out, by channel,
 *
 *     gain     Σ(change of the heads' inputs)² for a change of 1 at each position, by position, where changes of different channels are
 *              independent, and those of neighbours correlated by ρ: noise adds up as power does, and what neighbours share as a sum
 *     fanOut   synapses that one spike reaches
 *
 * Both go from the heads towards the picture, layer by layer. A convolution passes ((1 − ρ)·Σ w² + ρ·(Σ w)²)·gain on, its taps on one
 * channel summed; an activation passes it through the mean
 * of its squared slope, which calibration measured; a max-pool's output is one of its inputs, so that an input has a share in it.
 * A product passes on the mean square of its other factor. Positions at borders count as those within.
 */
import { type Graph, inferShapes, type Shapes } from "../graph/graph.ts";
import type { Shape } from "../graph/layer-kinds.ts";
import type { ConvolutionLayer, Layer, LayerKind, LayerOf, ProductLayer } from "../graph/layers.ts";

/**
 * ρ: how alike errors of neighbours are. Maps are smooth, and below a neuron's threshold the error is the value itself. With ρ = 0 one ε
 * means 5 to 13 times as much error of the heads, as the network may be; with 0.2 four to five times on most (docs/few-steps.md).
 */
const neighbourCorrelation = 0.2;

export interface ChannelNoise {
  readonly gain: Float64Array;
  readonly fanOut: Float64Array;
}

/** What a layer passes on to the inputs it reads, each [its channels]. */
type Backward<K extends LayerKind> = (
  layer: LayerOf<K>,
  own: ChannelNoise,
  context: Context,
) => readonly ChannelNoise[];

interface Context {
  readonly shapes: Shapes;
  /** Means of squared values [C] by layer, where calibration has measured them. */
  readonly powers: ReadonlyMap<string, Float64Array>;
}

const rules: { readonly [K in LayerKind]: Backward<K> } = {
  input: () => [],
  convolution: (layer, own, { shapes }) => [throughConvolution(layer, own, shapes)],
  // A neuron takes currents: its own spikes' fan-out begins anew.
  activation: ({ statistics }, { gain }) => [
    { gain: gain.map((value, c) => value * (statistics?.slope?.data[c] ?? 1)), fanOut: new Float64Array(gain.length) },
  ],
  maxPool: (layer, own, { shapes }) => [scaled(own, perInput(layer, shapes))],
  upsample: (layer, own) => [scaled(own, layer.factor ** 2)],
  insertZeros: (_, own) => [own],
  concat: (layer, own, { shapes }) => {
    let from = 0;
    return layer.inputs.map((name) => {
      const channels = (shapes.get(name) as Shape)[0];
      from += channels;
      return part(own, from - channels, channels);
    });
  },
  slice: (layer, own, { shapes }) => {
    const [channels] = shapes.get(layer.inputs[0]) as Shape;
    const whole = none(channels);
    whole.gain.set(own.gain, layer.start);
    whole.fanOut.set(own.fanOut, layer.start);
    return [whole];
  },
  sum: (layer, { gain }) => layer.inputs.map(() => ({ gain, fanOut: new Float64Array(gain.length).fill(1) })),
  product: throughProduct,
  // What it does with its inputs is not known: as if it passed all noise on, evenly.
  island: (layer, { gain }, { shapes }) =>
    layer.inputs.map((name) => {
      const [channels] = shapes.get(name) as Shape;
      const mean = gain.reduce((sum, value) => sum + value, 0) / channels;
      return { gain: new Float64Array(channels).fill(mean), fanOut: new Float64Array(channels) };
    }),
  region: read,
  yolo: read,
  gaussianYolo: read,
  dfl: read,
  tail: read,
  averagePool: (layer, own, { shapes }) => [scaled(own, perInput(layer, shapes) / (layer.size[0] * layer.size[1]))],
  batchNorm: (layer, { gain, fanOut }) => [
    {
      gain: gain.map((value, c) => (value * layer.scale.data[c] ** 2) / (layer.variance.data[c] + layer.epsilon)),
      fanOut,
    },
  ],
  integrateFire: (_, own) => [own],
  readout: (_, own) => [own],
};

/** By layer name. @param graph a DNN with its populations placed; without slopes measured, activations count as lines. */
export function noiseGains(graph: Graph): ReadonlyMap<string, ChannelNoise> {
  const shapes = inferShapes(graph);
  const context = { shapes, powers: meanPowers(graph) };
  const noise = new Map(graph.layers.map(({ name }) => [name, none((shapes.get(name) as Shape)[0])]));
  for (const layer of graph.layers.toReversed()) {
    const rule = rules[layer.kind] as (layer: Layer, own: ChannelNoise, context: Context) => readonly ChannelNoise[];
    const passed = rule(layer, noise.get(layer.name) as ChannelNoise, context);
    for (const [i, name] of layer.inputs.entries()) add(noise.get(name) as ChannelNoise, passed[i]);
  }
  return noise;
}

/** From activations on, through what only moves values; 1 where nothing was measured. */
function meanPowers(graph: Graph): ReadonlyMap<string, Float64Array> {
  const shapes = inferShapes(graph);
  const powers = new Map<string, Float64Array>();
  for (const layer of graph.layers) {
    const [channels] = shapes.get(layer.name) as Shape;
    const inputs = layer.inputs.map((name) => powers.get(name) as Float64Array);
    const power = () => {
      if (layer.kind === "activation" && layer.statistics?.power) return Float64Array.from(layer.statistics.power.data);
      if (layer.kind === "concat") return Float64Array.from(inputs.flatMap((values) => [...values]));
      if (layer.kind === "slice") return inputs[0].subarray(layer.start, layer.start + layer.count);
      return layer.kind === "maxPool" || layer.kind === "upsample" ? inputs[0] : new Float64Array(channels).fill(1);
    };
    powers.set(layer.name, power());
  }
  return powers;
}

/** d(a·b) = b·da + a·db, where b may stand for many positions or channels. */
function throughProduct(layer: ProductLayer, { gain }: ChannelNoise, { shapes, powers }: Context): ChannelNoise[] {
  const [first, second] = layer.inputs.map((name) => powers.get(name) as Float64Array);
  const [channels, height, width] = shapes.get(layer.inputs[1]) as Shape;
  const [outC, outH, outW] = shapes.get(layer.name) as Shape;
  const of = (c: number) => (channels === 1 ? 0 : c);
  const into = none(channels);
  // Outputs of each channel that a value of the second takes part in.
  const positions = (outH * outW) / (height * width);
  for (let c = 0; c < outC; c++) into.gain[of(c)] += gain[c] * first[c] * positions;
  into.fanOut.fill((positions * outC) / channels);
  return [{ gain: gain.map((value, c) => value * second[of(c)]), fanOut: new Float64Array(outC).fill(1) }, into];
}

function none(channels: number): ChannelNoise {
  return { gain: new Float64Array(channels), fanOut: new Float64Array(channels) };
}

/** To `sum`, in place. */
function add(sum: ChannelNoise, { gain, fanOut }: ChannelNoise): void {
  for (const [c, value] of gain.entries()) {
    sum.gain[c] += value;
    sum.fanOut[c] += fanOut[c];
  }
}

function scaled({ gain, fanOut }: ChannelNoise, factor: number): ChannelNoise {
  return { gain: gain.map((value) => value * factor), fanOut: fanOut.map((value) => value * factor) };
}

function part({ gain, fanOut }: ChannelNoise, from: number, channels: number): ChannelNoise {
  return { gain: gain.subarray(from, from + channels), fanOut: fanOut.subarray(from, from + channels) };
}

/** A head's raw inputs are what errors are measured on. */
function read(layer: Layer, _own: ChannelNoise, { shapes }: Context): readonly ChannelNoise[] {
  return layer.inputs.map((name) => {
    const [channels] = shapes.get(name) as Shape;
    return { gain: new Float64Array(channels).fill(1), fanOut: new Float64Array(channels) };
  });
}

/** Output positions for each input position. */
function perInput(layer: Layer, shapes: Shapes): number {
  const area = (name: string) => {
    const [, height, width] = shapes.get(name) as Shape;
    return height * width;
  };
  return area(layer.name) / area(layer.inputs[0]);
}

function throughConvolution(layer: ConvolutionLayer, { gain }: ChannelNoise, shapes: Shapes): ChannelNoise {
  const [outC, inC, kH, kW] = layer.weights.shape;
  const taps = kH * kW;
  const ratio = perInput(layer, shapes);
  const outPerGroup = outC / layer.groups;
  const noise = none(inC * layer.groups);
  for (let out = 0, at = 0; out < outC; out++) {
    const first = Math.floor(out / outPerGroup) * inC;
    for (let i = 0; i < inC; i++) {
      let [power, sum] = [0, 0];
      for (let tap = 0; tap < taps; tap++, at++) {
        power += layer.weights.data[at] ** 2;
        sum += layer.weights.data[at];
      }
      const passed = (1 - neighbourCorrelation) * power + neighbourCorrelation * sum ** 2;
      noise.gain[first + i] += gain[out] * passed * ratio;
      noise.fanOut[first + i] += taps * ratio;
    }
  }
  return noise;
}
