/** Cuts a part out of an ONNX graph: all that some of its values depend on, back to values that are there already. */
import { loadOnnxRuntime } from "#platform";
import { ImportError } from "../../core/errors.ts";
import { sizeOf } from "../../core/tensor.ts";
import type { OnnxFile, OnnxFileNode, OnnxTensor } from "../../onnx/read-onnx.ts";
import { encodeSubModel } from "../../onnx/sub-model.ts";
import { producersOf } from "./divide.ts";
import type { Signal, Value } from "./values.ts";

export interface Part {
  /** A ModelProto. */
  readonly bytes: Uint8Array;
  /** What it reads: names in the graph, and the layers that have these values. */
  readonly inputs: readonly { readonly name: string; readonly signal: Signal }[];
  readonly outputs: readonly { readonly name: string; readonly dims: readonly number[] }[];
  /** Its operators, each once. */
  readonly operators: readonly string[];
  /** Of its products of matrices and convolutions. */
  readonly macs: number;
}

/**
 * @param values what is known of names so far: traversal ends at signals and constants.
 * @throws ImportError [E_ONNX] where the part reads the picture itself, or ONNX Runtime cannot run it.
 */
export async function extractPart(
  file: OnnxFile,
  values: ReadonlyMap<string, Value>,
  wanted: readonly string[],
  fail: (what: string) => never,
): Promise<Part> {
  const { nodes, constants, inputs } = collect(file, values, wanted, fail);
  const part = {
    nodes,
    constants,
    inputs: inputs.map(({ name, signal }) => ({ name, shape: [1, ...signal.shape] })),
  };
  const computed = nodes.flatMap(({ outputs }) => outputs.filter((name) => name !== ""));
  const dims = await dimsOf(encodeSubModel(file, { ...part, outputs: computed }), part.inputs, fail);
  const known = new Map([
    ...part.inputs.map(({ name, shape }) => [name, shape] as const),
    ...constants.map(({ name, dims: extents }) => [name, extents] as const),
    ...dims,
  ]);
  return {
    bytes: encodeSubModel(file, { ...part, outputs: wanted }),
    inputs,
    outputs: wanted.map((name) => ({ name, dims: known.get(name) ?? fail(`has no value ${name}`) })),
    operators: [...new Set(nodes.map(({ op }) => op))].sort(),
    macs: nodes.reduce((sum, node) => sum + macsOf(node, known), 0),
  };
}

function collect(
  file: OnnxFile,
  values: ReadonlyMap<string, Value>,
  wanted: readonly string[],
  fail: (what: string) => never,
) {
  const producers = producersOf(file.nodes);
  const included = new Set<OnnxFileNode>();
  const inputs = new Map<string, Signal>();
  const constants = new Map<string, OnnxTensor>();
  const waiting = [...wanted];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const value = values.get(name);
    if (value?.kind === "signal") inputs.set(name, value);
    else if (value?.kind === "constant") constants.set(name, { ...value.tensor, name });
    else if (value?.kind === "picture") fail(`computes something else than a convolution of the picture (${name})`);
    else if (name !== "") {
      const constant = file.constants.get(name);
      const node = producers.get(name);
      if (constant) constants.set(name, constant);
      else if (!node) fail(`reads ${name}, which nothing computes`);
      else if (!included.has(node)) {
        included.add(node);
        waiting.push(...node.inputs);
      }
    }
  }
  return {
    nodes: file.nodes.filter((node) => included.has(node)),
    constants: [...constants.values()],
    inputs: [...inputs].map(([name, signal]) => ({ name, signal })),
  };
}

/** Shapes of all values, from one run on zeros. */
async function dimsOf(
  model: Uint8Array,
  inputs: readonly { readonly name: string; readonly shape: readonly number[] }[],
  fail: (what: string) => never,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const ort = await loadOnnxRuntime();
  try {
    const session = await ort.InferenceSession.create(model, { logSeverityLevel: 3, intraOpNumThreads: 1 });
    const feeds = inputs.map(({ name, shape }) => [
      name,
      new ort.Tensor("float32", new Float32Array(sizeOf(shape)), [...shape]),
    ]);
    const results = await session.run(Object.fromEntries(feeds));
    await session.release();
    return new Map(Object.entries(results).map(([name, { dims }]) => [name, dims]));
  } catch (error) {
    if (error instanceof ImportError) throw error;
    return fail(`has a part that ONNX Runtime cannot run: ${(error as Error).message}`);
  }
}

function macsOf({ op, inputs, outputs }: OnnxFileNode, dims: ReadonlyMap<string, readonly number[]>): number {
  const output = sizeOf(dims.get(outputs[0]) ?? [0]);
  if (op === "MatMul" || op === "Gemm") return output * (dims.get(inputs[0])?.at(-1) ?? 0);
  return op === "Conv" ? output * sizeOf((dims.get(inputs[1]) ?? []).slice(1)) : 0;
}
