/**
 * The event engine: a quantized graph in integers, in wasm SIMD, with work proportional to spikes. Layer-major: a layer
 * runs a tile of steps before the next layer starts, which is exact in a feed-forward network and keeps weights in cache.
 * Bit-identical to the reference engine on the same graph.
 */
import { availableThreads, canShareMemory } from "#platform";
import { expectInteger } from "../../../core/errors.ts";
import type { FloatTensor } from "../../../core/tensor.ts";
import type { Graph } from "../../../graph/graph.ts";
import type { Checkpoint, Engine, RunOptions, Session } from "../../engine.ts";
import { guardedSession } from "../../guarded-session.ts";
import { openIslands } from "../../islands.ts";
import { checkIntegers } from "./check-graph.ts";
import { type LoadedNetwork, loadNetworks } from "./loaded-network.ts";
import { runSegments } from "./run-segments.ts";
import { singleExecutor } from "./single-executor.ts";
import { threadExecutor } from "./thread-executor.ts";

export interface EventEngineOptions {
  /** Threads that share the work; 1 needs neither workers nor shared memory. By default one per core. */
  readonly threads?: number;
  /** Told where fewer threads run than could: a page that is not isolated has no shared memory. By default console.warn. */
  readonly onNotice?: (notice: string) => void;
}

/**
 * @throws EngineError, from `open`: [E_FLOAT_GRAPH] where the graph is not quantized, [E_MEMORY], [E_TOPOLOGY],
 *   [E_CURRENT], [E_THRESHOLD], [E_PHASES] where it cannot be run exactly.
 */
export function eventEngine(options: EventEngineOptions = {}): Engine {
  const { threads = availableThreads(), onNotice = console.warn } = options;
  expectInteger("threads", threads, 1, 256);
  return {
    name: "event",
    async open(graph) {
      checkIntegers(graph);
      if (threads === 1 || canShareMemory()) return openSession(graph, threads);
      onNotice(
        `no shared memory: the event engine runs in 1 thread instead of ${threads}. Serve the page with COOP and COEP headers`,
      );
      return openSession(graph, 1);
    },
  };
}

async function openSession(graph: Graph, threads: number): Promise<Session> {
  let loaded: readonly LoadedNetwork[] = [];
  let loadedAs = "";
  /** Whether a frame whose state is kept has been run to its end. */
  let hasState = false;
  const islands = await openIslands(graph);

  async function unload(): Promise<void> {
    const segments = loaded;
    loaded = [];
    loadedAs = "";
    for (const { executor } of segments) await executor.dispose();
  }

  /** Loads the graph anew where the run needs another plan than the one in memory. */
  async function loadFor({ encoding, record, state }: RunOptions): Promise<readonly LoadedNetwork[]> {
    const pinned = new Set((record?.rasters ?? []).map(({ layer }) => layer));
    const keepsState = state !== undefined;
    const plan = JSON.stringify([encoding, [...pinned].sort(), keepsState]);
    if (plan === loadedAs) return loaded;
    hasState = false;
    await unload();
    const execute = threads === 1 ? singleExecutor : threadExecutor;
    loaded = await loadNetworks(graph, { encoding, pinned, keepsState, threads, execute });
    loadedAs = plan;
    return loaded;
  }

  async function* run(image: FloatTensor, options: RunOptions): AsyncGenerator<Checkpoint> {
    const segments = await loadFor(options);
    const goesOn = options.state === "keep" && hasState;
    hasState = false;
    yield* runSegments(graph, segments, islands, image, options, goesOn);
    hasState = options.state !== undefined;
  }

  await loadFor({ timeSteps: 1, at: [], seed: 1, encoding: graph.simulation?.encoding ?? "constant" });
  return guardedSession(graph, {
    run,
    dispose: async () => {
      await unload();
      await islands.dispose();
    },
  });
}
