/**
 * Wide accumulation: graded spikes, or weights of many bits. Two entries at a time: their int16 weight rows are
 * interleaved and multiplied with the pair of magnitudes into int32 lanes.
 *
 * Weights: [block][kernel row][kernel column][input channel][channel of the block], int16.
 */
import { Row, Term } from "../structs";

// @ts-ignore: decorator
@inline
function dotLow(sum: v128, a: v128, b: v128, magnitudes: v128): v128 {
  const pairs = v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
  return i32x4.add(sum, i32x4.dot_i16x8_s(pairs, magnitudes));
}

// @ts-ignore: decorator
@inline
function dotHigh(sum: v128, a: v128, b: v128, magnitudes: v128): v128 {
  const pairs = v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
  return i32x4.add(sum, i32x4.dot_i16x8_s(pairs, magnitudes));
}

/** As `gatherNarrow`, n ≤ 4. */
// @ts-ignore: decorator
@inline
export function gatherWide(n: i32, term: Term, row: Row, i: i32, sums: usize): void {
  for (let x = row.x; x < row.end; x++, sums += row.positionBytes) gatherOne(n, term, row, i, x, sums);
}

/** What arrives at one output. */
// @ts-ignore: decorator
@inline
function gatherOne(n: i32, term: Term, row: Row, i: i32, x: i32, sums: usize): void {
  const frame = term.frame;
  const size = term.size;
  const left = x * term.stride - term.padding;
  const top = row.y * term.stride - term.padding;
  const from = max(0, left) << 2;
  const to = min(frame.width, left + size) << 2;
  const columnBytes = term.inPerGroup * term.rowBytes;
  const indexRow = (frame.width + 1) << 2;
  let base = row.weights - left * columnBytes;
  let index = term.index + i * term.indexStepBytes + (row.group * frame.height + top) * indexRow;
  let a0 = i32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  let a4 = a0;
  let a5 = a0;
  let a6 = a0;
  let a7 = a0;
  for (let ky = 0; ky < size; ky++) {
    if (<u32>(top + ky) < <u32>frame.height && from < to) {
      let entry = <usize>load<u32>(index + from);
      const end = <usize>load<u32>(index + to);
      let magnitude = term.magnitudes + ((entry - term.events) >> 1);
      for (; entry < end; entry += 8) {
        const isPair = entry + 4 < end;
        const rowA = base + load<u32>(entry);
        const rowB = isPair ? base + load<u32>(entry, 4) : rowA;
        const both = load<u32>(magnitude);
        const m = i32x4.splat(isPair ? both : both & 0xffff);
        magnitude += 4;
        let a = v128.load(rowA);
        let b = v128.load(rowB);
        a0 = dotLow(a0, a, b, m);
        a1 = dotHigh(a1, a, b, m);
        if (n > 1) {
          a = v128.load(rowA, 16);
          b = v128.load(rowB, 16);
          a2 = dotLow(a2, a, b, m);
          a3 = dotHigh(a3, a, b, m);
        }
        if (n > 2) {
          a = v128.load(rowA, 32);
          b = v128.load(rowB, 32);
          a4 = dotLow(a4, a, b, m);
          a5 = dotHigh(a5, a, b, m);
        }
        if (n > 3) {
          a = v128.load(rowA, 48);
          b = v128.load(rowB, 48);
          a6 = dotLow(a6, a, b, m);
          a7 = dotHigh(a7, a, b, m);
        }
      }
    }
    index += indexRow;
    base += size * columnBytes;
  }
  const shift = term.shift;
  add(sums, a0, shift);
  add(sums + 16, a1, shift);
  if (n > 1) add(sums + 32, a2, shift);
  if (n > 1) add(sums + 48, a3, shift);
  if (n > 2) add(sums + 64, a4, shift);
  if (n > 2) add(sums + 80, a5, shift);
  if (n > 3) add(sums + 96, a6, shift);
  if (n > 3) add(sums + 112, a7, shift);
}

// @ts-ignore: decorator
@inline
function add(sums: usize, lanes: v128, shift: i32): void {
  v128.store(sums, i32x4.add(v128.load(sums), i32x4.shl(lanes, shift)));
}
