/**
 * Neurons over the steps of a tile: a position's channels keep V and n in registers while time passes.
 *
 * Membranes saturate, but a tile whose membranes all begin within ± `calm` cannot take them so far, and is spared the
 * comparisons.
 */
import { gradedSteps, integrateSteps } from "./graded";
import { monotoneSteps } from "./monotone";
import { CONSTANT, LONG, SHORT, START, TAKEBACK, isCalm, parameter } from "./neuron-parts";
import { Frame, Population } from "./structs";
import {
  takebackConstant,
  takebackLong,
  takebackLongBound,
  takebackLongSixteen,
  takebackShort,
  takebackShortBound,
  takebackShortSixteen,
} from "./takeback";
import {
  thresholdConstant,
  thresholdLong,
  thresholdLongBound,
  thresholdShort,
  thresholdShortBound,
} from "./threshold";
import { Tile, endOf, firstOf, weightedEnd } from "./tile";

/**
 * Runs the block's channels of `position` through offsets from … to − 1 of the tile.
 * Spikes go to `spikesAt`, which is the place of the block's first channel in the first slot of the frame `out`.
 * `currents` of offset 0 (int16 not yet shifted, or int32), `stepBytes` from one offset to the next; of no meaning where
 * the current is constant.
 */
export function runNeurons(
  population: Population,
  tile: Tile,
  position: i32,
  block: i32,
  out: Frame,
  spikesAt: usize,
  currents: usize,
  stepBytes: i32,
  from: i32,
  to: i32,
): void {
  const first = block * population.block;
  const channels = min(population.block, ((population.channels + 7) & ~7) - first);
  const integrateFrom = max(from, firstOf(tile, population.lagIn));
  const integrateTo = min(to, endOf(tile, population.lagIn));
  const fireFrom = max(from, firstOf(tile, population.out.lag));
  const fireTo = min(to, endOf(tile, population.out.lag));
  // With a delay, a population first only integrates, then does both, and in the end only fires.
  const onlyIntegrate = min(fireFrom, integrateTo);
  const both = max(integrateFrom, fireFrom);
  const bothTo = min(integrateTo, fireTo);
  // Steps whose spikes weigh more than 1 come first.
  const plain = max(both, min(bothTo, weightedEnd(tile, population.out.lag)));
  const onlyFire = max(fireFrom, integrateTo);
  const mode = population.termCount == 0 ? CONSTANT : population.isShort ? SHORT : LONG;
  const isMonotone = mode == CONSTANT && population.isMonotone != 0;
  const isTakeback = mode != CONSTANT && population.neuron == TAKEBACK && population.lagIn == population.out.lag;
  const laneShift = mode == SHORT ? 1 : 2;
  if (integrateFrom < onlyIntegrate || both < plain) {
    for (let c = first; c < first + channels; c += 4) {
      const at = ((position * population.stateStride + c) << 2) as usize;
      const own: usize = mode == CONSTANT ? 0 : currents + ((c - first) << laneShift);
      integrateSteps(population, tile, mode, at, c, own, stepBytes, integrateFrom, onlyIntegrate);
      gradedSteps(population, out, tile, mode, at, c, own, stepBytes, spikesAt + (c - first), both, plain, true);
    }
  }
  for (let c = first; c < first + channels; c += 8) {
    const at = ((position * population.stateStride + c) << 2) as usize;
    const own: usize = mode == CONSTANT ? 0 : currents + ((c - first) << laneShift);
    const spikes = spikesAt + (c - first);
    const half: usize = mode == CONSTANT ? 0 : own + (4 << laneShift);
    if (plain < bothTo) {
      if (population.levels > 1) {
        gradedSteps(population, out, tile, mode, at, c, own, stepBytes, spikes, plain, bothTo, true);
        gradedSteps(population, out, tile, mode, at + 16, c + 4, half, stepBytes, spikes + 4, plain, bothTo, true);
      } else if (isMonotone && c + 8 < first + channels && isCalm(population, at) && isCalm(population, at + 32)) {
        monotoneSteps(population, out, tile, at, c, spikes, plain, bothTo);
        c += 8;
      } else if (isTakeback && c + 8 < first + channels && isCalm(population, at) && isCalm(population, at + 32)) {
        if (mode == SHORT) takebackShortSixteen(population, out, tile, at, c, own, stepBytes, spikes, plain, bothTo);
        else takebackLongSixteen(population, out, tile, at, c, own, stepBytes, spikes, plain, bothTo);
        c += 8;
      } else {
        const saturates = !isCalm(population, at);
        if (population.neuron == TAKEBACK) {
          if (mode == CONSTANT) takebackConstant(population, out, tile, at, c, own, stepBytes, spikes, plain, bothTo);
          else if (saturates) {
            if (mode == SHORT) takebackShortBound(population, out, tile, at, c, own, stepBytes, spikes, plain, bothTo);
            else takebackLongBound(population, out, tile, at, c, own, stepBytes, spikes, plain, bothTo);
          } else if (mode == SHORT) takebackShort(population, out, tile, at, c, own, stepBytes, spikes, plain, bothTo);
          else takebackLong(population, out, tile, at, c, own, stepBytes, spikes, plain, bothTo);
        } else if (mode == CONSTANT) {
          thresholdConstant(population, out, tile, at, c, own, stepBytes, spikes, plain, bothTo);
        } else if (saturates) {
          if (mode == SHORT) thresholdShortBound(population, out, tile, at, c, own, stepBytes, spikes, plain, bothTo);
          else thresholdLongBound(population, out, tile, at, c, own, stepBytes, spikes, plain, bothTo);
        } else if (mode == SHORT) thresholdShort(population, out, tile, at, c, own, stepBytes, spikes, plain, bothTo);
        else thresholdLong(population, out, tile, at, c, own, stepBytes, spikes, plain, bothTo);
      }
    }
    if (onlyFire < fireTo) {
      gradedSteps(population, out, tile, mode, at, c, own, stepBytes, spikes, onlyFire, fireTo, false);
      gradedSteps(population, out, tile, mode, at + 16, c + 4, half, stepBytes, spikes + 4, onlyFire, fireTo, false);
    }
  }
}

/** Puts the block's neurons of `position` to their start. */
export function resetNeurons(population: Population, position: i32, block: i32): void {
  const first = block * population.block;
  for (let c = first; c < first + population.block; c += 4) {
    const at = ((position * population.stateStride + c) << 2) as usize;
    v128.store(population.vMem + at, parameter(population, START, c));
    v128.store(population.netCount + at, i32x4.splat(0));
  }
}
