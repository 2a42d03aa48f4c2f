/**
 * Watches a run for what would only waste time: a loss that grows without end, and layers that have fallen silent. (Numbers that are
 * none end a step in the trainer.)
 */
import { EngineError } from "../core/errors.ts";
import type { FloatTensor } from "../core/tensor.ts";
import type { StepMeasures, TrainingState } from "../dnn/training/trainer.ts";

/** Steps that are looked at together. */
const windowSteps = 20;
/** So many times the least mean loss of a window, and twice the first: diverging. */
const growth = 10;

/** @throws EngineError [E_TRAINING_DIVERGED, E_TRAINING_DEAD] naming step and layer. */
export type Watch = (step: number, measured: StepMeasures, state: () => TrainingState) => void;

/** @param start weights that the run began with. */
export function watchTraining(start: TrainingState): Watch {
  const recent: number[] = [];
  let [first, least] = [Number.NaN, Number.POSITIVE_INFINITY];
  const silentFor = new Map<string, number>();
  return (step, { loss, populations }, state) => {
    for (const [name, accumulates] of populations) {
      silentFor.set(name, accumulates === 0 ? (silentFor.get(name) ?? 0) + 1 : 0);
      if (silentFor.get(name) === windowSteps)
        throw new EngineError(
          "E_TRAINING_DEAD",
          `step ${step}: ${name} has not sent a spike for ${windowSteps} steps, so nothing behind it learns. Lower --learning-rate or raise --target, or take --surrogate leak`,
        );
    }
    recent.push(loss);
    if (recent.length > windowSteps) recent.shift();
    if (recent.length < windowSteps) return;
    const mean = recent.reduce((a, b) => a + b, 0) / windowSteps;
    if (Number.isNaN(first)) first = mean;
    least = Math.min(least, mean);
    if (mean <= growth * least || mean <= 2 * first) return;
    throw new EngineError(
      "E_TRAINING_DIVERGED",
      `step ${step}: the loss is ${mean.toPrecision(3)} over ${windowSteps} steps, after ${least.toPrecision(3)}; ${furthest(start, state())} moved most. Lower --learning-rate, lengthen --warm-up, and start anew without --resume`,
    );
  };
}

/** The weights that are furthest from where they began, relative to their size then. */
function furthest(start: TrainingState, now: TrainingState): string {
  const moves = [...start.tensors].flatMap(([name, { data }]) => {
    if (!name.endsWith(".weights")) return [];
    const { data: moved } = now.tensors.get(name) as FloatTensor;
    let [distance, size] = [0, 1e-30];
    for (let i = 0; i < data.length; i++) {
      distance += (moved[i] - data[i]) ** 2;
      size += data[i] ** 2;
    }
    return [{ name, part: distance / size }];
  });
  return moves.reduce((most, move) => (move.part > most.part ? move : most)).name;
}
