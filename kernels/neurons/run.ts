/**
 * Neurons over the steps of a tile: a position's channels keep V and n in registers while time passes.
 *
 * In int16 where that serves (quotient.ts); else in int32, where weighted.ts takes all steps if some are of another kind.
 *
 * Membranes saturate, but a tile whose membranes all begin within ± `calm` cannot take them so far, and is spared the
 * comparisons.
 */
import {
  curveConstant,
  curveLong,
  curveShort,
  linesConstant,
  linesLong,
  linesShort,
  takebackConstant,
  takebackLong,
  takebackLongBound,
  takebackLongQuotients,
  takebackLongQuotientsWeighted,
  takebackShort,
  takebackShortBound,
  takebackShortQuotients,
  takebackShortQuotientsWeighted,
  thresholdConstant,
  thresholdLong,
  thresholdLongBound,
  thresholdLongQuotients,
  thresholdLongQuotientsWeighted,
  thresholdShort,
  thresholdShortBound,
  thresholdShortQuotients,
  thresholdShortQuotientsWeighted,
  trackConstant,
  trackLevelsConstant,
  trackLevelsLong,
  trackLevelsShort,
  trackLong,
  trackShort,
} from "../generated/variants";
import { NeuronNumber, ParameterRow, Piece, Population, Tile } from "../structs";
import { endOf, firstOf, restOf, weightedEnd } from "../tile";
import { CONSTANT, LONG, SHORT, currentOf, firedFrom, firedTo, isCalm, parameter, spikesOf, stateAt } from "./parts";
import { oscillateSixteen } from "./oscillator";
import { unitBefore } from "./schedule";
import { takebackLongSixteen } from "./takeback";
import { weightedSteps } from "./weighted";

/** Runs a piece whose neurons, currents and frame are set; what follows from its population is set here. */
export function runNeurons(tile: Tile, piece: Piece): void {
  const population = piece.population;
  piece.mode = population.termCount == 0 || piece.isQuiet ? CONSTANT : population.isShort ? SHORT : LONG;
  if (population.neuron == NeuronNumber.TRACKER) {
    runTrackers(tile, piece);
  } else if (population.schedule != 0) runQuotients(tile, piece);
  else runExactly(tile, piece);
}

function runTrackers(tile: Tile, piece: Piece): void {
  const population = piece.population;
  const mode = piece.mode;
  if (population.estimates == 0) {
    if (population.levels > 1) {
      if (mode == SHORT) trackLevelsShort(tile, piece);
      else if (mode == LONG) trackLevelsLong(tile, piece);
      else trackLevelsConstant(tile, piece);
    } else if (mode == SHORT) trackShort(tile, piece);
    else if (mode == LONG) trackLong(tile, piece);
    else trackConstant(tile, piece);
  } else if (population.curve == 0) {
    if (mode == SHORT) linesShort(tile, piece);
    else if (mode == LONG) linesLong(tile, piece);
    else linesConstant(tile, piece);
  } else if (mode == SHORT) curveShort(tile, piece);
  else if (mode == LONG) curveLong(tile, piece);
  else curveConstant(tile, piece);
}

/** Neurons in int16, two positions at a time, an odd one beside itself; those that do not fit in int32. */
function runQuotients(tile: Tile, piece: Piece): void {
  const population = piece.population;
  const start = max(piece.from, firstOf(tile, population.lagIn));
  const isWeighted = population.weighted != 0 && (!isPlain(tile, piece) || unitBefore(population, tile, start) > 0);
  const isTakeback = population.neuron == NeuronNumber.TAKEBACK;
  const isShort = piece.mode == SHORT;
  for (let c = piece.first; c < piece.first + piece.channels; c += 8) {
    for (let p = 0; p < piece.positions; p += 2) {
      const other = min(p + 1, piece.positions - 1);
      let fits: bool;
      if (isTakeback) {
        if (isShort) {
          if (isWeighted) fits = takebackShortQuotientsWeighted(tile, piece, c, p, other);
          else fits = takebackShortQuotients(tile, piece, c, p, other);
        } else if (isWeighted) fits = takebackLongQuotientsWeighted(tile, piece, c, p, other);
        else fits = takebackLongQuotients(tile, piece, c, p, other);
      } else if (isShort) {
        if (isWeighted) fits = thresholdShortQuotientsWeighted(tile, piece, c, p, other);
        else fits = thresholdShortQuotients(tile, piece, c, p, other);
      } else if (isWeighted) fits = thresholdLongQuotientsWeighted(tile, piece, c, p, other);
      else fits = thresholdLongQuotients(tile, piece, c, p, other);
      if (!fits) runRest(tile, piece, c, p, other + 1);
    }
  }
}

