import fc from "fast-check";
import { expect, test } from "vitest";
import { checkpointSteps } from "./checkpoint-steps.ts";

test("every step at first, then eight to each doubling, and T", () => {
  expect(checkpointSteps(1)).toEqual([1]);
  expect(checkpointSteps(5)).toEqual([1, 2, 3, 4, 5]);
  expect(checkpointSteps(70).slice(30)).toEqual([31, 32, 36, 40, 44, 48, 52, 56, 60, 64, 70]);
});

test("rises, ends at T, holds every power of two, and stays short", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100_000 }), (timeSteps) => {
      const steps = checkpointSteps(timeSteps);
      expect(steps.every((step, i) => i === 0 || step > steps[i - 1])).toBe(true);
      expect(steps.at(-1)).toBe(timeSteps);
      for (let t = 1; t <= timeSteps; t *= 2) expect(steps).toContain(t);
      expect(steps.length).toBeLessThan(32 + 8 * 12);
    }),
  );
});
