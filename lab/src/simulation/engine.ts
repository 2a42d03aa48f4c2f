/** The engine that runs the spiking networks here: the event engine, with as many threads as shared memory allows. */
import { type Engine, eventEngine } from "../../../src/index.ts";
import type { EngineInfo } from "./protocol.ts";

export interface OpenEngine {
  readonly engine: Engine;
  readonly info: EngineInfo;
}

/** Beyond so many, threads of networks of a page's size wait for each other. */
const maxThreads = 8;

export function openEngine(): OpenEngine {
  // Threads share memory, which a browser gives to cross-origin isolated pages only.
  const threads = crossOriginIsolated ? Math.min(maxThreads, navigator.hardwareConcurrency) : 1;
  const engine = eventEngine({ threads });
  return { engine, info: { name: engine.name, threads } };
}
