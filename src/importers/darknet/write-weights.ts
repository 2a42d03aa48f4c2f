/** Graph → darknet's `.weights`: the inverse of reading, for graphs whose convolutions stand in the cfg's order. */
import { ConversionError } from "../../core/errors.ts";
import { floatTensor, type Tensor } from "../../core/tensor.ts";
import { consumersOf, type Graph } from "../../graph/graph.ts";
import type { LayerOf } from "../../graph/layers.ts";
import { type DarknetFiles, importDarknet } from "./import-darknet.ts";
import { madeUpParameters, type ParameterSource } from "./weights.ts";

/** Written as version 0.2.5, whose `seen` has 8 bytes. */
const version = [0, 2, 5];

/**
 * @param seen pictures seen in training.
 * @throws ConversionError [E_NOT_A_DNN] where a tensor is not float32 or a convolution has neither bias nor batch norm.
 */
export function writeWeights(graph: Graph, seen = 0): Uint8Array {
  const tensors = tensorsOf(graph).map(({ tensor, layer }) => checked(tensor, layer));
  return encodeWeights(tensors, seen);
}

/** @param tensors in the order of the cfg's layers. */
export function encodeWeights(tensors: readonly Float32Array[], seen: number): Uint8Array {
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

/** All that a weights file of the graph holds, in order. */
function tensorsOf(graph: Graph): readonly { readonly tensor: Tensor | undefined; readonly layer: string }[] {
  const consumers = consumersOf(graph);
  return graph.layers.flatMap((layer) => {
    if (layer.kind !== "convolution") return [];
    const norm = consumers
      .get(layer.name)
      ?.find((reader): reader is LayerOf<"batchNorm"> => reader.kind === "batchNorm");
    const before = norm ? [norm.bias, norm.scale, norm.mean, norm.variance] : [layer.bias];
    return [...before, layer.weights].map((tensor) => ({ tensor, layer: layer.name }));
  });
}

/**
 * Before a network is trained: that its weights can be written as its cfg would be read.
 * @throws ConversionError [E_TRAINING] naming the first layer that stands elsewhere, or whose parameters are not the file's.
 */
export function expectWritable(files: DarknetFiles): void {
  const asked: { readonly tensor: Tensor; readonly where: string }[] = [];
  const counted = madeUpParameters((shape) => floatTensor(shape));
  const recorder: ParameterSource = {
    next(shape, where) {
      const tensor = counted.next(shape, where);
      asked.push({ tensor, where });
      return tensor;
    },
    end: counted.end,
  };
  const graph = importDarknet({ ...files, parameters: recorder });
  const written = tensorsOf(graph);
  const count = Math.max(asked.length, written.length);
  for (let i = 0; i < count; i++) {
    if (asked[i] && asked[i].tensor === written[i]?.tensor) continue;
    throw new ConversionError(
      "E_TRAINING",
      `${asked[i]?.where ?? written[i].layer} cannot be trained here, as its weights could not be written as darknet has them`,
    );
  }
}

function checked(tensor: Tensor | undefined, layer: string): Float32Array {
  if (tensor?.data instanceof Float32Array) return tensor.data;
  throw new ConversionError(
    "E_NOT_A_DNN",
    `${layer} has ${tensor ? `${tensor.dtype} values` : "neither bias nor batch norm"}; darknet's weights hold float32 DNNs before folding`,
  );
}
