/**
 * A population's tile: first the event lists of what it integrates, a row of a step at a time; then its neurons, a block
 * of channels in a band of positions at a time. A block's weights stay in cache while it visits its positions; the
 * currents of all steps are gathered first, so that membranes are loaded once a tile.
 *
 * Currents of a band: [position][step][block], int32 or (where sums are sure to fit) int16.
 */
import { accumulateDense } from "./dense";
import { DEPTHWISE, NARROW16, WIDE, countOf, listRow, magnitudeOf } from "./events";
import { TRACKER } from "./neuron-parts";
import { resetNeurons, runNeurons } from "./neurons";
import { poolRow } from "./pool";
import { makeSchedule } from "./schedule";
import { newConstants } from "./tracker";
import { Frame, Population, Term } from "./structs";
import { Tile, count, endOf, firstOf, mergedAt, scratchOf, slotOf, weightShift } from "./tile";
import { short8x1, short8x2, short8x3, short8x4, short8x5, short8x6, short8x7, short8x8, narrow8x1, narrow8x2, narrow8x3, narrow8x4, narrow8x5, narrow8x6, narrow8x7, narrow8x8, narrow16x1, narrow16x2, narrow16x3, narrow16x4, narrow16x5, narrow16x6, narrow16x7, narrow16x8, pairs8x4, pairs8x8, wide16x1, wide16x2, wide16x3, wide16x4 } from "./variants";

// @ts-ignore: decorator
@inline
function termOf(population: Population, number: i32): Term {
  return changetype<Term>(<usize>load<u32>(population.terms + (number << 2)));
}

/** Work items of the first round: the schedule of int16 neurons, and rows of each term's input, at each offset. */
export function listItems(population: Population, tile: Tile): i32 {
  let rows = 0;
  for (let k = 0; k < population.termCount; k++) rows += termOf(population, k).frame.height;
  const lists = rows * max(0, endOf(tile, population.lagIn) - firstOf(tile, population.lagIn));
  return population.schedule == 0 ? lists : lists + 1;
}

export function listItem(population: Population, tile: Tile, item: i32): void {
  if (population.schedule != 0) {
    if (item == 0) {
      makeSchedule(population, tile);
      return;
    }
    item--;
  }
  const first = firstOf(tile, population.lagIn);
  const steps = endOf(tile, population.lagIn) - first;
  for (let k = 0; k < population.termCount; k++) {
    const term = termOf(population, k);
    const items = term.frame.height * steps;
    if (item < items) {
      listRow(term, tile, population.lagIn, first + item % steps, item / steps);
      return;
    }
    item -= items;
  }
}

/** Work items of the second round: rows of each block; where kernel rows are passes of their own, whole blocks. */
export function neuronItems(population: Population): i32 {
  if (population.passSteps > 0) return population.blocks;
  return population.blocks * rowsOf(population);
}

/** Rows of items: of neurons, or of the pool that is run with them. */
// @ts-ignore: decorator
@inline
function rowsOf(population: Population): i32 {
  return hasPool(population) ? population.pool.out.height : population.out.height;
}

// @ts-ignore: decorator
@inline
function hasPool(population: Population): bool {
  return changetype<usize>(population.pool) != 0;
}

export function neuronItem(population: Population, tile: Tile, item: i32): void {
  const rows = rowsOf(population);
  const block = item / rows;
  const y = item % rows;
  if (population.passSteps > 0) runPasses(population, tile, item);
  else if (hasPool(population)) runBand(population, tile, block, y);
  else runRow(population, tile, block, y, population.out, y, block * population.block);
}

