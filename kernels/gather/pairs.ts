/**
 * Accumulation where a position has few rows of few channels. Then most of the time goes into finding the rows, and not into adding
 * them up. So two output positions side by side are treated as one position with twice the channels. Its kernel is wider by the
 * stride. Each row holds the weights as the first position sees them, followed by those that the second sees, with 0 where an input
 * lies outside of a position's kernel; otherwise rows are as in bytes.ts. Runs of entries are merged into one, because a processor
 * guesses the end of each short run wrong.
 *
 * Weights: [block][kernel row][kernel column + stride][as is, negated][input channel][position][channel of the block].
 */
import { lowSum } from "./bytes";
import { Row, Term } from "../structs";

/**
 * What arrives at outputs (y, x … end − 1) at offset i: int16, not yet shifted. `n`: eighths of two blocks, 4 or 8.
 */
// @ts-ignore: decorator
@inline
export function gatherPairs(
  n: i32,
  term: Term,
  row: Row,
  i: i32,
  sums: usize,
): void {
  const positionBytes = row.positionBytes;
  const room = row.room;
  const end = row.end;
  const frame = term.frame;
  const size = term.size;
  const width = frame.width;
  const stride = term.stride;
  const padding = term.padding;
  const columns = size + stride;
  const columnBytes = 2 * term.inPerGroup * term.rowBytes;
  const rowBytes = columns * columnBytes;
  const indexRow = (width + 1) << 2;
  const top = row.y * stride - padding;
  const firstY = max(0, -top);
  const rows = min(size, frame.height - top) - firstY;
  const indexTop = term.index + i * term.indexStepBytes + (row.group * frame.height + top + firstY) * indexRow;
  const weightsTop = row.weights + firstY * rowBytes;
  for (let x = row.x; x < end; x += 2) {
    const left = x * stride - padding;
    const from = min(width, max(0, left)) << 2;
    const to = max(0, min(width, left + columns)) << 2;
    let base = weightsTop - left * columnBytes;
    let index = indexTop;
    let next = room;
    for (let ky = 0; ky < rows; ky++) {
      const entry = <usize>load<u32>(index + from);
      const bytes = <usize>load<u32>(index + to) - entry;
      const offset = i32x4.splat(<i32>base);
      let k: usize = 0;
      do {
        v128.store(next + k, i32x4.add(v128.load(entry + k), offset));
        v128.store(next + k, i32x4.add(v128.load(entry + k, 16), offset), 16);
        v128.store(next + k, i32x4.add(v128.load(entry + k, 32), offset), 32);
        v128.store(next + k, i32x4.add(v128.load(entry + k, 48), offset), 48);
        k += 64;
      } while (k < bytes);
      next += bytes;
      index += indexRow;
      base += rowBytes;
    }
    let a0 = i16x8.splat(0);
    let a1 = a0;
    let a2 = a0;
    let a3 = a0;
    let b0 = a0;
    let b1 = a0;
    let b2 = a0;
    let b3 = a0;
    for (let entry = room; entry < next; entry += 4) {
      const at = <usize>load<u32>(entry);
      const lanes0 = v128.load(at);
      a0 = i16x8.add(a0, lanes0);
      b0 = i16x8.add(b0, i16x8.shr_s(lanes0, 8));
      const lanes1 = v128.load(at, 16);
      a1 = i16x8.add(a1, lanes1);
      b1 = i16x8.add(b1, i16x8.shr_s(lanes1, 8));
      if (n == 8) {
        const lanes2 = v128.load(at, 32);
        a2 = i16x8.add(a2, lanes2);
        b2 = i16x8.add(b2, i16x8.shr_s(lanes2, 8));
        const lanes3 = v128.load(at, 48);
        a3 = i16x8.add(a3, lanes3);
        b3 = i16x8.add(b3, i16x8.shr_s(lanes3, 8));
      }
    }
    const added = <i32>(next - room);
    const second = sums + positionBytes;
    v128.store(sums, lowSum(a0, b0, added));
    v128.store(sums, b0, 16);
    if (n == 8) {
      v128.store(sums, lowSum(a1, b1, added), 32);
      v128.store(sums, b1, 48);
      if (x + 1 < end) {
        v128.store(second, lowSum(a2, b2, added));
        v128.store(second, b2, 16);
        v128.store(second, lowSum(a3, b3, added), 32);
        v128.store(second, b3, 48);
      }
    } else if (x + 1 < end) {
      v128.store(second, lowSum(a1, b1, added));
      v128.store(second, b1, 16);
    }
    sums += 2 * positionBytes;
  }
}
