/**
 * What neurons in int16 (quotient.ts) need to know at each step of a tile: what the bias carries over into Q, what Q has to
 * exceed for a spike, and what a spike costs. All of it depends on the remainder r at that step, and is the same at all positions;
 * so it is computed once a tile.
 *
 * With e = log₂ of a spike's weight on the way out over that on the way in (a delayed population integrates lighter spikes
 * than it fires): V ≥ F·2^e  ⟺  Q > (F·2^e − r − 1) >> shift, and V ≤ −F·2^e  ⟺  Q < ((−F·2^e − r) >> shift) + 1.
 *
 * In memory: int16 [stateStride / 8][tileSteps + 1][8 rows, below][8]. The first entry is for the time before the tile; only its
 * remainder is used.
 */
import { NeuronNumber, ParameterRow, Population, Tile } from "../structs";
import { endOf, firstOf, weightShift } from "../tile";

/** What the bias adds to Q. */
export const CARRY = 0;
/** Q fires above this, and below that. Take-back neurons: where the net count is not on the negative side. */
export const UP = 16;
export const DOWN = 32;
/** Take-back neurons: what is added on the negative side. */
export const UP_MORE = 48;
export const DOWN_MORE = 64;
/** Take-back neurons: cost of a spike, and what is added on the negative side; others: cost upwards and downwards. */
export const COST = 80;
export const COST_MORE = 96;
/** r, after the step. */
export const REMAINDER = 112;
export const STEP_BYTES = 128;

/** Eight channels from c on at offset i; −1: before the tile. */
// @ts-ignore: decorator
@inline
export function scheduleAt(population: Population, tile: Tile, c: i32, i: i32): usize {
  return population.schedule + ((c >> 3) * (tile.program.tileSteps + 1) + i + 1) * STEP_BYTES;
}

/** log₂ of the weight of the last step that has been integrated at offset i: membranes are multiples of that weight. */
// @ts-ignore: decorator
@inline
export function unitAt(population: Population, tile: Tile, i: i32): i32 {
  return max(0, tile.program.phases - min(tile.program.timeSteps, tile.g0 + i + 1 - population.lagIn));
}

/** The same before offset i; before the first step, that of the first. */
// @ts-ignore: decorator
@inline
export function unitBefore(population: Population, tile: Tile, i: i32): i32 {
  return unitAt(population, tile, tile.g0 + i > population.lagIn ? i - 1 : i);
}

/** |Q| from which on int16, or the membrane's bound, could have cut something off, from offset i on. */
// @ts-ignore: decorator
@inline
export function limitOf(population: Population, tile: Tile, i: i32): i32 {
  return min<i32>(i16.MAX_VALUE, 1 << (30 - population.shift - unitAt(population, tile, i)));
}

/** Steps that the population has integrated before the tile. */
// @ts-ignore: decorator
@inline
function stepsBefore(population: Population, tile: Tile): i32 {
  return max(0, min(tile.program.timeSteps, tile.g0 - population.lagIn));
}

/** The whole population's schedule for the tile. */
export function makeSchedule(population: Population, tile: Tile): void {
  // Before a population's first step, and after its last.
  if (firstOf(tile, population.lagIn) >= endOf(tile, population.out.lag)) return;
  const phases = tile.program.phases;
  const k = stepsBefore(population, tile);
  // Σ of the weights of k steps, over the last of them.
  const units: i32 = k <= phases ? (1 << k) - 1 : (1 << phases) - 1 + (k - phases);
  for (let c = 0; c < population.stateStride; c++) scheduleChannel(population, tile, c, units);
}

function scheduleChannel(population: Population, tile: Tile, c: i32, units: i32): void {
  const shift = population.shift;
  const mask = (1 << shift) - 1;
  const lagIn = population.lagIn;
  const lagOut = population.out.lag;
  const from = firstOf(tile, lagIn);
  const integrateTo = endOf(tile, lagIn);
  const fireFrom = firstOf(tile, lagOut);
  const to = endOf(tile, lagOut);
  const bias = load<i32>(population.bias + (c << 2));
  const isTakeback = population.neuron == NeuronNumber.TAKEBACK;
  let remainder = (row(population, ParameterRow.START, c) + units * bias) & mask;
  let unit = unitBefore(population, tile, from);
  let step = scheduleAt(population, tile, c, from - 1) + ((c & 7) << 1);
  store<i16>(step, <i16>remainder, REMAINDER);
  step += STEP_BYTES;
  for (let i = from; i < to; i++) {
    const unitNow = unitAt(population, tile, i);
    let sum = remainder << (unit - unitNow);
    unit = unitNow;
    if (i < integrateTo) sum += bias;
    remainder = sum & mask;
    const carry = sum >> shift;
    store<i16>(step, <i16>carry, CARRY);
    const fires = i >= fireFrom;
    const raise = weightShift(tile, lagOut, i) - unit;
    const up = fires ? above(row(population, ParameterRow.FIRE_UP, c), raise, remainder, shift) : i16.MAX_VALUE;
    const upNeg = fires ? above(row(population, ParameterRow.FIRE_UP_NEG, c), raise, remainder, shift) : i16.MAX_VALUE;
    const down = fires ? below(row(population, isTakeback ? ParameterRow.FIRE_DOWN : ParameterRow.FIRE_DOWN_NEG, c), raise, remainder, shift) : i16.MIN_VALUE;
    const downNeg = fires ? below(row(population, ParameterRow.FIRE_DOWN_NEG, c), raise, remainder, shift) : i16.MIN_VALUE;
    store<i16>(step, <i16>up, UP);
    store<i16>(step, <i16>(upNeg - up), UP_MORE);
    store<i16>(step, <i16>down, DOWN);
    store<i16>(step, <i16>(downNeg - down), DOWN_MORE);
    const cost = quotientOf(row(population, ParameterRow.COST_UP, c), raise, shift);
    const more = isTakeback
      ? quotientOf(row(population, ParameterRow.COST_UP_NEG, c), raise, shift) - cost
      : quotientOf(row(population, ParameterRow.COST_DOWN, c), raise, shift);
    store<i16>(step, <i16>cost, COST);
    store<i16>(step, <i16>more, COST_MORE);
    store<i16>(step, <i16>remainder, REMAINDER);
    step += STEP_BYTES;
  }
}

// @ts-ignore: decorator
@inline
function row(population: Population, number: ParameterRow, c: i32): i32 {
  return load<i32>(population.parameters + ((number * population.stateStride + c) << 2));
}

// @ts-ignore: decorator
@inline
function above(fireAt: i32, raise: i32, remainder: i32, shift: i32): i32 {
  return <i32>min<i64>(i16.MAX_VALUE, (((<i64>fireAt) << raise) - remainder - 1) >> shift);
}

// @ts-ignore: decorator
@inline
function below(fireAt: i32, raise: i32, remainder: i32, shift: i32): i32 {
  return <i32>max<i64>(i16.MIN_VALUE, ((-((<i64>fireAt) << raise) - remainder) >> shift) + 1);
}

// @ts-ignore: decorator
@inline
function quotientOf(cost: i32, raise: i32, shift: i32): i32 {
  return <i32>(((<i64>cost) << raise) >> shift);
}
