/** Binary neurons over the steps of a tile whose thresholds do not depend on the net count. */
import { ParameterRow, Piece, Population, Tile } from "../structs";
import { SHORT, constantCurrent, currentAt, currentOf, firedFrom, firedTo, parameter, spikesOf, stateAt, storeEight } from "./parts";

/** Eight channels at a time: two chains of operations, because one alone would wait for its own results. */
// @ts-ignore: decorator
@inline
export function thresholdSteps(
  mode: i32,
  saturates: bool,
  tile: Tile,
  piece: Piece,
  p: i32,
  c: i32,
): void {
  const population = piece.population;
  const out = piece.out;
  const at = stateAt(piece, p, c);
  const spikes = spikesOf(piece, p, c);
  const stepBytes = piece.stepBytes;
  const from = firedFrom(tile, piece);
  const to = firedTo(tile, piece);
  const slotBytes = out.slotBytes;
  const capacity = out.capacity;
  const shift = population.shift;
  const bound = v128.load_splat<i32>(changetype<usize>(population) + offsetof<Population>("bound"));
  const lowerBound = i32x4.neg(bound);
  const halfBytes: usize = mode == SHORT ? 8 : 16;
  const constant0 = constantCurrent(population, at, c);
  const vTh0 = parameter(population, ParameterRow.COST_UP, c);
  const vThNeg0 = parameter(population, ParameterRow.COST_DOWN, c);
  const upAbove0 = parameter(population, ParameterRow.UP_ABOVE, c);
  const downBelow0 = parameter(population, ParameterRow.DOWN_BELOW, c);
  let v0 = v128.load(population.vMem + at);
  let n0 = v128.load(population.netCount + at);
  const constant1 = constantCurrent(population, at + 16, c + 4);
  const vTh1 = parameter(population, ParameterRow.COST_UP, c + 4);
  const vThNeg1 = parameter(population, ParameterRow.COST_DOWN, c + 4);
  const upAbove1 = parameter(population, ParameterRow.UP_ABOVE, c + 4);
  const downBelow1 = parameter(population, ParameterRow.DOWN_BELOW, c + 4);
  let v1 = v128.load(population.vMem + at, 16);
  let n1 = v128.load(population.netCount + at, 16);
  let slot = (tile.g0 + from) % capacity;
  let target = spikes + slot * slotBytes;
  let current = currentOf(piece, p, c) + from * stepBytes;
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
