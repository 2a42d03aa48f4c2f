/** The engine that runs the spiking networks here: the event engine, in threads where memory can be shared. */
import { type Engine, eventEngine } from "../../../src/index.ts";
import type { EngineInfo } from "./protocol.ts";

export interface OpenEngine {
  readonly engine: Engine;
  readonly info: EngineInfo;
}

/** Beyond so many, threads of networks of a page's size wait for each other. */
const maxThreads = 8;

/** @param asked null: one per core, but one core is left to the page, so that it stays responsive. */
export function openEngine(asked: number | null): OpenEngine {
  const free = Math.min(maxThreads, Math.max(1, navigator.hardwareConcurrency - 1));
  // Threads share memory, which a browser gives to cross-origin isolated pages only.
  const threads = crossOriginIsolated ? (asked ?? free) : 1;
  const engine = eventEngine({ threads });
  return { engine, info: { name: engine.name, threads } };
}
