/** What a transposed convolution gives is held by `importers/onnx/operators.test.ts` and darknet's `sections.test.ts`; here what it counts. */
import { expect, test } from "vitest";
import { convolution, graphOf } from "../../test/graphs.ts";
import { seededRandom } from "../core/random.ts";
import { dnnOperations } from "../metrics/operations.ts";
import { inferShapes } from "./graph.ts";
import type { Layer } from "./layers.ts";
import { spreadConvolution } from "./transposed-convolution.ts";

const input: Layer = { kind: "input", name: "input", inputs: [], shape: [3, 5, 4] };

test.each([
  { kernel: [2, 2], stride: 2, pads: [0, 0, 0, 0], outputPadding: [0, 0] },
  { kernel: [4, 3], stride: 2, pads: [1, 0, 1, 1], outputPadding: [0, 1] },
  { kernel: [3, 3], stride: 3, pads: [0, 0, 0, 0], outputPadding: [0, 0] },
] as const)(
  "multiplications by inserted zeros are no work: $kernel every $stride",
  ({ kernel, stride, pads, outputPadding }) => {
    const random = seededRandom(1);
    const weights = Array.from({ length: 6 * 6 * kernel[0] * kernel[1] }, random);
    const spread = spreadConvolution({
      ...{
        shape: [6, 6, ...kernel],
        weights,
        strides: [stride, stride],
        dilations: [1, 1],
        pads,
        outputPadding,
        groups: 1,
      },
    });
    if (typeof spread === "string") throw new Error(spread);
    const graph = graphOf([
      input,
      convolution("first", "input", [6, 3, 1], random),
      { kind: "activation", name: "act", inputs: ["first"], activation: { fn: "relu" } },
      { kind: "insertZeros", name: "zeros", inputs: ["act"], factor: spread.factor },
      { kind: "convolution", name: "up", inputs: ["zeros"], ...spread.convolution },
      { kind: "region", name: "head", inputs: ["up"], classes: 1, anchors: [1, 1], softmax: true },
    ]);
    const [channels, height, width] = inferShapes(graph).get("up")!;
    expect(channels).toBe(6);
    const extent = (axis: 0 | 1, cells: number) =>
      (cells - 1) * stride + kernel[axis] - pads[axis] - pads[axis + 2] + outputPadding[axis];
    expect([height, width]).toEqual([extent(0, 5), extent(1, 4)]);
    const { layers } = dnnOperations(graph);
    const up = layers.find(({ name }) => name === "up")!;
    // Every input times every weight of its channel; those that fall outside of the output are cut off.
    expect(up.macs).toBe(5 * 4 * weights.length);
    let within = 0;
    for (let y = 0; y < 5; y++)
      for (let x = 0; x < 4; x++)
        for (let ky = 0; ky < kernel[0]; ky++)
          for (let kx = 0; kx < kernel[1]; kx++) {
            const [row, column] = [y * stride + ky - pads[0], x * stride + kx - pads[1]];
            if (row >= 0 && row < height && column >= 0 && column < width) within += 6 * 6;
          }
    expect(up.macsWithinBorders).toBe(within);
  },
);

test("strides that differ, and windows with gaps between them, are none", () => {
  const given = {
    shape: [1, 1, 2, 2],
    weights: [1, 2, 3, 4],
    dilations: [1, 1],
    pads: [0, 0, 0, 0],
    outputPadding: [0, 0],
    groups: 1,
  } as const;
  expect(spreadConvolution({ ...given, strides: [1, 2] })).toMatch(/strides are 1 and 2/);
  expect(spreadConvolution({ ...given, strides: [3, 3] })).toMatch(/gaps/);
});
