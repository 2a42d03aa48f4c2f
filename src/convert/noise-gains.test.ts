import { expect, test } from "vitest";
import { convolution, graphOf, randomPicture } from "../../test/graphs.ts";
import { seededRandom } from "../core/random.ts";
import { floatTensor } from "../core/tensor.ts";
import { openDnn } from "../dnn/dnn-session.ts";
import { type Graph, inputOf } from "../graph/graph.ts";
import type { Layer } from "../graph/layers.ts";
import { noiseGains } from "./noise-gains.ts";

const head = { kind: "region", classes: 2, anchors: [1, 1], softmax: true } as const;
const linear = (name: string, input: string): Layer => ({
  kind: "activation",
  name,
  inputs: [input],
  activation: { fn: "linear" },
});

/** Straight lines only, and no borders: then noise gains are exact. */
function linearNetwork(): Graph {
  const random = seededRandom(5);
  return graphOf([
    { kind: "input", name: "input", inputs: [], shape: [3, 4, 6] },
    convolution("deep", "input", [4, 3, 1], random),
    linear("act0", "deep"),
    convolution("grouped", "act0", [4, 4, 1], random, { groups: 2 }),
    convolution("strided", "act0", [2, 4, 2], random, { stride: 2, padding: 0 }),
    linear("act1", "grouped"),
    linear("act2", "strided"),
    { kind: "sum", name: "sum", inputs: ["act1", "act0"] },
    linear("act3", "sum"),
    { kind: "concat", name: "both", inputs: ["act3", "act1"] },
    { kind: "slice", name: "some", inputs: ["both"], start: 3, count: 4 },
    convolution("out1", "some", [7, 4, 1], random),
    convolution("out2", "act2", [7, 2, 1], random),
    { ...head, name: "head1", inputs: ["out1"] },
    { ...head, name: "head2", inputs: ["out2"] },
  ]);
}

/** Σ(change of the heads)² for a change of 1 of each value of the picture, by running the network twice; mean over positions. */
async function gainsByPerturbation(graph: Graph): Promise<readonly number[]> {
  const { shape } = inputOf(graph);
  const picture = randomPicture(shape, 1);
  const session = await openDnn(graph);
  const before = [...(await session.run(picture)).values()];
  const area = shape[1] * shape[2];
  const gains = new Array<number>(shape[0]).fill(0);
  for (let i = 0; i < picture.data.length; i++) {
    const changed = floatTensor(
      shape,
      Float32Array.from(picture.data, (value, j) => (i === j ? value + 1 : value)),
    );
    const after = [...(await session.run(changed)).values()];
    for (const [k, { data }] of after.entries()) {
      const power = data.reduce((sum, value, j) => sum + (value - before[k].data[j]) ** 2, 0);
      gains[Math.floor(i / area)] += power / area;
    }
  }
  await session.dispose();
  return gains;
}

test("gains at a layer whose noise does not meet itself are what heads do when a value changes", async () => {
  // From act2 and some there is one way each to a head; before, ways meet and noise of one value adds to itself.
  const graph = linearNetwork();
  const noise = noiseGains(graph);
  for (const { from, shape } of [
    { from: "act2", shape: [2, 2, 3] },
    { from: "some", shape: [4, 4, 6] },
  ] as const) {
    const start: Layer = { kind: "input", name: from, inputs: [], shape };
    const out = graph.layers.filter(({ inputs }) => inputs.includes(from));
    const rest = graph.layers.filter(({ inputs }) => out.some(({ name }) => inputs.includes(name)));
    const measured = await gainsByPerturbation(graphOf([start, ...out, ...rest]));
    const computed = [...(noise.get(from)?.gain ?? [])];
    for (const [c, gain] of computed.entries()) expect(gain / measured[c]).toBeCloseTo(1, 4);
  }
});

