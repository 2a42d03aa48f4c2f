/** Where everything lies in a network's buffers: states in vectors of four int32, a quad of neurons each; spikes in words of four bytes. */
import { EngineError } from "../../../core/errors.ts";
import { sizeOf } from "../../../core/tensor.ts";
import { roundUp } from "../../plan/decisions.ts";
import type { Start } from "../../plan/device.ts";
import {
  inputsOf,
  type Network,
  type PoolStage,
  type PopulationStage,
  type Signal,
  type Term,
} from "../../plan/network.ts";
import { type ChunkSteps, vectorWords } from "./shaders/shader.ts";

/** All in vectors of the states' buffer. */
export interface PopulationPlace {
  readonly vMem: number;
  readonly netCount: number;
  /** What a picture or an island brings; absent where neither does. */
  readonly constant: number | undefined;
  /** All of that in the last frame, where states are kept. */
  readonly received: number | undefined;
  /** Of each term that is a factor of a product: the other factor's net counts, for each of these neurons. */
  readonly otherCounts: ReadonlyMap<Term, number>;
  /** Of readouts, two vectors a quad: lower and upper halves. */
  readonly charge: number | undefined;
}

export interface StateLayout {
  readonly populations: ReadonlyMap<PopulationStage, PopulationPlace>;
  /** Counts of a pool's input, and what it has sent. */
  readonly pools: ReadonlyMap<PoolStage, { readonly counts: number; readonly sent: number }>;
  /** The picture: in units of 2^−16, and as random spikes' probabilities and signs. */
  readonly pixels: number;
  readonly odds: number;
  readonly signs: number;
  readonly vectors: number;
}

export interface SpikePlace {
  /** In words. */
  readonly at: number;
  /** Steps that are kept, a multiple of the chunk's: own step t, from 0 on, lies at t modulo this. */
  readonly capacity: number;
}

/** It depends on how many steps a run has. */
export interface SpikeLayout {
  readonly timeSteps: number;
  readonly chunk: ChunkSteps;
  /** Steps of the longest tile. */
  readonly tileSteps: number;
  readonly signals: ReadonlyMap<Signal, SpikePlace>;
  readonly words: number;
}

export function quadsOf({ shape }: Pick<Signal, "shape">): number {
  return Math.ceil(shape[0] / 4);
}

export function areaOf({ shape }: Pick<Signal, "shape">): number {
  return shape[1] * shape[2];
}

/** Quads of a signal's neurons. */
export function sizeInQuads(signal: Pick<Signal, "shape">): number {
  return quadsOf(signal) * areaOf(signal);
}

/** Pools by themselves: this device runs none together with the neurons before it. */
export function poolsOf({ stages }: Network): readonly PoolStage[] {
  return stages.flatMap((stage) => {
    if (stage.kind === "pool") return [stage];
    return stage.kind === "population" && stage.pool ? [stage.pool] : [];
  });
}

export function stateLayout(network: Network): StateLayout {
  let vectors = 0;
  const take = (count: number) => {
    vectors += count;
    return vectors - count;
  };
  const populations = new Map<PopulationStage, PopulationPlace>();
  for (const stage of network.stages) {
    if (stage.kind !== "population") continue;
    const size = sizeInQuads(stage.signal);
    const hasConstant = stage.pictures.length > 0 || stage.island !== undefined;
    populations.set(stage, {
      vMem: take(size),
      netCount: take(size),
      constant: hasConstant ? take(size) : undefined,
      received: hasConstant && network.keepsState ? take(size) : undefined,
      otherCounts: new Map(
        stage.terms.flatMap((term) => (term.kind === "product" ? [[term, take(size)] as const] : [])),
      ),
      charge: stage.layer.kind === "readout" ? take(2 * size) : undefined,
    });
  }
  const pools = new Map(
    poolsOf(network).map((pool) => [
      pool,
      { counts: take(sizeInQuads(pool.input)), sent: take(sizeInQuads(pool.signal)) },
    ]),
  );
  const pixels = Math.ceil(sizeOf(network.input.shape) / 4);
  return { populations, pools, pixels: take(pixels), odds: take(pixels), signs: take(pixels), vectors };
}

/** Longest run that is one tile, so that every layer runs all its steps before the next begins. */
const longestRun = 64;
const shortTiles = [32, 8];

/** What of a run a layout rests on. */
type Course = Pick<Start, "timeSteps" | "longestTile">;

/** As few as a tile has: a dispatch computes all of them. */
function chunkOf({ timeSteps, longestTile }: Course): ChunkSteps {
  return ([1, 2, 4] as const).find((steps) => Math.min(timeSteps, longestTile) <= steps) ?? 8;
}

export function isLaidOutFor({ timeSteps, chunk }: SpikeLayout, course: Course): boolean {
  return timeSteps === course.timeSteps && chunk === chunkOf(course);
}

/**
 * The layout whose tiles are the longest that fit into `greatestBytes`.
 * @param tileSteps steps of the longest tile that the plan allows.
 * @throws EngineError [E_MEMORY] where none fits.
 */
export function spikeLayout(network: Network, course: Course, tileSteps: number, greatestBytes: number): SpikeLayout {
  const { timeSteps } = course;
  const chunk = chunkOf(course);
  const greatestLag = Math.max(0, ...[...network.signals.values()].map(({ lag }) => lag));
  const whole = timeSteps <= longestRun ? [timeSteps + greatestLag] : [];
  const tiles = [...whole, ...shortTiles].map((steps) => Math.min(steps, tileSteps));
  for (const steps of tiles) {
    const layout = layoutFor(network, timeSteps, chunk, steps);
    if (4 * layout.words <= greatestBytes) return layout;
  }
  const { words } = layoutFor(network, timeSteps, chunk, tiles[tiles.length - 1]);
  throw memoryError("spikes", 4 * words, greatestBytes);
}

export function memoryError(what: string, bytes: number, greatestBytes: number): EngineError {
  const mebibytes = (of: number) => Math.ceil(of / 2 ** 20);
  return new EngineError(
    "E_MEMORY",
    `the GPU would take ${mebibytes(bytes)} MiB for ${what} of this network; it gives at most ${mebibytes(greatestBytes)}. Use the event engine, or a smaller input`,
  );
}

function layoutFor(network: Network, timeSteps: number, chunk: ChunkSteps, tileSteps: number): SpikeLayout {
  const signals = new Map<Signal, SpikePlace>();
  let words = 0;
  for (const signal of network.signals.values()) {
    // Readers that are behind ask for steps of earlier tiles; whole chunks are written, and read.
    const behind = Math.max(
      0,
      ...network.stages.map((stage) => (inputsOf(stage).includes(signal) ? lagInOf(stage) - signal.lag : 0)),
    );
    const capacity = roundUp(Math.min(timeSteps, tileSteps + behind + chunk), chunk);
    signals.set(signal, { at: words, capacity });
    words += roundUp(sizeInQuads(signal) * capacity, vectorWords(chunk));
  }
  return { timeSteps, chunk, tileSteps, signals, words };
}

/** How far a stage's own steps are behind the picture's when it reads. */
function lagInOf(stage: Network["stages"][number]): number {
  return stage.kind === "population" ? stage.lagIn : stage.signal.lag;
}
