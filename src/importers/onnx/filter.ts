/** Convolutions of signals: the order of planes, the picture's scale and strides of planes are taken into the weights. */
import { floatTensor } from "../../core/tensor.ts";
import type { ConvolutionLayer } from "../../graph/layers.ts";
import type { Pads, Pair } from "../../graph/windows.ts";
import { unitConvolution } from "./builder.ts";
import { type OperatorContext, refuse } from "./operator.ts";
import { type Plane, pickPlanes, type Signal, wholeLayer } from "./signals.ts";

/** A convolution's facts as ONNX gives them. */
export interface Filter {
  /** [outC, inC / groups, kH, kW]. */
  readonly shape: readonly number[];
  readonly weights: Float64Array;
  readonly bias: Float64Array | undefined;
  readonly strides: Pair;
  readonly dilations: Pair;
  readonly pads: Pads;
  readonly groups: number;
}

/** Adds the layer. @throws Refusal where its channels do not fit. */
export function convolve(context: OperatorContext, given: Signal, filter: Filter): Signal {
  const { builder, wanted } = context;
  const { shape, groups } = filter;
  if (shape[1] * groups !== given.planes.length)
    refuse(`it reads ${shape[1] * groups} channels of ${given.planes.length}`);
  if (groups !== 1) return convolveGroups(context, plain(context, given), filter);
  const signal = withoutMean(context, given);
  const isStrided = signal.planes.some(({ stride }) => stride !== 1);
  const merged = isStrided ? mergeStrides(context, signal, filter) : undefined;
  if (merged) return merged;
  const { affine, ...planes } = signal;
  const { name, order } = builder.anyhow(planes, wanted);
  const scaled = affine ? scaledInputs(filter, affine.scale) : filter;
  return addConvolution(context, name, regroup(scaled, order, builder.shapeOf(name)[0]));
}

/** A depthwise convolution works on each channel by itself, in whatever order they stand; other groups need theirs. */
function convolveGroups(context: OperatorContext, signal: Signal, filter: Filter): Signal {
  const { builder, wanted } = context;
  const isDepthwise = filter.shape[1] === 1 && filter.shape[0] === filter.groups;
  const held = isDepthwise ? builder.anyhow(signal, wanted) : undefined;
  if (!held || new Set(held.order).size !== held.order.length)
    return addConvolution(context, builder.exactly(signal, wanted), filter);
  return pickPlanes(addConvolution(context, held.name, reorderRows(filter, held.order)), held.order);
}

/** The picture with nothing left to be added to it: the mean is taken off by whoever prepares pictures. */
function withoutMean(context: OperatorContext, signal: Signal): Signal {
  const { affine } = signal;
  if (!affine) return signal;
  if (affine.scale.some((scale) => scale === 0)) return plain(context, signal);
  const means = Array.from(affine.offset, (offset, i) => -offset / affine.scale[i]);
  const channels = signal.planes.map(({ channel }) => channel);
  return context.takeMean(channels, means) ? signal : plain(context, signal);
}

function plain({ builder, wanted }: OperatorContext, signal: Signal): Signal {
  if (!signal.affine) return signal;
  const name = builder.exactly(signal, wanted);
  return wholeLayer(name, builder.shapeOf(name));
}

function addConvolution({ builder, wanted }: OperatorContext, input: string, filter: Filter): Signal {
  const { shape, weights, bias, strides, dilations, pads, groups } = filter;
  const layer: Omit<ConvolutionLayer, "name"> = {
    ...unitConvolution(input, groups),
    weights: floatTensor(shape, Float32Array.from(weights)),
    ...(bias ? { bias: floatTensor([bias.length], Float32Array.from(bias)) } : {}),
    strides,
    dilations,
    pads,
  };
  return builder.add(wanted, layer);
}

function scaledInputs(filter: Filter, scale: Float64Array): Filter {
  const area = filter.shape[2] * filter.shape[3];
  const weights = filter.weights.map((value, i) => value * scale[Math.floor(i / area) % filter.shape[1]]);
  return { ...filter, weights };
}

