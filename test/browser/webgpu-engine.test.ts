/**
 * The contract of engines for WebGPU, in Chromium's software adapter, from the built package: every membrane, count, spike, operation and
 * head equals the reference engine's. Both run in the page, since islands are computed by its ONNX Runtime.
 */
import type { Server } from "node:http";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { seededRandom } from "../../src/core/random.ts";
import { floatTensor } from "../../src/core/tensor.ts";
import { twoSloped } from "../../src/functions/two-sloped.ts";
import { type Graph, inferShapes } from "../../src/graph/graph.ts";
import { encodeModel } from "../../src/graph/model-file.ts";
import type { RunOptions } from "../../src/snn/engine.ts";
import { gatherKindOf } from "../../src/snn/engines/webgpu/constants.ts";
import { plansOf } from "../../src/snn/plan/plan.ts";
import { recordAll } from "../engine-contract.ts";
import { convolution, graphOf, randomPicture } from "../graphs.ts";
import { randomSpikingGraph, type SpikingOptions, spikingOf } from "../random-spiking.ts";
import { addressOf, flatten, servePackage } from "./built-package.ts";
import { describeInBrowser, launchBrowser, softwareGpu } from "./chromium.ts";

const program = `
  import { webGpuEngine } from "/dist/snn/engines/webgpu/webgpu-engine.js";
  import { referenceEngine } from "/dist/snn/engines/reference/reference-engine.js";
  import { decodeModel } from "/dist/graph/model-file.js";
  const flatten = ${flatten};
  let webGpu;
  // A browser whose WGSL has no instructions for four bytes in a word.
  const plainGpu = {
    wgslLanguageFeatures: new Set(),
    requestAdapter: (options) => navigator.gpu.requestAdapter(options),
  };
  const codeOf = ({ code, message }) => ({ code, message });
  const run = async (engine, snn, shape, frames) => {
    const session = await engine.open(snn);
    const seen = [];
    for (const { pixels, options } of frames) {
      const picture = { dtype: "float32", shape, data: Float32Array.from(pixels) };
      for await (const checkpoint of session.run(picture, options)) seen.push(flatten(checkpoint));
    }
    await session.dispose();
    return seen;
  };
  globalThis.runBoth = async ({ model, shape, frames, isPlain }) => {
    const { snn } = decodeModel(Uint8Array.from(model), "model");
    webGpu ??= await webGpuEngine();
    const engine = isPlain ? await webGpuEngine({ gpu: plainGpu }) : webGpu;
    return { actual: await run(engine, snn, shape, frames), expected: await run(referenceEngine, snn, shape, frames) };
  };
  globalThis.adapter = () => webGpuEngine().then((engine) => ({ name: engine.adapter }), codeOf);
  globalThis.runAndLose = async ({ model, shape, frames }) => {
    const { snn } = decodeModel(Uint8Array.from(model), "model");
    const engine = await webGpuEngine();
    const session = await engine.open(snn);
    engine.dispose();
    const picture = { dtype: "float32", shape, data: Float32Array.from(frames[0].pixels) };
    const once = async () => { for await (const _ of session.run(picture, frames[0].options)); return "came to its end"; };
    return [await once().catch(codeOf), await engine.open(snn).then(() => "opened", codeOf)];
  };
  globalThis.isReady = true;
`;

interface Frame {
  readonly pixels: readonly number[];
  readonly options: RunOptions;
}

const plain: SpikingOptions = {
  ...{ seed: 1, layers: 7, neuron: "takeback", pool: "delta", levels: 1, phases: 1, delay: 0 },
  ...{ vInit: 0, firingThreshold: 0.5, bits: 8 },
};
type Runs = Partial<Pick<RunOptions, "timeSteps" | "at" | "encoding">>;
/** Two convolutions of the picture whose currents are added before any neuron. */
function twoPictures(): Graph {
  const random = seededRandom(12);
  const sizes = [
    ["near", 1],
    ["far", 3],
  ] as const;
  const network = graphOf([
    { kind: "input", name: "input", inputs: [], shape: [3, 7, 6] },
    ...sizes.map(([name, size]) => convolution(name, "input", [9, 3, size], random)),
    { kind: "sum", name: "both", inputs: ["near", "far"] },
    { kind: "activation", name: "act", inputs: ["both"], activation: twoSloped(0.1) },
    convolution("raw", "act", [6, 9, 1], random),
    { kind: "region", name: "head", inputs: ["raw"], classes: 1, anchors: [1, 1], softmax: true },
  ]);
  return spikingOf(network, { ...plain, seed: 12 });
}

