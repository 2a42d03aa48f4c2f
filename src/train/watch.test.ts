import { expect, test } from "vitest";
import { floatTensor } from "../core/tensor.ts";
import type { StepMeasures, TrainingState } from "../dnn/training/trainer.ts";
import { watchTraining } from "./watch.ts";

const state = (first: number): TrainingState => ({
  steps: 0,
  tensors: new Map([
    ["conv0.weights", floatTensor([2], [1, first])],
    ["conv1.weights", floatTensor([2], [3, 4])],
    ["conv1.bias", floatTensor([1], [100 * first])],
  ]),
});
const measured = (loss: number, leaky0 = 0.1): StepMeasures => ({
  ...{ loss, detection: loss, distillation: 0, spikes: 0, accumulates: leaky0, gradientNorm: 1 },
  populations: new Map([["leaky0", leaky0]]),
});

test("a loss that grows without end ends the run, naming the step and the layer that moved most", () => {
  const watch = watchTraining(state(1));
  const moved = () => state(9);
  for (let step = 1; step <= 60; step++) watch(step, measured(30 / step), moved);
  expect(() => {
    for (let step = 61; step < 90; step++) watch(step, measured(100), moved);
  }).toThrow(/^step 6\d: the loss is .* conv0\.weights moved most\. Lower --learning-rate/);
});

test("a loss that is noisy, or rises to where it began, does not", () => {
  const watch = watchTraining(state(1));
  for (let step = 1; step <= 400; step++) watch(step, measured(step % 20 === 0 ? 90 : 1), () => state(1));
  for (let step = 401; step <= 440; step++) watch(step, measured(8), () => state(1));
});

test("a layer that has fallen silent ends it, too; one that comes back does not", () => {
  const watch = watchTraining(state(1));
  for (let step = 1; step <= 19; step++) watch(step, measured(1, 0), () => state(1));
  watch(20, measured(1, 0.1), () => state(1));
  for (let step = 21; step <= 39; step++) watch(step, measured(1, 0), () => state(1));
  expect(() => watch(40, measured(1, 0), () => state(1))).toThrow(
    /^step 40: leaky0 has not sent a spike for 20 steps.*--surrogate leak/,
  );
});
