/**
 * Accumulation of binary spikes through int16 weights of few bits: rows are added in int16 lanes, which are emptied before
 * they can overflow (after `budget` rows). Negated rows are stored, so that no branch on a spike's sign is needed.
 *
 * Weights: [block][kernel row][kernel column][as is, negated][input channel][channel of the block].
 */
import { Row, Term } from "../structs";

/** Adds int16 lanes to int32 sums. */
// @ts-ignore: decorator
@inline
export function spill(sums: usize, lanes: v128, shift: i32): void {
  const low = i32x4.shl(i32x4.extend_low_i16x8_s(lanes), shift);
  const high = i32x4.shl(i32x4.extend_high_i16x8_s(lanes), shift);
  v128.store(sums, i32x4.add(v128.load(sums), low));
  v128.store(sums, i32x4.add(v128.load(sums, 16), high), 16);
}

/**
 * What arrives at outputs (y, x … end − 1) at offset i, by kernel rows kyFrom … kyTo − 1, is shifted and added to int32
 * sums. `n`: eighths of a block, a constant, so that each becomes code of its own.
 */
// @ts-ignore: decorator
@inline
export function gatherNarrow(
  n: i32,
  term: Term,
  row: Row,
  i: i32,
  sums: usize,
): void {
  const positionBytes = row.positionBytes;
  const end = row.end;
  const frame = term.frame;
  const size = term.size;
  const width = frame.width;
  const stride = term.stride;
  const columnBytes = 2 * term.inPerGroup * term.rowBytes;
  const rowBytes = size * columnBytes;
  const indexRow = (width + 1) << 2;
  const top = row.y * stride - term.padding;
  const firstY = max(row.kyFrom, -top);
  const lastY = min(row.kyTo, frame.height - top);
  const indexTop = term.index + i * term.indexStepBytes + (row.group * frame.height + top + firstY) * indexRow;
  const weightsTop = row.weights + firstY * rowBytes;
  const rows = lastY - firstY;
  const shift = term.shift;
  const allowance = term.budget << 2;
  for (let x = row.x; x < end; x++) {
    const left = x * stride - term.padding;
    const from = max(0, left) << 2;
    const to = min(width, left + size) << 2;
    let base = weightsTop - left * columnBytes;
    let index = indexTop;
    let budget = allowance;
    let a0 = i16x8.splat(0);
    let a1 = a0;
    let a2 = a0;
    let a3 = a0;
    let a4 = a0;
    let a5 = a0;
    let a6 = a0;
    let a7 = a0;
    if (from < to) {
      for (let ky = 0; ky < rows; ky++) {
        let entry = <usize>load<u32>(index + from);
        const last = <usize>load<u32>(index + to);
        while (entry < last) {
          const stop = min(last, entry + budget);
          budget -= <i32>(stop - entry);
          for (; entry < stop; entry += 4) {
            const at = base + load<u32>(entry);
            a0 = i16x8.add(a0, v128.load(at));
            if (n > 1) a1 = i16x8.add(a1, v128.load(at, 16));
            if (n > 2) a2 = i16x8.add(a2, v128.load(at, 32));
            if (n > 3) a3 = i16x8.add(a3, v128.load(at, 48));
            if (n > 4) a4 = i16x8.add(a4, v128.load(at, 64));
            if (n > 5) a5 = i16x8.add(a5, v128.load(at, 80));
            if (n > 6) a6 = i16x8.add(a6, v128.load(at, 96));
            if (n > 7) a7 = i16x8.add(a7, v128.load(at, 112));
          }
          if (budget == 0) {
            spill(sums, a0, shift);
            if (n > 1) spill(sums + 32, a1, shift);
            if (n > 2) spill(sums + 64, a2, shift);
            if (n > 3) spill(sums + 96, a3, shift);
            if (n > 4) spill(sums + 128, a4, shift);
            if (n > 5) spill(sums + 160, a5, shift);
            if (n > 6) spill(sums + 192, a6, shift);
            if (n > 7) spill(sums + 224, a7, shift);
            a0 = i16x8.splat(0);
            a1 = a0;
            a2 = a0;
            a3 = a0;
            a4 = a0;
            a5 = a0;
            a6 = a0;
            a7 = a0;
            budget = allowance;
          }
        }
        index += indexRow;
        base += rowBytes;
      }
    }
    spill(sums, a0, shift);
    if (n > 1) spill(sums + 32, a1, shift);
    if (n > 2) spill(sums + 64, a2, shift);
    if (n > 3) spill(sums + 96, a3, shift);
    if (n > 4) spill(sums + 128, a4, shift);
    if (n > 5) spill(sums + 160, a5, shift);
    if (n > 6) spill(sums + 192, a6, shift);
    if (n > 7) spill(sums + 224, a7, shift);
    sums += positionBytes;
  }
}
