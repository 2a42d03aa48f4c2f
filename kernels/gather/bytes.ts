/**
 * Accumulation of binary spikes through int8 weights. Two channels lie in one int16 lane, 256·H + L + 128: adding up whole
 * lanes and, shifted right, their upper bytes gives both sums for one load of sixteen channels, where widening each byte
 * would cost two loads. With N rows added, ΣL = Σlane − 256·ΣH − 128·N (mod 2^16), exact as long as ΣL fits into int16.
 * Negated rows are stored, so that no branch on a spike's sign is needed; where they would be too many, −1s have lists of their own,
 * whose sums are subtracted.
 *
 * Weights: [block][kernel row][kernel column][as is, negated][input channel][channel of the block], where bytes 2j and
 * 2j + 1 of each sixteen are channels j (its weight + 128) and j + 8. The last eight channels of a block of an odd number of eights are
 * stored as they are.
 */
import { spill } from "./narrow";
import { Row, Term } from "../structs";

/** ΣL of lanes and of their upper bytes; `bytes`: entries added (less those subtracted), four bytes each. */
// @ts-ignore: decorator
@inline
export function lowSum(lanes: v128, upper: v128, bytes: i32): v128 {
  return i16x8.sub(i16x8.sub(lanes, i16x8.shl(upper, 8)), i16x8.splat(<i16>(bytes << 5)));
}

/**
 * What arrives at outputs (y, x … end − 1) at offset i, by kernel rows kyFrom … kyTo − 1.
 *
 * `isShort`: sums fit into int16, and are stored as such, not yet shifted. Otherwise they are shifted and added to int32
 * sums; lanes are emptied before they can overflow (after `budget` rows).
 * `room`: where a position's short runs are merged; 0 where they are long.
 * `n`: eighths of a block. Flags and n are constants, so that each combination becomes code of its own.
 */
