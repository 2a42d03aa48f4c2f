/**
 * A worker: finds runs on the server, opens the networks of one, and does its tasks until there are none, then another's.
 *
 * It runs nothing that comes through the queue but tasks of an evaluation, each checked before it is begun.
 */
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import { SpikingYoloError } from "../../core/errors.ts";
import { version } from "../../core/version.ts";
import type { QueueAddress } from "./address.ts";
import { closeConnection, loadQueueLibraries, openConnection, type QueueLibraries } from "./client.ts";
import { claimPrefix, runKeys, runsKey } from "./keys.ts";
import { type About, parseAbout } from "./messages.ts";
import { type ServedRun, serveRun, type Work } from "./serve-run.ts";
import { fetchSetup } from "./setup.ts";

export interface ServeOptions {
  readonly address: QueueAddress;
  readonly threads: number;
  /** Where this machine has the files of runs, instead of where runs say. */
  readonly folder?: string;
  /** Ends it after its tasks. */
  readonly signal: AbortSignal;
  /** Ends it after so long without a task; never by default. */
  readonly idleMs?: number;
  readonly onRemark: (remark: string) => void;
  /** Opens what a run needs. @throws SpikingYoloError for a setup that is none. */
  readonly openWork: (setup: Uint8Array, about: About) => Promise<Work>;
}

export interface ServedTasks {
  readonly done: number;
  readonly runs: number;
}

/** Between looks for runs. */
const lookMs = 500;
/** Runs looked at; more at a time there are not. */
const mostRuns = 1000;

/** @throws EngineError [E_QUEUE]. */
export async function serveQueue(options: ServeOptions): Promise<ServedTasks> {
  const { address, signal, onRemark, idleMs = Number.POSITIVE_INFINITY } = options;
  const libraries = await loadQueueLibraries();
  const redis = await openConnection(libraries, address, onRemark);
  const worker = await openWorker(libraries, redis, options);
  let lastTask = performance.now();
  try {
    await claimPrefix(redis, address);
    while (!signal.aborted && performance.now() - lastTask < idleMs) {
      const about = await worker.nextRun();
      if (about && (await worker.serve(about)) > 0) lastTask = performance.now();
      else await sleep(lookMs, undefined, { signal }).catch(() => {});
    }
    return worker.served();
  } finally {
    await worker.close();
    closeConnection(redis);
  }
}

async function openWorker(libraries: QueueLibraries, redis: Redis, options: ServeOptions) {
  const { address, onRemark, openWork } = options;
  const name = `${hostname()}-${process.pid}`;
  const told = new Set<string>();
  const tell = (remark: string) => {
    if (!told.has(remark)) onRemark(remark);
    told.add(remark);
  };
  /** The networks that are open: those of the last run, which may come again. */
  let open: { readonly setup: string; readonly work: Work } | undefined;
  let last = "";
  let [done, runs] = [0, 0];

  const close = async () => {
    await open?.work.close();
    open = undefined;
  };
  const openRun = async (about: About): Promise<Work> => {
    const setup = `${about.setup.name} ${about.engine}`;
    if (open?.setup === setup) return open.work;
    await close();
    onRemark(`run ${about.run.slice(0, 8)}: opening its networks (${Math.ceil(about.setup.bytes / 2 ** 20)} MiB)`);
    const work = await openWork(
      await fetchSetup(redis, runKeys(address.prefix, about.run).setup, about.setup.bytes),
      about,
    );
    open = { setup, work };
    return work;
  };
  return {
    close,
    served: (): ServedTasks => ({ done, runs }),
    /** The one after the last, among those that have something to do if there are any. */
    async nextRun(): Promise<About | undefined> {
      const found = await findRuns(redis, address.prefix);
      for (const { about } of found)
        if (about && about.version !== version)
          tell(
            `run ${about.run.slice(0, 8)} is of version ${about.version}, this is ${version}: nothing of it is taken`,
          );
      if (found.some(({ about }) => !about))
        tell("a run is of a version that this one does not understand: nothing of it is taken");
      const usable = found.flatMap(({ about, jobs }) => (about?.version === version ? { about, jobs } : []));
      // Where none waits, somebody has to see to it that tasks of workers that died come again.
      const busy = usable.filter(({ jobs }) => jobs > 0);
      const among = busy.length > 0 ? busy : usable;
      return (among.find(({ about }) => about.run > last) ?? among[0])?.about;
    },
    /** Tasks that were done. */
    async serve(about: About): Promise<number> {
      last = about.run;
      let work: Work;
      try {
        work = await openRun(about);
      } catch (error) {
        // Its coordinator may be sending it still, or have ended.
        if (!(error instanceof SpikingYoloError)) throw error;
        tell(`run ${about.run.slice(0, 8)} cannot be opened: ${error.message}`);
        return 0;
      }
      const run: ServedRun = { about, work, name, keys: runKeys(address.prefix, about.run) };
      runs++;
      const ofRun = await serveRun(libraries, redis, run, {
        ...options,
        hasOthers: async () =>
          (await findRuns(redis, address.prefix)).some(
            ({ about: other, jobs }) => other?.version === version && other.run !== about.run && jobs > 0,
          ),
      });
      done += ofRun;
      return ofRun;
    },
  };
}

interface FoundRun {
  /** Undefined where it is nothing that we understand. */
  readonly about: About | undefined;
  /** That wait to be done. */
  readonly jobs: number;
}

/** Runs whose coordinators are there. */
async function findRuns(redis: Redis, prefix: string): Promise<readonly FoundRun[]> {
  const runs = await redis.zrange(runsKey(prefix), 0, String(mostRuns - 1));
  if (runs.length === 0) return [];
  const keys = runs.map((run) => runKeys(prefix, run));
  const texts = await redis.mget(keys.map(({ about }) => about));
  const found: FoundRun[] = [];
  for (const [i, text] of texts.entries()) {
    if (text === null) continue;
    const queue = `${prefix}:${keys[i].queue}`;
    const jobs = (await redis.llen(`${queue}:wait`)) + (await redis.zcard(`${queue}:delayed`));
    const about = parseAbout(text);
    // Told of another run than the one that it stands for: nothing that we made.
    found.push({ about: about?.run === runs[i] ? about : undefined, jobs });
  }
  return found;
}
