import fc from "fast-check";
import { expect, test } from "vitest";
import { timeAxis } from "./time-axis.ts";

test("is linear from the first step to T", () => {
  const { at } = timeAxis(33);
  expect([at(1), at(17), at(33), at(0), at(99)]).toEqual([0, 0.5, 1, 0, 1]);
  expect(timeAxis(1).at(1)).toBe(0);
});

test.each([
  [1, [1]],
  [6, [1, 2, 3, 4, 5, 6]],
  [8, [1, 2, 3, 4, 5, 6, 7, 8]],
  [16, [4, 8, 12, 16]],
  [32, [8, 16, 24, 32]],
  [3500, [900, 1800, 2700, 3500]],
])("labels T = %i at %j", (timeSteps, ticks) => {
  expect(timeAxis(timeSteps).ticks).toEqual(ticks);
});

test("labels never touch", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 100_000 }), (timeSteps) => {
      const { at, ticks } = timeAxis(timeSteps);
      expect(ticks.at(-1)).toBe(timeSteps);
      expect(ticks.length).toBeLessThan(9);
      for (let i = 1; i < ticks.length; i++) expect(at(ticks[i]) - at(ticks[i - 1])).toBeGreaterThan(0.07);
    }),
  );
});
