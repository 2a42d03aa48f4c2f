/** What the kinds of neurons have in common: their parameters, their currents, and how spikes are stored. */
import { ParameterRow, Piece, Population, Tile } from "../structs";
import { endOf, firstOf } from "../tile";

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
export function parameter(population: Population, row: ParameterRow, c: i32): v128 {
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

/** Where channel c of the p-th position of a piece has its state: bytes within membranes and net counts. */
// @ts-ignore: decorator
@inline
export function stateAt(piece: Piece, p: i32, c: i32): usize {
  return <usize>(((piece.position + p) * piece.population.stateStride + c) << 2);
}

/** Where its current of offset 0 is. */
// @ts-ignore: decorator
@inline
export function currentOf(piece: Piece, p: i32, c: i32): usize {
  return piece.currents + p * piece.positionBytes + ((c - piece.first) << (piece.mode == SHORT ? 1 : 2));
}

/** Where its spikes go, in the first slot. */
// @ts-ignore: decorator
@inline
export function spikesOf(piece: Piece, p: i32, c: i32): usize {
  return piece.spikes + p * piece.out.stride + (c - piece.first);
}

/** First offset of a piece at which its neurons fire. */
// @ts-ignore: decorator
@inline
export function firedFrom(tile: Tile, piece: Piece): i32 {
  return max(piece.from, firstOf(tile, piece.out.lag));
}

/** Offset after the last. */
// @ts-ignore: decorator
@inline
export function firedTo(tile: Tile, piece: Piece): i32 {
  return min(piece.to, endOf(tile, piece.out.lag));
}