// @ts-ignore: decorator
@inline
export function gatherBytes(
  n: i32,
  isShort: bool,
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
  /** Lists: one of all spikes, or one of +1s and one of −1s. */
  const lists = term.isSplit ? 2 : 1;
  const columnBytes = (term.isSplit ? 1 : 2) * term.inPerGroup * term.rowBytes;
  const rowBytes = size * columnBytes;
  const indexRow = (width + 1) << 2;
  const top = row.y * stride - padding;
  const firstY = max(row.kyFrom, -top);
  const lastY = min(row.kyTo, frame.height - top);
  const indexTop = term.index + i * term.indexStepBytes + (row.group * frame.height + top + firstY) * indexRow;
  const weightsTop = row.weights + firstY * rowBytes;
  const rows = lastY - firstY;
  const shift = term.shift;
  const allowance = term.budget << 2;
  for (let x = row.x; x < end; x++) {
    const left = x * stride - padding;
    const from = max(0, left) << 2;
    const to = min(width, left + size) << 2;
    /** Bytes of entries that have been added to the lanes, those of −1s less those of +1s at the last. */
    let added = 0;
    let budget = allowance;
    let a0 = i16x8.splat(0);
    let a1 = a0;
    let a2 = a0;
    let a3 = a0;
    let b0 = a0;
    let b1 = a0;
    let b2 = a0;
    let b3 = a0;
    let last8 = a0;
    for (let list = 0; list < lists && from < to; list++) {
      let base = weightsTop - left * columnBytes;
      let index = indexTop + list * term.indexListBytes;
      let runs = rows;
      let next = room;
      if (isShort && room != 0) {
        // One run of addresses instead of several short ones, each of whose ends a processor would guess wrong.
        for (let ky = 0; ky < rows; ky++) {
          const entry = <usize>load<u32>(index + from);
          const bytes = <usize>load<u32>(index + to) - entry;
          const offset = i32x4.splat(base);
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
        base = 0;
        runs = 1;
      }
      for (let ky = 0; ky < runs; ky++) {
        const isMerged = isShort && room != 0;
        let entry = isMerged ? room : <usize>load<u32>(index + from);
        const last = isMerged ? next : <usize>load<u32>(index + to);
        while (entry < last) {
          const stop = isShort ? last : min(last, entry + budget);
          added += <i32>(stop - entry);
          budget -= <i32>(stop - entry);
          for (; entry < stop; entry += 4) {
            const at = base + load<u32>(entry);
            if (n > 1) {
              const lanes = v128.load(at);
              a0 = i16x8.add(a0, lanes);
              b0 = i16x8.add(b0, i16x8.shr_s(lanes, 8));
            }
            if (n > 3) {
              const lanes = v128.load(at, 16);
              a1 = i16x8.add(a1, lanes);
              b1 = i16x8.add(b1, i16x8.shr_s(lanes, 8));
            }
            if (n > 5) {
              const lanes = v128.load(at, 32);
              a2 = i16x8.add(a2, lanes);
              b2 = i16x8.add(b2, i16x8.shr_s(lanes, 8));
            }
            if (n > 7) {
              const lanes = v128.load(at, 48);
              a3 = i16x8.add(a3, lanes);
              b3 = i16x8.add(b3, i16x8.shr_s(lanes, 8));
            }
            if (n == 1) last8 = i16x8.add(last8, v128.load_ext<i8>(at));
            if (n == 3) last8 = i16x8.add(last8, v128.load_ext<i8>(at, 16));
            if (n == 5) last8 = i16x8.add(last8, v128.load_ext<i8>(at, 32));
            if (n == 7) last8 = i16x8.add(last8, v128.load_ext<i8>(at, 48));
          }
          if (!isShort) {
            if (budget == 0) {
              if (list == 1) {
                a0 = i16x8.neg(a0);
                a1 = i16x8.neg(a1);
                a2 = i16x8.neg(a2);
                a3 = i16x8.neg(a3);
                b0 = i16x8.neg(b0);
                b1 = i16x8.neg(b1);
                b2 = i16x8.neg(b2);
                b3 = i16x8.neg(b3);
                last8 = i16x8.neg(last8);
                added = -added;
              }
              if (n > 1) spill(sums, lowSum(a0, b0, added), shift);
              if (n > 1) spill(sums + 32, b0, shift);
              if (n > 3) spill(sums + 64, lowSum(a1, b1, added), shift);
              if (n > 3) spill(sums + 96, b1, shift);
              if (n > 5) spill(sums + 128, lowSum(a2, b2, added), shift);
              if (n > 5) spill(sums + 160, b2, shift);
              if (n > 7) spill(sums + 192, lowSum(a3, b3, added), shift);
              if (n > 7) spill(sums + 224, b3, shift);
              if (n & 1) spill(sums + ((n - 1) << 5), last8, shift);
              a0 = i16x8.splat(0);
              a1 = a0;
              a2 = a0;
              a3 = a0;
              b0 = a0;
              b1 = a0;
              b2 = a0;
              b3 = a0;
              last8 = a0;
              added = 0;
              budget = allowance;
            }
          }
        }
        index += indexRow;
        base += rowBytes;
      }
      if (lists > 1) {
        // Twice: what is added is subtracted in the end, and the other way round.
        a0 = i16x8.neg(a0);
        a1 = i16x8.neg(a1);
        a2 = i16x8.neg(a2);
        a3 = i16x8.neg(a3);
        b0 = i16x8.neg(b0);
        b1 = i16x8.neg(b1);
        b2 = i16x8.neg(b2);
        b3 = i16x8.neg(b3);
        last8 = i16x8.neg(last8);
        added = -added;
      }
    }
    if (isShort) {
      if (n > 1) v128.store(sums, lowSum(a0, b0, added));
      if (n > 1) v128.store(sums, b0, 16);
      if (n > 3) v128.store(sums, lowSum(a1, b1, added), 32);
      if (n > 3) v128.store(sums, b1, 48);
      if (n > 5) v128.store(sums, lowSum(a2, b2, added), 64);
      if (n > 5) v128.store(sums, b2, 80);
      if (n > 7) v128.store(sums, lowSum(a3, b3, added), 96);
      if (n > 7) v128.store(sums, b3, 112);
      if (n & 1) v128.store(sums + ((n - 1) << 4), last8);
    } else {
      if (n > 1) spill(sums, lowSum(a0, b0, added), shift);
      if (n > 1) spill(sums + 32, b0, shift);
      if (n > 3) spill(sums + 64, lowSum(a1, b1, added), shift);
      if (n > 3) spill(sums + 96, b1, shift);
      if (n > 5) spill(sums + 128, lowSum(a2, b2, added), shift);
      if (n > 5) spill(sums + 160, b2, shift);
      if (n > 7) spill(sums + 192, lowSum(a3, b3, added), shift);
      if (n > 7) spill(sums + 224, b3, shift);
      if (n & 1) spill(sums + ((n - 1) << 5), last8, shift);
    }
    sums += positionBytes;
  }
}
