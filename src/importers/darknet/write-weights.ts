/** Graph → darknet's `.weights`: the inverse of reading, for graphs whose convolutions stand in the cfg's order. */
import { ConversionError } from "../../core/errors.ts";
import type { Tensor } from "../../core/tensor.ts";
import { consumersOf, type Graph } from "../../graph/graph.ts";
import type { LayerOf } from "../../graph/layers.ts";

/** Written as version 0.2.5, whose `seen` has 8 bytes. */
const version = [0, 2, 5];

/**
 * @param seen pictures seen in training.
 * @throws ConversionError [E_NOT_A_DNN] where a tensor is not float32 or a convolution has neither bias nor batch norm.
 */
export function writeWeights(graph: Graph, seen = 0): Uint8Array {
  const consumers = consumersOf(graph);
  const tensors = graph.layers.flatMap((layer) => {
    if (layer.kind !== "convolution") return [];
    const norm = consumers
      .get(layer.name)
      ?.find((reader): reader is LayerOf<"batchNorm"> => reader.kind === "batchNorm");
    const before = norm ? [norm.bias, norm.scale, norm.mean, norm.variance] : [layer.bias];
    return [...before, layer.weights].map((tensor) => checked(tensor, layer.name));
  });
  const floats = tensors.reduce((sum, { length }) => sum + length, 0);
  const bytes = new Uint8Array(20 + 4 * floats);
  const view = new DataView(bytes.buffer);
  version.forEach((part, i) => {
    view.setInt32(4 * i, part, true);
  });
  view.setBigUint64(12, BigInt(seen), true);
  let offset = 20;
  for (const data of tensors) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return bytes;
}

function checked(tensor: Tensor | undefined, layer: string): Float32Array {
  if (tensor?.data instanceof Float32Array) return tensor.data;
  throw new ConversionError(
    "E_NOT_A_DNN",
    `${layer} has ${tensor ? `${tensor.dtype} values` : "neither bias nor batch norm"}; darknet's weights hold float32 DNNs before folding`,
  );
}
