/** Runs what a journal does not have yet, and gives everybody's result: the part of an evaluation that can be interrupted. */
import type { Executor } from "./executor.ts";
import type { Journal } from "./journal.ts";

export interface Task {
  /** Unique in the run, and the same when it is resumed. */
  readonly id: string;
}

export interface RunTasksOptions<T extends Task, Result> {
  readonly executor: Executor<T, Result>;
  /** Without one, an interruption loses all. */
  readonly journal?: Journal<Result>;
  /** Results that need not stay: their tasks are tried again when the run is resumed. */
  readonly isPassing?: (result: Result) => boolean;
  /** `resumed` were in the journal, `done` of `pending` others are finished. */
  readonly onProgress?: (progress: {
    readonly resumed: number;
    readonly done: number;
    readonly pending: number;
  }) => void;
}

/** Results in the order of `tasks`, whoever finished first and however often the run was interrupted. */
export async function runTasks<T extends Task, Result>(
  tasks: readonly T[],
  { executor, journal, isPassing, onProgress }: RunTasksOptions<T, Result>,
): Promise<readonly Result[]> {
  const results = new Map<string, Result>();
  const pending: T[] = [];
  for (const task of tasks) {
    const finished = journal?.finished.get(task.id);
    if (finished === undefined) pending.push(task);
    else results.set(task.id, finished);
  }
  const resumed = results.size;
  let done = 0;
  onProgress?.({ resumed, done, pending: pending.length });
  if (pending.length > 0) {
    for await (const { task, result } of executor.run(pending)) {
      const { id } = pending[task];
      await journal?.record(id, result, isPassing?.(result));
      results.set(id, result);
      done++;
      onProgress?.({ resumed, done, pending: pending.length });
    }
  }
  return tasks.map(({ id }) => results.get(id) as Result);
}
