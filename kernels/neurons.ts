/**
 * Neurons over the steps of a tile: a position's channels keep V and n in registers while time passes.
 *
 * In int16 where that serves (quotient.ts); else in int32, where weighted.ts takes all steps if some are of another kind.
 *
 * Membranes saturate, but a tile whose membranes all begin within ± `calm` cannot take them so far, and is spared the
 * comparisons.
 */
import { monotoneSteps } from "./monotone";
import { CONSTANT, LONG, SHORT, START, TAKEBACK, TRACKER, isCalm, parameter } from "./neuron-parts";
import {
  takebackLongQuotients,
  takebackLongQuotientsWeighted,
  takebackShortQuotients,
  takebackShortQuotientsWeighted,
  thresholdLongQuotients,
  thresholdLongQuotientsWeighted,
  thresholdShortQuotients,
  thresholdShortQuotientsWeighted,
} from "./quotient";
import { unitBefore } from "./schedule";
import { Frame, Population } from "./structs";
import {
  takebackConstant,
  takebackLong,
  takebackLongBound,
  takebackLongSixteen,
  takebackShort,
  takebackShortBound,
} from "./takeback";
import {
  thresholdConstant,
  thresholdLong,
  thresholdLongBound,
  thresholdShort,
  thresholdShortBound,
} from "./threshold";
import { Tile, endOf, firstOf, weightedEnd } from "./tile";
import { trackSteps } from "./tracker";
import { weightedSteps } from "./weighted";

/**
 * Runs the block's channels of `positions` positions from `position` on through offsets from … to − 1 of the tile.
 * Spikes go to `spikes`, which is the place of the first position's first channel in the first slot of the frame `out`.
 * `currents` of offset 0 (int16 not yet shifted, or int32), `stepBytes` from one offset to the next, `positionBytes` from
 * one position to the next; of no meaning where the current is constant.
 */
export function runNeurons(
  population: Population,
  tile: Tile,
  position: i32,
  positions: i32,
  block: i32,
  out: Frame,
  spikes: usize,
  currents: usize,
  stepBytes: i32,
  positionBytes: i32,
  from: i32,
  to: i32,
): void {
  const first = block * population.block;
  const channels = min(population.block, ((population.channels + 7) & ~7) - first);
  const mode = population.termCount == 0 ? CONSTANT : population.isShort ? SHORT : LONG;
  if (population.neuron == TRACKER) {
    trackSteps(population, tile, position, positions, first, channels, out, spikes, mode, currents, stepBytes, positionBytes, from, to);
    return;
  }
  if (population.schedule != 0) {
    runQuotients(population, tile, position, positions, first, channels, out, spikes, mode, currents, stepBytes, positionBytes, from, to);
    return;
  }
  runExactly(population, tile, position, positions, first, channels, out, spikes, mode, currents, stepBytes, positionBytes, from, to);
}

/** Neurons in int16, two positions at a time, an odd one beside itself; those that do not fit in int32. */
function runQuotients(
  population: Population,
  tile: Tile,
  position: i32,
  positions: i32,
  first: i32,
  channels: i32,
  out: Frame,
  spikes: usize,
  mode: i32,
  currents: usize,
  stepBytes: i32,
  positionBytes: i32,
  from: i32,
  to: i32,
): void {
  const start = max(from, firstOf(tile, population.lagIn));
  const isWeighted =
    population.weighted != 0 && (!isPlain(population, tile, out.lag, from, to) || unitBefore(population, tile, start) > 0);
  const isTakeback = population.neuron == TAKEBACK;
  const laneShift = mode == SHORT ? 1 : 2;
  for (let c = 0; c < channels; c += 8) {
    const at = (position * population.stateStride + first + c) << 2;
    for (let p = 0; p < positions; p += 2) {
      const other = min(p + 1, positions - 1);
      const atA = at + p * (population.stateStride << 2);
      const atB = at + other * (population.stateStride << 2);
      const currentA = currents + p * positionBytes + (c << laneShift);
      const currentB = currents + other * positionBytes + (c << laneShift);
      const spikesA = spikes + p * out.stride + c;
      const spikesB = spikes + other * out.stride + c;
      let fits: bool;
      if (mode == SHORT) {
        if (isTakeback) {
          if (isWeighted) fits = takebackShortQuotientsWeighted(population, tile, out, first + c, atA, atB, currentA, currentB, stepBytes, spikesA, spikesB, from, to);
          else fits = takebackShortQuotients(population, tile, out, first + c, atA, atB, currentA, currentB, stepBytes, spikesA, spikesB, from, to);
        } else if (isWeighted) fits = thresholdShortQuotientsWeighted(population, tile, out, first + c, atA, atB, currentA, currentB, stepBytes, spikesA, spikesB, from, to);
        else fits = thresholdShortQuotients(population, tile, out, first + c, atA, atB, currentA, currentB, stepBytes, spikesA, spikesB, from, to);
      } else if (isTakeback) {
        if (isWeighted) fits = takebackLongQuotientsWeighted(population, tile, out, first + c, atA, atB, currentA, currentB, stepBytes, spikesA, spikesB, from, to);
        else fits = takebackLongQuotients(population, tile, out, first + c, atA, atB, currentA, currentB, stepBytes, spikesA, spikesB, from, to);
      } else if (isWeighted) fits = thresholdLongQuotientsWeighted(population, tile, out, first + c, atA, atB, currentA, currentB, stepBytes, spikesA, spikesB, from, to);
      else fits = thresholdLongQuotients(population, tile, out, first + c, atA, atB, currentA, currentB, stepBytes, spikesA, spikesB, from, to);
      if (!fits) {
        runExactly(population, tile, position + p, other + 1 - p, first + c, 8, out, spikesA, mode, currentA, stepBytes, positionBytes, from, to);
      }
    }
  }
}

