import { expect, test } from "vitest";
import { seededRandom } from "../core/random.ts";
import { balancedRange } from "./balanced-range.ts";

const percentiles = [50, 90, 95, 98, 99, 99.5, 99.9, 99.95, 99.99, 100];

function magnitudesOf(samples: readonly number[]) {
  const sorted = samples.map(Math.abs).sort((a, b) => a - b);
  const values = percentiles.map((p) => sorted[Math.min(sorted.length - 1, Math.ceil((p / 100) * sorted.length) - 1)]);
  return { percentiles, values, count: samples.length };
}

/** Cost of a range on the samples themselves, each rounded or clipped. */
function costBySamples(samples: readonly number[], range: number, units: number): number {
  const rounding = (16 * (range / units) ** 2) / 12;
  return rounding + samples.reduce((sum, x) => sum + Math.max(0, Math.abs(x) - range) ** 2, 0) / samples.length;
}

test("of many values the range is near the least cost that the values themselves have", () => {
  const random = seededRandom(3);
  // A long tail: most below 1, a few to 30.
  const samples = Array.from(
    { length: 200_000 },
    () => 0.3 * Math.exp(1.1 * (random() + random() + random() - 1.5) * 2),
  );
  const { values } = magnitudesOf(samples);
  for (const units of [15, 63, 255]) {
    const range = balancedRange(magnitudesOf(samples), units);
    const tried = [...values.slice(4), 1.2 * values[9], values[9] / 0.7];
    const least = Math.min(...tried.map((one) => costBySamples(samples, one, units)));
    // Between percentiles the tail is taken for even, which it is not.
    expect(costBySamples(samples, range, units)).toBeLessThan(1.5 * least);
  }
});

test("the fewer steps, the more is clipped; the fewer values, the more headroom", () => {
  const random = seededRandom(4);
  const samples = Array.from({ length: 50_000 }, () => -Math.log(random() + 1e-9));
  const whole = magnitudesOf(samples);
  const ranges = [7, 31, 127, 1023].map((units) => balancedRange(whole, units));
  expect([...ranges].sort((a, b) => a - b)).toEqual(ranges);
  expect(ranges[3]).toBeGreaterThan(ranges[0]);
  const few = balancedRange({ ...whole, count: 1000 }, 255);
  expect(few).toBeGreaterThan(balancedRange({ ...whole, count: 10_000_000 }, 255));
  expect(few).toBeGreaterThan(whole.values[9]);
});

test("few values, whose highest percentiles are the same: nothing of them is clipped", () => {
  const magnitudes = magnitudesOf(Array.from({ length: 40 }, (_, i) => i / 4));
  expect(balancedRange(magnitudes, 255)).toBeGreaterThanOrEqual(39 / 4);
});

test("a silent channel stays silent", () => {
  expect(balancedRange({ percentiles, values: percentiles.map(() => 0), count: 100 }, 255)).toBe(0);
});
