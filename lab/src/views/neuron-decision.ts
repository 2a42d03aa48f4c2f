/** What a neuron decides by at a step, in thresholds of that step: the same picture for neurons of every kind. */
import type { NeuronStepView } from "../simulation/protocol.ts";

export interface Decision {
  readonly t: number;
  /** Membrane potential, or how far a tracker's count is from its target, before and after the spike. */
  readonly before: number;
  readonly after: number;
  /** From which it sends +1 and −1; null where it sends no such spike. */
  readonly up: number | null;
  readonly down: number | null;
  readonly spike: number;
}

export function decisionOf(step: NeuronStepView): Decision {
  const { t, weight, charge, given, firesFrom, firesFromNeg, target, reach, sent, spike } = step;
  const scaled = (value: number | null) => (value === null ? null : value / weight);
  if (target !== null && reach !== null) {
    const before = (target - sent) / weight;
    return { t, spike, before, after: before - spike, up: reach / weight, down: -reach / weight };
  }
  return {
    ...{ t, spike, up: scaled(firesFrom), down: scaled(firesFromNeg) },
    ...{ before: charge / weight, after: (charge - given) / weight },
  };
}
