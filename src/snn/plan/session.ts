/** A session on a device: planning, tiling, observing and islands, which are the same for all of them. */
import type { FloatTensor } from "../../core/tensor.ts";
import type { Graph } from "../../graph/graph.ts";
import type { Checkpoint, RunOptions, Session } from "../engine.ts";
import { guardedSession } from "../guarded-session.ts";
import { openIslands } from "../islands.ts";
import { checkBounds, checkIntegers } from "./bounds.ts";
import type { Force } from "./decisions.ts";
import type { Device, Loaded } from "./device.ts";
import { type PlanOptions, plainOptions, plansOf } from "./plan.ts";
import { runSegments } from "./run-segments.ts";

/**
 * @param force kernels that are to be taken instead of the usual wherever they fit.
 * @throws EngineError [E_FLOAT_GRAPH] where the graph is not quantized, [E_MEMORY], [E_TOPOLOGY], [E_CURRENT], [E_THRESHOLD],
 *   [E_PHASES] where it cannot be run exactly.
 */
export async function sessionOf(graph: Graph, device: Device, force: Force = {}): Promise<Session> {
  checkIntegers(graph);
  let loaded: readonly Loaded[] = [];
  let loadedAs = "";
  /** Whether a frame whose state is kept has been run to its end. */
  let hasState = false;
  const islands = await openIslands(graph);

  async function unload(): Promise<void> {
    const segments = loaded;
    loaded = [];
    loadedAs = "";
    for (const segment of segments) await segment.dispose();
  }

  /** Loads the graph anew where a run needs another plan than the one in memory. */
  async function load(options: PlanOptions): Promise<readonly Loaded[]> {
    const { encoding, pinned, keepsState } = options;
    const key = JSON.stringify([encoding, [...pinned].sort(), keepsState]);
    if (key === loadedAs) return loaded;
    hasState = false;
    await unload();
    loaded = await loadAll(graph, device, { ...options, force });
    loadedAs = key;
    return loaded;
  }

  async function* run(image: FloatTensor, options: RunOptions): AsyncGenerator<Checkpoint> {
    const { encoding, record, state } = options;
    const pinned = new Set((record?.rasters ?? []).map(({ layer }) => layer));
    const segments = await load({ encoding, pinned, keepsState: state !== undefined });
    const goesOn = state === "keep" && hasState;
    hasState = false;
    yield* runSegments(graph, segments, islands, image, options, goesOn);
    hasState = state !== undefined;
  }

  await load(plainOptions(graph));
  return guardedSession(graph, {
    run,
    dispose: async () => {
      await unload();
      await islands.dispose();
    },
  });
}

/** All segments, or none. */
export async function loadAll(graph: Graph, device: Device, options: PlanOptions): Promise<readonly Loaded[]> {
  const plans = plansOf(graph, { tileSteps: device.longestTile, ...options });
  for (const { network } of plans) checkBounds(network);
  const loaded: Loaded[] = [];
  try {
    for (const plan of plans) loaded.push(await device.load(plan));
    return loaded;
  } catch (error) {
    for (const segment of loaded) await segment.dispose();
    throw error;
  }
}
