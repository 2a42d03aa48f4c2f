/** Binary take-back neurons over the steps of a tile: thresholds depend on the net count's sign. */
import { ParameterRow, Piece, Population, Tile } from "../structs";
import { settledAt } from "../tile";
import { SHORT, constantCurrent, currentAt, currentOf, firedFrom, firedTo, parameter, spikesOf, stateAt, storeEight } from "./parts";

/**
 * Binary take-back neurons, eight channels: two chains of operations, of which one alone would wait for itself. Costs are
 * V_th plus, where the net count is on the negative side, the difference to V_thNeg.
 */
// @ts-ignore: decorator
@inline
export function takebackSteps(
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
  const zero = i32x4.splat(0);
  const bound = v128.load_splat<i32>(changetype<usize>(population) + offsetof<Population>("bound"));
  const lowerBound = i32x4.neg(bound);
  const halfBytes: usize = mode == SHORT ? 8 : 16;
  const constant0 = constantCurrent(population, at, c);
  const vTh0 = parameter(population, ParameterRow.COST_UP, c);
  const moreCost0 = parameter(population, ParameterRow.MORE_COST, c);
  const upAbove0 = parameter(population, ParameterRow.UP_ABOVE, c);
  const downBelow0 = parameter(population, ParameterRow.DOWN_BELOW, c);
  const moreFire0 = parameter(population, ParameterRow.MORE_FIRE, c);
  let v0 = v128.load(population.vMem + at);
  let n0 = v128.load(population.netCount + at);
  const constant1 = constantCurrent(population, at + 16, c + 4);
  const vTh1 = parameter(population, ParameterRow.COST_UP, c + 4);
  const moreCost1 = parameter(population, ParameterRow.MORE_COST, c + 4);
  const upAbove1 = parameter(population, ParameterRow.UP_ABOVE, c + 4);
  const downBelow1 = parameter(population, ParameterRow.DOWN_BELOW, c + 4);
  const moreFire1 = parameter(population, ParameterRow.MORE_FIRE, c + 4);
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
 * Sixteen take-back neurons behind int32 sums whose membranes are calm: as `takebackSteps`, with twice the chains of
 * operations, since two leave a processor waiting, and constants in memory, since registers are taken.
 */
export function takebackLongSixteen(
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
  const room = settledAt(tile);
  for (let k = 0; k < 4; k++) settleTakeback(population, room + 96 * k, at + (k << 4), c + (k << 2));
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
  let current = currentOf(piece, p, c) + from * stepBytes;
  for (let i = from; i < to; i++) {
    v0 = i32x4.add(v0, i32x4.add(v128.load(room), v128.load(current, 0)));
    const below0 = i32x4.gt_s(zero, n0);
    const above0 = i32x4.gt_s(n0, zero);
    const up0 = i32x4.gt_s(v0, i32x4.add(v128.load(room, 16), v128.and(below0, v128.load(room, 32))));
    const down0 = i32x4.gt_s(i32x4.sub(v128.load(room, 48), v128.andnot(v128.load(room, 32), above0)), v0);
    v0 = i32x4.sub(v0, v128.and(up0, i32x4.add(v128.load(room, 64), v128.and(below0, v128.load(room, 80)))));
    v0 = i32x4.add(v0, v128.and(down0, i32x4.add(v128.load(room, 64), v128.andnot(v128.load(room, 80), above0))));
    const sent0 = i32x4.sub(down0, up0);
    n0 = i32x4.add(n0, sent0);
    v1 = i32x4.add(v1, i32x4.add(v128.load(room, 96), v128.load(current, 16)));
    const below1 = i32x4.gt_s(zero, n1);
    const above1 = i32x4.gt_s(n1, zero);
    const up1 = i32x4.gt_s(v1, i32x4.add(v128.load(room, 112), v128.and(below1, v128.load(room, 128))));
    const down1 = i32x4.gt_s(i32x4.sub(v128.load(room, 144), v128.andnot(v128.load(room, 128), above1)), v1);
    v1 = i32x4.sub(v1, v128.and(up1, i32x4.add(v128.load(room, 160), v128.and(below1, v128.load(room, 176)))));
    v1 = i32x4.add(v1, v128.and(down1, i32x4.add(v128.load(room, 160), v128.andnot(v128.load(room, 176), above1))));
    const sent1 = i32x4.sub(down1, up1);
    n1 = i32x4.add(n1, sent1);
    v2 = i32x4.add(v2, i32x4.add(v128.load(room, 192), v128.load(current, 32)));
    const below2 = i32x4.gt_s(zero, n2);
    const above2 = i32x4.gt_s(n2, zero);
    const up2 = i32x4.gt_s(v2, i32x4.add(v128.load(room, 208), v128.and(below2, v128.load(room, 224))));
    const down2 = i32x4.gt_s(i32x4.sub(v128.load(room, 240), v128.andnot(v128.load(room, 224), above2)), v2);
    v2 = i32x4.sub(v2, v128.and(up2, i32x4.add(v128.load(room, 256), v128.and(below2, v128.load(room, 272)))));
    v2 = i32x4.add(v2, v128.and(down2, i32x4.add(v128.load(room, 256), v128.andnot(v128.load(room, 272), above2))));
    const sent2 = i32x4.sub(down2, up2);
    n2 = i32x4.add(n2, sent2);
    v3 = i32x4.add(v3, i32x4.add(v128.load(room, 288), v128.load(current, 48)));
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
  v128.store(room, parameter(population, ParameterRow.UP_ABOVE, c), 16);
  v128.store(room, parameter(population, ParameterRow.MORE_FIRE, c), 32);
  v128.store(room, parameter(population, ParameterRow.DOWN_BELOW, c), 48);
  v128.store(room, parameter(population, ParameterRow.COST_UP, c), 64);
  v128.store(room, parameter(population, ParameterRow.MORE_COST, c), 80);
}
