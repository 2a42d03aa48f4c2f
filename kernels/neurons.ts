/**
 * Neurons over the steps of a tile: eight channels of one position keep V and n in registers while time passes.
 *
 * Parameters, i32 [9][stateStride]: the rows below. A cost is what one spike gives up; "neg" rows hold for net counts below
 * zero (going up) or up to zero (going down), and differ from the others only in take-back neurons. Where nothing negative
 * is sent, costs are above the membrane's bound. Channels that only pad never fire.
 */
import { Frame, Population } from "./structs";
import { Tile, endOf, firstOf } from "./tile";

const FIRE_UP = 0;
const FIRE_UP_NEG = 1;
const FIRE_DOWN = 2;
const FIRE_DOWN_NEG = 3;
const COST_UP = 4;
const COST_UP_NEG = 5;
const COST_DOWN = 6;
const COST_DOWN_NEG = 7;
/** Membranes at the start. */
const START = 8;

/** Neuron kinds: thresholds that do not depend on the net count, and those that do. */
const TAKEBACK = 1;

/** Membranes saturate here. */
const BOUND: i32 = 1 << 30;

// @ts-ignore: decorator
@inline
function integrate(v: v128, current: v128): v128 {
  return i32x4.max_s(i32x4.min_s(i32x4.add(v, current), i32x4.splat(BOUND)), i32x4.splat(-BOUND));
}

// @ts-ignore: decorator
@inline
function choose(mask: v128, ifSet: v128, otherwise: v128): v128 {
  return v128.bitselect(ifSet, otherwise, mask);
}

// @ts-ignore: decorator
@inline
function parameter(population: Population, row: i32, c: i32): v128 {
  return v128.load(population.parameters + ((row * population.stateStride + c) << 2));
}

/**
 * Runs the block's channels of `position` through offsets from … to − 1 of the tile.
 * Spikes go to `spikesAt`, which is the place of the block's first channel in the first slot of the frame `out`.
 * `currents` of offset 0 (int16 not yet shifted, or int32), `stepBytes` from one offset to the next; of no meaning where
 * the current is constant.
 */
export function runNeurons(
  population: Population,
  tile: Tile,
  position: i32,
  block: i32,
  out: Frame,
  spikesAt: usize,
  currents: usize,
  stepBytes: i32,
  from: i32,
  to: i32,
): void {
  const first = block * population.block;
  const channels = min(population.block, ((population.channels + 7) & ~7) - first);
  const integrateFrom = max(from, firstOf(tile, population.lagIn));
  const integrateTo = min(to, endOf(tile, population.lagIn));
  const fireFrom = max(from, firstOf(tile, population.out.lag));
  const fireTo = min(to, endOf(tile, population.out.lag));
  // With a delay, a population first only integrates, then does both, and in the end only fires.
  const onlyIntegrate = min(fireFrom, integrateTo);
  const both = max(integrateFrom, fireFrom);
  const bothTo = min(integrateTo, fireTo);
  const onlyFire = max(fireFrom, integrateTo);
  const mode = population.termCount == 0 ? CONSTANT : population.isShort ? SHORT : LONG;
  const laneShift = mode == SHORT ? 1 : 2;
  for (let c = first; c < first + channels; c += 4) {
    const at = ((position * population.stateStride + c) << 2) as usize;
    const own: usize = mode == CONSTANT ? 0 : currents + ((c - first) << laneShift);
    if (integrateFrom < onlyIntegrate) {
      integrateSteps(population, mode, at, c, own, stepBytes, integrateFrom, onlyIntegrate);
    }
    if (both < bothTo) {
      const spikes = spikesAt + (c - first);
      if (population.levels > 1) {
        gradedSteps(population, out, tile, mode, at, c, own, stepBytes, spikes, both, bothTo, true);
      } else if (mode == CONSTANT && population.isMonotone) {
        monotoneSteps(population, out, tile, at, c, spikes, both, bothTo);
      } else if (population.neuron == TAKEBACK) {
        if (mode == SHORT) takebackShort(population, out, tile, at, c, own, stepBytes, spikes, both, bothTo);
        else if (mode == LONG) takebackLong(population, out, tile, at, c, own, stepBytes, spikes, both, bothTo);
        else takebackConstant(population, out, tile, at, c, own, stepBytes, spikes, both, bothTo);
      } else {
        if (mode == SHORT) thresholdShort(population, out, tile, at, c, own, stepBytes, spikes, both, bothTo);
        else if (mode == LONG) thresholdLong(population, out, tile, at, c, own, stepBytes, spikes, both, bothTo);
        else thresholdConstant(population, out, tile, at, c, own, stepBytes, spikes, both, bothTo);
      }
    }
    if (onlyFire < fireTo) {
      const spikes = spikesAt + (c - first);
      gradedSteps(population, out, tile, mode, at, c, own, stepBytes, spikes, onlyFire, fireTo, false);
    }
  }
}

