import { expect, test } from "vitest";
import { convolution, graphOf, randomPicture } from "../../test/graphs.ts";
import { seededRandom } from "../core/random.ts";
import { openDnn } from "../dnn/dnn-session.ts";
import type { AveragePoolLayer, Layer } from "../graph/layers.ts";
import { poolsToConvolutions } from "./pools-to-convolutions.ts";

function network(pool: Omit<AveragePoolLayer, "kind" | "name" | "inputs">) {
  const random = seededRandom(7);
  const layers: Layer[] = [
    { kind: "input", name: "input", inputs: [], shape: [3, 11, 8] },
    convolution("conv", "input", [6, 3, 3], random),
    { kind: "averagePool", name: "pool", inputs: ["conv"], ...pool },
    convolution("head", "pool", [7, 6, 1], random),
    { kind: "region", name: "region", inputs: ["head"], classes: 2, anchors: [1, 1], softmax: true },
  ];
  return graphOf(layers);
}

const image = randomPicture([3, 11, 8], 3);

test.each([
  { size: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0], countsPads: false },
  { size: [11, 8], strides: [1, 1], pads: [0, 0, 0, 0], countsPads: false },
  { size: [3, 2], strides: [1, 3], pads: [2, 0, 1, 1], countsPads: true },
] as const)("equal weights give ONNX Runtime's AveragePool: $size, pads $pads", async (pool) => {
  const graph = network(pool);
  const values = await Promise.all(
    [graph, poolsToConvolutions(graph)].map(async (version) => {
      const session = await openDnn(version, { outputs: ["pool"] });
      const pooled = (await session.run(image)).get("pool");
      await session.dispose();
      return pooled;
    }),
  );
  expect(values[1]?.shape).toEqual(values[0]?.shape);
  values[0]?.data.forEach((value, i) => {
    expect(values[1]?.data[i]).toBeCloseTo(value, 5);
  });
});

test("means of fewer cells at the edges are refused by name", () => {
  const graph = network({ size: [2, 2], strides: [1, 1], pads: [1, 1, 0, 0], countsPads: false });
  expect(() => poolsToConvolutions(graph)).toThrow(/pool \[averagePool\] takes the mean of fewer cells/);
});
