/**
 * The event engine: a quantized graph in integers, in wasm SIMD, with work proportional to spikes. Layer-major: a layer
 * runs a tile of steps before the next layer starts, which is exact in a feed-forward network and keeps weights in cache.
 * Bit-identical to the reference engine on the same graph.
 */
import { availableThreads, canShareMemory } from "#platform";
import { expectInteger } from "../../../core/errors.ts";
import type { Engine } from "../../engine.ts";
import { checkIntegers } from "../../plan/bounds.ts";
import { sessionOf } from "../../plan/session.ts";
import { kernelModule } from "./kernel-module.ts";
import { wasmDevice } from "./wasm-device.ts";

export interface EventEngineOptions {
  /** Threads that share the work; 1 needs neither workers nor shared memory. By default one per core. */
  readonly threads?: number;
  /** Told where fewer threads run than could: a page that is not isolated has no shared memory. By default console.warn. */
  readonly onNotice?: (notice: string) => void;
}

/**
 * @throws EngineError, from `open`: [E_FLOAT_GRAPH] where the graph is not quantized, [E_MEMORY], [E_TOPOLOGY],
 *   [E_CURRENT], [E_THRESHOLD], [E_PHASES] where it cannot be run exactly.
 * @example
 * ```js
 * import { readFile } from "node:fs/promises";
 * import { decodeModel, eventEngine, generateScene, inputOf, preprocess, renderScene, toSpiking } from "spiking-yolo";
 *
 * const { dnn } = decodeModel(await readFile("models/scenes.safetensors"), "scenes");
 * if (!dnn) throw new Error("it holds no DNN");
 * const snn = toSpiking(dnn);
 * const { image } = preprocess(await renderScene(generateScene(5, 0)), inputOf(snn).shape, snn.preprocessing);
 * const session = await eventEngine({ threads: 2 }).open(snn);
 * for await (const { t, activity } of session.run(image, { ...snn.simulation, at: [4, 8], seed: 1 }))
 *   console.log(t, activity.size > 10);
 * // 4 true
 * // 8 true
 * await session.dispose();
 * ```
 */
export function eventEngine(options: EventEngineOptions = {}): Engine {
  const { threads = availableThreads(), onNotice = console.warn } = options;
  expectInteger("threads", threads, 1, 256);
  // They come while whoever asked for the engine still reads a model; who opens a session hears of what went wrong.
  kernelModule(threads === 1 || !canShareMemory() ? "single" : "shared").catch(() => {});
  return {
    name: "event",
    async open(graph) {
      checkIntegers(graph);
      if (threads === 1 || canShareMemory()) return sessionOf(graph, wasmDevice(threads));
      onNotice(
        `no shared memory: the event engine runs in 1 thread instead of ${threads}. Serve the page with COOP and COEP headers`,
      );
      return sessionOf(graph, wasmDevice(1));
    },
  };
}
