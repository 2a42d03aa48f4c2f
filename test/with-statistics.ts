/** A network that a cfg without weights describes, with weights and batch normalization that do something. */
import { seededRandom } from "../src/core/random.ts";
import { type FloatTensor, floatTensor } from "../src/core/tensor.ts";
import type { Graph } from "../src/graph/graph.ts";

export function withStatistics(graph: Graph, seed: number): Graph {
  const random = seededRandom(seed);
  const numbers = ({ shape, data }: FloatTensor, from: number, to: number) =>
    floatTensor(
      shape,
      Float32Array.from(data, () => from + (to - from) * random()),
    );
  const layers = graph.layers.map((layer) => {
    if (layer.kind === "convolution") return { ...layer, weights: numbers(layer.weights as FloatTensor, -1, 1) };
    if (layer.kind !== "batchNorm") return layer;
    return {
      ...layer,
      scale: numbers(layer.scale, 0.5, 2),
      mean: numbers(layer.mean, -1, 1),
      variance: numbers(layer.variance, 0.5, 2),
    };
  });
  return { ...graph, layers };
}
