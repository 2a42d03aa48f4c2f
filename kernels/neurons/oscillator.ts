/** Neurons that a constant current moves one way only: those of the picture's convolutions. */
import { Frame, ParameterRow, Piece, Population, Tile } from "../structs";
import { settledAt } from "../tile";
import { choose, constantCurrent, firedFrom, firedTo, parameter, spikesOf, stateAt, storeSpikes } from "./parts";

/** Angles fall short of the truth by less than 1.1 units at the start and at each step. */
const MARGIN: i32 = 8;
/** More lanes in doubt than these are cheaper all together. */
const FEW: i32 = 3;

/**
 * Binary neurons under a constant current, from V = 0 and n = 0, sixteen channels: all spikes have the current's sign, so
 * that only one side's threshold F and cost C matter (negative currents are mirrored), and V stays within F − C … F.
 *
 * So the neuron is an oscillator: its angle (V − F + C)/C lies between 0 and 1 and grows by I/C at each step; where it passes 1, it
 * starts from 0 again and the neuron fires. In units of 2^−16 the angle is an int16 that wraps around by itself. Because it is
 * rounded down, it may pass 1 a step too late. This is possible only where it has come so close to 1 that rounding makes the
 * difference; such lanes, and those whose current exceeds the cost, are run again in full.
 */
export function oscillateSixteen(tile: Tile, piece: Piece, p: i32, c: i32): void {
  const population = piece.population;
  const out = piece.out;
  const at = stateAt(piece, p, c);
  const spikes = spikesOf(piece, p, c);
  const from = firedFrom(tile, piece);
  const to = firedTo(tile, piece);
  const slotBytes = out.slotBytes;
  const capacity = out.capacity;
  const room = settledAt(tile);
  for (let k = 0; k < 4; k++) settleAngles(population, room + (k << 6), at + (k << 4), c + (k << 2));
  const half = i16x8.splat(i16.MIN_VALUE);
  const gainA = i16x8.narrow_i32x4_u(v128.load(room, GAIN), v128.load(room, 64 + GAIN));
  const gainB = i16x8.narrow_i32x4_u(v128.load(room, 128 + GAIN), v128.load(room, 192 + GAIN));
  let angleA = v128.xor(i16x8.narrow_i32x4_u(v128.load(room, ANGLE), v128.load(room, 64 + ANGLE)), half);
  let angleB = v128.xor(i16x8.narrow_i32x4_u(v128.load(room, 128 + ANGLE), v128.load(room, 192 + ANGLE)), half);
  const isPositive = v128.not(
    i8x16.narrow_i16x8_s(
      i16x8.narrow_i32x4_s(v128.load(room, SIGN), v128.load(room, 64 + SIGN)),
      i16x8.narrow_i32x4_s(v128.load(room, 128 + SIGN), v128.load(room, 192 + SIGN)),
    ),
  );
  let nearestA = half;
  let nearestB = half;
  let sum = i8x16.splat(0);
  let slot = (tile.g0 + from) % capacity;
  let target = spikes + slot * slotBytes;
  for (let i = from; i < to; i++) {
    const nextA = i16x8.add(angleA, gainA);
    const nextB = i16x8.add(angleB, gainB);
    // A lane that fires is −1: right where mirrored, to be negated elsewhere.
    const fires = i8x16.narrow_i16x8_s(i16x8.gt_s(angleA, nextA), i16x8.gt_s(angleB, nextB));
    nearestA = i16x8.max_s(nearestA, nextA);
    nearestB = i16x8.max_s(nearestB, nextB);
    angleA = nextA;
    angleB = nextB;
    const sent = i8x16.sub(v128.xor(fires, isPositive), isPositive);
    v128.store(target, sent);
    sum = i8x16.add(sum, sent);
    target += slotBytes;
    if (++slot == capacity) {
      slot = 0;
      target = spikes;
    }
  }
  const steps = to - from;
  const nearest = i16x8.splat(<i16>(i16.MAX_VALUE - steps - MARGIN));
  const excludedA = i16x8.narrow_i32x4_s(v128.load(room, EXCLUDED), v128.load(room, 64 + EXCLUDED));
  const excludedB = i16x8.narrow_i32x4_s(v128.load(room, 128 + EXCLUDED), v128.load(room, 192 + EXCLUDED));
  const isInDoubt = i8x16.narrow_i16x8_s(
    v128.or(excludedA, i16x8.gt_s(nearestA, nearest)),
    v128.or(excludedB, i16x8.gt_s(nearestB, nearest)),
  );
  let bits = i8x16.bitmask(isInDoubt);
  if (popcnt(bits) > FEW) {
    for (let k = 0; k < 4; k++) integrateFour(population, out, tile, at + (k << 4), c + (k << 2), spikes + (k << 2), from, to);
    return;
  }
  const counts = v128.andnot(sum, isInDoubt);
  const countsA = i16x8.extend_low_i8x16_s(counts);
  const countsB = i16x8.extend_high_i8x16_s(counts);
  while (bits != 0) {
    const lane = ctz(bits);
    integrateOne(population, out, tile, at + (lane << 2), c + lane, spikes + lane, from, to);
    bits &= bits - 1;
  }
  const doubtA = i16x8.extend_low_i8x16_s(isInDoubt);
  const doubtB = i16x8.extend_high_i8x16_s(isInDoubt);
  advance(population, at, c, steps, i32x4.extend_low_i16x8_s(countsA), i32x4.extend_low_i16x8_s(doubtA));
  advance(population, at + 16, c + 4, steps, i32x4.extend_high_i16x8_s(countsA), i32x4.extend_high_i16x8_s(doubtA));
  advance(population, at + 32, c + 8, steps, i32x4.extend_low_i16x8_s(countsB), i32x4.extend_low_i16x8_s(doubtB));
  advance(population, at + 48, c + 12, steps, i32x4.extend_high_i16x8_s(countsB), i32x4.extend_high_i16x8_s(doubtB));
}

