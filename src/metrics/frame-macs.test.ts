import { expect, test } from "vitest";
import { convolution, graphOf, randomPicture } from "../../test/graphs.ts";
import { seededRandom } from "../core/random.ts";
import { floatTensor } from "../core/tensor.ts";
import { frameMacs } from "./frame-macs.ts";

const random = seededRandom(1);
const graph = graphOf([
  { kind: "input", name: "input", inputs: [], shape: [3, 6, 6] },
  convolution("conv", "input", [5, 3, 3], random, { stride: 2, padding: 1 }),
  { kind: "activation", name: "act", inputs: ["conv"], activation: { fn: "relu" } },
  convolution("head", "act", [7, 5, 1], random),
  { kind: "region", name: "region", inputs: ["head"], classes: 2, anchors: [1, 1], softmax: true },
]);
const frame = randomPicture([3, 6, 6], 1);

function changedAt(y: number, x: number) {
  const data = frame.data.slice();
  data[36 + 6 * y + x] += 0.1;
  return floatTensor([3, 6, 6], data);
}

test("by hand: windows of 3 every 2 with a pad; all of a first frame, nothing of the same frame, else what a changed pixel reaches", () => {
  // Along an axis windows begin at −1, 1, 3: 2 + 3 + 3 pixels within.
  expect(frameMacs(graph, frame)).toBe(5 * 3 * 8 * 8);
  expect(frameMacs(graph, frame, frame)).toBe(0);
  // Pixel 0 is in the first window only, 1 in the first two, 5 in the last.
  expect(frameMacs(graph, changedAt(0, 0), frame)).toBe(5 * 3 * 1);
  expect(frameMacs(graph, changedAt(1, 1), frame)).toBe(5 * 3 * 4);
  expect(frameMacs(graph, changedAt(1, 5), frame)).toBe(5 * 3 * 2);
});
