/** The contract of engines, on random graphs: the event engine equals the integer reference to the last bit. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { inferShapes } from "../src/graph/graph.ts";
import { eventEngine } from "../src/snn/engines/event/event-engine.ts";
import { expectSameAsReference, recordAll } from "./engine-contract.ts";
import { randomPicture } from "./graphs.ts";
import { randomSpikingGraph, type SpikingOptions } from "./random-spiking.ts";

const options: fc.Arbitrary<SpikingOptions> = fc.record({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  layers: fc.integer({ min: 0, max: 9 }),
  neuron: fc.constantFrom("takeback", "ibt", "signed", "if"),
  pool: fc.constantFrom("delta", "winner"),
  levels: fc.constantFrom(1, 1, 1, 2, 7, 127),
  delay: fc.constantFrom(0, 0, 1, 3),
  vInit: fc.constantFrom(0, 0.5, -0.25),
  firingThreshold: fc.constantFrom(0.5, 0.65, 1),
  bits: fc.constantFrom(8, 8, 8, 9, 10, 11, 12, 13, 14, 15, 16),
});

const checkpoints = fc.constantFrom([1], [3], [1, 2, 4, 8], [7, 40], [33], [5, 32, 64]);

test("random graphs: every membrane, count, spike, operation and head equals the reference engine's", async () => {
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(
      options,
      checkpoints,
      fc.constantFrom("constant", "poisson"),
      fc.boolean(),
      async (o, at, encoding, isLong) => {
        const graph = randomSpikingGraph(o);
        const shapes = inferShapes(graph);
        const sizeOf = (name: string) => shapes.get(name)!.reduce((a, b) => a * b, 1);
        const input = graph.layers[0];
        const image = randomPicture(shapes.get(input.name)!, o.seed);
        await expectSameAsReference(eventEngine({ threads: 1 }), graph, image, {
          timeSteps: at[at.length - 1] + (isLong ? 5 : 0),
          at,
          encoding,
          seed: o.seed,
          record: recordAll(graph, sizeOf),
        });
        runs++;
      },
    ),
    { numRuns: Number(process.env.CONTRACT_RUNS ?? 60), seed: Number(process.env.CONTRACT_SEED ?? 1) },
  );
  expect(runs).toBeGreaterThan(0);
});
