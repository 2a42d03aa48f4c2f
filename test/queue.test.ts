/** `evaluate --queue` and `worker` as users start them: processes that come, go and are killed, on a real server. */
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { program, type Result, runProgram } from "./program.ts";
import { serverProgram, startServer, type TestServer } from "./redis-server.ts";

const pictures = 40;
const evaluation = ["evaluate", "scenes", "--dataset", "voc:scenes", "--steps", "6", "--at", "2,6", "--json"];

describe.skipIf(!serverProgram)("evaluate --queue", () => {
  let folder: string;
  let server: TestServer;
  let local: Result;
  const children: ChildProcess[] = [];

  /** A worker's process; what it says grows in `said`. */
  function startWorker(...args: readonly string[]) {
    const child = spawn(process.execPath, [program, "worker", "--queue", server.url, "--threads", "1", ...args], {
      cwd: tmpdir(),
    });
    children.push(child);
    const worker = { child, said: "", ended: new Promise<number | null>((done) => child.on("exit", done)) };
    child.stderr.on("data", (text) => {
      worker.said += text;
    });
    return worker;
  }
  const coordinate = (...args: readonly string[]) => runProgram(folder, ...evaluation, "--queue", server.url, ...args);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "queue-"));
    server = await startServer("--appendonly", "yes", "--appendfsync", "always");
    await runProgram(folder, "scenes", "--count", String(pictures), "-o", "scenes");
    local = await runProgram(folder, ...evaluation, "--threads", "2");
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
  });
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  test("three workers give what one machine gives, to the last digit, and end cleanly", async () => {
    const workers = [startWorker(), startWorker(), startWorker()];
    const { code, stdout, stderr } = await coordinate();
    expect(code, stderr).toBe(0);
    expect(stdout).toBe(local.stdout);
    for (const { child } of workers) child.kill("SIGTERM");
    expect(await Promise.all(workers.map(({ ended }) => ended))).toEqual([0, 0, 0]);
    const done = workers.map(({ said }) => Number(/^(\d+) pictures? of \d runs? done$/m.exec(said)?.[1]));
    expect(done.reduce((sum, count) => sum + count)).toBe(pictures);
  });

  test("pictures come along, from an address, or from a folder of the worker's; one without them leaves tasks to others", async () => {
    const sent = startWorker();
    expect((await coordinate("--send-pictures")).stdout).toBe(local.stdout);
    sent.child.kill("SIGTERM");
    await sent.ended;

    const images = join(folder, "scenes/VOC2007/JPEGImages");
    const pages = createServer(({ url = "" }, response) => response.end(readFileSync(join(images, url.slice(1)))));
    await new Promise<void>((done) => pages.listen(0, "127.0.0.1", done));
    startWorker();
    const { port } = pages.address() as { port: number };
    const fetched = await coordinate("--pictures", `http://127.0.0.1:${port}/`);
    pages.close();
    expect(fetched.stdout, fetched.stderr).toBe(local.stdout);

    cpSync(images, join(folder, "copy"), { recursive: true });
    const without = startWorker("--pictures", resolve(folder, "nowhere"));
    startWorker("--pictures", join(folder, "copy"));
    const copied = await coordinate();
    expect(copied.stdout, copied.stderr).toBe(local.stdout);
    expect(without.said).toMatch(/is not to be found here: its task goes to another worker/);
  });

  test("kills of workers, coordinator and server lose nothing and count nothing twice", async () => {
    const journal = join(folder, "killed.jsonl");
    const finished = () => {
      try {
        return readFileSync(journal, "utf8").trim().split("\n").length - 1;
      } catch {
        return 0;
      }
    };
    const options = ["--resume", "killed.jsonl", "--lease", "1"];
    let workers = [startWorker(), startWorker()];
    for (const what of ["worker", "coordinator", "server"] as const) {
      const before = finished();
      const args = [program, ...evaluation, "--queue", server.url, ...options];
      const coordinator = spawn(process.execPath, args, { cwd: folder, stdio: "ignore" });
      children.push(coordinator);
      while (finished() < before + 4 && coordinator.exitCode === null) await sleep(5);
      if (what === "worker") {
        workers[0].child.kill("SIGKILL");
        workers = [...workers.slice(1), startWorker()];
      }
      if (what === "server") {
        await server.kill();
        await server.start();
      }
      coordinator.kill("SIGKILL");
      await sleep(100);
    }
    const { code, stdout, stderr } = await coordinate(...options);
    expect(code, stderr).toBe(0);
    expect(stdout).toBe(local.stdout);
    const lines = readFileSync(journal, "utf8").trim().split("\n").slice(1);
    expect(new Set(lines.map((line) => JSON.parse(line).entry.id)).size).toBe(pictures);
    expect(lines).toHaveLength(pictures);
  });

  test("a wrong password and options without a queue end in one line that holds no secret", async () => {
    const url = server.url.replace("redis://", "redis://me:secret@");
    for (const args of [
      ["worker", "--queue", url],
      [...evaluation, "--queue", url],
    ]) {
      const { code, stdout, stderr } = await runProgram(folder, ...args);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(/^error \[E_QUEUE\] redis:\/\/127.* does not accept the address's user and password$/m);
      expect(stderr).not.toMatch(/secret|me:/);
    }
    const lonely = await runProgram(folder, ...evaluation, "--send-pictures");
    expect(lonely).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/--send-pictures has a meaning with --queue/),
    });
  });
});
