/** A real server of the queue, on a free port, with an append-only file where it is to survive being killed. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";

export const serverProgram = ["valkey-server", "redis-server"].find((name) => !spawnSync(name, ["--version"]).error);

if (!serverProgram)
  console.log("skipped: neither valkey-server nor redis-server is installed (apt-get install redis-server)");

export interface TestServer {
  readonly port: number;
  /** Without user and password. */
  readonly url: string;
  /** For tests that look at what is there. */
  readonly client: Redis;
  kill(): Promise<void>;
  /** After it was killed. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export async function startServer(...options: readonly string[]): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), "queue-server-"));
  const port = await freePort();
  let child: ChildProcess | undefined;
  const client = new Redis(port, { lazyConnect: true, maxRetriesPerRequest: null });
  client.on("error", () => {});
  const start = async () => {
    const args = ["--port", String(port), "--dir", folder, "--save", "", "--bind", "127.0.0.1", ...options];
    child = spawn(serverProgram as string, args, { stdio: "ignore" });
    for (let tries = 0; tries < 200 && !(await answers(port)); tries++) await sleep(25);
  };
  const kill = async () => {
    const ended = new Promise((done) => child?.once("exit", done));
    child?.kill("SIGKILL");
    await ended;
  };
  await start();
  return {
    ...{ port, client, start, kill },
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      client.disconnect();
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function answers(port: number): Promise<boolean> {
  const probe = new Redis(port, { lazyConnect: true, retryStrategy: () => null });
  probe.on("error", () => {});
  try {
    await probe.connect();
    return true;
  } catch {
    return false;
  } finally {
    probe.disconnect();
  }
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => done(port));
    });
  });
}
