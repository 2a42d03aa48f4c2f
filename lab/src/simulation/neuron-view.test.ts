/** What reached a neuron, as the page tells it: the strongest one by one, and nothing lost. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type NeuronExplanation, stepWeight } from "../../../src/index.ts";
import { neuronView } from "./neuron-view.ts";

const vTh = 2;

/** A neuron with inputs of these charges, which sent these spikes [input][t]. */
function explained(charges: readonly number[], spikes: readonly (readonly number[])[], delay: number) {
  const timeSteps = spikes[0].length;
  const step = (t: number) => ({ ...{ t, weight: 1, charge: 0, given: 0, firesFrom: 1, firesFromNeg: null } });
  return {
    neuron: { layer: "b", channel: 0, y: 0, x: 0 },
    population: { neuron: "if", vTh: { data: Float32Array.of(vTh) }, activation: { fn: "relu" } },
    arrivals: charges.map((charge, x) => ({
      from: { layer: "a", channel: 0, y: 0, x },
      charge,
      spikes: Int8Array.from(spikes[x]),
    })),
    inputs: { perStep: 0, once: 0 },
    delay,
    steps: Array.from({ length: timeSteps }, (_, t) => ({
      ...step(t + 1),
      ...{ target: null, reach: null, sent: 0, spike: 0 },
    })),
  } as unknown as NeuronExplanation;
}

test("charges of all inputs are told once, the six strongest by name", () => {
  const input = fc.record({
    charge: fc.integer({ min: -50, max: 50 }),
    spikes: fc.array(fc.constantFrom<number>(-1, 0, 0, 1), { minLength: 6, maxLength: 6 }),
  });
  fc.assert(
    fc.property(
      fc.array(input, { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 0, max: 3 }),
      fc.constantFrom(1, 3),
      (inputs, delay, phases) => {
        const spikes = inputs.map((each) => each.spikes);
        const charges = inputs.map(({ charge }) => charge);
        const { steps } = neuronView(explained(charges, spikes, delay), phases);
        // A step brings what was sent since the one before; the first, what was sent until it could decide.
        const brought = (x: number, from: number, until: number) =>
          spikes[x]
            .slice(from, until)
            .reduce((sum, spike, i) => sum + (stepWeight(from + i + 1, phases) * spike * charges[x]) / vTh, 0);
        for (const [i, step] of steps.entries()) {
          const [from, until] = [i === 0 ? 0 : Math.min(i + delay, 6), Math.min(i + 1 + delay, 6)];
          const sent = inputs.flatMap((_, x) => (spikes[x].slice(from, until).some((spike) => spike !== 0) ? [x] : []));
          const strengths = sent.map((x) => Math.abs(brought(x, from, until))).sort((a, b) => b - a);
          expect(step.inputs.map(({ charge }) => Math.abs(charge))).toEqual(strengths.slice(0, 6));
          for (const { cell, charge } of step.inputs) expect(charge).toBeCloseTo(brought(cell.x, from, until), 9);
          expect(step.inputs.length + step.others.count).toBe(sent.length);
          const all = sent.reduce((sum, x) => sum + brought(x, from, until), 0);
          expect(step.inputs.reduce((sum, { charge }) => sum + charge, step.others.charge)).toBeCloseTo(all, 9);
        }
      },
    ),
  );
});
