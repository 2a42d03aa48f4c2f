/**
 * Event lists: the spikes of one step and one row of positions, in order of position and channel. An entry is the byte offset of a
 * row of weights: (position · rows of a position + channel) · rowBytes. So the spikes of neighbouring positions in a row form one run
 * of entries, and only one number, where the kernel's row begins, has to be added to each of them (bytes.ts, narrow.ts, wide.ts).
 * An index tells where each position's entries begin.
 *
 * Narrow kernels store each channel's weights twice, as they are and negated: the entry of a −1 points into the second half. Where
 * that would be too much for the caches, −1s have lists of their own instead. Wide kernels keep a magnitude (i16) beside each entry.
 */
import { isActive } from "../activity";
import { Term, TermKernel, Tile } from "../structs";
import { listNarrow, listSplit } from "../generated/variants";
import { count, slotOf } from "../tile";

/** Lists the spikes of row y at offset i, and counts the synaptic operations that they cause. */
export function listRow(term: Term, tile: Tile, lag: i32, i: i32, y: i32): void {
  const frame = term.frame;
  if (!isActive(frame, tile, lag, i, y)) {
    listNothing(term, i, y);
    return;
  }
  const row = slotOf(frame, tile, lag, i) + y * frame.width * frame.stride;
  let weighted: i64 = 0;
  if (isDense(term)) {
    weighted = weighDense(term, i, y, row);
  } else {
    const compaction = tile.program.compaction;
    for (let group = 0; group < term.groups; group++) {
      weighted +=
        term.kernel == TermKernel.WIDE
          ? listWide(term, compaction, i, y, row, group)
          : term.isSplit
            ? listSplit(term, i, y, row, group)
            : listNarrow(term, i, y, row, group);
    }
  }
  count(tile, term.counter, i, weighted * load<i32>(term.reachY + (y << 2)) * term.fanOut);
}

/** A row without spikes: its lists begin and end at one place, whichever that is. */
function listNothing(term: Term, i: i32, y: i32): void {
  const bytes = (term.frame.width + 1) << 2;
  const groups = isDense(term) ? 1 : term.groups;
  const lists = term.isSplit ? 2 : 1;
  for (let list = 0; list < lists; list++) {
    const index = term.index + i * term.indexStepBytes + list * term.indexListBytes;
    for (let group = 0; group < groups; group++) memory.fill(index + rowNumber(term, group, y) * bytes, 0, bytes);
  }
}

/** Whether the term is worked on channel by channel, without lists. */
// @ts-ignore: decorator
@inline
export function isDense(term: Term): bool {
  return term.kernel == TermKernel.DEPTHWISE || term.kernel == TermKernel.SCALE || term.kernel == TermKernel.PRODUCT;
}

/** Where the entries and the index of a row begin. */
// @ts-ignore: decorator
@inline
function rowNumber(term: Term, group: i32, y: i32): i32 {
  return group * term.frame.height + y;
}

/** Bits of the lanes that hold spikes, of eight channels of which `channels` or fewer exist. */
// @ts-ignore: decorator
@inline
function spiking(spikes: v128, channels: i32): i32 {
  const present = i16x8.bitmask(i16x8.eq(spikes, i16x8.splat(0))) ^ 0xff;
  return channels >= 8 ? present : present & ((1 << channels) - 1);
}

/** Lanes whose bits are set, moved together, zeros behind. */
// @ts-ignore: decorator
@inline
function compact(lanes: v128, bits: i32, compaction: usize): v128 {
  return i8x16.swizzle(lanes, v128.load(compaction + (bits << 4)));
}

/**
 * Entries of the lanes whose bits are set, from `first` on; gives where the next is to be written. Always eight, without a
 * branch: which spike is a guess that processors get wrong. What is written beyond the last is overwritten, or slack.
 */
// @ts-ignore: decorator
@inline
function storeLanes(entry: usize, bits: i32, offsets: usize, first: v128): usize {
  const from = offsets + (bits << 5);
  v128.store(entry, i32x4.add(first, v128.load(from)));
  v128.store(entry, i32x4.add(first, v128.load(from, 16)), 16);
  return entry + (popcnt(bits) << 2);
}