/** Eight channels of positions p … end − 1 of a piece in int32. */
function runRest(tile: Tile, piece: Piece, c: i32, p: i32, end: i32): void {
  const rest = restOf(tile);
  memory.copy(changetype<usize>(rest), changetype<usize>(piece), offsetof<Piece>());
  rest.position = piece.position + p;
  rest.positions = end - p;
  rest.first = c;
  rest.channels = 8;
  rest.spikes = spikesOf(piece, p, c);
  rest.currents = currentOf(piece, p, c);
  runExactly(tile, rest);
}

/** In int32, which fits all. */
function runExactly(tile: Tile, piece: Piece): void {
  if (piece.population.weighted != 0 && !isPlain(tile, piece)) {
    weightedSteps(tile, piece);
    return;
  }
  if (firedFrom(tile, piece) >= firedTo(tile, piece)) return;
  for (let p = 0; p < piece.positions; p++) runPosition(tile, piece, p);
}

function runPosition(tile: Tile, piece: Piece, p: i32): void {
  const population = piece.population;
  const mode = piece.mode;
  const end = piece.first + piece.channels;
  const isTakeback = population.neuron == NeuronNumber.TAKEBACK;
  const isMonotone = mode == CONSTANT && population.isMonotone != 0;
  for (let c = piece.first; c < end; c += 8) {
    const at = stateAt(piece, p, c);
    const saturates = !isCalm(population, at);
    if (c + 8 < end && !saturates && (isMonotone || (isTakeback && mode == LONG)) && isCalm(population, at + 32)) {
      if (isMonotone) oscillateSixteen(tile, piece, p, c);
      else takebackLongSixteen(tile, piece, p, c);
      c += 8;
    } else if (isTakeback) {
      if (mode == CONSTANT) takebackConstant(tile, piece, p, c);
      else if (mode == SHORT) {
        if (saturates) takebackShortBound(tile, piece, p, c);
        else takebackShort(tile, piece, p, c);
      } else if (saturates) takebackLongBound(tile, piece, p, c);
      else takebackLong(tile, piece, p, c);
    } else if (mode == CONSTANT) thresholdConstant(tile, piece, p, c);
    else if (mode == SHORT) {
      if (saturates) thresholdShortBound(tile, piece, p, c);
      else thresholdShort(tile, piece, p, c);
    } else if (saturates) thresholdLongBound(tile, piece, p, c);
    else thresholdLong(tile, piece, p, c);
  }
}

/** Whether spikes are binary, the piece's offsets all weigh 1, and its population integrates and fires in each. */
// @ts-ignore: decorator
@inline
function isPlain(tile: Tile, piece: Piece): bool {
  const population = piece.population;
  const lag = piece.out.lag;
  return (
    population.levels == 1 &&
    piece.from >= max(firstOf(tile, lag), weightedEnd(tile, lag)) &&
    piece.to <= endOf(tile, population.lagIn)
  );
}

/** Puts a piece's neurons to their start; trackers do that themselves. */
export function resetNeurons(piece: Piece): void {
  const population = piece.population;
  if (population.neuron == NeuronNumber.TRACKER) {
    piece.begins = 1;
    return;
  }
  for (let p = 0; p < piece.positions; p++) {
    // Channels that only pad as well.
    for (let c = piece.first; c < piece.first + population.block; c += 4) {
      const at = stateAt(piece, p, c);
      v128.store(population.vMem + at, parameter(population, ParameterRow.START, c));
      v128.store(population.netCount + at, i32x4.splat(0));
    }
  }
}