test("noise passes strides, groups, sums and slices as the network passes values", async () => {
  const random = seededRandom(7);
  const graph = graphOf([
    { kind: "input", name: "input", inputs: [], shape: [4, 4, 6] },
    convolution("grouped", "input", [6, 4, 2], random, { groups: 2, stride: 2, padding: 0 }),
    linear("act", "grouped"),
    { kind: "slice", name: "some", inputs: ["act"], start: 1, count: 4 },
    convolution("out", "some", [7, 4, 1], random),
    { ...head, name: "head", inputs: ["out"] },
  ]);
  const { gain, fanOut } = noiseGains(graph).get("input")!;
  // Windows do not overlap: each value is in one output of its group, whose outputs the last convolution mixes.
  const measured = await gainsByPerturbation(graph);
  const [w1, w2] = ["grouped", "out"].map((name) => {
    const layer = graph.layers.find((one) => one.name === name);
    return layer?.kind === "convolution" ? layer.weights.data : new Float32Array();
  });
  // Σ over outputs of the group of what they pass on times their own gain; what they have in common is left out.
  const own = Array.from({ length: 6 }, (_, c) =>
    c < 1 || c > 4 ? 0 : Array.from({ length: 7 }, (_, o) => w2[o * 4 + c - 1] ** 2).reduce((a, b) => a + b),
  );
  for (let c = 0; c < 4; c++) {
    const outputs = c < 2 ? [0, 1, 2] : [3, 4, 5];
    const expected = outputs.reduce((sum, o) => {
      const taps = [0, 1, 2, 3].map((tap) => w1[(o * 2 + (c % 2)) * 4 + tap]);
      const alone = taps.reduce((power, tap) => power + tap ** 2, 0);
      const together = taps.reduce((total, tap) => total + tap) ** 2;
      // A fifth of the noise are what neighbours share.
      return sum + (own[o] * (0.8 * alone + 0.2 * together)) / 4;
    }, 0);
    expect(gain[c]).toBeCloseTo(expected, 5);
    // Three filters of its group, four taps of which one meets a value.
    expect(fanOut[c]).toBe(3);
    // The truth differs by what the outputs have in common, not by orders.
    expect(Math.abs(Math.log2(gain[c] / measured[c]))).toBeLessThan(2);
  }
});

test("a product passes on the mean square of its other factor, which calibration measured", () => {
  const random = seededRandom(3);
  const statistics = (power: readonly number[]) => ({
    ...({ sample: "all", percentiles: [100], layer: floatTensor([1], [1]), count: 1 } as const),
    channel: floatTensor(
      [power.length, 1],
      power.map(() => 1),
    ),
    slope: floatTensor(
      [power.length],
      power.map(() => 1),
    ),
    power: floatTensor([power.length], power),
  });
  const known = (name: string, input: string, power: readonly number[]): Layer => ({
    ...{ kind: "activation", name, inputs: [input], activation: { fn: "linear" } },
    statistics: statistics(power),
  });
  const graph = graphOf([
    { kind: "input", name: "input", inputs: [], shape: [3, 2, 5] },
    convolution("map", "input", [2, 3, 1], random),
    known("a", "map", [4, 9]),
    convolution("gate", "input", [2, 3, 2, 5], random, { padding: 0 }),
    known("b", "gate", [0.25, 0.5]),
    { kind: "product", name: "product", inputs: ["a", "b"] },
    linear("all", "product"),
    {
      ...convolution("out", "all", [7, 2, 1], random),
      weights: floatTensor([7, 2, 1, 1], new Float32Array(14).fill(1)),
    },
    { ...head, name: "head", inputs: ["out"] },
  ]);
  const noise = noiseGains(graph);
  // A change of 1 of one value changes seven outputs by 1; a gate has ten places.
  expect([...noise.get("all")!.gain]).toEqual([7, 7]);
  expect([...noise.get("a")!.gain]).toEqual([7 * 0.25, 7 * 0.5]);
  expect([...noise.get("b")!.gain]).toEqual([10 * 7 * 4, 10 * 7 * 9]);
  expect([noise.get("a")!.fanOut[0], noise.get("b")!.fanOut[0]]).toEqual([1, 10]);
});
