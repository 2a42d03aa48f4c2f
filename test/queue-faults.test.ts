/** What goes wrong between a coordinator, workers and their server: a retry or one line, never a wrong number. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { parseQueueAddress } from "../src/executors/queue/address.ts";
import { jobName, runKeys } from "../src/executors/queue/keys.ts";
import { coordinate, fakeRun, fakeTasks, startWorker } from "./queue-work.ts";
import { serverProgram, startServer, type TestServer } from "./redis-server.ts";

const folder = mkdtempSync(join(tmpdir(), "queue-faults-"));
const path = join(folder, "file");
writeFileSync(path, "a picture");
afterAll(() => rmSync(folder, { recursive: true }));

const ids = (count: number) => fakeTasks(count, path).map(({ id }) => id);

describe.skipIf(!serverProgram)("a queue", () => {
  let server: TestServer;
  const workers: ReturnType<typeof startWorker>[] = [];
  const worker = (...args: Parameters<typeof startWorker>) => {
    const started = startWorker(...args);
    workers.push(started);
    return started;
  };
  const echo = async ({ id }: { id: string }) => id;

  beforeAll(async () => {
    server = await startServer("--appendonly", "yes", "--appendfsync", "always");
  });
  afterEach(async () => {
    await Promise.all(workers.splice(0).map(({ end }) => end()));
  });
  afterAll(() => server.stop());

  it("gives every task to one worker, keeps nothing, and ends its workers after their tasks", async () => {
    const counts = [0, 0, 0];
    const result = coordinate(200, { url: server.url, path, name: "plain" });
    await sleep(500);
    const keys = await server.client.keys("*");
    expect(keys.filter((key) => !key.startsWith("spiking-yolo:"))).toEqual([]);
    const ends = await Promise.all(keys.map((key) => server.client.pttl(key)));
    expect(keys.filter((_, i) => ends[i] === -1)).toEqual([]);
    for (const i of counts.keys()) {
      const work = ({ id }: { id: string }) => {
        counts[i]++;
        return sleep(5, id);
      };
      worker(server.url, work, { threads: i + 1 });
    }
    expect(await result).toEqual(ids(200));
    expect(counts.reduce((sum, count) => sum + count)).toBe(200);
    expect(Math.min(...counts)).toBeGreaterThan(0);
    const [one] = workers;
    expect(await one.end()).toMatchObject({ done: counts[0], runs: 1 });
    await Promise.all(workers.map(({ end }) => end()));
    expect((await server.client.keys("*")).filter((key) => !key.endsWith(":kind"))).toEqual([]);
  });

  it("tries a task that fails three times, then says why", async () => {
    const tried = new Map<string, number>();
    worker(server.url, async ({ id }) => {
      tried.set(id, (tried.get(id) ?? 0) + 1);
      if (id === "p3") throw new Error("out of memory");
      if (id === "p5" && tried.get(id) === 1) throw new Error("for once");
      return id;
    });
    const results = await coordinate(8, { url: server.url, path, name: "poison" });
    expect(results).toEqual(ids(8).with(3, "failed: out of memory (tried 3 times)"));
    expect([tried.get("p3"), tried.get("p5")]).toEqual([3, 2]);
  });

  it("gives a task of a worker that is silent to another, and what comes late counts once", async () => {
    // Its first task lasts longer than three leases, during which its process does nothing else.
    let isFirst = true;
    worker(server.url, async ({ id }) => {
      if (isFirst) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1400);
      isFirst = false;
      return id;
    });
    await sleep(50);
    const results = await coordinate(30, { url: server.url, path, name: "silent", about: { leaseMs: 400 } });
    expect(results).toEqual(ids(30));
  });

  it("takes no answer that is forged, damaged, of another task or run, or too long", async () => {
    const remarks: string[] = [];
    const name = "forged";
    const { about } = fakeRun({ url: server.url, path, name });
    const { answers } = runKeys("spiking-yolo", about.run);
    const forged = (id: string, changes: object) =>
      JSON.stringify({ run: about.run, version: about.version, id, worker: "eve", result: "wrong", ...changes });
    await server.client.hset(answers, {
      [jobName("p0")]: forged("p0", { run: "0".repeat(64) }),
      [jobName("p1")]: forged("p1", { version: "0.0.1" }),
      [jobName("p2")]: forged("p3", {}),
      [jobName("p4")]: forged("p4", { result: 5 }),
      [jobName("p5")]: "nonsense",
      [jobName("p6")]: "x".repeat(65 * 2 ** 20),
      [jobName("p7")]: forged("p7", { more: true }),
      unknown: forged("p8", {}),
    });
    const result = coordinate(12, { url: server.url, path, name, onRemark: (remark) => remarks.push(remark) });
    await sleep(300);
    worker(server.url, echo);
    expect(await result).toEqual(ids(12));
    expect(remarks.sort()).toEqual([
      "an answer to p0 does not count: it is of another run",
      "an answer to p1 does not count: it is of version 0.0.1",
      "an answer to p2 does not count: it is another task's",
      "an answer to p4 does not count: it is no text",
      "an answer to p5 does not count: it is none",
      `an answer to p6 does not count: it is ${65 * 2 ** 20} bytes long`,
      "an answer to p7 does not count: it is none",
    ]);
  });

  it("fails a task whose result is too long, or of which no answer ever counts", async () => {
    worker(server.url, async ({ id }) => (id === "p1" ? "x".repeat(65 * 2 ** 20) : id === "p2" ? 5 : id));
    // Writing it down keeps the process busy for longer than the other tests' leases.
    const results = await coordinate(4, { url: server.url, path, name: "long", about: { leaseMs: 8000 } });
    expect(results[1]).toMatch(/^failed: its result is 681\d{5} bytes long, at most 67108864 are taken/);
    expect(results[2]).toBe("failed: its answer does not count: it is no text (tried 3 times)");
    expect([results[0], results[3]]).toEqual(["p0", "p3"]);
  });

  it("leaves runs of other versions alone, in one line, and does others meanwhile", async () => {
    const remarks: string[] = [];
    const other = { url: server.url, path, name: "other", about: { version: "9.9.9" } };
    const left = coordinate(3, other).catch(String);
    worker(server.url, echo, { onRemark: (remark) => remarks.push(remark) });
    expect(await coordinate(5, { url: server.url, path, name: "ours" })).toEqual(ids(5));
    await sleep(600);
    const { run } = fakeRun(other).about;
    expect(remarks.filter((remark) => remark.includes("9.9.9"))).toEqual([
      `run ${run.slice(0, 8)} is of version 9.9.9, this is ${fakeRun({ ...other, about: {} }).about.version}: nothing of it is taken`,
    ]);
    // Told by its lease that another coordinates.
    await server.client.set(runKeys("spiking-yolo", run).lease, "somebody");
    expect(await left).toMatch(/has taken over/);
  });

  it("has one coordinator a run, and goes on from what one that was killed has left", async () => {
    const options = { url: server.url, path, name: "twice" };
    const first = coordinate(20, options);
    await sleep(150);
    await expect(coordinate(20, options)).rejects.toThrow(/runs already/);
    worker(server.url, echo);
    expect(await first).toEqual(ids(20));
  });

  it("goes on when its server was gone, and has told so once", async () => {
    const remarks: string[] = [];
    worker(server.url, async ({ id }) => sleep(5, id), { threads: 2 });
    const result = coordinate(300, { url: server.url, path, name: "gone", onRemark: (remark) => remarks.push(remark) });
    await sleep(700);
    await server.kill();
    await sleep(1500);
    await server.start();
    expect(await result).toEqual(ids(300));
    expect(remarks).toEqual([
      expect.stringMatching(/^redis:\/\/127\.0\.0\.1:\d+\/spiking-yolo is gone.*: waiting for it$/),
      expect.stringMatching(/ is back$/),
    ]);
  });

  it("goes on when its server has lost all", async () => {
    worker(server.url, async ({ id }) => sleep(5, id), { threads: 2 });
    const result = coordinate(200, { url: server.url, path, name: "flushed" });
    await sleep(600);
    await server.client.flushall();
    expect(await result).toEqual(ids(200));
  });

  it("waits while the server's memory is full", async () => {
    const remarks: string[] = [];
    const onRemark = (remark: string) => remarks.push(remark);
    worker(server.url, async ({ id }) => sleep(5, id), { threads: 2, onRemark });
    const result = coordinate(300, { url: server.url, path, name: "full", onRemark });
    await sleep(300);
    await server.client.config("SET", "maxmemory", "100kb");
    await sleep(1200);
    await server.client.config("SET", "maxmemory", "0");
    expect(await result).toEqual(ids(300));
    expect(remarks).toContainEqual(
      expect.stringMatching(/does not take anything now: its memory is full\. Trying again$/),
    );
  });

  it("uses no keys that are somebody else's", async () => {
    await server.client.set("foreign:kind", "an address book");
    await server.client.set("typed:runs", "an address book");
    for (const [prefix, reason] of [
      ["foreign", /its keys are another program's. Name another prefix/],
      ["typed", /keys with this prefix belong to something else. Name another prefix/],
    ] as const) {
      await expect(coordinate(2, { url: `${server.url}/${prefix}`, path, name: "keys" })).rejects.toThrow(reason);
      await expect(worker(`${server.url}/${prefix}`, echo).ended).rejects.toThrow(reason);
      workers.pop();
    }
    expect(await server.client.get("foreign:kind")).toBe("an address book");
  });

  it("says in one line, without secrets, that it is not let in", async () => {
    await server.client.call("ACL", "SETUSER", "narrow", "on", ">secret", "~other:*", "+@all");
    const at = (user: string, where = "") => server.url.replace("redis://", `redis://${user}@`) + where;
    for (const [url, reason] of [
      [at("narrow:wrong"), /it does not accept the address's user and password$/],
      [at("narrow:secret"), /this user may not use keys or commands that the queue needs$/],
    ] as const) {
      const error = await coordinate(2, { url, path, name: "keys" }).catch((reason: Error) => reason);
      expect(error).toMatchObject({ code: "E_QUEUE", message: expect.stringMatching(reason) });
      expect(String((error as Error).stack)).not.toMatch(/secret|wrong|narrow/);
      expect(JSON.stringify(parseQueueAddress(url).shown)).not.toMatch(/secret|wrong/);
    }
  });
});