/** `isSplit`: −1s have lists of their own. A constant, so that each becomes code of its own. */
// @ts-ignore: decorator
@inline
export function listSigned(isSplit: bool, term: Term, i: i32, y: i32, row: usize, group: i32): i64 {
  const frame = term.frame;
  const width = frame.width;
  const channels = term.inPerGroup;
  const number = rowNumber(term, group, y);
  const offsets = term.offsets;
  const rowBytes = term.rowBytes;
  const eight = i32x4.splat(8 * rowBytes);
  const negated = i32x4.splat(isSplit ? 0 : channels * rowBytes);
  const columnBytes = (isSplit ? 1 : 2) * channels * rowBytes;
  const indexListBytes = term.indexListBytes;
  let entry = term.events + i * term.eventStepBytes + number * term.eventRowBytes;
  let minus = entry + term.eventListBytes;
  let index = term.index + i * term.indexStepBytes + ((number * (width + 1)) << 2);
  let column = 0;
  let spikes = row + group * channels;
  let weighted: i64 = 0;
  for (let x = 0; x < width; x++) {
    store<u32>(index, <u32>entry);
    if (isSplit) store<u32>(index + indexListBytes, <u32>minus);
    index += 4;
    const before = isSplit ? entry + minus : entry;
    let first = i32x4.splat(column);
    let c = 0;
    for (; c + 16 <= channels; c += 16) {
      const s = v128.load(spikes + c);
      const second = i32x4.add(first, eight);
      if (v128.any_true(s)) {
        const positive = i8x16.bitmask(i8x16.gt_s(s, i8x16.splat(0)));
        const negative = i8x16.bitmask(s);
        entry = storeLanes(entry, positive & 0xff, offsets, first);
        entry = storeLanes(entry, positive >> 8, offsets, second);
        if (isSplit) {
          minus = storeLanes(minus, negative & 0xff, offsets, first);
          minus = storeLanes(minus, negative >> 8, offsets, second);
        } else {
          entry = storeLanes(entry, negative & 0xff, offsets, i32x4.add(first, negated));
          entry = storeLanes(entry, negative >> 8, offsets, i32x4.add(second, negated));
        }
      }
      first = i32x4.add(second, eight);
    }
    for (; c < channels; c += 8) {
      const s = v128.load_zero<i64>(spikes + c);
      const exists = channels - c >= 8 ? 0xff : (1 << (channels - c)) - 1;
      entry = storeLanes(entry, i8x16.bitmask(i8x16.gt_s(s, i8x16.splat(0))) & exists, offsets, first);
      const negative = i8x16.bitmask(s) & exists;
      if (isSplit) minus = storeLanes(minus, negative, offsets, first);
      else entry = storeLanes(entry, negative, offsets, i32x4.add(first, negated));
      first = i32x4.add(first, eight);
    }
    const listed = ((isSplit ? entry + minus : entry) - before) >> 2;
    weighted += <i64>(<i32>listed * load<i32>(term.reachX + (x << 2)));
    column += columnBytes;
    spikes += frame.stride;
  }
  store<u32>(index, <u32>entry);
  if (isSplit) store<u32>(index + indexListBytes, <u32>minus);
  return weighted;
}

function listWide(term: Term, compaction: usize, i: i32, y: i32, row: usize, group: i32): i64 {
  const frame = term.frame;
  const width = frame.width;
  const channels = term.inPerGroup;
  const number = rowNumber(term, group, y);
  let entry = term.events + i * term.eventStepBytes + number * term.eventRowBytes;
  let magnitude = term.magnitudes + ((entry - term.events) >> 1);
  let index = term.index + i * term.indexStepBytes + ((number * (width + 1)) << 2);
  const offsets = term.offsets;
  const eight = i32x4.splat(8 * term.rowBytes);
  let column = 0;
  let spikes = row + group * channels;
  let weighted: i64 = 0;
  for (let x = 0; x < width; x++) {
    store<u32>(index, <u32>entry);
    index += 4;
    let sum = 0;
    let first = i32x4.splat(column);
    for (let c = 0; c < channels; c += 8) {
      if (load<i64>(spikes + c) != 0) {
        const s = v128.load_ext<i8>(spikes + c);
        const bits = spiking(s, channels - c);
        const sizes = compact(s, bits, compaction);
        v128.store(magnitude, sizes);
        sum += sumOf(i32x4.extadd_pairwise_i16x8_s(i16x8.abs(sizes)));
        entry = storeLanes(entry, bits, offsets, first);
        magnitude += popcnt(bits) << 1;
      }
      first = i32x4.add(first, eight);
    }
    weighted += <i64>(sum * load<i32>(term.reachX + (x << 2)));
    column += channels * term.rowBytes;
    spikes += frame.stride;
  }
  store<u32>(index, <u32>entry);
  return weighted;
}

/** Σ|s| of each position times the outputs that it reaches. There is no list: the index tells Σ|s| up to each position. */
function weighDense(term: Term, i: i32, y: i32, row: usize): i64 {
  const frame = term.frame;
  let index = term.index + i * term.indexStepBytes + ((y * (frame.width + 1)) << 2);
  let sum = 0;
  let weighted: i64 = 0;
  for (let x = 0; x < frame.width; x++) {
    store<u32>(index, sum);
    index += 4;
    const magnitude = magnitudeOf(row + x * frame.stride, frame.stride);
    sum += magnitude;
    weighted += <i64>(magnitude * load<i32>(term.reachX + (x << 2)));
  }
  store<u32>(index, sum);
  return weighted;
}

/** Spikes among `bytes` binary ones, a multiple of 8. */
export function countOf(at: usize, bytes: i32): i32 {
  let sum = i32x4.splat(0);
  const end = at + bytes;
  const last = end - 16;
  while (at <= last) {
    // So many that bytes hold.
    const stop = min<usize>(last, at + 16 * 254);
    let counts = i8x16.splat(0);
    for (; at <= stop; at += 16) counts = i8x16.add(counts, i8x16.abs(v128.load(at)));
    sum = i32x4.add(sum, i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(counts)));
  }
  return sumOf(sum) + (at < end ? magnitudeOf(at, <i32>(end - at)) : 0);
}

/** Σ|s| of `bytes` spikes, a multiple of 8. */
export function magnitudeOf(at: usize, bytes: i32): i32 {
  let sum = i32x4.splat(0);
  const end = at + bytes;
  for (; at + 16 <= end; at += 16) {
    const pairs = i16x8.extadd_pairwise_i8x16_u(i8x16.abs(v128.load(at)));
    sum = i32x4.add(sum, i32x4.extadd_pairwise_i16x8_u(pairs));
  }
  for (; at < end; at += 8) {
    const pairs = i16x8.extadd_pairwise_i8x16_u(i8x16.abs(v128.load_zero<i64>(at)));
    sum = i32x4.add(sum, i32x4.extadd_pairwise_i16x8_u(pairs));
  }
  return sumOf(sum);
}

// @ts-ignore: decorator
@inline
function sumOf(lanes: v128): i32 {
  return (
    i32x4.extract_lane(lanes, 0) +
    i32x4.extract_lane(lanes, 1) +
    i32x4.extract_lane(lanes, 2) +
    i32x4.extract_lane(lanes, 3)
  );
}
