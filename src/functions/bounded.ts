/** Functions of straight lines with ends: clips, and the hard versions of smooth functions, which small networks have. */
import { z } from "zod";
import type { Clip, FunctionSpec, HardMish, HardSigmoid, HardSwish, OnnxEmitter } from "./function.ts";

export const clip: FunctionSpec<Clip> = {
  at: ({ min, max }, x) => Math.min(max, Math.max(min, x)),
  isMonotone: () => true,
  slopeBelow: () => null,
  emit: ({ min, max }, x, onnx) => onnx.op("Clip", [x, onnx.scalar(min), onnx.scalar(max)]),
  emitGradient: ({ min, max }, { x, gradient }, onnx) => within(x, min, max, gradient, onnx),
  schema: { min: z.number().max(0).min(-1e6), max: z.number().gt(0).max(1e6) },
};

export const hardSigmoid: FunctionSpec<HardSigmoid> = {
  at: ({ alpha, beta }, x) => Math.min(1, Math.max(0, alpha * x + beta)),
  isMonotone: () => true,
  slopeBelow: () => null,
  emit: ({ alpha, beta }, x, onnx) => onnx.op("HardSigmoid", [x], { alpha: { float: alpha }, beta: { float: beta } }),
  emitGradient: ({ alpha, beta }, { x, gradient }, onnx) =>
    within(x, -beta / alpha, (1 - beta) / alpha, onnx.op("Mul", [gradient, onnx.scalar(alpha)]), onnx),
  schema: { alpha: z.number().gt(0).max(16), beta: z.number().min(-16).max(16) },
};

/** x·clip(x/6 + ½, 0, 1) (MobileNetV3). */
export const hardSwish: FunctionSpec<HardSwish> = {
  at: (_, x) => x * Math.min(1, Math.max(0, x / 6 + 0.5)),
  isMonotone: () => false,
  slopeBelow: () => null,
  // As an operator of its own only since operator set 14.
  emit: (_, x, onnx) =>
    onnx.op("Mul", [x, onnx.op("HardSigmoid", [x], { alpha: { float: 1 / 6 }, beta: { float: 0.5 } })]),
  // x/3 + ½ between −3 and 3, 1 above
  emitGradient: (_, { x, gradient }, onnx) => {
    const slope = onnx.op("Add", [onnx.op("Mul", [x, onnx.scalar(1 / 3)]), onnx.scalar(0.5)]);
    const isAbove = onnx.op("Greater", [x, onnx.scalar(3)], {}, "bool");
    const inside = within(x, -3, 3, onnx.op("Mul", [gradient, slope]), onnx);
    return onnx.op("Where", [isAbove, gradient, inside]);
  },
  schema: {},
};

export const hardMish: FunctionSpec<HardMish> = {
  at: (_, x) => (x > 0 ? x : x > -2 ? (x * x) / 2 + x : 0),
  isMonotone: () => false,
  slopeBelow: () => null,
  // x + clip(x, −2, 0)²/2 above −2; below, what is clipped is added back: clip(x, −2, …) + clip(x, −2, 0)²/2
  emit: (_, x, onnx) => {
    const below = onnx.op("Clip", [x, onnx.scalar(-2), onnx.scalar(0)]);
    const square = onnx.op("Mul", [onnx.op("Mul", [below, below]), onnx.scalar(0.5)]);
    return onnx.op("Add", [onnx.op("Max", [x, onnx.scalar(-2)]), square]);
  },
  // 1 above zero, x + 1 between −2 and 0
  emitGradient: (_, { x, gradient }, onnx) => {
    const isAbove = onnx.op("Greater", [x, onnx.scalar(0)], {}, "bool");
    const slope = onnx.op("Add", [x, onnx.scalar(1)]);
    return onnx.op("Where", [isAbove, gradient, within(x, -2, 0, onnx.op("Mul", [gradient, slope]), onnx)]);
  },
  schema: {},
};

/** The value where min < x < max, 0 elsewhere. */
function within<V>(x: V, min: number, max: number, value: V, onnx: OnnxEmitter<V>): V {
  const isAbove = onnx.op("Greater", [x, onnx.scalar(min)], {}, "bool");
  const isBelow = onnx.op("Less", [x, onnx.scalar(max)], {}, "bool");
  return onnx.op("Where", [onnx.op("And", [isAbove, isBelow], {}, "bool"), value, onnx.scalar(0)]);
}
