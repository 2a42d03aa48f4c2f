/**
 * Trackers of spikes of one level, eight channels of a position at a time in int16: where counts should be is estimated in float32,
 * and rounded to 2^−6 of a count. By how much that may be off is known (`src/snn/neurons/estimated-target.ts`). Where it is too
 * much to tell whether a neuron fires, all eight are looked up exactly (goal.ts).
 *
 * population.estimates: f32 [stateStride / 4][6][4], the rows below. population.bounds: i16 [stateStride / 8][phases + 1][2][8], by log₂
 * of the step's weight: distances beyond which a neuron does not surely rest, and beyond which it surely fires. population.curve:
 * f32 [steps of the table][2], value in the middle of a step and the way through it.
 */
import { Piece, Population, Tile } from "../structs";
import { ABOVE, SCALE, SLOT, STEP_SHIFT, UNIT, WEIGHT, areSettled, arrives, highSums, lowSums, newConstants, startFollowing } from "./following";
import { TARGET_BITS, goalOf } from "./goal";
import { CONSTANT, currentOf, spikesOf, stateAt } from "./parts";

/** Rows of functions of two straight lines: slopes, least and greatest value. */
const ABOVE_ZERO = 0;
const BELOW_ZERO = 16;
const LEAST = 32;
const GREATEST = 48;
/** Of others: a charge's place in the table, its ends, and what its values are in counts. */
const BEFORE = 0;
const FIRST = 16;
const LAST = 64;
const BEHIND = 80;
const ROW_BYTES = 96;

const COUNT_BITS = 6;
/** Bytes of a weight's bounds: two rows of eight. */
const BOUND_SHIFT = 5;
/** 1.5·2^23 as float32: added to a small number, it leaves the nearest whole one in the lowest bits. */
const ROUNDING: i32 = 0x4b400000;

/** A piece of trackers whose currents are of this mode. */
// @ts-ignore: decorator
@inline
export function estimate(mode: i32, isCurve: bool, tile: Tile, piece: Piece): void {
  const population = piece.population;
  const out = piece.out;
  const steps = startFollowing(tile, piece, COUNT_BITS);
  const stateBytes = population.stateStride << 2;
  const positionBytes = piece.positionBytes;
  const stride = out.stride;
  const positions = piece.positions;
  const end = piece.first + piece.channels;
  for (let c = piece.first; c < end; c += 8) {
    let at = stateAt(piece, 0, c);
    let current = currentOf(piece, 0, c) + piece.integrateFrom * piece.stepBytes;
    let target = spikesOf(piece, 0, c);
    for (let p = 0; p < positions; p++) {
      estimateEight(mode, isCurve, tile, piece, steps, c, at, current, target);
      at += stateBytes;
      current += positionBytes;
      target += stride;
    }
  }
}

