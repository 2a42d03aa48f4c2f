/**
 * Narrow accumulation: binary spikes, weights of few bits. One weight row is `block` channels, int8 or int16; rows are
 * added in int16 lanes, which are emptied into int32 before they can overflow (after `budget` rows). No branch on a sign:
 * negated rows are stored.
 *
 * Weights: [block][kernel row][kernel column][as is, negated][input channel][channel of the block].
 */
import { Term } from "./structs";

/** Column range, in the input, of the window of output column x; both within the row. */
// @ts-ignore: decorator
@inline
export function windowStart(x: i32, stride: i32, padding: i32): i32 {
  return max(0, x * stride - padding);
}

// @ts-ignore: decorator
@inline
function loadRow(isInt8: bool, at: usize, lane: usize): v128 {
  return isInt8 ? v128.load_ext<i8>(at + lane * 8) : v128.load(at + lane * 16);
}

/** Adds int16 lanes to int32 sums. */
// @ts-ignore: decorator
@inline
function spill(sums: usize, lanes: v128): void {
  v128.store(sums, i32x4.add(v128.load(sums), i32x4.extend_low_i16x8_s(lanes)));
  v128.store(sums, i32x4.add(v128.load(sums, 16), i32x4.extend_high_i16x8_s(lanes)), 16);
}

/**
 * Adds to `sums` (i32 [8·n]) what arrives at output (y, x) at offset i, shifted left by the term's shift.
 * `n`: eighths of a block; a constant, so that each n becomes code of its own.
 */
// @ts-ignore: decorator
@inline
export function accumulateNarrow(
  n: i32,
  isInt8: bool,
  term: Term,
  weights: usize,
  group: i32,
  i: i32,
  y: i32,
  x: i32,
  sums: usize,
  spilled: usize,
): void {
  const frame = term.frame;
  const size = term.size;
  const left = x * term.stride - term.padding;
  const top = y * term.stride - term.padding;
  const from = max(0, left) << 2;
  const to = min(frame.width, left + size) << 2;
  const columnBytes = 2 * term.inPerGroup * term.rowBytes;
  const indexRow = (frame.width + 1) << 2;
  let base = weights - left * columnBytes;
  let index = term.index + i * term.indexStepBytes + (group * frame.height + top) * indexRow;
  let budget = term.budget << 2;
  let hasSpilled = false;
  let a0 = i16x8.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  let a4 = a0;
  let a5 = a0;
  let a6 = a0;
  let a7 = a0;
  for (let ky = 0; ky < size; ky++) {
    const inY = top + ky;
    if (<u32>inY < <u32>frame.height && from < to) {
      let entry = <usize>load<u32>(index + from);
      const end = <usize>load<u32>(index + to);
      while (entry < end) {
        const stop = min(end, entry + budget);
        budget -= <i32>(stop - entry);
        for (; entry < stop; entry += 4) {
          const row = base + load<u32>(entry);
          a0 = i16x8.add(a0, loadRow(isInt8, row, 0));
          if (n > 1) a1 = i16x8.add(a1, loadRow(isInt8, row, 1));
          if (n > 2) a2 = i16x8.add(a2, loadRow(isInt8, row, 2));
          if (n > 3) a3 = i16x8.add(a3, loadRow(isInt8, row, 3));
          if (n > 4) a4 = i16x8.add(a4, loadRow(isInt8, row, 4));
          if (n > 5) a5 = i16x8.add(a5, loadRow(isInt8, row, 5));
          if (n > 6) a6 = i16x8.add(a6, loadRow(isInt8, row, 6));
          if (n > 7) a7 = i16x8.add(a7, loadRow(isInt8, row, 7));
        }
        if (budget == 0) {
          if (!hasSpilled) memory.fill(spilled, 0, n * 32);
          hasSpilled = true;
          spill(spilled, a0);
          if (n > 1) spill(spilled + 32, a1);
          if (n > 2) spill(spilled + 64, a2);
          if (n > 3) spill(spilled + 96, a3);
          if (n > 4) spill(spilled + 128, a4);
          if (n > 5) spill(spilled + 160, a5);
          if (n > 6) spill(spilled + 192, a6);
          if (n > 7) spill(spilled + 224, a7);
          a0 = i16x8.splat(0);
          a1 = a0;
          a2 = a0;
          a3 = a0;
          a4 = a0;
          a5 = a0;
          a6 = a0;
          a7 = a0;
          budget = term.budget << 2;
        }
      }
    }
    index += indexRow;
    base += size * columnBytes;
  }
  const shift = term.shift;
  if (hasSpilled) addSums(n, sums, spilled, shift);
  addLanes(sums, a0, shift);
  if (n > 1) addLanes(sums + 32, a1, shift);
  if (n > 2) addLanes(sums + 64, a2, shift);
  if (n > 3) addLanes(sums + 96, a3, shift);
  if (n > 4) addLanes(sums + 128, a4, shift);
  if (n > 5) addLanes(sums + 160, a5, shift);
  if (n > 6) addLanes(sums + 192, a6, shift);
  if (n > 7) addLanes(sums + 224, a7, shift);
}

// @ts-ignore: decorator
@inline
function addLanes(sums: usize, lanes: v128, shift: i32): void {
  const low = i32x4.shl(i32x4.extend_low_i16x8_s(lanes), shift);
  const high = i32x4.shl(i32x4.extend_high_i16x8_s(lanes), shift);
  v128.store(sums, i32x4.add(v128.load(sums), low));
  v128.store(sums, i32x4.add(v128.load(sums, 16), high), 16);
}

// @ts-ignore: decorator
@inline
function addSums(n: i32, sums: usize, from: usize, shift: i32): void {
  for (let at = 0; at < n * 32; at += 16) {
    v128.store(sums + at, i32x4.add(v128.load(sums + at), i32x4.shl(v128.load(from + at), shift)));
  }
}
