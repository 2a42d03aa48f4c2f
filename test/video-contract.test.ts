/** Frames that follow each other: both engines keep the same state, to the last bit, and nothing drifts. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { SpikingYoloError } from "../src/core/errors.ts";
import { floatTensor } from "../src/core/tensor.ts";
import { type Graph, inferShapes } from "../src/graph/graph.ts";
import { isPopulation } from "../src/graph/layers.ts";
import type { Checkpoint, RunOptions } from "../src/snn/engine.ts";
import { eventEngine } from "../src/snn/engines/event/event-engine.ts";
import { referenceEngine } from "../src/snn/engines/reference/reference-engine.ts";
import { expectSameCheckpoints, recordAll, runOnce } from "./engine-contract.ts";
import { randomPicture } from "./graphs.ts";
import { randomSpikingGraph, type SpikingOptions, smallSpikingGraph } from "./random-spiking.ts";

const options: fc.Arbitrary<SpikingOptions> = fc.record({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  layers: fc.integer({ min: 1, max: 8 }),
  neuron: fc.constant("tracker" as const),
  pool: fc.constant("delta" as const),
  levels: fc.constantFrom(1, 1, 3),
  phases: fc.constantFrom(1, 4, 6, 8),
  delay: fc.constantFrom(0, 1, 3),
  vInit: fc.constant(0),
  firingThreshold: fc.constantFrom(0.5, 0.75, 1),
  leadingThreshold: fc.constantFrom(undefined, 2 / 3),
  bits: fc.constantFrom(8, 12),
});

function graphOrNone(o: SpikingOptions): Graph | null {
  try {
    return randomSpikingGraph(o);
  } catch (error) {
    if (error instanceof SpikingYoloError && error.code === "E_QUANTIZE") return null;
    throw error;
  }
}

/** Frames of which some are like the last one, some change here and there, and some in a corner only while the rest comes to rest. */
function frames(shape: readonly number[], seed: number) {
  const first = randomPicture(shape as [number, number, number], seed);
  const changed = floatTensor(
    shape,
    first.data.map((value, i) => (i % 7 === seed % 7 ? 1 - value : value)),
  );
  const corner = floatTensor(
    shape,
    changed.data.map((value, i) => (i === 0 ? 1 - value : value)),
  );
  const other = randomPicture(shape as [number, number, number], seed + 1);
  return [first, first, changed, other, changed, changed, corner, corner, corner, first];
}

test("random networks: every frame's membranes, counts, spikes and heads equal the reference engine's", async () => {
  await fc.assert(
    fc.asyncProperty(
      options,
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 4, max: 40 }),
      async (o, threads, timeSteps) => {
        const graph = graphOrNone(o);
        fc.pre(graph !== null);
        const shapes = inferShapes(graph);
        const record = recordAll(graph, (name) => shapes.get(name)!.reduce((a, b) => a * b, 1));
        const [event, reference] = [await eventEngine({ threads }).open(graph), await referenceEngine.open(graph)];
        try {
          for (const [k, frame] of frames(shapes.get("input")!, o.seed).entries()) {
            // Once more from rest, after frames that have settled.
            const state = k === 0 || k === 7 ? "reset" : "keep";
            // The last step is not always looked at; it is run all the same.
            const at = k % 2 === 0 ? [1, timeSteps] : [2, timeSteps - 1];
            const run: RunOptions = { timeSteps, at, encoding: "constant", seed: 1, record, state };
            expectSameCheckpoints(await runOnce(event, frame, run), await runOnce(reference, frame, run));
          }
        } finally {
          await event.dispose();
          await reference.dispose();
        }
      },
    ),
    { numRuns: Number(process.env.CONTRACT_RUNS ?? 25), seed: Number(process.env.CONTRACT_SEED ?? 1) },
  );
});

const tracked = randomSpikingGraph({
  ...{ seed: 21, layers: 6, neuron: "tracker", pool: "delta", levels: 1, delay: 1, vInit: 0, firingThreshold: 0.5 },
  ...{ bits: 8, phases: 6 },
});
const shape = inferShapes(tracked).get("input")!;
const run = { timeSteps: 8, at: [8], encoding: "constant", seed: 1 } as const;

test("a first frame is a picture by itself, and reset forgets what was kept", async () => {
  const session = await eventEngine({ threads: 1 }).open(tracked);
  const [first, , , other] = frames(shape, 3);
  const heads = ([{ heads, activity }]: Checkpoint[]) => [heads, activity];
  const alone = heads(await runOnce(session, first, run));
  expect(heads(await runOnce(session, first, { ...run, state: "reset" }))).toEqual(alone);
  await runOnce(session, other, { ...run, state: "keep" });
  expect(heads(await runOnce(session, first, { ...run, state: "keep" }))).not.toEqual(alone);
  expect(heads(await runOnce(session, first, { ...run, state: "reset" }))).toEqual(alone);
  await session.dispose();
});

test("charge does not drift: after 200 frames the first neurons have received their picture's current, and no more", async () => {
  const first = tracked.layers.find((layer) => isPopulation(layer) && layer.inputs[0] === "first")!.name;
  const record = { membranes: [first] };
  const session = await eventEngine({ threads: 1 }).open(tracked);
  for (let k = 0; k < 200; k++)
    await runOnce(session, randomPicture(shape, k), { ...run, record, state: k === 0 ? "reset" : "keep" });
  const last = randomPicture(shape, 1000);
  const [kept] = await runOnce(session, last, { ...run, record, state: "keep" });
  const [fresh] = await runOnce(session, last, { ...run, record, state: "reset" });
  expect(kept.recorded.membranes.get(first)).toEqual(fresh.recorded.membranes.get(first));
  await session.dispose();
});

test("the same frame again costs next to nothing once all have settled", async () => {
  const session = await eventEngine({ threads: 1 }).open(tracked);
  const [frame] = frames(shape, 5);
  const spikes = async (state: "reset" | "keep") => {
    const [{ activity }] = await runOnce(session, frame, { ...run, state });
    return [...activity.values()].reduce((sum, layer) => sum + layer.spikes, 0);
  };
  const start = await spikes("reset");
  for (let k = 0; k < 5; k++) await spikes("keep");
  expect(start).toBeGreaterThan(100);
  expect(await spikes("keep")).toBeLessThan(start / 100);
  await session.dispose();
});

test.each([eventEngine({ threads: 1 }), referenceEngine])(
  "$name: neurons that cannot keep a state say so",
  async (engine) => {
    const graph = smallSpikingGraph();
    const session = await engine.open(graph);
    const frame = randomPicture(inferShapes(graph).get("input")!, 1);
    await expect(async () => runOnce(session, frame, { ...run, state: "keep" })).rejects.toMatchObject({
      code: "E_STATE",
    });
    await session.dispose();
  },
);
