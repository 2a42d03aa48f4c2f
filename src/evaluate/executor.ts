/**
 * Who does the work of an evaluation: a list of independent tasks goes in, results come out as they are ready, in any order.
 * Here or in threads or on other machines: nothing else depends on it. Tasks and results are plain data.
 */
export interface Executor<Task, Result> {
  /** Every task's result once. Rejects where a task fails; stops what is under way when the iteration is left. */
  run(tasks: readonly Task[]): AsyncIterable<Completed<Result>>;
}

export interface Completed<Result> {
  /** Index into the list of tasks. */
  readonly task: number;
  readonly result: Result;
}

/**
 * One task after the other, right here.
 * @param prepare hears of the next task when work on one begins: what it starts goes on beside that work.
 */
export function inProcess<Task, Result>(
  work: (task: Task) => Promise<Result>,
  prepare: (next: Task) => void = () => {},
): Executor<Task, Result> {
  return {
    async *run(tasks) {
      for (const [index, task] of tasks.entries()) {
        const working = work(task);
        if (index + 1 < tasks.length) prepare(tasks[index + 1]);
        yield { task: index, result: await working };
      }
    },
  };
}
