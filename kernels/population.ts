/**
 * A population's tile: first the event lists of what it integrates, a row of a step at a time; then its neurons, a block
 * of channels in a row of positions at a time. A block's weights stay in cache while it visits its rows; a position's
 * currents of all steps are gathered first, so that its membranes are loaded once a tile.
 */
import { accumulateDense } from "./dense";
import { DEPTHWISE, NARROW8, NARROW16, WIDE, listRow, magnitudeOf } from "./events";
import { accumulateNarrow } from "./narrow";
import { runNeurons } from "./neurons";
import { Population, Term } from "./structs";
import { Tile, count, endOf, firstOf, scratchOf, slotOf } from "./tile";
import { accumulateWide } from "./wide";

/** Scratch of one block's emptied lanes, before its currents. */
const SPILL_BYTES = 256;

// @ts-ignore: decorator
@inline
function termOf(population: Population, number: i32): Term {
  return changetype<Term>(<usize>load<u32>(population.terms + (number << 2)));
}

/** Work items of the first phase: rows of each term's input, at each offset. */
export function listItems(population: Population, tile: Tile): i32 {
  let rows = 0;
  for (let k = 0; k < population.termCount; k++) rows += termOf(population, k).frame.height;
  return rows * max(0, endOf(tile, population.lagIn) - firstOf(tile, population.lagIn));
}

