/**
 * Trackers: neurons whose net count follows a function of all charge received (`src/snn/neurons/tracker.ts`), which is looked up
 * in a table (`src/snn/neurons/integer-target.ts` has the arithmetic and its bounds). Constants come once, in the first step that is
 * integrated.
 *
 * Eight channels of a position keep their state in registers while time passes: two chains of operations, because one alone
 * would wait for its own results. First come steps that only integrate, then those that do both, then those that only fire, for
 * which the function's value stays. What neurons keep is not n but the distance from it to the function's value, which a spike
 * changes by its weight. What steps differ in is written down before: i32 [offset][4], the words below.
 *
 * population.tracking: i32 [4][stateStride], the rows below, and behind them i32 [phases + 1], how far a count may be from its target
 * before it moves, by log₂ of the step's weight. population.targets: i32 [steps of the table][2], value and the way to the next.
 */
import { Piece, Population, Tile } from "../structs";
import { endOf, firstOf, settledAt, weightShift } from "../tile";
import { CONSTANT, SHORT, constantCurrent, currentOf, spikesOf, stateAt, storeEight } from "./parts";

const BEFORE = 0;
const GREATEST_CHARGE = 1;
const GREATEST_VALUE = 2;
const BEHIND = 3;
const ROWS = 4;

/** Of a step: by how much its currents are shifted, the distance above which a spike is sent, what a spike changes of it, where spikes go. */
const SHIFT_IN = 0;
const ABOVE = 4;
const UNIT = 8;
const SLOT = 12;
const STEP_SHIFT = 4;

/** As in integer-target.ts. */
const TARGET_BITS = 8;
const STEP_BITS = 10;
const REACH = 1 << 20;

/** A piece of trackers whose currents are of this mode. `isBinary`: no more than one spike is sent at a step. */
// @ts-ignore: decorator
@inline
export function track(mode: i32, isBinary: bool, tile: Tile, piece: Piece): void {
  const population = piece.population;
  const out = piece.out;
  const integrateFrom = max(piece.from, firstOf(tile, population.lagIn));
  const integrateTo = min(piece.to, endOf(tile, population.lagIn));
  const fireFrom = max(piece.from, firstOf(tile, out.lag));
  const fireTo = min(piece.to, endOf(tile, out.lag));
  const onceAt = population.lagIn - tile.g0;
  const receives = onceAt >= piece.from && onceAt < piece.to && receivesOnce(population, tile);
  const steps = settledAt(tile);
  settleSteps(tile, piece, steps, min(integrateFrom, fireFrom), max(integrateTo, fireTo));
  for (let c = piece.first; c < piece.first + piece.channels; c += 8) {
    for (let p = 0; p < piece.positions; p++) {
      trackEight(mode, isBinary, tile, piece, steps, p, c, integrateFrom, integrateTo, fireFrom, fireTo, receives);
    }
  }
}

/** Whether what comes once a frame comes in this tile: biases in a first frame, and what is new of the picture. */
// @ts-ignore: decorator
@inline
export function receivesOnce(population: Population, tile: Tile): bool {
  const onceAt = population.lagIn - tile.g0;
  if (onceAt < 0 || onceAt >= endOf(tile, population.lagIn)) return false;
  return population.constant != 0 || !tile.program.goesOn;
}

