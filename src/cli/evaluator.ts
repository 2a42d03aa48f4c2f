/** How `evaluate` opens its networks, in its own thread or in others. */
import { availableParallelism } from "node:os";
import { type Executor, inProcess } from "../evaluate/executor.ts";
import {
  type EvaluationSetup,
  openPictureEvaluator,
  type PictureEvaluator,
  type PictureResult,
  type PictureTask,
} from "../evaluate/picture.ts";
import { openSession } from "./engines.ts";
import type { SimulationFlags } from "./options.ts";
import { workerPool } from "./worker-pool.ts";

/** Plain data: it is copied to every thread. */
export interface EvaluatorSetup {
  readonly setup: EvaluationSetup;
  readonly flags: SimulationFlags;
}

/** Pictures are what runs in parallel: each network gets one thread. */
export function openEvaluator({ setup, flags }: EvaluatorSetup): Promise<PictureEvaluator> {
  return openPictureEvaluator(setup, (graph) => openSession(graph, { ...flags, threads: 1 }));
}

/** As many threads as are asked for; by default one a core. One thread is this one. */
export function evaluationExecutor({ setup, flags }: EvaluatorSetup): Executor<PictureTask, PictureResult> {
  const threads = flags.threads ?? availableParallelism();
  if (threads > 1) {
    // Flags hold what commander put there; only these cross to the threads.
    const { engine, seed } = flags;
    const url = new URL("./evaluate-worker.js", import.meta.url);
    return workerPool({ url, threads, setup: { setup, flags: { engine, seed } } satisfies EvaluatorSetup });
  }
  return {
    async *run(tasks) {
      const evaluator = await openEvaluator({ setup, flags });
      try {
        yield* inProcess((task: PictureTask) => evaluator.evaluate(task)).run(tasks);
      } finally {
        await evaluator.dispose();
      }
    },
  };
}
