/** Writes a network into its planned memory: records, thresholds and weight rows. */
import type { ConvolutionLayer, Population } from "../../../graph/layers.ts";
import { membraneBound } from "../../neuron.ts";
import { integerTargetConstants, tableSteps, targetBits } from "../../neurons/integer-target.ts";
import { neuronParameters } from "../../neurons/threshold-parameters.ts";
import { distanceBeforeFiring } from "../../neurons/tracker.ts";
import { greatestCurrents, scaleOf } from "./check-graph.ts";
import { greatestMagnitude, roundUp } from "./kernel-choice.ts";
import {
  type BandLayout,
  convolutionFacts,
  type Layout,
  type PictureLayout,
  type PopulationLayout,
  pictureCount,
  type TermLayout,
} from "./layout.ts";
import type { Views } from "./memory.ts";
import type { Network, PoolStage, PopulationStage, Signal, Stage, Term } from "./network.ts";
import { kernels, neuronNumbers, recordBytes, stageKinds, writeRecord } from "./records.ts";
import type { SquareConvolution } from "./square.ts";

/** A cost that no membrane reaches. */
const never = membraneBound + 1;

/** Index of each counter: of spikes by population, of synaptic operations by term. */
export function countersOf({ stages }: Network): ReadonlyMap<PopulationStage | Term, number> {
  const counters = new Map<PopulationStage | Term, number>();
  for (const stage of stages) {
    if (stage.kind !== "population") continue;
    for (const counter of [stage, ...stage.terms]) counters.set(counter, counters.size);
  }
  return counters;
}

/** Stages as the program runs them: pictures first (once a run), then `network.stages` (each tile). */
export function loadProgram(network: Network, layout: Layout, views: Views, threads: number): void {
  const counters = countersOf(network);
  const frame = (signal: Signal) => layout.frames.get(signal)!.record;
  for (const [signal, place] of layout.frames) {
    const [, height, width] = signal.shape;
    writeRecord(views.words, place.record, "frame", { ...place, height, width, lag: signal.lag });
  }
  const pictures: number[] = [];
  const stages = network.stages.map((stage): number => {
    if (stage.kind === "population") {
      pictures.push(...loadPopulation(stage, layout, views, counters, network));
      return layout.populations.get(stage)!.record;
    }
    return loadOther(stage, layout, views, frame);
  });
  views.words.set([...pictures, ...stages], layout.stageTable / 4);
  for (let bits = 0; bits < 256; bits++) views.bytes.set(compactionOf(bits), layout.compaction + 16 * bits);
  writeRecord(views.words, layout.program, "program", {
    stages: layout.stageTable,
    stageCount: pictureCount(network) + stages.length,
    timeSteps: 0,
    phases: network.phases,
    goesOn: 0,
    threads,
    tileSteps: layout.tileSteps,
    scratch: layout.scratch,
    scratchBytes: layout.scratchBytes,
    counters: layout.counters,
    counterBytes: layout.counterCount * layout.tileSteps * 8,
    compaction: layout.compaction,
    nextItem: 0,
    arrived: 0,
    generation: 0,
  });
}

/** Numbers of the bits that are set, of eight. */
function lanesOf(bits: number): number[] {
  return [0, 1, 2, 3, 4, 5, 6, 7].filter((lane) => bits & (1 << lane));
}

/** Bytes of the int16 lanes whose bits are set, one after the other; then −1, which swizzles to 0. */
function compactionOf(bits: number): Int8Array {
  const lanes = lanesOf(bits);
  const bytes = new Int8Array(16).fill(-1);
  bytes.set(lanes.flatMap((lane) => [2 * lane, 2 * lane + 1]));
  return bytes;
}

