/**
 * The tracker: a neuron whose net count follows any function of the charge that it has received. With S all charge so far
 * and F the function scaled to counts (λ·n/U stands for f(λ·S/(V_th·U)), U the unit steps of a frame),
 *
 *     F(S) = U·f(λ·S / (V_th·U)) / λ
 *     fire   r = (F(S) − n) / w      s = sign(r)·⌊|r| + 1 − θ_w⌋, at most `levels`;   θ_w = ½ rounds to nearest
 *     reset  nothing: V is S
 *
 * F ends a quarter beyond ±U, which stand for ±λ.
 *
 * What is constant (biases, the picture) is received whole before the first step, so that S estimates its final value from the
 * first digits on; so F need be neither monotone nor homogeneous. For functions of two straight lines this is the take-back
 * neuron, up to when constants are received.
 *
 * Relatives: few-spikes neurons (Stöckl & Maass, Nature Machine Intelligence 2021: any function, of one fixed input), ST-BIF
 * (SpikeZIP, ICML 2024), sigma-delta networks (O'Connor & Welling, 2016), cumulative differences (DCGS, ICML 2025).
 */
import { valueAt } from "../../functions/functions.ts";
import type { Population } from "../../graph/layers.ts";
import { headroom, integerTarget, targetBits } from "./integer-target.ts";
import type { ChannelNeuron, NeuronModel } from "./neuron-model.ts";
import { isIntegerTensor } from "./threshold-parameters.ts";

export const tracker: NeuronModel = {
  follows: () => true,
  negativeThreshold: () => null,
  firesAt: ({ firingThreshold }) => firingThreshold,
  remembersCount: true,
  receivesAtOnce: true,
  neurons: (population, frameUnits) =>
    targetsOf(population, frameUnits).map((target) => trackerNeuron(target, population)),
};

/** How far from its target a count may be before it moves, in a step of this weight: θ_w·w, in multiples of 2^−8. */
export function distanceBeforeFiring(
  { firingThreshold, leadingThreshold }: Pick<Population, "firingThreshold" | "leadingThreshold">,
  weight: number,
): number {
  const threshold = weight > 1 ? (leadingThreshold ?? firingThreshold) : firingThreshold;
  return Math.round(threshold * weight * 2 ** targetBits) / 2 ** targetBits;
}

/** The spike of a step of this weight whose count is so far below its target. */
export function spikesTowards(
  distance: number,
  weight: number,
  population: Pick<Population, "firingThreshold" | "leadingThreshold" | "levels">,
): number {
  const spikes = Math.floor((Math.abs(distance) + weight - distanceBeforeFiring(population, weight)) / weight);
  const sent = Math.min(population.levels, spikes);
  return distance < 0 ? 0 - sent : sent;
}

function trackerNeuron(target: (charge: number) => number, population: Population): ChannelNeuron {
  return {
    start: 0,
    target,
    fire: (charge, n, weight) => spikesTowards(target(charge) - n, weight, population),
    given: () => 0,
  };
}

/** F of each channel. */
function targetsOf(population: Population, frameUnits: number): readonly ((charge: number) => number)[] {
  if (isIntegerTensor(population.vTh)) {
    const target = integerTarget(population, frameUnits);
    return Array.from(population.vTh.data, (_, c) => (charge: number) => target(charge, c));
  }
  const { activation, lambda, vTh } = population;
  return Array.from(vTh.data, (threshold, c) => {
    const unit = lambda.data[c] / frameUnits;
    const greatest = headroom * frameUnits;
    return (charge: number) => {
      if (unit === 0) return 0;
      const count = valueAt(activation, (unit * charge) / threshold) / unit;
      return Math.max(-greatest, Math.min(greatest, count));
    };
  });
}