/** Of four channels, in memory: what a step adds to their angles, their angles, where the current is negative, and where angles do not serve. */
const GAIN = 0;
const ANGLE = 16;
const SIGN = 32;
const EXCLUDED = 48;

// @ts-ignore: decorator
@inline
function settleAngles(population: Population, room: usize, at: usize, c: i32): void {
  const current = constantCurrent(population, at, c);
  const isNegative = i32x4.shr_s(current, 31);
  const mirrored = mirror(current, isNegative);
  const fireAt = choose(isNegative, parameter(population, ParameterRow.FIRE_DOWN_NEG, c), parameter(population, ParameterRow.FIRE_UP, c));
  const cost = choose(isNegative, parameter(population, ParameterRow.COST_DOWN_NEG, c), parameter(population, ParameterRow.COST_UP, c));
  const beyond = i32x4.add(i32x4.sub(mirror(v128.load(population.vMem + at), isNegative), fireAt), cost);
  // A little less than 2^16 by the cost: conversions and products round up at times.
  const scale = f32x4.div(f32x4.splat(65535.9375), f32x4.convert_i32x4_s(cost));
  v128.store(room, i32x4.trunc_sat_f32x4_s(f32x4.mul(f32x4.convert_i32x4_s(mirrored), scale)), GAIN);
  v128.store(room, i32x4.trunc_sat_f32x4_s(f32x4.mul(f32x4.convert_i32x4_s(beyond), scale)), ANGLE);
  v128.store(room, isNegative, SIGN);
  const isOutside = v128.or(i32x4.shr_s(beyond, 31), i32x4.ge_s(beyond, cost));
  v128.store(room, v128.or(isOutside, i32x4.ge_s(mirrored, cost)), EXCLUDED);
}

