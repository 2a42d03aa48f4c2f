/**
 * A population's tile: first the event lists of what it integrates, a row of a step at a time; then its neurons, a block
 * of channels in a band of positions at a time. A block's weights stay in cache while it visits its positions; the
 * currents of all steps are gathered first, so that membranes are loaded once a tile.
 *
 * Currents of a band: [position][step][block], int32 or (where sums are sure to fit) int16.
 */
import { accumulateDense } from "../gather/dense";
import { accumulateDepthwise } from "../gather/depthwise";
import { countOf, isDense, listRow, magnitudeOf } from "../gather/events";
import { setActive } from "../activity";
import { clearBytes } from "../bytes";
import { accumulateProduct, resetCounts } from "../gather/product";
import { isQuiet } from "../gather/quiet";
import { narrow16, narrow8, pairs8, short8, wide16 } from "../generated/variants";
import { receivesOnce } from "../neurons/following";
import { followCharge, followCounts, sumCharge } from "../neurons/readout";
import { resetNeurons, runNeurons } from "../neurons/run";
import { makeSchedule } from "../neurons/schedule";
import { Frame, NeuronNumber, Piece, Population, Row, Term, TermKernel, Tile } from "../structs";
import { count, endOf, firstOf, mergedAt, pieceOf, rowOf, scratchOf, slotOf } from "../tile";
import { poolRow } from "./pool";

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
export function neuronItems(population: Population, tile: Tile): i32 {
  if (isBeside(population, tile)) return 0;
  if (population.passSteps > 0) return population.blocks;
  return population.blocks * rowsOf(population);
}

/** Whether neurons neither integrate nor fire in a tile. */
function isBeside(population: Population, tile: Tile): bool {
  return endOf(tile, population.out.lag) <= 0 || population.lagIn >= tile.g0 + tile.length;
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
  const row = startRow(population, tile, block);
  row.y = y;
  if (rests(row, tile)) {
    clearRow(row, tile);
    return;
  }
  row.stepBytes = population.block << (population.isShort ? 1 : 2);
  row.positionBytes = tile.length * row.stepBytes;
  const piece = startPiece(population, tile, block, out);
  piece.currents = row.currents;
  piece.stepBytes = row.stepBytes;
  piece.positionBytes = row.positionBytes;
  piece.to = tile.length;
  // A short tile leaves room for more positions.
  const run = (population.run * tile.program.tileSteps) / tile.length;
  for (let x = 0; x < width; x += run) {
    const end = min(width, x + run);
    piece.position = y * width + x;
    piece.positions = end - x;
    piece.spikes = out.data + (toRow * width + x) * out.stride + toChannel;
    row.x = x;
    row.end = end;
    piece.isQuiet = population.settled != 0 && isQuietPiece(row) ? 1 : 0;
    if (begins(population, tile)) resetTerms(row);
    if (population.termCount > 0 && row.from < row.to && !piece.isQuiet) {
      if (!population.isShort) memory.fill(row.currents, 0, (end - x) * row.positionBytes);
      for (let k = 0; k < population.termCount; k++) {
        const term = termOf(population, k);
        row.kyTo = term.size;
        accumulate(tile, term, row);
      }
    }
    const isReadout = population.charge != 0;
    if (begins(population, tile)) resetNeurons(piece);
    if (isReadout) {
      const isTracker = population.neuron == NeuronNumber.TRACKER;
      for (let p = 0; p < piece.positions; p++) {
        if (isTracker) followCharge(tile, piece, p);
        else sumCharge(tile, piece, p);
      }
    }
    runNeurons(tile, piece);
    if (isReadout) {
      for (let p = 0; p < piece.positions; p++) followCounts(tile, piece, p);
    }
  }
  countSpikes(population, tile, block, out, toRow, toChannel);
}

