/**
 * Trackers: neurons whose net count follows a function of all charge received (`src/snn/neurons/tracker.ts`). Constants come once, in
 * the first step that is integrated.
 *
 * Eight channels of a position keep their state in registers while time passes: two chains of operations, because one alone
 * would wait for its own results. First come steps that only integrate, then those that do both, then those that only fire, for
 * which the function's value stays. What neurons keep is not n but the distance from it to the function's value, which a spike
 * changes by its weight.
 */
import { Piece, Population, Tile } from "../structs";
import { ABOVE, SHIFT_IN, SLOT, STEP_SHIFT, WEIGHT, areSettled, arrives, highSums, lowSums, newConstants, startFollowing } from "./following";
import { TARGET_BITS, goalOf } from "./goal";
import { CONSTANT, currentOf, spikesOf, stateAt, storeEight } from "./parts";

/** A piece of trackers whose currents are of this mode. `isBinary`: no more than one spike is sent at a step. */
// @ts-ignore: decorator
@inline
export function track(mode: i32, isBinary: bool, tile: Tile, piece: Piece): void {
  const steps = startFollowing(tile, piece, TARGET_BITS);
  for (let c = piece.first; c < piece.first + piece.channels; c += 8) {
    for (let p = 0; p < piece.positions; p++) trackEight(mode, isBinary, tile, piece, steps, p, c);
  }
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
): void {
  const population = piece.population;
  const integrateFrom = piece.integrateFrom;
  const integrateTo = piece.integrateTo;
  const fireFrom = piece.fireFrom;
  const fireTo = piece.fireTo;
  const at = stateAt(piece, p, c);
  const target = spikesOf(piece, p, c);
  const rows = population.tracking + (c << 2);
  const stepBytes = piece.stepBytes;
  let current = currentOf(piece, p, c) + integrateFrom * stepBytes;
  const settled = population.settled + (at >> 5);
  let newA = i32x4.splat(0);
  let newB = newA;
  const begins = piece.begins != 0;
  let isMoved = begins;
  if (piece.receives) {
    newA = newConstants(population, tile, at, c);
    newB = newConstants(population, tile, at + 16, c + 4);
    isMoved = !tile.program.goesOn || v128.any_true(v128.or(newA, newB));
  }
  if (mode != CONSTANT && !isMoved) isMoved = arrives(mode, current, stepBytes, integrateTo - integrateFrom);
  if (!isMoved && load<u8>(settled) != 0) {
    for (let i = fireFrom; i < fireTo; i++) store<i64>(target + load<i32>(steps + (i << STEP_SHIFT), SLOT), 0);
    return;
  }
  let chargeA = newA;
  let chargeB = newB;
  let countA = i32x4.splat(0);
  let countB = countA;
  if (!begins) {
    chargeA = i32x4.add(chargeA, v128.load(population.vMem + at));
    chargeB = i32x4.add(chargeB, v128.load(population.vMem + at, 16));
    countA = i32x4.shl(v128.load(population.netCount + at), TARGET_BITS);
    countB = i32x4.shl(v128.load(population.netCount + at, 16), TARGET_BITS);
  }
  if (mode != CONSTANT) {
    for (let i = integrateFrom, end = min(fireFrom, integrateTo); i < end; i++) {
      const shift = load<i32>(steps + (i << STEP_SHIFT), SHIFT_IN);
      chargeA = i32x4.add(chargeA, i32x4.shl(lowSums(mode, current), shift));
      chargeB = i32x4.add(chargeB, i32x4.shl(highSums(mode, current), shift));
      current += stepBytes;
    }
  }
  let isSettled = false;
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
  v128.store(population.netCount + at, i32x4.shr_s(i32x4.sub(goalA, offA), TARGET_BITS));
  v128.store(population.netCount + at, i32x4.shr_s(i32x4.sub(goalB, offB), TARGET_BITS), 16);
  // Where none of the steps fires, the goal is not known.
  isSettled = fireFrom < fireTo && areSettled(i32x4.max_s(i32x4.abs(offA), i32x4.abs(offB)), population);
  v128.store(population.vMem + at, chargeA);
  v128.store(population.vMem + at, chargeB, 16);
  store<u8>(settled, isSettled ? 1 : 0);
}

/** Spikes that take four counts nearer to their goals: as many as may be sent, if they are far enough away. */
// @ts-ignore: decorator
@inline
function spikesTowards(isBinary: bool, population: Population, distance: v128, step: usize): v128 {
  const sign = i32x4.shr_s(distance, 31);
  const above = v128.load_splat<i32>(step, ABOVE);
  if (isBinary) return v128.and(i32x4.gt_s(i32x4.abs(distance), above), v128.or(sign, i32x4.splat(1)));
  const unit = TARGET_BITS + load<i32>(step, WEIGHT);
  const spare = i32x4.sub(i32x4.splat((1 << unit) - 1), above);
  const count = i32x4.shr_s(i32x4.add(i32x4.abs(distance), spare), unit);
  const sent = i32x4.min_s(count, i32x4.splat(population.levels));
  return i32x4.sub(v128.xor(sent, sign), sign);
}

/** What spikes change of the distances. */
// @ts-ignore: decorator
@inline
function changeOf(sent: v128, step: usize): v128 {
  return i32x4.shl(sent, TARGET_BITS + load<i32>(step, WEIGHT));
}
