/**
 * Functions of two straight lines: slope 1 above zero, another below. Linear, ReLU and leaky ReLU differ in that only; the ramp
 * has another slope above, too.
 */
import { z } from "zod";
import type { Activation, FunctionSpec, Leaky, Linear, OnnxEmitter, Ramp, Relu } from "./function.ts";

export const linear: FunctionSpec<Linear> = {
  at: (_, x) => x,
  isMonotone: () => true,
  slopeBelow: () => 1,
  emit: (_, x) => x,
  emitGradient: (_, { gradient }) => gradient,
  schema: {},
};

export const relu: FunctionSpec<Relu> = {
  at: (_, x) => Math.max(x, 0),
  isMonotone: () => true,
  slopeBelow: () => 0,
  emit: (_, x, onnx) => onnx.op("Relu", [x]),
  emitGradient: (_, { y, gradient }, onnx) => scaledBelow(y, gradient, 0, onnx),
  schema: {},
};

export const leaky: FunctionSpec<Leaky> = {
  at: ({ slope }, x) => (x >= 0 ? x : slope * x),
  isMonotone: () => true,
  slopeBelow: ({ slope }) => slope,
  emit: ({ slope }, x, onnx) => onnx.op("LeakyRelu", [x], { alpha: { float: slope } }),
  emitGradient: ({ slope }, { y, gradient }, onnx) => scaledBelow(y, gradient, slope, onnx),
  schema: { slope: z.number().gt(0).lt(1) },
};

export const ramp: FunctionSpec<Ramp> = {
  at: (_, x) => (x >= 0 ? 1.1 * x : 0.1 * x),
  isMonotone: () => true,
  slopeBelow: () => null,
  emit: (_, x, onnx) => onnx.op("Mul", [onnx.op("LeakyRelu", [x], { alpha: { float: 1 / 11 } }), onnx.scalar(1.1)]),
  emitGradient: (_, { y, gradient }, onnx) =>
    scaledBelow(y, onnx.op("Mul", [gradient, onnx.scalar(1.1)]), 1 / 11, onnx),
  schema: {},
};

/** The gradient where y > 0, and slope times it elsewhere: y has the sign of x. */
function scaledBelow<V>(y: V, gradient: V, slope: number, onnx: OnnxEmitter<V>): V {
  const isPositive = onnx.op("Greater", [y, onnx.scalar(0)], {}, "bool");
  return onnx.op("Where", [isPositive, gradient, onnx.op("Mul", [gradient, onnx.scalar(slope)])]);
}

/** The function with this slope below zero, 0 to 1. */
export function twoSloped(slope: number): Activation {
  if (slope === 1) return { fn: "linear" };
  return slope === 0 ? { fn: "relu" } : { fn: "leaky", slope };
}
