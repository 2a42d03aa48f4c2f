/**
 * Neurons in int16, of which a vector holds twice as many: V = (Q·2^shift + r)·w, where w is what a spike of the step weighs.
 * Weights times their unit, and thresholds, are multiples of 2^shift·w, so that only the bias moves the remainder r. Therefore r is
 * the same for all neurons of a channel. What it carries over into Q, and what Q has to exceed, is known beforehand (schedule.ts).
 *
 * Two sorts of neurons do not fit: those with another remainder, because their membrane was saturated once, and those whose Q
 * comes near a bound, of int16 or of the membrane. This is found out at the latest at the end, before anything has been stored. The
 * caller then runs the same steps in int32.
 */
import { CARRY, COST, COST_MORE, DOWN, DOWN_MORE, REMAINDER, STEP_BYTES, UP, UP_MORE, limitOf, scheduleAt, unitAt, unitBefore } from "./schedule";
import { Piece, Population, Tile } from "../structs";
import { endOf, firstOf, weightShift } from "../tile";
import { currentOf, spikesOf, stateAt } from "./parts";

/** Net counts are kept in int16 within a tile, beginning within ± this: a count that is farther from zero cannot change its sign in a tile. */
const FAR: i16 = 16384;

/**
 * Eight channels from c on of the p-th and the other-th position of a piece (which may be one): two, since both take the same
 * schedule. Their sums are int16 or (`isLong`) int32 and shifted. Gives whether they have been run.
 */
