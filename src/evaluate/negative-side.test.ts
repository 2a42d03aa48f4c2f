import { expect, test } from "vitest";
import { convolution, graphOf, plainNetwork, randomPicture } from "../../test/graphs.ts";
import { seededRandom } from "../core/random.ts";
import type { FloatTensor } from "../core/tensor.ts";
import { openDnn } from "../dnn/dnn-session.ts";
import type { ConvolutionLayer } from "../graph/layers.ts";
import { measureNegativeSide } from "./negative-side.ts";

test("the last layer's part is what its negative values weigh in the heads, added up by hand", async () => {
  const random = seededRandom(9);
  const out = convolution("out", "act", [7, 5, 1], random) as ConvolutionLayer;
  const graph = graphOf([
    { kind: "input", name: "input", inputs: [], shape: [3, 5, 4] },
    convolution("conv", "input", [5, 3, 3], random),
    { kind: "activation", name: "act", inputs: ["conv"], activation: { fn: "leaky", slope: 0.5 } },
    out,
    { kind: "region", classes: 2, anchors: [1, 1], softmax: true, name: "head", inputs: ["out"] },
  ]);
  const images = [1, 2].map((seed) => randomPicture([3, 5, 4], seed));
  const session = await openDnn(graph, { outputs: ["act"] });
  let [error, below] = [0, 0];
  for (const image of images) {
    const outputs = await session.run(image);
    const [values, head] = [outputs.get("act"), outputs.get("head")] as FloatTensor[];
    const lost = Array.from({ length: 7 * 20 }, (_, i) => {
      const [o, at] = [Math.floor(i / 20), i % 20];
      return [0, 1, 2, 3, 4].reduce(
        (sum, c) => sum + out.weights.data[o * 5 + c] * Math.min(0, values.data[c * 20 + at]),
        0,
      );
    });
    error += Math.hypot(...lost) / Math.hypot(...head.data) / 2;
    below += values.data.filter((value) => value < 0).length / 100 / 2;
  }
  await session.dispose();
  const measured = await measureNegativeSide(graph, images);
  expect(measured?.outputError).toBeCloseTo(error, 5);
  expect(measured?.layers).toEqual([
    { name: "act", belowZero: expect.closeTo(below, 9), outputError: expect.closeTo(error, 5) },
  ]);
  expect(error).toBeGreaterThan(0.01);
});

test("a network of ReLUs rests on nothing negative", async () => {
  expect(await measureNegativeSide(plainNetwork(3, 0), [])).toBeUndefined();
});
