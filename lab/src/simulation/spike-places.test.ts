import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalDigits, spikePlaces } from "./spike-places.ts";

/** The fewest powers of two, added or taken away, that make a number: by trying all of them. */
function fewest(value: number, depth = 0): number {
  if (value === 0) return 0;
  if (depth > 12) return Number.POSITIVE_INFINITY;
  if (value % 2 === 0) return fewest(value / 2, depth + 1);
  return 1 + Math.min(fewest((value - 1) / 2, depth + 1), fewest((value + 1) / 2, depth + 1));
}

test("digits of a count are as few as there can be", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 500 }), (value) => canonicalDigits(value) === fewest(value)));
  expect([0, 1, 3, 7, 11, 255].map(canonicalDigits)).toEqual([0, 1, 2, 2, 3, 2]);
});

test("changes lie where they are in the picture, and are shared among the cells that a neuron covers", () => {
  const populations = [
    { name: "fine", shape: [2, 96, 96], firstChannel: 0 },
    { name: "coarse", shape: [1, 2, 2], firstChannel: 2 },
  ] as const;
  const counts = () =>
    new Map([["fine", new Int32Array(2 * 96 * 96)] as const, ["coarse", new Int32Array(4)] as const]);
  const [before, now] = [counts(), counts()];
  // Of both channels, at the last position: 1 + 2 digits. In the lower left quarter of the picture: 1 digit.
  now.get("fine")?.set([4], 96 * 96 - 1);
  now.get("fine")?.set([-3], 2 * 96 * 96 - 1);
  before.get("coarse")?.set([8], 2);
  const { width, height, spikes } = spikePlaces(populations, [192, 192])(before, now);
  expect([width, height]).toEqual([48, 48]);
  expect(spikes[48 * 48 - 1]).toBe(3);
  expect(spikes[24 * 48]).toBeCloseTo(1 / 24 ** 2, 6);
  expect(spikes[0]).toBe(0);
  expect(spikes.reduce((sum, value) => sum + value, 0)).toBeCloseTo(4, 4);
});
