/**
 * Max-pooling of spikes over a tile, eight channels of one output at a time.
 *
 * The counts at hand are those after the tile, so the loop goes backwards in time: the count before a step is the count after it
 * minus its spike. Within a tile counts change little, so that int16 lanes, relative to the window's greatest count, are enough: a
 * neuron that is so far behind that its lane saturates cannot become the greatest within the tile (its unit steps · levels < 2^14: src/snn/plan/bounds.ts).
 */
import { poolFourPlain, poolFourWeighted } from "../generated/variants";
import { areActive } from "../activity";
import { Frame, Pool, Tile } from "../structs";
import { endOf, firstOf, scratchEnd, slotOf, weightShift, weightedEnd } from "../tile";

/** First round, only where the pool keeps its own counts: rows of the input. */
export function countItems(pool: Pool): i32 {
  return pool.ownsCounts ? pool.input.height : 0;
}

/** Adds the tile's spikes of row y to the counts. */
export function countItem(pool: Pool, tile: Tile, y: i32): void {
  const input = pool.input;
  const from = firstOf(tile, input.lag);
  const to = endOf(tile, input.lag);
  if (!areActive(input, tile, input.lag, from, to, y, y + 1)) return;
  for (let x = 0; x < input.width; x++) {
    const position = y * input.width + x;
    for (let c = 0; c < input.stride; c += 8) {
      let sum = i16x8.splat(0);
      for (let i = from; i < to; i++) {
        const spikes = v128.load_ext<i8>(slotOf(input, tile, input.lag, i) + position * input.stride + c);
        sum = i16x8.add(sum, i16x8.shl(spikes, weightShift(tile, input.lag, i)));
      }
      const at = pool.counts + ((position * pool.countStride + c) << 2);
      v128.store(at, i32x4.add(v128.load(at), i32x4.extend_low_i16x8_s(sum)));
      v128.store(at, i32x4.add(v128.load(at, 16), i32x4.extend_high_i16x8_s(sum)), 16);
    }
  }
}

/** Second round: rows of the output. */
export function poolItem(pool: Pool, tile: Tile, y: i32): void {
  const top = y * pool.stride - pool.offset;
  const last = min(pool.input.height, top + pool.size);
  const first = max(0, top);
  poolRow(pool, tile, pool.input, y, first, last, 0, pool.out.stride);
}

/**
 * Channels first … first + channels − 1 of row y, whose windows hold the input's rows firstY … lastY − 1. `spikes`: the
 * input's frame, or a band of its rows from firstY on and of these channels only.
 */
export function poolRow(
  pool: Pool,
  tile: Tile,
  spikes: Frame,
  y: i32,
  firstY: i32,
  lastY: i32,
  first: i32,
  channels: i32,
): void {
  const out = pool.out;
  const isBand = changetype<usize>(spikes) != changetype<usize>(pool.input);
  const spikesAt = isBand ? 0 : firstY * spikes.width * spikes.stride + first;
  const last = min(channels, out.stride - first);
  const isUnit = pool.isBinary && firstOf(tile, pool.input.lag) >= weightedEnd(tile, pool.input.lag);
  for (let x = 0; x < out.width; x++) {
    const left = x * pool.stride - pool.offset;
    const firstX = max(0, left);
    const width = min(spikes.width, left + pool.size) - firstX;
    const counts = pool.counts + (((firstY * spikes.width + firstX) * pool.countStride + first) << 2);
    const from = spikesAt + firstX * spikes.stride;
    const to = (y * out.width + x) * out.stride + first;
    let c = 0;
    if (isUnit && width == 2 && lastY - firstY == 2) {
      for (; c + 16 <= last; c += 16) poolSixteen(pool, tile, spikes, counts + (c << 2), from + c, to + c);
    }
    for (; c < last; c += 8) poolWindow(pool, tile, spikes, counts + (c << 2), from + c, to + c, lastY - firstY, width);
  }
}

