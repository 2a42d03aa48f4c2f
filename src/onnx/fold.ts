/** Computes nodes whose inputs are all constant: by ONNX Runtime, so that they mean what it makes of them. */
import { loadOnnxRuntime } from "#platform";
import { ImportError } from "../core/errors.ts";
import { integer } from "./attributes.ts";
import { encodeOnnx } from "./onnx.ts";
import type { ReadNode } from "./read-onnx.ts";
import { elementTypes, float32Tensor, int64Tensor, type OnnxDType, type OnnxTensor } from "./tensors.ts";

/** What is computed without ONNX Runtime. */
export const ownFolds: ReadonlySet<string> = new Set(["Constant", "Identity"]);

/** @param inputs undefined where an input is left out. @throws ImportError [E_ONNX] where ONNX Runtime refuses the node. */
export async function foldNode(
  node: ReadNode,
  inputs: readonly (OnnxTensor | undefined)[],
  operatorSet: number,
): Promise<readonly OnnxTensor[]> {
  const own =
    node.op === "Constant" ? [constantOf(node)] : node.op === "Identity" ? [inputs[0] as OnnxTensor] : undefined;
  if (own) return own.map((tensor) => ({ ...tensor, name: node.outputs[0] }));
  const ort = await loadOnnxRuntime();
  const constants = new Map(
    inputs.flatMap((tensor, i) => (tensor ? [[node.inputs[i], { ...tensor, name: node.inputs[i] }]] : [])),
  );
  const outputs = node.outputs.filter(Boolean);
  const bytes = encodeOnnx({
    nodes: [node],
    constants: [...constants.values()],
    inputs: [],
    outputs: outputs.map((name) => ({ name })),
    operatorSet,
  });
  try {
    const session = await ort.InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 4 });
    try {
      const results = await session.run({});
      return outputs.map((name) => {
        const { type, dims, data } = results[name];
        if (!Object.hasOwn(elementTypes, type)) throw new Error(`a result of type ${type}`);
        const { buffer, byteOffset, byteLength } = data as Float32Array;
        const copy = new Uint8Array(buffer, byteOffset, byteLength).slice();
        return { name, dtype: type as OnnxDType, shape: [...dims], bytes: copy };
      });
    } finally {
      await session.release();
    }
  } catch (error) {
    const reason = (error as Error).message.split("\n")[0].slice(0, 200);
    throw new ImportError("E_ONNX", `${node.op} ${node.outputs[0]} cannot be computed: ${reason}`, { cause: error });
  }
}

/** The value of a Constant node, in whichever attribute it stands. */
function constantOf(node: ReadNode): OnnxTensor {
  const { value, value_float, value_floats, value_int, value_ints } = node.attributes;
  const name = node.outputs[0];
  if (typeof value === "object" && "tensor" in value) return value.tensor;
  if (Array.isArray(value_ints)) return int64Tensor(name, [value_ints.length], value_ints);
  if (value_int !== undefined) return int64Tensor(name, [], [integer(node, "value_int", 0)]);
  if (typeof value_floats === "object" && "floats" in value_floats)
    return float32Tensor(name, [value_floats.floats.length], value_floats.floats);
  if (typeof value_float === "object" && "float" in value_float) return float32Tensor(name, [], [value_float.float]);
  throw new ImportError("E_ONNX", `Constant ${name} holds no numbers`);
}
