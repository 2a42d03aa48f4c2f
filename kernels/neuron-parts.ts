/**
 * What the kinds of neurons have in common: their parameters, their currents, and how spikes are stored.
 *
 * Parameters, i32 [13][stateStride]: the rows below. A cost is what one spike gives up; "neg" rows hold for net counts below
 * zero (going up) or up to zero (going down), and differ from the others only in take-back neurons. Where nothing negative
 * is sent, costs are above the membrane's bound. Channels that only pad never fire.
 */
import { Population } from "./structs";

export const FIRE_UP = 0;
export const FIRE_UP_NEG = 1;
export const FIRE_DOWN = 2;
export const FIRE_DOWN_NEG = 3;
export const COST_UP = 4;
export const COST_UP_NEG = 5;
export const COST_DOWN = 6;
export const COST_DOWN_NEG = 7;
/** Membranes at the start. */
export const START = 8;
/** What binary neurons compare with: FIRE_UP − 1 and 1 − FIRE_DOWN (strict comparisons are one instruction, others two). */
export const UP_ABOVE = 9;
export const DOWN_BELOW = 10;
/** Take-back neurons: FIRE_UP_NEG − FIRE_UP and COST_UP_NEG − COST_UP. */
export const MORE_FIRE = 11;
export const MORE_COST = 12;

/** Neuron kinds; 0 are thresholds that do not depend on the net count. */
export const TAKEBACK = 1;
export const TRACKER = 2;

/** Where currents come from. */
export const CONSTANT = 0;
export const SHORT = 1;
export const LONG = 2;

// @ts-ignore: decorator
@inline
export function constantCurrent(population: Population, at: usize, c: i32): v128 {
  const bias = v128.load(population.bias + (c << 2));
  return population.constant == 0 ? bias : i32x4.add(bias, v128.load(population.constant + at));
}

// @ts-ignore: decorator
@inline
export function currentAt(mode: i32, constant: v128, from: usize, shift: i32): v128 {
  if (mode == CONSTANT) return constant;
  const varying = mode == SHORT ? i32x4.shl(v128.load_ext<i16>(from), shift) : v128.load(from);
  return i32x4.add(constant, varying);
}

// @ts-ignore: decorator
@inline
export function choose(mask: v128, ifSet: v128, otherwise: v128): v128 {
  return v128.bitselect(ifSet, otherwise, mask);
}

// @ts-ignore: decorator
@inline
export function parameter(population: Population, row: i32, c: i32): v128 {
  return v128.load(population.parameters + ((row * population.stateStride + c) << 2));
}

/** Whether eight membranes begin within ± `calm`. */
// @ts-ignore: decorator
@inline
export function isCalm(population: Population, at: usize): bool {
  const calm = i32x4.splat(population.calm);
  const low = i32x4.gt_s(i32x4.abs(v128.load(population.vMem + at)), calm);
  return !v128.any_true(v128.or(low, i32x4.gt_s(i32x4.abs(v128.load(population.vMem + at, 16)), calm)));
}

/** Four spikes to bytes. */
// @ts-ignore: decorator
@inline
export function storeSpikes(to: usize, spikes: v128): void {
  const words = i16x8.narrow_i32x4_s(spikes, spikes);
  v128.store_lane<i32>(to, i8x16.narrow_i16x8_s(words, words), 0);
}

/** Eight spikes to bytes. */
// @ts-ignore: decorator
@inline
export function storeEight(to: usize, low: v128, high: v128): void {
  const words = i16x8.narrow_i32x4_s(low, high);
  v128.store_lane<i64>(to, i8x16.narrow_i16x8_s(words, words), 0);
}
