import { expect, test } from "vitest";
import { gaussian, seededRandom } from "../core/random.ts";
import { MagnitudeHistogram } from "./magnitude-histogram.ts";

test("percentiles are those of the sorted magnitudes, to the stated bound; the maximum exactly", () => {
  const random = seededRandom(1);
  const perChannel = 20_000;
  const batches = [0, 1, 2].map(() =>
    Float32Array.from({ length: 2 * perChannel }, (_, i) => gaussian(random) * (i < perChannel ? 1 : 300)),
  );
  const histogram = new MagnitudeHistogram(2);
  for (const batch of batches) histogram.add(batch);
  for (const channel of [0, 1]) {
    const sorted = batches
      .flatMap((batch) => [...batch.subarray(channel * perChannel, (channel + 1) * perChannel)])
      .map(Math.abs)
      .sort((a, b) => a - b);
    for (const percentile of [50, 90, 99, 99.9]) {
      const exact = sorted[Math.ceil((percentile / 100) * sorted.length) - 1];
      expect(Math.abs(histogram.percentile([channel], percentile, "all") / exact - 1)).toBeLessThan(2 ** -7);
    }
    expect(histogram.percentile([channel], 100, "all")).toBe(sorted.at(-1));
  }
});

test("zeros count unless asked otherwise; a silent channel is 0", () => {
  const histogram = new MagnitudeHistogram(2);
  histogram.add(Float32Array.of(0, 0, 0, 0, 0, 0, 0, 0, -8, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  expect(histogram.percentile([0], 75, "all")).toBe(0);
  expect(Math.abs(histogram.percentile([0], 75, "nonzero") / 8 - 1)).toBeLessThan(2 ** -7);
  expect(histogram.percentile([1], 100, "all")).toBe(0);
  expect(histogram.percentile([1], 99.9, "nonzero")).toBe(0);
});
