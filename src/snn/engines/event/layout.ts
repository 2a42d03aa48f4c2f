/**
 * Where everything lies in the wasm memory, planned up front: nothing is allocated while the network runs.
 *
 * Frames and event lists live only while a tile passes from the stage that writes them to the last that reads them, and
 * share memory; a frame that is read later (by a layer behind another delay) is kept as a ring of its own.
 */
import { EngineError } from "../../../core/errors.ts";
import { sizeOf } from "../../../core/tensor.ts";
import { tableSteps } from "../../neurons/integer-target.ts";
import {
  chooseBlock,
  chooseKernel,
  fitsQuotients,
  fitsShort,
  roundUp,
  type TermChoice,
  widestBlock,
} from "./kernel-choice.ts";
import {
  inputsOf,
  type Network,
  outputOf,
  type PoolStage,
  type PopulationStage,
  type Signal,
  type Stage,
  type Term,
} from "./network.ts";
import { placeIntervals, type Request } from "./place-intervals.ts";
import { recordBytes } from "./records.ts";

/** A frame's place. */
export interface FrameLayout {
  readonly record: number;
  readonly data: number;
  readonly stride: number;
  readonly slotBytes: number;
  readonly capacity: number;
}

export interface TermLayout extends TermChoice {
  readonly record: number;
  readonly weights: number;
  readonly rowBytes: number;
  readonly blockBytes: number;
  readonly offsets: number;
  readonly mergeBytes: number;
  readonly isPaired: boolean;
  readonly events: number;
  readonly eventStepBytes: number;
  readonly eventRowBytes: number;
  /** −1s have lists of their own, so many bytes behind those of +1s; else 0. */
  readonly isSplit: boolean;
  readonly eventListBytes: number;
  readonly indexListBytes: number;
  readonly magnitudes: number;
  readonly index: number;
  readonly indexStepBytes: number;
  readonly reachX: number;
  readonly reachY: number;
}

/** The constant current of one convolution of the picture. */
export interface PictureLayout {
  readonly record: number;
  readonly weights: number;
}

export interface PopulationLayout {
  readonly record: number;
  readonly terms: readonly TermLayout[];
  readonly termTable: number;
  readonly pictures: readonly PictureLayout[];
  readonly block: number;
  readonly blocks: number;
  /** Positions whose currents are gathered together. */
  readonly run: number;
  /** Steps of a pass over each kernel row; 0 where weights are passed over whole. */
  readonly passSteps: number;
  /** Whether sums are kept as int16. */
  readonly isShort: boolean;
  readonly stateStride: number;
  /** With a pool: each thread's spikes of a band. */
  readonly bands: BandLayout | undefined;
  readonly vMem: number;
  readonly netCount: number;
  readonly parameters: number;
  /** 0 where spikes are binary, and all steps weigh 1, integrate and fire. */
  readonly weighted: number;
  /** 0 where neurons are no trackers. */
  readonly tracking: number;
  readonly targets: number;
  /** 0 where neurons are not run in int16. */
  readonly schedule: number;
  readonly bias: number;
  readonly constant: number;
  readonly charge: number;
  readonly chargeHistory: number;
  readonly countHistory: number;
}

/** Frames of a band of rows and a block of channels, one for each thread. */
export interface BandLayout {
  /** Their records, one after the other. */
  readonly records: number;
  readonly rows: number;
  readonly slotBytes: number;
  /** First byte of each. */
  readonly data: readonly number[];
}

/** A pool keeps counts of its own unless it can use those of the population before it. */
export interface PoolLayout {
  readonly record: number;
  readonly counts: number;
  readonly countStride: number;
  readonly ownsCounts: boolean;
  /** Of a pool that tracks; else 0. */
  readonly sent: number;
}

export interface Layout {
  readonly bytes: number;
  /** Steps that a layer runs before the next one starts. */
  readonly tileSteps: number;
  readonly frames: ReadonlyMap<Signal, FrameLayout>;
  readonly populations: ReadonlyMap<PopulationStage, PopulationLayout>;
  readonly pools: ReadonlyMap<PoolStage, PoolLayout>;
  /** Records of move and poisson stages. */
  readonly others: ReadonlyMap<Stage, number>;
  readonly program: number;
  readonly stageTable: number;
  /** [thread] of 64 bytes: a record of 16, alone in its cache line. */
  readonly tiles: number;
  readonly scratch: number;
  readonly scratchBytes: number;
  readonly counters: number;
  readonly counterCount: number;
  /** How sets of eight lanes are moved together. */
  readonly compaction: number;
  /** [C, H, W] of the picture: float64, pairs of int16, float32. */
  readonly pixels: number;
  readonly pairs: number;
  readonly poissonPixels: number;
  /** What the bytes are for. */
  readonly parts: Readonly<Record<"weights" | "neurons" | "signals" | "other", number>>;
}

