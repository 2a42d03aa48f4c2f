/** How an evaluation opens its networks, in its own thread or in others. */
import { availableParallelism } from "node:os";
import { type Executor, inProcess } from "../evaluate/executor.ts";
import {
  type EvaluationSetup,
  openPictureEvaluator,
  type PictureEvaluator,
  type PictureResult,
  type PictureTask,
} from "../evaluate/picture.ts";
import { type EngineName, openSession } from "../snn/engines/open-session.ts";
import { workerPool } from "./worker-pool.ts";

/** What a thread runs. */
export const evaluatorScript: URL = new URL("./evaluate-worker.js", import.meta.url);

/** Plain data: it is copied to every thread. */
export interface EvaluatorSetup {
  readonly setup: EvaluationSetup;
  readonly engine?: EngineName | undefined;
  /** On each network; by default one, since pictures are what runs in parallel. */
  readonly threads?: number;
}

export function openEvaluator({ setup, engine, threads = 1 }: EvaluatorSetup): Promise<PictureEvaluator> {
  return openPictureEvaluator(setup, (graph) => openSession(graph, { engine, threads }));
}

/** @param threads by default one a core. One thread is this one. */
export function threadExecutor(
  { setup, engine }: EvaluatorSetup,
  threads = availableParallelism(),
): Executor<PictureTask, PictureResult> {
  if (threads > 1) {
    return workerPool({ url: evaluatorScript, threads, setup: { setup, engine } satisfies EvaluatorSetup });
  }
  return {
    async *run(tasks) {
      const evaluator = await openEvaluator({ setup, engine });
      try {
        const { evaluate, prepare } = evaluator;
        yield* inProcess((task: PictureTask) => evaluate(task), prepare).run(tasks);
      } finally {
        await evaluator.dispose();
      }
    },
  };
}
