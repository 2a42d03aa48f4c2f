/**
 * One function an operator, named as ONNX names it: what becomes of a node whose data come as signals. A function gives the
 * node's outputs, or says why no layer of ours computes it; such nodes become islands or part of the tail.
 */
import { floatTensor, sizeOf } from "../../core/tensor.ts";
import type { Activation } from "../../functions/function.ts";
import type { Shape } from "../../graph/layer-kinds.ts";
import type { Layer } from "../../graph/layers.ts";
import { type Pads, type Pair, type Window, windowCounts, windowExtent } from "../../graph/windows.ts";
import type { OnnxFileNode, OnnxTensor } from "../../onnx/read-onnx.ts";
import { convolvePicture } from "./picture.ts";
import { applied, product, recognizeFunction, withNumber } from "./recognize-function.ts";
import type { Constant, Formula, Picture, Signal, Value } from "./values.ts";

/** A node, its inputs looked up. */
export interface NodeView {
  readonly node: OnnxFileNode;
  readonly opset: number;
  readonly inputs: readonly (Value | undefined)[];
  number(name: string, fallback: number): number;
  numbers(name: string): readonly number[] | undefined;
  text(name: string, fallback: string): string;
}

export interface OperatorContext {
  /** Appends a layer; its name begins with the prefix. */
  add(prefix: string, layer: (name: string) => Layer): Signal;
}

/** The outputs, or why there are none. */
export type OperatorResult = readonly Value[] | string;
export type Operator = (view: NodeView, context: OperatorContext) => OperatorResult;

/** The first input as a signal. */
function signalOf(view: NodeView): Signal | undefined {
  const [value] = view.inputs;
  return value?.kind === "signal" ? value : undefined;
}

function constantOf(value: Value | undefined): OnnxTensor | undefined {
  return value?.kind === "constant" ? value.tensor : undefined;
}

const noSignal = "its input is no map of channels";

const Conv: Operator = (view, { add }) => {
  const [input, weights, bias] = [view.inputs[0], constantOf(view.inputs[1]), constantOf(view.inputs[2])];
  if (!weights || (view.inputs[2] && !bias)) return "its weights are not constant";
  if (weights.dims.length !== 4) return `its kernel has ${weights.dims.length - 2} dimensions`;
  const groups = view.number("group", 1);
  const size: Pair = [weights.dims[2], weights.dims[3]];
  const dilations = pairOf(view.numbers("dilations"), 1);
  const strides = pairOf(view.numbers("strides"), 1);
  const kernel = { weights: floatTensor(weights.dims, weights.data as Float32Array), groups };
  const biased = bias ? { bias: floatTensor(bias.dims, bias.data as Float32Array) } : {};
  if (input?.kind === "picture") {
    const window = { size, strides, dilations, pads: padsOf(view, { size, strides, dilations }, undefined) };
    const convolution = convolvePicture(input, kernel, window);
    if (typeof convolution === "string") return convolution;
    return [add("conv", (name) => ({ kind: "convolution", name, inputs: ["input"], ...convolution, ...biased }))];
  }
  if (input?.kind !== "signal") return noSignal;
  const pads = padsOf(view, { size, strides, dilations }, [input.shape[1], input.shape[2]]);
  return [
    add("conv", (name) => ({
      kind: "convolution",
      name,
      inputs: [input.name],
      ...kernel,
      ...biased,
      strides,
      dilations,
      pads,
    })),
  ];
};

/** On maps of one position it is a convolution of one. */
const Gemm: Operator = (view, { add }) => {
  const input = signalOf(view);
  const [weights, bias] = [constantOf(view.inputs[1]), constantOf(view.inputs[2])];
  if (!input || input.shape[1] * input.shape[2] !== 1) return noSignal;
  if (weights?.dims.length !== 2 || view.number("alpha", 1) !== 1 || view.number("beta", 1) !== 1)
    return "its factors are not plain";
  if (view.number("transA", 0) !== 0 || view.number("transB", 0) !== 1) return "its weights are not transposed";
  return [
    add("dense", (name) => ({
      kind: "convolution",
      name,
      inputs: [input.name],
      weights: floatTensor([...weights.dims, 1, 1], weights.data as Float32Array),
      ...(bias ? { bias: floatTensor([weights.dims[0]], bias.data as Float32Array) } : {}),
      strides: [1, 1],
      dilations: [1, 1],
      pads: [0, 0, 0, 0],
      groups: 1,
    })),
  ];
};

