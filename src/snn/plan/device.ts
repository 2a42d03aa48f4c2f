/** What a device is: it loads a plan, begins a frame, runs a tile of time, and tells what came of it. */
import type { FloatTensor } from "../../core/tensor.ts";
import type { PopulationStage, Signal } from "./network.ts";
import type { Plan } from "./plan.ts";

export interface Device {
  /** Steps of the longest tile that it would run. */
  readonly longestTile: number;
  /** @throws EngineError [E_MEMORY] where there is no room for it. */
  load(plan: Plan): Promise<Loaded>;
}

/** Global steps g0 + 1 … g0 + length. */
export interface Tile {
  readonly g0: number;
  readonly length: number;
  /** Own steps of readouts at which their charges and counts will be read. */
  readonly readAt: ReadonlySet<number>;
  /** Whether it is a whole run, of which each stage runs its own steps only, and what is read is by their offsets: see {@link ownTile}. */
  readonly isWhole?: boolean;
}

/** What a stage runs of a tile; offsets are those of this. */
export function ownTile({ signal, lagIn }: PopulationStage, tile: Tile, timeSteps: number): Tile {
  return tile.isWhole ? { ...tile, g0: lagIn, length: timeSteps + signal.lag - lagIn } : tile;
}

export interface Start {
  readonly timeSteps: number;
  /** Steps of the longest tile that the run will ask for, if there is room for it. */
  readonly longestTile: number;
  readonly seed: number;
  /** Whether neurons and pools begin as the last frame has left them. */
  readonly goesOn: boolean;
  /** What neurons behind an island receive of it once: int32 [C, H, W]. */
  readonly charges: ReadonlyMap<PopulationStage, ArrayLike<number>>;
}

/** What is read is that of the tile that was run last; "offset" i is its global step g0 + 1 + i. */
export interface Loaded {
  readonly plan: Plan;
  /** Steps of the longest tile that there is room for; known once a frame has begun. */
  readonly tileSteps: number;
  /** Whether a run is one tile where there is room for each stage's own steps. */
  readonly runsWhole: boolean;
  /** @throws EngineError [E_PICTURE] for values beyond ±1. */
  begin(picture: FloatTensor, start: Start): Promise<void>;
  run(tile: Tile): Promise<void>;
  /** What was counted at offset i; sets it back to 0. */
  takeCount(counter: number, i: number): number;
  /** All charge of a readout at offset i, which must be one of the tile's `readAt`, [C, H, W]. */
  readCharges(stage: PopulationStage, i: number): Float64Array;
  /** Net counts of a readout at such an offset, [C, H, W]. */
  readHeadCounts(stage: PopulationStage, i: number): Int32Array;
  /** Net counts at the end of the tile, [C, H, W], stage by stage. */
  readCounts(stages: readonly PopulationStage[]): Promise<readonly Int32Array[]>;
  /** Membranes at the end of the tile, [C, H, W], stage by stage. */
  readMembranes(stages: readonly PopulationStage[]): Promise<readonly Float64Array[]>;
  /** Spikes at global step g + 1, [position][strideOf]; to be copied before the next tile. Only of pinned signals. */
  spikesAt(signal: Signal, g: number): Int8Array;
  /** Puts spikes of a replayed signal there, before the tile that has this step. */
  putSpikes(signal: Signal, g: number, spikes: Int8Array): void;
  strideOf(signal: Signal): number;
  dispose(): Promise<void>;
}
