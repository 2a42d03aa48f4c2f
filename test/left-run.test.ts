/** A simulation that is left early, as `detect --settle` does: the engine's threads rest, serve the next run, and end. */
import type { Worker, WorkerOptions } from "node:worker_threads";
import { expect, test, vi } from "vitest";
import { inferShapes } from "../src/graph/graph.ts";
import type { Session } from "../src/snn/engine.ts";
import { eventEngine } from "../src/snn/engines/event/event-engine.ts";
import { referenceEngine } from "../src/snn/engines/reference/reference-engine.ts";
import { type SimulatedCheckpoint, simulate } from "../src/snn/simulate.ts";
import { expectSameCheckpoints } from "./engine-contract.ts";
import { randomPicture } from "./graphs.ts";
import { randomSpikingGraph } from "./random-spiking.ts";

/** The workers that the engine has started. */
const workers = vi.hoisted(() => [] as Worker[]);

vi.mock("#platform", async (importOriginal) => {
  const platform = await importOriginal<typeof import("../src/platform/node.ts")>();
  class SpiedWorker extends platform.Worker {
    constructor(url: URL, options: WorkerOptions) {
      super(url, options);
      workers.push(this);
    }
  }
  return { ...platform, Worker: SpiedWorker };
});

const graph = randomSpikingGraph({
  ...{ seed: 7, layers: 6, neuron: "takeback", pool: "delta", levels: 1 },
  ...{ delay: 1, vInit: 0, firingThreshold: 0.5, bits: 8 },
});
const pictures = [1, 2].map((seed) => randomPicture(inferShapes(graph).get("input")!, seed));
const options = { timeSteps: 200, encoding: "constant", decode: "vmem" } as const;
const everyStep = Array.from({ length: options.timeSteps }, (_, i) => i + 1);

/** The checkpoints up to the step `last`, and no more. */
async function upTo(last: number, session: Session, picture: number): Promise<SimulatedCheckpoint[]> {
  const reached: SimulatedCheckpoint[] = [];
  for await (const checkpoint of simulate(session, pictures[picture], { ...options, at: everyStep })) {
    reached.push(checkpoint);
    if (checkpoint.t === last) break;
  }
  return reached;
}

test("in any number of threads: the steps run are those of a whole run, and so is the next picture", async () => {
  const reference = await referenceEngine.open(graph);
  const expected = [await upTo(12, reference, 0), await upTo(9, reference, 1)];
  for (const threads of [1, 2, 3]) {
    workers.length = 0;
    const session = await eventEngine({ threads }).open(graph);
    for (const _ of [1, 2]) {
      expectSameCheckpoints(await upTo(12, session, 0), expected[0]);
      expectSameCheckpoints(await upTo(9, session, 1), expected[1]);
    }
    const ended = workers.map((worker) => new Promise((done) => worker.once("exit", done)));
    expect(ended).toHaveLength(threads === 1 ? 0 : threads);
    await session.dispose();
    await Promise.all(ended);
  }
});
