import { integer } from "./attributes.ts";
import type { Infos } from "./infer.ts";
import type { ReadNode } from "./read-onnx.ts";
import { sizeOfShape } from "./shapes.ts";

/** Multiply-accumulates of a node: of convolutions and products of matrices, as those of a graph's layers are counted. */
export function nodeMacs(node: ReadNode, infos: Infos): number {
  const [a, b] = node.inputs.map((name) => infos.get(name)?.shape ?? []);
  const output = sizeOfShape(infos.get(node.outputs[0])?.shape ?? [0]);
  if (node.domain !== "") return 0;
  if (node.op === "Conv") return output * sizeOfShape(b.slice(1));
  if (node.op === "ConvTranspose") return sizeOfShape(a) * sizeOfShape(b.slice(1));
  if (node.op === "MatMul") return output * (a.at(-1) ?? 0);
  if (node.op === "Gemm") return output * (integer(node, "transA", 0) ? a[0] : a[1]);
  return 0;
}

/** What a node takes each time that it is run densely: besides those, products of signals. */
export function denseMacs(node: ReadNode, infos: Infos): number {
  const isProduct = node.op === "Mul" && node.domain === "" && !node.inputs.some((name) => infos.get(name)?.constant);
  return isProduct ? sizeOfShape(infos.get(node.outputs[0])?.shape ?? [0]) : nodeMacs(node, infos);
}