const BatchNormalization: Operator = (view, { add }) => {
  const input = signalOf(view);
  const tensors = view.inputs.slice(1, 5).map(constantOf);
  if (!input) return noSignal;
  if (tensors.some((tensor) => !tensor)) return "its parameters are not constant";
  const [scale, bias, mean, variance] = tensors.map((tensor) =>
    floatTensor((tensor as OnnxTensor).dims, (tensor as OnnxTensor).data as Float32Array),
  );
  const epsilon = view.number("epsilon", 1e-5);
  return [
    add("norm", (name) => ({ kind: "batchNorm", name, inputs: [input.name], scale, bias, mean, variance, epsilon })),
  ];
};

/** An activation of the signal, whose formula may become part of a greater one. */
function activation(view: NodeView, { add }: OperatorContext, fn: Activation, text?: string): OperatorResult {
  const input = signalOf(view);
  if (!input) return noSignal;
  const output = add(fn.fn, (name) => ({ kind: "activation", name, inputs: [input.name], activation: fn }));
  return [text === undefined ? output : { ...output, formula: { base: formulaOf(input).base, text } }];
}

function formulaOf(signal: Signal): Formula {
  return signal.formula ?? { base: signal.name, text: "x" };
}

/** An operator that is one of our functions, and may be part of another. */
function named(fn: Activation, name: string): Operator {
  return (view, context) => {
    const input = signalOf(view);
    return activation(view, context, fn, input && applied(name, formulaOf(input).text));
  };
}

/** An operator that is no function of ours, but part of some. */
function partOf(name: string): Operator {
  return (view) => {
    const input = signalOf(view);
    if (!input) return noSignal;
    const { base, text } = formulaOf(input);
    const longer = applied(name, text);
    // What stands for the value itself is never read, unless the function is known.
    if (!longer) return noSignal;
    return [{ kind: "opaque", reason: `${name} alone is no function of a neuron`, formula: { base, text: longer } }];
  };
}

const LeakyRelu: Operator = (view, context) => {
  const slope = Number(view.number("alpha", 0.01).toPrecision(7));
  if (slope < 0 || slope > 1) return `its slope is ${slope}`;
  return activation(
    view,
    context,
    slope === 0 ? { fn: "relu" } : slope === 1 ? { fn: "linear" } : { fn: "leaky", slope },
  );
};

/** One slope for all channels is a leaky ReLU. */
const PRelu: Operator = (view, context) => {
  const slopes = constantOf(view.inputs[1])?.data;
  if (!slopes || slopes.length === 0) return "its slopes are not constant";
  if (slopes.some((slope) => slope !== slopes[0])) return "its slopes differ between channels";
  const slope = slopes[0];
  if (!(slope > 0 && slope < 1)) return `its slope is ${slope}`;
  return activation(view, context, { fn: "leaky", slope });
};

const Clip: Operator = (view, context) => {
  const bound = (index: number, name: string, fallback: number) =>
    constantOf(view.inputs[index])?.data[0] ?? view.number(name, fallback);
  const [min, max] = [bound(1, "min", -Infinity), bound(2, "max", Infinity)];
  const input = signalOf(view);
  if (!input) return noSignal;
  const text = applied("clip", formulaOf(input).text, min, max);
  if (min === 0 && max > 1e6) return activation(view, context, { fn: "relu" }, text);
  if (!(min <= 0 && max > 0)) return `it clips to ${min} … ${max}`;
  return activation(view, context, { fn: "clip", min: Math.max(-1e6, min), max: Math.min(1e6, max) }, text);
};

const HardSigmoid: Operator = (view, context) => {
  const [alpha, beta] = [view.number("alpha", 0.2), view.number("beta", 0.5)];
  const input = signalOf(view);
  return activation(
    view,
    context,
    { fn: "hardSigmoid", alpha, beta },
    input && applied("hardSigmoid", formulaOf(input).text, alpha, beta),
  );
};

const Elu: Operator = (view, context) => activation(view, context, { fn: "elu", alpha: view.number("alpha", 1) });

const Gelu: Operator = (view, context) =>
  view.text("approximate", "none") === "none"
    ? activation(view, context, { fn: "gelu" })
    : "it is approximated by tanh";

