/** An average pool is a convolution of each channel with equal weights: as such it needs no neurons of its own kind. */
import { ConversionError } from "../core/errors.ts";
import { floatTensor } from "../core/tensor.ts";
import { derive, type Graph, inferShapes } from "../graph/graph.ts";
import type { Shape } from "../graph/layer-kinds.ts";
import type { AveragePoolLayer, ConvolutionLayer } from "../graph/layers.ts";

/**
 * The same network without average pools.
 * @throws ConversionError [E_TOPOLOGY] where a mean leaves out cells beyond the edges, so that weights would differ from place to place.
 */
export function poolsToConvolutions(graph: Graph): Graph {
  if (!graph.layers.some(({ kind }) => kind === "averagePool")) return graph;
  const shapes = inferShapes(graph);
  const layers = graph.layers.map((layer) =>
    layer.kind === "averagePool" ? convolutionFor(layer, (shapes.get(layer.inputs[0]) as Shape)[0]) : layer,
  );
  return derive(graph, "poolsToConvolutions", { layers });
}

function convolutionFor(layer: AveragePoolLayer, channels: number): ConvolutionLayer {
  const { name, inputs, size, strides, pads, countsPads } = layer;
  if (!countsPads && pads.some((pad) => pad > 0)) {
    throw new ConversionError(
      "E_TOPOLOGY",
      `${name} [averagePool] takes the mean of fewer cells at the edges than within (count_include_pad=0 with pads ${pads.join(", ")}); weights that differ from place to place are not supported`,
    );
  }
  const area = size[0] * size[1];
  const weights = floatTensor([channels, 1, ...size], new Float32Array(channels * area).fill(1 / area));
  return { kind: "convolution", name, inputs, weights, strides, dilations: [1, 1], pads, groups: channels };
}
