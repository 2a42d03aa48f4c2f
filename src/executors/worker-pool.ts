/** Tasks in worker threads: each thread is set up once and then does one task at a time. */
import { Worker } from "node:worker_threads";
import { EngineError } from "../core/errors.ts";
import type { Completed, Executor } from "../evaluate/executor.ts";

export interface WorkerPoolOptions {
  /** A JavaScript module that answers each {@link WorkerTask} with a {@link WorkerAnswer}. */
  readonly url: URL;
  /** Plain data, copied to every thread as its `workerData`. */
  readonly setup: unknown;
  readonly threads: number;
}

export interface WorkerTask<Task> {
  readonly index: number;
  readonly task: Task;
}

export type WorkerAnswer<Result> =
  | { readonly index: number; readonly result: Result }
  | { readonly failure: WorkerFailure };

/** An error as it crosses threads. */
export interface WorkerFailure {
  readonly code?: string;
  readonly message: string;
}

/**
 * Threads are started when a run begins and ended with it.
 * @throws EngineError with the code of the thread's error, or [E_ENGINE] where it has none.
 */
export function workerPool<Task, Result>({ url, setup, threads }: WorkerPoolOptions): Executor<Task, Result> {
  return {
    async *run(tasks) {
      const answers: Completed<Result>[] = [];
      let failure: WorkerFailure | undefined;
      let next = 0;
      let wake = () => {};

      const give = (worker: Worker) => {
        if (next >= tasks.length) return;
        worker.postMessage({ index: next, task: tasks[next] } satisfies WorkerTask<Task>);
        next++;
      };
      const fail = (reason: WorkerFailure) => {
        failure ??= reason;
        wake();
      };
      const start = (): Worker => {
        const worker = new Worker(url, { workerData: setup });
        worker.on("message", (answer: WorkerAnswer<Result>) => {
          if ("failure" in answer) return fail(answer.failure);
          answers.push({ task: answer.index, result: answer.result });
          give(worker);
          wake();
        });
        worker.on("error", fail);
        worker.on("exit", (code) => fail({ message: `a worker thread ended with code ${code}` }));
        give(worker);
        return worker;
      };

      const workers = Array.from({ length: Math.min(threads, tasks.length) }, start);
      try {
        for (let received = 0; received < tasks.length; ) {
          const answer = answers.shift();
          if (answer) {
            received++;
            yield answer;
          } else if (failure !== undefined) {
            throw new EngineError(errorCode(failure), failure.message);
          } else {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
        }
      } finally {
        await Promise.all(workers.map((worker) => worker.terminate()));
      }
    },
  };
}

/** Codes of ours begin with E_; Node.js's own (ERR_…) mean nothing to a user. */
function errorCode({ code }: WorkerFailure): string {
  return code?.startsWith("E_") ? code : "E_ENGINE";
}
