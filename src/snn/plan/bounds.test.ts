import { expect, test } from "vitest";
import { smallSpikingGraph } from "../../../test/random-spiking.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import type { Graph } from "../../graph/graph.ts";
import type { ConvolutionLayer, IntegrateFireLayer, Layer } from "../../graph/layers.ts";
import { checkIntegers } from "./bounds.ts";

const float = ({ shape, data }: Tensor) => tensor("float32", shape, Float32Array.from(data));
const int32 = ({ shape, data }: Tensor) => tensor("int32", shape, Int32Array.from(data));

/** The graph with its first layer of a kind changed. */
function changed<L extends Layer>(kind: L["kind"], change: (layer: L) => Partial<L>): Graph {
  const graph = smallSpikingGraph();
  const first = graph.layers.find((layer) => layer.kind === kind) as L;
  return { ...graph, layers: graph.layers.map((layer) => (layer === first ? { ...layer, ...change(first) } : layer)) };
}

test("tensors of other types than quantization makes are refused, of whatever part of a layer", () => {
  const refused = (graph: Graph) =>
    expect(() => checkIntegers(graph)).toThrow(expect.objectContaining({ code: "E_FLOAT_GRAPH" }));
  expect(() => checkIntegers(smallSpikingGraph())).not.toThrow();
  refused(changed<ConvolutionLayer>("convolution", ({ bias }) => ({ bias: float(bias as Tensor) })));
  refused(changed<ConvolutionLayer>("convolution", ({ weights }) => ({ weights: int32(weights) })));
  refused(changed<ConvolutionLayer>("convolution", ({ weights }) => ({ weights: float(weights) })));
  refused(changed<IntegrateFireLayer>("integrateFire", ({ vTh }) => ({ vThNeg: float(vTh) })));
  refused(changed<IntegrateFireLayer>("integrateFire", ({ vTh }) => ({ vTh: float(vTh) })));
});