const MaxPool: Operator = (view, { add }) => {
  const input = signalOf(view);
  if (!input) return noSignal;
  const window = poolWindow(view, input.shape);
  if (window.dilations.some((dilation) => dilation !== 1)) return "its windows are dilated";
  const { size, strides, pads } = window;
  return [add("pool", (name) => ({ kind: "maxPool", name, inputs: [input.name], size, strides, pads }))];
};

const AveragePool: Operator = (view, { add }) => {
  const input = signalOf(view);
  if (!input) return noSignal;
  const given = padsOf(
    view,
    { size: pairOf(view.numbers("kernel_shape"), 1), strides: pairOf(view.numbers("strides"), 1), dilations: [1, 1] },
    [input.shape[1], input.shape[2]],
  );
  const { size, strides, pads, dilations } = poolWindow(view, input.shape);
  if (dilations.some((dilation) => dilation !== 1)) return "its windows are dilated";
  const countsPads = view.number("count_include_pad", 0) === 1;
  if (countsPads && pads.some((pad, side) => pad !== given[side])) return "its last windows reach beyond the pads";
  return [
    add("average", (name) => ({ kind: "averagePool", name, inputs: [input.name], size, strides, pads, countsPads })),
  ];
};

const GlobalAveragePool: Operator = (view, { add }) => {
  const input = signalOf(view);
  if (!input) return noSignal;
  const [, height, width] = input.shape;
  return [
    add("average", (name) => ({
      kind: "averagePool",
      name,
      inputs: [input.name],
      size: [height, width],
      strides: [1, 1],
      pads: [0, 0, 0, 0],
      countsPads: false,
    })),
  ];
};

const ReduceMean: Operator = (view, context) => {
  const axes = constantOf(view.inputs[1])?.data ?? view.numbers("axes") ?? [];
  const isSpatial =
    [...axes]
      .map((axis) => (axis + 4) % 4)
      .sort()
      .join() === "2,3";
  return isSpatial && view.number("keepdims", 1) === 1
    ? GlobalAveragePool(view, context)
    : "it takes the mean over other axes";
};

const Resize: Operator = (view, { add }) => {
  const input = signalOf(view);
  if (!input) return noSignal;
  if (view.text("mode", "nearest") !== "nearest") return `it resizes by ${view.text("mode", "")} interpolation`;
  const sizes = constantOf(view.inputs[3])?.data;
  const scales = constantOf(view.inputs[view.opset < 11 ? 1 : 2])?.data ?? view.numbers("scales");
  const factors =
    sizes && sizes.length === 4
      ? [sizes[2] / input.shape[1], sizes[3] / input.shape[2]]
      : scales && scales.length === 4
        ? [scales[2], scales[3]]
        : [];
  const [factor] = factors;
  if (factors.length !== 2 || factors[1] !== factor || !Number.isInteger(factor) || factor < 1 || factor > 64)
    return `it enlarges by ${factors.join(" and ") || "an unknown factor"}`;
  return [add("upsample", (name) => ({ kind: "upsample", name, inputs: [input.name], factor }))];
};

const Concat: Operator = (view, { add }) => {
  const axis = view.number("axis", 0);
  if (axis !== 1 && axis !== -3) return `it joins along axis ${axis}`;
  const pictures = view.inputs.filter((value): value is Picture => value?.kind === "picture");
  if (pictures.length > 0) return joinedPictures(pictures, view.inputs.length);
  const signals = view.inputs.filter((value): value is Signal => value?.kind === "signal");
  if (signals.length !== view.inputs.length) return noSignal;
  return [add("concat", (name) => ({ kind: "concat", name, inputs: signals.map((signal) => signal.name) }))];
};

function joinedPictures(pictures: readonly Picture[], inputs: number): OperatorResult {
  const [first] = pictures;
  const isAlike = pictures.every(
    ({ stride, scale, mean }) => stride === first.stride && scale === first.scale && mean === first.mean,
  );
  if (pictures.length !== inputs || !isAlike || first.stride === 1)
    return "it joins parts of the picture in another way";
  return [{ ...first, parts: pictures.flatMap(({ parts }) => parts) }];
}