/** Takes bytes for a purpose; gives their address. */
type Take = (part: keyof Layout["parts"], bytes: number) => number;

export interface LayoutOptions {
  readonly threads: number;
  /** Signals that must still be there after a tile. */
  readonly pinned: ReadonlySet<string>;
}

/** Longest tile: more steps save nothing, and pools rely on it (kernels/pool.ts). */
export const longestTile = 32;
/** Tiles are shortened until frames and lists take at most this much. */
const passingBytes = 384 * 2 ** 20;
/** Currents that are gathered before neurons take them: they should stay in the second cache. */
const currentBytes = 2 ** 17;
/** Weights of a block that stay in the second cache beside what else is read. */
const nearBytes = 250_000;
/** Rows of a block, as they are and negated, beyond which −1s have lists of their own instead. */
const splitBytes = 400_000;
/** Steps of a pass: their currents, of all positions, stay in the second cache too. */
const passSteps = 8;
/** Channels of a kernel row whose entries are merged. */
const longestMerged = 192;
/** At the end of each thread's scratch memory: see kernels/tile.ts. */
const settledBytes = 512;
/** What wasm can address, less what reads over an end may touch. */
const addressable = 2 ** 32 - 2 ** 16;
/** Kernels read whole vectors, at most so far past the end of an area. */
const slack = 64;

/** @throws EngineError [E_MEMORY] where even a tile of one step does not fit into a wasm memory. */
export function layoutOf(network: Network, options: LayoutOptions): Layout {
  for (let tileSteps = longestTile; ; tileSteps /= 2) {
    const layout = layoutWith(network, options, tileSteps);
    if (tileSteps === 1 && layout.bytes > addressable) {
      throw new EngineError(
        "E_MEMORY",
        `the network needs ${Math.ceil(layout.bytes / 2 ** 20)} MiB; a wasm memory holds 4,096. Use a smaller input or --engine reference`,
      );
    }
    if (tileSteps === 1 || layout.parts.signals <= passingBytes) return layout;
  }
}

