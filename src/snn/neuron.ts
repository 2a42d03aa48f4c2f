/**
 * The neurons, as pure functions on numbers: the definition that every engine must equal, in float64 (V_th = 1) and in
 * integers (V_th per channel; values are whole numbers and V saturates at ±2^30).
 *
 * Every step, in this order:
 *
 *     integrate  V ← V + I
 *     fire       s = fire(V, n)          s ∈ {−levels … +levels}, n the net count Σs so far
 *     reset      V ← V − given(n, s)     by subtraction: what the spikes stand for is given up, the rest is kept
 *
 * `ibt`, `signed`, `if` (Spiking-YOLO, AAAI 2020, section 3.2): +1 per V_th of V, −1 per V_thNeg below zero.
 * `takeback`: moves n towards the count that the charge so far deserves. With S the charge integrated so far and
 * g(n) = V_th·n for n ≥ 0, V_thNeg·n below, V is S − g(n), and n is right when V is within half of the cost of one
 * more and half of the refund of one less. What a transient fired too much is so taken back by spikes of −1.
 */
import type { Tensor } from "../core/tensor.ts";
import type { NeuronKind, Population } from "../graph/layers.ts";

/** One channel's constants. */
export interface NeuronParameters {
  readonly neuron: NeuronKind;
  readonly vTh: number;
  /** Infinity where nothing negative is sent. */
  readonly vThNeg: number;
  /** Take-back neurons fire at these: `firingThreshold` times the cost of a positive or negative spike. */
  readonly fireAt: number;
  readonly fireAtNeg: number;
  readonly levels: number;
  /** Membrane potential at the start. */
  readonly vStart: number;
}

/** Bound of the membrane in integer graphs. */
export const membraneBound = 2 ** 30;

/** Adds a current; integer membranes stop at ±2^30. */
export function integrate(v: number, current: number, isInteger: boolean): number {
  const sum = v + current;
  return isInteger ? Math.max(-membraneBound, Math.min(membraneBound, sum)) : sum;
}

/** The spike that V and the net count n call for. */
export function fire(v: number, n: number, parameters: NeuronParameters): number {
  return parameters.neuron === "takeback" ? fireTakeback(v, n, parameters) : fireThreshold(v, parameters);
}

/** One spike per whole threshold, at most `levels`. */
function fireThreshold(v: number, { vTh, vThNeg, levels }: NeuronParameters): number {
  if (v >= vTh) return Math.min(levels, Math.floor(v / vTh));
  if (v <= -vThNeg) return -Math.min(levels, Math.floor(-v / vThNeg));
  return 0;
}

/** Steps of one in one direction, at most `levels`, each at its own cost or refund. */
function fireTakeback(v: number, n: number, parameters: NeuronParameters): number {
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

/** The potential that a spike gives up (is refunded, where negative). */
export function given(n: number, spike: number, { neuron, vTh, vThNeg }: NeuronParameters): number {
  if (spike === 0) return 0;
  if (neuron !== "takeback") return spike > 0 ? spike * vTh : spike * vThNeg;
  return chargeOf(n + spike, vTh, vThNeg) - chargeOf(n, vTh, vThNeg);
}

/** g(n): the charge that a net count stands for. */
function chargeOf(n: number, vTh: number, vThNeg: number): number {
  return n === 0 ? 0 : n * (n > 0 ? vTh : vThNeg);
}

/** The constants of every channel of a population. */
export function neuronParameters(population: Population): readonly NeuronParameters[] {
  const { neuron, levels, vInit, firingThreshold } = population;
  const isInteger = isIntegerTensor(population.vTh);
  const scaled = (factor: number, value: number) =>
    isInteger && Number.isFinite(value) ? Math.round(factor * value) : factor * value;
  return Array.from(population.vTh.data, (vTh, channel) => {
    const vThNeg = population.vThNeg ? population.vThNeg.data[channel] : Number.POSITIVE_INFINITY;
    const fireAt = scaled(firingThreshold, vTh);
    return {
      neuron,
      levels,
      vTh,
      vThNeg,
      fireAt,
      fireAtNeg: scaled(firingThreshold, vThNeg),
      vStart: scaled(vInit, vTh),
    };
  });
}

export function isIntegerTensor({ dtype }: Tensor): boolean {
  return dtype !== "float32" && dtype !== "float64";
}