// @ts-ignore: decorator
@inline
export function quotientSteps(
  isTakeback: bool,
  isWeighted: bool,
  isLong: bool,
  tile: Tile,
  piece: Piece,
  c: i32,
  p: i32,
  other: i32,
): bool {
  const population = piece.population;
  const out = piece.out;
  const from = max(piece.from, firstOf(tile, population.lagIn));
  const to = min(piece.to, endOf(tile, out.lag));
  if (from >= to) return true;
  const atA = stateAt(piece, p, c);
  const atB = stateAt(piece, other, c);
  const spikesA = spikesOf(piece, p, c);
  const spikesB = spikesOf(piece, other, c);
  const stepBytes = piece.stepBytes;
  let currentA = currentOf(piece, p, c) + from * stepBytes;
  let currentB = currentOf(piece, other, c) + from * stepBytes;
  const integrateTo = endOf(tile, population.lagIn);
  const slotBytes = out.slotBytes;
  const capacity = out.capacity;
  const shift = population.shift;
  let unit = isWeighted ? unitBefore(population, tile, from) : 0;
  const zero = i16x8.splat(0);

  let step = scheduleAt(population, tile, c, from - 1);
  const before = v128.load(step, REMAINDER);
  step += STEP_BYTES;
  const mask = i32x4.splat((1 << shift) - 1);
  const lowA = i32x4.shr_s(v128.load(population.vMem + atA), unit);
  const highA = i32x4.shr_s(v128.load(population.vMem + atA, 16), unit);
  const lowB = i32x4.shr_s(v128.load(population.vMem + atB), unit);
  const highB = i32x4.shr_s(v128.load(population.vMem + atB, 16), unit);
  const beforeLow = i32x4.extend_low_i16x8_s(before);
  const beforeHigh = i32x4.extend_high_i16x8_s(before);
  const differsLow = v128.or(v128.xor(lowA, beforeLow), v128.xor(lowB, beforeLow));
  const differsHigh = v128.or(v128.xor(highA, beforeHigh), v128.xor(highB, beforeHigh));
  if (v128.any_true(v128.and(v128.or(differsLow, differsHigh), mask))) return false;

  let qA = i16x8.narrow_i32x4_s(i32x4.shr_s(lowA, shift), i32x4.shr_s(highA, shift));
  let qB = i16x8.narrow_i32x4_s(i32x4.shr_s(lowB, shift), i32x4.shr_s(highB, shift));
  /** The greatest |Q| that any lane has had. */
  let greatest = i16x8.max_u(i16x8.abs(qA), i16x8.abs(qB));
  const startA = nearCounts(population.netCount + atA);
  const startB = nearCounts(population.netCount + atB);
  let nA = startA;
  let nB = startB;

  let slot = (tile.g0 + from) % capacity;
  let offset = slot * slotBytes;
  for (let i = from; i < to; i++) {
    let gainA = v128.load(step, CARRY);
    let gainB = gainA;
    if (isWeighted) {
      const unitNow = unitAt(population, tile, i);
      if (unitNow < unit) {
        qA = i16x8.add_sat_s(qA, qA);
        qB = i16x8.add_sat_s(qB, qB);
        greatest = i16x8.max_u(greatest, i16x8.max_u(i16x8.abs(qA), i16x8.abs(qB)));
        unit = unitNow;
      }
    }
    if (!isWeighted || i < integrateTo) {
      const sumA = isLong ? sumsAt(currentA, shift) : v128.load(currentA);
      const sumB = isLong ? sumsAt(currentB, shift) : v128.load(currentB);
      // Sums of int32 may leave int16 themselves.
      if (isLong) greatest = i16x8.max_u(greatest, i16x8.max_u(i16x8.abs(sumA), i16x8.abs(sumB)));
      gainA = isLong ? i16x8.add_sat_s(gainA, sumA) : i16x8.add(gainA, sumA);
      gainB = isLong ? i16x8.add_sat_s(gainB, sumB) : i16x8.add(gainB, sumB);
      if (isLong) greatest = i16x8.max_u(greatest, i16x8.max_u(i16x8.abs(gainA), i16x8.abs(gainB)));
    }
    qA = i16x8.add_sat_s(qA, gainA);
    qB = i16x8.add_sat_s(qB, gainB);
    greatest = i16x8.max_u(greatest, i16x8.max_u(i16x8.abs(qA), i16x8.abs(qB)));
    const up = v128.load(step, UP);
    const down = v128.load(step, DOWN);
    const cost = v128.load(step, COST);
    const costMore = v128.load(step, COST_MORE);
    let upA: v128;
    let upB: v128;
    let downA: v128;
    let downB: v128;
    if (isTakeback) {
      const upMore = v128.load(step, UP_MORE);
      const downMore = v128.load(step, DOWN_MORE);
      const belowA = i16x8.gt_s(zero, nA);
      const aboveA = i16x8.gt_s(nA, zero);
      upA = i16x8.gt_s(qA, i16x8.add(up, v128.and(belowA, upMore)));
      downA = i16x8.gt_s(i16x8.add(down, v128.andnot(downMore, aboveA)), qA);
      qA = i16x8.sub(qA, v128.and(upA, i16x8.add(cost, v128.and(belowA, costMore))));
      qA = i16x8.add(qA, v128.and(downA, i16x8.add(cost, v128.andnot(costMore, aboveA))));
      const belowB = i16x8.gt_s(zero, nB);
      const aboveB = i16x8.gt_s(nB, zero);
      upB = i16x8.gt_s(qB, i16x8.add(up, v128.and(belowB, upMore)));
      downB = i16x8.gt_s(i16x8.add(down, v128.andnot(downMore, aboveB)), qB);
      qB = i16x8.sub(qB, v128.and(upB, i16x8.add(cost, v128.and(belowB, costMore))));
      qB = i16x8.add(qB, v128.and(downB, i16x8.add(cost, v128.andnot(costMore, aboveB))));
    } else {
      upA = i16x8.gt_s(qA, up);
      downA = i16x8.gt_s(down, qA);
      qA = i16x8.add(i16x8.sub(qA, v128.and(upA, cost)), v128.and(downA, costMore));
      upB = i16x8.gt_s(qB, up);
      downB = i16x8.gt_s(down, qB);
      qB = i16x8.add(i16x8.sub(qB, v128.and(upB, cost)), v128.and(downB, costMore));
    }
    const sentA = i16x8.sub(downA, upA);
    const sentB = i16x8.sub(downB, upB);
    if (isWeighted) {
      const weight = weightShift(tile, out.lag, i);
      nA = i16x8.add(nA, i16x8.shl(sentA, weight));
      nB = i16x8.add(nB, i16x8.shl(sentB, weight));
    } else {
      nA = i16x8.add(nA, sentA);
      nB = i16x8.add(nB, sentB);
    }
    const bytes = i8x16.narrow_i16x8_s(sentA, sentB);
    v128.store_lane<i64>(spikesA + offset, bytes, 0);
    v128.store_lane<i64>(spikesB + offset, bytes, 1);
    step += STEP_BYTES;
    currentA += stepBytes;
    currentB += stepBytes;
    offset += slotBytes;
    if (++slot == capacity) {
      slot = 0;
      offset = 0;
    }
  }
  if (v128.any_true(i16x8.ge_u(greatest, i16x8.splat(<i16>limitOf(population, tile, from))))) return false;

  const behind = v128.load(step - STEP_BYTES, REMAINDER);
  const low = i32x4.extend_low_i16x8_s(behind);
  const high = i32x4.extend_high_i16x8_s(behind);
  const gainedA = i16x8.sub(nA, startA);
  const gainedB = i16x8.sub(nB, startB);
  // Both are read before either is stored: they may be one.
  const countLowA = v128.load(population.netCount + atA);
  const countHighA = v128.load(population.netCount + atA, 16);
  const countLowB = v128.load(population.netCount + atB);
  const countHighB = v128.load(population.netCount + atB, 16);
  v128.store(population.netCount + atA, i32x4.add(countLowA, i32x4.extend_low_i16x8_s(gainedA)));
  v128.store(population.netCount + atA, i32x4.add(countHighA, i32x4.extend_high_i16x8_s(gainedA)), 16);
  v128.store(population.netCount + atB, i32x4.add(countLowB, i32x4.extend_low_i16x8_s(gainedB)));
  v128.store(population.netCount + atB, i32x4.add(countHighB, i32x4.extend_high_i16x8_s(gainedB)), 16);
  storeMembrane(population.vMem + atA, i32x4.extend_low_i16x8_s(qA), low, shift, unit);
  storeMembrane(population.vMem + atA + 16, i32x4.extend_high_i16x8_s(qA), high, shift, unit);
  storeMembrane(population.vMem + atB, i32x4.extend_low_i16x8_s(qB), low, shift, unit);
  storeMembrane(population.vMem + atB + 16, i32x4.extend_high_i16x8_s(qB), high, shift, unit);
  return true;
}

/** Eight net counts, moved towards zero where they are far from it. */
// @ts-ignore: decorator
@inline
function nearCounts(at: usize): v128 {
  const counts = i16x8.narrow_i32x4_s(v128.load(at), v128.load(at, 16));
  return i16x8.max_s(i16x8.min_s(counts, i16x8.splat(FAR)), i16x8.splat(<i16>-FAR));
}

// @ts-ignore: decorator
@inline
function storeMembrane(at: usize, quotient: v128, remainder: v128, shift: i32, unit: i32): void {
  v128.store(at, i32x4.shl(i32x4.add(i32x4.shl(quotient, shift), remainder), unit));
}

/** Eight sums of int32, shifted back. */
// @ts-ignore: decorator
@inline
function sumsAt(from: usize, shift: i32): v128 {
  return i16x8.narrow_i32x4_s(i32x4.shr_s(v128.load(from), shift), i32x4.shr_s(v128.load(from, 16), shift));
}