function layoutWith(network: Network, { threads, pinned }: LayoutOptions, tileSteps: number): Layout {
  const { stages, phases, replays } = network;
  const requests: Request[] = [];
  const passing = (bytes: number, from: number, to: number): (() => number) => {
    const request = { bytes: roundUp(bytes + slack, 64), from, to };
    requests.push(request);
    return () => places.get(request) as number;
  };

  const frameRequests = new Map<Signal, Omit<FrameLayout, "record" | "data"> & { readonly data: () => number }>();
  for (const [signal, { from, to, behind }] of lifetimes(network)) {
    const [channels, height, width] = signal.shape;
    const stride = roundUp(channels, 8);
    const slotBytes = stagger(height * width * stride);
    const capacity = tileSteps + behind;
    // What is written before a tile, or read after it, must not share its place.
    const isPassing = behind === 0 && !pinned.has(signal.name) && !replays.includes(signal);
    const data = passing(capacity * slotBytes, isPassing ? from : 0, isPassing ? to : stages.length);
    frameRequests.set(signal, { stride, slotBytes, capacity, data });
  }
  const listRequests = new Map<Term, ListRequest>();
  for (const [k, stage] of stages.entries()) {
    for (const term of stage.kind === "population" ? stage.terms : []) {
      const list = listSizes(term, chooseKernel(term));
      listRequests.set(term, {
        ...list,
        events: passing(list.eventStepBytes * tileSteps, k, k),
        magnitudes: passing((list.eventStepBytes / 2) * tileSteps, k, k),
        index: passing(list.indexStepBytes * tileSteps, k, k),
      });
    }
  }
  // Address 0 stays unused, so that it can mean "none".
  const { places, end } = placeIntervals(requests, 64);

  let next = end;
  const parts = { weights: 0, neurons: 0, signals: end, other: 0 };
  const take = (part: keyof typeof parts, bytes: number): number => {
    const at = next;
    const size = roundUp(bytes + slack, 64);
    next += size;
    parts[part] += size;
    return at;
  };

  const frames = new Map<Signal, FrameLayout>();
  for (const [signal, request] of frameRequests) {
    frames.set(signal, { ...request, record: take("other", recordBytes("frame")), data: request.data() });
  }
  const populations = new Map<PopulationStage, PopulationLayout>();
  const pools = new Map<PoolStage, PoolLayout>();
  const others = new Map<Stage, number>();
  const bySignal = new Map<Signal, PopulationLayout>();
  let scratchBytes = 0;
  let counterCount = 0;
  for (const stage of stages) {
    if (stage.kind === "population") {
      const layout = layoutPopulation(stage, listRequests, phases, tileSteps, threads, take);
      populations.set(stage, layout);
      if (stage.pool) {
        pools.set(stage.pool, layoutPool(layout, take));
        frames.set(stage.signal, bandLayout(stage.signal, tileSteps, take));
      }
      bySignal.set(stage.signal, layout);
      counterCount += 1 + stage.terms.length;
      scratchBytes = Math.max(scratchBytes, scratchOf(layout, stage.signal, tileSteps), poolScratch(stage.pool));
    } else if (stage.kind === "pool") {
      const population = network.keepsState ? undefined : bySignal.get(stage.input);
      const [channels, height, width] = stage.input.shape;
      const stride = roundUp(channels, 8);
      const own = () => ({ netCount: take("neurons", height * width * stride * 4), stateStride: stride });
      const [outChannels, outHeight, outWidth] = stage.signal.shape;
      const sent = network.keepsState ? take("neurons", outHeight * outWidth * roundUp(outChannels, 8) * 4) : 0;
      pools.set(stage, { ...layoutPool(population ?? own(), take), ownsCounts: population === undefined, sent });
      scratchBytes = Math.max(scratchBytes, poolScratch(stage));
    } else {
      others.set(stage, take("other", recordBytes(stage.kind)));
    }
  }
  scratchBytes = roundUp(scratchBytes + settledBytes, 4096);
  const pixels = sizeOf(network.input.shape);
  return {
    tileSteps,
    frames,
    populations,
    pools,
    others,
    program: take("other", recordBytes("program")),
    stageTable: take("other", 4 * stages.length + 4 * pictureCount(network)),
    tiles: take("other", 64 * threads),
    scratch: take("other", scratchBytes * threads),
    scratchBytes,
    counters: take("other", counterCount * tileSteps * 8 * threads),
    counterCount,
    compaction: take("other", 256 * 16),
    pixels: take("other", pixels * 8),
    pairs: take("other", pixels * 4),
    poissonPixels: take("other", pixels * 4),
    parts,
    bytes: next + slack,
  };
}

/** Currents of a band of positions, and room to merge a position's entries. */
function scratchOf(
  { passSteps, run, block, terms }: PopulationLayout,
  { shape: [, height, width] }: Signal,
  tileSteps: number,
): number {
  const merged = Math.max(0, ...terms.map(({ mergeBytes }) => mergeBytes));
  return 4 * block * (passSteps > 0 ? height * width * passSteps : run * tileSteps) + merged;
}

/** Eight relative counts of each member of a window. */
function poolScratch(pool: PoolStage | undefined): number {
  return pool ? pool.layer.size ** 2 * 16 : 0;
}

/** A pool that uses the counts of the population before it, or the like. */
function layoutPool(
  { netCount, stateStride }: Pick<PopulationLayout, "netCount" | "stateStride">,
  take: Take,
): PoolLayout {
  const record = take("other", recordBytes("pool"));
  return { record, counts: netCount, countStride: stateStride, ownsCounts: false, sent: 0 };
}

/** The frame of spikes that are never there as a whole: its record only tells its shape. */
function bandLayout({ shape: [channels] }: Signal, tileSteps: number, take: Take): FrameLayout {
  const stride = roundUp(channels, 8);
  return { record: take("other", recordBytes("frame")), data: 0, stride, slotBytes: 0, capacity: tileSteps };
}

/** Rows of neurons that are worked on with one row of a pool's windows; the last may have some that no window holds. */
export function bandRows({ layer: { size, offset }, input, signal }: PoolStage): number {
  const lastTop = (signal.shape[1] - 1) * size - offset;
  return Math.max(size, input.shape[1] - lastTop);
}

export function pictureCount({ stages }: Network): number {
  return stages.reduce((sum, stage) => sum + (stage.kind === "population" ? stage.pictures.length : 0), 0);
}

