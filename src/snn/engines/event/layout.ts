/**
 * Where everything lies in the wasm memory, planned up front: nothing is allocated while the network runs.
 *
 * Frames and event lists live only while a tile passes from the stage that writes them to the last that reads them, and
 * share memory (passing-areas.ts); everything else has a place of its own.
 */
import { EngineError } from "../../../core/errors.ts";
import { sizeOf } from "../../../core/tensor.ts";
import { roundUp } from "../../plan/decisions.ts";
import type { Network, PoolStage, PopulationStage, Signal, Stage } from "../../plan/network.ts";
import type { Plan } from "../../plan/plan.ts";
import { layoutPopulation } from "./layout-population.ts";
import { slack } from "./memory.ts";
import { placePassing } from "./passing-areas.ts";
import { recordBytes, tileBytes } from "./records.ts";

/** A frame's place. */
export interface FrameLayout {
  readonly record: number;
  readonly data: number;
  readonly stride: number;
  readonly slotBytes: number;
  readonly capacity: number;
  /** Which rows hold spikes, where that is noted (see kernels/activity.ts); else 0. */
  readonly active: number;
  readonly parts: number;
}

export interface TermLayout {
  readonly record: number;
  readonly weights: number;
  readonly rowBytes: number;
  readonly blockBytes: number;
  readonly offsets: number;
  readonly mergeBytes: number;
  readonly events: number;
  readonly eventStepBytes: number;
  readonly eventRowBytes: number;
  /** Where −1s have lists of their own: from the lists of +1s to theirs; else 0. */
  readonly eventListBytes: number;
  readonly indexListBytes: number;
  readonly magnitudes: number;
  readonly index: number;
  readonly indexStepBytes: number;
  readonly reachX: number;
  readonly reachY: number;
  /** Of a factor of a product; else 0. */
  readonly otherCounts: number;
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
  readonly blocks: number;
  /** Positions whose currents are gathered together. */
  readonly run: number;
  /** Steps of a pass over each kernel row; 0 where weights are passed over whole. */
  readonly passSteps: number;
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
  readonly settled: number;
  readonly targets: number;
  /** 0 where trackers' goals are not estimated, or of two straight lines. */
  readonly estimates: number;
  readonly bounds: number;
  readonly curve: number;
  /** 0 where neurons are not run in int16. */
  readonly schedule: number;
  readonly bias: number;
  readonly constant: number;
  /** Where states are kept: the same of the frame before; else 0. */
  readonly received: number;
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
  readonly settled: number;
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
  /** [thread] of `tileBytes`: what a thread is at work on, alone in its cache lines. */
  readonly tiles: number;
  readonly scratch: number;
  readonly scratchBytes: number;
  readonly counters: number;
  readonly counterCount: number;
  /** How sets of eight lanes are moved together. */
  readonly compaction: number;
  /** [C, H, W] of the picture: as it is given in float32, and as convolutions read it, in float64 and as pairs of int16. */
  readonly source: number;
  readonly pixels: number;
  readonly pairs: number;
  readonly pixelStage: number;
  /** What the bytes are for. */
  readonly parts: Readonly<Record<"weights" | "neurons" | "signals" | "other", number>>;
}

/** Takes bytes for a purpose; gives their address. */
export type Take = (part: keyof Layout["parts"], bytes: number) => number;

/** Tiles are shortened until frames and lists take at most this much. */
const passingBytes = 384 * 2 ** 20;
/** At the end of each thread's scratch memory: see kernels/tile.ts. */
const settledBytes = 1024;
/** What wasm can address, less what reads over an end may touch. */
const addressable = 2 ** 32 - 2 ** 16;

/** @throws EngineError [E_MEMORY] where even a tile of one step does not fit into a wasm memory. */
export function layoutOf(plan: Plan, threads: number): Layout {
  for (let { tileSteps } = plan; ; tileSteps = Math.ceil(tileSteps / 2)) {
    const layout = layoutWith(plan, threads, tileSteps);
    if (tileSteps === 1 && layout.bytes > addressable) {
      throw new EngineError(
        "E_MEMORY",
        `the network needs ${Math.ceil(layout.bytes / 2 ** 20)} MiB; a wasm memory holds 4,096. Use a smaller input or --engine reference`,
      );
    }
    if (tileSteps === 1 || layout.parts.signals <= passingBytes) return layout;
  }
}

/** Room for something of each stage, taken in the stages' order. */
interface Placed {
  readonly frames: Map<Signal, FrameLayout>;
  readonly populations: Map<PopulationStage, PopulationLayout>;
  readonly pools: Map<PoolStage, PoolLayout>;
  readonly others: Map<Stage, number>;
  readonly scratchBytes: number;
}

