/** A run on the server, as its coordinator sees it: announced, kept alive, filled with jobs, and emptied of answers. */
import type { Queue } from "bullmq";
import type { ChainableCommander, Redis } from "ioredis";
import { version } from "../../core/version.ts";
import type { QueueAddress } from "./address.ts";
import { closeConnection, insist, loadQueueLibraries, openConnection, reasonOf } from "./client.ts";
import { claimPrefix, lastingKeys, type RunKeys, runKeys, runsKey, timeToLiveMs } from "./keys.ts";
import { type Lease, takeLease } from "./lease.ts";
import {
  type About,
  type Answer,
  answerSchema,
  type JobData,
  mostResultBytes,
  parsed,
  partBytes,
  workerStateSchema,
} from "./messages.ts";
import { sendSetup } from "./setup.ts";

export interface BoardOptions {
  readonly address: QueueAddress;
  readonly onRemark: (remark: string) => void;
  readonly onWorkers?: (workers: Workers) => void;
}

export interface Workers {
  readonly workers: number;
  readonly threads: number;
  /** Those that do not find a file, and which. */
  readonly lacks: readonly { readonly name: string; readonly file: string }[];
}

const nobody: Workers = { workers: 0, threads: 0, lacks: [] };

export interface Posted {
  readonly job: string;
  readonly data: JobData;
  /** The task's file, where it is sent along. */
  readonly file?: Uint8Array;
}

export type Gathered =
  | { readonly job: string; readonly answer: Answer }
  /** What is wrong with what stands there. */
  | { readonly job: string; readonly flaw: string };

export interface Board {
  workers(): Workers;
  /** Jobs that are there already stay as they are. */
  post(jobs: readonly Posted[]): Promise<void>;
  /** Some of the answers that wait; they stay until they are dropped. @throws EngineError where another took over. */
  gather(): Promise<readonly Gathered[]>;
  drop(jobs: readonly string[]): Promise<void>;
  /** Jobs that failed for good. */
  failures(): Promise<readonly { readonly job: string; readonly reason: string }[]>;
  /** Takes a job off, whatever became of it. */
  remove(job: string): Promise<void>;
  /** Those of the jobs that are neither to be done nor answered; now and then, else none. */
  lost(jobs: Iterable<string>): Promise<readonly string[]>;
  /** @param isDone whether nothing of the run need stay. */
  close(isDone: boolean): Promise<void>;
}

/** Tries of a task before it fails: by errors as by workers that die of it. */
export const mostTries = 3;

/** Between looks at who is there. */
const mostBeatMs = 2000;
const answersAtOnce = 256;
const answerBytesAtOnce = 32 * 2 ** 20;
/** BullMQ tells a stream what it does; nobody reads it. */
const eventsKept = 16;

/** @throws EngineError [E_QUEUE]. */
export async function openBoard(about: About, setup: Uint8Array, options: BoardOptions): Promise<Board> {
  const { address, onRemark } = options;
  const libraries = await loadQueueLibraries();
  const redis = await openConnection(libraries, address, onRemark);
  try {
    await claimPrefix(redis, address);
    const keys = runKeys(address.prefix, about.run);
    const insisted = <T>(act: () => Promise<T>) => insist(address, onRemark, act);
    const lease = await insisted(() => takeLease(redis, keys.lease, about.leaseMs, onRemark));
    await insisted(() => sendSetup(redis, keys.setup, setup, timeToLiveMs));
    const queue = new libraries.bullmq.Queue<JobData>(keys.queue, {
      connection: redis,
      prefix: address.prefix,
      streams: { events: { maxLen: eventsKept } },
    });
    queue.on("error", () => {});
    const life = keepAlive({ redis, keys, lease, queue, about, setup }, options);
    await insisted(life.beat);
    return board({ redis, keys, queue, about }, life, insisted, async (isDone) => {
      await life.end();
      await redis.del(keys.about);
      await lease.end();
      if (isDone) await removeRun(redis, queue, keys, address.prefix, about.run);
      await queue.close();
      closeConnection(redis);
    });
  } catch (error) {
    closeConnection(redis);
    throw error;
  }
}

