/** The table of activation functions, and what others ask of it. Whoever adds a function adds a row. */
import { z } from "zod";
import { clip, hardMish, hardSigmoid, hardSwish } from "./bounded.ts";
import type { Activation, ActivationOf, FunctionName, FunctionSpec, OnnxEmitter } from "./function.ts";
import { elu, gelu, loggy, mish, selu, sigmoid, silu, tanh } from "./smooth.ts";
import { leaky, linear, ramp, relu } from "./two-sloped.ts";

const functions: { readonly [F in FunctionName]: FunctionSpec<ActivationOf<F>> } = {
  linear,
  relu,
  leaky,
  sigmoid,
  tanh,
  silu,
  mish,
  gelu,
  elu,
  clip,
  hardSigmoid,
  hardSwish,
  ramp,
  selu,
  loggy,
  hardMish,
};

/** The function's row; the one place that loses the tie between an activation and its kind. */
function specOf(activation: Activation): FunctionSpec<Activation> {
  return functions[activation.fn] as FunctionSpec<Activation>;
}

/** What a model file holds of an activation. */
export const activationSchema = z.discriminatedUnion(
  "fn",
  Object.entries(functions).map(([fn, { schema }]) => z.strictObject({ fn: z.literal(fn), ...schema })) as never,
);

/** f(x). */
export function valueAt(activation: Activation, x: number): number {
  return specOf(activation).at(activation, x);
}

/** Whether f never falls; only then may a max-pool come before it. */
export function isMonotone(activation: Activation): boolean {
  return specOf(activation).isMonotone(activation);
}

/** Slope below zero of a function of two straight lines; null for any other. */
export function slopeBelow(activation: Activation): number | null {
  return specOf(activation).slopeBelow(activation);
}

/** Emits f(x) as ONNX operators; gives x itself where nothing is to be done. */
export function emitActivation<V>(activation: Activation, x: V, onnx: OnnxEmitter<V>): V {
  return specOf(activation).emit(activation, x, onnx);
}

/** Emits the gradient by x from the gradient by y = f(x). */
export function emitActivationGradient<V>(
  activation: Activation,
  values: { readonly x: V; readonly y: V; readonly gradient: V },
  onnx: OnnxEmitter<V>,
): V {
  return specOf(activation).emitGradient(activation, values, onnx);
}