function loadOther(
  stage: Exclude<Stage, PopulationStage>,
  layout: Layout,
  { words }: Views,
  frame: (signal: Signal) => number,
): number {
  const out = frame(stage.signal);
  const kind = stageKinds[stage.kind];
  if (stage.kind === "pool") return loadPool(stage, layout, words);
  const record = layout.others.get(stage)!;
  if (stage.kind === "move") {
    const { input, factor, from, to, channels, signal } = stage;
    const endsPosition = to + channels === signal.shape[0] ? 1 : 0;
    writeRecord(words, record, "move", { kind, input: frame(input), out, factor, from, to, channels, endsPosition });
  } else {
    const channels = stage.layer.shape[0];
    writeRecord(words, record, "poisson", { kind, out, channels, pixels: layout.poissonPixels, seed: 0 });
  }
  return record;
}

function loadPool(stage: PoolStage, layout: Layout, words: Int32Array): number {
  const { record, counts, countStride, ownsCounts, sent } = layout.pools.get(stage)!;
  const { size, stride, offset, pooling } = stage.layer;
  writeRecord(words, record, "pool", {
    kind: stageKinds.pool,
    input: layout.frames.get(stage.input)!.record,
    out: layout.frames.get(stage.signal)!.record,
    size,
    stride,
    offset,
    isWinner: pooling === "winner" ? 1 : 0,
    isBinary: stage.input.greatestSpike === 1 ? 1 : 0,
    counts,
    countStride,
    ownsCounts: ownsCounts ? 1 : 0,
    levels: sent ? stage.input.greatestSpike : 0,
    sent,
  });
  return record;
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
    writeRecord(words, record, "frame", { data, stride: block, slotBytes, capacity, width, height: rows, lag });
  }
  return first;
}

/** Whether a constant current moves the neurons one way only: see `kernels/monotone.ts`. */
function isMonotone({ layer, signal, lagIn }: PopulationStage, phases: number): boolean {
  return layer.neuron !== "tracker" && layer.levels === 1 && layer.vInit === 0 && lagIn === signal.lag && phases === 1;
}

/** Gives the records of the population's pictures. */
function loadPopulation(
  stage: PopulationStage,
  layout: Layout,
  views: Views,
  counters: ReadonlyMap<PopulationStage | Term, number>,
  network: Network,
): readonly number[] {
  const place = layout.populations.get(stage)!;
  const { words } = views;
  const { layer, signal, terms, lagIn } = stage;
  for (const [i, term] of terms.entries()) {
    const counter = term.counts && hasSynOps(term) ? counters.get(term)! : -1;
    loadTerm(term, place.terms[i], place, layout, views, counter);
  }
  words.set(
    place.terms.map(({ record }) => record),
    place.termTable / 4,
  );
  loadParameters(layer, place, words);
  if (place.weighted) loadWeighted(place, network.phases, words);
  const shifts = place.tracking ? loadTracking(layer, place, network, words) : { beforeShift: 0, behindShift: 0 };
  for (const convolution of [...terms.map(({ layer: source }) => source), ...stage.pictures]) {
    if (convolution.kind !== "convolution") continue;
    for (const [c, bias] of (convolution.bias?.data ?? []).entries()) words[place.bias / 4 + c] += bias;
  }
  writeRecord(words, place.record, "population", {
    ...place,
    ...shifts,
    kind: stageKinds.population,
    terms: place.termTable,
    termCount: terms.length,
    out: layout.frames.get(signal)!.record,
    channels: signal.shape[0],
    isShort: place.isShort ? 1 : 0,
    shift: (place.isShort || place.schedule) && terms[0].kind === "convolution" ? (terms[0].layer.shift ?? 0) : 0,
    bound: membraneBound,
    calm: calmOf(stage, layout.tileSteps),
    neuron: neuronNumbers[layer.neuron],
    levels: layer.levels,
    pool: stage.pool ? loadPool(stage.pool, layout, words) : 0,
    bandFrames: loadBands(place.bands, signal, place.block, layout.tileSteps, words),
    isMonotone: isMonotone(stage, network.phases) ? 1 : 0,
    lagIn,
    counter: counters.get(stage)!,
  });
  for (const [i, picture] of stage.pictures.entries()) {
    loadPicture(picture, { ...place.pictures[i], adds: i > 0 ? 1 : 0 }, place, signal, layout, views, network);
  }
  return place.pictures.map(({ record }) => record);
}

