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
  | { readonly index: number; readonly error: string };

/** Threads are started when a run begins and ended with it. @throws EngineError [E_ENGINE] where one fails. */
export function workerPool<Task, Result>({ url, setup, threads }: WorkerPoolOptions): Executor<Task, Result> {
  return {
    async *run(tasks) {
      const answers: Completed<Result>[] = [];
      let failure: string | undefined;
      let next = 0;
      let wake = () => {};

      const give = (worker: Worker) => {
        if (next >= tasks.length) return;
        worker.postMessage({ index: next, task: tasks[next] } satisfies WorkerTask<Task>);
        next++;
      };
      const fail = (reason: string) => {
        failure ??= reason;
        wake();
      };
      const start = (): Worker => {
        const worker = new Worker(url, { workerData: setup });
        worker.on("message", (answer: WorkerAnswer<Result>) => {
          if ("error" in answer) return fail(answer.error);
          answers.push({ task: answer.index, result: answer.result });
          give(worker);
          wake();
        });
        worker.on("error", (error) => fail(error.message));
        worker.on("exit", (code) => fail(`a worker thread ended with code ${code}`));
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
            throw new EngineError("E_ENGINE", failure);
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