/** Eight channels of the p-th position. */
// @ts-ignore: decorator
@inline
function trackEight(
  mode: i32,
  isBinary: bool,
  tile: Tile,
  piece: Piece,
  steps: usize,
  p: i32,
  c: i32,
  integrateFrom: i32,
  integrateTo: i32,
  fireFrom: i32,
  fireTo: i32,
  receives: bool,
): void {
  const population = piece.population;
  const at = stateAt(piece, p, c);
  const target = spikesOf(piece, p, c);
  const rows = population.tracking + (c << 2);
  const stepBytes = piece.stepBytes;
  let current = currentOf(piece, p, c) + integrateFrom * stepBytes;
  const settled = population.settled + (at >> 5);
  let newA = i32x4.splat(0);
  let newB = newA;
  let isMoved = false;
  if (receives) {
    newA = newConstants(population, tile, at, c);
    newB = newConstants(population, tile, at + 16, c + 4);
    isMoved = !tile.program.goesOn || v128.any_true(v128.or(newA, newB));
  }
  if (mode != CONSTANT && !isMoved) isMoved = arrives(mode, current, stepBytes, integrateTo - integrateFrom);
  if (!isMoved && load<u8>(settled) != 0) {
    for (let i = fireFrom; i < fireTo; i++) store<i64>(target + load<i32>(steps + (i << STEP_SHIFT), SLOT), 0);
    return;
  }
  let chargeA = i32x4.add(v128.load(population.vMem + at), newA);
  let chargeB = i32x4.add(v128.load(population.vMem + at, 16), newB);
  const countA = i32x4.shl(v128.load(population.netCount + at), TARGET_BITS);
  const countB = i32x4.shl(v128.load(population.netCount + at, 16), TARGET_BITS);
  if (mode != CONSTANT) {
    for (let i = integrateFrom, end = min(fireFrom, integrateTo); i < end; i++) {
      const shift = load<i32>(steps + (i << STEP_SHIFT), SHIFT_IN);
      chargeA = i32x4.add(chargeA, i32x4.shl(lowSums(mode, current), shift));
      chargeB = i32x4.add(chargeB, i32x4.shl(highSums(mode, current), shift));
      current += stepBytes;
    }
  }
  let goalA = countA;
  let goalB = countB;
  let i = fireFrom;
  // Distances of the counts from the function's values.
  let offA = i32x4.splat(0);
  let offB = offA;
  if (mode != CONSTANT) {
    for (; i < min(integrateTo, fireTo); i++) {
      const step = steps + (i << STEP_SHIFT);
      const low = lowSums(mode, current);
      const high = highSums(mode, current);
      current += stepBytes;
      // Looking a goal up takes longer than all else: where nothing arrives it stays.
      if (i == fireFrom || v128.any_true(v128.or(low, high))) {
        const shift = load<i32>(step, SHIFT_IN);
        chargeA = i32x4.add(chargeA, i32x4.shl(low, shift));
        chargeB = i32x4.add(chargeB, i32x4.shl(high, shift));
        const nextA = goalOf(population, rows, chargeA);
        const nextB = goalOf(population, rows + 16, chargeB);
        offA = i32x4.add(offA, i32x4.sub(nextA, goalA));
        offB = i32x4.add(offB, i32x4.sub(nextB, goalB));
        goalA = nextA;
        goalB = nextB;
      }
      const sentA = spikesTowards(isBinary, population, offA, step);
      const sentB = spikesTowards(isBinary, population, offB, step);
      offA = i32x4.sub(offA, changeOf(sentA, step));
      offB = i32x4.sub(offB, changeOf(sentB, step));
      storeEight(target + load<i32>(step, SLOT), sentA, sentB);
    }
  }
  if (i < fireTo && i == fireFrom) {
    goalA = goalOf(population, rows, chargeA);
    goalB = goalOf(population, rows + 16, chargeB);
    offA = i32x4.sub(goalA, countA);
    offB = i32x4.sub(goalB, countB);
  }
  for (; i < fireTo; i++) {
    const step = steps + (i << STEP_SHIFT);
    const sentA = spikesTowards(isBinary, population, offA, step);
    const sentB = spikesTowards(isBinary, population, offB, step);
    offA = i32x4.sub(offA, changeOf(sentA, step));
    offB = i32x4.sub(offB, changeOf(sentB, step));
    storeEight(target + load<i32>(step, SLOT), sentA, sentB);
  }
  v128.store(population.vMem + at, chargeA);
  v128.store(population.vMem + at, chargeB, 16);
  v128.store(population.netCount + at, i32x4.shr_s(i32x4.sub(goalA, offA), TARGET_BITS));
  v128.store(population.netCount + at, i32x4.shr_s(i32x4.sub(goalB, offB), TARGET_BITS), 16);
  // Where none of the steps fires, the goal is not known.
  const isSettled = fireFrom < fireTo && areSettled(i32x4.max_s(i32x4.abs(offA), i32x4.abs(offB)), population);
  store<u8>(settled, isSettled ? 1 : 0);
}

