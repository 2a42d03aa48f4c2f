// @ts-check
/**
 * What the queue costs: tasks a second of the queue itself, and how near workers that sleep as long as a picture takes come to
 * what they could do. Workers are simulated in processes of 16 each.
 *
 *     npm run build && node bench/queue.js --tasks 2000 --sleep 200 --workers 64
 */
import { fork, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Redis } from "ioredis";

/** @param {string} path below src or dist. */
const built = (path) => import(new URL(`../dist/${path}.js`, import.meta.url).href);
/** @type {typeof import("../src/core/version.ts")} */
const { version } = await built("core/version");
/** @type {typeof import("../src/executors/queue/address.ts")} */
const { parseQueueAddress } = await built("executors/queue/address");
/** @type {typeof import("../src/executors/queue/coordinator.ts")} */
const { queueExecutor } = await built("executors/queue/coordinator");
/** @type {typeof import("../src/executors/queue/serve.ts")} */
const { serveQueue } = await built("executors/queue/serve");

const { values } = parseArgs({
  options: {
    tasks: { type: "string", default: "2000" },
    sleep: { type: "string", default: "200" },
    workers: { type: "string", default: "64" },
    port: { type: "string", default: "7380" },
    bytes: { type: "string", default: "2000" },
    serve: { type: "boolean", default: false },
  },
});
const [tasks, sleepMs, workers, port, bytes] = [
  values.tasks,
  values.sleep,
  values.workers,
  values.port,
  values.bytes,
].map(Number);
const address = parseQueueAddress(`redis://127.0.0.1:${port}`);
const perProcess = 16;

/** @param {number} threads */
async function serve(threads) {
  const ending = new AbortController();
  process.on("SIGTERM", () => ending.abort());
  const result = "x".repeat(bytes);
  await serveQueue({
    ...{ address, threads, signal: ending.signal, onRemark: () => {} },
    openWork: async () => ({ do: () => sleep(sleepMs, result), close: async () => {} }),
  });
}

async function coordinate() {
  const folder = mkdtempSync(join(tmpdir(), "queue-bench-"));
  const path = join(folder, "picture");
  writeFileSync(path, "a picture");
  const server = spawn("redis-server", ["--port", String(port), "--save", "", "--bind", "127.0.0.1"], {
    stdio: "ignore",
  });
  await sleep(500);
  const redis = new Redis(port);
  const processes = Array.from({ length: Math.ceil(workers / perProcess) }, (_, i) =>
    fork(import.meta.filename, [
      ...process.argv.slice(2),
      ...["--serve", "--workers", String(Math.min(perProcess, workers - i * perProcess))],
    ]),
  );
  const run = createHash("sha256").update(String(process.pid)).digest("hex");
  const setup = new Uint8Array(16);
  /** @type {import("../src/executors/queue/coordinator.ts").QueuedRun<{ id: string, path: string }, unknown>} */
  const queued = {
    setup,
    about: {
      ...{ version, run, setup: { name: run, bytes: setup.length } },
      ...{ leaseMs: 30_000, limitMs: 600_000, files: { from: "path" } },
    },
    prepare: async (task) => ({ data: { run, path, name: "picture", task } }),
    check: (result) => result,
    failed: (_, reason) => reason,
  };
  const list = Array.from({ length: tasks }, (_, i) => ({ id: `p${i}`, path }));
  let [first, done, peak] = [0, 0, 0];
  for await (const _ of queueExecutor(queued, { address, onRemark: console.error }).run(list)) {
    // Before that, workers find the run.
    if (done === Math.floor(tasks / 10)) first = performance.now();
    if (++done % 200 === 0) peak = Math.max(peak, Number(/used_memory:(\d+)/.exec(await redis.info("memory"))?.[1]));
  }
  const seconds = (performance.now() - first) / 1000;
  const perSecond = (tasks - Math.floor(tasks / 10)) / seconds;
  const ideal = sleepMs > 0 ? (workers * 1000) / sleepMs : Number.NaN;
  const mebibytes = (/** @type {number} */ number) => `${(number / 2 ** 20).toFixed(0)} MiB`;
  console.log(
    `${workers} workers, ${tasks} tasks of ${sleepMs} ms, ${bytes} bytes an answer: ${perSecond.toFixed(0)} tasks/s`,
  );
  if (sleepMs > 0) console.log(`efficiency ${((100 * perSecond) / ideal).toFixed(1)} %`);
  console.log(`coordinator ${mebibytes(process.memoryUsage().rss)}, server at most ${mebibytes(peak)}`);
  for (const child of processes) child.kill();
  redis.disconnect();
  server.kill();
  rmSync(folder, { recursive: true });
}

await (values.serve ? serve(workers) : coordinate());
