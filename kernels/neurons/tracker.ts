/**
 * Trackers: neurons whose net count follows a function of all charge received (`src/snn/neurons/tracker.ts`), which is looked up
 * in a table (`src/snn/neurons/integer-target.ts` has the arithmetic and its bounds). Four channels of a position keep S and n in
 * registers while time passes. Constants come once, in the first step that is integrated.
 *
 * population.tracking: i32 [4][stateStride], the rows below, and behind them i32 [phases + 1], how far a count may be from its target
 * before it moves, by log₂ of the step's weight. population.targets: i32 [steps of the table][2], value and the way to the next.
 */
import { Piece, Population, Tile } from "../structs";
import { endOf, firstOf, weightShift } from "../tile";
import { CONSTANT, SHORT, constantCurrent, storeSpikes } from "./parts";

const BEFORE = 0;
const GREATEST_CHARGE = 1;
const GREATEST_VALUE = 2;
const BEHIND = 3;
const ROWS = 4;

/** As in integer-target.ts. */
const TARGET_BITS = 8;
const STEP_BITS = 10;
const REACH = 1 << 20;

/** A piece of trackers whose currents are of this mode. */
// @ts-ignore: decorator
@inline
export function track(mode: i32, tile: Tile, piece: Piece): void {
  const population = piece.population;
  const out = piece.out;
  const first = piece.first;
  const from = piece.from;
  const to = piece.to;
  const stepBytes = piece.stepBytes;
  const stateBytes = population.stateStride << 2;
  const distances = population.tracking + ROWS * stateBytes;
  const beforeShift = population.beforeShift;
  const behindShift = population.behindShift;
  const targets = population.targets;
  const levels = i32x4.splat(population.levels);
  const integrateFrom = max(from, firstOf(tile, population.lagIn));
  const integrateTo = min(to, endOf(tile, population.lagIn));
  const fireFrom = max(from, firstOf(tile, out.lag));
  const fireTo = min(to, endOf(tile, out.lag));
  const onceAt = population.lagIn - tile.g0;
  const shift = mode == SHORT ? population.shift : 0;
  const laneShift = mode == SHORT ? 1 : 2;
  const receives =
    onceAt >= integrateFrom && onceAt < integrateTo && (population.constant != 0 || !tile.program.goesOn);
  const start = min(integrateFrom, fireFrom);
  const end = max(integrateTo, fireTo);
  for (let c = 0; c < piece.channels; c += 4) {
    const rows = population.tracking + ((first + c) << 2);
    const before = v128.load(rows + BEFORE * stateBytes);
    const greatestCharge = v128.load(rows + GREATEST_CHARGE * stateBytes);
    const greatestValue = v128.load(rows + GREATEST_VALUE * stateBytes);
    const behind = v128.load(rows + BEHIND * stateBytes);
    for (let p = 0; p < piece.positions; p++) {
      const at = (piece.position + p) * stateBytes + ((first + c) << 2);
      let charge = v128.load(population.vMem + at);
      let n = v128.load(population.netCount + at);
      const current = piece.currents + p * piece.positionBytes + (c << laneShift);
      const target = piece.spikes + p * out.stride + c;
      if (!receives && !v128.any_true(arriving(mode, current, stepBytes, integrateFrom, integrateTo))) {
        const at0 = distanceOf(charge, n, before, beforeShift, greatestCharge, targets, greatestValue, behind, behindShift);
        if (areSettled(at0, distances)) {
          for (let i = fireFrom; i < fireTo; i++)
            store<i32>(target + ((tile.g0 + i) % out.capacity) * out.slotBytes, 0);
          continue;
        }
      }
      for (let i = start; i < end; i++) {
        if (i >= integrateFrom && i < integrateTo) {
          if (i == onceAt) charge = i32x4.add(charge, newConstants(population, tile, at, first + c));
          if (mode != CONSTANT) {
            const step = current + i * stepBytes;
            const sum = mode == SHORT ? v128.load_ext<i16>(step) : v128.load(step);
            charge = i32x4.add(charge, i32x4.shl(sum, shift + weightShift(tile, population.lagIn, i)));
          }
        }
        if (i < fireFrom || i >= fireTo) continue;
        const distance = distanceOf(charge, n, before, beforeShift, greatestCharge, targets, greatestValue, behind, behindShift);
        const weight = weightShift(tile, out.lag, i);
        const spare = (1 << (TARGET_BITS + weight)) - load<i32>(distances + (weight << 2));
        const count = i32x4.shr_s(i32x4.add(i32x4.abs(distance), i32x4.splat(spare)), TARGET_BITS + weight);
        const sign = i32x4.shr_s(distance, 31);
        const sent = i32x4.sub(v128.xor(i32x4.min_s(count, levels), sign), sign);
        n = i32x4.add(n, i32x4.shl(sent, weight));
        storeSpikes(target + ((tile.g0 + i) % out.capacity) * out.slotBytes, sent);
      }
      v128.store(population.vMem + at, charge);
      v128.store(population.netCount + at, n);
    }
  }
}