// @ts-ignore: decorator
@inline
function estimateEight(
  mode: i32,
  isCurve: bool,
  tile: Tile,
  piece: Piece,
  steps: usize,
  c: i32,
  at: usize,
  from: usize,
  target: usize,
): void {
  const population = piece.population;
  const integrateFrom = piece.integrateFrom;
  const integrateTo = piece.integrateTo;
  const fireFrom = piece.fireFrom;
  const fireTo = piece.fireTo;
  const stepBytes = piece.stepBytes;
  const settled = population.settled + (at >> 5);
  const begins = piece.begins != 0;
  let chargeA = i32x4.splat(0);
  let chargeB = chargeA;
  let isMoved = begins;
  if (piece.receives) {
    chargeA = newConstants(population, tile, at, c);
    chargeB = newConstants(population, tile, at + 16, c + 4);
    if (!isMoved) isMoved = v128.any_true(v128.or(chargeA, chargeB));
  }
  if (!isMoved && load<u8>(settled) != 0) {
    if (mode == CONSTANT || !arrives(mode, from, stepBytes, integrateTo - integrateFrom)) {
      for (let i = fireFrom; i < fireTo; i++) store<i64>(target + load<i32>(steps + (i << STEP_SHIFT), SLOT), 0);
      return;
    }
  }
  let n = i16x8.splat(0);
  if (!begins) {
    chargeA = i32x4.add(chargeA, v128.load(population.vMem + at));
    chargeB = i32x4.add(chargeB, v128.load(population.vMem + at, 16));
    const counts = population.netCount + at;
    n = i16x8.shl(i16x8.narrow_i32x4_s(v128.load(counts), v128.load(counts, 16)), COUNT_BITS);
  }
  let current = from;
  if (mode != CONSTANT) {
    for (let i = integrateFrom, end = min(fireFrom, integrateTo); i < end; i++) {
      const scale = v128.load_splat<i32>(steps + (i << STEP_SHIFT), SCALE);
      chargeA = i32x4.add(chargeA, i32x4.mul(lowSums(mode, current), scale));
      chargeB = i32x4.add(chargeB, i32x4.mul(highSums(mode, current), scale));
      current += stepBytes;
    }
  }
  const estimates = population.estimates + (c >> 2) * ROW_BYTES;
  const bounds = population.bounds + (c >> 3) * population.boundBytes;
  let goal = n;
  let isNew = true;
  for (let i = fireFrom; i < fireTo; i++) {
    const step = steps + (i << STEP_SHIFT);
    if (mode != CONSTANT && i < integrateTo) {
      const low = lowSums(mode, current);
      const high = highSums(mode, current);
      current += stepBytes;
      if (v128.any_true(v128.or(low, high))) {
        const scale = v128.load_splat<i32>(step, SCALE);
        chargeA = i32x4.add(chargeA, i32x4.mul(low, scale));
        chargeB = i32x4.add(chargeB, i32x4.mul(high, scale));
        isNew = true;
      }
    }
    if (isNew) {
      goal = estimatedGoals(isCurve, population, estimates, chargeA, chargeB);
      isNew = false;
    }
    const off = i16x8.sub_sat_s(goal, n);
    // Of −2^15 there is no absolute value.
    const distance = i16x8.max_s(off, i16x8.sub_sat_s(i16x8.splat(0), off));
    const bound = bounds + (load<i32>(step, WEIGHT) << BOUND_SHIFT);
    let fires = i16x8.gt_s(distance, v128.load(bound, 16));
    let signs = i16x8.shr_s(off, 15);
    if (v128.any_true(v128.xor(fires, i16x8.gt_s(distance, v128.load(bound))))) {
      const rows = population.tracking + (c << 2);
      const above = v128.load_splat<i32>(step, ABOVE);
      const countA = i32x4.shl(i32x4.extend_low_i16x8_s(n), TARGET_BITS - COUNT_BITS);
      const countB = i32x4.shl(i32x4.extend_high_i16x8_s(n), TARGET_BITS - COUNT_BITS);
      const offA = i32x4.sub(goalOf(population, rows, chargeA), countA);
      const offB = i32x4.sub(goalOf(population, rows + 16, chargeB), countB);
      fires = i16x8.narrow_i32x4_s(i32x4.gt_s(i32x4.abs(offA), above), i32x4.gt_s(i32x4.abs(offB), above));
      signs = i16x8.narrow_i32x4_s(i32x4.shr_s(offA, 31), i32x4.shr_s(offB, 31));
    }
    const sent = v128.and(fires, v128.or(signs, i16x8.splat(1)));
    n = i16x8.add(n, i16x8.mul(sent, v128.load_splat<i16>(step, UNIT)));
    v128.store_lane<i64>(target + load<i32>(step, SLOT), i8x16.narrow_i16x8_s(sent, sent), 0);
  }
  v128.store(population.vMem + at, chargeA);
  v128.store(population.vMem + at, chargeB, 16);
  const count = i16x8.shr_s(n, COUNT_BITS);
  v128.store(population.netCount + at, i32x4.extend_low_i16x8_s(count));
  v128.store(population.netCount + at, i32x4.extend_high_i16x8_s(count), 16);
  // Where none of the steps fires, the goal is not known.
  store<u8>(settled, fireFrom < fireTo && rest(tile, population, bounds, goal, n, c, chargeA, chargeB) ? 1 : 0);
}

