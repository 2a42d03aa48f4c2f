/**
 * Values as spikes will carry them: whole counts. With D the units of a frame and λ what all of them stand for,
 *
 *     v = f(x)·D/λ      n = ⌊v + ½⌋ within ±D      f(x) ≈ n·λ/D
 *
 * which is where a tracker's count ends (`src/snn/neurons/tracker.ts`), whatever steps it takes. Rounding has no slope, so a
 * surrogate stands for it; λ = exp(p) is learned through v and n·λ/D alike (learned step size: Esser et al. 2020, "LSQ").
 */
import type { OnnxDType } from "../../onnx/tensors.ts";
import { multiply, reshape, scale } from "./arithmetic.ts";
import type { Tape, Value } from "./tape.ts";

/** dn/dv, as taken: a factor by which the gradient passes, given where v lies within the clip (1) and where not (0). */
interface Surrogate {
  readonly factor: (tape: Tape, isInside: Value) => Value;
}

export type SurrogateName = "clip" | "leak";

/** `clip`: 1 inside of the clip, 0 outside (straight-through). `leak`: a tenth outside, so that what is clipped can come back by itself. */
const surrogates: { readonly [K in SurrogateName]: Surrogate } = {
  clip: { factor: (_, isInside) => isInside },
  leak: {
    factor: (tape, isInside) => {
      const { shape } = isInside;
      return tape.emit("Add", [tape.emit("Mul", [isInside, tape.scalar(0.9)], shape), tape.scalar(0.1)], shape);
    },
  },
};

export const surrogateNames = Object.keys(surrogates) as readonly SurrogateName[];

export function exponential(tape: Tape, x: Value): Value {
  const y = tape.emit("Exp", [x], x.shape);
  return tape.record(y, [x], (g) => [tape.emit("Mul", [g, y], x.shape)]);
}

/** ⌊v + ½⌋ within ±units. */
export function roundToCounts(tape: Tape, v: Value, units: number, surrogate: SurrogateName): Value {
  const op = (name: string, inputs: readonly Value[], dtype: OnnxDType = "float32") =>
    tape.emit(name, inputs, v.shape, {}, dtype);
  const clipped = op("Clip", [v, tape.scalar(-units), tape.scalar(units)]);
  const n = op("Floor", [op("Add", [clipped, tape.scalar(0.5)])]);
  return tape.record(n, [v], (g) => {
    const isInside = tape.emit("Cast", [op("Equal", [clipped, v], "bool")], v.shape, { to: 1 });
    return [op("Mul", [g, surrogates[surrogate].factor(tape, isInside)])];
  });
}

export interface Counts {
  /** v: counts before they are rounded and clipped. */
  readonly exact: Value;
  /** n·λ/D: what the counts stand for. */
  readonly value: Value;
}

/** @param y f(x) [N, C, H, W]. @param logLambda log λ [C]. */
export function countsOf(tape: Tape, y: Value, logLambda: Value, units: number, surrogate: SurrogateName): Counts {
  const perChannel = reshape(tape, logLambda, [1, logLambda.shape[0], 1, 1]);
  const unit = scale(tape, exponential(tape, perChannel), 1 / units);
  const perUnit = scale(tape, exponential(tape, scale(tape, perChannel, -1)), units);
  const exact = multiply(tape, y, perUnit);
  return { exact, value: multiply(tape, roundToCounts(tape, exact, units, surrogate), unit) };
}
