/**
 * Event lists: the spikes of one step and one row of positions, in order of position and channel, as byte offsets of weight
 * rows. Entry = (position · rows of a position + channel) · rowBytes, so that all spikes of neighbouring positions in a row
 * are one run of entries, and where a kernel's row begins is one number to add (accumulate.ts).
 *
 * Narrow kernels keep each channel's weights twice, as they are and negated: a −1 is an entry of the second half. Wide
 * kernels keep a magnitude (i16) beside each entry. An index holds where each position's entries begin.
 */
import { Term } from "./structs";
import { Tile, count, slotOf } from "./tile";

/** Event kernels; 3 and more are dense (dense.ts). */
export const NARROW8 = 0;
export const NARROW16 = 1;
export const WIDE = 2;
export const DEPTHWISE = 3;
export const SCALE = 4;

/** Lists the spikes of row y at offset i, and counts the synaptic operations that they cause. */
export function listRow(term: Term, tile: Tile, lag: i32, i: i32, y: i32): void {
  const frame = term.frame;
  const row = slotOf(frame, tile, lag, i) + y * frame.width * frame.stride;
  let weighted: i64 = 0;
  if (term.kernel >= DEPTHWISE) {
    if (term.counter >= 0) weighted = weighDense(term, row);
  } else {
    for (let group = 0; group < term.groups; group++) {
      weighted += term.kernel == WIDE ? listWide(term, i, y, row, group) : listNarrow(term, i, y, row, group);
    }
  }
  count(tile, term.counter, i, weighted * load<i32>(term.reachY + (y << 2)) * term.fanOut);
}

/** Bits of the channels c … c + 15 that exist. */
// @ts-ignore: decorator
@inline
function existing(c: i32, channels: i32): i32 {
  return channels - c >= 16 ? 0xffff : (1 << (channels - c)) - 1;
}

/** Where the entries and the index of a row begin. */
// @ts-ignore: decorator
@inline
function rowNumber(term: Term, group: i32, y: i32): i32 {
  return group * term.frame.height + y;
}

function listNarrow(term: Term, i: i32, y: i32, row: usize, group: i32): i64 {
  const frame = term.frame;
  const channels = term.inPerGroup;
  const rowBytes = term.rowBytes;
  const number = rowNumber(term, group, y);
  let entry = term.events + i * term.eventStepBytes + number * term.eventRowBytes;
  let index = term.index + i * term.indexStepBytes + ((number * (frame.width + 1)) << 2);
  const negated = channels * rowBytes;
  let offset = 0;
  let spikes = row + group * channels;
  let weighted: i64 = 0;
  for (let x = 0; x < frame.width; x++) {
    store<u32>(index, <u32>entry);
    index += 4;
    const before = entry;
    for (let c = 0; c < channels; c += 16) {
      const s = v128.load(spikes + c);
      const exists = existing(c, channels);
      let negative = i8x16.bitmask(s) & exists;
      let positive = i8x16.bitmask(i8x16.gt_s(s, i8x16.splat(0))) & exists;
      const first = offset + c * rowBytes;
      while (positive) {
        store<u32>(entry, first + ctz(positive) * rowBytes);
        entry += 4;
        positive &= positive - 1;
      }
      while (negative) {
        store<u32>(entry, first + negated + ctz(negative) * rowBytes);
        entry += 4;
        negative &= negative - 1;
      }
    }
    weighted += <i64>(<i32>((entry - before) >> 2) * load<i32>(term.reachX + (x << 2)));
    offset += 2 * negated;
    spikes += frame.stride;
  }
  store<u32>(index, <u32>entry);
  return weighted;
}

function listWide(term: Term, i: i32, y: i32, row: usize, group: i32): i64 {
  const frame = term.frame;
  const channels = term.inPerGroup;
  const rowBytes = term.rowBytes;
  const number = rowNumber(term, group, y);
  let entry = term.events + i * term.eventStepBytes + number * term.eventRowBytes;
  let magnitude = term.magnitudes + ((entry - term.events) >> 1);
  let index = term.index + i * term.indexStepBytes + ((number * (frame.width + 1)) << 2);
  let offset = 0;
  let spikes = row + group * channels;
  let weighted: i64 = 0;
  for (let x = 0; x < frame.width; x++) {
    store<u32>(index, <u32>entry);
    index += 4;
    let sum = 0;
    for (let c = 0; c < channels; c += 16) {
      const s = v128.load(spikes + c);
      let present = ~i8x16.bitmask(i8x16.eq(s, i8x16.splat(0))) & existing(c, channels);
      while (present) {
        const lane = ctz(present);
        const spike = <i32>load<i8>(spikes + c + lane);
        store<u32>(entry, offset + (c + lane) * rowBytes);
        store<i16>(magnitude, <i16>spike);
        entry += 4;
        magnitude += 2;
        sum += abs(spike);
        present &= present - 1;
      }
    }
    weighted += <i64>(sum * load<i32>(term.reachX + (x << 2)));
    offset += channels * rowBytes;
    spikes += frame.stride;
  }
  store<u32>(index, <u32>entry);
  return weighted;
}

/** Σ|s| of each position times the outputs that it reaches. */
function weighDense(term: Term, row: usize): i64 {
  const frame = term.frame;
  let weighted: i64 = 0;
  for (let x = 0; x < frame.width; x++) {
    const at = row + x * frame.stride;
    weighted += <i64>(magnitudeOf(at, frame.stride) * load<i32>(term.reachX + (x << 2)));
  }
  return weighted;
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
  return (
    i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1) + i32x4.extract_lane(sum, 2) + i32x4.extract_lane(sum, 3)
  );
}
