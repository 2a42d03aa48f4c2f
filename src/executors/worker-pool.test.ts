import { describe, expect, it } from "vitest";
import { workerPool } from "./worker-pool.ts";

const script = (onMessage: string) =>
  new URL(
    `data:text/javascript,${encodeURIComponent(`
      import { parentPort, workerData } from "node:worker_threads";
      parentPort.on("message", async (task) => { ${onMessage} });
    `)}`,
  );

async function results(pool: ReturnType<typeof workerPool<number, number>>, tasks: readonly number[]) {
  const found: number[] = [];
  for await (const { task, result } of pool.run(tasks)) found[task] = result;
  return found;
}

describe("workerPool", () => {
  const tasks = Array.from({ length: 23 }, (_, i) => i);

  it("does every task once, whoever is faster", async () => {
    const url = script(`
      await new Promise((done) => setTimeout(done, (task * 7) % 5));
      parentPort.postMessage({ result: task * workerData.factor });
    `);
    for (const threads of [1, 3, 40]) {
      const pool = workerPool<number, number>({ url, threads, setup: { factor: 3 } });
      expect(await results(pool, tasks)).toEqual(tasks.map((task) => task * 3));
    }
    expect(await results(workerPool({ url, threads: 2, setup: { factor: 3 } }), [])).toEqual([]);
  });

  it.each([
    ["says so", 'parentPort.postMessage({ failure: { code: "E_X", message: "no memory" } })', "E_X", /^no memory$/],
    ["throws", 'throw new Error("broken")', "E_ENGINE", /^broken$/],
    ["ends", "process.exit(3)", "E_ENGINE", /thread ended with code 3/],
  ])("fails where a thread %s", async (_, onTask, code, reason) => {
    const url = script(`if (task === 5) { ${onTask} } else parentPort.postMessage({ result: task });`);
    await expect(results(workerPool({ url, threads: 2, setup: {} }), tasks)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(reason),
    });
  });

  it("ends its threads when nobody wants more", async () => {
    const url = script("parentPort.postMessage({ result: task });");
    const pool = workerPool<number, number>({ url, threads: 2, setup: {} });
    for await (const { result } of pool.run(tasks)) if (result === 3) break;
    // A thread that lived on would hold the process open and fail this file.
    expect(process.getActiveResourcesInfo().filter((name) => name === "MessagePort").length).toBeLessThanOrEqual(1);
  });
});
