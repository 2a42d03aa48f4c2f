/** Broken files and words through every reader: each ends in a value or in an error of ours, within time and memory. */
import { expect, test } from "vitest";
import { fuzz } from "./fuzz/fuzz.ts";
import { targets } from "./fuzz/targets.ts";

const seed = 1;
/** Readers that leave out what they cannot read, and tell it. */
const neverRefuse = ["names", "yoloLabels"];
const inputs = 68_000;

test("68,000 broken inputs: no other error, none takes 5 s, no process takes 2 GiB", { timeout: 600_000 }, async () => {
  const half = inputs / 2;
  const parts = await Promise.all([fuzz(seed, 0, half), fuzz(seed, half, inputs)]);
  expect(parts.flatMap(({ faults }) => faults)).toEqual([]);
  for (const { peakMiB, outcomes } of parts) {
    // Inputs that are all refused at once, or all well, would test nothing.
    for (const target of Object.keys(targets)) {
      expect(outcomes[`${target} read`], target).toBeGreaterThan(0);
      if (!neverRefuse.includes(target)) expect(outcomes[`${target} refused`], target).toBeGreaterThan(0);
    }
    expect(peakMiB).toBeGreaterThan(0);
    expect(peakMiB).toBeLessThan(2048);
  }
});

test.each(Object.entries(targets))("whole files are read: %s", async (_name, { seeds, read }) => {
  for (const bytes of seeds) await expect(Promise.resolve(bytes).then(read)).resolves.not.toThrow();
});
