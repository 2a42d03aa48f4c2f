/**
 * Neurons of any kind and number of levels through any steps: those that weigh more than 1 (src/snn/phases.ts), that only
 * integrate or only fire (as those of a delayed population do), or that several spikes may leave at once. Such runs are short:
 * a step passes over all positions at hand before the next, so that what depends on the step is settled once, and loops are
 * long enough for a processor to foresee their ends.
 *
 * A spike has the membrane's sign. What it needs and what it costs depends on the side of zero where the net count moves
 * (take-back neurons) or where the membrane is (others). Both stand ready in memory, times each weight:
 * i32 [log₂ of the weight][stateStride / 4][4][4], the rows below; "more" is added on the negative side.
 * Membranes are bounded at every step: with such weights few tiles are sure to stay below.
 */
import { integrateConstant, integrateLong, integrateShort } from "../generated/variants";
import { NeuronNumber, Piece, Population, Tile } from "../structs";
import { endOf, firstOf, weightShift } from "../tile";
import { CONSTANT, LONG, SHORT, storeSpikes } from "./parts";

/** A spike is sent where |V| is greater. */
const FIRE_ABOVE = 0;
const MORE_FIRE = 16;
const COST = 32;
const MORE_COST = 48;

/** A piece of neurons, of a row of positions or of all. */
export function weightedSteps(tile: Tile, piece: Piece): void {
  const population = piece.population;
  const out = piece.out;
  const mode = piece.mode;
  const integrateFrom = firstOf(tile, population.lagIn);
  const integrateTo = endOf(tile, population.lagIn);
  const fireFrom = firstOf(tile, out.lag);
  const fireTo = endOf(tile, out.lag);
  const laneShift = mode == SHORT ? 1 : 2;
  for (let i = piece.from; i < piece.to; i++) {
    const integrates = i >= integrateFrom && i < integrateTo;
    const fires = i >= fireFrom && i < fireTo;
    const shiftIn = weightShift(tile, population.lagIn, i);
    const shiftOut = weightShift(tile, out.lag, i);
    const target = piece.spikes + ((tile.g0 + i) % out.capacity) * out.slotBytes;
    for (let c = 0; c < piece.channels; c += 4) {
      if (integrates) {
        const current = piece.currents + i * piece.stepBytes + (c << laneShift);
        if (mode == CONSTANT) integrateConstant(piece, c, shiftIn, current);
        else if (mode == SHORT) integrateShort(piece, c, shiftIn, current);
        else integrateLong(piece, c, shiftIn, current);
      }
      if (!fires) continue;
      if (population.levels == 1) fireStep(piece, c, shiftOut, target + c);
      else fireLevels(piece, c, shiftOut, target + c);
    }
  }
}

/** Where four channels have their states at the first position. */
// @ts-ignore: decorator
@inline
function firstState(piece: Piece, c: i32): usize {
  return <usize>((piece.position * piece.population.stateStride + piece.first + c) << 2);
}

/** Four channels of each position integrate a step. */
// @ts-ignore: decorator
@inline
export function integrateStep(mode: i32, piece: Piece, c: i32, shift: i32, current: usize): void {
  const population = piece.population;
  const positionBytes = piece.positionBytes;
  const at = firstState(piece, c);
  const stateBytes = population.stateStride << 2;
  const weight = i32x4.splat(1 << shift);
  const unit = i32x4.splat(1 << (shift + population.shift));
  const bias = i32x4.mul(v128.load(population.bias + ((piece.first + c) << 2)), weight);
  const bound = v128.load_splat<i32>(changetype<usize>(population) + offsetof<Population>("bound"));
  const lowerBound = i32x4.neg(bound);
  const hasConstant = population.constant != 0;
  let vMem = population.vMem + at;
  let constant = population.constant + at;
  for (let p = 0; p < piece.positions; p++) {
    let sum = bias;
    if (mode == SHORT) sum = i32x4.add(sum, i32x4.mul(v128.load_ext<i16>(current), unit));
    if (mode == LONG) sum = i32x4.add(sum, i32x4.mul(v128.load(current), weight));
    if (hasConstant) sum = i32x4.add(sum, i32x4.mul(v128.load(constant), weight));
    v128.store(vMem, i32x4.max_s(i32x4.min_s(i32x4.add(v128.load(vMem), sum), bound), lowerBound));
    vMem += stateBytes;
    constant += stateBytes;
    current += positionBytes;
  }
}

