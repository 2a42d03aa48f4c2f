/** A run's one coordinator: holds a key that expires with it, so that another can take its place, but none beside it. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import { EngineError } from "../../core/errors.ts";

export interface Lease {
  /** @throws EngineError [E_QUEUE] where another has taken over. */
  renew(): Promise<void>;
  end(): Promise<void>;
}

/** Renewed where it is ours or nobody's: a server that was gone may have forgotten it. */
const renewScript = `
local holder = redis.call("GET", KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2])
return 1`;

const endScript = `if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("DEL", KEYS[1]) end return 0`;

/**
 * Waits for the lease of a coordinator that was killed to end.
 * @throws EngineError [E_QUEUE] where one is alive.
 */
export async function takeLease(
  redis: Redis,
  key: string,
  leaseMs: number,
  onRemark: (remark: string) => void,
): Promise<Lease> {
  const holder = randomUUID();
  const renewed = async () => (await redis.eval(renewScript, 1, key, holder, leaseMs)) === 1;
  const deadline = performance.now() + 1.5 * leaseMs;
  for (let tries = 0; !(await renewed()); tries++) {
    if (performance.now() > deadline)
      throw new EngineError(
        "E_QUEUE",
        "another evaluate --queue with the same model, data set and options runs already",
      );
    if (tries === 0)
      onRemark(`waiting up to ${Math.ceil((1.5 * leaseMs) / 1000)} s for this run's last coordinator to be gone`);
    await sleep(Math.min(leaseMs / 8, 1000));
  }
  return {
    async renew() {
      if (!(await renewed()))
        throw new EngineError("E_QUEUE", "another evaluate --queue with the same model and data set has taken over");
    },
    async end() {
      await redis.eval(endScript, 1, key, holder);
    },
  };
}
