/**
 * Folds batch normalization into the convolution before it:
 * w' = w·γ/√(σ² + ε), b' = β + (b − μ)·γ/√(σ² + ε).
 */
import { floatTensor, type Tensor } from "../core/tensor.ts";
import { consumersOf, derive, type Graph, layersByName } from "../graph/graph.ts";
import type { BatchNormLayer, ConvolutionLayer, Layer } from "../graph/layers.ts";
import { evenWindow } from "../graph/windows.ts";

/** A norm that follows anything else becomes a convolution of each channel by itself: w = γ/√(σ² + ε). */
export function foldBatchNorm(graph: Graph): Graph {
  const byName = layersByName(graph);
  const consumers = consumersOf(graph);
  const foldedInto = new Map<string, BatchNormLayer>();
  for (const layer of graph.layers) {
    if (layer.kind !== "batchNorm") continue;
    const [source] = layer.inputs;
    if (byName.get(source)?.kind === "convolution" && consumers.get(source)?.length === 1)
      foldedInto.set(source, layer);
  }
  const renamed = new Map([...foldedInto].map(([convolution, norm]) => [norm.name, convolution]));
  const layers = graph.layers
    .filter(({ name }) => !renamed.has(name))
    .map((layer): Layer => {
      const norm = foldedInto.get(layer.name);
      const inputs = layer.inputs.map((name) => renamed.get(name) ?? name);
      if (layer.kind === "batchNorm") return { ...fold(identityOf(layer), layer), inputs };
      return layer.kind === "convolution" && norm ? { ...fold(layer, norm), inputs } : { ...layer, inputs };
    });
  return derive(graph, "foldBatchNorm", { layers });
}

function identityOf({ name, inputs, scale }: BatchNormLayer): ConvolutionLayer {
  const [channels] = scale.shape;
  const weights = floatTensor([channels, 1, 1, 1], new Float32Array(channels).fill(1));
  return { kind: "convolution", name, inputs, weights, ...evenWindow(1, 0), groups: channels };
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
