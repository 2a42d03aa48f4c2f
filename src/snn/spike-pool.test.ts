import fc from "fast-check";
import { expect, test } from "vitest";
import type { SpikePooling } from "../graph/layers.ts";
import { maxOf, poolSpike } from "./spike-pool.ts";

function pool(pooling: SpikePooling, steps: readonly (readonly number[])[]): number[] {
  const counts = steps[0].map(() => 0);
  let last = 0;
  return steps.map((spikes) => {
    for (const [i, spike] of spikes.entries()) counts[i] += spike;
    const out = poolSpike(pooling, counts, spikes, last);
    last = maxOf(counts);
    return out;
  });
}

/** The second neuron leads, then the first overtakes it, then falls back. */
const overtaking = [
  [0, 1],
  [0, 1],
  [1, 0],
  [1, 0],
  [1, 0],
  [-1, 0],
  [-1, -1],
];

test("winner passes the spikes of the neuron that leads, its −1 too; its total is not the maximum; by hand", () => {
  expect(pool("winner", overtaking)).toEqual([1, 1, 0, 1, 1, -1, -1]);
});

test("delta sends the change of the maximum, by hand", () => {
  expect(pool("delta", overtaking)).toEqual([1, 1, 0, 0, 1, -1, -1]);
  expect(
    pool("delta", [
      [-1, -1],
      [-1, 0],
      [0, -1],
    ]),
  ).toEqual([-1, 0, -1]);
});

test("delta's running sum is the maximum of the counts, and each of its spikes is within the levels", () => {
  const levels = 3;
  const step = fc.array(fc.integer({ min: -levels, max: levels }), { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
      const spikes = pool("delta", steps);
      const counts = [0, 0, 0, 0];
      let sum = 0;
      for (const [t, members] of steps.entries()) {
        for (const [i, spike] of members.entries()) counts[i] += spike;
        sum += spikes[t];
        expect(sum).toBe(Math.max(...counts));
        expect(Math.abs(spikes[t])).toBeLessThanOrEqual(levels);
      }
    }),
  );
});

test("a window may be larger than a call takes arguments", () => {
  const counts = Array.from({ length: 300_000 }, (_, i) => i % 1000);
  expect(maxOf(counts)).toBe(999);
});
