import { expect, test } from "vitest";
import { convolution, graphOf, randomPicture } from "../../../../test/graphs.ts";
import { seededRandom } from "../../../core/random.ts";
import { relativeError } from "../../../core/tensor.ts";
import { openDnn } from "../../../dnn/dnn-session.ts";
import { inferShapes } from "../../../graph/graph.ts";
import { convolutionSynapses, toCurrents } from "./synapses.ts";

test.each([
  [3, 1, 1, 1],
  [3, 2, 1, 1],
  [1, 1, 0, 1],
  [5, 2, 2, 2],
  [3, 1, 1, 4],
  [2, 3, 1, 2],
])(
  "a convolution of size %i, stride %i, padding %i, groups %i equals ONNX Runtime's",
  async (size, stride, padding, groups) => {
    const layer = convolution("conv", "input", [8, 4, size], seededRandom(size + stride), { stride, padding, groups });
    const graph = graphOf([
      { kind: "input", name: "input", inputs: [], shape: [4, 9, 7] },
      layer,
      { kind: "region", name: "head", inputs: ["conv"], classes: 3, anchors: [1, 1], softmax: true },
    ]);
    const shapes = inferShapes(graph);
    const image = randomPicture([4, 9, 7], 1);
    const session = await openDnn(graph);
    const expected = (await session.run(image)).get("head")!;
    await session.dispose();
    const synapses = convolutionSynapses(layer, shapes.get("input")!, shapes.get("conv")!);
    const currents = toCurrents(synapses.accumulate(Float64Array.from(image.data)), layer, shapes.get("conv")!, true);
    // float64 against float32.
    expect(relativeError(currents, expected.data)).toBeLessThan(1e-6);
  },
);

test("accumulates are counted by real fan-out: borders count less", () => {
  const layer = convolution("conv", "input", [5, 2, 3], seededRandom(1));
  const synapses = convolutionSynapses(layer, [2, 3, 3], [5, 3, 3]);
  const spikes = new Float64Array(18);
  spikes[0] = 1; // a corner reaches 2×2 positions
  spikes[4] = -3; // the centre 3×3
  spikes[9 + 1] = 1; // an edge 2×3
  synapses.accumulate(spikes);
  expect(synapses.synOps()).toBe(5 * (4 + 3 * 9 + 6));
});
