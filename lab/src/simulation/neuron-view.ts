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
      return {
        ...step,
        charge: step.charge / vTh,
        given: step.given / vTh,
        firesFrom: step.firesFrom === null ? null : step.firesFrom / vTh,
        firesFromNeg: step.firesFromNeg === null ? null : step.firesFromNeg / vTh,
        constant: (inputs.perStep * weights.reduce((a, b) => a + b, 0)) / vTh,
        ...arrived(arrivals, from, weights, vTh),
      };
    }),
  };
}

function weightsOf(from: number, until: number, phases: number): readonly number[] {
  return Array.from({ length: until - from }, (_, i) => stepWeight(from + i + 1, phases));
}

/**
 * What inputs brought in some of their steps, the strongest one by one. All inputs are looked at for every step of a run, thousands of
 * each: only what is told is made an object of.
 */
function arrived(
  arrivals: readonly Arrival[],
  from: number,
  weights: readonly number[],
  vTh: number,
): Pick<NeuronStepView, "inputs" | "others"> {
  const inputs: StepInput[] = [];
  let [count, total] = [0, 0];
  for (const { from: cell, charge: each, spikes: sent } of arrivals) {
    let [spikes, isSilent] = [0, true];
    for (let i = 0; i < weights.length; i++) {
      const spike = sent[from + i];
      if (spike === 0) continue;
      spikes += weights[i] * spike;
      isSilent = false;
    }
    if (isSilent) continue;
    const charge = (spikes * each) / vTh;
    count++;
    total += charge;
    if (inputs.length === strongest && Math.abs(charge) <= Math.abs(inputs[strongest - 1].charge)) continue;
    if (inputs.length === strongest) inputs.pop();
    const weaker = inputs.findIndex((input) => Math.abs(input.charge) < Math.abs(charge));
    inputs.splice(weaker < 0 ? inputs.length : weaker, 0, { cell, spikes, charge });
  }
  const told = inputs.reduce((sum, { charge }) => sum + charge, 0);
  return { inputs, others: { count: count - inputs.length, charge: total - told } };
}
