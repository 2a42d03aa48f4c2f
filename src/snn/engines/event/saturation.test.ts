/**
 * The edges of int32, as docs/architecture.md defines them: no step's current exceeds ±(2³⁰ − 1), membranes stop at ±2³⁰,
 * thresholds lie within 1 … 2³⁰. Random networks right at these edges do as the integer reference engine does.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { expectSameAsReference, recordAll } from "../../../../test/engine-contract.ts";
import { randomPicture } from "../../../../test/graphs.ts";
import { randomSpikingGraph, type SpikingOptions } from "../../../../test/random-spiking.ts";
import { type Random, seededRandom } from "../../../core/random.ts";
import type { Tensor } from "../../../core/tensor.ts";
import { type Graph, inferShapes } from "../../../graph/graph.ts";
import type { ConvolutionLayer, Layer } from "../../../graph/layers.ts";
import { membraneBound } from "../../neuron.ts";
import { phasesOf, stepWeight } from "../../phases.ts";
import { eventEngine } from "./event-engine.ts";

const pick = <T>(random: Random, values: readonly T[]): T => values[Math.floor(random() * values.length)];

/** Σ|w|·2^shift·spike of each output channel: what its synapses can bring in one step. */
function greatestCurrents({ weights, shift = 0 }: ConvolutionLayer, spike: number): number[] {
  const [channels] = weights.shape;
  const length = weights.data.length / channels;
  const most = new Array<number>(channels).fill(0);
  for (let i = 0; i < weights.data.length; i++) {
    most[Math.floor(i / length)] += Math.abs(weights.data[i]) * 2 ** shift * spike;
  }
  return most;
}

/**
 * Biases of random sign, such that a step's current, times what its spikes weigh, may come to ±`most` and no further;
 * thresholds at their own bounds and between.
 */
function atTheEdge(graph: Graph, levels: number, most: number, random: Random): Graph {
  const weight = stepWeight(1, phasesOf(graph));
  const bound = Math.floor(most / weight);
  const inSums = new Set(graph.layers.flatMap((layer) => (layer.kind === "sum" ? layer.inputs : [])));
  const thresholds = (tensor: Tensor): Tensor => ({
    ...(tensor as Tensor & { dtype: "int32" }),
    data: Int32Array.from(tensor.data, () =>
      pick(random, [1, 1000, 2 ** 20, membraneBound / weight - 1, membraneBound / weight]),
    ),
  });
  const layers = graph.layers.map((layer): Layer => {
    // What a sum adds up has to share the room; it is left as it is.
    if (layer.kind === "convolution" && !inSums.has(layer.name)) {
      // The picture's current is rounded once: one more.
      const spike = layer.inputs[0] === "input" ? 1 : levels;
      const room = greatestCurrents(layer, spike).map((sum) => bound - sum - (spike === 1 ? 1 : 0));
      const bias = Int32Array.from(room, (value) => pick(random, [-1, 1]) * Math.max(0, value));
      return { ...layer, bias: { dtype: "int32", shape: [bias.length], data: bias } };
    }
    if (layer.kind !== "integrateFire" && layer.kind !== "readout") return layer;
    return { ...layer, vTh: thresholds(layer.vTh), vThNeg: layer.vThNeg && thresholds(layer.vThNeg) };
  });
  return { ...graph, layers };
}

const options: fc.Arbitrary<SpikingOptions> = fc.record({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  layers: fc.integer({ min: 1, max: 5 }),
  neuron: fc.constantFrom("takeback", "ibt", "signed", "if"),
  pool: fc.constantFrom("delta", "winner"),
  levels: fc.constantFrom(1, 1, 7),
  phases: fc.constantFrom(1, 1, 4),
  delay: fc.constantFrom(0, 0, 2),
  vInit: fc.constantFrom(0, 0.5, -1, 1),
  firingThreshold: fc.constantFrom(0.5, 1),
  bits: fc.constantFrom(8, 12, 16),
});

test("currents, membranes and thresholds at their bounds: the same as the reference engine's, in 1 and 2 threads", async () => {
  let saturated = 0;
  await fc.assert(
    fc.asyncProperty(options, fc.constantFrom(1, 2), async (o, threads) => {
      const graph = atTheEdge(randomSpikingGraph(o), o.levels, membraneBound - 1, seededRandom(o.seed));
      const shapes = inferShapes(graph);
      const checkpoints = await expectSameAsReference(
        eventEngine({ threads }),
        graph,
        randomPicture(shapes.get("input")!, o.seed),
        { timeSteps: 9, at: [1, 2, 3, 9], encoding: "constant", seed: 1, record: recordAll(graph, () => 1) },
      );
      const membranes = [...checkpoints[3].recorded.membranes.values()].flatMap((values) => [...values]);
      expect(membranes.every((v) => v >= -2 * membraneBound && v < 2 * membraneBound)).toBe(true);
      if (membranes.some((v) => Math.abs(v) === membraneBound)) saturated++;
    }),
    { numRuns: 20, seed: 1 },
  );
  // The test would be empty if nothing came to the edge.
  expect(saturated).toBeGreaterThan(7);
});

test("a current of 2³⁰ − 1 is run, one of 2³⁰ refused", async () => {
  const plain = randomSpikingGraph({
    seed: 3,
    layers: 0,
    neuron: "takeback",
    pool: "delta",
    levels: 1,
    delay: 0,
    vInit: 0,
    firingThreshold: 0.5,
    bits: 8,
  });
  const open = async (bound: number) =>
    (await eventEngine({ threads: 1 }).open(atTheEdge(plain, 1, bound, seededRandom(1)))).dispose();
  await open(membraneBound - 1);
  await expect(open(membraneBound)).rejects.toMatchObject({
    code: "E_CURRENT",
    message: expect.stringMatching(/may reach 1073741824; at most 2\^30 − 1 is exact/),
  });
});
