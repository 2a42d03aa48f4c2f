import fc from "fast-check";
import { expect, test } from "vitest";
import { exampleActivations } from "../../../test/random-spiking.ts";
import { floatTensor, tensor } from "../../core/tensor.ts";
import type { Activation } from "../../functions/function.ts";
import type { Population } from "../../graph/layers.ts";
import { type EstimatedTarget, estimatedTarget } from "./estimated-target.ts";
import { integerTarget, integerTargetConstants } from "./integer-target.ts";

function population(activation: Activation, lambda: readonly number[], vTh: readonly number[]): Population {
  return {
    neuron: "tracker",
    activation,
    lambda: floatTensor([lambda.length], lambda),
    vTh: tensor("int32", [vTh.length], Int32Array.from(vTh)),
    vThNeg: null,
    vInit: 0,
    firingThreshold: 0.5,
    levels: 1,
  };
}

const { fround } = Math;

/** As kernels/neurons/estimate.ts computes it: every operation rounds to float32. */
function estimateOf({ rows, curve }: EstimatedTarget, charge: number, c: number): number {
  const received = fround(charge);
  const clamp = (value: number, least: number, greatest: number) => Math.min(greatest, Math.max(least, value));
  const rounded = (value: number) => fround(fround(value + 12582912) - 12582912);
  const bounded = (value: number) => rounded(clamp(value, rows.least[c], rows.greatest[c]));
  if ("above" in rows) return bounded(Math.max(fround(received * rows.below[c]), fround(received * rows.above[c])));
  const place = clamp(fround(fround(received * rows.before[c]) + 1023.5), rows.first[c], rows.last[c]);
  const entry = rounded(place);
  if (!curve) throw new Error("a function of no two straight lines has a table");
  const through = fround(curve[2 * entry + 1] * fround(place - entry));
  return bounded(fround(fround(curve[2 * entry] + through) * rows.behind[c]));
}

const exponential = (min: number, max: number) =>
  fc.double({ min: Math.log(min), max: Math.log(max), noNaN: true }).map(Math.exp);

test("an estimate is off by no more than its stated error", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.values(exampleActivations)),
      fc.array(exponential(0.02, 200), { minLength: 2, maxLength: 2 }),
      fc.array(exponential(50, 2 ** 20).map(Math.round), { minLength: 2, maxLength: 2 }),
      fc.constantFrom(1, 7, 63, 255),
      // Of the table's reach: within it, at its bends and steps, and beyond.
      fc.array(fc.double({ min: -1.2, max: 1.2, noNaN: true }), { minLength: 5, maxLength: 5 }),
      (activation, lambda, vTh, units, parts) => {
        const neurons = population(activation, lambda, vTh);
        const constants = integerTargetConstants(neurons, units);
        const estimated = estimatedTarget(neurons, constants);
        const exact = integerTarget(neurons, units);
        for (const c of [0, 1]) {
          for (const part of parts) {
            for (const power of [1, 2, 4]) {
              const wish = Math.sign(part) * Math.abs(part) ** power * constants.greatestCharge[c];
              const charge = Math.round(Math.max(-(2 ** 30), Math.min(2 ** 30, wish)));
              const off = Math.abs(estimateOf(estimated, charge, c) - exact(charge, c) * 64);
              expect(off).toBeLessThanOrEqual(estimated.error[c]);
            }
          }
        }
      },
    ),
    { numRuns: 3000 },
  );
});
