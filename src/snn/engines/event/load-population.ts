/** Writes a population: its record, thresholds, tables and biases. */
import type { Population } from "../../../graph/layers.ts";
import { membraneBound } from "../../neuron.ts";
import { integerTargetConstants, tableSteps, targetBits } from "../../neurons/integer-target.ts";
import { neuronParameters } from "../../neurons/threshold-parameters.ts";
import { distanceBeforeFiring } from "../../neurons/tracker.ts";
import { greatestCurrents } from "../../plan/bounds.ts";
import { calmOf } from "../../plan/decisions.ts";
import type { Network, PopulationStage, Signal } from "../../plan/network.ts";
import type { Plan } from "../../plan/plan.ts";
import { isCounted } from "../../plan/reach.ts";
import { parameterRow, stageKind } from "./kernel-records.ts";
import type { BandLayout, Layout, PopulationLayout } from "./layout.ts";
import { boundBytes, loadEstimates } from "./load-estimates.ts";
import { loadPicture, loadTerm } from "./load-weights.ts";
import type { Views } from "./memory.ts";
import { neuronNumbers, recordBytes, writeRecord } from "./records.ts";

/** A cost that no membrane reaches. */
const never = membraneBound + 1;

/** @param pool record of the pool that is run with it, or 0. Gives the records of the population's pictures. */
export function loadPopulation(
  stage: PopulationStage,
  { network, decisions, counters }: Plan,
  layout: Layout,
  views: Views,
  pool: number,
): readonly number[] {
  const place = layout.populations.get(stage)!;
  const decision = decisions.get(stage)!;
  const { block, isShort, neurons } = decision;
  const { words } = views;
  const { layer, signal, terms, lagIn } = stage;
  for (const [i, term] of terms.entries()) {
    const counter = isCounted(term) ? counters.get(term)! : -1;
    const shape = { block, stateStride: place.stateStride };
    loadTerm(term, decision.terms[i], place.terms[i], shape, layout, views, counter);
  }
  words.set(
    place.terms.map(({ record }) => record),
    place.termTable / 4,
  );
  loadParameters(layer, place, words);
  if (place.weighted) loadWeighted(place, network.phases, words);
  const shifts = place.tracking ? loadTracking(layer, place, network, views) : { beforeShift: 0, behindShift: 0 };
  for (const convolution of [...terms.map(({ layer: source }) => source), ...stage.pictures]) {
    if (convolution.kind !== "convolution") continue;
    for (const [c, bias] of (convolution.bias?.data ?? []).entries()) words[place.bias / 4 + c] += bias;
  }
  const greatestCurrent = greatestCurrents(stage, undefined).reduce((a, b) => Math.max(a, b), 0);
  writeRecord(words, place.record, "population", {
    ...place,
    ...shifts,
    kind: stageKind.population,
    boundBytes: boundBytes(network.phases),
    terms: place.termTable,
    termCount: terms.length,
    out: layout.frames.get(signal)!.record,
    channels: signal.shape[0],
    block,
    isShort: isShort ? 1 : 0,
    shift: (isShort || place.schedule) && terms[0].kind === "convolution" ? (terms[0].layer.shift ?? 0) : 0,
    bound: membraneBound,
    calm: calmOf(stage, greatestCurrent, layout.tileSteps),
    neuron: neuronNumbers[layer.neuron],
    levels: layer.levels,
    pool,
    bandFrames: loadBands(place.bands, signal, block, layout.tileSteps, words),
    isMonotone: neurons === "oscillator" ? 1 : 0,
    lagIn,
    readAt: 0,
    counter: counters.get(stage)!,
  });
  for (const [i, picture] of stage.pictures.entries()) {
    loadPicture(picture, { ...place.pictures[i], adds: i > 0 ? 1 : 0 }, place, signal, layout, views, network);
  }
  return place.pictures.map(({ record }) => record);
}

