/** Where training from scratch starts. */
import { gaussian, seededRandom } from "../core/random.ts";
import { type FloatTensor, floatTensor, sizeOf } from "../core/tensor.ts";
import { derive, type Graph, headsOf } from "../graph/graph.ts";
import type { Layer } from "../graph/layers.ts";

/**
 * Seeded normal kernels of variance 2 / fan-in (He et al. 2015, equation 10), scale 1, biases 0; the convolution before
 * a head starts a hundred times smaller, so that the first boxes are the anchors and nothing is likely.
 */
export function initializeWeights(graph: Graph, seed: number): Graph {
  const random = seededRandom(seed);
  const beforeHead = new Set(headsOf(graph).map(({ inputs }) => inputs[0]));
  const fill = ({ shape }: { readonly shape: readonly number[] }, value: number): FloatTensor =>
    floatTensor(shape, new Float32Array(sizeOf(shape)).fill(value));
  const initialize = (layer: Layer): Layer => {
    if (layer.kind === "batchNorm") {
      const { scale, bias, mean, variance } = layer;
      return { ...layer, scale: fill(scale, 1), bias: fill(bias, 0), mean: fill(mean, 0), variance: fill(variance, 1) };
    }
    if (layer.kind !== "convolution") return layer;
    const { shape } = layer.weights;
    const deviation = Math.sqrt(2 / (shape[1] * shape[2] * shape[3])) * (beforeHead.has(layer.name) ? 0.01 : 1);
    const weights = floatTensor(
      shape,
      Float32Array.from({ length: sizeOf(shape) }, () => deviation * gaussian(random)),
    );
    return { ...layer, weights, ...(layer.bias ? { bias: fill(layer.bias, 0) } : {}) };
  };
  return derive(graph, `initializeWeights seed ${seed}`, { layers: graph.layers.map(initialize) });
}