/** Four membranes and net counts after so many steps and spikes, but for lanes in doubt, which are there already. */
// @ts-ignore: decorator
@inline
function advance(population: Population, at: usize, c: i32, steps: i32, counts: v128, isInDoubt: v128): void {
  const current = constantCurrent(population, at, c);
  const isNegative = i32x4.shr_s(current, 31);
  const cost = choose(isNegative, parameter(population, ParameterRow.COST_DOWN_NEG, c), parameter(population, ParameterRow.COST_UP, c));
  const before = v128.load(population.vMem + at);
  const charge = i32x4.add(before, i32x4.mul(current, i32x4.splat(steps)));
  const after = i32x4.sub(charge, i32x4.mul(counts, cost));
  v128.store(population.vMem + at, choose(isInDoubt, before, after));
  v128.store(population.netCount + at, i32x4.add(v128.load(population.netCount + at), counts));
}

/** One neuron, step by step. */
function integrateOne(population: Population, out: Frame, tile: Tile, at: usize, c: i32, spikes: usize, from: i32, to: i32): void {
  const bias = load<i32>(population.bias + (c << 2));
  const current = population.constant == 0 ? bias : bias + load<i32>(population.constant + at);
  const isNegative = current < 0;
  const fireAt = channelParameter(population, isNegative ? ParameterRow.FIRE_DOWN_NEG : ParameterRow.FIRE_UP, c);
  const cost = channelParameter(population, isNegative ? ParameterRow.COST_DOWN_NEG : ParameterRow.COST_UP, c);
  const spike = isNegative ? -1 : 1;
  const gain = current * spike;
  let v = load<i32>(population.vMem + at) * spike;
  let n = load<i32>(population.netCount + at);
  let slot = (tile.g0 + from) % out.capacity;
  for (let i = from; i < to; i++) {
    v += gain;
    const fires = v >= fireAt;
    const sent = fires ? spike : 0;
    v -= fires ? cost : 0;
    n += sent;
    store<i8>(spikes + slot * out.slotBytes, <i8>sent);
    if (++slot == out.capacity) slot = 0;
  }
  store<i32>(population.vMem + at, v * spike);
  store<i32>(population.netCount + at, n);
}

// @ts-ignore: decorator
@inline
function channelParameter(population: Population, row: i32, c: i32): i32 {
  return load<i32>(population.parameters + ((row * population.stateStride + c) << 2));
}

/** Four neurons, step by step. */
function integrateFour(population: Population, out: Frame, tile: Tile, at: usize, c: i32, spikes: usize, from: i32, to: i32): void {
  const current = constantCurrent(population, at, c);
  const isNegative = i32x4.shr_s(current, 31);
  const mirrored = mirror(current, isNegative);
  const fireAt = choose(isNegative, parameter(population, ParameterRow.FIRE_DOWN_NEG, c), parameter(population, ParameterRow.FIRE_UP, c));
  const cost = choose(isNegative, parameter(population, ParameterRow.COST_DOWN_NEG, c), parameter(population, ParameterRow.COST_UP, c));
  let v = mirror(v128.load(population.vMem + at), isNegative);
  let n = v128.load(population.netCount + at);
  let slot = (tile.g0 + from) % out.capacity;
  for (let i = from; i < to; i++) {
    v = i32x4.add(v, mirrored);
    const fires = i32x4.ge_s(v, fireAt);
    v = i32x4.sub(v, v128.and(fires, cost));
    const sent = i32x4.neg(mirror(fires, isNegative));
    n = i32x4.add(n, sent);
    storeSpikes(spikes + slot * out.slotBytes, sent);
    if (++slot == out.capacity) slot = 0;
  }
  v128.store(population.vMem + at, mirror(v, isNegative));
  v128.store(population.netCount + at, n);
}

/** −x where the mask is set. */
// @ts-ignore: decorator
@inline
function mirror(x: v128, mask: v128): v128 {
  return i32x4.sub(v128.xor(x, mask), mask);
}