/** Puts the block's neurons of `position` to their start. */
export function resetNeurons(population: Population, position: i32, block: i32): void {
  const first = block * population.block;
  for (let c = first; c < first + population.block; c += 4) {
    const at = ((position * population.stateStride + c) << 2) as usize;
    v128.store(population.vMem + at, parameter(population, START, c));
    v128.store(population.netCount + at, i32x4.splat(0));
  }
}

/** Where currents come from. */
const CONSTANT = 0;
const SHORT = 1;
const LONG = 2;

// @ts-ignore: decorator
@inline
function constantCurrent(population: Population, at: usize, c: i32): v128 {
  const bias = v128.load(population.bias + (c << 2));
  return population.constant == 0 ? bias : i32x4.add(bias, v128.load(population.constant + at));
}

// @ts-ignore: decorator
@inline
function currentAt(mode: i32, constant: v128, from: usize, shift: i32): v128 {
  if (mode == CONSTANT) return constant;
  const varying = mode == SHORT ? i32x4.shl(v128.load_ext<i16>(from), shift) : v128.load(from);
  return i32x4.add(constant, varying);
}

export function integrateSteps(
  population: Population,
  mode: i32,
  at: usize,
  c: i32,
  currents: usize,
  stepBytes: i32,
  from: i32,
  to: i32,
): void {
  const constant = constantCurrent(population, at, c);
  let v = v128.load(population.vMem + at);
  for (let i = from; i < to; i++) {
    v = integrate(v, currentAt(mode, constant, currents + i * stepBytes, population.shift));
  }
  v128.store(population.vMem + at, v);
}

/** Four spikes to bytes. */
// @ts-ignore: decorator
@inline
function storeSpikes(to: usize, spikes: v128): void {
  const words = i16x8.narrow_i32x4_s(spikes, spikes);
  store<u32>(to, i32x4.extract_lane(i8x16.narrow_i16x8_s(words, words), 0));
}

/**
 * Binary take-back neurons. With "below" and "not above" the signs of the net count, costs are V_th or V_thNeg: each is
 * V_th plus, where the mask says so, the difference. Comparisons are made strict, which is one instruction where ≥ is two.
 */
// @ts-ignore: decorator
@inline
function takebackSteps(
  population: Population,
  out: Frame,
  tile: Tile,
  mode: i32,
  at: usize,
  c: i32,
  currents: usize,
  stepBytes: i32,
  spikes: usize,
  from: i32,
  to: i32,
): void {
  const slotBytes = out.slotBytes;
  const capacity = out.capacity;
  const shift = population.shift;
  const constant = constantCurrent(population, at, c);
  const one = i32x4.splat(1);
  const zero = i32x4.splat(0);
  const vTh = parameter(population, COST_UP, c);
  const moreCost = i32x4.sub(parameter(population, COST_UP_NEG, c), vTh);
  const fireAt = parameter(population, FIRE_UP, c);
  const moreFire = i32x4.sub(parameter(population, FIRE_UP_NEG, c), fireAt);
  const upAbove = i32x4.sub(fireAt, one);
  const downBelow = i32x4.sub(one, fireAt);
  const bound = v128.load_splat<i32>(changetype<usize>(population) + offsetof<Population>("bound"));
  const lowerBound = i32x4.neg(bound);
  let v = v128.load(population.vMem + at);
  let n = v128.load(population.netCount + at);
  let slot = (tile.g0 + from) % capacity;
  let target = spikes + slot * slotBytes;
  let current = currents + from * stepBytes;
  for (let i = from; i < to; i++) {
    v = i32x4.add(v, currentAt(mode, constant, current, shift));
    v = i32x4.max_s(i32x4.min_s(v, bound), lowerBound);
    current += stepBytes;
    const below = i32x4.gt_s(zero, n);
    const above = i32x4.gt_s(n, zero);
    const up = i32x4.gt_s(v, i32x4.add(upAbove, v128.and(below, moreFire)));
    const down = i32x4.gt_s(i32x4.sub(downBelow, v128.andnot(moreFire, above)), v);
    v = i32x4.sub(v, v128.and(up, i32x4.add(vTh, v128.and(below, moreCost))));
    v = i32x4.add(v, v128.and(down, i32x4.add(vTh, v128.andnot(moreCost, above))));
    const sent = i32x4.sub(down, up);
    n = i32x4.add(n, sent);
    storeSpikes(target, sent);
    target += slotBytes;
    if (++slot == capacity) {
      slot = 0;
      target = spikes;
    }
  }
  v128.store(population.vMem + at, v);
  v128.store(population.netCount + at, n);
}

