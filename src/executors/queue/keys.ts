/** The keys on the server: all begin with the prefix, all have a time to live, none is anybody else's. */
import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import { EngineError } from "../../core/errors.ts";
import type { QueueAddress } from "./address.ts";
import { reasonOf } from "./client.ts";
import { queueKind } from "./messages.ts";

/** What nobody asks for any more is gone after a day; a run that was interrupted can be resumed until then. */
export const timeToLiveMs = 24 * 3_600_000;

export interface RunKeys {
  /** BullMQ's name of the run's queue. */
  readonly queue: string;
  /** What a run tells workers; there as long as its coordinator is. */
  readonly about: string;
  /** Who coordinates: there can be only one. */
  readonly lease: string;
  /** Hash: a setup's parts by number. */
  readonly setup: string;
  /** Hash: answers by job. */
  readonly answers: string;
  /** Set of workers' names; each has a key of its own that ends with it. */
  readonly workers: string;
  readonly worker: (name: string) => string;
  /** A file that was sent along. */
  readonly file: (job: string) => string;
}

/** Sorted set: runs by when they were last alive, in milliseconds of the server's clock. */
export function runsKey(prefix: string): string {
  return `${prefix}:runs`;
}

export function runKeys(prefix: string, run: string): RunKeys {
  const short = run.slice(0, 32);
  const at = (name: string) => `${prefix}:run:${short}:${name}`;
  return {
    queue: `tasks-${short}`,
    about: at("about"),
    lease: at("lease"),
    setup: at("setup"),
    answers: at("answers"),
    workers: at("workers"),
    worker: (name) => at(`worker:${name}`),
    file: (job) => at(`file:${job}`),
  };
}

/** BullMQ's keys of a queue, but for those whose end is what they mean. */
export function lastingKeys(keys: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(keys).flatMap(([name, key]) => (["stalled-check", "limiter"].includes(name) ? [] : key));
}

/** BullMQ's name of a task: the same whenever its run is resumed, and no number. */
export function jobName(id: string): string {
  return `t${createHash("sha256").update(id).digest("hex").slice(0, 32)}`;
}

/** @throws EngineError [E_QUEUE] where the prefix's keys are another program's, or of another format. */
export async function claimPrefix(redis: Redis, { prefix, shown }: QueueAddress): Promise<void> {
  const key = `${prefix}:kind`;
  let kind: string | null;
  try {
    await redis.set(key, queueKind, "PX", timeToLiveMs, "NX");
    kind = await redis.get(key);
    await redis.pexpire(key, timeToLiveMs);
    await redis.zcard(runsKey(prefix));
  } catch (error) {
    throw new EngineError("E_QUEUE", `${shown} cannot be used: ${reasonOf(error)}`);
  }
  if (kind !== queueKind)
    throw new EngineError("E_QUEUE", `${shown} cannot be used: its keys are another program's. Name another prefix`);
}