const Split: Operator = (view, { add }) => {
  const input = signalOf(view);
  if (!input) return noSignal;
  const axis = view.number("axis", 0);
  if (axis !== 1 && axis !== -3) return `it splits along axis ${axis}`;
  const count = view.node.outputs.length;
  const sizes = constantOf(view.inputs[1])?.data ?? view.numbers("split") ?? Array(count).fill(input.shape[0] / count);
  let start = 0;
  return view.node.outputs.map((_, i) => {
    const from = start;
    start += sizes[i];
    return add("slice", (name) => ({ kind: "slice", name, inputs: [input.name], start: from, count: sizes[i] }));
  });
};

const Slice: Operator = (view, { add }) => {
  const list = (index: number, name: string) => constantOf(view.inputs[index])?.data ?? view.numbers(name);
  const [starts, ends] = [list(1, "starts"), list(2, "ends")];
  const axes = list(3, "axes") ?? starts?.map((_, i) => i);
  const steps = list(4, "steps") ?? starts?.map(() => 1);
  if (!starts || !ends || !axes || !steps || starts.length !== 1) return "it cuts along several axes";
  const [input] = view.inputs;
  const axis = (axes[0] + 4) % 4;
  if (input?.kind === "picture") return slicedPicture(input, axis, starts[0], ends[0], steps[0]);
  if (input?.kind !== "signal") return noSignal;
  if (axis !== 1 || steps[0] !== 1) return `it cuts along axis ${axis}`;
  const channels = input.shape[0];
  const bound = (value: number) => Math.max(0, Math.min(channels, value < 0 ? value + channels : value));
  const [start, end] = [bound(starts[0]), bound(ends[0])];
  if (end <= start) return "it leaves nothing";
  return [add("slice", (name) => ({ kind: "slice", name, inputs: [input.name], start, count: end - start }))];
};

/** Every second row or column, as Focus takes them. */
function slicedPicture(picture: Picture, axis: number, start: number, end: number, step: number): OperatorResult {
  if ((axis !== 2 && axis !== 3) || step < 2 || start < 0 || start >= step || end < 2 ** 30)
    return "it cuts the picture in another way";
  if (picture.stride !== 1 && picture.stride !== step) return "it cuts the picture by different steps";
  const parts = picture.parts.map((part) => (axis === 2 ? { ...part, y: start } : { ...part, x: start }));
  return [{ ...picture, stride: step, parts }];
}

/** Sums of signals, and of a signal and constants. */
function sum(sign: 1 | -1): Operator {
  return (view, context) => {
    const [a, b] = view.inputs;
    if (a?.kind === "signal" && b?.kind === "signal") {
      if (sign < 0) return "it subtracts signals";
      if (a.shape.join() !== b.shape.join()) return "its inputs have different shapes";
      return [context.add("sum", (name) => ({ kind: "sum", name, inputs: [a.name, b.name] }))];
    }
    const [data, constant] = b?.kind === "constant" ? [a, b] : sign > 0 && a?.kind === "constant" ? [b, a] : [];
    return affine(view, context, data, constant, (value) => [1, sign * value], "+", sign);
  };
}

/** Products of a signal and constants; of two formulas of one signal, if that is a function. */
const Mul: Operator = (view, context) => {
  const [a, b] = view.inputs;
  const whole = multiplied(a, b, context);
  if (whole) return whole;
  if (a?.kind === "signal" && b?.kind === "signal") return "it multiplies two signals";
  const [data, constant] = b?.kind === "constant" ? [a, b] : a?.kind === "constant" ? [b, a] : [];
  return affine(view, context, data, constant, (value) => [value, 0], "*", 1);
};

const Div: Operator = (view, context) => {
  const [a, b] = view.inputs;
  if (b?.kind !== "constant") return "it divides by what is not constant";
  return affine(view, context, a, b, (value) => [1 / value, 0], "/", 1);
};

/** A function that is known by its formula. */
function multiplied(
  a: Value | undefined,
  b: Value | undefined,
  { add }: OperatorContext,
): readonly Value[] | undefined {
  const [first, second] = [a, b].map(formulaIn);
  if (!first || !second || first.base !== second.base) return undefined;
  const text = product(first.text, second.text);
  const fn = text && recognizeFunction(text);
  if (!text) return undefined;
  if (fn) return [add(fn.fn, (name) => ({ kind: "activation", name, inputs: [first.base], activation: fn }))];
  return [{ kind: "opaque", reason: "it multiplies two signals", formula: { base: first.base, text } }];
}