/** Whether neurons have several levels, or steps that weigh more than 1, only integrate or only fire: see kernels/weighted.ts. */
function isWeighted({ layer, signal, lagIn }: PopulationStage, phases: number): boolean {
  if (layer.neuron === "tracker") return false;
  return layer.levels > 1 || phases > 1 || lagIn !== signal.lag;
}

function layoutPopulation(
  stage: PopulationStage,
  lists: ReadonlyMap<Term, ListRequest>,
  phases: number,
  tileSteps: number,
  threads: number,
  take: Take,
): PopulationLayout {
  const choices = stage.terms.map(chooseKernel);
  const block = chooseBlock(stage, choices);
  const [channels, height, width] = stage.signal.shape;
  const blocks = Math.ceil(channels / block);
  const stateStride = blocks * block;
  const state = height * width * stateStride;
  const isReadout = stage.layer.kind === "readout";
  const record = take("other", recordBytes("population"));
  const mayBeShort = stage.terms.length === 1 && fitsShort(stage.terms[0], choices[0]);
  const terms = stage.terms.map((term, i) =>
    layoutTerm(term, choices[i], lists.get(term) as ListRequest, block, blocks, mayBeShort, take),
  );
  const hasPasses =
    !isReadout &&
    !stage.pool &&
    terms.length === 1 &&
    terms[0].kernel.startsWith("narrow") &&
    terms[0].blockBytes > nearBytes;
  const isShort = !hasPasses && mayBeShort;
  const isTracker = stage.layer.neuron === "tracker";
  const isScheduled = fitsQuotients(stage, phases, isShort);
  return {
    record,
    terms,
    passSteps: hasPasses ? passSteps : 0,
    isShort,
    termTable: take("other", 4 * stage.terms.length),
    pictures: stage.pictures.map(({ groups, weights: { shape } }) => ({
      record: take("other", recordBytes("picture")),
      weights: take("weights", 8 * groups * sizeOf(shape.slice(1)) * roundUp(channels, 16)),
    })),
    block,
    blocks,
    run: Math.max(1, Math.min(width, Math.floor(currentBytes / (tileSteps * block * (isShort ? 2 : 4))))),
    stateStride,
    bands: stage.pool ? layoutBands(stage.pool, block, tileSteps, threads, take) : undefined,
    vMem: take("neurons", state * 4),
    netCount: take("neurons", state * 4),
    parameters: take("neurons", 13 * stateStride * 4),
    weighted: isWeighted(stage, phases) ? take("neurons", phases * 4 * stateStride * 4) : 0,
    tracking: isTracker ? take("neurons", 4 * (4 * stateStride + phases + 1)) : 0,
    targets: isTracker ? take("neurons", 8 * tableSteps) : 0,
    schedule: isScheduled ? take("neurons", scheduleBytes(stateStride, tileSteps)) : 0,
    bias: take("neurons", stateStride * 4),
    constant: stage.pictures.length > 0 || stage.island ? take("neurons", state * 4) : 0,
    charge: isReadout ? take("neurons", state * 8) : 0,
    chargeHistory: isReadout ? take("neurons", state * 8 * tileSteps) : 0,
    countHistory: isReadout ? take("neurons", state * 4 * tileSteps) : 0,
  };
}

/** Eight rows of int16 for each step, and before the first: see kernels/schedule.ts. */
function scheduleBytes(stateStride: number, tileSteps: number): number {
  return 16 * stateStride * (tileSteps + 1);
}

function layoutBands(pool: PoolStage, block: number, tileSteps: number, threads: number, take: Take): BandLayout {
  const rows = bandRows(pool);
  const slotBytes = stagger(rows * pool.input.shape[2] * block);
  return {
    records: take("other", recordBytes("frame") * threads),
    rows,
    slotBytes,
    data: Array.from({ length: threads }, () => take("signals", slotBytes * tileSteps)),
  };
}

interface ListSizes {
  readonly isSplit: boolean;
  readonly eventStepBytes: number;
  readonly eventListBytes: number;
  readonly eventRowBytes: number;
  readonly indexListBytes: number;
  readonly indexStepBytes: number;
}

interface ListRequest extends ListSizes {
  readonly events: () => number;
  readonly magnitudes: () => number;
  readonly index: () => number;
}