/** Weights for inputs that stand in another order: input i is channel order[i] of `channels`. */
function regroup(filter: Filter, order: readonly number[], channels: number): Filter {
  if (order.length === channels && order.every((place, i) => place === i)) return filter;
  const [outputs, inputs, kH, kW] = filter.shape;
  const area = kH * kW;
  const weights = newWeights(outputs * channels * area);
  for (let row = 0; row < outputs * inputs; row++) {
    const to = Math.floor(row / inputs) * channels + order[row % inputs];
    // Added up, since a channel may be read twice.
    for (let cell = 0; cell < area; cell++) weights[to * area + cell] += filter.weights[row * area + cell];
  }
  return { ...filter, shape: [outputs, channels, kH, kW], weights };
}

/** A filter grows where it takes up what stands before it; a file of few bytes could make it any size. */
const maxWeights = 2 ** 27;

function newWeights(count: number): Float64Array {
  return count <= maxWeights ? new Float64Array(count) : refuse(`it would need ${count} weights`);
}

/** A depthwise filter for channels that stand in another order. */
function reorderRows(filter: Filter, order: readonly number[]): Filter {
  const row = filter.shape[2] * filter.shape[3];
  const weights = new Float64Array(filter.weights.length);
  const bias = filter.bias && new Float64Array(order.length);
  for (const [i, place] of order.entries()) {
    weights.set(filter.weights.subarray(i * row, (i + 1) * row), place * row);
    if (bias && filter.bias) bias[place] = filter.bias[i];
  }
  return { ...filter, weights, bias };
}

/**
 * A convolution of planes that are every s-th cell of others is one of those, s times as wide: its tap k of the plane from
 * (y, x) on is their tap s·d·k + y. Undefined where strides differ or cells remain over.
 */
function mergeStrides(context: OperatorContext, signal: Signal, filter: Filter): Signal | undefined {
  const { builder, wanted } = context;
  const { planes, affine } = signal;
  const { stride: s } = planes[0];
  const isWhole = planes.every(({ stride, layer }) => {
    const [, height, width] = builder.shapeOf(layer);
    return stride === s && height === s * signal.height && width === s * signal.width;
  });
  if (!isWhole) return undefined;
  const keyOf = ({ layer, channel }: Plane) => `${layer} ${channel}`;
  const sources = new Map(planes.map((plane) => [keyOf(plane), { ...plane, stride: 1, y: 0, x: 0 }]));
  const rows = new Map([...sources.keys()].map((key, i) => [key, i]));
  const [outputs, inputs, kH, kW] = filter.shape;
  const { dilations, pads, strides } = filter;
  const size = [s * dilations[0] * (kH - 1) + s, s * dilations[1] * (kW - 1) + s];
  const weights = newWeights(outputs * sources.size * size[0] * size[1]);
  for (let from = 0; from < filter.weights.length; from++) {
    const cell = from % (kH * kW);
    const input = Math.floor(from / (kH * kW)) % inputs;
    const plane = planes[input];
    const row = Math.floor(from / (kH * kW * inputs)) * sources.size + (rows.get(keyOf(plane)) as number);
    const atY = s * dilations[0] * Math.floor(cell / kW) + plane.y;
    const atX = s * dilations[1] * (cell % kW) + plane.x;
    weights[(row * size[0] + atY) * size[1] + atX] += filter.weights[from] * (affine?.scale[input] ?? 1);
  }
  const input = { height: s * signal.height, width: s * signal.width, planes: [...sources.values()] };
  return addConvolution(context, builder.exactly(input, wanted), {
    ...filter,
    shape: [outputs, sources.size, ...size],
    weights,
    strides: [s * strides[0], s * strides[1]],
    dilations: [1, 1],
    pads: [s * pads[0], s * pads[1], s * pads[2], s * pads[3]],
  });
}
