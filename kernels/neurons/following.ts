/**
 * What the two ways of running trackers share (tracker.ts looks goals up, estimate.ts estimates them first): through which steps a piece
 * integrates and fires, what arrives, and when nothing more is sent.
 *
 * What steps differ in is written down once a piece, before its neurons: i32 [offset][8], the words below.
 */
import { Piece, Population, Tile } from "../structs";
import { endOf, firstOf, settledAt, weightShift } from "../tile";
import { distancesOf } from "./goal";
import { SHORT, constantCurrent, firedFrom, firedTo } from "./parts";

/** Of a step: by how much its currents are shifted, and what that multiplies them by. */
export const SHIFT_IN = 0;
export const SCALE = 4;
/** The exact distance above which neurons fire, log₂ of a spike's weight, and what a spike changes of a count. */
export const ABOVE = 8;
export const WEIGHT = 12;
export const UNIT = 16;
/** Where spikes go. */
export const SLOT = 20;
export const STEP_SHIFT = 5;

/** Sets through which offsets a piece integrates and fires, and writes down what its steps differ in; gives where. `bits`: of a count's fraction. */
export function startFollowing(tile: Tile, piece: Piece, bits: i32): usize {
  const population = piece.population;
  const out = piece.out;
  const lagIn = population.lagIn;
  piece.integrateFrom = max(piece.from, firstOf(tile, lagIn));
  piece.integrateTo = min(piece.to, endOf(tile, lagIn));
  piece.fireFrom = firedFrom(tile, piece);
  piece.fireTo = firedTo(tile, piece);
  const onceAt = lagIn - tile.g0;
  piece.receives = onceAt >= piece.from && onceAt < piece.to && receivesOnce(population, tile) ? 1 : 0;
  const steps = settledAt(tile);
  const shift = piece.mode == SHORT ? population.shift : 0;
  const to = max(piece.integrateTo, piece.fireTo);
  for (let i = min(piece.integrateFrom, piece.fireFrom); i < to; i++) {
    const step = steps + (i << STEP_SHIFT);
    // Steps before the first that fires have no weight of their own.
    const weight = i >= firstOf(tile, out.lag) ? weightShift(tile, out.lag, i) : 0;
    const shiftIn = shift + weightShift(tile, lagIn, i);
    store<i32>(step, shiftIn, SHIFT_IN);
    store<i32>(step, 1 << shiftIn, SCALE);
    store<i32>(step, load<i32>(distancesOf(population) + (weight << 2)) - 1, ABOVE);
    store<i32>(step, weight, WEIGHT);
    store<i32>(step, 1 << (bits + weight), UNIT);
    store<i32>(step, ((tile.g0 + i) % out.capacity) * out.slotBytes, SLOT);
  }
  return steps;
}

/** Whether what comes once a frame comes in this tile: biases in a first frame, and what is new of the picture. */
// @ts-ignore: decorator
@inline
export function receivesOnce(population: Population, tile: Tile): bool {
  const onceAt = population.lagIn - tile.g0;
  if (onceAt < 0 || onceAt >= endOf(tile, population.lagIn)) return false;
  return population.constant != 0 || !tile.program.goesOn;
}

/** Sums of four channels, and of the four behind them. */
// @ts-ignore: decorator
@inline
export function lowSums(mode: i32, from: usize): v128 {
  return mode == SHORT ? v128.load_ext<i16>(from) : v128.load(from);
}

// @ts-ignore: decorator
@inline
export function highSums(mode: i32, from: usize): v128 {
  return mode == SHORT ? v128.load_ext<i16>(from, 8) : v128.load(from, 16);
}

/** Whether anything arrives at eight channels in so many steps. */
// @ts-ignore: decorator
@inline
export function arrives(mode: i32, current: usize, stepBytes: i32, steps: i32): bool {
  let any = i32x4.splat(0);
  for (let i = 0; i < steps; i++) {
    any = v128.or(any, v128.load(current));
    if (mode != SHORT) any = v128.or(any, v128.load(current, 16));
    current += stepBytes;
  }
  return v128.any_true(any);
}

/** What four neurons receive once: biases in a first frame, and of the picture what is new since the last one. */
// @ts-ignore: decorator
@inline
export function newConstants(population: Population, tile: Tile, at: usize, c: i32): v128 {
  if (!tile.program.goesOn) return constantCurrent(population, at, c);
  if (population.constant == 0) return i32x4.splat(0);
  return i32x4.sub(v128.load(population.constant + at), v128.load(population.received + at));
}

/**
 * Whether neurons so far from their goals send nothing through these steps, in which nothing arrives: they are as near as the last
 * step, which is the most demanding, wants it.
 */
// @ts-ignore: decorator
@inline
export function areSettled(distance: v128, population: Population): bool {
  return !v128.any_true(i32x4.ge_s(distance, v128.load_splat<i32>(distancesOf(population))));
}
