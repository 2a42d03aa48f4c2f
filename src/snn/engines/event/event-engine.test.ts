/** Edges of the event engine, each against the integer reference: emptied lanes, saturation, sessions used again, errors. */

import { expect, test } from "vitest";
import { expectSameAsReference, expectSameCheckpoints, recordAll, runOnce } from "../../../../test/engine-contract.ts";
import { graphOf, randomPicture } from "../../../../test/graphs.ts";
import { randomSpikingGraph, withExtremeWeights } from "../../../../test/random-spiking.ts";
import { seededRandom } from "../../../core/random.ts";
import { floatTensor, tensor } from "../../../core/tensor.ts";
import { type Graph, inferShapes } from "../../../graph/graph.ts";
import type { IntegrateFireLayer, Layer } from "../../../graph/layers.ts";
import { evenWindow } from "../../../graph/windows.ts";
import { membraneBound } from "../../neuron.ts";
import { referenceEngine } from "../reference/reference-engine.ts";
import { eventEngine } from "./event-engine.ts";

const engine = eventEngine({ threads: 1 });

/** A graph of given integer populations: picture → conv 1×1 → neurons → conv k → neurons → conv 1×1 → readout. */
function stack(options: {
  readonly channels: number;
  readonly size: number;
  readonly weight: number;
  readonly weightType: "int8" | "int16";
  readonly shift: number;
  readonly vTh: number;
  readonly vThNeg: number;
  readonly bias?: number;
  readonly neuron?: "ibt" | "takeback";
}): Graph {
  const { channels, size, weight, weightType, shift, vTh, vThNeg, bias = 0, neuron = "ibt" } = options;
  const fill = (length: number, value: number) => Int32Array.from({ length }, () => value);
  const convolution = (name: string, input: string, [outC, inC, k]: readonly number[], value: number, b = 0): Layer => {
    const weights = Array.from({ length: outC * inC * k * k }, (_, i) => (i % 11 === 10 ? -value : value));
    const shape = [outC, inC, k, k];
    return {
      kind: "convolution",
      name,
      inputs: [input],
      weights:
        weightType === "int8"
          ? tensor("int8", shape, Int8Array.from(weights))
          : tensor("int16", shape, Int16Array.from(weights)),
      bias: tensor("int32", [outC], fill(outC, b)),
      ...evenWindow(1, Math.floor(k / 2)),
      groups: 1,
      shift,
    };
  };
  const neurons = (
    name: string,
    input: string,
    c: number,
    threshold: number,
    negative: number,
  ): IntegrateFireLayer => ({
    kind: "integrateFire",
    name,
    inputs: [input],
    neuron,
    activation: { fn: "leaky", slope: 0.1 },
    lambda: floatTensor([c], new Float32Array(c).fill(1)),
    vTh: tensor("int32", [c], fill(c, threshold)),
    vThNeg: tensor("int32", [c], fill(c, negative)),
    vInit: 0,
    firingThreshold: 0.5,
    levels: 1,
    delay: 0,
  });
  const { delay: _, ...readout } = neurons("readout", "raw", 6, vTh, vThNeg);
  return graphOf([
    { kind: "input", name: "input", inputs: [], shape: [3, 5, 5] },
    convolution("first", "input", [channels, 3, 1], 1),
    // Every channel fires at every step.
    neurons("act", "first", channels, 1, membraneBound),
    convolution("second", "act", [70, channels, size], weight, bias),
    neurons("act2", "second", 70, vTh, vThNeg),
    convolution("raw", "act2", [6, 70, 1], weight),
    { ...readout, kind: "readout" },
    { kind: "region", name: "head", inputs: ["readout"], classes: 1, anchors: [1, 1], softmax: true },
  ]);
}

const bright = floatTensor([3, 5, 5], new Float32Array(75).fill(1));

async function compare(
  graph: Graph,
  at: readonly number[],
): Promise<Awaited<ReturnType<typeof expectSameAsReference>>> {
  const shapes = inferShapes(graph);
  const record = recordAll(graph, (name) => shapes.get(name)!.reduce((a, b) => a * b, 1));
  return expectSameAsReference(engine, graph, bright, {
    timeSteps: at[at.length - 1],
    at,
    encoding: "constant",
    seed: 1,
    record,
  });
}

test.each([
  { weightType: "int8", weight: 127, channels: 90, size: 3 },
  { weightType: "int16", weight: 2047, channels: 90, size: 3 },
  { weightType: "int16", weight: 4095, channels: 33, size: 5 },
  { weightType: "int16", weight: 32767, channels: 33, size: 3 },
] as const)("lanes are emptied before they overflow: $channels·$size² weights of $weight all at once", async (o) => {
  const checkpoints = await compare(stack({ ...o, shift: 2, vTh: 5000, vThNeg: 50_000 }), [1, 6]);
  expect(checkpoints[0].activity.get("act")!.spikes).toBe(o.channels * 25);
});

