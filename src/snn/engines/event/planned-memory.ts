/** What the event engine will take of memory for a graph: the plan that a session allocates, without allocating it. */
import type { Graph } from "../../../graph/graph.ts";
import { plainOptions, plansOf } from "../../plan/plan.ts";
import { type Layout, layoutOf } from "./layout.ts";

export interface PlannedMemory {
  /** Of wasm memory; the number of steps changes nothing. Recording every spike of a layer takes more. */
  readonly bytes: number;
  /** What they are for: weights; membranes and counts; spikes on their way; the rest. */
  readonly parts: Layout["parts"];
}

/** @param graph spiking and quantized. @throws EngineError [E_TOPOLOGY] where the event engine cannot run it. */
export function plannedMemory(graph: Graph, threads: number): PlannedMemory {
  const layouts = plansOf(graph, plainOptions(graph)).map((plan) => layoutOf(plan, threads));
  const sum = (of: (layout: Layout) => number) => layouts.reduce((total, layout) => total + of(layout), 0);
  return {
    bytes: sum(({ bytes }) => bytes),
    parts: {
      weights: sum(({ parts }) => parts.weights),
      neurons: sum(({ parts }) => parts.neurons),
      signals: sum(({ parts }) => parts.signals),
      other: sum(({ parts }) => parts.other),
    },
  };
}