/** How far four counts are from their targets, in units of 2^−8. */
// @ts-ignore: decorator
@inline
function distanceOf(
  charge: v128,
  n: v128,
  before: v128,
  beforeShift: i32,
  greatestCharge: v128,
  targets: usize,
  greatestValue: v128,
  behind: v128,
  behindShift: i32,
): v128 {
  const clamped = i32x4.max_s(i32x4.min_s(charge, greatestCharge), i32x4.neg(greatestCharge));
  const z = i32x4.add(scaled(clamped, before, beforeShift), i32x4.splat(REACH));
  const value = lookedUp(targets, i32x4.shr_s(z, STEP_BITS), v128.and(z, i32x4.splat((1 << STEP_BITS) - 1)));
  const bounded = i32x4.max_s(i32x4.min_s(value, greatestValue), i32x4.neg(greatestValue));
  return i32x4.sub(scaled(bounded, behind, behindShift), i32x4.shl(n, TARGET_BITS));
}

/** The currents of all steps, or-ed: nothing but zeros where nothing arrives. */
// @ts-ignore: decorator
@inline
function arriving(mode: i32, current: usize, stepBytes: i32, from: i32, to: i32): v128 {
  let any = i32x4.splat(0);
  if (mode == CONSTANT) return any;
  for (let i = from; i < to; i++) {
    const step = current + i * stepBytes;
    any = v128.or(any, mode == SHORT ? v128.load_zero<i64>(step) : v128.load(step));
  }
  return any;
}

/** What four neurons receive once: biases in a first frame, and of the picture what is new since the last one. */
// @ts-ignore: decorator
@inline
export function newConstants(population: Population, tile: Tile, at: usize, c: i32): v128 {
  if (!tile.program.goesOn) return constantCurrent(population, at, c);
  return population.constant == 0 ? i32x4.splat(0) : v128.load(population.constant + at);
}

/**
 * Whether four neurons send nothing through these steps: nothing arrives, and they are as near to their target as the last step, which
 * is the most demanding, wants it.
 */
// @ts-ignore: decorator
@inline
function areSettled(distance: v128, distances: usize): bool {
  return !v128.any_true(i32x4.ge_s(i32x4.abs(distance), v128.load_splat<i32>(distances)));
}

/** ⌊value·factor / 2^shift⌋ of four lanes, by way of 64 bits. */
// @ts-ignore: decorator
@inline
function scaled(value: v128, factor: v128, shift: i32): v128 {
  const low = i64x2.shr_s(i64x2.extmul_low_i32x4_s(value, factor), shift);
  const high = i64x2.shr_s(i64x2.extmul_high_i32x4_s(value, factor), shift);
  return v128.shuffle<i32>(low, high, 0, 2, 4, 6);
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
