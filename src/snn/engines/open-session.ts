/** Engines by name, and which one a graph is opened in. */
import type { Graph } from "../../graph/graph.ts";
import { isPopulation } from "../../graph/layers.ts";
import type { Engine, Session } from "../engine.ts";
import { isIntegerTensor } from "../neurons/threshold-parameters.ts";
import { eventEngine } from "./event/event-engine.ts";
import { referenceEngine } from "./reference/reference-engine.ts";

export const engineNames = ["event", "reference"] as const;
export type EngineName = (typeof engineNames)[number];

export interface EngineChoice {
  /** By default the event engine, and the reference engine for graphs that are not quantized. */
  readonly engine?: EngineName | undefined;
  /** Of the event engine. */
  readonly threads?: number;
}

const engines: { readonly [N in EngineName]: (choice: EngineChoice) => Engine } = {
  event: ({ threads }) => eventEngine(threads === undefined ? {} : { threads }),
  reference: () => referenceEngine,
};

/** Opens the graph in the engine that is asked for. @throws EngineError where it cannot be run there. */
export function openSession(graph: Graph, choice: EngineChoice = {}): Promise<Session> {
  const isInteger = graph.layers.every((layer) => !isPopulation(layer) || isIntegerTensor(layer.vTh));
  return engines[choice.engine ?? (isInteger ? "event" : "reference")](choice).open(graph);
}
