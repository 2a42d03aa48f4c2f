/** What every fast engine needs to know of a graph, decided once: a device loads a plan and runs it. */
import type { Graph } from "../../graph/graph.ts";
import { type NetworkOptions, networksOf } from "./build-network.ts";
import { type Decision, decide, type Force } from "./decisions.ts";
import type { Network, PopulationStage, Term } from "./network.ts";

/** Longest tile of kernels: more steps save nothing, and pools rely on it (kernels/stages/pool.ts). */
export const longestTile = 32;

/** Of one segment of the graph. */
export interface Plan {
  readonly network: Network;
  readonly decisions: ReadonlyMap<PopulationStage, Decision>;
  /** Index of each counter: of spikes by population, of synaptic operations by term. */
  readonly counters: ReadonlyMap<PopulationStage | Term, number>;
  /** Signals that must still be there after a tile. */
  readonly pinned: ReadonlySet<string>;
  /** Steps that a layer runs before the next one starts, at most; a device may have room for fewer. */
  readonly tileSteps: number;
}

export interface PlanOptions extends NetworkOptions {
  readonly force?: Force;
  /** The device's; {@link longestTile} where absent. */
  readonly tileSteps?: number;
}

/**
 * The plans of a graph's segments, in order; one where it has no islands.
 * @throws EngineError [E_TOPOLOGY]
 */
export function plansOf(graph: Graph, options: PlanOptions): readonly Plan[] {
  const { force = {}, pinned } = options;
  return networksOf(graph, { ...options, poolsApart: force.pools === "apart" }).map((network): Plan => {
    const populations = network.stages.filter((stage) => stage.kind === "population");
    return {
      network,
      decisions: new Map(populations.map((stage) => [stage, decide(stage, network, force)])),
      counters: new Map(populations.flatMap((stage) => [stage, ...stage.terms]).map((counted, k) => [counted, k])),
      pinned: new Set([...pinned, ...network.segment.kept]),
      tileSteps: force.tileSteps ?? options.tileSteps ?? longestTile,
    };
  });
}

/** The options that a graph is planned with where nothing of it is to be looked at. */
export function plainOptions(graph: Graph): PlanOptions {
  return { encoding: graph.simulation?.encoding ?? "constant", pinned: new Set(), keepsState: false };
}