/** Four channels of each position fire a step. */
export function fireStep(piece: Piece, c: i32, shift: i32, target: usize): void {
  const population = piece.population;
  const targetBytes = piece.out.stride;
  const at = firstState(piece, c);
  const stateBytes = population.stateStride << 2;
  const rows = population.weighted + ((shift * population.stateStride + piece.first + c) << 4);
  const fireAbove = v128.load(rows, FIRE_ABOVE);
  const moreFire = v128.load(rows, MORE_FIRE);
  const cost = v128.load(rows, COST);
  const moreCost = v128.load(rows, MORE_COST);
  const weight = i32x4.splat(1 << shift);
  const one = i32x4.splat(1);
  const counted = i32x4.splat(population.neuron == NeuronNumber.TAKEBACK ? -1 : 0);
  let vMem = population.vMem + at;
  let netCount = population.netCount + at;
  for (let p = 0; p < piece.positions; p++) {
    const v = v128.load(vMem);
    const n = v128.load(netCount);
    const sign = i32x4.shr_s(v, 31);
    const isBelow = i32x4.shr_s(i32x4.add(v128.and(n, counted), sign), 31);
    const fires = i32x4.gt_s(i32x4.abs(v), i32x4.add(fireAbove, v128.and(isBelow, moreFire)));
    const paid = i32x4.add(cost, v128.and(isBelow, moreCost));
    const sent = v128.and(fires, v128.or(sign, one));
    v128.store(vMem, i32x4.sub(v, v128.and(fires, i32x4.sub(v128.xor(paid, sign), sign))));
    v128.store(netCount, i32x4.add(n, i32x4.mul(sent, weight)));
    storeSpikes(target, sent);
    vMem += stateBytes;
    netCount += stateBytes;
    target += targetBytes;
  }
}

/**
 * The same with several levels, one after the other until no lane wants another. V and n are mirrored where V is negative,
 * so that all go up.
 */
export function fireLevels(piece: Piece, c: i32, shift: i32, target: usize): void {
  const population = piece.population;
  const targetBytes = piece.out.stride;
  const at = firstState(piece, c);
  const stateBytes = population.stateStride << 2;
  const rows = population.weighted + ((shift * population.stateStride + piece.first + c) << 4);
  const fireAbove = v128.load(rows, FIRE_ABOVE);
  const moreFire = v128.load(rows, MORE_FIRE);
  const cost = v128.load(rows, COST);
  const moreCost = v128.load(rows, MORE_COST);
  const weight = i32x4.splat(1 << shift);
  const counted = i32x4.splat(population.neuron == NeuronNumber.TAKEBACK ? -1 : 0);
  const levels = population.levels;
  let vMem = population.vMem + at;
  let netCount = population.netCount + at;
  for (let p = 0; p < piece.positions; p++) {
    const sign = i32x4.shr_s(v128.load(vMem), 31);
    let v = i32x4.abs(v128.load(vMem));
    const before = i32x4.sub(v128.xor(v128.load(netCount), sign), sign);
    let n = before;
    let fires = i32x4.splat(-1);
    for (let level = 0; level < levels; level++) {
      const isBelow = v128.xor(sign, v128.and(counted, i32x4.shr_s(n, 31)));
      fires = v128.and(fires, i32x4.gt_s(v, i32x4.add(fireAbove, v128.and(isBelow, moreFire))));
      if (!v128.any_true(fires)) break;
      v = i32x4.sub(v, v128.and(fires, i32x4.add(cost, v128.and(isBelow, moreCost))));
      n = i32x4.add(n, v128.and(fires, weight));
    }
    v128.store(vMem, i32x4.sub(v128.xor(v, sign), sign));
    v128.store(netCount, i32x4.sub(v128.xor(n, sign), sign));
    const sent = i32x4.shr_s(i32x4.sub(n, before), shift);
    storeSpikes(target, i32x4.sub(v128.xor(sent, sign), sign));
    vMem += stateBytes;
    netCount += stateBytes;
    target += targetBytes;
  }
}
