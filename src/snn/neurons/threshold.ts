/**
 * Neurons whose thresholds stay what they are: +1 per V_th of V, −1 per V_th,neg below zero, reset by subtraction.
 *
 * `ibt`: the signed neuron with imbalanced thresholds, V_th,neg = V_th / slope (Spiking-YOLO, AAAI 2020, section 3.2).
 * `signed`: balanced thresholds. `if`: plain integrate-and-fire, silent below zero (the baseline row of the paper's table).
 */
import { slopeBelow } from "../../functions/functions.ts";
import type { NeuronModel } from "./neuron-model.ts";
import { type NeuronParameters, thresholdNeurons } from "./threshold-parameters.ts";

/** @param forSlope V_th,neg in units of V_th for a function with this slope below zero, which is not 0. */
function thresholdModel(forSlope: (slope: number) => number | null): NeuronModel {
  return {
    follows: (activation) => slopeBelow(activation) !== null,
    negativeThreshold: (activation) => {
      const slope = slopeBelow(activation);
      return slope ? forSlope(slope) : null;
    },
    firesAt: () => 1,
    remembersCount: false,
    receivesAtOnce: false,
    neurons: thresholdNeurons({ fire, given }),
  };
}

export const ibt = thresholdModel((slope) => 1 / slope);
export const signed = thresholdModel(() => 1);
export const plain = thresholdModel(() => null);

/** One spike per whole threshold, at most `levels`. */
function fire(v: number, _n: number, { vTh, vThNeg, levels }: NeuronParameters): number {
  if (v >= vTh) return Math.min(levels, Math.floor(v / vTh));
  if (v <= -vThNeg) return -Math.min(levels, Math.floor(-v / vThNeg));
  return 0;
}

function given(_n: number, spike: number, { vTh, vThNeg }: NeuronParameters): number {
  if (spike === 0) return 0;
  return spike > 0 ? spike * vTh : spike * vThNeg;
}