/** Room for every neuron of the input to spike at once; memory that spikes never reach is never touched. */
function listSizes(term: Term, choice: TermChoice): ListSizes {
  const { kernel, groups } = choice;
  const isSplit = kernel === "narrow8" && splitsLists(term, choice);
  if (kernel === "depthwise" || kernel === "scale")
    return { isSplit, eventStepBytes: 0, eventListBytes: 0, eventRowBytes: 0, indexStepBytes: 0, indexListBytes: 0 };
  const [channels, height, width] = term.input.shape;
  const eventRowBytes = (width * channels * 4) / groups + 64;
  const eventListBytes = isSplit ? stagger(groups * height * eventRowBytes) : 0;
  const indexListBytes = isSplit ? stagger(groups * height * (width + 1) * 4) : 0;
  return {
    isSplit,
    eventRowBytes,
    eventListBytes,
    eventStepBytes: stagger(groups * height * eventRowBytes + eventListBytes),
    indexListBytes,
    indexStepBytes: stagger(groups * height * (width + 1) * 4 + indexListBytes),
  };
}

/** Whether a block's rows, kept twice, would be too large for the nearer caches. */
function splitsLists(term: Term, choice: TermChoice): boolean {
  const { size, inPerGroup } = convolutionFacts(term, choice);
  return !mergesRuns(size, inPerGroup) && 2 * size * size * inPerGroup * widestBlock > splitBytes;
}

function layoutTerm(
  term: Term,
  choice: TermChoice,
  list: ListRequest,
  block: number,
  blocks: number,
  isShort: boolean,
  take: Take,
): TermLayout {
  const { kernel } = choice;
  const { size, inPerGroup, stride } = convolutionFacts(term, choice);
  const isDense = kernel === "depthwise" || kernel === "scale";
  const merges = mergesRuns(size, inPerGroup);
  const isPaired = isShort && merges && (block === 16 || block === 32);
  const columns = isPaired ? size + stride : size;
  const bytes = kernel === "narrow8" ? 1 : 2;
  const rowBytes = isDense ? blocks * block * 2 : block * bytes * (isPaired ? 2 : 1);
  const signs = kernel.startsWith("narrow") && !list.isSplit ? 2 : 1;
  const blockBytes = isDense ? 0 : size * columns * signs * inPerGroup * rowBytes;
  return {
    ...choice,
    ...list,
    record: take("other", recordBytes("term")),
    weights: take("weights", isDense ? size * size * rowBytes : blockBytes * blocks),
    rowBytes,
    blockBytes,
    mergeBytes: merges ? roundUp(4 * size * columns * inPerGroup + 64, 64) : 0,
    isPaired,
    offsets: isDense ? 0 : take("weights", 256 * 8 * 4),
    events: list.events(),
    magnitudes: list.magnitudes(),
    index: list.index(),
    reachX: take("other", term.input.shape[2] * 4),
    reachY: take("other", term.input.shape[1] * 4),
  };
}

/** A convolution's shape as the chosen kernel sees it; input channels are those of a group. */
export function convolutionFacts(
  term: Term,
  { groups, kernel }: TermChoice,
): { size: number; stride: number; inPerGroup: number } {
  const size = term.kind === "convolution" ? term.layer.weights.shape[2] : 1;
  const stride = term.kind === "convolution" ? term.layer.stride : 1;
  const isDense = kernel === "depthwise" || kernel === "scale";
  return { size, stride, inPerGroup: isDense ? 1 : term.input.shape[0] / groups };
}

/** Whether the runs of entries of a position's kernel rows are so short that merging them is cheaper than walking each. */
function mergesRuns(size: number, inPerGroup: number): boolean {
  return size > 1 && size * inPerGroup <= longestMerged;
}

/** First and last stage that uses each signal, and by how many steps its readers lag behind it at most. */
function lifetimes({ stages, replays }: Network): ReadonlyMap<Signal, { from: number; to: number; behind: number }> {
  const lives = new Map(replays.map((signal) => [signal, { from: 0, to: 0, behind: 0 }]));
  for (const [k, stage] of stages.entries()) {
    const output = outputOf(stage);
    const life = lives.get(output) ?? { from: k, to: k, behind: 0 };
    lives.set(output, { ...life, to: k });
    for (const input of inputsOf(stage)) {
      const read = lives.get(input) as { from: number; to: number; behind: number };
      const lag = stage.kind === "population" ? stage.lagIn : stage.signal.lag;
      lives.set(input, { ...read, to: k, behind: Math.max(read.behind, lag - input.lag) });
    }
  }
  return lives;
}

/** Steps of one thing must not fall onto the same cache lines: their distance is no multiple of 4 KiB. */
function stagger(bytes: number): number {
  return bytes < 4096 ? roundUp(bytes, 64) : roundUp(bytes, 4096) + 192;
}
