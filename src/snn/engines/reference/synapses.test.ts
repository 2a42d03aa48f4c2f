import fc from "fast-check";
import { expect, test } from "vitest";
import { convolution, graphOf, randomPicture } from "../../../../test/graphs.ts";
import { seededRandom } from "../../../core/random.ts";
import { relativeError } from "../../../core/tensor.ts";
import { openDnn } from "../../../dnn/dnn-session.ts";
import { inferShapes } from "../../../graph/graph.ts";
import { convolutionSynapses, productSynapses, toCurrents } from "./synapses.ts";

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

const product = { kind: "product", name: "product", inputs: ["a", "b"], shift: 3 } as const;
const anew = <T>(_: string, make: () => T): T => make();

test("a product by hand: each spike adds the other factor's count, the second factor's after the step", () => {
  const synapses = productSynapses(product, [1, 1, 2], [1, 1, 2], anew);
  // A step of weight 2: counts go from 0 and 0 to 2 and −2; 2·(−2) = −4 is −2 units of 2, times 2³.
  expect([...synapses.multiply(Float64Array.of(1, 0), Float64Array.of(-1, 1), 2)]).toEqual([-16, 0]);
  // A step of weight 1: to 3·(−2) = −6 from −4; and to (−1)·2 from 0·2.
  expect([...synapses.multiply(Float64Array.of(1, -1), Float64Array.of(0, 0), 1)]).toEqual([-16, -16]);
  // Three spikes at the first step, two at the second.
  expect(synapses.synOps()).toBe(5);
});

test.each([
  { second: [3, 2, 2], of: (i: number) => i },
  { second: [3, 1, 1], of: (i: number) => Math.floor(i / 4) },
  { second: [1, 2, 2], of: (i: number) => i % 4 },
] as const)("after any steps what a product has sent is the product of all counts: $second", ({ second, of }) => {
  const places = second[0] * second[1] * second[2];
  const spikes = (length: number) =>
    fc.array(fc.integer({ min: -2, max: 2 }), { minLength: length, maxLength: length });
  const steps = fc.array(fc.tuple(spikes(12), spikes(places), fc.constantFrom(1, 2, 4)), { maxLength: 8 });
  fc.assert(
    fc.property(steps, (all) => {
      const synapses = productSynapses(product, [3, 2, 2], second, anew);
      const sums = { sent: new Float64Array(12), a: new Float64Array(12), b: new Float64Array(places) };
      let operations = 0;
      for (const [a, b, weight] of all) {
        const sent = synapses.multiply(Float64Array.from(a), Float64Array.from(b), weight);
        for (let i = 0; i < 12; i++) {
          sums.sent[i] += weight * sent[i];
          sums.a[i] += weight * a[i];
          operations += Math.abs(a[i]) + Math.abs(b[of(i)]);
        }
        for (let j = 0; j < places; j++) sums.b[j] += weight * b[j];
      }
      // toEqual tells 0 from −0.
      for (let i = 0; i < 12; i++) expect(sums.sent[i] - 8 * sums.a[i] * sums.b[of(i)]).toBe(0);
      expect(synapses.synOps()).toBe(operations);
    }),
  );
});
