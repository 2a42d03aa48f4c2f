/** A worker's part in one run: takes its tasks, as many at a time as there are threads, and answers them. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Job, Worker } from "bullmq";
import type { Redis } from "ioredis";
import { version } from "../../core/version.ts";
import type { PictureTask } from "../../evaluate/picture.ts";
import { taskSchema } from "../../evaluate/picture-schema.ts";
import type { QueueAddress } from "./address.ts";
import { mostTries } from "./board.ts";
import { insist, type QueueLibraries, reasonOf } from "./client.ts";
import { lastingKeys, type RunKeys, runsKey, timeToLiveMs } from "./keys.ts";
import { type About, type Answer, type JobData, jobSchema, mostResultBytes, type WorkerState } from "./messages.ts";
import { taskFile } from "./task-files.ts";

/** What does a run's tasks. */
export interface Work {
  /** @throws Error where it cannot be done, or not in time. */
  do(task: PictureTask, limitMs: number): Promise<unknown>;
  close(): Promise<void>;
}

export interface ServedRun {
  readonly about: About;
  readonly work: Work;
  /** This worker's, unique on the server. */
  readonly name: string;
  readonly keys: RunKeys;
}

export interface ServeRunOptions {
  readonly address: QueueAddress;
  readonly threads: number;
  readonly folder?: string;
  readonly signal: AbortSignal;
  readonly onRemark: (remark: string) => void;
  /** Whether another run has something to do. */
  readonly hasOthers: () => Promise<boolean>;
}

const lookMs = 500;
/** Without a task of this run for so long, others are looked for. */
const restMs = 2000;
/** Of a worker that lacks files, between tries; it doubles from the first on. */
const shortestRestMs = 250;
const longestRestMs = 30_000;

/** Until the run is over, or has nothing to do while others have, or the signal comes. @returns tasks done. */
export async function serveRun(
  libraries: QueueLibraries,
  redis: Redis,
  run: ServedRun,
  options: ServeRunOptions,
): Promise<number> {
  const { about, keys, name } = run;
  const { address, threads, signal, onRemark, hasOthers } = options;
  const state = { done: 0, active: 0, lastTask: performance.now(), lacks: undefined as string | undefined };
  const lacking = restOnLack(run, state, onRemark);
  const worker: Worker<JobData> = new libraries.bullmq.Worker<JobData>(
    keys.queue,
    async (job, token) => {
      state.active++;
      try {
        const text = await answer(libraries, redis, run, options, job);
        if (text === undefined) {
          lacking.rest(worker, job.data.name);
          await job.moveToDelayed(Date.now() + shortestRestMs, token);
          throw new libraries.bullmq.DelayedError();
        }
        // The first answer stays: whoever comes later found the same.
        await insist(address, onRemark, () => redis.hsetnx(keys.answers, job.id as string, text));
        await redis.pexpire(keys.answers, timeToLiveMs);
        lacking.found(worker);
        state.done++;
      } finally {
        state.active--;
        state.lastTask = performance.now();
      }
    },
    {
      connection: redis,
      prefix: address.prefix,
      concurrency: threads,
      lockDuration: about.leaseMs,
      stalledInterval: Math.ceil(about.leaseMs / 2),
      maxStalledCount: mostTries - 1,
      drainDelay: 1,
      runRetryDelay: 1000,
    },
  );
  // What goes wrong with the connection is told by it, and tried again; what goes wrong with a job, by its failure.
  worker.on("error", () => {});
  worker.on("failed", (job, error) => onRemark(`${job?.name ?? "a task"} failed: ${reasonOf(error)}`));
  const beat = presence(redis, run, lastingKeys(worker.keys), () => ({
    ...{ name, threads },
    ...(state.lacks === undefined ? {} : { lacks: state.lacks }),
  }));
  try {
    while (!signal.aborted) {
      await sleep(lookMs, undefined, { signal }).catch(() => {});
      // Commands wait for a server that is gone; the signal does not.
      if (redis.status !== "ready") continue;
      if ((await redis.exists(keys.about)) === 0) break;
      const isResting = state.active === 0 && performance.now() - state.lastTask > restMs;
      if (isResting && (await hasOthers())) break;
    }
  } finally {
    lacking.end();
    // A server that is gone hears nothing of it: what was under way is redelivered.
    await worker.close(redis.status !== "ready");
    await beat.end(redis.status === "ready");
    if (redis.status === "ready") await forgetDoneRun(redis, address.prefix, about.run, worker).catch(() => {});
  }
  return state.done;
}