interface Life {
  readonly beat: () => Promise<void>;
  /** What went wrong meanwhile. */
  readonly trouble: () => unknown;
  readonly workers: () => Workers;
  end(): Promise<void>;
}

interface RunOnServer {
  readonly redis: Redis;
  readonly keys: RunKeys;
  readonly queue: Queue<JobData>;
  readonly about: About;
}

/** Tells workers that the run is on, puts off the end of its keys, and counts workers. */
function keepAlive(
  { redis, keys, lease, queue, about, setup }: RunOnServer & { readonly lease: Lease; readonly setup: Uint8Array },
  { address, onRemark, onWorkers }: BoardOptions,
): Life {
  const parts = Math.ceil(setup.length / partBytes);
  let workers = nobody;
  let trouble: unknown;
  let beating: Promise<void> | undefined;
  let isTold = false;
  const beat = async () => {
    await lease.renew();
    // A server that lost its memory has lost this as well.
    if ((await redis.hlen(keys.setup)) < parts) await sendSetup(redis, keys.setup, setup, timeToLiveMs);
    const [seconds] = (await redis.time()) as unknown as [string | number];
    const now = Number(seconds) * 1000;
    const all = redis.pipeline();
    all.set(keys.about, JSON.stringify(about), "PX", 2 * about.leaseMs);
    all.zadd(runsKey(address.prefix), now, about.run);
    all.zremrangebyscore(runsKey(address.prefix), "-inf", now - timeToLiveMs);
    const lasting = [`${address.prefix}:kind`, runsKey(address.prefix), keys.setup, keys.answers, keys.workers];
    for (const key of [...lasting, ...lastingKeys(queue.keys)]) all.pexpire(key, timeToLiveMs);
    await executed(all);
    workers = await countWorkers(redis, keys);
    onWorkers?.(workers);
    isTold = false;
  };
  const timer = setInterval(
    () => {
      beating ??= beat()
        .catch((error) => {
          if ((error as { code?: string }).code === "E_QUEUE") trouble ??= error;
          else if (!isTold) onRemark(`${address.shown} does not take anything now: ${reasonOf(error)}. Trying again`);
          isTold = true;
        })
        .finally(() => {
          beating = undefined;
        });
    },
    Math.min(about.leaseMs / 4, mostBeatMs),
  );
  return {
    beat,
    trouble: () => trouble,
    workers: () => workers,
    async end() {
      clearInterval(timer);
      await beating;
    },
  };
}

async function countWorkers(redis: Redis, keys: RunKeys): Promise<Workers> {
  const names = await redis.smembers(keys.workers);
  if (names.length === 0) return nobody;
  const states = await redis.mget(names.map(keys.worker));
  const gone = names.filter((_, i) => states[i] === null);
  if (gone.length > 0) await redis.srem(keys.workers, ...gone);
  const known = states.flatMap((text) => parsed(workerStateSchema, text) ?? []);
  const lacks = known.flatMap(({ name, lacks: file }) => (file === undefined ? [] : { name, file }));
  return { workers: known.length, threads: known.reduce((sum, { threads }) => sum + threads, 0), lacks };
}

