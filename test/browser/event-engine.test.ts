/**
 * The event engine in a real browser, from the built package: every membrane, count, spike and head equals the reference
 * engine's in Node; in threads over shared memory, and in one thread where a page has none.
 */
import type { Server } from "node:http";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { inferShapes } from "../../src/graph/graph.ts";
import { encodeModel } from "../../src/graph/model-file.ts";
import type { RunOptions } from "../../src/snn/engine.ts";
import { referenceEngine } from "../../src/snn/engines/reference/reference-engine.ts";
import { recordAll, runOnce } from "../engine-contract.ts";
import { randomPicture } from "../graphs.ts";
import { randomSpikingGraph } from "../random-spiking.ts";
import { addressOf, flatten, servePackage } from "./built-package.ts";
import { describeInBrowser, launchBrowser } from "./chromium.ts";

/** Before everything else: the workers that the engine starts, so that a test can end them. */
const spy = `
  globalThis.workers = [];
  globalThis.Worker = class extends Worker {
    constructor(...given) {
      super(...given);
      workers.push(this);
    }
  };
`;
/** The page's program; a text, since the test runner would rewrite a function's imports. */
const program = `
  import { eventEngine } from "/dist/snn/engines/event/event-engine.js";
  import { decodeModel } from "/dist/graph/model-file.js";
  const flatten = ${flatten};
  globalThis.runEngine = async ({ model, shape, pixels, threads, options }) => {
    const notices = [];
    const engine = eventEngine({ threads, onNotice: (notice) => notices.push(notice) });
    const session = await engine.open(decodeModel(Uint8Array.from(model), "model").snn);
    const picture = { dtype: "float32", shape, data: Float32Array.from(pixels) };
    const checkpoints = [];
    for await (const checkpoint of session.run(picture, options)) checkpoints.push(flatten(checkpoint));
    await session.dispose();
    return { checkpoints, notices, isIsolated: crossOriginIsolated };
  };
  globalThis.runUntilDeath = async ({ model, shape, cause }) => {
    const session = await eventEngine({ threads: 2 }).open(decodeModel(Uint8Array.from(model), "model").snn);
    const picture = { dtype: "float32", shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) };
    const timeSteps = 1_000_000;
    const run = async () => {
      for await (const _ of session.run(picture, { timeSteps, at: [timeSteps], encoding: "constant", seed: 1 }));
      return "the run came to its end";
    };
    const outcome = () => run().catch(({ code, message }) => ({ code, message }));
    const first = outcome();
    setTimeout(() => {
      if (cause === "killed") workers[0].terminate();
      // What it cannot instantiate makes it throw.
      else workers[0].postMessage({ module: "none" });
    }, 200);
    return [await first, await outcome()];
  };
`;
interface PageResult {
  readonly checkpoints: unknown;
  readonly notices: readonly string[];
  readonly isIsolated: boolean;
}

describeInBrowser("the event engine in a browser", () => {
  let browser: Browser;
  const servers: Server[] = [];
  /** One that shares memory, and one that does not. A page loads the package's modules one by one: that is done once. */
  let isolatedPage: Page;
  let plainPage: Page;
  beforeAll(async () => {
    browser = await launchBrowser();
    servers.push(await servePackage(program, true, spy), await servePackage(program, false, spy));
    [isolatedPage, plainPage] = await Promise.all(servers.map(openPage));
  });
  afterAll(async () => {
    await browser?.close();
    for (const server of servers) server.close();
  });

  async function openPage(server: Server): Promise<Page> {
    const tab = await browser.newPage();
    await tab.goto(addressOf(server));
    return tab;
  }

  async function runInPage(tab: Page, model: Uint8Array, seed: number, threads: number, options: RunOptions) {
    const image = randomPicture(inferShapes(graphOf(seed)).get("input")!, seed);
    const pixels = Array.from(image.data);
    const result = await tab.evaluate(
      (given) => (globalThis as unknown as { runEngine: (given: unknown) => Promise<unknown> }).runEngine(given),
      { model: Array.from(model), shape: image.shape, pixels, threads, options },
    );
    return result as PageResult;
  }

  const graphOf = (seed: number) =>
    randomSpikingGraph({
      seed,
      layers: 7,
      neuron: seed % 2 ? "takeback" : "ibt",
      pool: seed % 2 ? "delta" : "winner",
      levels: seed % 3 ? 1 : 5,
      delay: seed % 3,
      vInit: 0,
      firingThreshold: 0.5,
      bits: 8 + (seed % 4) * 2,
    });

  test.each([1, 2, 3, 4])("graph %i: equal to the reference engine, in 1 and 3 threads", async (seed) => {
    const graph = graphOf(seed);
    const shapes = inferShapes(graph);
    const record = recordAll(graph, (name) => shapes.get(name)!.reduce((a, b) => a * b, 1));
    const options: RunOptions = {
      timeSteps: 40,
      at: [5, 40],
      encoding: seed % 2 ? "constant" : "poisson",
      seed,
      record,
    };
    const image = randomPicture(shapes.get("input")!, seed);
    const expected = (await runOnce(await referenceEngine.open(graph), image, options)).map(flatten);
    const model = encodeModel({ snn: graph });
    const wanted = JSON.parse(JSON.stringify(expected));
    for (const threads of [1, 3]) {
      const isolated = await runInPage(isolatedPage, model, seed, threads, options);
      expect(isolated.isIsolated).toBe(true);
      expect(isolated.notices).toEqual([]);
      expect(isolated.checkpoints).toEqual(wanted);
    }
    const plain = await runInPage(plainPage, model, seed, 3, options);
    expect(plain.isIsolated).toBe(false);
    expect(plain.notices.join()).toMatch(/no shared memory.*1 thread/);
    expect(plain.checkpoints).toEqual(wanted);
  });

  test.each([
    ["killed", /a thread of the event engine ended: it was ended/],
    ["thrown", /a thread of the event engine ended: .*WebAssembly/],
  ] as const)("a thread that dies (%s) ends the run with an error, and so the next", async (cause, reason) => {
    // Of its own: the workers that it ends are the page's first.
    const tab = await openPage(servers[0]);
    const graph = graphOf(1);
    const outcomes = await tab.evaluate(
      (given) =>
        (globalThis as unknown as { runUntilDeath: (given: unknown) => Promise<unknown> }).runUntilDeath(given),
      { model: Array.from(encodeModel({ snn: graph })), shape: inferShapes(graph).get("input"), cause },
    );
    await tab.close();
    const failed = { code: "E_ENGINE", message: expect.stringMatching(reason) };
    expect(outcomes).toEqual([failed, failed]);
  });
});