/** Puts what terms keep themselves to its start. */
function resetTerms(row: Row): void {
  const population = row.population;
  for (let k = 0; k < population.termCount; k++) {
    const term = termOf(population, k);
    if (term.kernel == TermKernel.PRODUCT) resetCounts(term, row);
  }
}

/** Whether a row of trackers receives nothing in this tile, and sends nothing. A pool that is run with them looks at their spikes all the same. */
function rests(row: Row, tile: Tile): bool {
  const population = row.population;
  if (population.settled == 0 || population.charge != 0 || hasPool(population) || begins(population, tile)) return false;
  if (receivesOnce(population, tile)) return false;
  const width = population.out.width;
  row.x = 0;
  row.end = width;
  if (!isQuietPiece(row)) return false;
  const eights = population.stateStride >> 3;
  const channels = channelsOf(population, row.first) >> 3;
  let settled = population.settled + row.y * width * eights + (row.first >> 3);
  for (let x = 0; x < width; x++) {
    for (let k = 0; k < channels; k++) if (load<u8>(settled + k) == 0) return false;
    settled += eights;
  }
  return true;
}

/** Whether neurons are put to their start: in the tile that has their first step. */
// @ts-ignore: decorator
@inline
function begins(population: Population, tile: Tile): bool {
  const first = population.lagIn - tile.g0;
  return !tile.program.goesOn && first >= 0 && first < tile.length;
}

/** No spikes at any step. */
function clearRow(row: Row, tile: Tile): void {
  const population = row.population;
  const out = population.out;
  const channels = channelsOf(population, row.first);
  const block = row.first / population.block;
  const to = endOf(tile, out.lag);
  for (let i = firstOf(tile, out.lag); i < to; i++) {
    setActive(out, tile, out.lag, i, row.y, block, false);
    if (!out.isLookedAt) continue;
    const at = slotOf(out, tile, out.lag, i) + row.y * out.width * out.stride + row.first;
    if (channels == out.stride) memory.fill(at, 0, out.width * channels);
    else for (let x = 0; x < out.width; x++) clearBytes(at + x * out.stride, channels);
  }
}

/** Channels of a block that exist, in whole eights. */
// @ts-ignore: decorator
@inline
function channelsOf(population: Population, first: i32): i32 {
  return min(population.block, ((population.channels + 7) & ~7) - first);
}

/** Whether nothing arrives at a row's outputs. */
function isQuietPiece(row: Row): bool {
  const population = row.population;
  for (let k = 0; k < population.termCount; k++) {
    const term = termOf(population, k);
    if (!isQuiet(term, row, groupOf(term, row))) return false;
  }
  return true;
}

/** The group of input channels that a row's block reads; terms without lists have one index for all channels. */
// @ts-ignore: decorator
@inline
function groupOf(term: Term, row: Row): i32 {
  return term.groups == 1 || isDense(term) ? 0 : row.first / term.outPerGroup;
}

/** This thread's row, of which all but the positions is set. */
function startRow(population: Population, tile: Tile, block: i32): Row {
  const row = rowOf(tile);
  row.population = population;
  row.first = block * population.block;
  row.currents = scratchOf(tile);
  row.from = firstOf(tile, population.lagIn);
  row.to = endOf(tile, population.lagIn);
  row.kyFrom = 0;
  return row;
}

/** This thread's piece, of which all but positions and currents is set. */
function startPiece(population: Population, tile: Tile, block: i32, out: Frame): Piece {
  const piece = pieceOf(tile);
  piece.population = population;
  piece.out = out;
  piece.first = block * population.block;
  piece.channels = channelsOf(population, piece.first);
  piece.from = 0;
  piece.isQuiet = 0;
  piece.begins = 0;
  return piece;
}

/**
 * All positions of a block whose weights are too large for the nearer caches: `passSteps` steps at a time, one kernel row
 * after the other.
 */
