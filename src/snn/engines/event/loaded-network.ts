/** A network in memory, ready to run: planned, allocated, written. */
import type { Graph } from "../../../graph/graph.ts";
import { checkBounds } from "./check-graph.ts";
import type { Executor, ProgramAddress } from "./executor.ts";
import { type Layout, layoutOf, pictureCount } from "./layout.ts";
import { countersOf, loadProgram } from "./load.ts";
import { type Views, viewsOf } from "./memory.ts";
import { type Network, type NetworkOptions, networksOf, type PopulationStage, type Term } from "./network.ts";

export interface LoadedNetwork {
  readonly network: Network;
  readonly layout: Layout;
  readonly executor: Executor;
  readonly views: Views;
  readonly counters: ReadonlyMap<PopulationStage | Term, number>;
  /** Stages before the tiled ones. */
  readonly pictures: number;
  /** What populations received once in the last frame, where states are kept. */
  readonly received: Map<PopulationStage, Int32Array>;
}

export interface LoadOptions extends NetworkOptions {
  readonly threads: number;
  readonly execute: (bytes: number, address: ProgramAddress, threads: number) => Promise<Executor>;
}

/** The networks of a graph's segments, in order; one where it has no islands. */
export async function loadNetworks(graph: Graph, options: LoadOptions): Promise<readonly LoadedNetwork[]> {
  const networks = networksOf(graph, options);
  for (const network of networks) checkBounds(network);
  const loaded: LoadedNetwork[] = [];
  try {
    for (const network of networks) loaded.push(await loadNetwork(network, options));
    return loaded;
  } catch (error) {
    for (const { executor } of loaded) await executor.dispose();
    throw error;
  }
}

async function loadNetwork(network: Network, options: LoadOptions): Promise<LoadedNetwork> {
  const { threads, execute } = options;
  const pinned = new Set([...options.pinned, ...network.segment.kept]);
  const layout = layoutOf(network, { threads, pinned });
  const executor = await execute(layout.bytes, layout, threads);
  const views = viewsOf(executor.memory);
  loadProgram(network, layout, views, executor.threads);
  return {
    network,
    layout,
    executor,
    views,
    counters: countersOf(network),
    pictures: pictureCount(network),
    received: new Map(),
  };
}