/** Of a signal, or of an opaque value that is part of a formula. */
function formulaIn(value: Value | undefined): Formula | undefined {
  if (value?.kind === "signal") return formulaOf(value);
  return value?.kind === "opaque" ? value.formula : undefined;
}

/** scale·x + shift by channel: of the picture, of a formula, or as a batch norm without statistics. */
function affine(
  _view: NodeView,
  { add }: OperatorContext,
  data: Value | undefined,
  constant: Constant | undefined,
  parts: (value: number) => readonly [scale: number, shift: number],
  operator: "+" | "*" | "/",
  sign: 1 | -1,
): OperatorResult {
  if (!data || !constant) return noSignal;
  if (data.kind === "picture") {
    const values = perChannel(constant.tensor, data.scale.length);
    if (!values) return "its constant is no number a channel";
    const scaled = values.map(parts);
    const scale = data.scale.map((value, c) => value * scaled[c][0]);
    // scale·(x − mean)·s + t = scale·s·(x − (mean − t/(scale·s)))
    return [{ ...data, scale, mean: data.mean.map((mean, c) => mean - scaled[c][1] / scale[c]) }];
  }
  const formula = formulaIn(data);
  const isScalar = constant.tensor.data.length === 1;
  const text = formula && isScalar ? withNumber(formula.text, operator, sign * constant.tensor.data[0]) : undefined;
  const fn = text && recognizeFunction(text);
  if (fn && formula)
    return [add(fn.fn, (name) => ({ kind: "activation", name, inputs: [formula.base], activation: fn }))];
  if (data.kind === "opaque" && formula && text) return [{ ...data, formula: { base: formula.base, text } }];
  if (data.kind !== "signal") return noSignal;
  const values = perChannel(constant.tensor, data.shape[0]);
  if (!values) return "its constant is no number a channel";
  const scaled = values.map(parts);
  const channels = [values.length];
  const output = add("affine", (name) => ({
    kind: "batchNorm",
    name,
    inputs: [data.name],
    scale: floatTensor(
      channels,
      scaled.map(([scale]) => scale),
    ),
    bias: floatTensor(
      channels,
      scaled.map(([, shift]) => shift),
    ),
    mean: floatTensor(channels),
    // With ε the variance is 1 to the last bit.
    variance: floatTensor(
      channels,
      values.map(() => 1 - affineEpsilon),
    ),
    epsilon: affineEpsilon,
  }));
  return [text && formula ? { ...output, formula: { base: formula.base, text } } : output];
}

const affineEpsilon = 2 ** -20;

/** A constant that is one number, or one a channel. */
function perChannel({ dims, data }: OnnxTensor, channels: number): number[] | undefined {
  if (data.length === 1) return Array(channels).fill(data[0]);
  const isAlong = dims.length >= 3 && dims[dims.length - 3] === channels && data.length === channels;
  return isAlong ? Array.from(data) : undefined;
}

/** Zeros around a signal: a convolution of one weight with pads. */
const Pad: Operator = (view, { add }) => {
  const input = signalOf(view);
  const pads = constantOf(view.inputs[1])?.data ?? view.numbers("pads");
  if (!input) return noSignal;
  if (pads?.length !== 8 || view.text("mode", "constant") !== "constant") return "it pads in another way";
  if ((constantOf(view.inputs[2])?.data[0] ?? view.number("value", 0)) !== 0)
    return "it pads with another value than 0";
  if ([0, 1, 4, 5].some((side) => pads[side] !== 0) || pads.some((pad) => pad < 0)) return "it pads channels";
  const [channels] = input.shape;
  return [
    add("pad", (name) => ({
      kind: "convolution",
      name,
      inputs: [input.name],
      weights: floatTensor([channels, 1, 1, 1], Array(channels).fill(1)),
      strides: [1, 1],
      dilations: [1, 1],
      pads: [pads[2], pads[3], pads[6], pads[7]],
      groups: channels,
    })),
  ];
};

const Identity: Operator = (view) => {
  const [input] = view.inputs;
  return input ? [input] : noSignal;
};