function hasSynOps(term: Term): boolean {
  return term.kind === "convolution" || scaleOf(term.layer, term.branch) !== null;
}

/**
 * Membranes that begin a tile within ± this do not saturate in it: each step moves them by a current, and a spike moves
 * them towards zero or leaves them within its cost.
 */
function calmOf(stage: PopulationStage, tileSteps: number): number {
  const greatest = greatestCurrents(stage, undefined).reduce((a, b) => Math.max(a, b), 0);
  const calm = membraneBound - tileSteps * greatest;
  const { vTh, vThNeg } = stage.layer;
  const costs = Math.max(greatestMagnitude(vTh.data), greatestMagnitude(vThNeg?.data ?? []));
  return costs <= calm ? calm : -1;
}

/** Rows of thresholds and costs as kernels/neuron-parts.ts wants them. */
function loadParameters(layer: Population, { parameters, stateStride }: PopulationLayout, words: Int32Array): void {
  const row = (number: number) => words.subarray(parameters / 4 + number * stateStride).subarray(0, stateStride);
  for (let number = 0; number < 8; number++) row(number).fill(never);
  row(8).fill(0);
  const finite = (value: number) => Math.min(never, value);
  for (const [c, { vTh, vThNeg, fireAt, fireAtNeg, vStart }] of neuronParameters(layer).entries()) {
    const costs =
      layer.neuron === "takeback"
        ? [fireAt, fireAtNeg, fireAt, fireAtNeg, vTh, vThNeg, vTh, vThNeg]
        : [vTh, vTh, vThNeg, vThNeg, vTh, vTh, vThNeg, vThNeg];
    for (const [number, cost] of costs.entries()) row(number)[c] = finite(cost);
    row(8)[c] = vStart;
  }
  const [fireUp, fireUpNeg, fireDown, , costUp, costUpNeg] = [0, 1, 2, 3, 4, 5].map(row);
  row(9).set(fireUp.map((cost) => cost - 1));
  row(10).set(fireDown.map((cost) => 1 - cost));
  row(11).set(fireUpNeg.map((cost, c) => cost - fireUp[c]));
  row(12).set(costUpNeg.map((cost, c) => cost - costUp[c]));
}

/** Rows of thresholds and costs times each weight, as kernels/weighted.ts wants them; what no membrane reaches stays so. */
function loadWeighted(
  { parameters, weighted, stateStride }: PopulationLayout,
  phases: number,
  words: Int32Array,
): void {
  for (let shift = 0; shift < phases; shift++) {
    for (let c = 0; c < stateStride; c++) {
      const [fire, fireNeg, cost, costNeg] = [0, 3, 4, 7]
        .map((row) => words[parameters / 4 + row * stateStride + c])
        .map((value) => Math.min(never, value * 2 ** shift));
      const rows = [fire - 1, fireNeg - fire, cost, costNeg - cost];
      const at = weighted / 4 + 4 * (shift * stateStride + c - (c % 4)) + (c % 4);
      for (const [row, value] of rows.entries()) words[at + 4 * row] = value;
    }
  }
}

/** Trackers' constants and the table of their function, as kernels/tracker.ts wants them. */
function loadTracking(
  layer: Population,
  { tracking, targets, stateStride }: PopulationLayout,
  { frameUnits = 1, phases }: Network,
  words: Int32Array,
): { readonly beforeShift: number; readonly behindShift: number } {
  const constants = integerTargetConstants(layer, frameUnits);
  const { before, greatestCharge, greatestValue, behind, table } = constants;
  for (const [number, row] of [before, greatestCharge, greatestValue, behind].entries())
    words.set(row, tracking / 4 + number * stateStride);
  const distances = Array.from({ length: phases + 1 }, (_, shift) => distanceBeforeFiring(layer, 2 ** shift));
  words.set(
    distances.map((distance) => distance * 2 ** targetBits),
    tracking / 4 + 4 * stateStride,
  );
  for (let i = 0; i < tableSteps; i++) words.set([table[i], table[i + 1] - table[i]], targets / 4 + 2 * i);
  return constants;
}

