/** Runs on a queue whose work is no network: for what goes wrong between machines, and for measuring the queue itself. */
import { createHash } from "node:crypto";
import { version } from "../src/core/version.ts";
import type { PictureTask } from "../src/evaluate/picture.ts";
import { parseQueueAddress } from "../src/executors/queue/address.ts";
import type { BoardOptions } from "../src/executors/queue/board.ts";
import { type QueuedRun, queueExecutor } from "../src/executors/queue/coordinator.ts";
import type { About } from "../src/executors/queue/messages.ts";
import { type ServeOptions, serveQueue } from "../src/executors/queue/serve.ts";
import type { Work } from "../src/executors/queue/serve-run.ts";

export interface FakeRunOptions extends Partial<Omit<BoardOptions, "address">> {
  readonly url: string;
  /** What tells it from others. */
  readonly name: string;
  /** A file that exists: every task's. */
  readonly path: string;
  readonly about?: Partial<About>;
}

const digest = (text: string) => createHash("sha256").update(text).digest("hex");

/** Task i of a run. */
export function fakeTasks(count: number, path: string): readonly PictureTask[] {
  return Array.from({ length: count }, (_, i) => ({ id: `p${i}`, path }));
}

/** A result is its task's id, or why there is none. */
export function fakeRun({ name, path, about }: FakeRunOptions): QueuedRun<PictureTask, string> {
  const setup = new TextEncoder().encode(`setup of ${name}`);
  const run = digest(name);
  return {
    setup,
    about: {
      ...{ version, run, setup: { name: digest(`${name} setup`), bytes: setup.length } },
      ...{ leaseMs: 400, limitMs: 60_000, files: { from: "path" }, ...about },
    },
    prepare: async (task) => ({ data: { run, path, name: "file", task } }),
    check(result) {
      if (typeof result !== "string") throw new Error("it is no text");
      return result;
    },
    failed: (_, reason) => `failed: ${reason}`,
  };
}

/** All results in order; a task that came twice is an error. */
export async function coordinate(count: number, options: FakeRunOptions): Promise<readonly string[]> {
  const { url, onRemark = () => {}, ...rest } = options;
  const executor = queueExecutor(fakeRun(options), { address: parseQueueAddress(url), onRemark, ...rest });
  const results: string[] = [];
  for await (const { task, result } of executor.run(fakeTasks(count, options.path))) {
    if (results[task] !== undefined) throw new Error(`task ${task} came twice`);
    results[task] = result;
  }
  return results;
}

/** A worker in this process; `end` ends it after its tasks. */
export function startWorker(url: string, work: Work["do"], options: Partial<ServeOptions> = {}) {
  const ending = new AbortController();
  const ended = serveQueue({
    ...{ address: parseQueueAddress(url), threads: 1, signal: ending.signal, onRemark: () => {} },
    openWork: async () => ({ do: work, close: async () => {} }),
    ...options,
  });
  return {
    ended,
    end: () => {
      ending.abort();
      return ended;
    },
  };
}