/** Only where nothing moves: [1, C, H, W] to itself. */
const Reshape: Operator = (view) => {
  const input = signalOf(view);
  const shape = constantOf(view.inputs[1])?.data;
  if (!input || !shape) return noSignal;
  const size = sizeOf(input.shape);
  const known = Array.from(shape).reduce(
    (product, extent, i) => product * (extent === 0 ? [1, ...input.shape][i] : extent > 0 ? extent : 1),
    1,
  );
  const dims = Array.from(shape, (extent, i) =>
    extent === 0 ? [1, ...input.shape][i] : extent < 0 ? size / known : extent,
  );
  return dims.join() === [1, ...input.shape].join() ? [input] : "it reshapes";
};

export const operators: Readonly<Record<string, Operator>> = {
  Add: sum(1),
  AveragePool,
  BatchNormalization,
  Clip,
  Concat,
  Conv,
  Div,
  Dropout: Identity,
  Elu,
  Erf: partOf("erf"),
  Gelu,
  Gemm,
  GlobalAveragePool,
  HardSigmoid,
  HardSwish: (view, context) => activation(view, context, { fn: "hardSwish" }),
  Identity,
  LeakyRelu,
  MaxPool,
  Mish: (view, context) => activation(view, context, { fn: "mish" }),
  Mul,
  PRelu,
  Pad,
  ReduceMean,
  Relu: (view, context) => activation(view, context, { fn: "relu" }),
  Reshape,
  Resize,
  Sigmoid: named({ fn: "sigmoid" }, "sigmoid"),
  Slice,
  Softplus: partOf("softplus"),
  Split,
  Sub: sum(-1),
  Tanh: (view, context) => {
    const [input] = view.inputs;
    const formula = formulaIn(input);
    if (input?.kind === "opaque" && formula) {
      const text = applied("tanh", formula.text);
      return text ? [{ ...input, formula: { base: formula.base, text } }] : noSignal;
    }
    return named({ fn: "tanh" }, "tanh")(view, context);
  },
  Upsample: Resize,
};

function pairOf(values: readonly number[] | undefined, fallback: number): Pair {
  return values && values.length === 2 ? [values[0], values[1]] : [fallback, fallback];
}

/** Pads as given, or as `auto_pad` says of an input of this extent. */
function padsOf(view: NodeView, window: Omit<Window, "pads">, extent: Pair | undefined): Pads {
  const auto = view.text("auto_pad", "NOTSET");
  const given = view.numbers("pads");
  if (auto === "NOTSET") return given && given.length === 4 ? [given[0], given[1], given[2], given[3]] : [0, 0, 0, 0];
  if (auto === "VALID" || !extent) return [0, 0, 0, 0];
  const reach = windowExtent({ ...window, pads: [0, 0, 0, 0] });
  const total = [0, 1].map((axis) => {
    const count = Math.ceil(extent[axis] / window.strides[axis]);
    return Math.max(0, (count - 1) * window.strides[axis] + reach[axis] - extent[axis]);
  });
  const [low, high] = [total.map((pad) => Math.floor(pad / 2)), total.map((pad) => Math.ceil(pad / 2))];
  return auto === "SAME_UPPER" ? [low[0], low[1], high[0], high[1]] : [high[0], high[1], low[0], low[1]];
}

/** A pool's window; with `ceil_mode`, pads reach so far that the last, incomplete windows count. */
function poolWindow(view: NodeView, [, height, width]: Shape): Window {
  const size = pairOf(view.numbers("kernel_shape"), 1);
  const strides = pairOf(view.numbers("strides"), 1);
  const dilations = pairOf(view.numbers("dilations"), 1);
  const window = { size, strides, dilations, pads: padsOf(view, { size, strides, dilations }, [height, width]) };
  if (view.number("ceil_mode", 0) !== 1) return window;
  const { pads } = window;
  const counts = windowCounts(window, [height, width]);
  const extent = windowExtent(window);
  const more = ([height, width] as const).map((length, axis) => {
    const covered = (counts[axis] - 1) * strides[axis] + extent[axis];
    const rest = length + pads[axis] + pads[axis + 2] - covered;
    // A window that would begin beyond the input and its first pads is none.
    return rest > 0 && counts[axis] * strides[axis] < length + pads[axis] ? strides[axis] - rest : 0;
  });
  return { ...window, pads: [pads[0], pads[1], pads[2] + more[0], pads[3] + more[1]] };
}
