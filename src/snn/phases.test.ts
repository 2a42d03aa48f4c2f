import fc from "fast-check";
import { expect, test } from "vitest";
import { graphOf } from "../../test/graphs.ts";
import { floatTensor } from "../core/tensor.ts";
import { type Graph, maxPhases } from "../graph/graph.ts";
import type { IntegrateFireLayer, Layer } from "../graph/layers.ts";
import { evenWindow } from "../graph/windows.ts";
import { referenceEngine } from "./engines/reference/reference-engine.ts";
import { stepWeight, unitSteps } from "./phases.ts";

test("weights halve down to 1 and stay there", () => {
  expect([1, 2, 3, 4, 5, 6, 7].map((t) => stepWeight(t, 5))).toEqual([16, 8, 4, 2, 1, 1, 1]);
  expect([1, 2, 3].map((t) => stepWeight(t, 1))).toEqual([1, 1, 1]);
});

test("unit steps are the sum of the weights", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: maxPhases }), (t, phases) => {
      let sum = 0;
      for (let step = 1; step <= t; step++) sum += stepWeight(step, phases);
      expect(unitSteps(t, phases)).toBe(sum);
    }),
  );
});

/** One pixel with a weight of 1 into one neuron, whose spikes a second neuron gets. */
function chain(phases: number, neuron: "takeback" | "ibt", delay = 0): Graph {
  const convolution = (name: string, input: string, weight: number, channels = 1): Layer => ({
    kind: "convolution",
    name,
    inputs: [input],
    weights: floatTensor([channels, 1, 1, 1], new Float32Array(channels).fill(weight)),
    bias: floatTensor([channels], new Float32Array(channels)),
    ...evenWindow(1, 0),
    groups: 1,
  });
  const all = (channels: number, value: number) => floatTensor([channels], new Float32Array(channels).fill(value));
  const thresholds = (channels: number) => ({
    lambda: all(channels, 1),
    vTh: all(channels, 1),
    vThNeg: all(channels, 10),
  });
  const neurons = (name: string, input: string, channels = 1): IntegrateFireLayer => ({
    kind: "integrateFire",
    name,
    inputs: [input],
    neuron,
    activation: { fn: "leaky", slope: 0.1 },
    ...thresholds(channels),
    vInit: 0,
    firingThreshold: 0.5,
    levels: 1,
    delay,
  });
  const { delay: _, ...readout } = neurons("readout", "out", 6);
  const graph = graphOf([
    { kind: "input", name: "input", inputs: [], shape: [1, 1, 1] },
    convolution("first", "input", 1),
    neurons("a", "first"),
    convolution("second", "a", 0.5),
    neurons("b", "second"),
    convolution("out", "b", 1, 6),
    { ...readout, kind: "readout" },
    { kind: "region", name: "head", inputs: ["readout"], classes: 1, anchors: [1, 1], softmax: true },
  ]);
  return { ...graph, simulation: { timeSteps: 4, encoding: "constant", decode: "vmem", phases } };
}

async function run(graph: Graph, pixel: number, timeSteps: number) {
  const session = await referenceEngine.open(graph);
  const neurons = (layer: string) => ({ layer, neurons: [0] });
  const checkpoints = [];
  for await (const checkpoint of session.run(floatTensor([1, 1, 1], Float32Array.of(pixel)), {
    timeSteps,
    at: Array.from({ length: timeSteps }, (_, i) => i + 1),
    encoding: "constant",
    seed: 1,
    record: { counts: ["a", "b"], membranes: ["a", "b"], rasters: [neurons("a"), neurons("b")] },
  })) {
    checkpoints.push(checkpoint);
  }
  return checkpoints;
}

test("four phases by hand: 0.6875 = 8 + 4 − 2 + 0 of 15", async () => {
  // Weights 8 4 2 1; charge 5.5, 8.25, 9.625, 10.3125; what is left of it after n = 8, 8, 10, 10: −2.5, .25, −.375, .3125.
  const checkpoints = await run(chain(4, "takeback"), 0.6875, 4);
  expect(checkpoints.map(({ recorded }) => recorded.counts.get("a")?.[0])).toEqual([8, 8, 10, 10]);
  expect([...checkpoints[3].recorded.rasters.get("a")!]).toEqual([1, 0, 1, 0]);
  expect(checkpoints.map(({ recorded }) => recorded.membranes.get("a")?.[0])).toEqual([-2.5, 0.25, -0.375, 0.3125]);
  // Half of it: charge 4, 4, 5, 5. What is left against half the weight: 4 ≥ 4 fires, −4 ≤ −2 is taken back, 1 ≥ 1, −1 ≤ −½.
  expect(checkpoints.map(({ recorded }) => recorded.counts.get("b")?.[0])).toEqual([8, 4, 6, 5]);
  expect([...checkpoints[3].recorded.rasters.get("b")!]).toEqual([1, -1, 1, -1]);
  expect(checkpoints.map(({ unitSteps }) => unitSteps)).toEqual([8, 12, 14, 15]);
  expect(checkpoints[3].heads.get("head")!.vmem.data[0]).toBeCloseTo(5 / 15, 6);
});

test("a neuron of the paper fires whole weights: V ≥ w·V_th", async () => {
  // Charge 5.5 < 8; then 8.25 ≥ 4: 4.25 left; 5.625 ≥ 2: 3.625; 4.3125 ≥ 1: 3.3125.
  const checkpoints = await run(chain(4, "ibt"), 0.6875, 4);
  expect([...checkpoints[3].recorded.rasters.get("a")!]).toEqual([0, 1, 1, 1]);
  expect(checkpoints[3].recorded.membranes.get("a")?.[0]).toBe(3.3125);
});

test("charge less what counts stand for is the membrane; a constant current ends within half a unit", async () => {
  const pixels = fc.double({ min: -1, max: 1, noNaN: true });
  await fc.assert(
    fc.asyncProperty(
      pixels,
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 0, max: 2 }),
      async (x, phases, delay) => {
        const pixel = Math.fround(x);
        const steps = phases + 2;
        const last = (await run(chain(phases, "takeback", delay), pixel, steps)).at(-1)!;
        const n = last.recorded.counts.get("a")![0];
        const charge = pixel * last.unitSteps;
        const stoodFor = n > 0 ? n : 10 * n;
        expect(last.recorded.membranes.get("a")![0]).toBeCloseTo(charge - stoodFor, 9);
        const activation = charge >= 0 ? charge : charge / 10;
        expect(Math.abs(activation - n)).toBeLessThanOrEqual(0.5 + 1e-9);
      },
    ),
  );
});
