/**
 * The take-back neuron moves n towards the count that the charge so far deserves. With S the charge integrated so far and
 * g(n) = V_th·n for n ≥ 0, V_th,neg·n below, V is S − g(n), and n is right when V is within half of the cost of one
 * more and half of the refund of one less. What a transient fired too much is so taken back by spikes of −1.
 */
import { slopeBelow } from "../../functions/functions.ts";
import type { NeuronModel } from "./neuron-model.ts";
import { type NeuronParameters, thresholdNeurons } from "./threshold-parameters.ts";

export const takeback: NeuronModel = {
  follows: (activation) => slopeBelow(activation) !== null,
  negativeThreshold: (activation) => {
    const slope = slopeBelow(activation);
    return slope ? 1 / slope : null;
  },
  firesAt: ({ firingThreshold }) => firingThreshold,
  remembersCount: true,
  receivesAtOnce: false,
  neurons: thresholdNeurons({ fire, given }),
};

/** Steps of one in one direction, at most `levels`, each at its own cost or refund. */
function fire(v: number, n: number, parameters: NeuronParameters): number {
  const { fireAt, fireAtNeg, levels } = parameters;
  let spike = 0;
  let rest = v;
  while (spike < levels && rest >= (n + spike >= 0 ? fireAt : fireAtNeg)) {
    rest -= given(n + spike, 1, parameters);
    spike++;
  }
  if (spike > 0) return spike;
  while (spike > -levels && rest <= -(n + spike > 0 ? fireAt : fireAtNeg)) {
    rest -= given(n + spike, -1, parameters);
    spike--;
  }
  return spike;
}

function given(n: number, spike: number, { vTh, vThNeg }: NeuronParameters): number {
  return spike === 0 ? 0 : chargeOf(n + spike, vTh, vThNeg) - chargeOf(n, vTh, vThNeg);
}

/** g(n): the charge that a net count stands for. */
function chargeOf(n: number, vTh: number, vThNeg: number): number {
  return n === 0 ? 0 : n * (n > 0 ? vTh : vThNeg);
}
