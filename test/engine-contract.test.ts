/** The contract of engines, on random graphs: the event engine equals the integer reference to the last bit. */
import fc from "fast-check";
import { test } from "vitest";
import { SpikingYoloError } from "../src/core/errors.ts";
import { type Encoding, type Graph, inferShapes } from "../src/graph/graph.ts";
import { eventEngine } from "../src/snn/engines/event/event-engine.ts";
import { referenceEngine } from "../src/snn/engines/reference/reference-engine.ts";
import { expectGuarded, expectSameAsReference, recordAll } from "./engine-contract.ts";
import { randomPicture } from "./graphs.ts";
import { randomSpikingGraph, type SpikingOptions } from "./random-spiking.ts";

const options: fc.Arbitrary<SpikingOptions> = fc.record({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  layers: fc.integer({ min: 0, max: 9 }),
  neuron: fc.constantFrom("takeback", "ibt", "signed", "if", "tracker", "tracker"),
  pool: fc.constantFrom("delta", "winner"),
  levels: fc.constantFrom(1, 1, 1, 2, 7, 56),
  phases: fc.constantFrom(1, 1, 2, 5, 8),
  delay: fc.constantFrom(0, 0, 1, 3),
  vInit: fc.constantFrom(0, 0.5, -0.25),
  firingThreshold: fc.constantFrom(0.5, 0.65, 1),
  leadingThreshold: fc.constantFrom(undefined, 2 / 3),
  bits: fc.constantFrom(8, 8, 8, 9, 10, 11, 12, 13, 14, 15, 16),
});

const checkpoints = fc.constantFrom([1], [3], [1, 2, 4, 8], [7, 40], [33], [5, 32, 64]);

/** Null where levels, phases and bits together leave no room for a network's currents: conversion refuses it. */
function graphOrNone(o: SpikingOptions): Graph | null {
  try {
    return randomSpikingGraph(o);
  } catch (error) {
    if (error instanceof SpikingYoloError && error.code === "E_QUANTIZE") return null;
    throw error;
  }
}

async function check(o: SpikingOptions, at: readonly number[], encoding: Encoding, isLong: boolean, threads: number) {
  const graph = graphOrNone(o);
  fc.pre(graph !== null);
  const shapes = inferShapes(graph);
  const sizeOf = (name: string) => shapes.get(name)!.reduce((a, b) => a * b, 1);
  const image = randomPicture(shapes.get("input")!, o.seed);
  const run = { timeSteps: at[at.length - 1] + (isLong ? 5 : 0), encoding, seed: o.seed };
  const engine = eventEngine({ threads });
  await expectSameAsReference(engine, graph, image, { ...run, at, record: recordAll(graph, sizeOf) });
  // Recorded states end tiles. Without them, many checkpoints lie within a tile, whose readings are made in another way.
  const every = Array.from({ length: Math.min(run.timeSteps, 40) }, (_, i) => i + 1);
  await expectSameAsReference(engine, graph, image, { ...run, at: every });
}

const encodings = fc.constantFrom<Encoding>("constant", "poisson");
/** More of them: CONTRACT_RUNS and CONTRACT_SEED. */
const runs = Number(process.env.CONTRACT_RUNS ?? 60);
const seed = Number(process.env.CONTRACT_SEED ?? 1);

test("random graphs: every membrane, count, spike, operation and head equals the reference engine's", async () => {
  await fc.assert(
    fc.asyncProperty(options, checkpoints, encodings, fc.boolean(), (o, at, encoding, isLong) =>
      check(o, at, encoding, isLong, 1),
    ),
    { numRuns: runs, seed },
  );
});

test("any number of threads: the same", async () => {
  await fc.assert(
    fc.asyncProperty(options, checkpoints, encodings, fc.integer({ min: 2, max: 4 }), (o, at, encoding, threads) =>
      check(o, at, encoding, false, threads),
    ),
    { numRuns: Math.ceil(runs / 5), seed },
  );
});

test.each([
  ["reference", referenceEngine],
  ["event, one thread", eventEngine({ threads: 1 })],
  ["event, two threads", eventEngine({ threads: 2 })],
])("sessions refuse nonsense, a second run and runs after their end: %s", async (_name, engine) => {
  const graph = randomSpikingGraph({
    ...{ seed: 12, layers: 3, neuron: "ibt", pool: "delta", levels: 1, phases: 1, delay: 0 },
    ...{ vInit: 0, firingThreshold: 0.5, leadingThreshold: undefined, bits: 8 },
  });
  await expectGuarded(engine, graph, randomPicture(inferShapes(graph).get("input")!, 1));
});
