/**
 * What an engine is: it opens a spiking graph and runs pictures through it, yielding a checkpoint at each step asked for.
 *
 * Time is local to each layer: step t of a layer is its t-th step of firing, t = 1 … T. A population with `delay` d
 * integrates d steps of its input before its first step and is then d steps behind its input, so that the whole run lasts
 * T + d·depth steps ({@link latencyOf}); within a run every layer sends exactly T steps. Readouts have no delay.
 * A checkpoint at t is every layer's state after its own step t.
 */
import { EngineError } from "../core/errors.ts";
import type { FloatTensor } from "../core/tensor.ts";
import type { Encoding, Graph } from "../graph/graph.ts";
import { isHead } from "../graph/layers.ts";

export interface RunOptions {
  /** T. */
  readonly timeSteps: number;
  /** Steps at which a checkpoint is wanted, rising, the last ≤ T. */
  readonly at: readonly number[];
  readonly encoding: Encoding;
  /** Of Poisson input. */
  readonly seed: number;
  readonly record?: Recording;
  /**
   * Of video: `reset` begins from rest and will be gone on from, `keep` goes on from the session's last such frame, whose pictures
   * had the same number of steps or not. Absent: from rest, and nothing is kept. Only networks of trackers can keep.
   */
  readonly state?: "reset" | "keep" | undefined;
}

/** What is kept of single neurons; all by the names of `integrateFire` and `readout` layers. */
export interface Recording {
  /** Layers whose net counts are wanted at each checkpoint. */
  readonly counts?: readonly string[];
  /** Layers whose membranes are wanted at each checkpoint. */
  readonly membranes?: readonly string[];
  /** Neurons (indices into [C, H, W]) whose every spike is wanted. */
  readonly rasters?: readonly { readonly layer: string; readonly neurons: readonly number[] }[];
}

export interface Checkpoint {
  readonly t: number;
  /**
   * What net counts and charges are divided by: unit steps up to t (t, or more where leading steps weigh more), or those of
   * a frame that is given as a whole (`src/snn/phases.ts`).
   */
  readonly unitSteps: number;
  /** By head name. */
  readonly heads: ReadonlyMap<string, HeadReading>;
  /**
   * By layer name: populations tell their spikes, convolutions and sums their synaptic operations, up to the step of their own that the
   * heads' step t rests on: t, and more where delays stand between (`whole-activity.ts`). A session counts so; what engines count is up to t.
   */
  readonly activity: ReadonlyMap<string, LayerActivity>;
  readonly recorded: Recorded;
}

/** A head's raw input as both decodings read it, [C, H, W], in the DNN's units. */
export interface HeadReading {
  /** λ·S/U of a neuron that only accumulates: S its charge in units of V_th, U the unit steps. */
  readonly vmem: FloatTensor;
  /** λ·n/U of one that spikes. */
  readonly count: FloatTensor;
}

export interface LayerActivity {
  /** Σ|s| over the population's neurons and steps. */
  readonly spikes: number;
  /** Accumulates: |s| for every synapse that a spike reaches; those cut off at the border are not counted. */
  readonly synOps: number;
}

export interface Recorded {
  /** Net counts [C, H, W] by layer. */
  readonly counts: ReadonlyMap<string, Int32Array>;
  /** Membrane potentials [C, H, W] by layer. */
  readonly membranes: ReadonlyMap<string, Float64Array>;
  /** Spikes [t, neurons asked for] by layer, up to this checkpoint. */
  readonly rasters: ReadonlyMap<string, Int8Array>;
}

export interface Session {
  /** Runs one picture [3, H, W]. One run at a time. */
  run(image: FloatTensor, options: RunOptions): AsyncIterable<Checkpoint>;
  dispose(): Promise<void>;
}

export interface Engine {
  readonly name: string;
  /** @throws EngineError where the graph cannot be run by this engine. */
  open(graph: Graph): Promise<Session>;
}

/** Steps that each layer's own time is behind the picture's: the delays on the longest way to it, and what islands wait for. */
export function lagsOf(graph: Graph, timeSteps: number): ReadonlyMap<string, number> {
  const lags = new Map<string, number>();
  for (const layer of graph.layers) {
    const before = Math.max(0, ...layer.inputs.map((name) => lags.get(name) as number));
    const own = layer.kind === "integrateFire" ? layer.delay : layer.kind === "island" ? timeSteps : 0;
    lags.set(layer.name, before + own);
  }
  return lags;
}

/**
 * Steps from the first input to the heads' step t: the delays of the longest path, and at each island on it the T steps of the run that
 * its inputs need to send all that they send.
 * @example
 * ```js
 * import { readFile } from "node:fs/promises";
 * import { decodeModel, latencyOf, toSpiking } from "spiking-yolo";
 *
 * const { dnn } = decodeModel(await readFile("models/scenes.safetensors"), "scenes");
 * if (!dnn) throw new Error("it holds no DNN");
 * const { timeSteps } = toSpiking(dnn).simulation;
 * // Eight steps of a layer, and five of delay for each of seven layers on the way.
 * console.log(latencyOf(toSpiking(dnn), timeSteps, timeSteps)); // 43
 * ```
 */
export function latencyOf(graph: Graph, t: number, timeSteps: number): number {
  const lags = lagsOf(graph, timeSteps);
  return t + Math.max(0, ...graph.layers.filter(isHead).map(({ name }) => lags.get(name) as number));
}

/** @throws EngineError [E_STATE] where a state is to be kept that the network cannot keep. */
export function expectKeepable(graph: Graph, { state }: Pick<RunOptions, "state">): void {
  if (state !== undefined && graph.simulation?.frameUnits === undefined) {
    throw new EngineError(
      "E_STATE",
      "only networks of trackers keep their state from frame to frame. Convert with --neuron tracker",
    );
  }
}
