/**
 * A graph with islands, cut into segments that run one after the other: an island is computed when its inputs have sent all
 * that they send, so that what reads it begins when what it reads has ended. Spikes that a later segment reads of an earlier one are kept and replayed.
 */
import { type Graph, islandDepths, layersByName } from "../../graph/graph.ts";
import { type IslandLayer, isPopulation, isSynaptic, type Layer } from "../../graph/layers.ts";

export interface Segment {
  /** Its layers. */
  readonly layers: ReadonlySet<Layer>;
  /** Layers of this segment whose spikes later segments or islands read. */
  readonly kept: readonly string[];
  /** Islands to compute after it, in order. */
  readonly islands: readonly IslandLayer[];
}

export function segmentsOf(graph: Graph): readonly Segment[] {
  const byName = layersByName(graph);
  const number = new Map(islandDepths(graph));
  // A convolution belongs to the neurons that integrate it.
  for (const layer of graph.layers.toReversed()) {
    if (!isPopulation(layer) && layer.kind !== "sum") continue;
    for (const name of layer.inputs) {
      const source = byName.get(name);
      if (source && isSynaptic(source)) number.set(name, number.get(layer.name) as number);
    }
  }
  const count = 1 + Math.max(...number.values());
  return Array.from({ length: count }, (_, k): Segment => {
    const layers = new Set(graph.layers.filter(({ name, kind }) => kind !== "island" && number.get(name) === k));
    const names = new Set([...layers].map(({ name }) => name));
    const later = graph.layers.filter((layer) => (number.get(layer.name) as number) > k);
    return {
      layers,
      kept: [...new Set(later.flatMap(({ inputs }) => inputs))].filter(
        (name) => names.has(name) && byName.get(name)?.kind !== "input",
      ),
      islands: graph.layers.filter(
        (layer) => layer.kind === "island" && number.get(layer.name) === k + 1,
      ) as IslandLayer[],
    };
  });
}
