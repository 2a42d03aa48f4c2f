/** Cuts a part out of an ONNX network, as a model of its own: what becomes a tail, an island, or is only tried out. */
import type { Infos } from "../../onnx/infer.ts";
import { encodeOnnx } from "../../onnx/onnx.ts";
import type { ReadNode } from "../../onnx/read-onnx.ts";
import { int64Tensor, type OnnxTensor } from "../../onnx/tensors.ts";

export interface Part {
  readonly bytes: Uint8Array;
  /** Values of the file that it reads, and their names in the part, in order. */
  readonly inputs: readonly string[];
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** Of the file, in its order. */
  readonly nodes: readonly ReadNode[];
}

export interface CutSource {
  /** In the file's order. */
  readonly nodes: readonly ReadNode[];
  readonly infos: Infos;
  readonly operatorSet: number;
}

/**
 * The nodes that make `outputs` of values that stand already.
 * @param planesOf planes [C, H, W] of such a value; undefined where the part has to make it. Inputs are [1, C, H, W].
 */
export function cutPart(
  { nodes, infos, operatorSet }: CutSource,
  outputs: readonly string[],
  planesOf: (value: string) => readonly number[] | undefined,
): Part {
  const needed = new Set<string>();
  const inputs = new Set<string>();
  const constants = new Map<string, OnnxTensor>();
  const kept: ReadNode[] = [];
  const need = (value: string) => {
    const constant = infos.get(value)?.constant;
    if (value === "") return;
    if (constant) constants.set(value, { ...constant, name: value });
    else if (planesOf(value)) inputs.add(value);
    else needed.add(value);
  };
  for (const value of outputs) need(value);
  for (const node of [...nodes].reverse()) {
    if (!node.outputs.some((value) => needed.has(value))) continue;
    kept.push(node);
    for (const value of node.inputs) need(value);
  }
  kept.reverse();
  // Outputs that stand already are passed on under their names, and inputs brought into the shape that the file has them in.
  const isRenamed = (value: string) => outputs.includes(value);
  const inputName = (value: string) => {
    const planes = planesOf(value) as readonly number[];
    const isSame = [1, ...planes].join() === infos.get(value)?.shape?.join();
    return isSame && !isRenamed(value) ? value : `${value}/planes`;
  };
  const shaped = [...inputs].filter((value) => inputName(value) !== value);
  const shapes = shaped.map((value) => {
    const shape = infos.get(value)?.shape ?? [];
    return int64Tensor(`${value}/shape`, [shape.length], shape);
  });
  const reshapes = shaped.map((value) => ({
    op: "Reshape",
    inputs: [inputName(value), `${value}/shape`],
    outputs: [value],
  }));
  const passed = outputs.filter((value) => constants.has(value));
  const bytes = encodeOnnx({
    nodes: [
      ...reshapes,
      ...kept,
      ...passed.map((value) => ({ op: "Identity", inputs: [`${value}/constant`], outputs: [value] })),
    ],
    constants: [
      ...shapes,
      ...[...constants.values()].map((tensor) =>
        passed.includes(tensor.name) ? { ...tensor, name: `${tensor.name}/constant` } : tensor,
      ),
    ],
    inputs: [...inputs].map((value) => ({
      name: inputName(value),
      shape: [1, ...(planesOf(value) as readonly number[])],
    })),
    outputs: outputs.map((name) => ({ name })),
    operatorSet,
  });
  return { bytes, inputs: [...inputs], inputNames: [...inputs].map(inputName), outputNames: outputs, nodes: kept };
}