export function listItem(population: Population, tile: Tile, item: i32): void {
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

/** Work items of the second phase: rows of each block. */
export function neuronItems(population: Population): i32 {
  return population.blocks * population.out.height;
}

export function neuronItem(population: Population, tile: Tile, item: i32): void {
  const out = population.out;
  const block = item / out.height;
  const y = item % out.height;
  const scratch = scratchOf(tile);
  const currents = population.termCount > 0 ? scratch + SPILL_BYTES : 0;
  const positionBytes = tile.program.tileSteps * (population.block << 2);
  const from = firstOf(tile, population.lagIn);
  const to = endOf(tile, population.lagIn);
  for (let x = 0; x < out.width; x += population.run) {
    const end = min(out.width, x + population.run);
    if (currents != 0 && from < to) {
      memory.fill(currents, 0, (end - x) * positionBytes);
      for (let k = 0; k < population.termCount; k++) {
        accumulate(population, termOf(population, k), tile, block, from, to, y, x, end, currents, scratch);
      }
    }
    for (let at = x; at < end; at++) {
      const position = y * out.width + at;
      const own = currents == 0 ? <usize>0 : currents + (at - x) * positionBytes;
      if (population.charge == 0) runNeurons(population, tile, position, block, own, 0, tile.length);
      else runReadout(population, tile, position, block, own);
    }
  }
  countSpikes(population, tile, block, y);
}

function accumulate(
  population: Population,
  term: Term,
  tile: Tile,
  block: i32,
  from: i32,
  to: i32,
  y: i32,
  x: i32,
  end: i32,
  currents: usize,
  spilled: usize,
): void {
  const first = block * population.block;
  const blockBytes = population.block << 2;
  const positionBytes = tile.program.tileSteps * blockBytes;
  if (term.kernel >= DEPTHWISE) {
    for (; x < end; x++) {
      for (let i = from; i < to; i++) {
        const sums = currents + i * blockBytes;
        accumulateDense(term, tile, population.lagIn, population.stateStride, first, population.block, i, y, x, sums);
      }
      currents += positionBytes;
    }
    return;
  }
  const weights = term.weights + block * term.blockBytes;
  const group = term.groups == 1 ? 0 : first / term.outPerGroup;
  const n = population.block >> 3;
  if (term.kernel == NARROW8) {
    if (n == 1) narrow(1, true, term, weights, group, from, to, y, x, end, currents, positionBytes, spilled);
    else if (n == 2) narrow(2, true, term, weights, group, from, to, y, x, end, currents, positionBytes, spilled);
    else if (n == 3) narrow(3, true, term, weights, group, from, to, y, x, end, currents, positionBytes, spilled);
    else if (n == 4) narrow(4, true, term, weights, group, from, to, y, x, end, currents, positionBytes, spilled);
    else if (n == 5) narrow(5, true, term, weights, group, from, to, y, x, end, currents, positionBytes, spilled);
    else if (n == 6) narrow(6, true, term, weights, group, from, to, y, x, end, currents, positionBytes, spilled);
    else if (n == 7) narrow(7, true, term, weights, group, from, to, y, x, end, currents, positionBytes, spilled);
    else narrow(8, true, term, weights, group, from, to, y, x, end, currents, positionBytes, spilled);
  } else if (term.kernel == NARROW16) {
    if (n == 1) narrow(1, false, term, weights, group, from, to, y, x, end, currents, positionBytes, spilled);
    else if (n == 2) narrow(2, false, term, weights, group, from, to, y, x, end, currents, positionBytes, spilled);
    else if (n == 3) narrow(3, false, term, weights, group, from, to, y, x, end, currents, positionBytes, spilled);
    else if (n == 4) narrow(4, false, term, weights, group, from, to, y, x, end, currents, positionBytes, spilled);
    else if (n == 5) narrow(5, false, term, weights, group, from, to, y, x, end, currents, positionBytes, spilled);
    else if (n == 6) narrow(6, false, term, weights, group, from, to, y, x, end, currents, positionBytes, spilled);
    else if (n == 7) narrow(7, false, term, weights, group, from, to, y, x, end, currents, positionBytes, spilled);
    else narrow(8, false, term, weights, group, from, to, y, x, end, currents, positionBytes, spilled);
  } else {
    if (n == 1) wide(1, term, weights, group, from, to, y, x, end, currents, positionBytes);
    else if (n == 2) wide(2, term, weights, group, from, to, y, x, end, currents, positionBytes);
    else if (n == 3) wide(3, term, weights, group, from, to, y, x, end, currents, positionBytes);
    else wide(4, term, weights, group, from, to, y, x, end, currents, positionBytes);
  }
}

// @ts-ignore: decorator
@inline
function narrow(
  n: i32,
  isInt8: bool,
  term: Term,
  weights: usize,
  group: i32,
  from: i32,
  to: i32,
  y: i32,
  x: i32,
  end: i32,
  currents: usize,
  positionBytes: i32,
  spilled: usize,
): void {
  for (let i = from; i < to; i++) {
    let sums = currents + i * n * 32;
    for (let at = x; at < end; at++) {
      accumulateNarrow(n, isInt8, term, weights, group, i, y, at, sums, spilled);
      sums += positionBytes;
    }
  }
}

// @ts-ignore: decorator
@inline
function wide(
  n: i32,
  term: Term,
  weights: usize,
  group: i32,
  from: i32,
  to: i32,
  y: i32,
  x: i32,
  end: i32,
  currents: usize,
  positionBytes: i32,
): void {
  for (let i = from; i < to; i++) {
    let sums = currents + i * n * 32;
    for (let at = x; at < end; at++) {
      accumulateWide(n, term, weights, group, i, y, at, sums);
      sums += positionBytes;
    }
  }
}

/** A readout's step by step: its charge is summed exactly (float64 holds 2^53), and a history kept of charge and counts. */
function runReadout(population: Population, tile: Tile, position: i32, block: i32, currents: usize): void {
  const stride = population.stateStride;
  const first = block * population.block;
  const at = position * stride + first;
  const slotWords = population.out.width * population.out.height * stride;
  const to = endOf(tile, population.lagIn);
  for (let i = firstOf(tile, population.lagIn); i < to; i++) {
    for (let c = 0; c < population.block; c++) {
      let current = load<i32>(population.bias + ((first + c) << 2));
      if (population.constant != 0) current += load<i32>(population.constant + ((at + c) << 2));
      if (currents != 0) current += load<i32>(currents + ((i * population.block + c) << 2));
      const charge = load<f64>(population.charge + ((at + c) << 3)) + <f64>current;
      store<f64>(population.charge + ((at + c) << 3), charge);
      store<f64>(population.chargeHistory + ((i * slotWords + at + c) << 3), charge);
    }
    runNeurons(population, tile, position, block, currents, i, i + 1);
    memory.copy(
      population.countHistory + ((i * slotWords + at) << 2),
      population.netCount + (at << 2),
      population.block << 2,
    );
  }
}

function countSpikes(population: Population, tile: Tile, block: i32, y: i32): void {
  const out = population.out;
  const first = block * population.block;
  const channels = min(population.block, ((population.channels + 7) & ~7) - first);
  const isWhole = population.blocks == 1;
  const to = endOf(tile, out.lag);
  for (let i = firstOf(tile, out.lag); i < to; i++) {
    const row = slotOf(out, tile, out.lag, i) + y * out.width * out.stride;
    let spikes = 0;
    if (isWhole) spikes = magnitudeOf(row, out.width * out.stride);
    else for (let x = 0; x < out.width; x++) spikes += magnitudeOf(row + x * out.stride + first, channels);
    count(tile, population.counter, i, spikes);
  }
}
