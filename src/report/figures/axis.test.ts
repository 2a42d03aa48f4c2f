import fc from "fast-check";
import { expect, test } from "vitest";
import { evenTicks, numericDomain, numericScale } from "./axis.ts";

const magnitudes = fc.double({ min: 1e-6, max: 1e9, noNaN: true });

test("ticks of a linear axis reach the data, a gap too far at most, in five gaps at most", () => {
  fc.assert(
    fc.property(magnitudes, (max) => {
      const ticks = evenTicks(max);
      const [step, top] = [ticks[1], ticks[ticks.length - 1]];
      expect(ticks[0]).toBe(0);
      expect(ticks.length).toBeLessThanOrEqual(6);
      expect(top).toBeGreaterThanOrEqual(max * (1 - 1e-9));
      expect(top - step).toBeLessThan(max * (1 + 1e-9));
    }),
  );
});

test("a logarithmic axis begins and ends at a tick, with all data between", () => {
  fc.assert(
    fc.property(magnitudes, fc.double({ min: 1.5, max: 1e5, noNaN: true }), (low, ratio) => {
      const axis = { label: "y", type: "log" } as const;
      const values = [low, low * ratio];
      const domain = numericDomain(axis, values);
      expect(domain[0]).toBeLessThanOrEqual(values[0] * (1 + 1e-9));
      expect(domain[1]).toBeGreaterThanOrEqual(values[1] * (1 - 1e-9));
      const { ticks } = numericScale(axis, domain);
      expect(ticks[0]).toBeCloseTo(Math.log10(domain[0]), 9);
      expect(ticks[ticks.length - 1]).toBeCloseTo(Math.log10(domain[1]), 9);
    }),
  );
});
