/** The queue's client libraries, loaded when they are asked for, and a connection that outlives its server's absence. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import { EngineError } from "../../core/errors.ts";
import type { QueueAddress } from "./address.ts";

/** The versions that this was tried with, as in package.json. */
const packages = "bullmq@6.7.0 ioredis@6.0.0";

export interface QueueLibraries {
  readonly bullmq: typeof import("bullmq");
  readonly ioredis: Pick<typeof import("ioredis"), "Redis">;
}

/** @throws EngineError [E_QUEUE] where they are not installed. */
export async function loadQueueLibraries(): Promise<QueueLibraries> {
  try {
    return { bullmq: await import("bullmq"), ioredis: await import("ioredis") };
  } catch (error) {
    if ((error as { code?: string }).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new EngineError(
      "E_QUEUE",
      `a queue needs packages that are not installed: npm install --ignore-scripts ${packages}`,
    );
  }
}

/** So long a server may take to be there at the start: both are often started together. */
const patienceMs = 20_000;

/**
 * Once it was open, commands wait for a server that is gone; `onRemark` hears that it is, and that it is back.
 * @throws EngineError [E_QUEUE] where there is no server, or it does not let us in.
 */
export async function openConnection(
  { ioredis }: QueueLibraries,
  { connection, shown }: QueueAddress,
  onRemark: (remark: string) => void,
): Promise<Redis> {
  let isOpen = false;
  let isGone = false;
  let lastError: Error | undefined;
  const redis = new ioredis.Redis({
    ...connection,
    lazyConnect: true,
    maxRetriesPerRequest: null,
    retryStrategy: (times) => (isOpen ? Math.min(50 * 2 ** Math.min(times, 6), 2000) : null),
  });
  redis.on("error", (error) => {
    lastError = error;
  });
  redis.on("close", () => {
    if (isOpen && !isGone) onRemark(`${shown} is gone${lastError ? ` (${reasonOf(lastError)})` : ""}: waiting for it`);
    isGone = true;
  });
  redis.on("ready", () => {
    if (isOpen && isGone) onRemark(`${shown} is back`);
    isGone = false;
    lastError = undefined;
  });
  const deadline = performance.now() + patienceMs;
  for (let tries = 0; !isOpen; tries++) {
    try {
      await redis.connect();
      await redis.ping();
      isOpen = true;
    } catch (error) {
      // A reply comes of a server that is there; what ioredis says of its own connection is less than the reason behind it.
      const reason = isReply(error) ? error : (lastError ?? (error as Error));
      if (isReply(reason) || performance.now() > deadline) {
        redis.disconnect();
        throw new EngineError("E_QUEUE", `${shown} cannot be used: ${reasonOf(reason)}`);
      }
      if (tries === 0) onRemark(`${shown} is not there yet (${reasonOf(reason)}): waiting for it`);
      await sleep(500);
    }
  }
  return redis;
}

/** Says nothing of being gone. */
export function closeConnection(redis: Redis): void {
  redis.removeAllListeners("close");
  redis.disconnect();
}

/** An error that the server answered with; LOADING only says that it is not ready. */
function isReply(error: unknown): error is Error {
  return error instanceof Error && error.name === "ReplyError" && !error.message.startsWith("LOADING");
}

/** Answers of a server that may be others later. */
const passing = /^(OOM|LOADING|MISCONF|READONLY|BUSY|TRYAGAIN|CLUSTERDOWN|MASTERDOWN|NOREPLICAS)\b/;

/** Their meaning, for people. */
const meanings: readonly (readonly [RegExp, string])[] = [
  [/^(WRONGPASS|NOAUTH)/, "it does not accept the address's user and password"],
  [/^NOPERM/, "this user may not use keys or commands that the queue needs"],
  [/^WRONGTYPE/, "keys with this prefix belong to something else. Name another prefix"],
  [/OOM command/, "its memory is full"],
];

/** One line, without what we sent. */
export function reasonOf(error: unknown): string {
  const message =
    error instanceof Error ? error.message || (error as { code?: string }).code || error.name : String(error);
  const meaning = meanings.find(([pattern]) => pattern.test(message))?.[1];
  return meaning ?? message.split("\n")[0];
}

/**
 * Does it again until the server can: it may be full for a while, or loading. What it refuses for good is an error.
 * @throws EngineError [E_QUEUE].
 */
export async function insist<T>(
  { shown }: QueueAddress,
  onRemark: (remark: string) => void,
  act: () => Promise<T>,
): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await act();
    } catch (error) {
      const message = (error as Error).message ?? "";
      if (!passing.test(message) && !/OOM command/.test(message)) {
        if ((error as Error).name === "ReplyError" || /^(ERR|NOPERM|WRONGTYPE)/.test(message))
          throw new EngineError("E_QUEUE", `${shown} cannot be used: ${reasonOf(error)}`);
        throw error;
      }
      if (tries === 0) onRemark(`${shown} does not take anything now: ${reasonOf(error)}. Trying again`);
      await sleep(Math.min(200 * 2 ** Math.min(tries, 5), 5000));
    }
  }
}
