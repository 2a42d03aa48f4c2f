/** Where a thread finds what it is at work on, and where a frame's steps lie. */
import { Frame, Piece, Row, Tile } from "./structs";

/** The neurons that this thread runs. */
// @ts-ignore: decorator
@inline
export function pieceOf(tile: Tile): Piece {
  return changetype<Piece>(changetype<usize>(tile) + offsetof<Tile>());
}

/** Those of them that int16 did not hold. */
// @ts-ignore: decorator
@inline
export function restOf(tile: Tile): Piece {
  return changetype<Piece>(changetype<usize>(tile) + offsetof<Tile>() + offsetof<Piece>());
}

/** The outputs whose currents this thread gathers. */
// @ts-ignore: decorator
@inline
export function rowOf(tile: Tile): Row {
  return changetype<Row>(changetype<usize>(tile) + offsetof<Tile>() + 2 * offsetof<Piece>());
}

/** First offset i in the tile at which a layer of this lag has a step of its own. */
// @ts-ignore: decorator
@inline
export function firstOf(tile: Tile, lag: i32): i32 {
  return max(0, lag - tile.g0);
}

/** Offset after the last. */
// @ts-ignore: decorator
@inline
export function endOf(tile: Tile, lag: i32): i32 {
  return min(tile.length, tile.program.timeSteps + lag - tile.g0);
}

/** log₂ of what a spike weighs at offset i in a layer of this lag: see src/snn/phases.ts. */
// @ts-ignore: decorator
@inline
export function weightShift(tile: Tile, lag: i32, i: i32): i32 {
  return max(0, tile.program.phases - (tile.g0 + i + 1 - lag));
}

/** First offset from which on all spikes of a layer of this lag weigh 1. */
// @ts-ignore: decorator
@inline
export function weightedEnd(tile: Tile, lag: i32): i32 {
  return max(0, tile.program.phases - 1 + lag - tile.g0);
}

/** Where a frame keeps what is read with lag `lag` at offset i. */
// @ts-ignore: decorator
@inline
export function slotOf(frame: Frame, tile: Tile, lag: i32, i: i32): usize {
  const g = tile.g0 + i - lag + frame.lag;
  return frame.data + (g % frame.capacity) * frame.slotBytes;
}

/** Adds to a counter of this thread at offset i. */
// @ts-ignore: decorator
@inline
export function count(tile: Tile, counter: i32, i: i32, amount: i64): void {
  if (counter < 0) return;
  const program = tile.program;
  const at =
    program.counters + tile.thread * program.counterBytes + ((counter * program.tileSteps + i) << 3);
  store<i64>(at, load<i64>(at) + amount);
}

/** This thread's scratch memory. */
// @ts-ignore: decorator
@inline
export function scratchOf(tile: Tile): usize {
  return tile.program.scratch + tile.thread * tile.program.scratchBytes;
}

/** Bytes at the end of a thread's scratch memory for constants of a loop (neurons/takeback.ts, neurons/oscillator.ts, neurons/following.ts). */
const SETTLED = 1024;

// @ts-ignore: decorator
@inline
export function settledAt(tile: Tile): usize {
  return scratchOf(tile) + tile.program.scratchBytes - SETTLED;
}

/**
 * Where the free part of this thread's scratch memory ends. A pool takes its room from this end, because it may run right after a
 * band of a population's neurons, whose currents lie at the other end.
 */
// @ts-ignore: decorator
@inline
export function scratchEnd(tile: Tile): usize {
  return settledAt(tile);
}

/**
 * Where this thread merges a position's runs of entries. This is the room that pools take, too: runs are merged while currents
 * are gathered, and a pool starts after that, so that they never need it at the same time.
 */
// @ts-ignore: decorator
@inline
export function mergedAt(tile: Tile, bytes: i32): usize {
  return settledAt(tile) - bytes;
}
