/**
 * The event engine: a quantized graph in integers, in wasm SIMD, with work proportional to spikes. Layer-major: a layer
 * runs a tile of steps before the next layer starts, which is exact in a feed-forward network and keeps weights in cache.
 * Bit-identical to the reference engine on the same graph.
 */
import { availableThreads, canShareMemory } from "#platform";
import { EngineError, expectInteger } from "../../../core/errors.ts";
import type { FloatTensor } from "../../../core/tensor.ts";
import { type Graph, inputOf } from "../../../graph/graph.ts";
import { isPopulation } from "../../../graph/layers.ts";
import type { Checkpoint, Engine, RunOptions, Session } from "../../engine.ts";
import { checkIntegers } from "./check-graph.ts";
import { type LoadedNetwork, loadNetwork } from "./loaded-network.ts";
import { observe } from "./observe.ts";
import { singleExecutor } from "./single-executor.ts";
import { startRun } from "./start-run.ts";
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
  let loaded: LoadedNetwork | undefined;
  let loadedAs = "";
  let isBusy = false;

  /** Loads the graph anew where the run needs another plan than the one in memory. */
  async function loadFor({ encoding, record }: RunOptions): Promise<LoadedNetwork> {
    const pinned = new Set((record?.rasters ?? []).map(({ layer }) => layer));
    const plan = JSON.stringify([encoding, [...pinned].sort()]);
    if (loaded && plan === loadedAs) return loaded;
    await loaded?.executor.dispose();
    loaded = undefined;
    loaded = await loadNetwork(graph, {
      encoding,
      pinned,
      threads,
      execute: threads === 1 ? singleExecutor : threadExecutor,
    });
    loadedAs = plan;
    return loaded;
  }

  async function* run(image: FloatTensor, options: RunOptions): AsyncGenerator<Checkpoint> {
    checkRun(graph, image, options);
    if (isBusy) throw new EngineError("E_BUSY", "the session runs one picture at a time. Wait for it, or open another");
    isBusy = true;
    try {
      const network = await loadFor(options);
      startRun(network, image, options);
      yield* runTiles(graph, network, options);
    } finally {
      isBusy = false;
    }
  }

  await loadFor({ timeSteps: 1, at: [], seed: 1, encoding: graph.simulation?.encoding ?? "constant" });
  return {
    run,
    dispose: async () => {
      await loaded?.executor.dispose();
      loaded = undefined;
    },
  };
}

async function* runTiles(graph: Graph, loaded: LoadedNetwork, options: RunOptions): AsyncGenerator<Checkpoint> {
  const { executor, layout, network, pictures } = loaded;
  const observer = observe(graph, loaded, options);
  const greatestLag = Math.max(0, ...[...network.signals.values()].map(({ lag }) => lag));
  const end = options.at.length === 0 ? 0 : options.at[options.at.length - 1] + greatestLag;
  const last = pictures + network.stages.length;
  await executor.run({ first: 0, last: pictures, g0: 0, length: 0 });
  let next = 0;
  for (let g0 = 0; g0 < end; ) {
    const cut = observer.cuts.find((step) => step > g0) ?? end;
    const tile = { first: pictures, last, g0, length: Math.min(layout.tileSteps, cut - g0, end - g0) };
    await executor.run(tile);
    observer.collect(tile);
    g0 += tile.length;
    while (next < options.at.length && options.at[next] + greatestLag <= g0) {
      yield observer.checkpoint(options.at[next]);
      next++;
    }
  }
}

function checkRun(graph: Graph, image: FloatTensor, { record = {} }: RunOptions): void {
  const input = inputOf(graph);
  if (image.shape.join() !== input.shape.join()) {
    throw new EngineError(
      "E_SHAPE",
      `the picture is ${image.shape.join("×")}; the network reads ${input.shape.join("×")}`,
    );
  }
  const populations = new Set(graph.layers.filter(isPopulation).map(({ name }) => name));
  const asked = [
    ...(record.counts ?? []),
    ...(record.membranes ?? []),
    ...(record.rasters ?? []).map(({ layer }) => layer),
  ];
  const unknown = asked.find((name) => !populations.has(name));
  if (unknown !== undefined) {
    throw new EngineError("E_RECORD", `there are no neurons named ${unknown} to record. See spiking-yolo inspect`);
  }
}
