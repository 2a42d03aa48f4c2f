/**
 * Folds batch normalization into the convolution before it:
 * w' = w·γ/√(σ² + ε), b' = β + (b − μ)·γ/√(σ² + ε).
 */
import { ConversionError } from "../core/errors.ts";
import { floatTensor, type Tensor } from "../core/tensor.ts";
import { consumersOf, derive, type Graph, layersByName } from "../graph/graph.ts";
import type { BatchNormLayer, ConvolutionLayer, Layer } from "../graph/layers.ts";

/** @throws ConversionError [E_FOLD] where a batch norm does not follow a convolution of its own. */
export function foldBatchNorm(graph: Graph): Graph {
  const byName = layersByName(graph);
  const consumers = consumersOf(graph);
  const foldedInto = new Map<string, BatchNormLayer>();
  for (const layer of graph.layers) {
    if (layer.kind !== "batchNorm") continue;
    const [source] = layer.inputs;
    if (byName.get(source)?.kind !== "convolution" || consumers.get(source)?.length !== 1) {
      throw new ConversionError(
        "E_FOLD",
        `${layer.name} [batchNorm] must follow a convolution that feeds nothing else`,
      );
    }
    foldedInto.set(source, layer);
  }
  const renamed = new Map([...foldedInto].map(([convolution, norm]) => [norm.name, convolution]));
  const layers = graph.layers
    .filter(({ kind }) => kind !== "batchNorm")
    .map((layer): Layer => {
      const norm = foldedInto.get(layer.name);
      const inputs = layer.inputs.map((name) => renamed.get(name) ?? name);
      return layer.kind === "convolution" && norm ? { ...fold(layer, norm), inputs } : { ...layer, inputs };
    });
  return derive(graph, "foldBatchNorm", { layers });
}

function fold(layer: ConvolutionLayer, norm: BatchNormLayer): ConvolutionLayer {
  const factor = norm.scale.data.map((scale, channel) => scale / Math.sqrt(norm.variance.data[channel] + norm.epsilon));
  const bias = norm.bias.data.map(
    (beta, channel) => beta + ((layer.bias?.data[channel] ?? 0) - norm.mean.data[channel]) * factor[channel],
  );
  return { ...layer, weights: scaleRows(layer.weights, factor), bias: floatTensor(norm.bias.shape, bias) };
}

/** Each output channel's weights times its factor. */
function scaleRows({ shape, data }: Tensor, factor: Float32Array): Tensor {
  const row = data.length / shape[0];
  return floatTensor(
    shape,
    Float32Array.from(data, (weight, i) => weight * factor[Math.floor(i / row)]),
  );
}