test("membranes saturate at ±2^30, exactly as the reference engine's", async () => {
  const channels = 64;
  const weight = 32767;
  // Σ|W|·2^shift just below 2^30: the third step saturates.
  const graph = stack({
    channels,
    size: 3,
    weight,
    weightType: "int16",
    shift: 5,
    vTh: membraneBound,
    vThNeg: membraneBound,
    bias: 1234,
  });
  const checkpoints = await compare(graph, [1, 2, 3, 40]);
  const membranes = checkpoints[2].recorded.membranes.get("act2")!;
  expect(Math.max(...membranes)).toBeLessThanOrEqual(membraneBound);
  const negative = {
    ...graph,
    layers: graph.layers.map((layer) =>
      layer.name === "second" && layer.kind === "convolution"
        ? { ...layer, weights: { ...layer.weights, data: layer.weights.data.map((w) => -w) } }
        : layer,
    ),
  };
  await compare(negative as Graph, [1, 2, 3, 40]);
});

test.each([
  { neuron: "ibt", weightType: "int16", weight: 32767, channels: 64, shift: 0 },
  { neuron: "takeback", weightType: "int16", weight: 32767, channels: 64, shift: 0 },
  { neuron: "ibt", weightType: "int8", weight: 127, channels: 28, shift: 9, bias: 77 },
  { neuron: "takeback", weightType: "int8", weight: 127, channels: 28, shift: 9, bias: 77 },
] as const)("membranes far from ±2^30 come to saturate later: $neuron, $weightType", async (options) => {
  const checkpoints = await compare(stack({ ...options, size: 3, vTh: 1024, vThNeg: 3072 }), [10, 40, 70, 110]);
  const greatest = checkpoints.map(({ recorded }) => Math.max(...recorded.membranes.get("act2")!));
  expect(greatest[0]).toBeLessThan(membraneBound / 4);
  expect(greatest[3]).toBeGreaterThan(membraneBound - 2000);
});

test("a current that could leave int32 is refused when the graph is opened", async () => {
  const graph = stack({ channels: 64, size: 3, weight: 32767, weightType: "int16", shift: 6, vTh: 100, vThNeg: 100 });
  await expect(engine.open(graph)).rejects.toMatchObject({ code: "E_CURRENT" });
});

const spiking = {
  layers: 5,
  neuron: "takeback",
  pool: "delta",
  levels: 1,
  delay: 0,
  vInit: 0,
  firingThreshold: 0.5,
  bits: 8,
} as const;

test("weights at the edges of 8 bits, deep and wide", async () => {
  for (const seed of [3, 4, 5]) {
    const graph = withExtremeWeights(randomSpikingGraph({ ...spiking, seed, layers: 8 }), 8, seededRandom(seed));
    const shapes = inferShapes(graph);
    const image = randomPicture(shapes.get("input")!, seed);
    const record = recordAll(graph, () => 1);
    await expectSameAsReference(engine, graph, image, {
      timeSteps: 20,
      at: [9, 20],
      encoding: "constant",
      seed,
      record,
    });
  }
});

test("a session can be used again: other pictures, codings, recordings, and after a run that was left early", async () => {
  const graph = randomSpikingGraph({ ...spiking, seed: 12 });
  const shapes = inferShapes(graph);
  const session = await engine.open(graph);
  const reference = await referenceEngine.open(graph);
  const records = [undefined, recordAll(graph, (name) => shapes.get(name)!.reduce((a, b) => a * b, 1)), undefined];
  for (const [seed, record] of records.entries()) {
    for (const encoding of ["constant", "poisson"] as const) {
      const image = randomPicture(shapes.get("input")!, seed);
      const options = { timeSteps: 12, at: [2, 12], encoding, seed, ...(record ? { record } : {}) };
      for await (const { t } of session.run(image, options)) if (t === 2) break;
      expectSameCheckpoints(await runOnce(session, image, options), await runOnce(reference, image, options));
    }
  }
  await session.dispose();
});

test("without checkpoints nothing is run", async () => {
  const graph = randomSpikingGraph({ ...spiking, seed: 12 });
  const session = await engine.open(graph);
  const image = randomPicture(inferShapes(graph).get("input")!, 1);
  expect(await runOnce(session, image, { timeSteps: 5, at: [], encoding: "constant", seed: 1 })).toEqual([]);
});

test("what cannot be run is refused with its reason", async () => {
  const graph = randomSpikingGraph({ ...spiking, seed: 12 });
  const float = {
    ...graph,
    layers: graph.layers.map((layer) =>
      layer.kind === "convolution" ? { ...layer, weights: floatTensor(layer.weights.shape) } : layer,
    ),
  };
  await expect(engine.open(float)).rejects.toMatchObject({ code: "E_FLOAT_GRAPH" });
  await expect(engine.open(graphOf([graph.layers[0]]))).rejects.toMatchObject({ code: "E_NOT_SPIKING" });
  const session = await engine.open(graph);
  const shape = inferShapes(graph).get("input")!;
  const options = { timeSteps: 5, at: [5], encoding: "constant", seed: 1 } as const;
  const image = randomPicture(shape, 1);
  await expect(runOnce(session, floatTensor([1, 2, 2]), options)).rejects.toMatchObject({ code: "E_SHAPE" });
  const bytes = floatTensor(shape, image.data.map((value) => 255 * value) as Float32Array);
  await expect(runOnce(session, bytes, options)).rejects.toMatchObject({ code: "E_PICTURE" });
  await expect(runOnce(session, image, { ...options, record: { counts: ["nobody"] } })).rejects.toMatchObject({
    code: "E_RECORD",
  });
  const first = session.run(image, options)[Symbol.asyncIterator]();
  await first.next();
  await expect(runOnce(session, image, options)).rejects.toMatchObject({ code: "E_BUSY" });
});
