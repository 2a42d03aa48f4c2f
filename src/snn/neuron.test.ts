import fc from "fast-check";
import { expect, test } from "vitest";
import { floatTensor, tensor } from "../core/tensor.ts";
import { twoSloped } from "../functions/two-sloped.ts";
import type { NeuronKind, Population } from "../graph/layers.ts";
import { integrate, membraneBound, neuronModels } from "./neuron.ts";
import type { ChannelNeuron } from "./neurons/neuron-model.ts";
import { neuronParameters } from "./neurons/threshold-parameters.ts";

/** One neuron with V_th = 1. */
function parametersOf(neuron: NeuronKind, slope: number, changes: Partial<Population> = {}): ChannelNeuron {
  const vThNeg = neuron === "if" || slope === 0 ? null : floatTensor([1], [neuron === "signed" ? 1 : 1 / slope]);
  const one = floatTensor([1], [1]);
  const population = {
    neuron,
    activation: twoSloped(slope),
    lambda: one,
    vTh: one,
    vThNeg,
    vInit: 0,
    firingThreshold: 0.5,
    levels: 1,
    ...changes,
  };
  return neuronModels[neuron].neurons(population, 1)[0];
}

/** Spikes and membranes of one neuron under a sequence of currents. */
function trace(neuron: ChannelNeuron, currents: readonly number[], isInteger = false) {
  let v = neuron.start;
  let n = 0;
  const spikes: number[] = [];
  const membranes: number[] = [];
  for (const current of currents) {
    v = integrate(v, current, isInteger);
    const spike = neuron.fire(v, n, 1);
    v -= neuron.given(n, spike, 1);
    n += spike;
    spikes.push(spike);
    membranes.push(v);
  }
  return { spikes, membranes, n };
}

/** Sums of a few decimals are not exact in binary. */
const rounding = 9;

function expectTrace(actual: ReturnType<typeof trace>, spikes: number[], membranes: number[]): void {
  expect(actual.spikes).toEqual(spikes);
  for (const [i, v] of membranes.entries())
    expect(actual.membranes[i], `V after step ${i + 1}`).toBeCloseTo(v, rounding);
}

test("IBT, slope 0.25, by hand", () => {
  const { spikes, membranes } = { spikes: [0, 1, 0, 0, -1, 0], membranes: [0.75, 0.5, -1, -3, -1, -2] };
  expectTrace(trace(parametersOf("ibt", 0.25), [0.75, 0.75, -1.5, -2, -2, -1]), spikes, membranes);
});

test("signed, by hand: nothing is imbalanced", () => {
  expectTrace(
    trace(parametersOf("signed", 0.25), [0.6, 0.6, -0.8, -0.5, -1]),
    [0, 1, 0, -1, -1],
    [0.6, 0.2, -0.6, -0.1, -0.1],
  );
});

test("plain IF, by hand: the negative side is silent", () => {
  expectTrace(trace(parametersOf("if", 0.25), [-3, 1, 2.5, 1, 0]), [0, 0, 0, 1, 0], [-3, -2, 0.5, 0.5, 0.5]);
});

test("initial potential and graded spikes, by hand", () => {
  expectTrace(
    trace(parametersOf("ibt", 0.5, { vInit: 0.5, levels: 3 }), [0.5, 2.75, 5, 0, -9]),
    [1, 2, 3, 2, -3],
    [0, 0.75, 2.75, 0.75, -2.25],
  );
});

test("take-back, slope 0.5, by hand: rounds, and takes a spike back", () => {
  // Charge S: .5 → count 1 (fires at half); 1.4 → 1; .4 → 0: taken back; −1.2 → −0.6 → −1; −1.2 stays; −.8 → −.4 → 0.
  expectTrace(
    trace(parametersOf("takeback", 0.5), [0.5, 0.9, -1, -1.6, 0, 0.4]),
    [1, 0, -1, -1, 0, 1],
    [-0.5, 0.4, 0.4, 0.8, 0.8, -0.8],
  );
});

test("take-back under ReLU: never below zero, at most what the spikes so far allow", () => {
  expectTrace(trace(parametersOf("takeback", 0), [1, -5, -5, 3]), [1, -1, 0, 0], [0, -4, -9, -6]);
});

