/** Engines by the name that `--engine` takes. */
import type { Graph } from "../graph/graph.ts";
import type { Engine, Session } from "../snn/engine.ts";
import { referenceEngine } from "../snn/engines/reference/reference-engine.ts";
import type { EngineName, SimulationFlags } from "./options.ts";

const engines: Readonly<Record<EngineName, () => Engine>> = {
  reference: () => referenceEngine,
};

/** Opens the graph in the engine that the flags ask for. */
export function openSession(graph: Graph, flags: SimulationFlags): Promise<Session> {
  return engines[flags.engine]().open(graph);
}
