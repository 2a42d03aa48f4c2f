/** Optimizers as ONNX nodes: from a parameter, its gradient and what is remembered, the next of each. */
import { summed } from "./arithmetic.ts";
import type { Tape, Value } from "./tape.ts";

export interface AdamSettings {
  readonly kind: "adam";
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** Stochastic gradient descent with momentum, as darknet has it. */
export interface SgdSettings {
  readonly kind: "sgd";
  readonly momentum: number;
}

export type OptimizerSettings = AdamSettings | SgdSettings;

export const adam: AdamSettings = { kind: "adam", beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
export const sgd: SgdSettings = { kind: "sgd", momentum: 0.9 };

/** Names of what an optimizer remembers of each parameter; each has the parameter's shape and starts at zero. */
export function memories(settings: OptimizerSettings): readonly string[] {
  return settings.kind === "adam" ? ["m", "v"] : ["velocity"];
}

/**
 * What the host feeds as `rate` in step t (from 1): Adam's bias correction is a number, so it stays outside the graph.
 * Adam (Kingma and Ba 2015, section 2): α_t = α·√(1 − β₂ᵗ)/(1 − β₁ᵗ).
 */
export function stepRate(settings: OptimizerSettings, learningRate: number, t: number): number {
  if (settings.kind === "sgd") return learningRate;
  return (learningRate * Math.sqrt(1 - settings.beta2 ** t)) / (1 - settings.beta1 ** t);
}

/**
 * One update.
 * @param rate see {@link stepRate}. @param decayRate learning rate times weight decay: the weights shrink by that part
 * (decoupled from the gradient, Loshchilov and Hutter 2019). Absent: no decay.
 * @returns next parameter, then next memories in the order of {@link memories}.
 */
export function update(
  tape: Tape,
  settings: OptimizerSettings,
  parameter: Value,
  gradient: Value,
  remembered: readonly Value[],
  rate: Value,
  decayRate: Value | undefined,
): Value[] {
  const { shape } = parameter;
  const op = (name: string, a: Value, b: Value) => tape.emit(name, [a, b], shape);
  const moving = (old: Value, value: Value, keep: number) =>
    op("Add", op("Mul", old, tape.scalar(keep)), op("Mul", value, tape.scalar(1 - keep)));
  const kept = decayRate ? op("Sub", parameter, op("Mul", parameter, decayRate)) : parameter;
  if (settings.kind === "sgd") {
    const velocity = op("Add", op("Mul", remembered[0], tape.scalar(settings.momentum)), gradient);
    return [op("Sub", kept, op("Mul", velocity, rate)), velocity];
  }
  const m = moving(remembered[0], gradient, settings.beta1);
  const v = moving(remembered[1], op("Mul", gradient, gradient), settings.beta2);
  const root = op("Add", tape.emit("Sqrt", [v], shape), tape.scalar(settings.epsilon));
  return [op("Sub", kept, op("Div", op("Mul", m, rate), root)), m, v];
}

/** The gradients, all shortened by one factor where their joint length exceeds `max`; and that length. */
export function clipped(
  tape: Tape,
  gradients: readonly Value[],
  max: number,
): { readonly gradients: Value[]; readonly norm: Value } {
  const squares = gradients.map((gradient) => {
    const square = tape.emit("Mul", [gradient, gradient], gradient.shape);
    const axes = gradient.shape.map((_, axis) => axis);
    return tape.emit("Reshape", [summed(tape, square, axes), tape.constant([1], [1], "int64")], [1]);
  });
  const norm = tape.emit("Sqrt", [tape.emit("Sum", squares, [1])], [1]);
  const factor = tape.emit("Div", [tape.scalar(max), tape.emit("Max", [norm, tape.scalar(max)], [1])], [1]);
  return { norm, gradients: gradients.map((gradient) => tape.emit("Mul", [gradient, factor], gradient.shape)) };
}
