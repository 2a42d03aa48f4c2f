/**
 * Neurons over the steps of a tile: eight channels of one position keep V and n in registers while time passes.
 *
 * Parameters, i32 [8][stateStride]: the rows below. A cost is what one spike gives up; "neg" rows hold for net counts below
 * zero (going up) or up to zero (going down), and differ from the others only in take-back neurons. Where nothing negative
 * is sent, costs are above the membrane's bound. Channels that only pad never fire.
 */
import { Population } from "./structs";
import { Tile, endOf, firstOf } from "./tile";

const FIRE_UP = 0;
const FIRE_UP_NEG = 1;
const FIRE_DOWN = 2;
const FIRE_DOWN_NEG = 3;
const COST_UP = 4;
const COST_UP_NEG = 5;
const COST_DOWN = 6;
const COST_DOWN_NEG = 7;

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
 * Runs the block's channels c … c + channels − 1 of `position` through offsets from … to − 1 of the tile.
 * `currents`: i32 [step in tile][block], or 0 where the current is constant.
 */
export function runNeurons(
  population: Population,
  tile: Tile,
  position: i32,
  block: i32,
  currents: usize,
  from: i32,
  to: i32,
): void {
  const first = block * population.block;
  const channels = min(population.block, ((population.channels + 7) & ~7) - first);
  const integrateFrom = max(from, firstOf(tile, population.lagIn));
  const integrateTo = min(to, endOf(tile, population.lagIn));
  const fireFrom = max(from, firstOf(tile, population.out.lag));
  const fireTo = min(to, endOf(tile, population.out.lag));
  const levels = population.levels;
  // With a delay, a population first only integrates, then does both, and in the end only fires.
  for (let c = first; c < first + channels; c += 4) {
    const at = ((position * population.stateStride + c) << 2) as usize;
    const current: usize = currents == 0 ? 0 : currents + ((c - first) << 2);
    let start = integrateFrom;
    const onlyIntegrate = min(fireFrom, integrateTo);
    if (start < onlyIntegrate) integrateSteps(population, at, c, current, start, onlyIntegrate);
    start = max(integrateFrom, fireFrom);
    const both = min(integrateTo, fireTo);
    if (start < both) {
      if (levels > 1) gradedSteps(population, tile, at, c, current, position, start, both, true);
      else if (population.neuron == TAKEBACK) takebackSteps(population, tile, at, c, current, position, start, both);
      else thresholdSteps(population, tile, at, c, current, position, start, both);
    }
    start = max(fireFrom, integrateTo);
    if (start < fireTo) gradedSteps(population, tile, at, c, current, position, start, fireTo, false);
  }
}

// @ts-ignore: decorator
@inline
function constantCurrent(population: Population, at: usize, c: i32): v128 {
  const bias = v128.load(population.bias + (c << 2));
  return population.constant == 0 ? bias : i32x4.add(bias, v128.load(population.constant + at));
}

function integrateSteps(population: Population, at: usize, c: i32, currents: usize, from: i32, to: i32): void {
  const blockBytes = population.block << 2;
  const constant = constantCurrent(population, at, c);
  let v = v128.load(population.vMem + at);
  for (let i = from; i < to; i++) {
    let current = constant;
    if (currents != 0) current = i32x4.add(current, v128.load(currents + i * blockBytes));
    v = integrate(v, current);
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

function takebackSteps(
  population: Population,
  tile: Tile,
  at: usize,
  c: i32,
  currents: usize,
  position: i32,
  from: i32,
  to: i32,
): void {
  const out = population.out;
  const blockBytes = population.block << 2;
  const constant = constantCurrent(population, at, c);
  const fireAt = parameter(population, FIRE_UP, c);
  const fireAtNeg = parameter(population, FIRE_UP_NEG, c);
  const vTh = parameter(population, COST_UP, c);
  const vThNeg = parameter(population, COST_UP_NEG, c);
  let v = v128.load(population.vMem + at);
  let n = v128.load(population.netCount + at);
  let slot = (tile.g0 + from) % out.capacity;
  const spikesAt = out.data + position * out.stride + c;
  for (let i = from; i < to; i++) {
    let current = constant;
    if (currents != 0) current = i32x4.add(current, v128.load(currents + i * blockBytes));
    v = integrate(v, current);
    const below = i32x4.shr_s(n, 31);
    const notAbove = i32x4.lt_s(n, i32x4.splat(1));
    const up = i32x4.ge_s(v, choose(below, fireAtNeg, fireAt));
    const down = i32x4.le_s(v, i32x4.neg(choose(notAbove, fireAtNeg, fireAt)));
    v = i32x4.sub(v, v128.and(up, choose(below, vThNeg, vTh)));
    v = i32x4.add(v, v128.and(down, choose(notAbove, vThNeg, vTh)));
    const spikes = i32x4.sub(down, up);
    n = i32x4.add(n, spikes);
    storeSpikes(spikesAt + slot * out.slotBytes, spikes);
    if (++slot == out.capacity) slot = 0;
  }
  v128.store(population.vMem + at, v);
  v128.store(population.netCount + at, n);
}

function thresholdSteps(
  population: Population,
  tile: Tile,
  at: usize,
  c: i32,
  currents: usize,
  position: i32,
  from: i32,
  to: i32,
): void {
  const out = population.out;
  const blockBytes = population.block << 2;
  const constant = constantCurrent(population, at, c);
  const vTh = parameter(population, COST_UP, c);
  const vThNeg = parameter(population, COST_DOWN, c);
  const fireDown = i32x4.neg(vThNeg);
  let v = v128.load(population.vMem + at);
  let n = v128.load(population.netCount + at);
  let slot = (tile.g0 + from) % out.capacity;
  const spikesAt = out.data + position * out.stride + c;
  for (let i = from; i < to; i++) {
    let current = constant;
    if (currents != 0) current = i32x4.add(current, v128.load(currents + i * blockBytes));
    v = integrate(v, current);
    const up = i32x4.ge_s(v, vTh);
    const down = i32x4.le_s(v, fireDown);
    v = i32x4.add(i32x4.sub(v, v128.and(up, vTh)), v128.and(down, vThNeg));
    const spikes = i32x4.sub(down, up);
    n = i32x4.add(n, spikes);
    storeSpikes(spikesAt + slot * out.slotBytes, spikes);
    if (++slot == out.capacity) slot = 0;
  }
  v128.store(population.vMem + at, v);
  v128.store(population.netCount + at, n);
}

/** Any neuron and any number of levels: one level at a time, until no lane wants another. */
// @ts-ignore: decorator
@inline
function gradedSteps(
  population: Population,
  tile: Tile,
  at: usize,
  c: i32,
  currents: usize,
  position: i32,
  from: i32,
  to: i32,
  integrates: bool,
): void {
  const out = population.out;
  const levels = population.levels;
  const blockBytes = population.block << 2;
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
  const spikesAt = out.data + position * out.stride + c;
  for (let i = from; i < to; i++) {
    if (integrates) {
      let current = constant;
      if (currents != 0) current = i32x4.add(current, v128.load(currents + i * blockBytes));
      v = integrate(v, current);
    }
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
    storeSpikes(spikesAt + slot * out.slotBytes, i32x4.sub(n, before));
    if (++slot == out.capacity) slot = 0;
  }
  v128.store(population.vMem + at, v);
  v128.store(population.netCount + at, n);
}
