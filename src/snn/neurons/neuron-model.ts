/** What a kind of neuron is: pure functions on numbers, V in any unit, n the net count of spikes sent so far. */

/** One channel's constants. */
export interface NeuronParameters {
  readonly vTh: number;
  /** Infinity where nothing negative is sent. */
  readonly vThNeg: number;
  /** Take-back neurons fire at these: `firingThreshold` times the cost of a positive or negative spike. */
  readonly fireAt: number;
  readonly fireAtNeg: number;
  /** Greatest spike of a step. */
  readonly levels: number;
  /** Membrane potential at the start. */
  readonly vStart: number;
}

/** A kind's answers to everything that is asked of neurons. One file a kind (or a family of kinds). */
export interface NeuronModel {
  /**
   * V_th,neg in units of V_th for a function with this slope below zero (0 to 1); null where such a neuron sends nothing
   * negative.
   */
  readonly negativeThreshold: (slope: number) => number | null;
  /** Part of V_th at which a neuron that has sent nothing sends its first positive spike. */
  readonly firesAt: (population: { readonly firingThreshold: number }) => number;
  /** Whether the thresholds depend on what has been sent: whether `fire` and `given` look at n. */
  readonly remembersCount: boolean;
  /** The spike, −levels … levels, that the charge V calls for after n. */
  readonly fire: (v: number, n: number, parameters: NeuronParameters) => number;
  /** The potential that this spike gives up (is refunded, where negative). */
  readonly given: (n: number, spike: number, parameters: NeuronParameters) => number;
}
