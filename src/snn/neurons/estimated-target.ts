/**
 * The tracker's F, estimated in float32 and rounded to 2^−6 of a count, for engines that look it up exactly only where an estimate does not
 * decide whether a neuron fires. With S all charge so far, by channel, as `integer-target.ts` has it:
 *
 *     two straight lines    F ≈ clamp(max(S·above, S·below))
 *     any other             p = clamp(S·before + 1023.5),  i the nearest whole number,  F ≈ clamp((m_i + w_i·(p − i))·behind)
 *
 * where m_i is the table's value in the middle of its step i, and w_i the way through it.
 *
 * The error. In units of a table's value, F's z and y are rounded down once each, and entries were rounded: with L the steepest slope,
 * that is at most L + 1 (+ ½ where straight lines stand for the table). F itself is rounded down and made odd: 2^−8. Float32 has
 * 24 bits for products of 21 or less, and a point near a step's end may be taken for one of the next step: together below L + 1 of
 * these units and 0.1 of 2^−8. Rounding to 2^−6 adds half of that.
 */
import { slopeBelow } from "../../functions/functions.ts";
import type { Population } from "../../graph/layers.ts";
import { type IntegerTarget, tableSteps } from "./integer-target.ts";
import { distanceBeforeFiring } from "./tracker.ts";

/** Estimates are whole multiples of 2^−this. */
const estimateBits = 6;
/** Of F, in units of an estimate. */
const unitsOfTarget = 2 ** (estimateBits - 8);
/** Of a frame. Counts end a quarter above, a spike takes them at most half a frame further, and int16 has room for 511. */
const greatestUnits = 2 ** 8 - 1;

/** All by channel; F and errors in units of an estimate. */
export interface EstimatedTarget {
  readonly rows: Readonly<Record<"least" | "greatest", Float32Array>> &
    (
      | Readonly<Record<"above" | "below", Float32Array>>
      | Readonly<Record<"before" | "first" | "last" | "behind", Float32Array>>
    );
  readonly error: Float32Array;
  /** [tableSteps][m_i, w_i]; absent where F is two straight lines. */
  readonly curve: Float32Array | undefined;
}

/** Pre-activation of a step of the table, in units of its values, and the place of 0. */
const stepUnits = 2 ** 10;
const middle = tableSteps / 2 - 0.5;

/** Whether counts of frames of so many units can be held in int16. */
export function canEstimate(frameUnits: number): boolean {
  return frameUnits <= greatestUnits;
}

export function estimatedTarget(
  { activation }: Pick<Population, "activation">,
  target: IntegerTarget,
): EstimatedTarget {
  const { table, before, beforeShift, greatestCharge, behind, behindShift, greatestValue } = target;
  const slope = slopeBelow(activation);
  const rates = Float64Array.from(before, (factor) => factor / 2 ** beforeShift);
  const counts = Float64Array.from(behind, (factor) => (factor / 2 ** behindShift) * unitsOfTarget);
  const row = (at: (c: number) => number) => Float32Array.from(before, (_, c) => at(c));
  const ends = row((c) => greatestValue[c] * counts[c]);
  const error = row((c) => (2 * steepest(table) + 2.5) * counts[c] + 1.1 * unitsOfTarget + 0.5);
  if (slope === null) {
    const curve = Float32Array.from({ length: 2 * tableSteps }, (_, k) => {
      const [from, to] = [table[k >> 1], table[(k >> 1) + 1]];
      return k % 2 === 0 ? (from + to) / 2 : to - from;
    });
    const reach = (c: number) => (greatestCharge[c] * rates[c]) / stepUnits;
    const rows = {
      before: row((c) => rates[c] / stepUnits),
      first: row((c) => middle - reach(c)),
      last: row((c) => middle + reach(c)),
      behind: row((c) => counts[c]),
      least: ends.map((value) => -value),
      greatest: ends,
    };
    return { rows, error, curve };
  }
  const above = row((c) => rates[c] * counts[c]);
  const below = row((c) => rates[c] * counts[c] * slope);
  // Charges are clamped as well, which shows where a function falls little below zero.
  const least = row((c) => Math.max(-ends[c], -greatestCharge[c] * below[c]));
  const greatest = row((c) => Math.min(ends[c], greatestCharge[c] * above[c]));
  return { rows: { above, below, least, greatest }, error, curve: undefined };
}

/**
 * Errors as eight channels at a time meet them, in units of an estimate: the greatest of each eight, since one channel that an estimate
 * does not decide has all eight looked up; the mean of these.
 */
export function errorOfEights({ error }: Pick<EstimatedTarget, "error">): number {
  let sum = 0;
  for (let c = 0; c < error.length; c += 8) sum += error.subarray(c, c + 8).reduce((a, b) => Math.max(a, b));
  return sum / Math.ceil(error.length / 8);
}

/**
 * Estimated distances, in units of an estimate, up to which a neuron surely rests in a step of this weight, and beyond which it
 * surely fires, where estimates are off by at most `error`.
 */
export function restsAndFires(
  population: Pick<Population, "firingThreshold" | "leadingThreshold">,
  weight: number,
  error: number,
): { readonly rests: number; readonly fires: number } {
  // Distances are odd or even multiples of 2^−8; between the last that rests and the first that fires is the middle.
  const between = distanceBeforeFiring(population, weight) * 2 ** estimateBits - unitsOfTarget / 2;
  return {
    rests: Math.max(-1, Math.ceil(between - error) - 1),
    fires: Math.min(2 ** 15 - 2, Math.floor(between + error)),
  };
}

/** Of straight lines between a table's entries. */
function steepest(table: Int32Array): number {
  let way = 0;
  for (let i = 0; i < tableSteps; i++) way = Math.max(way, Math.abs(table[i + 1] - table[i]));
  return way / stepUnits;
}