function board(
  { redis, keys, queue, about }: RunOnServer,
  life: Life,
  insisted: <T>(act: () => Promise<T>) => Promise<T>,
  close: Board["close"],
): Board {
  let checked = performance.now();
  return {
    workers: life.workers,
    close,
    post: (jobs) =>
      insisted(async () => {
        if (jobs.length === 0) return;
        const files = redis.pipeline();
        for (const { job, file } of jobs) if (file) files.set(keys.file(job), Buffer.from(file), "PX", timeToLiveMs);
        await executed(files);
        await queue.addBulk(
          jobs.map(({ job, data }) => ({
            name: "task",
            data,
            opts: {
              jobId: job,
              attempts: mostTries,
              backoff: { type: "fixed", delay: Math.ceil(about.leaseMs / 20) },
              removeOnComplete: true,
              stackTraceLimit: 0,
            },
          })),
        );
        const lives = redis.pipeline();
        for (const key of [...jobs.map(({ job }) => queue.toKey(job)), ...lastingKeys(queue.keys)])
          lives.pexpire(key, timeToLiveMs);
        await executed(lives);
      }),
    async gather() {
      if (life.trouble()) throw life.trouble();
      return insisted(() => readAnswers(redis, keys, about));
    },
    async drop(jobs) {
      if (jobs.length > 0)
        await insisted(async () => {
          await redis.hdel(keys.answers, ...jobs);
          await redis.del(...jobs.map(keys.file));
        });
    },
    failures: () =>
      insisted(async () => {
        const jobs = await queue.getFailed(0, answersAtOnce - 1);
        return jobs.flatMap((job) => (job?.id ? { job: job.id, reason: failureOf(job.failedReason) } : []));
      }),
    remove: (job) =>
      insisted(async () => {
        await queue.remove(job);
      }),
    async lost(jobs) {
      if (performance.now() - checked < about.leaseMs) return [];
      checked = performance.now();
      return insisted(() => findLost(redis, keys, queue, [...jobs]));
    },
  };
}

async function readAnswers(redis: Redis, keys: RunKeys, about: About): Promise<readonly Gathered[]> {
  const jobs = (await redis.hrandfield(keys.answers, answersAtOnce)) as string[];
  const lengths = redis.pipeline();
  for (const job of jobs) lengths.hstrlen(keys.answers, job);
  const sizes = (await executed(lengths)) as number[];
  const gathered: Gathered[] = [];
  const wanted: string[] = [];
  let bytes = 0;
  for (const [i, job] of jobs.entries()) {
    if (sizes[i] > mostResultBytes) gathered.push({ job, flaw: `it is ${sizes[i]} bytes long` });
    else if (wanted.length === 0 || bytes + sizes[i] <= answerBytesAtOnce) {
      wanted.push(job);
      bytes += sizes[i];
    }
  }
  const texts = wanted.length > 0 ? await redis.hmget(keys.answers, ...wanted) : [];
  for (const [i, job] of wanted.entries()) {
    const answer = parsed(answerSchema, texts[i]);
    if (!answer) gathered.push({ job, flaw: "it is none" });
    else if (answer.run !== about.run) gathered.push({ job, flaw: "it is of another run" });
    else if (answer.version !== version) gathered.push({ job, flaw: `it is of version ${answer.version}` });
    else gathered.push({ job, answer });
  }
  return gathered;
}

/** A worker answers before its job is done with. So what is no job any more has an answer, or is lost. */
async function findLost(
  redis: Redis,
  keys: RunKeys,
  queue: Queue<JobData>,
  jobs: readonly string[],
): Promise<readonly string[]> {
  const there = redis.pipeline();
  for (const job of jobs) there.pexpire(queue.toKey(job), timeToLiveMs);
  const isThere = await executed(there);
  const gone = jobs.filter((_, i) => isThere[i] !== 1);
  const answered = redis.pipeline();
  for (const job of gone) answered.hexists(keys.answers, job);
  const isAnswered = await executed(answered);
  return gone.filter((_, i) => isAnswered[i] !== 1);
}

/** BullMQ's own words for a job whose workers died. */
function failureOf(reason = "for no reason that was told"): string {
  return reason.includes("stalled more than")
    ? `the workers that had it were lost, ${mostTries} times`
    : `${reason} (tried ${mostTries} times)`;
}

async function removeRun(
  redis: Redis,
  queue: Queue<JobData>,
  keys: RunKeys,
  prefix: string,
  run: string,
): Promise<void> {
  await redis.zrem(runsKey(prefix), run);
  await redis.unlink(keys.setup, keys.answers, keys.workers);
  await queue.obliterate({ force: true });
  await redis.unlink(...Object.values(queue.keys));
}

/** @throws the first command's error. */
async function executed(pipeline: ChainableCommander): Promise<readonly unknown[]> {
  const replies = (await pipeline.exec()) ?? [];
  return replies.map(([error, value]) => {
    if (error) throw error;
    return value;
  });
}