/** Eight channels of a window of height × width; `spikesAt` and `sentAt` within slots. */
function poolWindow(
  pool: Pool,
  tile: Tile,
  input: Frame,
  counts: usize,
  spikesAt: usize,
  sentAt: usize,
  height: i32,
  width: i32,
): void {
  const out = pool.out;
  const from = firstOf(tile, input.lag);
  const end = endOf(tile, input.lag);
  const scratch = scratchEnd(tile) - ((pool.size * pool.size) << 4);
  const countRow = (input.width * pool.countStride) << 2;
  const countColumn = pool.countStride << 2;
  const spikeRow = input.width * input.stride;
  const isWinner = pool.isWinner;
  // The window's greatest counts after the tile, as the base of the relative counts.
  let low = i32x4.splat(i32.MIN_VALUE);
  let high = low;
  for (let wy = 0; wy < height; wy++) {
    for (let wx = 0; wx < width; wx++) {
      const at = counts + wy * countRow + wx * countColumn;
      low = i32x4.max_s(low, v128.load(at));
      high = i32x4.max_s(high, v128.load(at, 16));
    }
  }
  let members = scratch;
  for (let wy = 0; wy < height; wy++) {
    for (let wx = 0; wx < width; wx++) {
      const at = counts + wy * countRow + wx * countColumn;
      v128.store(members, i16x8.narrow_i32x4_s(i32x4.sub(v128.load(at), low), i32x4.sub(v128.load(at, 16), high)));
      members += 16;
    }
  }
  if (height == 2 && width == 2) {
    // Time runs backwards: first the steps whose spikes weigh 1.
    if (from >= weightedEnd(tile, input.lag)) poolFourPlain(pool, tile, input, scratch, spikesAt, sentAt, from, end);
    else poolFourWeighted(pool, tile, input, scratch, spikesAt, sentAt, from, end);
    return;
  }
  let greatest = i16x8.splat(0);
  let slot = slotOf(input, tile, input.lag, end - 1) + spikesAt;
  let target = slotOf(out, tile, input.lag, end - 1) + sentAt;
  const firstSlot = input.data + spikesAt;
  const firstTarget = out.data + sentAt;
  for (let i = end - 1; i >= from; i--) {
    const weight = weightShift(tile, input.lag, i);
    let before = i16x8.splat(i16.MIN_VALUE);
    let best = before;
    let winner = i16x8.splat(0);
    let member = scratch;
    for (let wy = 0; wy < height; wy++) {
      for (let wx = 0; wx < width; wx++) {
        const spikes = v128.load_ext<i8>(slot + wy * spikeRow + wx * input.stride);
        const after = v128.load(member);
        const earlier = i16x8.sub_sat_s(after, i16x8.shl(spikes, weight));
        v128.store(member, earlier);
        before = i16x8.max_s(before, earlier);
        if (isWinner) {
          const isBetter = i16x8.gt_s(after, best);
          winner = v128.bitselect(spikes, winner, isBetter);
          best = i16x8.max_s(best, after);
        }
        member += 16;
      }
    }
    const sent = isWinner ? winner : i16x8.shr_s(i16x8.sub(greatest, before), weight);
    greatest = before;
    const bytes = i8x16.narrow_i16x8_s(sent, sent);
    store<u64>(target, i64x2.extract_lane(bytes, 0));
    slot = slot == firstSlot ? slot + (input.capacity - 1) * input.slotBytes : slot - input.slotBytes;
    target = target == firstTarget ? target + (out.capacity - 1) * out.slotBytes : target - out.slotBytes;
  }
}

/**
 * The usual window, 2 × 2, where spikes are binary and weigh 1: sixteen channels of relative counts in int8. A tile changes
 * them by 32 at most, so that here too, whose lane saturates cannot become the greatest.
 */
