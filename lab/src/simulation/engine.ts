/** The engine that runs the spiking network here. */
import { type Engine, referenceEngine } from "../../../src/index.ts";
import type { EngineInfo } from "./protocol.ts";

export interface OpenEngine {
  readonly engine: Engine;
  readonly info: EngineInfo;
}

export function openEngine(): OpenEngine {
  return { engine: referenceEngine, info: { name: referenceEngine.name, threads: 1 } };
}