function loadTerm(
  term: Term,
  place: TermLayout,
  { block, stateStride }: PopulationLayout,
  layout: Layout,
  views: Views,
  counter: number,
): void {
  const { words } = views;
  const { size, stride, inPerGroup } = convolutionFacts(term, place);
  const isConvolution = term.kind === "convolution";
  const scale = isConvolution ? null : scaleOf(term.layer, term.branch);
  const padding = isConvolution ? term.layer.padding : 0;
  const [outC, outH, outW] = term.output;
  const fanOut = isConvolution ? outC / term.layer.groups : 1;
  const shift = isConvolution ? (term.layer.shift ?? 0) : scale ? (term.layer.shift ?? 0) : 0;
  writeRecord(words, place.record, "term", {
    ...place,
    kernel: kernels[place.kernel],
    isSplit: place.isSplit ? 1 : 0,
    isPaired: place.isPaired ? 1 : 0,
    frame: layout.frames.get(term.input)!.record,
    size,
    stride,
    padding,
    inPerGroup,
    outPerGroup: outC / place.groups,
    fanOut,
    shift,
    counter,
  });
  for (let bits = 0; bits < (place.offsets ? 256 : 0); bits++) {
    const offsets = lanesOf(bits).map((lane) => lane * place.rowBytes);
    words.set(offsets, place.offsets / 4 + 8 * bits);
  }
  const [, inH, inW] = term.input.shape;
  words.set(reach(term, 1, inW, outW), place.reachX / 4);
  words.set(reach(term, 0, inH, outH), place.reachY / 4);
  if (place.kernel === "scale" || place.kernel === "depthwise") {
    const area = size * size;
    for (let c = 0; c < outC; c++) {
      for (let k = 0; k < area; k++) {
        const weight = isConvolution ? term.layer.weights.data[c * area + k] : (scale?.data[c] ?? 1);
        views.shorts[place.weights / 2 + k * stateStride + c] = weight;
      }
    }
  } else if (isConvolution) loadRows(term.layer, place, block, term.input.shape[0], views);
}

/** Output positions along one axis that each input position reaches. */
function reach(term: Term, axis: 0 | 1, inputs: number, outputs: number): Int32Array {
  const reached = new Int32Array(inputs);
  if (term.kind === "scale") return reached.fill(1);
  const { size, strides, dilations, pads } = term.layer.window;
  for (let output = 0; output < outputs; output++) {
    for (let k = 0; k < size[axis]; k++) {
      const input = output * strides[axis] - pads[axis] + k * dilations[axis];
      if (input >= 0 && input < inputs) reached[input]++;
    }
  }
  return reached;
}

/** Where channel c of a block has its byte, and what is added to it: see kernels/bytes.ts. */
function byteOf(c: number, block: number): { readonly at: number; readonly bias: number } {
  const first = c - (c % 16);
  if (first + 16 > block) return { at: c, bias: 0 };
  return c % 16 < 8 ? { at: first + 2 * (c % 8), bias: 128 } : { at: first + 2 * (c % 8) + 1, bias: 0 };
}

/**
 * Weights [outC, inC / groups, k, k] as rows: [block][k][k][sign][input channel][channel of the block]; where two outputs are
 * worked on as one, [k][k + stride] and [output][channel of the block].
 */