const cases: Readonly<Record<string, readonly [SpikingOptions, Runs]>> = {
  "take-back": [plain, {}],
  "take-back in phases, delayed": [{ ...plain, seed: 3, phases: 5, delay: 1, pool: "winner" }, {}],
  "several levels": [{ ...plain, seed: 3, levels: 7, phases: 4 }, {}],
  "thresholds, 12 bits, random spikes": [
    { ...plain, seed: 4, neuron: "ibt", pool: "winner", bits: 12 },
    { encoding: "poisson" },
  ],
  "membranes that begin somewhere, 16 bits": [{ ...plain, seed: 5, neuron: "signed", vInit: 0.5, bits: 16 }, {}],
  "silent below zero": [
    { ...plain, seed: 6, neuron: "if", vInit: -0.25 },
    { timeSteps: 3, at: [1, 3] },
  ],
  "one step": [
    { ...plain, seed: 7, levels: 56 },
    { timeSteps: 1, at: [1] },
  ],
  "more steps than are kept": [
    { ...plain, seed: 8, delay: 3 },
    { timeSteps: 70, at: [5, 33, 70] },
  ],
  trackers: [{ ...plain, seed: 9, layers: 9, neuron: "tracker", phases: 8, delay: 3 }, {}],
  "trackers of several levels": [
    { ...plain, seed: 10, layers: 9, neuron: "tracker", levels: 3, delay: 1 },
    { timeSteps: 12, at: [2, 12] },
  ],
};

/** Frame after frame. */
const kept: SpikingOptions = { ...plain, seed: 19, layers: 9, neuron: "tracker", phases: 4, delay: 1 };

/** What a graph makes the engine run. */
function kindsOf(graph: Graph, encoding: "constant" | "poisson", keepsState: boolean): readonly string[] {
  const plans = plansOf(graph, { encoding, keepsState, pinned: new Set() });
  return plans.flatMap(({ network: { stages, segment } }) => [
    ...(segment.islands.length > 0 ? ["island"] : []),
    ...stages.flatMap((stage): readonly string[] => {
      if (stage.kind === "poisson") return ["poisson"];
      if (stage.kind === "move") return [stage.insertsZeros ? "zeros" : stage.factor > 1 ? "larger" : "moved"];
      const pool = stage.kind === "pool" ? stage : stage.pool;
      const pooled = pool ? [keepsState ? "tracking" : (pool.layer.pooling ?? "delta")] : [];
      if (stage.kind === "pool") return pooled;
      const spreads = stage.terms.flatMap((term) => (term.kind === "product" ? [`product by ${term.spread}`] : []));
      return [
        ...pooled,
        ...stage.terms.map(gatherKindOf),
        ...spreads,
        ...(stage.pictures.length > 1 ? ["pictures"] : []),
      ];
    }),
  ]);
}

