/**
 * Where a tracker's count should be, exactly: its function is looked up in a table (`src/snn/neurons/integer-target.ts` has the
 * arithmetic and its bounds).
 *
 * population.tracking: i32 [4][stateStride], the rows below, and behind them i32 [phases + 1], how far a count may be from its target
 * before it moves, by log₂ of the step's weight. population.targets: i32 [steps of the table][2], value and the way to the next.
 */
import { Population } from "../structs";

const BEFORE = 0;
const GREATEST_CHARGE = 1;
const GREATEST_VALUE = 2;
const BEHIND = 3;
const ROWS = 4;

/** As in integer-target.ts. */
export const TARGET_BITS = 8;
const STEP_BITS = 10;
const REACH = 1 << 20;

/** i32 [phases + 1]. */
// @ts-ignore: decorator
@inline
export function distancesOf(population: Population): usize {
  return population.tracking + ((ROWS * population.stateStride) << 2);
}

/** Where four counts should be, in units of 2^−8. `rows`: their constants. */
// @ts-ignore: decorator
@inline
export function goalOf(population: Population, rows: usize, charge: v128): v128 {
  const rowBytes = population.stateStride << 2;
  const greatestCharge = v128.load(rows + GREATEST_CHARGE * rowBytes);
  const greatestValue = v128.load(rows + GREATEST_VALUE * rowBytes);
  const clamped = i32x4.max_s(i32x4.min_s(charge, greatestCharge), i32x4.neg(greatestCharge));
  const z = i32x4.add(scaled(clamped, v128.load(rows + BEFORE * rowBytes), population.beforeShift), i32x4.splat(REACH));
  const part = v128.and(z, i32x4.splat((1 << STEP_BITS) - 1));
  const value = lookedUp(population.targets, i32x4.shr_s(z, STEP_BITS), part);
  const bounded = i32x4.max_s(i32x4.min_s(value, greatestValue), i32x4.neg(greatestValue));
  return v128.or(scaled(bounded, v128.load(rows + BEHIND * rowBytes), population.behindShift), i32x4.splat(1));
}

/**
 * ⌊value·factor / 2^shift⌋ of four lanes, by way of 64 bits. Only the lower half is asked for, so that shifts of 64 bits need not keep the
 * sign (few processors have one that does): bits that come in from above are cut off, or the upper half is shifted alone.
 */
// @ts-ignore: decorator
@inline
function scaled(value: v128, factor: v128, shift: i32): v128 {
  const low = i64x2.extmul_low_i32x4_s(value, factor);
  const high = i64x2.extmul_high_i32x4_s(value, factor);
  if (shift >= 32) return i32x4.shr_s(v128.shuffle<i32>(low, high, 1, 3, 5, 7), shift - 32);
  return v128.shuffle<i32>(i64x2.shr_u(low, shift), i64x2.shr_u(high, shift), 0, 2, 4, 6);
}

/** Four entries of the table, and the part of the way to the next that is behind. */
// @ts-ignore: decorator
@inline
function lookedUp(targets: usize, index: v128, part: v128): v128 {
  let first = v128.load_zero<i64>(targets + (i32x4.extract_lane(index, 0) << 3));
  first = v128.load_lane<i64>(targets + (i32x4.extract_lane(index, 1) << 3), first, 1);
  let second = v128.load_zero<i64>(targets + (i32x4.extract_lane(index, 2) << 3));
  second = v128.load_lane<i64>(targets + (i32x4.extract_lane(index, 3) << 3), second, 1);
  const values = v128.shuffle<i32>(first, second, 0, 2, 4, 6);
  const ways = v128.shuffle<i32>(first, second, 1, 3, 5, 7);
  return i32x4.add(values, i32x4.shr_s(i32x4.mul(ways, part), STEP_BITS));
}
