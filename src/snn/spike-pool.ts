/**
 * Max-pooling of spikes, over windows of neurons that have sent net counts n_i(t).
 *
 * `delta`: sends the change of max_i n_i, in units of the step's weight, which is within ± the greatest input spike; the
 * running sum is exactly the maximum of the counts. `winner` (Rueckauer et al. 2017): passes the spike of the neuron with the greatest count,
 * the first such in reading order; its −1 as well.
 *
 * Where counts are kept from frame to frame they are no multiples of a step's weight any more, and a pool tracks as neurons do:
 * with m what it has sent, r = (max_i n_i − m) / w, s = sign(r)·⌊|r| + ½⌋, at most `levels`. In a first frame that is `delta`.
 */
import type { SpikePooling } from "../graph/layers.ts";

/** Spike of one window, given the counts of its members after this step and their spikes of this step. */
export function poolSpike(
  pooling: SpikePooling,
  counts: readonly number[],
  spikes: readonly number[],
  lastMax: number,
  weight = 1,
): number {
  // Whole: at a step of weight w all counts are multiples of w (`phases.ts`).
  if (pooling === "delta") return (maxOf(counts) - lastMax) / weight;
  return spikes[counts.indexOf(maxOf(counts))];
}

/** Spike of one window that tracks the greatest of its counts; m is what it has sent. */
export function trackingPoolSpike(greatest: number, m: number, weight: number, levels: number): number {
  const distance = greatest - m;
  const spikes = Math.min(levels, Math.floor((Math.abs(distance) + weight / 2) / weight));
  return distance < 0 ? 0 - spikes : spikes;
}

/** Greatest of the window's counts. */
export function maxOf(counts: readonly number[]): number {
  let greatest = Number.NEGATIVE_INFINITY;
  for (const count of counts) if (count > greatest) greatest = count;
  return greatest;
}