/** One frame for each thread; gives the address of the records. */
function loadBands(
  bands: BandLayout | undefined,
  { lag, shape: [, , width] }: Signal,
  block: number,
  capacity: number,
  words: Int32Array,
): number {
  if (!bands) return 0;
  const { records: first, rows, slotBytes } = bands;
  for (const [thread, data] of bands.data.entries()) {
    const record = first + thread * recordBytes("frame");
    writeRecord(words, record, "frame", {
      ...{ data, stride: block, slotBytes, capacity, width, height: rows, lag },
      ...{ active: 0, parts: 0, isLookedAt: 1 },
    });
  }
  return first;
}

/** Rows of thresholds and costs: what each means, kernels/structs.ts says. */
function loadParameters(layer: Population, { parameters, stateStride }: PopulationLayout, words: Int32Array): void {
  const at = (number: number) => parameters / 4 + number * stateStride;
  const row = (name: keyof typeof parameterRow) =>
    words.subarray(at(parameterRow[name]), at(parameterRow[name]) + stateStride);
  const costs = [
    "fireUp",
    "fireUpNeg",
    "fireDown",
    "fireDownNeg",
    "costUp",
    "costUpNeg",
    "costDown",
    "costDownNeg",
  ] as const;
  for (const name of costs) row(name).fill(never);
  row("start").fill(0);
  for (const [c, { vTh, vThNeg, fireAt, fireAtNeg, vStart }] of neuronParameters(layer).entries()) {
    const values =
      layer.neuron === "takeback"
        ? [fireAt, fireAtNeg, fireAt, fireAtNeg, vTh, vThNeg, vTh, vThNeg]
        : [vTh, vTh, vThNeg, vThNeg, vTh, vTh, vThNeg, vThNeg];
    for (const [k, value] of values.entries()) row(costs[k])[c] = Math.min(never, value);
    row("start")[c] = vStart;
  }
  row("upAbove").set(row("fireUp").map((cost) => cost - 1));
  row("downBelow").set(row("fireDown").map((cost) => 1 - cost));
  row("moreFire").set(row("fireUpNeg").map((cost, c) => cost - row("fireUp")[c]));
  row("moreCost").set(row("costUpNeg").map((cost, c) => cost - row("costUp")[c]));
}

/** Rows of thresholds and costs times each weight, as kernels/neurons/weighted.ts wants them; what no membrane reaches stays so. */
function loadWeighted(
  { parameters, weighted, stateStride }: PopulationLayout,
  phases: number,
  words: Int32Array,
): void {
  const { fireUp, fireDownNeg, costUp, costDownNeg } = parameterRow;
  for (let shift = 0; shift < phases; shift++) {
    for (let c = 0; c < stateStride; c++) {
      const [fire, fireNeg, cost, costNeg] = [fireUp, fireDownNeg, costUp, costDownNeg]
        .map((row) => words[parameters / 4 + row * stateStride + c])
        .map((value) => Math.min(never, value * 2 ** shift));
      const rows = [fire - 1, fireNeg - fire, cost, costNeg - cost];
      const at = weighted / 4 + 4 * (shift * stateStride + c - (c % 4)) + (c % 4);
      for (const [row, value] of rows.entries()) words[at + 4 * row] = value;
    }
  }
}

/** Trackers' constants and the table of their function, as kernels/neurons/tracker.ts wants them. */
function loadTracking(
  layer: Population,
  place: PopulationLayout,
  { frameUnits = 1, phases }: Network,
  views: Views,
): { readonly beforeShift: number; readonly behindShift: number } {
  const { tracking, targets, stateStride } = place;
  const { words } = views;
  const constants = integerTargetConstants(layer, frameUnits);
  const { before, greatestCharge, greatestValue, behind, table } = constants;
  for (const [number, row] of [before, greatestCharge, greatestValue, behind].entries())
    words.set(row, tracking / 4 + number * stateStride);
  const distances = Array.from({ length: phases + 1 }, (_, shift) => distanceBeforeFiring(layer, 2 ** shift));
  words.set(
    distances.map((distance) => distance * 2 ** targetBits),
    tracking / 4 + 4 * stateStride,
  );
  if (place.estimates) loadEstimates(layer, constants, place, phases, views);
  for (let i = 0; i < tableSteps; i++) words.set([table[i], table[i + 1] - table[i]], targets / 4 + 2 * i);
  return constants;
}
