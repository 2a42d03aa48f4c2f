/**
 * An ONNX graph in two parts: the body, up to the last convolutions, and the tail, which turns their outputs into boxes. A
 * fixed convolution of a few weights (the expectation of a box distribution, say) is part of a tail.
 */
import type { OnnxFile, OnnxFileNode } from "../../onnx/read-onnx.ts";

const heavyOperators: readonly string[] = ["Conv", "ConvTranspose", "Gemm", "MatMul"];
const fewWeights = 64;

/** Nodes of the body: those that a heavy operator with weights of its own depends on, and these operators. */
export function bodyOf({ nodes, constants }: OnnxFile): ReadonlySet<OnnxFileNode> {
  const producers = producersOf(nodes);
  const weightsOf = (node: OnnxFileNode) => {
    const name = node.inputs[1] ?? "";
    const value = producers.get(name)?.attributes.get("value");
    return constants.get(name)?.data.length ?? (value?.type === "tensor" ? value.value.data.length : 0);
  };
  const body = new Set<OnnxFileNode>();
  const waiting = nodes.filter((node) => heavyOperators.includes(node.op) && weightsOf(node) > fewWeights);
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if (body.has(node)) continue;
    body.add(node);
    for (const input of node.inputs) {
      const producer = producers.get(input);
      if (producer && !body.has(producer)) waiting.push(producer);
    }
  }
  return body;
}

/** The node that computes each name. */
export function producersOf(nodes: readonly OnnxFileNode[]): ReadonlyMap<string, OnnxFileNode> {
  return new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
}
