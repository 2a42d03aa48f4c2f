/** Conv and ConvTranspose, and Gemm and MatMul, which are convolutions of a plane of one cell. */
import { floatTensor } from "../../../core/tensor.ts";
import { spreadConvolution } from "../../../graph/transposed-convolution.ts";
import { float, integer, integers, text } from "../../../onnx/attributes.ts";
import { numbersOf } from "../../../onnx/tensors.ts";
import { windowFacts } from "../../../onnx/window-facts.ts";
import { convolve, type Filter } from "../filter.ts";
import { constantAt, type Operator, type OperatorContext, refuse, signalAt } from "../operator.ts";
import type { Signal } from "../signals.ts";

export const Conv: Operator = (context) => {
  const { node, infos } = context;
  const signal = signalAt(context);
  const weights = constantAt(context, 1);
  if (weights.shape.length !== 4) refuse(`it is of ${weights.shape.length - 2} dimensions, not of 2`);
  const plane = [signal.height, signal.width];
  const { strides, dilations, pads } = windowFacts(node, plane, weights.shape.slice(2), refuse);
  return [
    convolve(context, signal, {
      shape: weights.shape,
      weights: numbersOf(weights),
      bias: infos[2] && numbersOf(constantAt(context, 2)),
      strides: strides as Filter["strides"],
      dilations: dilations as Filter["dilations"],
      pads: pads as unknown as Filter["pads"],
      groups: integer(node, "group", 1),
    }),
  ];
};

/** Zeros are inserted between its inputs; what follows is a convolution. */
export const ConvTranspose: Operator = (context) => {
  const { node, infos, shapes, builder, wanted } = context;
  const signal = signalAt(context);
  const weights = constantAt(context, 1);
  if (weights.shape.length !== 4) refuse(`it is of ${weights.shape.length - 2} dimensions, not of 2`);
  const [inputs, outPerGroup, kH, kW] = weights.shape;
  const plane = [signal.height, signal.width];
  const { strides, dilations } = windowFacts(node, plane, [kH, kW], refuse);
  if (signal.affine || inputs !== signal.planes.length)
    refuse(`it reads ${inputs} channels of ${signal.planes.length}`);
  const groups = integer(node, "group", 1);
  const given = integers(node, "output_padding") ?? [0, 0];
  // What is cut off and what is added follows from the output's extent where the file states that.
  const extents = shapes[0].slice(2);
  const whole = plane.map((cells, axis) => (cells - 1) * strides[axis] + ([kH, kW][axis] - 1) * dilations[axis] + 1);
  const isStated = integers(node, "output_shape") || text(node, "auto_pad", "NOTSET") !== "NOTSET";
  const [top, left, bottom, right] = isStated
    ? statedPads(context, whole, extents, given)
    : (integers(node, "pads") ?? [0, 0, 0, 0]);
  const spread = spreadConvolution({
    shape: [inputs, outPerGroup, kH, kW],
    weights: numbersOf(weights),
    strides: strides as Filter["strides"],
    dilations: dilations as Filter["dilations"],
    pads: [top, left, bottom, right],
    outputPadding: given as unknown as Filter["strides"],
    groups,
  });
  if (typeof spread === "string") refuse(spread);
  const { factor, convolution } = spread;
  const source = builder.exactly(signal, wanted);
  const input =
    factor === 1
      ? source
      : builder.add(`${wanted}_zeros`, { kind: "insertZeros", inputs: [source], factor }).planes[0].layer;
  const bias = infos[2] && floatTensor([groups * outPerGroup], Float32Array.from(numbersOf(constantAt(context, 2))));
  return [builder.add(wanted, { kind: "convolution", inputs: [input], ...convolution, ...(bias ? { bias } : {}) })];
};

/** ONNX's rule for `output_shape` and `auto_pad`: what is too much is cut off half and half; of an odd cell `SAME_UPPER` cuts the last. */
function statedPads(
  { node }: OperatorContext,
  whole: readonly number[],
  extents: readonly number[],
  outputPadding: readonly number[],
): readonly number[] {
  const isUpper = text(node, "auto_pad", "NOTSET") === "SAME_UPPER";
  const total = whole.map((cells, axis) => cells + outputPadding[axis] - extents[axis]);
  if (total.some((cells) => cells < 0)) refuse("it states an output that is larger than its windows reach");
  const less = total.map((cells) => Math.floor(cells / 2));
  const more = total.map((cells, axis) => cells - less[axis]);
  return isUpper ? [...less, ...more] : [...more, ...less];
}

export const Gemm: Operator = (context) => {
  const { node, infos } = context;
  const weights = constantAt(context, 1);
  if (integer(node, "transA", 0) === 1) refuse("its first matrix is transposed");
  const [alpha, beta] = [float(node, "alpha", 1), float(node, "beta", 1)];
  const bias = infos[2] && numbersOf(constantAt(context, 2)).map((value) => value * beta);
  const rows = integer(node, "transB", 0) === 1 ? numbersOf(weights) : transposed(context);
  return [
    dense(
      context,
      rows.map((value) => value * alpha),
      bias,
    ),
  ];
};

export const MatMul: Operator = (context) => {
  if (!context.signals[0]) refuse("its first factor is constant");
  if (context.infos[0]?.shape?.length !== 2) refuse("it multiplies stacks of matrices");
  return [dense(context, transposed(context), undefined)];
};

/** Values of a matrix [in, out] as [out, in]. */
function transposed(context: OperatorContext): Float64Array {
  const { shape } = constantAt(context, 1);
  if (shape.length !== 2) refuse("its second factor is no matrix");
  const values = numbersOf(constantAt(context, 1));
  const [rows, columns] = shape;
  return values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)]);
}

function dense(context: OperatorContext, weights: Float64Array, given: Float64Array | undefined): Signal {
  const signal = signalAt(context);
  if (signal.height !== 1 || signal.width !== 1) refuse("it reads planes of more than one cell");
  const inputs = signal.planes.length;
  const outputs = weights.length / inputs;
  const bias = given?.length === 1 ? new Float64Array(outputs).fill(given[0]) : given;
  if (!Number.isInteger(outputs) || (bias && bias.length !== outputs)) refuse("its matrices do not fit");
  return convolve(context, signal, {
    shape: [outputs, inputs, 1, 1],
    weights,
    bias,
    strides: [1, 1],
    dilations: [1, 1],
    pads: [0, 0, 0, 0],
    groups: 1,
  });
}