function loadRows(layer: SquareConvolution, place: TermLayout, block: number, inC: number, views: Views): void {
  const [outC, inPerGroup, size] = layer.weights.shape;
  const { data } = layer.weights;
  const outPerGroup = outC / layer.groups;
  const isInt8 = place.kernel === "narrow8";
  const signs = place.kernel === "wide" || place.isSplit ? 1 : 2;
  const rows = isInt8 ? views.bytes : views.shorts;
  const start = place.weights / (isInt8 ? 1 : 2);
  const blockLength = place.blockBytes / (isInt8 ? 1 : 2);
  const outputs = place.isPaired ? 2 : 1;
  const rowLength = outputs * block;
  const columns = size + (outputs - 1) * layer.stride;
  // A grouped convolution that is run as a whole one has rows for all channels; those of other groups stay 0.
  const isExpanded = layer.groups > 1 && place.groups === 1;
  const rowsPerTap = isExpanded ? inC : inPerGroup;
  const channels = Array.from({ length: block }, (_, c) => (isInt8 ? byteOf(c, block) : { at: c, bias: 0 }));
  if (isInt8) {
    // Weights of 0: where a block has channels that the layer has not, of other groups, and outside of one output's kernel.
    const none = new Int8Array(block);
    for (const { at, bias } of channels) none[at] = bias;
    const end = start + blockLength * Math.ceil(outC / block);
    for (let at = start; at < end; at += block) rows.set(none, at);
  }
  for (let out = 0; out < outC; out++) {
    const { at: byte, bias } = channels[out % block];
    const at = start + Math.floor(out / block) * blockLength + byte;
    const firstIn = isExpanded ? Math.floor(out / outPerGroup) * inPerGroup : 0;
    for (let c = 0; c < inPerGroup; c++) {
      for (let k = 0; k < size * size; k++) {
        const weight = data[(out * inPerGroup + c) * size * size + k];
        for (let output = 0; output < outputs; output++) {
          const tap = Math.floor(k / size) * columns + (k % size) + output * layer.stride;
          const row = tap * signs * rowsPerTap + firstIn + c;
          rows[at + row * rowLength + output * block] = weight + bias;
          if (signs === 2) rows[at + (row + rowsPerTap) * rowLength + output * block] = bias - weight;
        }
      }
    }
  }
}

/** Two int16 in a word, the first in the lower half. */
export function pairOf(low: number, high: number): number {
  return (low & 0xffff) | (high << 16);
}

/**
 * Whether 4·W is an int16, and any sum of weights times pixels (at most 2^16) an int32, with half a unit to round by. What a whole
 * frame brings is beyond that.
 */
export function hasSmallWeights(
  { weights: { shape, data }, shift }: ConvolutionLayer,
  { frameUnits }: Network,
): boolean {
  if (frameUnits !== undefined || shift === undefined || shift > 15) return false;
  const length = data.length / shape[0];
  for (let row = 0; row < data.length; row += length) {
    const magnitudes = Array.from(data.subarray(row, row + length), Math.abs);
    if (magnitudes.some((weight) => weight > 8191)) return false;
    if (magnitudes.reduce((sum, weight) => sum + weight, 0) > 32_000) return false;
  }
  return true;
}

function loadPicture(
  layer: SquareConvolution,
  place: PictureLayout & { readonly adds: number },
  { constant, stateStride }: PopulationLayout,
  { shape: [outC, outHeight, outWidth] }: Signal,
  layout: Layout,
  { words, doubles }: Views,
  network: Network,
): void {
  const { input, frameUnits } = network;
  const [channels, height, width] = input.shape;
  const [, inPerGroup, size] = layer.weights.shape;
  const outChannels = roundUp(outC, 16);
  const outPerGroup = outC / layer.groups;
  const area = size * size;
  const isSmall = hasSmallWeights(layer, network);
  for (let out = 0; out < outC; out++) {
    const firstIn = Math.floor(out / outPerGroup) * inPerGroup;
    for (let c = 0; c < inPerGroup; c++) {
      for (let k = 0; k < area; k++) {
        const weight = layer.weights.data[(out * inPerGroup + c) * area + k];
        const at = (k * channels + firstIn + c) * outChannels + out;
        if (isSmall) words[place.weights / 4 + at] = pairOf(4 * weight, weight);
        else doubles[place.weights / 8 + at] = weight;
      }
    }
  }
  writeRecord(words, place.record, "picture", {
    kind: stageKinds.picture,
    isSmall: isSmall ? 1 : 0,
    pixels: isSmall ? layout.pairs : layout.pixels,
    channels,
    height,
    width,
    size,
    stride: layer.stride,
    padding: layer.padding,
    weights: place.weights,
    outChannels,
    outHeight,
    outWidth,
    shift: layer.shift ?? 0,
    units: frameUnits ?? 1,
    current: constant,
    currentStride: stateStride,
    adds: place.adds,
  });
}
