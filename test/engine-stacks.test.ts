/**
 * The contract of engines once more, on plain stacks whose integers are drawn directly: wide layers, whose −1s have lists of
 * their own, and neurons that can be run in int16, at scales where their membranes leave it now and then.
 */
import fc from "fast-check";
import { test } from "vitest";
import { EngineError } from "../src/core/errors.ts";
import { inferShapes } from "../src/graph/graph.ts";
import { eventEngine } from "../src/snn/engines/event/event-engine.ts";
import { expectSameAsReference, recordAll } from "./engine-contract.ts";
import { randomPicture } from "./graphs.ts";
import { type StackOptions, spikingStack } from "./spiking-stack.ts";

const options: fc.Arbitrary<StackOptions> = fc.record({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  channels: fc.constantFrom(8, 13, 24, 24, 70, 450),
  outChannels: fc.constantFrom(8, 30, 64, 72),
  size: fc.constantFrom(1, 3, 3),
  side: fc.integer({ min: 2, max: 5 }),
  pool: fc.constantFrom("delta", "winner", "none"),
  neuron: fc.constantFrom("takeback", "takeback", "ibt", "signed", "if"),
  shift: fc.constantFrom(0, 1, 5, 8, 12),
  scale: fc.constantFrom(0.05, 0.5, 1, 4, 40),
  negative: fc.constantFrom(1, 2, 10),
  isWhole: fc.constantFrom(true, true, true, false),
  vInit: fc.constantFrom(0, 0, 0, 0.5),
  firingThreshold: fc.constantFrom(0.5, 0.65, 1),
  delay: fc.constantFrom(0, 0, 1, 2, 33, 36),
  phases: fc.constantFrom(1, 1, 2, 6, 6),
  greatestWeight: fc.constantFrom(3, 127),
});

const checkpoints = fc.constantFrom([1], [1, 2, 4, 8], [7, 40], [5, 32, 70]);
/** More of them: CONTRACT_RUNS and CONTRACT_SEED. */
const runs = Number(process.env.CONTRACT_RUNS ?? 150);
const seed = Number(process.env.CONTRACT_SEED ?? 1);

async function check(o: StackOptions, at: readonly number[], recordsAll: boolean, threads: number): Promise<void> {
  const graph = spikingStack(o);
  const shapes = inferShapes(graph);
  const everything = recordAll(graph, (name) => shapes.get(name)!.reduce((a, b) => a * b, 1));
  // Without rasters, pools are run with the neurons before them.
  const { rasters: _, ...states } = everything;
  try {
    await expectSameAsReference(eventEngine({ threads }), graph, randomPicture(shapes.get("input")!, o.seed), {
      timeSteps: at[at.length - 1],
      at,
      encoding: "constant",
      seed: o.seed,
      record: recordsAll ? everything : states,
    });
  } catch (error) {
    // Some are out of the engine's bounds, which saturation.test.ts is about.
    fc.pre(!(error instanceof EngineError && ["E_CURRENT", "E_THRESHOLD"].includes(error.code)));
    throw error;
  }
}

test("stacks: every membrane, count, spike, operation and head equals the reference engine's", async () => {
  await fc.assert(fc.asyncProperty(options, checkpoints, fc.boolean(), fc.integer({ min: 1, max: 2 }), check), {
    numRuns: runs,
    seed,
  });
});
