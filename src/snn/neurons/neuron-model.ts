/** What a kind of neuron is: pure functions on numbers. V is the membrane, n the net count of spikes sent so far. */
import type { Activation } from "../../functions/function.ts";
import type { Population } from "../../graph/layers.ts";

/** The neurons of one channel: all have the same constants. */
export interface ChannelNeuron {
  /** V at the start. */
  readonly start: number;
  /** The spike, −levels … levels, that V calls for after n, in a step of this weight. */
  readonly fire: (v: number, n: number, weight: number) => number;
  /** The net count that a charge calls for, where the neuron follows any function of it; null where V itself is held against thresholds. */
  readonly target: ((charge: number) => number) | null;
  /** The potential that this spike gives up (is refunded, where negative). */
  readonly given: (n: number, spike: number, weight: number) => number;
}

/** A kind's answers to everything that is asked of neurons. One file a kind (or a family of kinds). */
export interface NeuronModel {
  /** Whether such a neuron's count can follow the function. */
  readonly follows: (activation: Activation) => boolean;
  /** V_th,neg in units of V_th for a function that it follows; null where it has no such threshold. */
  readonly negativeThreshold: (activation: Activation) => number | null;
  /** Part of V_th at which a neuron that has sent nothing sends its first positive spike. */
  readonly firesAt: (population: { readonly firingThreshold: number }) => number;
  /** Whether what it fires depends on what has been sent: whether `fire` and `given` look at n. */
  readonly remembersCount: boolean;
  /** Whether what is constant (a bias, the picture) is received whole before the first step, instead of a part at every step. */
  readonly receivesAtOnce: boolean;
  /** @param frameUnits unit steps of a whole frame: see `src/snn/phases.ts`. */
  readonly neurons: (population: Population, frameUnits: number) => readonly ChannelNeuron[];
}
