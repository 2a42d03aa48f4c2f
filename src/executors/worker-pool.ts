/** Tasks in worker threads, each of which takes the next one when it is done. */
import type { Completed, Executor } from "../evaluate/executor.ts";
import { startThread, type ThreadOptions, type WorkerThread } from "./worker-thread.ts";

export interface WorkerPoolOptions extends ThreadOptions {
  readonly threads: number;
}

/**
 * Threads are started when a run begins and ended with it.
 * @throws EngineError as the threads do.
 */
export function workerPool<Task, Result>({ threads, ...options }: WorkerPoolOptions): Executor<Task, Result> {
  return {
    async *run(tasks) {
      const answers: Completed<Result>[] = [];
      let failure: { readonly error: unknown } | undefined;
      let next = 0;
      let wake = () => {};

      const serve = async (thread: WorkerThread<Task, Result>) => {
        try {
          while (next < tasks.length) {
            const task = next++;
            answers.push({ task, result: await thread.work(tasks[task]) });
            wake();
          }
        } catch (error) {
          failure ??= { error };
          wake();
        }
      };

      const pool = Array.from({ length: Math.min(threads, tasks.length) }, () => startThread<Task, Result>(options));
      for (const thread of pool) void serve(thread);
      try {
        for (let received = 0; received < tasks.length; ) {
          const answer = answers.shift();
          if (answer) {
            received++;
            yield answer;
          } else if (failure) {
            throw failure.error;
          } else {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
        }
      } finally {
        await Promise.all(pool.map((thread) => thread.end()));
      }
    },
  };
}
