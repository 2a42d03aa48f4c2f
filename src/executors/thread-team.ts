/** Worker threads for tasks that come one by one: at most one a thread at a time, and no task for ever. */
import { EngineError } from "../core/errors.ts";
import { startThread, type ThreadOptions, type WorkerThread } from "./worker-thread.ts";

export interface ThreadTeam<Task, Result> {
  /**
   * Gives it to a thread that is free; the caller has no more than `threads` under way.
   * @throws EngineError as the thread does, and [E_LIMIT] for what takes longer: its thread is ended, and replaced.
   */
  work(task: Task, limitMs: number): Promise<Result>;
  close(): Promise<void>;
}

export function threadTeam<Task, Result>(options: ThreadOptions): ThreadTeam<Task, Result> {
  const all = new Set<WorkerThread<Task, Result>>();
  const free: WorkerThread<Task, Result>[] = [];
  const start = () => {
    const thread = startThread<Task, Result>(options);
    all.add(thread);
    return thread;
  };
  const end = async (thread: WorkerThread<Task, Result>) => {
    all.delete(thread);
    await thread.end();
  };
  const take = (): WorkerThread<Task, Result> => {
    const thread = free.pop();
    if (!thread) return start();
    if (thread.isUsable()) return thread;
    all.delete(thread);
    return take();
  };
  return {
    async work(task, limitMs) {
      const thread = take();
      let timer: NodeJS.Timeout | undefined;
      const limit = new Promise<never>((_, reject) => {
        const message = `took longer than ${Math.round(limitMs / 1000)} seconds`;
        // A longer wait than a timer has is none.
        timer = setTimeout(() => reject(new EngineError("E_LIMIT", message)), Math.min(limitMs, 2 ** 31 - 1));
      });
      try {
        const result = await Promise.race([thread.work(task), limit]);
        free.push(thread);
        return result;
      } catch (error) {
        await end(thread);
        throw error;
      } finally {
        clearTimeout(timer);
      }
    },
    async close() {
      await Promise.all([...all].map(end));
    },
  };
}