function runPasses(population: Population, tile: Tile, block: i32): void {
  const out = population.out;
  const positions = out.height * out.width;
  const term = termOf(population, 0);
  const row = startRow(population, tile, block);
  const currents = row.currents;
  const from = row.from;
  const to = row.to;
  row.stepBytes = population.block << 2;
  row.positionBytes = population.passSteps * row.stepBytes;
  row.x = 0;
  row.end = out.width;
  const piece = startPiece(population, tile, block, out);
  piece.position = 0;
  piece.positions = positions;
  piece.spikes = out.data + piece.first;
  piece.stepBytes = row.stepBytes;
  piece.positionBytes = row.positionBytes;
  for (let first = 0; first < tile.length; first += population.passSteps) {
    piece.from = first;
    piece.to = min(tile.length, first + population.passSteps);
    piece.currents = currents - first * row.stepBytes;
    row.from = max(from, first);
    row.to = min(to, piece.to);
    memory.fill(currents, 0, positions * row.positionBytes);
    for (let ky = 0; ky < term.size; ky++) {
      row.kyFrom = ky;
      row.kyTo = ky + 1;
      row.currents = piece.currents;
      for (row.y = 0; row.y < out.height; row.y++) {
        if (!isQuiet(term, row, groupOf(term, row))) accumulate(tile, term, row);
        row.currents += out.width * row.positionBytes;
      }
    }
    piece.begins = 0;
    if (first == 0 && begins(population, tile)) resetNeurons(piece);
    runNeurons(tile, piece);
  }
  for (let y = 0; y < out.height; y++) countSpikes(population, tile, block, out, y, piece.first);
}

/** Adds what a term brings to a row's currents. */
function accumulate(tile: Tile, term: Term, row: Row): void {
  const population = row.population;
  if (population.isShort && term.kernel == TermKernel.DEPTHWISE) {
    accumulateDepthwise(tile, term, row);
    return;
  }
  if (isDense(term)) {
    const isProduct = term.kernel == TermKernel.PRODUCT;
    let currents = row.currents;
    for (let x = row.x; x < row.end; x++) {
      for (let i = row.from; i < row.to; i++) {
        const sums = currents + i * row.stepBytes;
        if (isProduct) accumulateProduct(tile, term, row, i, x, sums);
        else accumulateDense(tile, term, row, i, x, sums);
      }
      currents += row.positionBytes;
    }
    return;
  }
  row.weights = term.weights + (row.first / population.block) * term.blockBytes;
  row.group = groupOf(term, row);
  row.room = term.mergeBytes > 0 ? mergedAt(tile, term.mergeBytes) : 0;
  const n = population.block >> 3;
  const isShort = population.isShort;
  for (let i = row.from; i < row.to; i++) {
    const sums = row.currents + i * row.stepBytes;
    if (term.kernel == TermKernel.INT16) narrow16(n, term, row, i, sums);
    else if (term.kernel == TermKernel.WIDE) wide16(n, term, row, i, sums);
    else if (term.isPaired) pairs8(2 * n, term, row, i, sums);
    else if (isShort) short8(n, term, row, i, sums);
    else narrow8(n, term, row, i, sums);
  }
}

function countSpikes(population: Population, tile: Tile, block: i32, out: Frame, row: i32, channel: i32): void {
  const channels = channelsOf(population, block * population.block);
  const isWhole = channels == out.stride;
  const isBinary = population.levels == 1;
  const to = endOf(tile, out.lag);
  for (let i = firstOf(tile, out.lag); i < to; i++) {
    const at = slotOf(out, tile, out.lag, i) + row * out.width * out.stride + channel;
    let spikes = 0;
    if (isWhole) spikes = isBinary ? countOf(at, out.width * channels) : magnitudeOf(at, out.width * channels);
    else for (let x = 0; x < out.width; x++) spikes += magnitudeOf(at + x * out.stride, channels);
    count(tile, population.counter, i, spikes);
    setActive(out, tile, out.lag, i, row, block, spikes != 0);
  }
}
