/** Neurons that a constant current moves one way only: those of the picture's convolutions. */
import { COST_DOWN_NEG, COST_UP, FIRE_DOWN_NEG, FIRE_UP, choose, constantCurrent, parameter } from "./neuron-parts";
import { Frame, Population } from "./structs";
import { Tile, settledAt } from "./tile";

/**
 * Binary neurons under a constant current, from V = 0 and n = 0, sixteen channels: all spikes have the current's sign, so
 * that only one side's threshold and cost matter. Negative currents are mirrored: V and the spikes change their sign.
 * V + I > FIRE − 1 is asked as V > FIRE − 1 − I, which need not wait for the sum. Four chains of operations keep a processor
 * busy that two would leave waiting.
 */
export function monotoneSteps(
  population: Population,
  out: Frame,
  tile: Tile,
  at: usize,
  c: i32,
  spikes: usize,
  from: i32,
  to: i32,
): void {
  const slotBytes = out.slotBytes;
  const capacity = out.capacity;
  const room = settledAt(tile);
  const vMem = population.vMem + at;
  const isNegative0 = settleMonotone(population, room, at, c);
  const isNegative1 = settleMonotone(population, room + 48, at + 16, c + 4);
  const isNegative2 = settleMonotone(population, room + 96, at + 32, c + 8);
  const isNegative3 = settleMonotone(population, room + 144, at + 48, c + 12);
  const areNegative = i8x16.narrow_i16x8_s(
    i16x8.narrow_i32x4_s(isNegative0, isNegative1),
    i16x8.narrow_i32x4_s(isNegative2, isNegative3),
  );
  // A lane that fires is −1: right where mirrored, to be negated elsewhere.
  v128.store(room, v128.not(areNegative), 192);
  let v0 = mirror(v128.load(vMem), isNegative0);
  let v1 = mirror(v128.load(vMem, 16), isNegative1);
  let v2 = mirror(v128.load(vMem, 32), isNegative2);
  let v3 = mirror(v128.load(vMem, 48), isNegative3);
  let sum = i8x16.splat(0);
  let slot = (tile.g0 + from) % capacity;
  let target = spikes + slot * slotBytes;
  for (let i = from; i < to; i++) {
    const fires0 = i32x4.gt_s(v0, v128.load(room));
    const fires1 = i32x4.gt_s(v1, v128.load(room, 48));
    const fires2 = i32x4.gt_s(v2, v128.load(room, 96));
    const fires3 = i32x4.gt_s(v3, v128.load(room, 144));
    v0 = i32x4.sub(i32x4.add(v0, v128.load(room, 16)), v128.and(fires0, v128.load(room, 32)));
    v1 = i32x4.sub(i32x4.add(v1, v128.load(room, 64)), v128.and(fires1, v128.load(room, 80)));
    v2 = i32x4.sub(i32x4.add(v2, v128.load(room, 112)), v128.and(fires2, v128.load(room, 128)));
    v3 = i32x4.sub(i32x4.add(v3, v128.load(room, 160)), v128.and(fires3, v128.load(room, 176)));
    const fires = i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(fires0, fires1), i16x8.narrow_i32x4_s(fires2, fires3));
    const isPositive = v128.load(room, 192);
    const sent = i8x16.sub(v128.xor(fires, isPositive), isPositive);
    v128.store(target, sent);
    sum = i8x16.add(sum, sent);
    target += slotBytes;
    if (++slot == capacity) {
      slot = 0;
      target = spikes;
    }
  }
  v128.store(vMem, mirror(v0, isNegative0));
  v128.store(vMem, mirror(v1, isNegative1), 16);
  v128.store(vMem, mirror(v2, isNegative2), 32);
  v128.store(vMem, mirror(v3, isNegative3), 48);
  const counts = population.netCount + at;
  addCounts(counts, i16x8.extend_low_i8x16_s(sum));
  addCounts(counts + 32, i16x8.extend_high_i8x16_s(sum));
}

/** Four channels' FIRE − 1 − I, I and cost, mirrored, in memory; gives where I is negative. */
// @ts-ignore: decorator
@inline
function settleMonotone(population: Population, room: usize, at: usize, c: i32): v128 {
  const current = constantCurrent(population, at, c);
  const isNegative = i32x4.shr_s(current, 31);
  const mirrored = mirror(current, isNegative);
  const fireAt = choose(isNegative, parameter(population, FIRE_DOWN_NEG, c), parameter(population, FIRE_UP, c));
  v128.store(room, i32x4.sub(i32x4.sub(fireAt, i32x4.splat(1)), mirrored));
  v128.store(room, mirrored, 16);
  v128.store(room, choose(isNegative, parameter(population, COST_DOWN_NEG, c), parameter(population, COST_UP, c)), 32);
  return isNegative;
}

// @ts-ignore: decorator
@inline
function addCounts(counts: usize, sum: v128): void {
  v128.store(counts, i32x4.add(v128.load(counts), i32x4.extend_low_i16x8_s(sum)));
  v128.store(counts, i32x4.add(v128.load(counts, 16), i32x4.extend_high_i16x8_s(sum)), 16);
}

/** −x where the mask is set. */
// @ts-ignore: decorator
@inline
function mirror(x: v128, mask: v128): v128 {
  return i32x4.sub(v128.xor(x, mask), mask);
}
