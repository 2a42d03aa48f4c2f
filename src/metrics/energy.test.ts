import fc from "fast-check";
import { expect, test } from "vitest";
import { breakEvenSteps, type SpentBy } from "./break-even.ts";
import { breakEvenRatio, float32Cost, int8Cost, int32Cost, operationCosts, spikingEnergy } from "./energy.ts";
import { paperCounts, table2 } from "./paper-energy.ts";

test("Table 2 as the paper prints it, and what the same counts amount to", () => {
  const [dnn, layer, channel] = table2(paperCounts.dnn, paperCounts.spiking);
  // As printed.
  expect(dnn.paperJoules).toBe(0.12);
  expect(layer.paperJoules).toBe(1.06e-3);
  expect(channel.paperJoules).toBe(4.29e-4);
  expect(layer.paperGain!.toFixed(0)).toBe("113");
  expect(channel.paperGain!.toFixed(0)).toBe("280");
  // 250 W / 14e12 · 6.97e9; 5.28e7 / 400e9 · 8000; 4.9e7 / 400e9 · 3500.
  expect(dnn.joules).toBeCloseTo(0.12446, 5);
  expect(layer.joules).toBeCloseTo(1.056, 12);
  expect(channel.joules).toBeCloseTo(0.42875, 12);
  expect(channel.gain).toBeCloseTo(0.2903, 4);
});

test("the ratios at which a spiking network stops paying", () => {
  expect(breakEvenRatio(float32Cost)).toBeCloseTo(5.11, 2);
  expect(breakEvenRatio(int32Cost)).toBeCloseTo(32, 12);
  expect(breakEvenRatio(int8Cost)).toBeCloseTo(3, 12);
  expect(new Set(operationCosts.map(({ name }) => name)).size).toBe(operationCosts.length);
});

test("a spiking network's energy by hand", () => {
  const energy = spikingEnergy({ spikes: 7, acs: 1000, macs: 10, neuronUpdates: 100 }, float32Cost);
  expect(energy.synapsesPicojoules).toBeCloseTo(900, 9);
  expect(energy.inputPicojoules).toBeCloseTo(46, 9);
  expect(energy.neuronsPicojoules).toBeCloseTo(90, 9);
  expect(energy.totalPicojoules).toBeCloseTo(1036, 9);
});

const straight = [
  { t: 4, picojoules: 50 },
  { t: 8, picojoules: 90 },
];

test.each([
  ["between measurements", 10, 70, { steps: 6, extrapolated: false }],
  ["at a measurement", 10, 90, { steps: 8, extrapolated: true }],
  ["before the first", 10, 35, { steps: 2, extrapolated: false }],
  ["behind the last", 10, 125, { steps: 11, extrapolated: true }],
  ["before it has begun", 10, 9, { steps: 0, extrapolated: false }],
])("break-even %s", (_, atStart, budget, expected) => {
  expect(breakEvenSteps(straight, atStart, budget)).toEqual(expected);
});

test("what spends nothing more never stops paying", () => {
  expect(breakEvenSteps([{ t: 5, picojoules: 3 }], 3, 10)).toEqual({ steps: null, extrapolated: false });
  expect(breakEvenSteps([], 3, 10)).toEqual({ steps: null, extrapolated: false });
});

test("break-even on a rising curve: the budget holds at that step and is exceeded at the next", () => {
  const curveOf = (rates: readonly number[]) => {
    let spent = 0;
    return rates.map((rate, i): SpentBy => {
      spent += rate;
      return { t: i + 1, picojoules: spent };
    });
  };
  const rates = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 2, maxLength: 30 });
  fc.assert(
    fc.property(rates, fc.integer({ min: 0, max: 2000 }), (steps, budget) => {
      const curve = curveOf(steps);
      const at = (t: number) =>
        t === 0
          ? 0
          : t <= curve.length
            ? curve[t - 1].picojoules
            : curve.at(-1)!.picojoules + (t - curve.length) * steps.at(-1)!;
      const found = breakEvenSteps(curve, 0, budget).steps!;
      expect(at(found)).toBeLessThanOrEqual(budget);
      expect(at(found + 1)).toBeGreaterThan(budget);
    }),
  );
});
