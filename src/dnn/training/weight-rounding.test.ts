/** Weights on the grid of b bits, in fractions of λ: steps computed by hand. */
import { expect, test } from "vitest";
import { runTape, runWithGradients } from "../../../test/run-tape.ts";
import { floatTensor } from "../../core/tensor.ts";
import { roundToBits } from "./weight-rounding.ts";

test("3 bits: three units to each side, by output channel; the gradient goes straight through", async () => {
  // Units are 1/3 of the greatest: 0.2 and 1.
  const weights = floatTensor([2, 2, 1, 2], [0.6, 0.29, -0.31, 0.05, -3, 1.4, 0.5, -0.6]);
  const cotangent = floatTensor([2, 2, 1, 2], [1, 2, 3, 4, 5, 6, 7, 8]);
  const { output, gradients } = await runWithGradients({ weights }, cotangent, (tape, values) =>
    roundToBits(tape, values.weights, undefined, 1, 3),
  );
  for (const [i, expected] of [0.6, 0.2, -0.4, 0, -3, 1, 1, -1].entries())
    expect(output.data[i]).toBeCloseTo(expected, 6);
  expect([...gradients.weights.data]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

test("λ of the input scales what is rounded, in groups each its own", async () => {
  // Two groups of one output and two input channels. In fractions of λ: (3, 1), (0.5, 3), units of 1.
  const weights = floatTensor([2, 2, 1, 1], [3, 0.5, 0.25, 6]);
  const lambda = floatTensor([4], [1, 2, 2, 0.5]);
  const { output } = await runTape({ weights, lambda }, (tape) => {
    const [w, l] = [tape.input("weights", weights.shape), tape.input("lambda", lambda.shape)];
    tape.output("output", roundToBits(tape, w, l, 2, 3));
  });
  for (const [i, expected] of [3, 0.5, 0.5, 6].entries()) expect(output.data[i]).toBeCloseTo(expected, 6);
});
