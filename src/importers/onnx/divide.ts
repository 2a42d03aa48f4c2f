/**
 * An ONNX graph in two parts: the body, up to the last convolutions, and the tail, which turns their outputs into boxes. A
 * fixed convolution of a few weights behind a softmax (the expectation of a box's distribution) is part of a tail.
 */
import type { OnnxFile, OnnxFileNode } from "../../onnx/read-onnx.ts";

const heavyOperators: readonly string[] = ["Conv", "ConvTranspose", "Gemm", "MatMul"];
const fewWeights = 64;
/** What makes a distribution of values: no convolution that was learned for the network's body comes behind one with so few weights. */
const distributing: readonly string[] = ["Softmax", "LogSoftmax"];

/** Nodes of the body: those that a heavy operator with weights of its own depends on, and these operators. */
export function bodyOf({ nodes, constants }: OnnxFile): ReadonlySet<OnnxFileNode> {
  const producers = producersOf(nodes);
  const weightsOf = (node: OnnxFileNode) => {
    const name = node.inputs[1] ?? "";
    const value = producers.get(name)?.attributes.get("value");
    return constants.get(name)?.data.length ?? (value?.type === "tensor" ? value.value.data.length : 0);
  };
  const behind = new Set<string>();
  for (const { op, inputs, outputs } of nodes) {
    if (distributing.includes(op) || inputs.some((name) => behind.has(name)))
      for (const name of outputs) behind.add(name);
  }
  const isFixed = (node: OnnxFileNode) => weightsOf(node) <= fewWeights && node.inputs.some((name) => behind.has(name));
  const body = new Set<OnnxFileNode>();
  const waiting = nodes.filter((node) => heavyOperators.includes(node.op) && weightsOf(node) > 0 && !isFixed(node));
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
