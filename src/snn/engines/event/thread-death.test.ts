/** Threads that die in each of the ways there are: the run ends with an error, never with a wait for ever. */
import type { Worker, WorkerOptions } from "node:worker_threads";
import { afterEach, expect, test, vi } from "vitest";
import { runOnce } from "../../../../test/engine-contract.ts";
import { randomPicture } from "../../../../test/graphs.ts";
import { smallSpikingGraph } from "../../../../test/random-spiking.ts";
import { inferShapes } from "../../../graph/graph.ts";
import { eventEngine } from "./event-engine.ts";

/** The workers that the engine has started, and with what options besides its own. */
const started = vi.hoisted(() => ({ workers: [] as Worker[], options: {} as WorkerOptions }));

vi.mock("#platform", async (importOriginal) => {
  const platform = await importOriginal<typeof import("../../../platform/node.ts")>();
  class SpiedWorker extends platform.Worker {
    constructor(url: URL, options: WorkerOptions) {
      super(url, { ...options, ...started.options });
      started.workers.push(this);
    }
  }
  return { ...platform, Worker: SpiedWorker };
});

afterEach(() => {
  started.workers.length = 0;
  started.options = {};
});

const graph = smallSpikingGraph();
const image = randomPicture(inferShapes(graph).get("input")!, 1);
/** Longer than any test waits. */
const endless = { timeSteps: 1_000_000, at: [1_000_000], encoding: "constant", seed: 1 } as const;

test.each<[string, (worker: Worker) => void, RegExp]>([
  ["killed", (worker) => void worker.terminate(), /ended: it left with code 1/],
  ["made to throw", (worker) => worker.postMessage({ module: "none" }), /ended: .*WebAssembly/],
  ["sent what it cannot read", (worker) => worker.postMessage(null), /ended: Cannot read properties of null/],
])("a thread that is %s in the middle of a run", async (_, kill, reason) => {
  const session = await eventEngine({ threads: 2 }).open(graph);
  const run = runOnce(session, image, endless);
  setTimeout(() => kill(started.workers[1]), 100);
  const failed = { code: "E_ENGINE", message: expect.stringMatching(reason) };
  await expect(run).rejects.toMatchObject(failed);
  await expect(runOnce(session, image, endless)).rejects.toMatchObject(failed);
  await session.dispose();
});

test("a thread that runs out of memory", async () => {
  started.options = { resourceLimits: { maxOldGenerationSizeMb: 2, maxYoungGenerationSizeMb: 1 } };
  await expect(eventEngine({ threads: 2 }).open(graph)).rejects.toMatchObject({
    code: "E_ENGINE",
    message: expect.stringMatching(/memory limit/),
  });
});

test("threads that cannot be started", async () => {
  started.options = { execArgv: ["--require", "/nowhere.cjs"] };
  await expect(eventEngine({ threads: 2 }).open(graph)).rejects.toMatchObject({ code: "E_ENGINE" });
});
