import { expect, test } from "vitest";
import { convolution, graphOf } from "../../test/graphs.ts";
import { seededRandom } from "../core/random.ts";
import { tensor } from "../core/tensor.ts";
import type { Layer } from "../graph/layers.ts";
import { encodeOnnx } from "../onnx/onnx.ts";
import { dnnOperations, remainingMacs } from "./operations.ts";
import { describeShare, spikingShare } from "./spiking-share.ts";

const random = seededRandom(1);
const bytes = encodeOnnx({
  nodes: [{ op: "Softmax", inputs: ["x"], outputs: ["y"], attributes: { axis: 1 } }],
  constants: [],
  inputs: [{ name: "x", shape: [1, 4, 4, 4] }],
  outputs: [{ name: "y", shape: [1, 4, 4, 4] }],
});
const island: Layer = {
  kind: "island",
  name: "middle",
  inputs: ["act"],
  shape: [4, 4, 4],
  model: tensor("int8", [bytes.length], new Int8Array(bytes)),
  inputNames: ["x"],
  outputName: "y",
  operators: ["Softmax"],
  macs: 1000,
};

test("by hand: the picture's convolution and an island are not done in spikes", () => {
  const graph = graphOf([
    { kind: "input", name: "input", inputs: [], shape: [3, 4, 4] },
    convolution("conv", "input", [4, 3, 1], random),
    { kind: "activation", name: "act", inputs: ["conv"], activation: { fn: "silu" } },
    island,
    convolution("head", "middle", [7, 4, 1], random),
    { kind: "region", name: "region", inputs: ["head"], classes: 2, anchors: [1, 1], softmax: true },
  ]);
  const share = spikingShare(graph);
  // 4·3·16 of the picture, 1000 of the island, 7·4·16 behind it.
  expect(share.macsShare).toBeCloseTo(448 / (192 + 1000 + 448), 12);
  expect(share.islands).toEqual([{ name: "middle", operators: ["Softmax"], macs: 1000 }]);
  expect(share.functions).toEqual({ silu: 1 });
  expect(remainingMacs(graph)).toBe(192 + 1000);
  // As Poisson spikes the picture is accumulated, too.
  const poisson = { timeSteps: 4, encoding: "poisson", decode: "vmem" } as const;
  expect(remainingMacs({ ...graph, simulation: poisson })).toBe(1000);
  expect(dnnOperations(graph).macs).toBe(192 + 1000 + 448);
  expect(describeShare(share)[1]).toContain("island middle: Softmax; 1,000 multiply-accumulates");
});
