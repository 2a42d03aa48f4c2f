import fc from "fast-check";
import { expect, test } from "vitest";
import { exampleActivations } from "../../../test/random-spiking.ts";
import { floatTensor, tensor } from "../../core/tensor.ts";
import type { Activation } from "../../functions/function.ts";
import { valueAt } from "../../functions/functions.ts";
import { twoSloped } from "../../functions/two-sloped.ts";
import type { Population } from "../../graph/layers.ts";
import { neuronModels } from "../neuron.ts";
import { stepWeight } from "../phases.ts";
import { headroom, integerTarget } from "./integer-target.ts";
import type { ChannelNeuron } from "./neuron-model.ts";

const one = floatTensor([1], [1]);

function population(activation: Activation, changes: Partial<Population> = {}): Population {
  return {
    neuron: "tracker",
    activation,
    lambda: one,
    vTh: one,
    vThNeg: null,
    vInit: 0,
    firingThreshold: 0.5,
    levels: 1,
    ...changes,
  };
}

/** Spikes of a neuron whose charge is as given at each step. */
function spikesOf(neuron: ChannelNeuron, charges: readonly number[], phases: number): number[] {
  let n = 0;
  return charges.map((charge, i) => {
    const weight = stepWeight(i + 1, phases);
    const spike = neuron.fire(charge, n, weight);
    n += weight * spike;
    return spike;
  });
}

// U = 7: F(S) = 7·f(S/7). Weights 4, 2, 1, 1, …
const [silu] = neuronModels.tracker.neurons(population({ fn: "silu" }), 7);

test("SiLU at its minimum, by hand", () => {
  // f(−1.2785) = −0.27846, F = −1.9493: −0.487 of 4 is none; −0.975 of 2 is one; then −1.9493 + 2 = 0.0507 of 1 is none.
  const charge = 7 * -1.2785;
  expect(spikesOf(silu, [charge, charge, charge], 3)).toEqual([0, -1, 0]);
});

test("SiLU across its minimum, by hand: what was sent is taken back, and one more", () => {
  // S/7 = 0.9: F = 7·0.9·0.71095 = 4.479, 1.12 of 4. S/7 = −3: F = 7·−3·0.047426 = −0.996; n = 4, 2, 1, 0, −1.
  const charges = [6.3, -21, -21, -21, -21, -21];
  expect(spikesOf(silu, charges, 3)).toEqual([1, -1, -1, -1, -1, 0]);
});

test("canonical digits, by hand: 6 of 7 is 8 − 2 where a digit waits for two thirds", () => {
  const plain = neuronModels.tracker.neurons(population({ fn: "linear" }), 15)[0];
  const [canonical] = neuronModels.tracker.neurons(population({ fn: "linear" }, { leadingThreshold: 2 / 3 }), 15);
  const charge = [3, 3, 3, 3];
  // 3 of 15: 3/8 none; 3/4 ≥ ½ and ≥ ⅔: one; −1/2 of 2: half rounds up, below ⅔ none; then −1 of 1.
  expect(spikesOf(plain, charge, 4)).toEqual([0, 1, -1, 1]);
  expect(spikesOf(canonical, charge, 4)).toEqual([0, 1, 0, -1]);
});

test("for functions of two straight lines the tracker is the take-back neuron that has all its charge", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(0, 0.1, 0.25, 1),
      fc.integer({ min: 1, max: 8 }),
      fc.double({ min: -1.2, max: 1.2, noNaN: true }),
      (slope, phases, part) => {
        const units = 2 ** phases - 1;
        const activation = twoSloped(slope);
        const vThNeg = slope === 0 ? null : floatTensor([1], [1 / slope]);
        const [takeback] = neuronModels.takeback.neurons(population(activation, { vThNeg }), 1);
        const [tracker] = neuronModels.tracker.neurons(population(activation), units);
        const steps = Array.from({ length: phases + 3 }, () => part * units);
        let given = 0;
        let n = 0;
        const expected = steps.map((charge, i) => {
          const weight = stepWeight(i + 1, phases);
          const spike = takeback.fire(charge - given, n, weight);
          given += takeback.given(n, spike, weight);
          n += weight * spike;
          return spike;
        });
        expect(spikesOf(tracker, steps, phases)).toEqual(expected);
      },
    ),
  );
});

const exponential = (min: number, max: number) =>
  fc.double({ min: Math.log(min), max: Math.log(max), noNaN: true }).map(Math.exp);

test("the integer target is the function's, within the stated bound", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.values(exampleActivations)),
      exponential(0.02, 200),
      fc.integer({ min: 50, max: 2 ** 20 }),
      fc.constantFrom(1, 7, 63, 255),
      // Of the table's reach.
      fc.double({ min: -0.99, max: 0.99, noNaN: true }),
      (activation, about, threshold, units, part) => {
        const lambdas = floatTensor([1], [about]);
        const lambda = lambdas.data[0];
        const vTh = tensor("int32", [1], Int32Array.of(threshold));
        const k = Math.max(0, Math.ceil(Math.log2(lambda / 12)));
        // A charge that an int32 membrane can hold.
        const wish = (part * 16 * 2 ** k * threshold * units) / lambda;
        const charge = Math.round(Math.max(-(2 ** 30), Math.min(2 ** 30, wish)));
        const exact = (units * valueAt(activation, (charge * lambda) / (threshold * units))) / lambda;
        const wanted = Math.max(-headroom * units, Math.min(headroom * units, exact));
        // Between entries curvature of at most 1, or a bend; roundings of z, y and its bound; factors of 22 bits.
        const error = 2 ** (2 * k - 15) + 2 ** (k - 8) + 4 * 2 ** (k - 16) + 16 * 2 ** (k - 21);
        const actual = integerTarget(population(activation, { lambda: lambdas, vTh }), units)(charge, 0);
        expect(Math.abs(actual - wanted)).toBeLessThanOrEqual((units * error) / lambda + 2 ** -7);
      },
    ),
    { numRuns: 3000 },
  );
});

test("beyond the table's ends the target stays what it is there", () => {
  const lambda = floatTensor([1], [3]);
  const vTh = tensor("int32", [1], Int32Array.of(1000));
  for (const activation of Object.values(exampleActivations)) {
    const target = integerTarget(population(activation, { lambda, vTh }), 63);
    const end = (16 * 1000 * 63) / 3;
    for (const sign of [-1, 1]) expect(target(sign * 3 * end, 0)).toBe(target(sign * 1.01 * end, 0));
  }
});