/** The rows of neurons under one row of the pool's windows, and the windows; the last takes the rows that no window holds. */
function runBand(population: Population, tile: Tile, block: i32, poolY: i32): void {
  const pool = population.pool;
  const height = population.out.height;
  const firstY = max(0, poolY * pool.stride - pool.offset);
  const windowEnd = min(height, poolY * pool.stride - pool.offset + pool.size);
  const lastY = poolY == pool.out.height - 1 ? height : windowEnd;
  const band = changetype<Frame>(population.bandFrames + tile.thread * offsetof<Frame>());
  for (let y = firstY; y < lastY; y++) runRow(population, tile, block, y, band, y - firstY, 0);
  poolRow(pool, tile, band, poolY, firstY, windowEnd, block * population.block, population.block);
}

/** One row of positions of a block, `run` positions at a time; its spikes go to row `toRow` of the frame `out`, from channel `toChannel` on. */
function runRow(
  population: Population,
  tile: Tile,
  block: i32,
  y: i32,
  out: Frame,
  toRow: i32,
  toChannel: i32,
): void {
  const width = population.out.width;
  const currents = population.termCount > 0 ? scratchOf(tile) : 0;
  const stepBytes = population.block << (population.isShort ? 1 : 2);
  const positionBytes = tile.length * stepBytes;
  const from = firstOf(tile, population.lagIn);
  const to = endOf(tile, population.lagIn);
  // A short tile leaves room for more positions.
  const run = (population.run * tile.program.tileSteps) / tile.length;
  for (let x = 0; x < width; x += run) {
    const end = min(width, x + run);
    if (currents != 0 && from < to) {
      if (!population.isShort) memory.fill(currents, 0, (end - x) * positionBytes);
      for (let k = 0; k < population.termCount; k++) {
        const term = termOf(population, k);
        const size = term.size;
        accumulate(population, term, tile, block, from, to, 0, size, y, x, end, currents, stepBytes, positionBytes);
      }
    }
    const position = y * width + x;
    const spikes = out.data + (toRow * width + x) * out.stride + toChannel;
    const isReadout = population.charge != 0;
    if (tile.g0 == 0 && !tile.program.goesOn) resetNeurons(population, position, end - x, block);
    if (isReadout) {
      for (let p = 0; p < end - x; p++) sumCharge(population, tile, position + p, block, currents + p * positionBytes, stepBytes);
    }
    runNeurons(population, tile, position, end - x, block, out, spikes, currents, stepBytes, positionBytes, 0, tile.length);
    if (isReadout) {
      for (let p = 0; p < end - x; p++) followCounts(population, tile, position + p, block, spikes + p * out.stride);
    }
  }
  countSpikes(population, tile, block, out, toRow, toChannel);
}

/**
 * All positions of a block whose weights are too large for the nearer caches: `passSteps` steps at a time, one kernel row
 * after the other.
 */
function runPasses(population: Population, tile: Tile, block: i32): void {
  const out = population.out;
  const currents = scratchOf(tile);
  const stepBytes = population.block << 2;
  const positionBytes = population.passSteps * stepBytes;
  const from = firstOf(tile, population.lagIn);
  const to = endOf(tile, population.lagIn);
  const term = termOf(population, 0);
  for (let first = 0; first < tile.length; first += population.passSteps) {
    const last = min(tile.length, first + population.passSteps);
    const shifted = currents - first * stepBytes;
    memory.fill(currents, 0, out.height * out.width * positionBytes);
    for (let ky = 0; ky < term.size; ky++) {
      let row = shifted;
      for (let y = 0; y < out.height; y++) {
        const low = max(from, first);
        const high = min(to, last);
        accumulate(population, term, tile, block, low, high, ky, ky + 1, y, 0, out.width, row, stepBytes, positionBytes);
        row += out.width * positionBytes;
      }
    }
    const positions = out.height * out.width;
    const spikes = out.data + block * population.block;
    if (tile.g0 == 0 && first == 0 && !tile.program.goesOn) resetNeurons(population, 0, positions, block);
    runNeurons(population, tile, 0, positions, block, out, spikes, shifted, stepBytes, positionBytes, first, last);
  }
  for (let y = 0; y < out.height; y++) countSpikes(population, tile, block, out, y, block * population.block);
}

