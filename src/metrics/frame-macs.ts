/**
 * Multiply-accumulates that a frame costs a spiking network besides its accumulates: the first convolutions' where the picture has
 * changed since the last frame, and islands', which are computed each time.
 */
import type { FloatTensor } from "../core/tensor.ts";
import { type Graph, inferShapes, inputOf } from "../graph/graph.ts";
import type { Shape } from "../graph/layer-kinds.ts";
import { type ConvolutionLayer, windowOf } from "../graph/layers.ts";

/** @param last the frame before; absent: a first frame, where all is new. */
export function frameMacs(graph: Graph, frame: FloatTensor, last?: FloatTensor): number {
  const shapes = inferShapes(graph);
  const input = inputOf(graph).name;
  const changed = changedPixels(frame, last);
  return graph.layers.reduce((sum, layer) => {
    if (layer.kind === "island") return sum + layer.macs;
    if (layer.kind !== "convolution" || !layer.inputs.includes(input)) return sum;
    return sum + changedMacs(layer, changed, frame.shape as unknown as Shape, shapes.get(layer.name) as Shape);
  }, 0);
}

/** [height][width]: whether any channel of a pixel differs. */
function changedPixels(
  { data, shape: [channels, height, width] }: FloatTensor,
  last: FloatTensor | undefined,
): Uint8Array {
  const area = height * width;
  const changed = new Uint8Array(area);
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < area; i++) if (!last || data[c * area + i] !== last.data[c * area + i]) changed[i] = 1;
  }
  return changed;
}

/** Each multiplication by a pixel that has changed. */
function changedMacs(
  layer: ConvolutionLayer,
  changed: Uint8Array,
  [, inH, inW]: Shape,
  [outC, outH, outW]: Shape,
): number {
  const { size, strides, dilations, pads } = windowOf(layer);
  let taps = 0;
  for (let y = 0; y < outH; y++) {
    for (let ky = 0; ky < size[0]; ky++) {
      const row = y * strides[0] - pads[0] + ky * dilations[0];
      if (row < 0 || row >= inH) continue;
      for (let x = 0; x < outW; x++) {
        for (let kx = 0; kx < size[1]; kx++) {
          const column = x * strides[1] - pads[1] + kx * dilations[1];
          if (column >= 0 && column < inW) taps += changed[row * inW + column];
        }
      }
    }
  }
  return taps * outC * layer.weights.shape[1];
}