/** Writes down what the steps from … to − 1 differ in. */
function settleSteps(tile: Tile, piece: Piece, steps: usize, from: i32, to: i32): void {
  const population = piece.population;
  const out = piece.out;
  const distances = distancesOf(population);
  const shift = piece.mode == SHORT ? population.shift : 0;
  for (let i = from; i < to; i++) {
    const step = steps + (i << STEP_SHIFT);
    // Steps before the first that fires have no weight of their own.
    const weight = i >= firstOf(tile, out.lag) ? weightShift(tile, out.lag, i) : 0;
    store<i32>(step, shift + weightShift(tile, population.lagIn, i), SHIFT_IN);
    store<i32>(step, load<i32>(distances + (weight << 2)) - 1, ABOVE);
    store<i32>(step, 1 << (TARGET_BITS + weight), UNIT);
    store<i32>(step, ((tile.g0 + i) % out.capacity) * out.slotBytes, SLOT);
  }
}

/** i32 [phases + 1]. */
// @ts-ignore: decorator
@inline
function distancesOf(population: Population): usize {
  return population.tracking + ((ROWS * population.stateStride) << 2);
}

/** Sums of four channels, and of the four behind them. */
// @ts-ignore: decorator
@inline
function lowSums(mode: i32, from: usize): v128 {
  return mode == SHORT ? v128.load_ext<i16>(from) : v128.load(from);
}

// @ts-ignore: decorator
@inline
function highSums(mode: i32, from: usize): v128 {
  return mode == SHORT ? v128.load_ext<i16>(from, 8) : v128.load(from, 16);
}

/** Spikes that take four counts nearer to their goals: as many as may be sent, if they are far enough away. */
// @ts-ignore: decorator
@inline
function spikesTowards(isBinary: bool, population: Population, distance: v128, step: usize): v128 {
  const sign = i32x4.shr_s(distance, 31);
  const above = v128.load_splat<i32>(step, ABOVE);
  if (isBinary) return v128.and(i32x4.gt_s(i32x4.abs(distance), above), v128.or(sign, i32x4.splat(1)));
  const unit = load<i32>(step, UNIT);
  const spare = i32x4.sub(i32x4.splat(unit - 1), above);
  const count = i32x4.shr_s(i32x4.add(i32x4.abs(distance), spare), ctz(unit));
  const sent = i32x4.min_s(count, i32x4.splat(population.levels));
  return i32x4.sub(v128.xor(sent, sign), sign);
}

/** What spikes change of the distances. */
// @ts-ignore: decorator
@inline
function changeOf(sent: v128, step: usize): v128 {
  return i32x4.shl(sent, ctz(load<i32>(step, UNIT)));
}

/** Where four counts should be, in units of 2^−8. `rows`: their constants. */
// @ts-ignore: decorator
@inline
function goalOf(population: Population, rows: usize, charge: v128): v128 {
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

/** Whether anything arrives at eight channels in so many steps. */
// @ts-ignore: decorator
@inline
function arrives(mode: i32, current: usize, stepBytes: i32, steps: i32): bool {
  let any = i32x4.splat(0);
  for (let i = 0; i < steps; i++) {
    any = v128.or(any, v128.load(current));
    if (mode != SHORT) any = v128.or(any, v128.load(current, 16));
    current += stepBytes;
  }
  return v128.any_true(any);
}

/** What four neurons receive once: biases in a first frame, and of the picture what is new since the last one. */
// @ts-ignore: decorator
@inline
export function newConstants(population: Population, tile: Tile, at: usize, c: i32): v128 {
  if (!tile.program.goesOn) return constantCurrent(population, at, c);
  return population.constant == 0 ? i32x4.splat(0) : v128.load(population.constant + at);
}

/**
 * Whether neurons so far from their goals send nothing through these steps, in which nothing arrives: they are as near as the last
 * step, which is the most demanding, wants it.
 */
// @ts-ignore: decorator
@inline
function areSettled(distance: v128, population: Population): bool {
  return !v128.any_true(i32x4.ge_s(distance, v128.load_splat<i32>(distancesOf(population))));
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