// @ts-ignore: decorator
@inline
function thresholdSteps(
  population: Population,
  out: Frame,
  tile: Tile,
  mode: i32,
  at: usize,
  c: i32,
  currents: usize,
  stepBytes: i32,
  spikes: usize,
  from: i32,
  to: i32,
): void {
  const slotBytes = out.slotBytes;
  const capacity = out.capacity;
  const shift = population.shift;
  const constant = constantCurrent(population, at, c);
  const one = i32x4.splat(1);
  const vTh = parameter(population, COST_UP, c);
  const vThNeg = parameter(population, COST_DOWN, c);
  const upAbove = i32x4.sub(vTh, one);
  const downBelow = i32x4.sub(one, vThNeg);
  const bound = v128.load_splat<i32>(changetype<usize>(population) + offsetof<Population>("bound"));
  const lowerBound = i32x4.neg(bound);
  let v = v128.load(population.vMem + at);
  let n = v128.load(population.netCount + at);
  let slot = (tile.g0 + from) % capacity;
  let target = spikes + slot * slotBytes;
  let current = currents + from * stepBytes;
  for (let i = from; i < to; i++) {
    v = i32x4.add(v, currentAt(mode, constant, current, shift));
    v = i32x4.max_s(i32x4.min_s(v, bound), lowerBound);
    current += stepBytes;
    const up = i32x4.gt_s(v, upAbove);
    const down = i32x4.gt_s(downBelow, v);
    v = i32x4.add(i32x4.sub(v, v128.and(up, vTh)), v128.and(down, vThNeg));
    const sent = i32x4.sub(down, up);
    n = i32x4.add(n, sent);
    storeSpikes(target, sent);
    target += slotBytes;
    if (++slot == capacity) {
      slot = 0;
      target = spikes;
    }
  }
  v128.store(population.vMem + at, v);
  v128.store(population.netCount + at, n);
}

// A function each, exported so that no optimizer merges them: see variants.ts.
export function takebackShort(population: Population, out: Frame, tile: Tile, at: usize, c: i32, currents: usize, stepBytes: i32, spikes: usize, from: i32, to: i32): void {
  takebackSteps(population, out, tile, SHORT, at, c, currents, stepBytes, spikes, from, to);
}
export function takebackLong(population: Population, out: Frame, tile: Tile, at: usize, c: i32, currents: usize, stepBytes: i32, spikes: usize, from: i32, to: i32): void {
  takebackSteps(population, out, tile, LONG, at, c, currents, stepBytes, spikes, from, to);
}
export function takebackConstant(population: Population, out: Frame, tile: Tile, at: usize, c: i32, currents: usize, stepBytes: i32, spikes: usize, from: i32, to: i32): void {
  takebackSteps(population, out, tile, CONSTANT, at, c, currents, stepBytes, spikes, from, to);
}
export function thresholdShort(population: Population, out: Frame, tile: Tile, at: usize, c: i32, currents: usize, stepBytes: i32, spikes: usize, from: i32, to: i32): void {
  thresholdSteps(population, out, tile, SHORT, at, c, currents, stepBytes, spikes, from, to);
}
export function thresholdLong(population: Population, out: Frame, tile: Tile, at: usize, c: i32, currents: usize, stepBytes: i32, spikes: usize, from: i32, to: i32): void {
  thresholdSteps(population, out, tile, LONG, at, c, currents, stepBytes, spikes, from, to);
}
export function thresholdConstant(population: Population, out: Frame, tile: Tile, at: usize, c: i32, currents: usize, stepBytes: i32, spikes: usize, from: i32, to: i32): void {
  thresholdSteps(population, out, tile, CONSTANT, at, c, currents, stepBytes, spikes, from, to);
}