function accumulate(
  population: Population,
  term: Term,
  tile: Tile,
  block: i32,
  from: i32,
  to: i32,
  kyFrom: i32,
  kyTo: i32,
  y: i32,
  x: i32,
  end: i32,
  currents: usize,
  stepBytes: i32,
  positionBytes: i32,
): void {
  const first = block * population.block;
  if (term.kernel >= DEPTHWISE) {
    const stride = population.stateStride;
    for (; x < end; x++) {
      for (let i = from; i < to; i++) {
        const sums = currents + i * stepBytes;
        accumulateDense(term, tile, population.lagIn, stride, first, population.block, i, y, x, sums);
      }
      currents += positionBytes;
    }
    return;
  }
  const weights = term.weights + block * term.blockBytes;
  const group = term.groups == 1 ? 0 : first / term.outPerGroup;
  const n = population.block >> 3;
  const isShort = population.isShort;
  const room = term.mergeBytes > 0 ? mergedAt(tile, term.mergeBytes) : 0;
  for (let i = from; i < to; i++) {
    const sums = currents + i * stepBytes;
    if (term.kernel == NARROW16) {
      narrow16(n, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, positionBytes);
    } else if (term.kernel == WIDE) {
      wide16(n, term, weights, group, i, y, x, end, sums, positionBytes);
    } else if (term.isPaired) {
      if (n == 4) pairs8x8(term, weights, group, i, y, x, end, sums, positionBytes, room);
      else pairs8x4(term, weights, group, i, y, x, end, sums, positionBytes, room);
    } else if (isShort) {
      short8(n, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, positionBytes, room);
    } else narrow8(n, term, weights, group, i, kyFrom, kyTo, y, x, end, sums, positionBytes);
  }
}

function short8(n: i32, term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32, room: usize): void {
  if (n == 1) short8x1(term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes, room);
  else if (n == 2) short8x2(term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes, room);
  else if (n == 3) short8x3(term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes, room);
  else if (n == 4) short8x4(term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes, room);
  else if (n == 5) short8x5(term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes, room);
  else if (n == 6) short8x6(term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes, room);
  else if (n == 7) short8x7(term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes, room);
  else short8x8(term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes, room);
}