test("take-back with hysteresis fires later and keeps longer", () => {
  const eager = trace(parametersOf("takeback", 1), [0.55, -0.1]);
  const reluctant = trace(parametersOf("takeback", 1, { firingThreshold: 0.65 }), [0.55, 0.15, -0.3]);
  expect(eager.spikes).toEqual([1, -1]);
  expect(reluctant.spikes).toEqual([0, 1, 0]);
});

test("integer thresholds: 0.5 of an odd one rounds, membranes saturate at ±2³⁰", () => {
  const vTh = tensor("int32", [1], Int32Array.of(7));
  const population: Population = {
    neuron: "takeback",
    activation: { fn: "linear" },
    lambda: floatTensor([1], [1]),
    vTh,
    vThNeg: vTh,
    vInit: 0,
    firingThreshold: 0.5,
    levels: 1,
  };
  expect(neuronParameters(population)[0].fireAt).toBe(4);
  const [neuron] = neuronModels.takeback.neurons(population, 1);
  expect(trace(neuron, [3, 1, 0], true)).toMatchObject({ spikes: [0, 1, 0], membranes: [3, -3, -3] });
  expect(integrate(membraneBound - 1, 5, true)).toBe(membraneBound);
  expect(integrate(-membraneBound, -1, true)).toBe(-membraneBound);
  expect(integrate(membraneBound, -1, true)).toBe(membraneBound - 1);
});

const kinds = fc.constantFrom<NeuronKind>("takeback", "ibt", "signed", "if");
const slopes = fc.constantFrom(0, 0.01, 0.1, 0.25, 1);
const levels = fc.constantFrom(1, 2, 7);
/** Multiples of 1/64 within ±4: sums are exact in float64, so that invariants hold exactly where 1/slope is exact too. */
const currents = fc.array(
  fc.integer({ min: -256, max: 256 }).map((value) => value / 64),
  { maxLength: 60 },
);

test("charge is conserved: what was integrated is in the membrane or was given up for spikes", () => {
  fc.assert(
    fc.property(kinds, slopes, levels, currents, (neuron, slope, k, input) => {
      const parameters = parametersOf(neuron, slope, { levels: k });
      const { spikes, membranes, n } = trace(parameters, input);
      const charge = input.reduce((sum, value) => sum + value, 0);
      const [vTh, vThNeg] = [1, neuron === "signed" ? 1 : 1 / slope];
      const positive = spikes.reduce((sum, spike) => sum + Math.max(0, spike), 0);
      const negative = spikes.reduce((sum, spike) => sum + Math.max(0, -spike), 0);
      const givenUp =
        neuron === "takeback"
          ? n > 0
            ? n * vTh
            : n < 0
              ? n * vThNeg
              : 0
          : vTh * positive - (negative ? vThNeg * negative : 0);
      expect(givenUp + (membranes.at(-1) ?? 0) - charge).toBeCloseTo(0, rounding);
      expect(spikes.every((spike) => Number.isInteger(spike) && Math.abs(spike) <= k)).toBe(true);
    }),
  );
});

test("take-back settles on the rounded activation of its charge, whatever the transient was", () => {
  fc.assert(
    fc.property(slopes, levels, currents, (slope, k, input) => {
      const charge = input.reduce((sum, value) => sum + value, 0);
      const settling = Array.from({ length: 300 }, () => 0);
      const { n } = trace(parametersOf("takeback", slope, { levels: k }), [...input, ...settling]);
      const deserved = charge >= 0 ? charge : slope * charge;
      // Half of a count, and no more; exactly half may stand either way.
      expect(Math.abs(n - deserved)).toBeLessThanOrEqual(0.5 + 1e-9);
    }),
  );
});

test("where the count never has to fall, take-back is the IBT neuron, rounded", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 1, max: 200 }), (current, steps) => {
      const input = Array.from({ length: steps }, () => current / 64);
      const rounded = trace(parametersOf("takeback", 0.1), input);
      const ibt = trace(parametersOf("ibt", 0.1, { vInit: 0.5 }), input);
      expect(rounded.spikes).toEqual(ibt.spikes);
    }),
  );
});
