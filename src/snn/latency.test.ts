import { expect, test } from "vitest";
import { convolution, graphOf } from "../../test/graphs.ts";
import { seededRandom } from "../core/random.ts";
import { floatTensor, tensor } from "../core/tensor.ts";
import type { Layer } from "../graph/layers.ts";
import { latencyOf } from "./engine.ts";

const random = seededRandom(1);
const neurons = (name: string, input: string, delay: number): Layer => ({
  ...{ kind: "integrateFire", name, inputs: [input], delay, neuron: "tracker", activation: { fn: "relu" } },
  ...{ lambda: floatTensor([4], [1, 1, 1, 1]), vTh: floatTensor([4], [1, 1, 1, 1]), vThNeg: null, vInit: 0 },
  ...{ firingThreshold: 0.5, levels: 1 },
});

test("delays of the longest way, and at an island all steps that its inputs send, by hand", () => {
  const island: Layer = {
    ...{ kind: "island", name: "island", inputs: ["second"], shape: [4, 5, 5], inputNames: ["x"], outputName: "y" },
    ...{ model: tensor("int8", [1], Int8Array.of(0)), operators: ["Softmax"], macs: 0 },
  };
  const graph = graphOf([
    { kind: "input", name: "input", inputs: [], shape: [3, 5, 5] },
    convolution("conv1", "input", [4, 3, 3], random),
    neurons("first", "conv1", 2),
    convolution("conv2", "first", [4, 4, 3], random),
    neurons("second", "conv2", 3),
    island,
    neurons("behind", "island", 1),
    { kind: "concat", name: "both", inputs: ["first", "behind"] },
    convolution("out", "both", [7, 8, 1], random),
    { kind: "region", name: "head", inputs: ["out"], classes: 2, anchors: [1, 1], softmax: true },
  ]);
  // 2 and 3 before the island, 8 that it waits, 1 behind it; then the heads' own steps.
  expect(latencyOf(graph, 0, 8)).toBe(14);
  expect(latencyOf(graph, 6, 8)).toBe(20);
});
