/**
 * One factor of a product: each of its spikes adds the other factor's net count, which is kept for each output and followed here as
 * time passes. The first factor takes the count before the other's spike, the second after it: together n'·m' − n·m.
 */
import { Frame, Row, SpreadNumber, Term, Tile } from "../structs";
import { slotOf, weightShift } from "../tile";

/** Counts of a row's outputs at the start of a frame. */
export function resetCounts(term: Term, row: Row): void {
  const population = row.population;
  const first = (row.y * population.out.width + row.x) * population.stateStride + row.first;
  let at = term.otherCounts + (first << 2);
  for (let x = row.x; x < row.end; x++) {
    memory.fill(at, 0, population.block << 2);
    at += population.stateStride << 2;
  }
}

/** Adds to `sums` (i32 [channels of the block]) what arrives at output x of the row at offset i, shifted. Offsets come in order. */
export function accumulateProduct(tile: Tile, term: Term, row: Row, i: i32, x: i32, sums: usize): void {
  const population = row.population;
  const lag = population.lagIn;
  const position = row.y * population.out.width + x;
  const own = placeIn(term.frame, term.spread, slotOf(term.frame, tile, lag, i), position);
  const other = placeIn(term.other, term.otherSpread, slotOf(term.other, tile, lag, i), position);
  const weight = weightShift(tile, lag, i);
  const counts = term.otherCounts + ((position * population.stateStride) << 2);
  for (let c = row.first; c < row.first + population.block; c += 8) {
    const s = spikesAt(own, term.spread, c);
    const change = spikesAt(other, term.otherSpread, c);
    const at = counts + (c << 2);
    const low = v128.load(at);
    const high = v128.load(at, 16);
    const lowAfter = i32x4.add(low, i32x4.shl(i32x4.extend_low_i16x8_s(change), weight));
    const highAfter = i32x4.add(high, i32x4.shl(i32x4.extend_high_i16x8_s(change), weight));
    v128.store(at, lowAfter);
    v128.store(at, highAfter, 16);
    const factors = v128.load(term.weights + (c << 1));
    const lowOwn = i32x4.extmul_low_i16x8_s(s, factors);
    const highOwn = i32x4.extmul_high_i16x8_s(s, factors);
    const to = sums + ((c - row.first) << 2);
    const lowSum = i32x4.mul(lowOwn, term.isSecond ? lowAfter : low);
    const highSum = i32x4.mul(highOwn, term.isSecond ? highAfter : high);
    v128.store(to, i32x4.add(v128.load(to), i32x4.shl(lowSum, term.shift)));
    v128.store(to, i32x4.add(v128.load(to, 16), i32x4.shl(highSum, term.shift)), 16);
  }
}

/** Where the spikes for a position of the product are. */
// @ts-ignore: decorator
@inline
function placeIn(frame: Frame, spread: i32, slot: usize, position: i32): usize {
  return spread == SpreadNumber.CHANNELS ? slot : slot + position * frame.stride;
}

/** Spikes for eight channels from c on, as int16. */
// @ts-ignore: decorator
@inline
function spikesAt(place: usize, spread: i32, c: i32): v128 {
  return spread == SpreadNumber.POSITIONS ? i16x8.splat(load<i8>(place)) : v128.load_ext<i8>(place + c);
}
