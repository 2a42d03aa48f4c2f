/** Broken files and words through every reader: each ends in a value or in an error of ours, within time and memory. */
import { expect, test } from "vitest";
import { fuzz } from "./fuzz/fuzz.ts";

const seed = 1;
const inputs = 20_400;

test("20,400 broken inputs: no other error, none takes 5 s, no process takes 2 GiB", { timeout: 600_000 }, async () => {
  const half = inputs / 2;
  const parts = await Promise.all([fuzz(seed, 0, half), fuzz(seed, half, inputs)]);
  expect(parts.flatMap(({ faults }) => faults)).toEqual([]);
  for (const { peakMiB } of parts) {
    expect(peakMiB).toBeGreaterThan(0);
    expect(peakMiB).toBeLessThan(2048);
  }
});
