/** Where training from scratch starts. */
import { gaussian, seededRandom } from "../core/random.ts";
import { type FloatTensor, floatTensor, sizeOf } from "../core/tensor.ts";
import { derive, type Graph, headsOf } from "../graph/graph.ts";
import type { Layer } from "../graph/layers.ts";

/** What objectness starts at: σ⁻¹ of one in a hundred, since nearly every box is empty. */
const objectnessBias = -Math.log(99);

/**
 * Seeded normal kernels of variance 2 / fan-in (He et al. 2015, equation 10), scale 1, biases 0. The convolution before
 * a head starts a hundred times smaller and with objectness unlikely, so that the first boxes are the anchors.
 */
export function initializeWeights(graph: Graph, seed: number): Graph {
  const random = seededRandom(seed);
  const heads = new Map(headsOf(graph).map((head) => [head.inputs[0], head]));
  const fill = ({ shape }: { readonly shape: readonly number[] }, value: number): FloatTensor =>
    floatTensor(shape, new Float32Array(sizeOf(shape)).fill(value));
  const initialize = (layer: Layer): Layer => {
    if (layer.kind === "batchNorm") {
      const { scale, bias, mean, variance } = layer;
      return { ...layer, scale: fill(scale, 1), bias: fill(bias, 0), mean: fill(mean, 0), variance: fill(variance, 1) };
    }
    if (layer.kind !== "convolution") return layer;
    const head = heads.get(layer.name);
    const { shape } = layer.weights;
    const deviation = Math.sqrt(2 / (shape[1] * shape[2] * shape[3])) * (head ? 0.01 : 1);
    const weights = floatTensor(
      shape,
      Float32Array.from({ length: sizeOf(shape) }, () => deviation * gaussian(random)),
    );
    if (!layer.bias) return { ...layer, weights };
    const bias = fill(layer.bias, 0);
    if (head) for (let i = 4; i < bias.data.length; i += 5 + head.classes) bias.data[i] = objectnessBias;
    return { ...layer, weights, bias };
  };
  return derive(graph, `initializeWeights seed ${seed}`, { layers: graph.layers.map(initialize) });
}
