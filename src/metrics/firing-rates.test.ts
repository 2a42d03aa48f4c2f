import fc from "fast-check";
import { expect, test } from "vitest";
import { conversionError } from "./conversion-error.ts";
import { channelRates, histogram, neuronRates, quantile } from "./firing-rates.ts";

const counts = Int32Array.from([0, 4, -2, 2, 8, 8, 0, 0]);

test("rates of channels and neurons: net counts by steps, sign dropped", () => {
  expect([...channelRates(counts, [2, 2, 2], 8)]).toEqual([0.25, 0.5]);
  expect([...neuronRates(counts, [2, 2, 2], 0, 8)]).toEqual([0, 0.5, 0.25, 0.25]);
});

test("a histogram's last bar holds its upper edge and what lies above", () => {
  expect(histogram([0, 0.24, 0.25, 1, 1.5], 1, 4).map(({ share }) => share)).toEqual([0.4, 0.2, 0, 0.4]);
});

test("a histogram's shares sum to one", () => {
  const rates = fc.array(fc.double({ min: 0, max: 2, noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(rates, fc.integer({ min: 1, max: 40 }), (values, bars) => {
      expect(histogram(values, 1, bars).reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
    }),
  );
});

test("quantiles by nearest rank", () => {
  expect([0, 0.5, 0.8, 1].map((q) => quantile([5, 1, 4, 2, 3], q))).toEqual([1, 3, 4, 5]);
  expect(quantile([], 0.5)).toBe(0);
});

test("conversion error: λ·n/t against the DNN's activations, by hand", () => {
  // Channel 0: 2·[1, 2]/4 = [0.5, 1]; channel 1: 4·[−1, 0]/4 = [−1, 0].
  const error = conversionError(Int32Array.from([1, 2, -1, 0]), [2, 4], [2, 1, 2], 4, [0.5, 1, -1, 2]);
  expect(error).toBeCloseTo(2 / Math.sqrt(0.25 + 1 + 1 + 4), 12);
});
