/**
 * Neurons over the steps of a tile: eight channels of one position keep V and n in registers while time passes.
 *
 * Parameters, i32 [13][stateStride]: the rows below. A cost is what one spike gives up; "neg" rows hold for net counts below
 * zero (going up) or up to zero (going down), and differ from the others only in take-back neurons. Where nothing negative
 * is sent, costs are above the membrane's bound. Channels that only pad never fire.
 *
 * Membranes saturate, but a tile whose membranes all begin within ± `calm` cannot take them so far, and is spared the
 * comparisons.
 */
import { Frame, Population } from "./structs";
import { Tile, endOf, firstOf, settledAt } from "./tile";

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
/** What binary neurons compare with: FIRE_UP − 1 and 1 − FIRE_DOWN (strict comparisons are one instruction, others two). */
const UP_ABOVE = 9;
const DOWN_BELOW = 10;
/** Take-back neurons: FIRE_UP_NEG − FIRE_UP and COST_UP_NEG − COST_UP. */
const MORE_FIRE = 11;
const MORE_COST = 12;

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
  const isMonotone = mode == CONSTANT && population.isMonotone != 0;
  const isTakeback = mode != CONSTANT && population.neuron == TAKEBACK && population.lagIn == population.out.lag;
  const laneShift = mode == SHORT ? 1 : 2;
  for (let c = first; c < first + channels; c += 8) {
    const at = ((position * population.stateStride + c) << 2) as usize;
    const own: usize = mode == CONSTANT ? 0 : currents + ((c - first) << laneShift);
    const spikes = spikesAt + (c - first);
    const half: usize = mode == CONSTANT ? 0 : own + (4 << laneShift);
    if (integrateFrom < onlyIntegrate) {
      integrateSteps(population, mode, at, c, own, stepBytes, integrateFrom, onlyIntegrate);
      integrateSteps(population, mode, at + 16, c + 4, half, stepBytes, integrateFrom, onlyIntegrate);
    }
    if (both < bothTo) {
      if (population.levels > 1) {
        gradedSteps(population, out, tile, mode, at, c, own, stepBytes, spikes, both, bothTo, true);
        gradedSteps(population, out, tile, mode, at + 16, c + 4, half, stepBytes, spikes + 4, both, bothTo, true);
      } else if (isMonotone && c + 8 < first + channels && isCalm(population, at) && isCalm(population, at + 32)) {
        monotoneSteps(population, out, tile, at, c, spikes, both, bothTo);
        c += 8;
      } else if (isTakeback && c + 8 < first + channels && isCalm(population, at) && isCalm(population, at + 32)) {
        if (mode == SHORT) takebackShortSixteen(population, out, tile, at, c, own, stepBytes, spikes, both, bothTo);
        else takebackLongSixteen(population, out, tile, at, c, own, stepBytes, spikes, both, bothTo);
        c += 8;
      } else {
        const saturates = !isCalm(population, at);
        if (population.neuron == TAKEBACK) {
          if (mode == CONSTANT) takebackConstant(population, out, tile, at, c, own, stepBytes, spikes, both, bothTo);
          else if (saturates) {
            if (mode == SHORT) takebackShortBound(population, out, tile, at, c, own, stepBytes, spikes, both, bothTo);
            else takebackLongBound(population, out, tile, at, c, own, stepBytes, spikes, both, bothTo);
          } else if (mode == SHORT) takebackShort(population, out, tile, at, c, own, stepBytes, spikes, both, bothTo);
          else takebackLong(population, out, tile, at, c, own, stepBytes, spikes, both, bothTo);
        } else if (mode == CONSTANT) {
          thresholdConstant(population, out, tile, at, c, own, stepBytes, spikes, both, bothTo);
        } else if (saturates) {
          if (mode == SHORT) thresholdShortBound(population, out, tile, at, c, own, stepBytes, spikes, both, bothTo);
          else thresholdLongBound(population, out, tile, at, c, own, stepBytes, spikes, both, bothTo);
        } else if (mode == SHORT) thresholdShort(population, out, tile, at, c, own, stepBytes, spikes, both, bothTo);
        else thresholdLong(population, out, tile, at, c, own, stepBytes, spikes, both, bothTo);
      }
    }
    if (onlyFire < fireTo) {
      gradedSteps(population, out, tile, mode, at, c, own, stepBytes, spikes, onlyFire, fireTo, false);
      gradedSteps(population, out, tile, mode, at + 16, c + 4, half, stepBytes, spikes + 4, onlyFire, fireTo, false);
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

/** Whether eight membranes begin within ± `calm`. */
// @ts-ignore: decorator
@inline
function isCalm(population: Population, at: usize): bool {
  const calm = i32x4.splat(population.calm);
  const low = i32x4.gt_s(i32x4.abs(v128.load(population.vMem + at)), calm);
  return !v128.any_true(v128.or(low, i32x4.gt_s(i32x4.abs(v128.load(population.vMem + at, 16)), calm)));
}

/** Where currents come from. */
const CONSTANT = 0;
const SHORT = 1;
const LONG = 2;

// @ts-ignore: decorator
@inline
export function constantCurrent(population: Population, at: usize, c: i32): v128 {
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
  v128.store_lane<i32>(to, i8x16.narrow_i16x8_s(words, words), 0);
}

/** Eight spikes to bytes. */
// @ts-ignore: decorator
@inline
function storeEight(to: usize, low: v128, high: v128): void {
  const words = i16x8.narrow_i32x4_s(low, high);
  v128.store_lane<i64>(to, i8x16.narrow_i16x8_s(words, words), 0);
}

/**
 * Binary take-back neurons, eight channels: two chains of operations, of which one alone would wait for itself. Costs are
 * V_th plus, where the net count is on the negative side, the difference to V_thNeg.
 */
// @ts-ignore: decorator
@inline
function takebackSteps(
  population: Population,
  out: Frame,
  tile: Tile,
  mode: i32,
  saturates: bool,
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
  const zero = i32x4.splat(0);
  const bound = v128.load_splat<i32>(changetype<usize>(population) + offsetof<Population>("bound"));
  const lowerBound = i32x4.neg(bound);
  const halfBytes: usize = mode == SHORT ? 8 : 16;
  const constant0 = constantCurrent(population, at, c);
  const vTh0 = parameter(population, COST_UP, c);
  const moreCost0 = parameter(population, MORE_COST, c);
  const upAbove0 = parameter(population, UP_ABOVE, c);
  const downBelow0 = parameter(population, DOWN_BELOW, c);
  const moreFire0 = parameter(population, MORE_FIRE, c);
  let v0 = v128.load(population.vMem + at);
  let n0 = v128.load(population.netCount + at);
  const constant1 = constantCurrent(population, at + 16, c + 4);
  const vTh1 = parameter(population, COST_UP, c + 4);
  const moreCost1 = parameter(population, MORE_COST, c + 4);
  const upAbove1 = parameter(population, UP_ABOVE, c + 4);
  const downBelow1 = parameter(population, DOWN_BELOW, c + 4);
  const moreFire1 = parameter(population, MORE_FIRE, c + 4);
  let v1 = v128.load(population.vMem + at, 16);
  let n1 = v128.load(population.netCount + at, 16);
  let slot = (tile.g0 + from) % capacity;
  let target = spikes + slot * slotBytes;
  let current = currents + from * stepBytes;
  for (let i = from; i < to; i++) {
    v0 = i32x4.add(v0, currentAt(mode, constant0, current, shift));
    v1 = i32x4.add(v1, currentAt(mode, constant1, current + halfBytes, shift));
    if (saturates) {
      v0 = i32x4.max_s(i32x4.min_s(v0, bound), lowerBound);
      v1 = i32x4.max_s(i32x4.min_s(v1, bound), lowerBound);
    }
    current += stepBytes;
    const below0 = i32x4.gt_s(zero, n0);
    const above0 = i32x4.gt_s(n0, zero);
    const up0 = i32x4.gt_s(v0, i32x4.add(upAbove0, v128.and(below0, moreFire0)));
    const down0 = i32x4.gt_s(i32x4.sub(downBelow0, v128.andnot(moreFire0, above0)), v0);
    v0 = i32x4.sub(v0, v128.and(up0, i32x4.add(vTh0, v128.and(below0, moreCost0))));
    v0 = i32x4.add(v0, v128.and(down0, i32x4.add(vTh0, v128.andnot(moreCost0, above0))));
    const sent0 = i32x4.sub(down0, up0);
    n0 = i32x4.add(n0, sent0);
    const below1 = i32x4.gt_s(zero, n1);
    const above1 = i32x4.gt_s(n1, zero);
    const up1 = i32x4.gt_s(v1, i32x4.add(upAbove1, v128.and(below1, moreFire1)));
    const down1 = i32x4.gt_s(i32x4.sub(downBelow1, v128.andnot(moreFire1, above1)), v1);
    v1 = i32x4.sub(v1, v128.and(up1, i32x4.add(vTh1, v128.and(below1, moreCost1))));
    v1 = i32x4.add(v1, v128.and(down1, i32x4.add(vTh1, v128.andnot(moreCost1, above1))));
    const sent1 = i32x4.sub(down1, up1);
    n1 = i32x4.add(n1, sent1);
    storeEight(target, sent0, sent1);
    target += slotBytes;
    if (++slot == capacity) {
      slot = 0;
      target = spikes;
    }
  }
  v128.store(population.vMem + at, v0);
  v128.store(population.vMem + at, v1, 16);
  v128.store(population.netCount + at, n0);
  v128.store(population.netCount + at, n1, 16);
}

/**
 * Sixteen take-back neurons whose membranes are calm: as `takebackSteps`, with twice the chains of operations, since two
 * leave a processor waiting, and constants in memory, since registers are taken.
 */
// @ts-ignore: decorator
@inline
function takebackSixteen(
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
  const room = settledAt(tile);
  for (let k = 0; k < 4; k++) settleTakeback(population, room + 96 * k, at + (k << 4), c + (k << 2));
  const unit = i32x4.splat(1 << population.shift);
  const zero = i32x4.splat(0);
  const vMem = population.vMem + at;
  const netCount = population.netCount + at;
  let v0 = v128.load(vMem);
  let v1 = v128.load(vMem, 16);
  let v2 = v128.load(vMem, 32);
  let v3 = v128.load(vMem, 48);
  let n0 = v128.load(netCount);
  let n1 = v128.load(netCount, 16);
  let n2 = v128.load(netCount, 32);
  let n3 = v128.load(netCount, 48);
  let slot = (tile.g0 + from) % capacity;
  let target = spikes + slot * slotBytes;
  let current = currents + from * stepBytes;
  for (let i = from; i < to; i++) {
    const current0 = mode == SHORT ? lowCurrents(v128.load(current, 0), unit) : v128.load(current, 0);
    v0 = i32x4.add(v0, i32x4.add(v128.load(room), current0));
    const below0 = i32x4.gt_s(zero, n0);
    const above0 = i32x4.gt_s(n0, zero);
    const up0 = i32x4.gt_s(v0, i32x4.add(v128.load(room, 16), v128.and(below0, v128.load(room, 32))));
    const down0 = i32x4.gt_s(i32x4.sub(v128.load(room, 48), v128.andnot(v128.load(room, 32), above0)), v0);
    v0 = i32x4.sub(v0, v128.and(up0, i32x4.add(v128.load(room, 64), v128.and(below0, v128.load(room, 80)))));
    v0 = i32x4.add(v0, v128.and(down0, i32x4.add(v128.load(room, 64), v128.andnot(v128.load(room, 80), above0))));
    const sent0 = i32x4.sub(down0, up0);
    n0 = i32x4.add(n0, sent0);
    const current1 = mode == SHORT ? highCurrents(v128.load(current, 0), unit) : v128.load(current, 16);
    v1 = i32x4.add(v1, i32x4.add(v128.load(room, 96), current1));
    const below1 = i32x4.gt_s(zero, n1);
    const above1 = i32x4.gt_s(n1, zero);
    const up1 = i32x4.gt_s(v1, i32x4.add(v128.load(room, 112), v128.and(below1, v128.load(room, 128))));
    const down1 = i32x4.gt_s(i32x4.sub(v128.load(room, 144), v128.andnot(v128.load(room, 128), above1)), v1);
    v1 = i32x4.sub(v1, v128.and(up1, i32x4.add(v128.load(room, 160), v128.and(below1, v128.load(room, 176)))));
    v1 = i32x4.add(v1, v128.and(down1, i32x4.add(v128.load(room, 160), v128.andnot(v128.load(room, 176), above1))));
    const sent1 = i32x4.sub(down1, up1);
    n1 = i32x4.add(n1, sent1);
    const current2 = mode == SHORT ? lowCurrents(v128.load(current, 16), unit) : v128.load(current, 32);
    v2 = i32x4.add(v2, i32x4.add(v128.load(room, 192), current2));
    const below2 = i32x4.gt_s(zero, n2);
    const above2 = i32x4.gt_s(n2, zero);
    const up2 = i32x4.gt_s(v2, i32x4.add(v128.load(room, 208), v128.and(below2, v128.load(room, 224))));
    const down2 = i32x4.gt_s(i32x4.sub(v128.load(room, 240), v128.andnot(v128.load(room, 224), above2)), v2);
    v2 = i32x4.sub(v2, v128.and(up2, i32x4.add(v128.load(room, 256), v128.and(below2, v128.load(room, 272)))));
    v2 = i32x4.add(v2, v128.and(down2, i32x4.add(v128.load(room, 256), v128.andnot(v128.load(room, 272), above2))));
    const sent2 = i32x4.sub(down2, up2);
    n2 = i32x4.add(n2, sent2);
    const current3 = mode == SHORT ? highCurrents(v128.load(current, 16), unit) : v128.load(current, 48);
    v3 = i32x4.add(v3, i32x4.add(v128.load(room, 288), current3));
    const below3 = i32x4.gt_s(zero, n3);
    const above3 = i32x4.gt_s(n3, zero);
    const up3 = i32x4.gt_s(v3, i32x4.add(v128.load(room, 304), v128.and(below3, v128.load(room, 320))));
    const down3 = i32x4.gt_s(i32x4.sub(v128.load(room, 336), v128.andnot(v128.load(room, 320), above3)), v3);
    v3 = i32x4.sub(v3, v128.and(up3, i32x4.add(v128.load(room, 352), v128.and(below3, v128.load(room, 368)))));
    v3 = i32x4.add(v3, v128.and(down3, i32x4.add(v128.load(room, 352), v128.andnot(v128.load(room, 368), above3))));
    const sent3 = i32x4.sub(down3, up3);
    n3 = i32x4.add(n3, sent3);
    const pairs0 = i16x8.narrow_i32x4_s(sent0, sent1);
    const pairs1 = i16x8.narrow_i32x4_s(sent2, sent3);
    v128.store(target, i8x16.narrow_i16x8_s(pairs0, pairs1));
    current += stepBytes;
    target += slotBytes;
    if (++slot == capacity) {
      slot = 0;
      target = spikes;
    }
  }
  v128.store(vMem, v0);
  v128.store(vMem, v1, 16);
  v128.store(vMem, v2, 32);
  v128.store(vMem, v3, 48);
  v128.store(netCount, n0);
  v128.store(netCount, n1, 16);
  v128.store(netCount, n2, 32);
  v128.store(netCount, n3, 48);
}

/** Four channels' constants in memory. */
// @ts-ignore: decorator
@inline
function settleTakeback(population: Population, room: usize, at: usize, c: i32): void {
  v128.store(room, constantCurrent(population, at, c));
  v128.store(room, parameter(population, UP_ABOVE, c), 16);
  v128.store(room, parameter(population, MORE_FIRE, c), 32);
  v128.store(room, parameter(population, DOWN_BELOW, c), 48);
  v128.store(room, parameter(population, COST_UP, c), 64);
  v128.store(room, parameter(population, MORE_COST, c), 80);
}

/** Int16 sums times 2^shift, in int32: each with a 0 behind it, multiplied and added in one instruction. */
// @ts-ignore: decorator
@inline
function lowCurrents(sums: v128, unit: v128): v128 {
  return i32x4.dot_i16x8_s(v128.shuffle<i16>(sums, i16x8.splat(0), 0, 8, 1, 9, 2, 10, 3, 11), unit);
}

// @ts-ignore: decorator
@inline
function highCurrents(sums: v128, unit: v128): v128 {
  return i32x4.dot_i16x8_s(v128.shuffle<i16>(sums, i16x8.splat(0), 4, 12, 5, 13, 6, 14, 7, 15), unit);
}

/** Binary neurons whose thresholds do not depend on the net count, likewise. */
// @ts-ignore: decorator
@inline
function thresholdSteps(
  population: Population,
  out: Frame,
  tile: Tile,
  mode: i32,
  saturates: bool,
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
  const bound = v128.load_splat<i32>(changetype<usize>(population) + offsetof<Population>("bound"));
  const lowerBound = i32x4.neg(bound);
  const halfBytes: usize = mode == SHORT ? 8 : 16;
  const constant0 = constantCurrent(population, at, c);
  const vTh0 = parameter(population, COST_UP, c);
  const vThNeg0 = parameter(population, COST_DOWN, c);
  const upAbove0 = parameter(population, UP_ABOVE, c);
  const downBelow0 = parameter(population, DOWN_BELOW, c);
  let v0 = v128.load(population.vMem + at);
  let n0 = v128.load(population.netCount + at);
  const constant1 = constantCurrent(population, at + 16, c + 4);
  const vTh1 = parameter(population, COST_UP, c + 4);
  const vThNeg1 = parameter(population, COST_DOWN, c + 4);
  const upAbove1 = parameter(population, UP_ABOVE, c + 4);
  const downBelow1 = parameter(population, DOWN_BELOW, c + 4);
  let v1 = v128.load(population.vMem + at, 16);
  let n1 = v128.load(population.netCount + at, 16);
  let slot = (tile.g0 + from) % capacity;
  let target = spikes + slot * slotBytes;
  let current = currents + from * stepBytes;
  for (let i = from; i < to; i++) {
    v0 = i32x4.add(v0, currentAt(mode, constant0, current, shift));
    v1 = i32x4.add(v1, currentAt(mode, constant1, current + halfBytes, shift));
    if (saturates) {
      v0 = i32x4.max_s(i32x4.min_s(v0, bound), lowerBound);
      v1 = i32x4.max_s(i32x4.min_s(v1, bound), lowerBound);
    }
    current += stepBytes;
    const up0 = i32x4.gt_s(v0, upAbove0);
    const down0 = i32x4.gt_s(downBelow0, v0);
    v0 = i32x4.add(i32x4.sub(v0, v128.and(up0, vTh0)), v128.and(down0, vThNeg0));
    const sent0 = i32x4.sub(down0, up0);
    n0 = i32x4.add(n0, sent0);
    const up1 = i32x4.gt_s(v1, upAbove1);
    const down1 = i32x4.gt_s(downBelow1, v1);
    v1 = i32x4.add(i32x4.sub(v1, v128.and(up1, vTh1)), v128.and(down1, vThNeg1));
    const sent1 = i32x4.sub(down1, up1);
    n1 = i32x4.add(n1, sent1);
    storeEight(target, sent0, sent1);
    target += slotBytes;
    if (++slot == capacity) {
      slot = 0;
      target = spikes;
    }
  }
  v128.store(population.vMem + at, v0);
  v128.store(population.vMem + at, v1, 16);
  v128.store(population.netCount + at, n0);
  v128.store(population.netCount + at, n1, 16);
}

// A function each, exported so that no optimizer merges them: see variants.ts.
export function takebackShort(population: Population, out: Frame, tile: Tile, at: usize, c: i32, currents: usize, stepBytes: i32, spikes: usize, from: i32, to: i32): void {
  takebackSteps(population, out, tile, SHORT, false, at, c, currents, stepBytes, spikes, from, to);
}
export function takebackShortBound(population: Population, out: Frame, tile: Tile, at: usize, c: i32, currents: usize, stepBytes: i32, spikes: usize, from: i32, to: i32): void {
  takebackSteps(population, out, tile, SHORT, true, at, c, currents, stepBytes, spikes, from, to);
}
export function takebackLong(population: Population, out: Frame, tile: Tile, at: usize, c: i32, currents: usize, stepBytes: i32, spikes: usize, from: i32, to: i32): void {
  takebackSteps(population, out, tile, LONG, false, at, c, currents, stepBytes, spikes, from, to);
}
export function takebackLongBound(population: Population, out: Frame, tile: Tile, at: usize, c: i32, currents: usize, stepBytes: i32, spikes: usize, from: i32, to: i32): void {
  takebackSteps(population, out, tile, LONG, true, at, c, currents, stepBytes, spikes, from, to);
}
export function takebackConstant(population: Population, out: Frame, tile: Tile, at: usize, c: i32, currents: usize, stepBytes: i32, spikes: usize, from: i32, to: i32): void {
  takebackSteps(population, out, tile, CONSTANT, true, at, c, currents, stepBytes, spikes, from, to);
}
export function takebackShortSixteen(population: Population, out: Frame, tile: Tile, at: usize, c: i32, currents: usize, stepBytes: i32, spikes: usize, from: i32, to: i32): void {
  takebackSixteen(population, out, tile, SHORT, at, c, currents, stepBytes, spikes, from, to);
}
export function takebackLongSixteen(population: Population, out: Frame, tile: Tile, at: usize, c: i32, currents: usize, stepBytes: i32, spikes: usize, from: i32, to: i32): void {
  takebackSixteen(population, out, tile, LONG, at, c, currents, stepBytes, spikes, from, to);
}
export function thresholdShort(population: Population, out: Frame, tile: Tile, at: usize, c: i32, currents: usize, stepBytes: i32, spikes: usize, from: i32, to: i32): void {
  thresholdSteps(population, out, tile, SHORT, false, at, c, currents, stepBytes, spikes, from, to);
}
export function thresholdShortBound(population: Population, out: Frame, tile: Tile, at: usize, c: i32, currents: usize, stepBytes: i32, spikes: usize, from: i32, to: i32): void {
  thresholdSteps(population, out, tile, SHORT, true, at, c, currents, stepBytes, spikes, from, to);
}
export function thresholdLong(population: Population, out: Frame, tile: Tile, at: usize, c: i32, currents: usize, stepBytes: i32, spikes: usize, from: i32, to: i32): void {
  thresholdSteps(population, out, tile, LONG, false, at, c, currents, stepBytes, spikes, from, to);
}
export function thresholdLongBound(population: Population, out: Frame, tile: Tile, at: usize, c: i32, currents: usize, stepBytes: i32, spikes: usize, from: i32, to: i32): void {
  thresholdSteps(population, out, tile, LONG, true, at, c, currents, stepBytes, spikes, from, to);
}
export function thresholdConstant(population: Population, out: Frame, tile: Tile, at: usize, c: i32, currents: usize, stepBytes: i32, spikes: usize, from: i32, to: i32): void {
  thresholdSteps(population, out, tile, CONSTANT, true, at, c, currents, stepBytes, spikes, from, to);
}

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
