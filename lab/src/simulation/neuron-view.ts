/** An explained neuron as the page draws it: in thresholds, with the strongest of what reached it at each step. */
import type { Arrival, NeuronExplanation } from "../../../src/index.ts";
import { stepWeight } from "../../../src/index.ts";
import type { NeuronStepView, NeuronView, StepInput } from "./protocol.ts";

/** Inputs that are told one by one at each step. */
const strongest = 6;

export function neuronView(explanation: NeuronExplanation, phases: number): NeuronView {
  const { neuron, population, arrivals, inputs, delay, steps } = explanation;
  const vTh = population.vTh.data[neuron.channel];
  const reached = (t: number) => Math.min(t + delay, steps.length);
  return {
    neuron,
    kind: population.neuron,
    fn: population.activation.fn,
    delay,
    synapses: arrivals.length,
    once: inputs.once / vTh,
    steps: steps.map((step): NeuronStepView => {
      const from = step.t === 1 ? 0 : reached(step.t - 1);
      const until = reached(step.t);
      const weights = weightsOf(from, until, phases);
      const all = arrivals.flatMap((arrival) => arrived(arrival, from, weights, vTh));
      const told = all.sort((a, b) => Math.abs(b.charge) - Math.abs(a.charge)).slice(0, strongest);
      const sum = (of: readonly StepInput[]) => of.reduce((total, { charge }) => total + charge, 0);
      return {
        ...step,
        charge: step.charge / vTh,
        given: step.given / vTh,
        firesFrom: step.firesFrom === null ? null : step.firesFrom / vTh,
        firesFromNeg: step.firesFromNeg === null ? null : step.firesFromNeg / vTh,
        constant: (inputs.perStep * weights.reduce((a, b) => a + b, 0)) / vTh,
        inputs: told,
        others: { count: all.length - told.length, charge: sum(all) - sum(told) },
      };
    }),
  };
}

function weightsOf(from: number, until: number, phases: number): readonly number[] {
  return Array.from({ length: until - from }, (_, i) => stepWeight(from + i + 1, phases));
}

/** What one input brought in some of its steps; nothing where it sent nothing. */
function arrived(
  { from: cell, charge, spikes }: Arrival,
  from: number,
  weights: readonly number[],
  vTh: number,
): readonly StepInput[] {
  const sent = weights.map((weight, i) => weight * spikes[from + i]);
  const units = sent.reduce((a, b) => a + b, 0);
  return sent.some((value) => value !== 0) ? [{ cell, spikes: units, charge: (units * charge) / vTh }] : [];
}
