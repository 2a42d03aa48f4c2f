/** How much of a network a spiking one does in spikes, and what it does otherwise. */
import { type Graph, inferShapes, inputOf, layerMacs } from "../graph/graph.ts";
import type { Shape } from "../graph/layer-kinds.ts";
import { isPopulation } from "../graph/layers.ts";

export interface SpikingShare {
  /** Part of all multiply-accumulates whose inputs are spikes: neither the picture's nor an island's. 1 where there are none at all. */
  readonly macsShare: number;
  /** What is run densely, once a picture. */
  readonly islands: readonly { readonly name: string; readonly operators: readonly string[]; readonly macs: number }[];
  /** How many layers of neurons follow each function. */
  readonly functions: Readonly<Record<string, number>>;
}

/** Of a DNN, or of a spiking graph. */
export function spikingShare(graph: Graph): SpikingShare {
  const shapes = inferShapes(graph);
  const input = inputOf(graph).name;
  let [total, dense] = [0, 0];
  const functions = new Map<string, number>();
  for (const layer of graph.layers) {
    const macs = layerMacs(layer, shapes.get(layer.name) as Shape);
    total += macs;
    if (layer.kind === "island" || layer.inputs.includes(input)) dense += macs;
    if (layer.kind === "activation" || isPopulation(layer)) {
      const { fn } = layer.activation;
      functions.set(fn, (functions.get(fn) ?? 0) + 1);
    }
  }
  return {
    macsShare: total === 0 ? 1 : (total - dense) / total,
    islands: graph.layers.flatMap((layer) =>
      layer.kind === "island" ? [{ name: layer.name, operators: layer.operators, macs: layer.macs }] : [],
    ),
    functions: Object.fromEntries(functions),
  };
}

/** For people: one line, and one for each island. */
export function describeShare({ macsShare, islands }: SpikingShare): readonly string[] {
  const percent = (100 * macsShare).toFixed(1);
  return [
    `${percent} % of all multiply-accumulates become spikes' accumulates; the rest are the picture's${islands.length > 0 ? " and islands'" : ""}`,
    ...islands.map(
      ({ name, operators, macs }) =>
        `  island ${name}: ${operators.join(", ")}; ${macs.toLocaleString("en")} multiply-accumulates, once a picture`,
    ),
  ];
}
