/** Runs a picture through an open session and reads the heads out over time: what the CLI, the lab and tests consume. */
import { expectInteger } from "../core/errors.ts";
import type { FloatTensor } from "../core/tensor.ts";
import { type Decoding, maxTimeSteps, type SimulationSettings } from "../graph/graph.ts";
import type { Checkpoint, Recording, RunOptions, Session } from "./engine.ts";

export interface SimulateOptions extends SimulationSettings {
  /** Steps at which a checkpoint is wanted; by default {@link logarithmicSteps} up to T. */
  readonly at?: readonly number[];
  /** Of Poisson input. */
  readonly seed?: number;
  readonly record?: Recording;
  /** See {@link RunOptions}. */
  readonly state?: RunOptions["state"];
}

/** A checkpoint with the heads read out as asked for, and the run's totals so far. */
export interface SimulatedCheckpoint extends Checkpoint {
  /** Raw head inputs [C, H, W] by head name: what the DNN's heads would get. */
  readonly outputs: ReadonlyMap<string, FloatTensor>;
  /** Σ|s| over all populations. */
  readonly spikes: number;
  /** Accumulates over all synapses; the first layer's constant current is none (it costs MACs, once). */
  readonly synOps: number;
}

/**
 * Yields a checkpoint at each step asked for: detections emerging over time.
 * @throws ArgumentError where T or a checkpoint is out of range.
 * @example
 * ```js
 * import { readFile } from "node:fs/promises";
 * import { decodeModel, eventEngine, generateScene, inputOf, preprocess, renderScene, simulate, toSpiking } from "spiking-yolo";
 *
 * const { dnn } = decodeModel(await readFile("models/scenes.safetensors"), "scenes");
 * if (!dnn) throw new Error("it holds no DNN");
 * const snn = toSpiking(dnn);
 * const { image } = preprocess(await renderScene(generateScene(5, 0)), inputOf(snn).shape, snn.preprocessing);
 * const session = await eventEngine().open(snn);
 * for await (const { t, outputs } of simulate(session, image, { ...snn.simulation, at: [2, 8] }))
 *   console.log(t, [...outputs.values()].map(({ shape }) => shape.join(" × ")).join());
 * // 2 78 × 9 × 12
 * // 8 78 × 9 × 12
 * await session.dispose();
 * ```
 */
export async function* simulate(
  session: Session,
  image: FloatTensor,
  options: SimulateOptions,
): AsyncGenerator<SimulatedCheckpoint> {
  const { timeSteps, encoding, decode, seed = 1, record, state } = options;
  expectInteger("time steps", timeSteps, 1, maxTimeSteps);
  const at = checkpointSteps(options.at ?? logarithmicSteps(timeSteps), timeSteps);
  const run = { timeSteps, at, encoding, seed, ...(record ? { record } : {}), ...(state ? { state } : {}) };
  for await (const checkpoint of session.run(image, run)) {
    const { activity } = checkpoint;
    const total = (of: "spikes" | "synOps") => [...activity.values()].reduce((sum, layer) => sum + layer[of], 0);
    yield { ...checkpoint, outputs: readOutputs(checkpoint, decode), spikes: total("spikes"), synOps: total("synOps") };
  }
}

/** Every head's raw input as `decode` reads it. */
export function readOutputs(checkpoint: Checkpoint, decode: Decoding): ReadonlyMap<string, FloatTensor> {
  return new Map([...checkpoint.heads].map(([name, reading]) => [name, reading[decode]]));
}

/** 1, 2, 4, 8, … and T. */
export function logarithmicSteps(timeSteps: number): readonly number[] {
  const steps: number[] = [];
  for (let t = 1; t < timeSteps; t *= 2) steps.push(t);
  return [...steps, timeSteps];
}

/** Rising, without doubles, each within 1 … T. */
function checkpointSteps(at: readonly number[], timeSteps: number): readonly number[] {
  for (const t of at) expectInteger("a checkpoint", t, 1, timeSteps);
  return [...new Set(at)].sort((a, b) => a - b);
}
