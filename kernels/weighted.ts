/**
 * Binary neurons of any kind through steps of which some weigh more than 1 (src/snn/phases.ts), only integrate or only fire
 * (as those of a delayed population do): a position's channels of a block, eight at a time.
 *
 * Thresholds and costs times each weight stand ready in memory, i32 [log₂ of the weight][stateStride / 4][8][4]: the rows
 * below. "More" is what is added on the negative side of the net count: below 0 going up, up to 0 going down.
 * Membranes are bounded at every step: with such weights few tiles are sure to stay below.
 */
import { CONSTANT, LONG, SHORT, constantCurrent, currentAt, integrate, storeEight } from "./neuron-parts";
import { Frame, Population } from "./structs";
import { Tile, endOf, firstOf, weightShift } from "./tile";

const UP_ABOVE = 0;
const MORE_UP_ABOVE = 16;
const DOWN_BELOW = 32;
const LESS_DOWN_BELOW = 48;
const COST_UP = 64;
const MORE_COST_UP = 80;
const COST_DOWN = 96;
const MORE_COST_DOWN = 112;

// @ts-ignore: decorator
@inline
function weightedSteps(
  population: Population,
  out: Frame,
  tile: Tile,
  mode: i32,
  at: usize,
  first: i32,
  channels: i32,
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
  const rowBytes = population.stateStride << 5;
  const halfBytes: usize = mode == SHORT ? 8 : 16;
  const integrateFrom = firstOf(tile, population.lagIn);
  const integrateTo = endOf(tile, population.lagIn);
  const fireFrom = max(from, firstOf(tile, out.lag));
  const fireTo = endOf(tile, out.lag);
  const firstSlot = (tile.g0 + fireFrom) % capacity;
  const end = first + channels;
  for (let c = first; c < end; c += 8) {
    const constant0 = constantCurrent(population, at, c);
    const constant1 = constantCurrent(population, at + 16, c + 4);
    const rows = population.weighted + (c << 5);
    let v0 = v128.load(population.vMem + at);
    let v1 = v128.load(population.vMem + at, 16);
    let n0 = v128.load(population.netCount + at);
    let n1 = v128.load(population.netCount + at, 16);
    let slot = firstSlot;
    let target = spikes + slot * slotBytes;
    let current = currents + from * stepBytes;
    for (let i = from; i < to; i++) {
      if (i >= integrateFrom && i < integrateTo) {
        const weight = weightShift(tile, population.lagIn, i);
        v0 = integrate(v0, i32x4.shl(currentAt(mode, constant0, current, shift), weight));
        v1 = integrate(v1, i32x4.shl(currentAt(mode, constant1, current + halfBytes, shift), weight));
      }
      current += stepBytes;
      if (i >= fireFrom && i < fireTo) {
        const weight = weightShift(tile, out.lag, i);
        const row = rows + weight * rowBytes;
        const below0 = i32x4.gt_s(zero, n0);
        const above0 = i32x4.gt_s(n0, zero);
        const up0 = i32x4.gt_s(v0, i32x4.add(v128.load(row, UP_ABOVE), v128.and(below0, v128.load(row, MORE_UP_ABOVE))));
        const down0 = i32x4.gt_s(i32x4.sub(v128.load(row, DOWN_BELOW), v128.andnot(v128.load(row, LESS_DOWN_BELOW), above0)), v0);
        v0 = i32x4.sub(v0, v128.and(up0, i32x4.add(v128.load(row, COST_UP), v128.and(below0, v128.load(row, MORE_COST_UP)))));
        v0 = i32x4.add(v0, v128.and(down0, i32x4.add(v128.load(row, COST_DOWN), v128.andnot(v128.load(row, MORE_COST_DOWN), above0))));
        const sent0 = i32x4.sub(down0, up0);
        n0 = i32x4.add(n0, i32x4.shl(sent0, weight));
        const below1 = i32x4.gt_s(zero, n1);
        const above1 = i32x4.gt_s(n1, zero);
        const up1 = i32x4.gt_s(v1, i32x4.add(v128.load(row, 128 + UP_ABOVE), v128.and(below1, v128.load(row, 128 + MORE_UP_ABOVE))));
        const down1 = i32x4.gt_s(i32x4.sub(v128.load(row, 128 + DOWN_BELOW), v128.andnot(v128.load(row, 128 + LESS_DOWN_BELOW), above1)), v1);
        v1 = i32x4.sub(v1, v128.and(up1, i32x4.add(v128.load(row, 128 + COST_UP), v128.and(below1, v128.load(row, 128 + MORE_COST_UP)))));
        v1 = i32x4.add(v1, v128.and(down1, i32x4.add(v128.load(row, 128 + COST_DOWN), v128.andnot(v128.load(row, 128 + MORE_COST_DOWN), above1))));
        const sent1 = i32x4.sub(down1, up1);
        n1 = i32x4.add(n1, i32x4.shl(sent1, weight));
        storeEight(target, sent0, sent1);
        target += slotBytes;
        if (++slot == capacity) {
          slot = 0;
          target = spikes;
        }
      }
    }
    v128.store(population.vMem + at, v0);
    v128.store(population.vMem + at, v1, 16);
    v128.store(population.netCount + at, n0);
    v128.store(population.netCount + at, n1, 16);
    at += 32;
    spikes += 8;
    if (mode != CONSTANT) currents += halfBytes << 1;
  }
}

// A function each, exported so that no optimizer merges them: see variants.ts.
export function weightedConstant(population: Population, out: Frame, tile: Tile, at: usize, first: i32, channels: i32, currents: usize, stepBytes: i32, spikes: usize, from: i32, to: i32): void {
  weightedSteps(population, out, tile, CONSTANT, at, first, channels, currents, stepBytes, spikes, from, to);
}
export function weightedShort(population: Population, out: Frame, tile: Tile, at: usize, first: i32, channels: i32, currents: usize, stepBytes: i32, spikes: usize, from: i32, to: i32): void {
  weightedSteps(population, out, tile, SHORT, at, first, channels, currents, stepBytes, spikes, from, to);
}
export function weightedLong(population: Population, out: Frame, tile: Tile, at: usize, first: i32, channels: i32, currents: usize, stepBytes: i32, spikes: usize, from: i32, to: i32): void {
  weightedSteps(population, out, tile, LONG, at, first, channels, currents, stepBytes, spikes, from, to);
}
