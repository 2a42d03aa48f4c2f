/**
 * The WebGPU engine: the same plan on a graphics processor, in integers. Every layer runs all steps of a picture as one dispatch; all
 * weights are multiplied, spikes or not. Bit-identical to the reference engine on the same graph.
 */
import type { Engine } from "../../engine.ts";
import { checkIntegers } from "../../plan/bounds.ts";
import { sessionOf } from "../../plan/session.ts";
import { openGpu } from "./gpu.ts";
import { webGpuDevice } from "./webgpu-device.ts";

/** What `navigator.gpu` is in browsers; in Node.js whatever brings one. */
export interface GpuEntry {
  readonly wgslLanguageFeatures: { has(feature: string): boolean };
  requestAdapter(options?: { readonly powerPreference?: "low-power" | "high-performance" }): Promise<unknown>;
}

export interface WebGpuEngineOptions {
  /** By default the browser's. */
  readonly gpu?: GpuEntry;
}

export interface WebGpuEngine extends Engine {
  /** As the adapter calls itself. */
  readonly adapter: string;
  /** Whether it is a processor's work that the adapter does: exact, but of no use. */
  readonly isSoftware: boolean;
  /** Why nothing can be run any more; undefined while all is well. */
  readonly failure: string | undefined;
  /** Lets go of the GPU; sessions end with it. */
  dispose(): void;
}

/**
 * Asks for a graphics processor, and is an engine that runs there.
 * @throws EngineError [E_WEBGPU] where there is no WebGPU, or no adapter. Its `open` throws what the event engine's does, and [E_MEMORY] where the
 *   GPU has no room.
 * @example
 * ```js
 * import { eventEngine, webGpuEngine } from "spiking-yolo";
 *
 * // In a page with a graphics processor that one, and the event engine where there is none.
 * const engine = await webGpuEngine().catch(() => eventEngine());
 * console.log(engine.name); // event
 * ```
 */
export async function webGpuEngine(options: WebGpuEngineOptions = {}): Promise<WebGpuEngine> {
  const gpu = await openGpu((options.gpu as GPU | undefined) ?? globalThis.navigator?.gpu);
  return {
    name: "webgpu",
    adapter: gpu.adapter,
    isSoftware: gpu.isSoftware,
    get failure() {
      return gpu.failure();
    },
    async open(graph) {
      checkIntegers(graph);
      gpu.check();
      return sessionOf(graph, webGpuDevice(gpu));
    },
    dispose: () => gpu.device.destroy(),
  };
}
