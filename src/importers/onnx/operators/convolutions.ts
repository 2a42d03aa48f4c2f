/** Conv, and Gemm and MatMul, which are convolutions of a plane of one cell. */
import { float, integer } from "../../../onnx/attributes.ts";
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
