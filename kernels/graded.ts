/** Any neuron, four channels at a time: several levels, and the steps of a delay. */
import { COST_DOWN, COST_DOWN_NEG, COST_UP, COST_UP_NEG, FIRE_DOWN, FIRE_DOWN_NEG, FIRE_UP, FIRE_UP_NEG, choose, constantCurrent, currentAt, integrate, parameter, storeSpikes } from "./neuron-parts";
import { Frame, Population } from "./structs";
import { Tile } from "./tile";

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
