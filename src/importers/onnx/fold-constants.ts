/** Nodes whose inputs are all known: ONNX Runtime computes them, whatever the operator is. */
import { loadOnnxRuntime } from "#platform";
import { ImportError } from "../../core/errors.ts";
import { encodeTensor } from "../../onnx/onnx.ts";
import type { OnnxFile, OnnxFileNode, OnnxTensor } from "../../onnx/read-onnx.ts";
import { encodeSubModel } from "../../onnx/sub-model.ts";

/** The node's outputs. @throws ImportError [E_ONNX] where ONNX Runtime refuses it. */
export async function computeConstants(
  file: OnnxFile,
  node: OnnxFileNode,
  constants: readonly OnnxTensor[],
  name: string,
): Promise<readonly OnnxTensor[]> {
  const ort = await loadOnnxRuntime();
  const outputs = node.outputs.filter((output) => output !== "");
  const model = encodeSubModel(file, { nodes: [node], constants, inputs: [], outputs });
  try {
    const session = await ort.InferenceSession.create(model, { logSeverityLevel: 3, intraOpNumThreads: 1 });
    const results = await session.run({});
    await session.release();
    return outputs.map((output) =>
      tensorFrom(output, results[output].dims, results[output].data as ArrayLike<number | bigint>),
    );
  } catch (error) {
    throw new ImportError(
      "E_ONNX",
      `${name}: ONNX Runtime cannot compute ${node.op} of constants: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
}

function tensorFrom(name: string, dims: readonly number[], values: ArrayLike<number | bigint>): OnnxTensor {
  const isFloat = values instanceof Float32Array || values instanceof Float64Array;
  const data = isFloat ? Float32Array.from(values as ArrayLike<number>) : Float64Array.from(values, Number);
  return constantTensor(name, dims, isFloat, data);
}

/** A tensor that is in no file. */
export function constantTensor(
  name: string,
  dims: readonly number[],
  isFloat: boolean,
  data: Float32Array | Float64Array,
): OnnxTensor {
  const values = isFloat ? (data as Float32Array) : Array.from(data);
  const bytes = encodeTensor({ name, shape: dims, data: values, dtype: isFloat ? "float32" : "int64" });
  return { name, dims, isFloat, data, bytes };
}
