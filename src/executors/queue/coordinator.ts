/**
 * An evaluation's tasks on a queue that workers anywhere take from. Tasks go in as many at a time as workers can hold;
 * answers are kept on the server until this side has written them down; what gets lost on the way is put in again.
 *
 * Every answer is checked and counts once, whoever gives it and however often: see docs/many-machines.md.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Completed, Executor } from "../../evaluate/executor.ts";
import { type Board, type BoardOptions, mostTries, openBoard, type Posted } from "./board.ts";
import { jobName } from "./keys.ts";
import type { About } from "./messages.ts";

/** What is to be run, as the queue needs to know it. */
export interface QueuedRun<Task, Result> {
  readonly about: About;
  /** The setup, as workers open it. */
  readonly setup: Uint8Array;
  /** What a task's worker is sent, or its result where there is no need of a worker. */
  prepare(task: Task): Promise<Omit<Posted, "job"> | { readonly result: Result }>;
  /** @throws Error saying what is wrong with it. */
  check(result: unknown): Result;
  /** What counts for a task that failed for good. */
  failed(task: Task, reason: string): Result;
}

/** Tasks that are out: enough that no thread waits, few enough for any server. */
const tasksPerThread = 4;
const fewestOut = 64;
const mostOut = 4096;
/** Of files that were sent along and not yet used. */
const mostBytesOut = 256 * 2 ** 20;
const postedAtOnce = 64;
/** Between looks at the server when it had nothing new. */
const pauseMs = 20;

/** @throws EngineError [E_QUEUE]. */
export function queueExecutor<Task extends { readonly id: string }, Result>(
  run: QueuedRun<Task, Result>,
  options: BoardOptions,
): Executor<Task, Result> {
  return {
    async *run(tasks) {
      const board = await openBoard(run.about, run.setup, options);
      let isDone = false;
      try {
        yield* distribute(board, tasks, run, options.onRemark);
        isDone = true;
      } finally {
        await board.close(isDone);
      }
    },
  };
}

/** Tasks by their jobs' names, as far as they have no result yet. */
type Pending = Map<string, number>;

async function* distribute<Task extends { readonly id: string }, Result>(
  board: Board,
  tasks: readonly Task[],
  run: QueuedRun<Task, Result>,
  onRemark: BoardOptions["onRemark"],
): AsyncGenerator<Completed<Result>> {
  const pending: Pending = new Map(tasks.map(({ id }, index) => [jobName(id), index]));
  /** Bytes that were sent along, by job. */
  const out = new Map<string, number>();
  const flaws = new Map<string, number>();
  const waiting = [...pending.keys()];

  const finish = (job: string, result: Result): Completed<Result>[] => {
    const task = pending.get(job);
    pending.delete(job);
    out.delete(job);
    return task === undefined ? [] : [{ task, result }];
  };
  /** Puts tasks in, and gives the results of those that need no worker. */
  const post = async (jobs: readonly string[]): Promise<Completed<Result>[]> => {
    const prepared = await Promise.all(
      jobs.map(async (job) => ({ job, ...(await run.prepare(tasks[pending.get(job) as number])) })),
    );
    const posted = prepared.flatMap((item) => ("result" in item ? [] : [item]));
    await board.post(posted);
    for (const { job, file } of posted) out.set(job, file?.length ?? 0);
    return prepared.flatMap((item) => ("result" in item ? finish(item.job, item.result) : []));
  };
  const take = (): string[] => {
    const room = Math.min(mostOut, Math.max(fewestOut, tasksPerThread * board.workers().threads)) - out.size;
    const isFull = [...out.values()].reduce((sum, bytes) => sum + bytes, 0) >= mostBytesOut;
    return isFull || room <= 0 ? [] : waiting.splice(0, Math.min(room, postedAtOnce)).filter((job) => pending.has(job));
  };
  /** An answer that is none counts as a try. */
  const refuse = async (job: string, flaw: string): Promise<Completed<Result>[]> => {
    const tries = (flaws.get(job) ?? 0) + 1;
    flaws.set(job, tries);
    const task = tasks[pending.get(job) as number];
    onRemark(`an answer to ${task.id} does not count: ${flaw}`);
    await board.remove(job);
    if (tries < mostTries) return post([job]);
    return finish(job, run.failed(task, `its answer does not count: ${flaw} (tried ${mostTries} times)`));
  };

  while (pending.size > 0) {
    const jobs = take();
    yield* await post(jobs);
    const gathered = await board.gather();
    const drop: string[] = [];
    for (const { job, ...item } of gathered) {
      const task = tasks[pending.get(job) ?? -1];
      // Else of a task that has its result, or that nobody asked for.
      if (task) {
        const checked = "flaw" in item ? item : checkAnswer(item.answer, task.id, run);
        if ("flaw" in checked) {
          await board.drop([job]);
          yield* await refuse(job, checked.flaw);
          continue;
        }
        yield* finish(job, checked.result);
      }
      drop.push(job);
    }
    // Not before they are written down.
    await board.drop(drop);
    for (const { job, reason } of await board.failures()) {
      const task = tasks[pending.get(job) ?? -1];
      if (task) yield* finish(job, run.failed(task, reason));
      await board.remove(job);
    }
    yield* await post(await board.lost(out.keys()));
    if (jobs.length + gathered.length === 0) await sleep(pauseMs);
  }
}

function checkAnswer<Result>(
  answer: { readonly id: string; readonly result: unknown },
  id: string,
  run: Pick<QueuedRun<never, Result>, "check">,
): { readonly result: Result } | { readonly flaw: string } {
  if (answer.id !== id) return { flaw: "it is another task's" };
  try {
    return { result: run.check(answer.result) };
  } catch (error) {
    return { flaw: (error as Error).message };
  }
}
