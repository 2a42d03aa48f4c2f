/** Activation functions as data, and what must be known of each. The table of all is in `functions.ts`. */
import type { z } from "zod";
import type { OnnxNode } from "../onnx/onnx.ts";
import type { OnnxDType } from "../onnx/tensors.ts";

/** y = x. */
export interface Linear {
  readonly fn: "linear";
}

/** y = max(x, 0). */
export interface Relu {
  readonly fn: "relu";
}

/** y = x for x ≥ 0, slope·x below; darknet's slope is 0.1. */
export interface Leaky {
  readonly fn: "leaky";
  /** Between 0 and 1, both excluded: 0 is `relu`, 1 is `linear`. */
  readonly slope: number;
}

/** y = σ(x) = 1 / (1 + e^−x). */
export interface Sigmoid {
  readonly fn: "sigmoid";
}

/** y = tanh(x). */
export interface Tanh {
  readonly fn: "tanh";
}

/** y = x·σ(x), also named swish; its minimum is −0.278. */
export interface Silu {
  readonly fn: "silu";
}

/** y = x·tanh(ln(1 + e^x)). */
export interface Mish {
  readonly fn: "mish";
}

/** y = x·Φ(x), Φ the normal distribution. */
export interface Gelu {
  readonly fn: "gelu";
}

/** y = x above zero, α·(e^x − 1) below. */
export interface Elu {
  readonly fn: "elu";
  readonly alpha: number;
}

/** y = x, no less than `min` (at most 0) and no more than `max`: ReLU6 is 0 to 6. */
export interface Clip {
  readonly fn: "clip";
  readonly min: number;
  readonly max: number;
}

/** y = α·x + β between 0 and 1. */
export interface HardSigmoid {
  readonly fn: "hardSigmoid";
  readonly alpha: number;
  readonly beta: number;
}

/** y = x·(x/6 + ½ between 0 and 1). */
export interface HardSwish {
  readonly fn: "hardSwish";
}

/** y = 1.1·x above zero, 0.1·x below (darknet). */
export interface Ramp {
  readonly fn: "ramp";
}

/** y = γ·x above zero, γ·α·(e^x − 1) below; γ = 1.0507, α = 1.6732 (darknet's digits). */
export interface Selu {
  readonly fn: "selu";
}

/** y = 2·σ(x) − 1 = tanh(x / 2) (darknet). */
export interface Loggy {
  readonly fn: "loggy";
}

/** y = x above zero, x²/2 + x between −2 and 0, 0 below (darknet). */
export interface HardMish {
  readonly fn: "hardMish";
}

export type Activation =
  | Linear
  | Relu
  | Leaky
  | Sigmoid
  | Tanh
  | Silu
  | Mish
  | Gelu
  | Elu
  | Clip
  | HardSigmoid
  | HardSwish
  | Ramp
  | Selu
  | Loggy
  | HardMish;
export type FunctionName = Activation["fn"];
export type ActivationOf<F extends FunctionName> = Extract<Activation, { readonly fn: F }>;

/** Writes elementwise ONNX operators, one by one; V names a value. */
export interface OnnxEmitter<V> {
  op(op: string, inputs: readonly V[], attributes?: OnnxNode["attributes"], dtype?: OnnxDType): V;
  scalar(value: number): V;
}

/** What a function has to say of itself. Every function answers everything: an entry that is missing does not compile. */
export interface FunctionSpec<A extends Activation> {
  /** f(x). */
  readonly at: (activation: A, x: number) => number;
  /** Whether f never falls. Only then is max(f(a), f(b)) = f(max(a, b)), and a max-pool may come first. */
  readonly isMonotone: (activation: A) => boolean;
  /**
   * Slope below zero of a function that is made of two straight lines through the origin, with slope 1 above; null for any
   * other. The neurons of Spiking-YOLO follow such functions only: their negative threshold is V_th / slope.
   */
  readonly slopeBelow: (activation: A) => number | null;
  /** Emits f(x). May give x itself. */
  readonly emit: <V>(activation: A, x: V, onnx: OnnxEmitter<V>) => V;
  /** Emits the loss's gradient by x, from that by y = f(x). May give the gradient itself. */
  readonly emitGradient: <V>(activation: A, values: { x: V; y: V; gradient: V }, onnx: OnnxEmitter<V>) => V;
  /** Fields besides `fn`, as a model file holds them. */
  readonly schema: z.ZodRawShape;
}