export function poolSixteen(pool: Pool, tile: Tile, input: Frame, counts: usize, spikesAt: usize, sentAt: usize): void {
  const out = pool.out;
  const from = firstOf(tile, input.lag);
  const end = endOf(tile, input.lag);
  if (from >= end) return;
  const countColumn = pool.countStride << 2;
  const countRow = input.width * countColumn;
  const scratch = scratchEnd(tile) - 64;
  for (let quarter: usize = 0; quarter < 64; quarter += 16) {
    const at = counts + quarter;
    const a = v128.load(at);
    const b = v128.load(at + countColumn);
    const c = v128.load(at + countRow);
    const d = v128.load(at + countRow + countColumn);
    const most = i32x4.max_s(i32x4.max_s(a, b), i32x4.max_s(c, d));
    const upper = i16x8.narrow_i32x4_s(i32x4.sub(a, most), i32x4.sub(b, most));
    const lower = i16x8.narrow_i32x4_s(i32x4.sub(c, most), i32x4.sub(d, most));
    v128.store(scratch + quarter, i8x16.narrow_i16x8_s(upper, lower));
  }
  // Four words of each member, from four quarters: a 4 × 4 transposition.
  const q0 = v128.load(scratch);
  const q1 = v128.load(scratch, 16);
  const q2 = v128.load(scratch, 32);
  const q3 = v128.load(scratch, 48);
  const ab01 = v128.shuffle<i32>(q0, q1, 0, 4, 1, 5);
  const ab23 = v128.shuffle<i32>(q2, q3, 0, 4, 1, 5);
  const cd01 = v128.shuffle<i32>(q0, q1, 2, 6, 3, 7);
  const cd23 = v128.shuffle<i32>(q2, q3, 2, 6, 3, 7);
  let a = v128.shuffle<i64>(ab01, ab23, 0, 2);
  let b = v128.shuffle<i64>(ab01, ab23, 1, 3);
  let c = v128.shuffle<i64>(cd01, cd23, 0, 2);
  let d = v128.shuffle<i64>(cd01, cd23, 1, 3);
  const isWinner = pool.isWinner;
  const column = input.stride;
  const row = input.width * column;
  let greatest = i8x16.splat(0);
  let slot = slotOf(input, tile, input.lag, end - 1) + spikesAt;
  let target = slotOf(out, tile, input.lag, end - 1) + sentAt;
  const firstSlot = input.data + spikesAt;
  const firstTarget = out.data + sentAt;
  for (let i = end - 1; i >= from; i--) {
    const spikesA = v128.load(slot);
    const spikesB = v128.load(slot + column);
    const spikesC = v128.load(slot + row);
    const spikesD = v128.load(slot + row + column);
    let sent: v128;
    if (isWinner) {
      sent = v128.bitselect(spikesB, spikesA, i8x16.gt_s(b, a));
      let best = i8x16.max_s(a, b);
      sent = v128.bitselect(spikesC, sent, i8x16.gt_s(c, best));
      best = i8x16.max_s(best, c);
      sent = v128.bitselect(spikesD, sent, i8x16.gt_s(d, best));
    } else sent = greatest;
    a = i8x16.sub_sat_s(a, spikesA);
    b = i8x16.sub_sat_s(b, spikesB);
    c = i8x16.sub_sat_s(c, spikesC);
    d = i8x16.sub_sat_s(d, spikesD);
    if (!isWinner) {
      greatest = i8x16.max_s(i8x16.max_s(a, b), i8x16.max_s(c, d));
      sent = i8x16.sub(sent, greatest);
    }
    v128.store(target, sent);
    slot = slot == firstSlot ? slot + (input.capacity - 1) * input.slotBytes : slot - input.slotBytes;
    target = target == firstTarget ? target + (out.capacity - 1) * out.slotBytes : target - out.slotBytes;
  }
}

/** The usual window, 2 × 2, with its members' counts in registers. */
// @ts-ignore: decorator
@inline
export function poolFour(
  isWeighted: bool,
  pool: Pool,
  tile: Tile,
  input: Frame,
  members: usize,
  spikesAt: usize,
  sentAt: usize,
  from: i32,
  end: i32,
): void {
  const out = pool.out;
  const isWinner = pool.isWinner;
  const column = input.stride;
  const row = input.width * column;
  const slotBytes = input.slotBytes;
  const targetBytes = out.slotBytes;
  let a = v128.load(members);
  let b = v128.load(members, 16);
  let c = v128.load(members, 32);
  let d = v128.load(members, 48);
  let greatest = i16x8.splat(0);
  let slot = slotOf(input, tile, input.lag, end - 1) + spikesAt;
  let target = slotOf(out, tile, input.lag, end - 1) + sentAt;
  const firstSlot = input.data + spikesAt;
  const firstTarget = out.data + sentAt;
  for (let i = end - 1; i >= from; i--) {
    const spikesA = v128.load_ext<i8>(slot);
    const spikesB = v128.load_ext<i8>(slot + column);
    const spikesC = v128.load_ext<i8>(slot + row);
    const spikesD = v128.load_ext<i8>(slot + row + column);
    let sent: v128;
    if (isWinner) {
      sent = v128.bitselect(spikesB, spikesA, i16x8.gt_s(b, a));
      let best = i16x8.max_s(a, b);
      sent = v128.bitselect(spikesC, sent, i16x8.gt_s(c, best));
      best = i16x8.max_s(best, c);
      sent = v128.bitselect(spikesD, sent, i16x8.gt_s(d, best));
    } else sent = greatest;
    const weight = isWeighted ? weightShift(tile, input.lag, i) : 0;
    a = i16x8.sub_sat_s(a, isWeighted ? i16x8.shl(spikesA, weight) : spikesA);
    b = i16x8.sub_sat_s(b, isWeighted ? i16x8.shl(spikesB, weight) : spikesB);
    c = i16x8.sub_sat_s(c, isWeighted ? i16x8.shl(spikesC, weight) : spikesC);
    d = i16x8.sub_sat_s(d, isWeighted ? i16x8.shl(spikesD, weight) : spikesD);
    if (!isWinner) {
      greatest = i16x8.max_s(i16x8.max_s(a, b), i16x8.max_s(c, d));
      sent = i16x8.sub(sent, greatest);
      if (isWeighted) sent = i16x8.shr_s(sent, weight);
    }
    store<u64>(target, i64x2.extract_lane(i8x16.narrow_i16x8_s(sent, sent), 0));
    slot = slot == firstSlot ? slot + (input.capacity - 1) * slotBytes : slot - slotBytes;
    target = target == firstTarget ? target + (out.capacity - 1) * targetBytes : target - targetBytes;
  }
}
