/**
 * Max-pools that follow their windows' greatest counts as neurons follow their function: counts that are kept from frame to frame are no
 * multiples of a step's weight, and what is sent must take them nearer step by step. Unlike pool.ts this goes forwards in time.
 */
import { areActive, setActive } from "../activity";
import { Pool, Tile } from "../structs";
import { endOf, firstOf, scratchEnd, slotOf, weightShift } from "../tile";

/**
 * A row of the output: eight channels of a window go through all steps, from the counts before the tile on. Where windows overlap, the
 * counts are added to afterwards.
 */
export function trackingPoolItem(pool: Pool, tile: Tile, y: i32): void {
  const input = pool.input;
  const out = pool.out;
  const top = y * pool.stride - pool.offset;
  const firstY = max(0, top);
  const lastY = min(input.height, top + pool.size);
  const from = firstOf(tile, input.lag);
  const to = endOf(tile, input.lag);
  if (load<u8>(pool.settled + y) != 0 && !areActive(input, tile, input.lag, from, to, firstY, lastY)) {
    for (let i = from; i < to; i++) {
      if (out.isLookedAt) memory.fill(slotOf(out, tile, input.lag, i) + y * out.width * out.stride, 0, out.width * out.stride);
      setActive(out, tile, input.lag, i, y, 0, false);
    }
    return;
  }
  let isSettled = true;
  for (let x = 0; x < out.width; x++) {
    const left = x * pool.stride - pool.offset;
    const firstX = max(0, left);
    const lastX = min(input.width, left + pool.size);
    for (let c = 0; c < out.stride; c += 8) {
      if (!trackWindow(pool, tile, y, x, c, firstY, lastY, firstX, lastX)) isSettled = false;
    }
  }
  store<u8>(pool.settled + y, isSettled ? 1 : 0);
  for (let i = from; i < to; i++) setActive(out, tile, input.lag, i, y, 0, true);
}

/**
 * Eight channels of a window, in int16, which holds twice what trackers' counts come to. Gives whether what was sent is the greatest
 * count at the end.
 */
function trackWindow(
  pool: Pool,
  tile: Tile,
  y: i32,
  x: i32,
  c: i32,
  firstY: i32,
  lastY: i32,
  firstX: i32,
  lastX: i32,
): bool {
  const input = pool.input;
  const out = pool.out;
  const from = firstOf(tile, input.lag);
  const to = endOf(tile, input.lag);
  const members = scratchEnd(tile) - ((pool.size * pool.size) << 4);
  const levels = i16x8.splat(<i16>pool.levels);
  const rowSpikes = input.width * input.stride;
  const firstSpikes = (firstY * input.width + firstX) * input.stride + c;
  const firstCounts = pool.counts + (((firstY * input.width + firstX) * pool.countStride + c) << 2);
  const rowCounts = (input.width * pool.countStride) << 2;
  const rows = lastY - firstY;
  const columns = lastX - firstX;
  let member = members;
  for (let wy = 0; wy < rows; wy++) {
    let counts = firstCounts + wy * rowCounts;
    for (let wx = 0; wx < columns; wx++) {
      v128.store(member, i16x8.narrow_i32x4_s(v128.load(counts), v128.load(counts, 16)));
      counts += pool.countStride << 2;
      member += 16;
    }
  }
  const position = y * out.width + x;
  const sentAt = pool.sent + ((position * out.stride + c) << 2);
  let sent = i16x8.narrow_i32x4_s(v128.load(sentAt), v128.load(sentAt, 16));
  let left = i16x8.splat(<i16>(from < to ? 0 : 1));
  for (let i = from; i < to; i++) {
    const weight = weightShift(tile, input.lag, i);
    const slot = slotOf(input, tile, input.lag, i) + firstSpikes;
    let greatest = i16x8.splat(i16.MIN_VALUE);
    member = members;
    for (let wy = 0; wy < rows; wy++) {
      let spikes = slot + wy * rowSpikes;
      for (let wx = 0; wx < columns; wx++) {
        const count = i16x8.add(v128.load(member), i16x8.shl(v128.load_ext<i8>(spikes), weight));
        v128.store(member, count);
        greatest = i16x8.max_s(greatest, count);
        spikes += input.stride;
        member += 16;
      }
    }
    const distance = i16x8.sub(greatest, sent);
    const sign = i16x8.shr_s(distance, 15);
    const half: i32 = (1 << weight) >> 1;
    const magnitude = i16x8.add(i16x8.abs(distance), i16x8.splat(<i16>half));
    const spike = i16x8.sub(v128.xor(i16x8.min_s(i16x8.shr_s(magnitude, weight), levels), sign), sign);
    sent = i16x8.add(sent, i16x8.shl(spike, weight));
    left = i16x8.sub(greatest, sent);
    v128.store_lane<i64>(
      slotOf(out, tile, input.lag, i) + position * out.stride + c,
      i8x16.narrow_i16x8_s(spike, spike),
      0,
    );
  }
  v128.store(sentAt, i32x4.extend_low_i16x8_s(sent));
  v128.store(sentAt, i32x4.extend_high_i16x8_s(sent), 16);
  if (!overlap(pool)) {
    member = members;
    for (let wy = 0; wy < rows; wy++) {
      let counts = firstCounts + wy * rowCounts;
      for (let wx = 0; wx < columns; wx++) {
        const count = v128.load(member);
        v128.store(counts, i32x4.extend_low_i16x8_s(count));
        v128.store(counts, i32x4.extend_high_i16x8_s(count), 16);
        counts += pool.countStride << 2;
        member += 16;
      }
    }
  }
  return !v128.any_true(left);
}

/** Whether a neuron may lie in several windows: then counts are added to only when all of them have been run. */
// @ts-ignore: decorator
@inline
export function overlap(pool: Pool): bool {
  return pool.stride < pool.size;
}
