/** Binary neurons over the steps of a tile whose thresholds do not depend on the net count. */
import { CONSTANT, COST_DOWN, COST_UP, DOWN_BELOW, LONG, SHORT, UP_ABOVE, constantCurrent, currentAt, parameter, storeEight } from "./neuron-parts";
import { Frame, Population } from "./structs";
import { Tile } from "./tile";

/** Eight channels at a time: two chains of operations, because one alone would wait for its own results. */
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
