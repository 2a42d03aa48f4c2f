import { expect, test } from "vitest";
import { explainSmall, type SmallNetwork } from "./small-network.ts";

const given: SmallNetwork = { neuron: "if", phases: 1, timeSteps: 4, values: [0.75, 0], weights: [0.8, 0] };

test("by hand: an input of 0.75 sends from its second step on, 0.8 thresholds a spike", async () => {
  const { steps, arrivals } = await explainSmall(given);
  // 0.75; 1.5, keeps 0.5; 1.25, keeps 0.25; 1.
  expect([...arrivals[0].spikes]).toEqual([0, 1, 1, 1]);
  // 0; 0.8; 1.6, keeps 0.6; 1.4.
  expect(steps.map(({ spike }) => spike)).toEqual([0, 0, 1, 1]);
  for (const [i, charge] of [0, 0.8, 1.6, 1.4].entries()) expect(steps[i].charge).toBeCloseTo(charge, 6);
});

test("every kind that follows a leaky ReLU comes to it, and those that take back, with phases, in five steps", async () => {
  for (const neuron of ["ibt", "takeback", "tracker"] as const) {
    for (const [phases, timeSteps, units] of [
      [1, 400, 400],
      [5, 5, 31],
    ]) {
      // What an imbalanced neuron sent too much of the first digits, it cannot take back.
      if (neuron === "ibt" && phases > 1) continue;
      const { steps } = await explainSmall({
        ...given,
        neuron,
        phases,
        timeSteps,
        values: [0.75, 0.5],
        weights: [0.8, -0.4],
      });
      const count = steps.reduce((sum, { weight, spike }) => sum + weight * spike, 0);
      // 0.75 · 0.8 − 0.5 · 0.4; three roundings by at most a unit each.
      expect(Math.abs(count / units - 0.4), `${neuron}, ${phases}`).toBeLessThan(3 / units);
    }
  }
});