function narrow8(n: i32, term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  if (n == 1) narrow8x1(term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
  else if (n == 2) narrow8x2(term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
  else if (n == 3) narrow8x3(term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
  else if (n == 4) narrow8x4(term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
  else if (n == 5) narrow8x5(term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
  else if (n == 6) narrow8x6(term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
  else if (n == 7) narrow8x7(term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
  else narrow8x8(term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
}

function narrow16(n: i32, term: Term, weights: usize, group: i32, i: i32, kyFrom: i32, kyTo: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  if (n == 1) narrow16x1(term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
  else if (n == 2) narrow16x2(term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
  else if (n == 3) narrow16x3(term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
  else if (n == 4) narrow16x4(term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
  else if (n == 5) narrow16x5(term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
  else if (n == 6) narrow16x6(term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
  else if (n == 7) narrow16x7(term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
  else narrow16x8(term, weights, group, i, kyFrom, kyTo, y, x, end, sums, bytes);
}

function wide16(n: i32, term: Term, weights: usize, group: i32, i: i32, y: i32, x: i32, end: i32, sums: usize, bytes: i32): void {
  if (n == 1) wide16x1(term, weights, group, i, y, x, end, sums, bytes);
  else if (n == 2) wide16x2(term, weights, group, i, y, x, end, sums, bytes);
  else if (n == 3) wide16x3(term, weights, group, i, y, x, end, sums, bytes);
  else wide16x4(term, weights, group, i, y, x, end, sums, bytes);
}

/** Adds a readout's currents up, and keeps a history of the charge: exactly, since float64 holds 2^53. */
function sumCharge(population: Population, tile: Tile, position: i32, block: i32, currents: usize, stepBytes: i32): void {
  const out = population.out;
  const stride = population.stateStride;
  const first = block * population.block;
  const at = position * stride + first;
  const slotWords = out.width * out.height * stride;
  const from = firstOf(tile, population.lagIn);
  const to = endOf(tile, population.lagIn);
  // What trackers receive once, they receive in the first step.
  const isOnce = population.neuron == TRACKER;
  const onceAt = isOnce ? population.lagIn - tile.g0 : -1;
  for (let c = 0; c < population.block; c += 4) {
    const constants = newConstants(population, tile, (at + c) << 2, first + c);
    const constant = isOnce ? i32x4.splat(0) : constants;
    const chargeAt = population.charge + ((at + c) << 3);
    let low = v128.load(chargeAt);
    let high = v128.load(chargeAt, 16);
    let history = population.chargeHistory + ((from * slotWords + at + c) << 3);
    for (let i = from; i < to; i++) {
      let current = constant;
      if (population.termCount > 0) {
        const step = currents + i * stepBytes;
        const varying = population.isShort
          ? i32x4.shl(v128.load_ext<i16>(step + (c << 1)), population.shift)
          : v128.load(step + (c << 2));
        current = i32x4.add(current, varying);
      }
      current = i32x4.shl(current, weightShift(tile, population.lagIn, i));
      if (i == onceAt) current = i32x4.add(current, constants);
      low = f64x2.add(low, f64x2.convert_low_i32x4_s(current));
      high = f64x2.add(high, f64x2.convert_low_i32x4_s(v128.shuffle<i32>(current, current, 2, 3, 2, 3)));
      v128.store(history, low);
      v128.store(history, high, 16);
      history += slotWords << 3;
    }
    v128.store(chargeAt, low);
    v128.store(chargeAt, high, 16);
  }
}

/** A history of a readout's counts, followed back from the last. */
function followCounts(population: Population, tile: Tile, position: i32, block: i32, spikes: usize): void {
  const out = population.out;
  const stride = population.stateStride;
  const first = block * population.block;
  const at = position * stride + first;
  const slotWords = out.width * out.height * stride;
  const from = firstOf(tile, population.lagIn);
  const to = endOf(tile, population.lagIn);
  const channels = min(population.block, out.stride - first);
  for (let c = 0; c < channels; c += 8) {
    let low = v128.load(population.netCount + ((at + c) << 2));
    let high = v128.load(population.netCount + ((at + c) << 2), 16);
    for (let i = to - 1; i >= from; i--) {
      const history = population.countHistory + ((i * slotWords + at + c) << 2);
      v128.store(history, low);
      v128.store(history, high, 16);
      const slot = (tile.g0 + i) % out.capacity;
      const sent = v128.load_ext<i8>(spikes + slot * out.slotBytes + c);
      const weight = weightShift(tile, out.lag, i);
      low = i32x4.sub(low, i32x4.shl(i32x4.extend_low_i16x8_s(sent), weight));
      high = i32x4.sub(high, i32x4.shl(i32x4.extend_high_i16x8_s(sent), weight));
    }
  }
}

function countSpikes(population: Population, tile: Tile, block: i32, out: Frame, row: i32, channel: i32): void {
  const channels = min(population.block, ((population.channels + 7) & ~7) - block * population.block);
  const isWhole = channels == out.stride;
  const isBinary = population.levels == 1;
  const to = endOf(tile, out.lag);
  for (let i = firstOf(tile, out.lag); i < to; i++) {
    const at = slotOf(out, tile, out.lag, i) + row * out.width * out.stride + channel;
    let spikes = 0;
    if (isWhole) spikes = isBinary ? countOf(at, out.width * channels) : magnitudeOf(at, out.width * channels);
    else for (let x = 0; x < out.width; x++) spikes += magnitudeOf(at + x * out.stride, channels);
    count(tile, population.counter, i, spikes);
  }
}