/**
 * BullMQ looks for stalled tasks now and then, and writes down that it did: also where the coordinator has removed the run a moment ago.
 * A run whose coordinator is merely gone is still in the list, and keeps all that it has.
 */
async function forgetDoneRun(redis: Redis, prefix: string, run: string, { keys }: Worker<JobData>): Promise<void> {
  if ((await redis.zscore(runsKey(prefix), run)) === null) await redis.unlink(...Object.values(keys));
}

/** The text of the answer; undefined where this worker does not come to the task's file. */
async function answer(
  { bullmq }: QueueLibraries,
  redis: Redis,
  { about, work, name, keys }: ServedRun,
  { folder }: ServeRunOptions,
  job: Job<JobData>,
): Promise<string | undefined> {
  const data = jobSchema.safeParse(job.data).data;
  const task = data && taskSchema.safeParse(data.task).data;
  if (!task || data.run !== about.run) throw new bullmq.UnrecoverableError("it is no task of this run");
  const whereabouts = { path: data.path, name: data.name, key: keys.file(job.id as string) };
  const file = await taskFile(redis, about.files, whereabouts, folder);
  if (file === undefined) return undefined;
  const result = await work.do({ ...task, bytes: file }, about.limitMs);
  const text = JSON.stringify({ run: about.run, version, id: task.id, worker: name, result } satisfies Answer);
  const length = Buffer.byteLength(text);
  if (length > mostResultBytes)
    throw new bullmq.UnrecoverableError(`its result is ${length} bytes long, at most ${mostResultBytes} are taken`);
  return text;
}

/**
 * A worker that lacks a file says so once, and leaves tasks to others for a while: one that lacks them all would else take
 * and give back every task, faster than those that can do them.
 */
function restOnLack(
  { about, name }: ServedRun,
  state: { lacks: string | undefined },
  onRemark: (remark: string) => void,
) {
  let restMs = shortestRestMs;
  let timer: NodeJS.Timeout | undefined;
  return {
    rest(worker: Worker, file: string) {
      if (state.lacks === undefined)
        onRemark(
          `${file} of run ${about.run.slice(0, 8)} is not to be found here: its task goes to another worker than ${name}. --pictures says where they are`,
        );
      state.lacks = file;
      if (timer) return;
      void worker.pause(true);
      timer = setTimeout(() => {
        timer = undefined;
        void worker.resume();
      }, restMs);
      restMs = Math.min(2 * restMs, longestRestMs);
    },
    found(worker: Worker) {
      restMs = shortestRestMs;
      state.lacks = undefined;
      if (!timer) return;
      clearTimeout(timer);
      timer = undefined;
      void worker.resume();
    },
    end() {
      clearTimeout(timer);
    },
  };
}

/** Tells the coordinator that this worker is there, for as long as it tells. */
function presence(redis: Redis, { keys, about }: ServedRun, lasting: readonly string[], state: () => WorkerState) {
  /** BullMQ's keys that became empty come again without an end, and the coordinator may be gone. */
  const putOffEnds = async () => {
    const ends = redis.pipeline();
    for (const key of [keys.workers, ...lasting]) ends.pexpire(key, timeToLiveMs);
    await ends.exec();
  };
  const beat = async () => {
    const { name } = state();
    await redis.sadd(keys.workers, name);
    await redis.set(keys.worker(name), JSON.stringify(state()), "PX", about.leaseMs);
    await putOffEnds();
  };
  let beating: Promise<void> | undefined;
  const start = () => {
    beating ??= beat()
      .catch(() => {})
      .finally(() => {
        beating = undefined;
      });
  };
  start();
  const timer = setInterval(start, about.leaseMs / 4);
  return {
    async end(isServerThere: boolean) {
      clearInterval(timer);
      if (!isServerThere) return;
      await beating;
      const { name } = state();
      await redis
        .multi()
        .srem(keys.workers, name)
        .del(keys.worker(name))
        .exec()
        .catch(() => {});
      await putOffEnds().catch(() => {});
    },
  };
}
