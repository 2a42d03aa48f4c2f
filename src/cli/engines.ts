/** Engines by the name that `--engine` takes. */
import type { Graph } from "../graph/graph.ts";
import { isPopulation } from "../graph/layers.ts";
import type { Engine, Session } from "../snn/engine.ts";
import { eventEngine } from "../snn/engines/event/event-engine.ts";
import { referenceEngine } from "../snn/engines/reference/reference-engine.ts";
import { isIntegerTensor } from "../snn/neurons/threshold-parameters.ts";
import type { EngineName, SimulationFlags } from "./options.ts";

const engines: Readonly<Record<EngineName, (flags: SimulationFlags) => Engine>> = {
  event: ({ threads }) => eventEngine(threads === undefined ? {} : { threads }),
  reference: () => referenceEngine,
};

/** Opens the graph in the engine that the flags ask for: by default the event engine, the reference for float graphs. */
export function openSession(graph: Graph, flags: SimulationFlags): Promise<Session> {
  const isInteger = graph.layers.every((layer) => !isPopulation(layer) || isIntegerTensor(layer.vTh));
  return engines[flags.engine ?? (isInteger ? "event" : "reference")](flags).open(graph);
}