/** Whether eight neurons send nothing where nothing arrives: they do not in a step of weight 1, which is the most demanding. */
// @ts-ignore: decorator
@inline
function rest(tile: Tile, population: Population, bounds: usize, goal: v128, n: v128, c: i32, chargeA: v128, chargeB: v128): bool {
  const off = i16x8.sub_sat_s(goal, n);
  const distance = i16x8.max_s(off, i16x8.sub_sat_s(i16x8.splat(0), off));
  if (!v128.any_true(i16x8.gt_s(distance, v128.load(bounds)))) return true;
  if (!tile.program.keepsState || v128.any_true(i16x8.gt_s(distance, v128.load(bounds, 16)))) return false;
  const rows = population.tracking + (c << 2);
  const countA = i32x4.shl(i32x4.extend_low_i16x8_s(n), TARGET_BITS - COUNT_BITS);
  const countB = i32x4.shl(i32x4.extend_high_i16x8_s(n), TARGET_BITS - COUNT_BITS);
  const offA = i32x4.abs(i32x4.sub(goalOf(population, rows, chargeA), countA));
  const offB = i32x4.abs(i32x4.sub(goalOf(population, rows + 16, chargeB), countB));
  return areSettled(i32x4.max_s(offA, offB), population);
}

/** Where eight counts should be, in units of 2^−6. `rows`: their constants. */
// @ts-ignore: decorator
@inline
function estimatedGoals(isCurve: bool, population: Population, rows: usize, chargeA: v128, chargeB: v128): v128 {
  const rounding = i32x4.splat(ROUNDING);
  const a = estimatedFour(isCurve, population, rows, chargeA, rounding);
  const b = estimatedFour(isCurve, population, rows + ROW_BYTES, chargeB, rounding);
  return i16x8.narrow_i32x4_s(i32x4.sub(a, rounding), i32x4.sub(b, rounding));
}

// @ts-ignore: decorator
@inline
function estimatedFour(isCurve: bool, population: Population, rows: usize, charge: v128, rounding: v128): v128 {
  const received = f32x4.convert_i32x4_s(charge);
  let value: v128;
  if (!isCurve) {
    const above = f32x4.mul(received, v128.load(rows, ABOVE_ZERO));
    value = f32x4.pmax(f32x4.mul(received, v128.load(rows, BELOW_ZERO)), above);
  } else {
    const place = f32x4.add(f32x4.mul(received, v128.load(rows, BEFORE)), f32x4.splat(1023.5));
    const within = f32x4.pmin(f32x4.pmax(place, v128.load(rows, FIRST)), v128.load(rows, LAST));
    const rounded = f32x4.add(within, rounding);
    const part = f32x4.sub(within, f32x4.sub(rounded, rounding));
    const entries = v128.and(i32x4.shl(rounded, 3), i32x4.splat(0x3ff8));
    const table = population.curve;
    let first = v128.load_zero<i64>(table + i32x4.extract_lane(entries, 0));
    first = v128.load_lane<i64>(table + i32x4.extract_lane(entries, 1), first, 1);
    let second = v128.load_zero<i64>(table + i32x4.extract_lane(entries, 2));
    second = v128.load_lane<i64>(table + i32x4.extract_lane(entries, 3), second, 1);
    const values = v128.shuffle<i32>(first, second, 0, 2, 4, 6);
    const ways = v128.shuffle<i32>(first, second, 1, 3, 5, 7);
    value = f32x4.mul(f32x4.add(values, f32x4.mul(ways, part)), v128.load(rows, BEHIND));
  }
  const bounded = f32x4.pmin(f32x4.pmax(value, v128.load(rows, LEAST)), v128.load(rows, GREATEST));
  return f32x4.add(bounded, rounding);
}