describeInBrowser("the WebGPU engine in a browser", () => {
  let browser: Browser;
  let server: Server;
  let page: Page;
  beforeAll(async () => {
    server = await servePackage(program, true);
    browser = await launchBrowser(softwareGpu);
    page = await openPage(browser);
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  async function openPage(from: Browser): Promise<Page> {
    const tab = await from.newPage();
    // Patience for machines that have other things to do.
    tab.setDefaultTimeout(100_000);
    await tab.goto(addressOf(server));
    await tab.waitForFunction("globalThis.isReady");
    return tab;
  }
  const call = (tab: Page, name: string, given: unknown) =>
    tab.evaluate(
      ([of, what]) => (globalThis as never as Record<string, (what: unknown) => Promise<never>>)[of as string](what),
      [name, given] as const,
    );
  const given = (graph: Graph, frames: readonly Frame[]) => ({
    model: Array.from(encodeModel({ snn: graph })),
    shape: inferShapes(graph).get("input"),
    frames,
  });

  async function expectSame(graph: Graph, frames: readonly Frame[], isPlain = false): Promise<void> {
    const { actual, expected } = await call(page, "runBoth", { ...given(graph, frames), isPlain });
    expect(actual).toEqual(expected);
  }

  const graphs: readonly (readonly [string, () => Graph, Runs])[] = [
    ...Object.entries(cases).map(([name, [options, runs]]) => [name, () => randomSpikingGraph(options), runs] as const),
    ["two convolutions of the picture", twoPictures, {}] as const,
  ];
  test.for(graphs)("%s: equal to the reference engine", async ([, make, runs], { skip }) => {
    const graph = make();
    const shapes = inferShapes(graph);
    const record = recordAll(graph, (name) => shapes.get(name)!.reduce((a, b) => a * b, 1));
    const run: RunOptions = { timeSteps: 8, at: [1, 4, 8], encoding: "constant", seed: 3, ...runs };
    const pixels = Array.from(randomPicture(shapes.get("input")!, 2).data);
    if (!(await hasAdapter(page))) skip("Chromium gives no software adapter here");
    // With states recorded tiles end where they are read; without, one tile is the whole run.
    await expectSame(graph, [
      { pixels, options: { ...run, record } },
      { pixels, options: run },
    ]);
  });

  test("frames that follow each other: states are kept, and forgotten where that is asked for", async ({ skip }) => {
    const graph = randomSpikingGraph(kept);
    const shapes = inferShapes(graph);
    const record = recordAll(graph, () => 1);
    const first = randomPicture(shapes.get("input")!, 1);
    const changed = floatTensor(
      first.shape,
      first.data.map((value, i) => (i % 7 === 0 ? 1 - value : value)),
    );
    const frames = [first, first, changed, first, changed].map(({ data }, k): Frame => {
      const state = k === 0 || k === 3 ? "reset" : "keep";
      const timeSteps = k === 4 ? 10 : 8;
      return {
        pixels: Array.from(data),
        options: { timeSteps, at: [2, 7], encoding: "constant", seed: 1, record, state },
      };
    });
    if (!(await hasAdapter(page))) skip("Chromium gives no software adapter here");
    await expectSame(graph, frames);
  });

  test("without instructions for four bytes in a word: the same", async ({ skip }) => {
    const graph = randomSpikingGraph({ ...plain, seed: 4, neuron: "ibt", pool: "winner", levels: 7, bits: 12 });
    const pixels = Array.from(randomPicture(inferShapes(graph).get("input")!, 1).data);
    if (!(await hasAdapter(page))) skip("Chromium gives no software adapter here");
    await expectSame(graph, [{ pixels, options: { timeSteps: 2, at: [1, 2], encoding: "constant", seed: 1 } }], true);
  });

  test("these graphs had every kind of layer that the engine runs", () => {
    const kinds = [
      "int8",
      "int16",
      "depthwise",
      "scale",
      "product",
      "product by alike",
      "product by channels",
      "product by positions",
      "zeros",
      "delta",
      "winner",
      "tracking",
      "larger",
      "moved",
      "poisson",
      "pictures",
      "island",
    ];
    const reached = [
      ...graphs.flatMap(([, make, { encoding = "constant" }]) => kindsOf(make(), encoding, false)),
      ...kindsOf(randomSpikingGraph(kept), "constant", true),
    ];
    expect([...new Set(reached)].sort()).toEqual(kinds.sort());
  });

  test("a GPU that is lost ends the run with an error, and a page without one says so", async ({ skip }) => {
    if (!(await hasAdapter(page))) skip("Chromium gives no software adapter here");
    const graph = randomSpikingGraph(plain);
    const pixels = Array.from(randomPicture(inferShapes(graph).get("input")!, 1).data);
    const options: RunOptions = { timeSteps: 8, at: [8], encoding: "constant", seed: 1 };
    const failed = { code: "E_ENGINE", message: expect.stringMatching(/^the GPU (failed|was lost)/) };
    expect(await call(page, "runAndLose", given(graph, [{ pixels, options }]))).toEqual([failed, failed]);
    const bare = await launchBrowser();
    const without = await call(await openPage(bare), "adapter", null);
    await bare.close();
    expect(without).toMatchObject({ code: "E_WEBGPU" });
  });

  /** Asked once: the answer takes a device. */
  let adapter: Promise<object> | undefined;
  async function hasAdapter(tab: Page): Promise<boolean> {
    adapter ??= call(tab, "adapter", null);
    return "name" in (await adapter);
  }
});