/**
 * Binary neurons under a constant current, from V = 0 and n = 0: all spikes have the current's sign, so that only one
 * side's threshold and cost matter. Negative currents are mirrored: V, n and the spikes change their sign.
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
  const signed = constantCurrent(population, at, c);
  const isNegative = i32x4.shr_s(signed, 31);
  const current = mirror(signed, isNegative);
  const cost = choose(isNegative, parameter(population, COST_DOWN_NEG, c), parameter(population, COST_UP, c));
  const fireAt = choose(isNegative, parameter(population, FIRE_DOWN_NEG, c), parameter(population, FIRE_UP, c));
  const fireAbove = i32x4.sub(fireAt, i32x4.splat(1));
  const bound = v128.load_splat<i32>(changetype<usize>(population) + offsetof<Population>("bound"));
  let v = mirror(v128.load(population.vMem + at), isNegative);
  let fired = i32x4.splat(0);
  let slot = (tile.g0 + from) % capacity;
  let target = spikes + slot * slotBytes;
  for (let i = from; i < to; i++) {
    v = i32x4.min_s(i32x4.add(v, current), bound);
    const fires = i32x4.gt_s(v, fireAbove);
    v = i32x4.sub(v, v128.and(fires, cost));
    fired = i32x4.add(fired, fires);
    // `fires` is −1 where it fires: right where mirrored, to be negated elsewhere.
    storeSpikes(target, i32x4.sub(v128.xor(fires, v128.not(isNegative)), v128.not(isNegative)));
    target += slotBytes;
    if (++slot == capacity) {
      slot = 0;
      target = spikes;
    }
  }
  v128.store(population.vMem + at, mirror(v, isNegative));
  const n = v128.load(population.netCount + at);
  v128.store(population.netCount + at, i32x4.sub(n, mirror(fired, isNegative)));
}

/** −x where the mask is set. */
// @ts-ignore: decorator
@inline
function mirror(x: v128, mask: v128): v128 {
  return i32x4.sub(v128.xor(x, mask), mask);
}

/** Any neuron and any number of levels: one level at a time, until no lane wants another. */
export function gradedSteps(
  population: Population,
  out: Frame,
  tile: Tile,
  mode: i32,
  at: usize,
  c: i32,
  currents: usize,
  stepBytes: i32,
  spikes: usize,
  from: i32,
  to: i32,
  integrates: bool,
): void {
  const levels = population.levels;
  const constant = constantCurrent(population, at, c);
  const fireUp = parameter(population, FIRE_UP, c);
  const fireUpNeg = parameter(population, FIRE_UP_NEG, c);
  const fireDown = parameter(population, FIRE_DOWN, c);
  const fireDownNeg = parameter(population, FIRE_DOWN_NEG, c);
  const costUp = parameter(population, COST_UP, c);
  const costUpNeg = parameter(population, COST_UP_NEG, c);
  const costDown = parameter(population, COST_DOWN, c);
  const costDownNeg = parameter(population, COST_DOWN_NEG, c);
  let v = v128.load(population.vMem + at);
  let n = v128.load(population.netCount + at);
  let slot = (tile.g0 + from) % out.capacity;
  for (let i = from; i < to; i++) {
    if (integrates) v = integrate(v, currentAt(mode, constant, currents + i * stepBytes, population.shift));
    const before = n;
    let active = i32x4.splat(-1);
    for (let level = 0; level < levels; level++) {
      const below = i32x4.shr_s(n, 31);
      active = v128.and(active, i32x4.ge_s(v, choose(below, fireUpNeg, fireUp)));
      if (!v128.any_true(active)) break;
      v = i32x4.sub(v, v128.and(active, choose(below, costUpNeg, costUp)));
      n = i32x4.sub(n, active);
    }
    // Who has gone up does not go down in the same step.
    active = i32x4.eq(n, before);
    for (let level = 0; level < levels; level++) {
      const notAbove = i32x4.lt_s(n, i32x4.splat(1));
      active = v128.and(active, i32x4.le_s(v, i32x4.neg(choose(notAbove, fireDownNeg, fireDown))));
      if (!v128.any_true(active)) break;
      v = i32x4.add(v, v128.and(active, choose(notAbove, costDownNeg, costDown)));
      n = i32x4.add(n, active);
    }
    storeSpikes(spikes + slot * out.slotBytes, i32x4.sub(n, before));
    if (++slot == out.capacity) slot = 0;
  }
  v128.store(population.vMem + at, v);
  v128.store(population.netCount + at, n);
}
