/** Neurons of several levels, four channels at a time, in any steps. */
import { BOUND, COST_DOWN, COST_DOWN_NEG, COST_UP, COST_UP_NEG, FIRE_DOWN, FIRE_DOWN_NEG, FIRE_UP, FIRE_UP_NEG, choose, constantCurrent, currentAt, integrate, parameter, storeSpikes } from "./neuron-parts";
import { Frame, Population } from "./structs";
import { Tile, endOf, firstOf, weightShift } from "./tile";

/** A threshold or cost times 2^weight; one that no membrane reaches stays so. */
// @ts-ignore: decorator
@inline
function weighted(threshold: v128, weight: i32): v128 {
  return i32x4.shl(i32x4.min_s(threshold, i32x4.splat((BOUND >> weight) + 1)), weight);
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
): void {
  const levels = population.levels;
  const constant = constantCurrent(population, at, c);
  let v = v128.load(population.vMem + at);
  let n = v128.load(population.netCount + at);
  const integrateFrom = firstOf(tile, population.lagIn);
  const integrateTo = endOf(tile, population.lagIn);
  const fireFrom = max(from, firstOf(tile, out.lag));
  const fireTo = endOf(tile, out.lag);
  let slot = (tile.g0 + fireFrom) % out.capacity;
  for (let i = from; i < to; i++) {
    if (i >= integrateFrom && i < integrateTo) {
      const current = currentAt(mode, constant, currents + i * stepBytes, population.shift);
      v = integrate(v, i32x4.shl(current, weightShift(tile, population.lagIn, i)));
    }
    if (i < fireFrom || i >= fireTo) continue;
    const weight = weightShift(tile, out.lag, i);
    const fireUp = weighted(parameter(population, FIRE_UP, c), weight);
    const fireUpNeg = weighted(parameter(population, FIRE_UP_NEG, c), weight);
    const fireDown = weighted(parameter(population, FIRE_DOWN, c), weight);
    const fireDownNeg = weighted(parameter(population, FIRE_DOWN_NEG, c), weight);
    const costUp = weighted(parameter(population, COST_UP, c), weight);
    const costUpNeg = weighted(parameter(population, COST_UP_NEG, c), weight);
    const costDown = weighted(parameter(population, COST_DOWN, c), weight);
    const costDownNeg = weighted(parameter(population, COST_DOWN_NEG, c), weight);
    const before = n;
    let active = i32x4.splat(-1);
    for (let level = 0; level < levels; level++) {
      const below = i32x4.shr_s(n, 31);
      active = v128.and(active, i32x4.ge_s(v, choose(below, fireUpNeg, fireUp)));
      if (!v128.any_true(active)) break;
      v = i32x4.sub(v, v128.and(active, choose(below, costUpNeg, costUp)));
      n = i32x4.sub(n, i32x4.shl(active, weight));
    }
    // Who has gone up does not go down in the same step.
    active = i32x4.eq(n, before);
    for (let level = 0; level < levels; level++) {
      const notAbove = i32x4.lt_s(n, i32x4.splat(1));
      active = v128.and(active, i32x4.le_s(v, i32x4.neg(choose(notAbove, fireDownNeg, fireDown))));
      if (!v128.any_true(active)) break;
      v = i32x4.add(v, v128.and(active, choose(notAbove, costDownNeg, costDown)));
      n = i32x4.add(n, i32x4.shl(active, weight));
    }
    storeSpikes(spikes + slot * out.slotBytes, i32x4.shr_s(i32x4.sub(n, before), weight));
    if (++slot == out.capacity) slot = 0;
  }
  v128.store(population.vMem + at, v);
  v128.store(population.netCount + at, n);
}
