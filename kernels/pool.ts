/**
 * Max-pooling of spikes over a tile, eight channels of one output at a time.
 *
 * The counts at hand are those after the tile, so time runs backwards: count before a step = count after it − its spike.
 * Within a tile counts differ little, so int16 lanes relative to the window's greatest count are enough: who is so far
 * behind that its lane saturates cannot become the greatest within the tile (tile length · levels < 2^13).
 */
import { Pool } from "./structs";
import { Tile, endOf, firstOf, scratchOf, slotOf } from "./tile";

/** First phase, only where the pool keeps its own counts: rows of the input. */
export function countItems(pool: Pool): i32 {
  return pool.ownsCounts ? pool.input.height : 0;
}

/** Adds the tile's spikes of row y to the counts. */
export function countItem(pool: Pool, tile: Tile, y: i32): void {
  const input = pool.input;
  const from = firstOf(tile, input.lag);
  const to = endOf(tile, input.lag);
  for (let x = 0; x < input.width; x++) {
    const position = y * input.width + x;
    for (let c = 0; c < input.stride; c += 8) {
      let sum = i16x8.splat(0);
      for (let i = from; i < to; i++) {
        sum = i16x8.add(sum, v128.load_ext<i8>(slotOf(input, tile, input.lag, i) + position * input.stride + c));
      }
      const at = pool.counts + ((position * pool.countStride + c) << 2);
      v128.store(at, i32x4.add(v128.load(at), i32x4.extend_low_i16x8_s(sum)));
      v128.store(at, i32x4.add(v128.load(at, 16), i32x4.extend_high_i16x8_s(sum)), 16);
    }
  }
}

/** Second phase: rows of the output. */
export function poolItem(pool: Pool, tile: Tile, y: i32): void {
  const input = pool.input;
  const out = pool.out;
  const top = y * pool.stride - pool.offset;
  const firstY = max(0, top);
  const lastY = min(input.height, top + pool.size);
  for (let x = 0; x < out.width; x++) {
    const left = x * pool.stride - pool.offset;
    const firstX = max(0, left);
    const lastX = min(input.width, left + pool.size);
    for (let c = 0; c < out.stride; c += 8) {
      poolWindow(pool, tile, y * out.width + x, c, firstY, lastY, firstX, lastX);
    }
  }
}

function poolWindow(
  pool: Pool,
  tile: Tile,
  position: i32,
  c: i32,
  firstY: i32,
  lastY: i32,
  firstX: i32,
  lastX: i32,
): void {
  const input = pool.input;
  const out = pool.out;
  const from = firstOf(tile, input.lag);
  const scratch = scratchOf(tile);
  const countRow = input.width * pool.countStride;
  const spikeRow = input.width * input.stride;
  // The window's greatest counts after the tile, as the base of the relative counts.
  let low = i32x4.splat(i32.MIN_VALUE);
  let high = low;
  for (let wy = firstY; wy < lastY; wy++) {
    for (let wx = firstX; wx < lastX; wx++) {
      const at = pool.counts + ((wy * countRow + wx * pool.countStride + c) << 2);
      low = i32x4.max_s(low, v128.load(at));
      high = i32x4.max_s(high, v128.load(at, 16));
    }
  }
  let members = 0;
  for (let wy = firstY; wy < lastY; wy++) {
    for (let wx = firstX; wx < lastX; wx++) {
      const at = pool.counts + ((wy * countRow + wx * pool.countStride + c) << 2);
      const relative = i16x8.narrow_i32x4_s(
        i32x4.sub(v128.load(at), low),
        i32x4.sub(v128.load(at, 16), high),
      );
      v128.store(scratch + (members << 4), relative);
      members++;
    }
  }
  let greatest = i16x8.splat(0);
  for (let i = endOf(tile, input.lag) - 1; i >= from; i--) {
    const slot = slotOf(input, tile, input.lag, i) + c;
    let before = i16x8.splat(i16.MIN_VALUE);
    let best = before;
    let winner = i16x8.splat(0);
    let member = scratch;
    for (let wy = firstY; wy < lastY; wy++) {
      for (let wx = firstX; wx < lastX; wx++) {
        const spikes = v128.load_ext<i8>(slot + wy * spikeRow + wx * input.stride);
        const after = v128.load(member);
        const earlier = i16x8.sub_sat_s(after, spikes);
        v128.store(member, earlier);
        before = i16x8.max_s(before, earlier);
        if (pool.isWinner) {
          const isBetter = i16x8.gt_s(after, best);
          winner = v128.bitselect(spikes, winner, isBetter);
          best = i16x8.max_s(best, after);
        }
        member += 16;
      }
    }
    const sent = pool.isWinner ? winner : i16x8.sub(greatest, before);
    greatest = before;
    const bytes = i8x16.narrow_i16x8_s(sent, sent);
    store<u64>(slotOf(out, tile, input.lag, i) + position * out.stride + c, i64x2.extract_lane(bytes, 0));
  }
}