/** In int32, which fits all: `spikes` and `currents` of channel `first`. */
function runExactly(
  population: Population,
  tile: Tile,
  position: i32,
  positions: i32,
  first: i32,
  channels: i32,
  out: Frame,
  spikes: usize,
  mode: i32,
  currents: usize,
  stepBytes: i32,
  positionBytes: i32,
  from: i32,
  to: i32,
): void {
  if (population.weighted != 0 && !isPlain(population, tile, out.lag, from, to)) {
    weightedSteps(population, tile, position, positions, first, channels, out, spikes, mode, currents, stepBytes, positionBytes, from, to);
    return;
  }
  for (let p = 0; p < positions; p++) {
    runPosition(population, tile, position + p, first, channels, out, spikes, mode, currents, stepBytes, from, to);
    spikes += out.stride;
    currents += positionBytes;
  }
}

function runPosition(
  population: Population,
  tile: Tile,
  position: i32,
  first: i32,
  channels: i32,
  out: Frame,
  spikesAt: usize,
  mode: i32,
  currents: usize,
  stepBytes: i32,
  from: i32,
  to: i32,
): void {
  const laneShift = mode == SHORT ? 1 : 2;
  from = max(from, firstOf(tile, out.lag));
  to = min(to, endOf(tile, out.lag));
  if (from >= to) return;
  const isMonotone = mode == CONSTANT && population.isMonotone != 0;
  const isTakeback = mode == LONG && population.neuron == TAKEBACK;
  for (let c = first; c < first + channels; c += 8) {
    const at = ((position * population.stateStride + c) << 2) as usize;
    const own: usize = mode == CONSTANT ? 0 : currents + ((c - first) << laneShift);
    const spikes = spikesAt + (c - first);
    if (isMonotone && c + 8 < first + channels && isCalm(population, at) && isCalm(population, at + 32)) {
      monotoneSteps(population, out, tile, at, c, spikes, from, to);
      c += 8;
    } else if (isTakeback && c + 8 < first + channels && isCalm(population, at) && isCalm(population, at + 32)) {
      takebackLongSixteen(population, out, tile, at, c, own, stepBytes, spikes, from, to);
      c += 8;
    } else {
      const saturates = !isCalm(population, at);
      if (population.neuron == TAKEBACK) {
        if (mode == CONSTANT) takebackConstant(population, out, tile, at, c, own, stepBytes, spikes, from, to);
        else if (saturates) {
          if (mode == SHORT) takebackShortBound(population, out, tile, at, c, own, stepBytes, spikes, from, to);
          else takebackLongBound(population, out, tile, at, c, own, stepBytes, spikes, from, to);
        } else if (mode == SHORT) takebackShort(population, out, tile, at, c, own, stepBytes, spikes, from, to);
        else takebackLong(population, out, tile, at, c, own, stepBytes, spikes, from, to);
      } else if (mode == CONSTANT) {
        thresholdConstant(population, out, tile, at, c, own, stepBytes, spikes, from, to);
      } else if (saturates) {
        if (mode == SHORT) thresholdShortBound(population, out, tile, at, c, own, stepBytes, spikes, from, to);
        else thresholdLongBound(population, out, tile, at, c, own, stepBytes, spikes, from, to);
      } else if (mode == SHORT) thresholdShort(population, out, tile, at, c, own, stepBytes, spikes, from, to);
      else thresholdLong(population, out, tile, at, c, own, stepBytes, spikes, from, to);
    }
  }
}

/** Whether spikes are binary, the offsets from … to − 1 all weigh 1, and the population integrates and fires in each. */
// @ts-ignore: decorator
@inline
function isPlain(population: Population, tile: Tile, lag: i32, from: i32, to: i32): bool {
  return (
    population.levels == 1 &&
    from >= max(firstOf(tile, lag), weightedEnd(tile, lag)) &&
    to <= endOf(tile, population.lagIn)
  );
}

/** Puts the block's neurons of so many positions to their start. */
export function resetNeurons(population: Population, position: i32, positions: i32, block: i32): void {
  const first = block * population.block;
  for (let p = position; p < position + positions; p++) {
    for (let c = first; c < first + population.block; c += 4) {
      const at = ((p * population.stateStride + c) << 2) as usize;
      v128.store(population.vMem + at, parameter(population, START, c));
      v128.store(population.netCount + at, i32x4.splat(0));
    }
  }
}
