/**
 * The tracker's F in integers, so that all engines agree to the last bit. A table of f with straight lines between its
 * entries, shared by all channels; what differs from channel to channel is a factor before it and one behind:
 *
 *     z = ⌊clamp(S)·before_c / 2^beforeShift⌋        pre-activation in units of 2^(k − 16), within ±16·2^k
 *     y = f_i + ⌊(f_{i+1} − f_i)·(z mod 2^10) / 2^10⌋    activation in the same units; i counts steps of 2^(k − 6)
 *     F = ⌊clamp(y)·behind_c / 2^behindShift⌋ | 1     counts in units of 2^−8, at most a quarter above those that stand for λ
 *
 * F is odd, so it never lies in the middle between two counts: a train that ends with the nearest count ends with the same one,
 * whatever the weights of its steps.
 *
 * k is the least from 0 on for which the table reaches a third beyond every λ: beyond its ends a count could not follow anyway.
 * Every product is below 2^53: exact in float64 as well.
 *
 * Error, in counts U·|error of f|/λ: f of curvature at most C is off by C·2^(2k − 15) between entries, and by 2^(k − 16) for each
 * of three roundings; before_c and behind_c by a part in 2^11 at worst, where channels differ by that much.
 */
import { valueAt } from "../../functions/functions.ts";
import type { Population } from "../../graph/layers.ts";

/** Targets, and what they are compared with, are whole multiples of 2^−this. */
export const targetBits = 8;
/** Fractional bits of z and y (of 2^k), and of a step of the table. */
const valueBits = 16;
const stepBits = 10;
/** Entries; the table begins at −16·2^k, and one more entry ends its last step. */
export const tableSteps = 2048;
const reach = tableSteps * 2 ** (stepBits - 1);
/** Greatest factors: S is within 2^30 and y within 2^21. */
const greatestBefore = 2 ** 22;
const greatestBehind = 2 ** 31 - 1;
/** Targets end at so many times the count that stands for λ. */
export const headroom = 1.25;

export interface IntegerTarget {
  /** f at the table's steps, in units of 2^(k − 16): [tableSteps + 1]. */
  readonly table: Int32Array;
  /** All that follows by channel. S is clamped to ± this first, y to ± the other; 0 for channels without λ. */
  readonly greatestCharge: Int32Array;
  readonly before: Int32Array;
  readonly greatestValue: Int32Array;
  readonly behind: Int32Array;
  readonly beforeShift: number;
  readonly behindShift: number;
}

/** The constants of a population with integer thresholds: what kernels read. */
export function integerTargetConstants(population: Population, frameUnits: number): IntegerTarget {
  const { activation, lambda, vTh } = population;
  const greatestLambda = lambda.data.reduce((a, b) => Math.max(a, b), 0);
  const k = Math.max(0, Math.ceil(Math.log2(greatestLambda / 12)));
  const unit = 2 ** (k - valueBits);
  const table = Int32Array.from({ length: tableSteps + 1 }, (_, i) =>
    Math.round(valueAt(activation, (i * 2 ** stepBits - reach) * unit) / unit),
  );
  const isDead = (c: number) => lambda.data[c] === 0;
  const rates = Array.from(lambda.data, (value, c) => (isDead(c) ? 0 : value / (vTh.data[c] * frameUnits) / unit));
  const [before, beforeShift] = scaled(rates, greatestBefore);
  const counts = Array.from(lambda.data, (value, c) =>
    isDead(c) ? 0 : ((unit * frameUnits) / value) * 2 ** targetBits,
  );
  const [behind, behindShift] = scaled(counts, greatestBehind);
  return {
    table,
    before,
    beforeShift,
    greatestCharge: before.map((factor) =>
      factor === 0 ? 0 : Math.min(2 ** 30, Math.floor(((reach - 1) * 2 ** beforeShift) / factor)),
    ),
    behind,
    behindShift,
    greatestValue: Int32Array.from(lambda.data, (value) => Math.min(2 ** 21, Math.floor((headroom * value) / unit))),
  };
}

/** F of a population with integer thresholds, in counts: whole multiples of 2^−8. */
export function integerTarget(population: Population, frameUnits: number): (charge: number, channel: number) => number {
  const { table, greatestCharge, before, beforeShift, greatestValue, behind, behindShift } = integerTargetConstants(
    population,
    frameUnits,
  );
  const clamp = (value: number, greatest: number) => Math.max(-greatest, Math.min(greatest, value));
  return (charge, c) => {
    const z = Math.floor((clamp(charge, greatestCharge[c]) * before[c]) / 2 ** beforeShift) + reach;
    const i = Math.floor(z / 2 ** stepBits);
    const part = z - i * 2 ** stepBits;
    const y = table[i] + Math.floor(((table[i + 1] - table[i]) * part) / 2 ** stepBits);
    return (Math.floor((clamp(y, greatestValue[c]) * behind[c]) / 2 ** behindShift) | 1) / 2 ** targetBits;
  };
}

/** Whole numbers up to `greatest` that stand for the factors, and by how many bits they are too large. */
function scaled(factors: readonly number[], greatest: number): readonly [Int32Array, number] {
  const largest = factors.reduce((a, b) => Math.max(a, b), 0);
  if (largest === 0) return [new Int32Array(factors.length), 0];
  // Shifts of 64-bit lanes go up to 63; no factor of a network is so small.
  const shift = Math.max(0, Math.min(62, Math.floor(Math.log2(greatest / largest))));
  return [Int32Array.from(factors, (factor) => Math.min(greatest, Math.round(factor * 2 ** shift))), shift];
}
