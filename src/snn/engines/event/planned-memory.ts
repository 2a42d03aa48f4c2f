/** What the event engine will take of memory for a graph: the plan that a session allocates, without allocating it. */
import type { Graph } from "../../../graph/graph.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { networkOf } from "./network.ts";

export interface PlannedMemory {
  /** Of wasm memory; the number of steps changes nothing. Recording every spike of a layer takes more. */
  readonly bytes: number;
  /** What they are for: weights; membranes and counts; spikes on their way; the rest. */
  readonly parts: Layout["parts"];
}

/** @param graph spiking and quantized. @throws EngineError [E_TOPOLOGY] where the event engine cannot run it. */
export function plannedMemory(graph: Graph, threads: number): PlannedMemory {
  const pinned: ReadonlySet<string> = new Set();
  const network = networkOf(graph, graph.simulation?.encoding ?? "constant", pinned);
  const { bytes, parts } = layoutOf(network, { threads, pinned });
  return { bytes, parts };
}