function layoutWith(plan: Plan, threads: number, tileSteps: number): Layout {
  const { network, counters } = plan;
  const passing = placePassing(plan, tileSteps);
  let next = passing.end;
  const parts = { weights: 0, neurons: 0, signals: passing.end, other: 0 };
  const take: Take = (part, bytes) => {
    const at = next;
    const size = roundUp(bytes + slack, 64);
    next += size;
    parts[part] += size;
    return at;
  };
  const frames = new Map<Signal, FrameLayout>();
  for (const [signal, frame] of passing.frames) {
    const parts = notedParts(plan, signal);
    const active = parts > 0 ? take("other", frame.capacity * signal.shape[1] * parts) : 0;
    frames.set(signal, { ...frame, record: take("other", recordBytes("frame")), active, parts });
  }
  const { scratchBytes: needed, ...placed } = placeStages(plan, passing.lists, frames, tileSteps, threads, take);
  const scratchBytes = roundUp(needed + settledBytes, 4096);
  const pixels = sizeOf(network.input.shape);
  return {
    tileSteps,
    ...placed,
    program: take("other", recordBytes("program")),
    stageTable: take("other", 4 * network.stages.length + 4 * firstStages(network)),
    tiles: take("other", tileBytes * threads),
    scratch: take("other", scratchBytes * threads),
    scratchBytes,
    counters: take("other", counters.size * tileSteps * 8 * threads),
    counterCount: counters.size,
    compaction: take("other", 256 * 16),
    pixels: take("other", pixels * 8),
    pairs: take("other", pixels * 4),
    source: take("other", pixels * 4),
    pixelStage: take("other", recordBytes("pixels")),
    parts,
    bytes: next + slack,
  };
}

function placeStages(
  plan: Plan,
  lists: ReturnType<typeof placePassing>["lists"],
  frames: Map<Signal, FrameLayout>,
  tileSteps: number,
  threads: number,
  take: Take,
): Placed {
  const { network } = plan;
  const populations = new Map<PopulationStage, PopulationLayout>();
  const pools = new Map<PoolStage, PoolLayout>();
  const others = new Map<Stage, number>();
  const bySignal = new Map<Signal, PopulationLayout>();
  let scratchBytes = 0;
  for (const stage of network.stages) {
    if (stage.kind === "population") {
      const decision = plan.decisions.get(stage)!;
      const { layout, scratchBytes: own } = layoutPopulation(stage, decision, lists, network, tileSteps, threads, take);
      populations.set(stage, layout);
      if (stage.pool) {
        pools.set(stage.pool, layoutPool(layout, take));
        frames.set(stage.signal, bandLayout(stage.signal, tileSteps, take));
      }
      bySignal.set(stage.signal, layout);
      scratchBytes = Math.max(scratchBytes, own, poolScratch(stage.pool));
    } else if (stage.kind === "pool") {
      pools.set(
        stage,
        layoutPoolApart(stage, network.keepsState ? undefined : bySignal.get(stage.input), network, take),
      );
      scratchBytes = Math.max(scratchBytes, poolScratch(stage));
    } else {
      others.set(stage, take("other", recordBytes(stage.kind)));
    }
  }
  return { frames, populations, pools, others, scratchBytes };
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
  return { record, counts: netCount, countStride: stateStride, ownsCounts: false, sent: 0, settled: 0 };
}

/** A pool that is a stage of its own: with counts of its own where it cannot use those of a population. */
function layoutPoolApart(
  { input, signal }: PoolStage,
  population: PopulationLayout | undefined,
  { keepsState }: Network,
  take: Take,
): PoolLayout {
  const [channels, height, width] = input.shape;
  const stride = roundUp(channels, 8);
  const own = () => ({ netCount: take("neurons", height * width * stride * 4), stateStride: stride });
  const [outChannels, outHeight, outWidth] = signal.shape;
  const sent = keepsState ? take("neurons", outHeight * outWidth * roundUp(outChannels, 8) * 4) : 0;
  const settled = keepsState ? take("neurons", outHeight) : 0;
  return { ...layoutPool(population ?? own(), take), ownsCounts: population === undefined, sent, settled };
}

/**
 * Parts of a row that note whether they hold spikes: where states are kept, since most of a frame may rest then. Spikes that are replayed
 * come from outside of the program, which notes nothing.
 */
function notedParts({ network, decisions }: Plan, signal: Signal): number {
  if (!network.keepsState || network.replays.includes(signal)) return 0;
  const writers = network.stages.filter((stage) => stage.signal === signal);
  const [first] = writers;
  if (first?.kind === "population") return Math.ceil(signal.shape[0] / decisions.get(first)!.block);
  return first?.kind === "poisson" ? 0 : writers.length;
}

/** The frame of spikes that are never there as a whole: its record only tells its shape. */
function bandLayout({ shape: [channels] }: Signal, tileSteps: number, take: Take): FrameLayout {
  const stride = roundUp(channels, 8);
  return {
    record: take("other", recordBytes("frame")),
    data: 0,
    stride,
    slotBytes: 0,
    capacity: tileSteps,
    active: 0,
    parts: 0,
  };
}

/** Stages that are run once a frame: the picture is taken in, and its convolutions. */
export function firstStages({ stages }: Network): number {
  return stages.reduce((sum, stage) => sum + (stage.kind === "population" ? stage.pictures.length : 0), 1);
}
