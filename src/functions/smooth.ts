/** Smooth functions, as detectors of the PyTorch age have them. Neurons follow them as trackers. */
import { z } from "zod";
import type { Elu, FunctionSpec, Gelu, Loggy, Mish, OnnxEmitter, Selu, Sigmoid, Silu, Tanh } from "./function.ts";

export const sigmoid: FunctionSpec<Sigmoid> = {
  at: (_, x) => logistic(x),
  isMonotone: () => true,
  slopeBelow: () => null,
  emit: (_, x, onnx) => onnx.op("Sigmoid", [x]),
  // y·(1 − y)
  emitGradient: (_, { y, gradient }, onnx) => times(onnx, gradient, y, oneMinus(onnx, y)),
  schema: {},
};

export const tanh: FunctionSpec<Tanh> = {
  at: (_, x) => Math.tanh(x),
  isMonotone: () => true,
  slopeBelow: () => null,
  emit: (_, x, onnx) => onnx.op("Tanh", [x]),
  // 1 − y²
  emitGradient: (_, { y, gradient }, onnx) => times(onnx, gradient, oneMinus(onnx, times(onnx, y, y))),
  schema: {},
};

export const silu: FunctionSpec<Silu> = {
  at: (_, x) => x * logistic(x),
  isMonotone: () => false,
  slopeBelow: () => null,
  emit: (_, x, onnx) => times(onnx, x, onnx.op("Sigmoid", [x])),
  // σ + y·(1 − σ)
  emitGradient: (_, { x, y, gradient }, onnx) => {
    const part = onnx.op("Sigmoid", [x]);
    return times(onnx, gradient, onnx.op("Add", [part, times(onnx, y, oneMinus(onnx, part))]));
  },
  schema: {},
};

export const mish: FunctionSpec<Mish> = {
  at: (_, x) => x * Math.tanh(softplus(x)),
  isMonotone: () => false,
  slopeBelow: () => null,
  emit: (_, x, onnx) => times(onnx, x, onnx.op("Tanh", [onnx.op("Softplus", [x])])),
  // t + x·σ·(1 − t²), t = tanh(softplus x)
  emitGradient: (_, { x, gradient }, onnx) => {
    const t = onnx.op("Tanh", [onnx.op("Softplus", [x])]);
    const bend = times(onnx, x, onnx.op("Sigmoid", [x]), oneMinus(onnx, times(onnx, t, t)));
    return times(onnx, gradient, onnx.op("Add", [t, bend]));
  },
  schema: {},
};

/** The exact one, by the error function (PyTorch's default). */
export const gelu: FunctionSpec<Gelu> = {
  at: (_, x) => x * normalShare(x),
  isMonotone: () => false,
  slopeBelow: () => null,
  emit: (_, x, onnx) => times(onnx, x, emitNormalShare(x, onnx)),
  // Φ + x·φ, φ(x) = e^(−x²/2) / √(2π)
  emitGradient: (_, { x, gradient }, onnx) => {
    const power = onnx.op("Exp", [times(onnx, x, x, onnx.scalar(-0.5))]);
    const density = times(onnx, power, onnx.scalar(1 / Math.sqrt(2 * Math.PI)));
    return times(onnx, gradient, onnx.op("Add", [emitNormalShare(x, onnx), times(onnx, x, density)]));
  },
  schema: {},
};

export const elu: FunctionSpec<Elu> = {
  at: ({ alpha }, x) => (x >= 0 ? x : alpha * Math.expm1(x)),
  isMonotone: () => true,
  slopeBelow: () => null,
  emit: ({ alpha }, x, onnx) => onnx.op("Elu", [x], { alpha: { float: alpha } }),
  // 1 above zero, y + α below
  emitGradient: ({ alpha }, { y, gradient }, onnx) => {
    const isPositive = onnx.op("Greater", [y, onnx.scalar(0)], {}, "bool");
    const below = times(onnx, gradient, onnx.op("Add", [y, onnx.scalar(alpha)]));
    return onnx.op("Where", [isPositive, gradient, below]);
  },
  schema: { alpha: z.number().gt(0).max(16) },
};

const seluGamma = 1.0507;
const seluAlpha = 1.6732;

export const selu: FunctionSpec<Selu> = {
  at: (_, x) => seluGamma * (x >= 0 ? x : seluAlpha * Math.expm1(x)),
  isMonotone: () => true,
  slopeBelow: () => null,
  emit: (_, x, onnx) => onnx.op("Selu", [x], { alpha: { float: seluAlpha }, gamma: { float: seluGamma } }),
  // γ above zero, y + γ·α below
  emitGradient: (_, { y, gradient }, onnx) => {
    const isPositive = onnx.op("Greater", [y, onnx.scalar(0)], {}, "bool");
    const above = times(onnx, gradient, onnx.scalar(seluGamma));
    const below = times(onnx, gradient, onnx.op("Add", [y, onnx.scalar(seluGamma * seluAlpha)]));
    return onnx.op("Where", [isPositive, above, below]);
  },
  schema: {},
};

export const loggy: FunctionSpec<Loggy> = {
  at: (_, x) => Math.tanh(x / 2),
  isMonotone: () => true,
  slopeBelow: () => null,
  emit: (_, x, onnx) => onnx.op("Tanh", [times(onnx, x, onnx.scalar(0.5))]),
  // (1 − y²) / 2
  emitGradient: (_, { y, gradient }, onnx) =>
    times(onnx, gradient, oneMinus(onnx, times(onnx, y, y)), onnx.scalar(0.5)),
  schema: {},
};

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** ln(1 + e^x), without overflow. */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** Φ(x), the share of a normal distribution below x: ½·(1 + erf(x/√2)). */
function normalShare(x: number): number {
  return 0.5 * (1 + errorFunction(x / Math.SQRT2));
}

/** erf(x) to about 1e-15: its power series near zero, the continued fraction of its complement elsewhere (Abramowitz & Stegun 7.1.6, 7.1.14). */
function errorFunction(x: number): number {
  const size = Math.abs(x);
  if (size > 6) return Math.sign(x);
  const scale = Math.exp(-x * x) / Math.sqrt(Math.PI);
  if (size < 2.5) {
    let sum = 0;
    for (let k = 0, term = x; Math.abs(term) > 1e-17; k++, term *= (2 * x * x) / (2 * k + 1)) sum += term;
    return 2 * scale * sum;
  }
  let fraction = size;
  for (let k = 60; k > 0; k--) fraction = size + k / 2 / fraction;
  return Math.sign(x) * (1 - scale / fraction);
}

function emitNormalShare<V>(x: V, onnx: OnnxEmitter<V>): V {
  const share = onnx.op("Erf", [times(onnx, x, onnx.scalar(Math.SQRT1_2))]);
  return times(onnx, onnx.op("Add", [share, onnx.scalar(1)]), onnx.scalar(0.5));
}

function times<V>(onnx: OnnxEmitter<V>, first: V, ...others: readonly V[]): V {
  return others.reduce((product, other) => onnx.op("Mul", [product, other]), first);
}

/** 1 − y, with y first: what is emitted has the shape of its first input. */
function oneMinus<V>(onnx: OnnxEmitter<V>, y: V): V {
  return onnx.op("Add", [onnx.op("Neg", [y]), onnx.scalar(1)]);
}
