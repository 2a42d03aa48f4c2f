// @ts-check
/**
 * WebGPU beside the event engine, in Node.js with a binding that brings WebGPU along: whether every bit is the same, and how long a whole
 * run takes.
 *
 *     npm run build && npm install --no-save webgpu
 *     node bench/webgpu.js --models MODEL.safetensors,… --image FILE [--webgpu PATH] [--check MODEL.safetensors,…] [--threads 1,2] [--repeats 15]
 *
 * `--webgpu` is the binding: a package, or its dawn.node by itself. Models are run as they were converted (without a spiking network: as
 * their mode has it). Each `--check` is run in the reference engine, too: every membrane, count, spike and head, of all layers, from rest and where the
 * network can, with a kept state. Prints a JSON document a line; anything that differs ends it with exit code 1.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus } from "node:os";
import { basename, resolve } from "node:path";
import { parseArgs } from "node:util";

const { values: flags } = parseArgs({
  options: {
    models: { type: "string", default: resolve(import.meta.dirname, "../models/scenes.safetensors") },
    check: { type: "string", default: "" },
    image: { type: "string" },
    webgpu: { type: "string", default: "webgpu" },
    threads: { type: "string", default: "1,2" },
    repeats: { type: "string", default: "15" },
  },
});
/** @type {typeof import("../src/index.ts")} */
const library = await import(new URL("../dist/index.js", import.meta.url).href);
const { create, globals } = flags.webgpu.endsWith(".node")
  ? createRequire(import.meta.url)(resolve(flags.webgpu))
  : await import(flags.webgpu);
Object.assign(globalThis, globals);
// Adapters end with what they were asked of.
const gpu = create([]);
const webGpu = await library.webGpuEngine({ gpu });

/** @param {unknown} line */
const say = (line) => console.log(JSON.stringify(line));
const listOf = (/** @type {string} */ text) => text.split(",").filter((part) => part !== "");

/** @typedef {import("../src/index.ts").Graph} Graph @typedef {import("../src/index.ts").FloatTensor} FloatTensor */
/** @typedef {import("../src/index.ts").Checkpoint} Checkpoint @typedef {import("../src/index.ts").RunOptions} RunOptions */

/** @param {string} path @returns {Graph} */
function spikingNetwork(path) {
  const { dnn, snn } = library.decodeModel(readFileSync(path), path);
  if (snn) return snn;
  if (!dnn) throw new Error(`${path} holds no network`);
  return library.toSpiking(dnn);
}

/** The picture that was named, or noise: the same each time. @param {Graph} graph @returns {Promise<FloatTensor>} */
async function pictureFor(graph) {
  const { shape } = library.inputOf(graph);
  if (flags.image) {
    const picture = await library.decodeImage(readFileSync(flags.image), flags.image);
    return library.preprocess(picture, shape, graph.preprocessing).image;
  }
  return noise(shape, 1);
}

/** @param {readonly number[]} shape @param {number} seed */
function noise(shape, seed) {
  const random = library.seededRandom(seed);
  return library.floatTensor(
    shape,
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random()),
  );
}

/** @param {import("../src/index.ts").Session} session @param {FloatTensor} picture @param {RunOptions} options */
async function run(session, picture, options) {
  /** @type {Checkpoint[]} */
  const seen = [];
  for await (const checkpoint of session.run(picture, options)) seen.push(checkpoint);
  return seen;
}

/** All numbers of checkpoints, by what they are. @param {readonly Checkpoint[]} checkpoints @returns {Map<string, ArrayLike<number>>} */
function numbersOf(checkpoints) {
  /** @type {Map<string, ArrayLike<number>>} */
  const numbers = new Map();
  for (const { t, heads, activity, recorded } of checkpoints) {
    for (const what of /** @type {const} */ (["membranes", "counts", "rasters"]))
      for (const [name, of] of recorded[what]) numbers.set(`${what} of ${name} at ${t}`, of);
    for (const [name, { spikes, synOps }] of activity) numbers.set(`activity of ${name} at ${t}`, [spikes, synOps]);
    for (const decoding of /** @type {const} */ (["vmem", "count"]))
      for (const [name, reading] of heads) numbers.set(`${name} at ${t} by ${decoding}`, reading[decoding].data);
  }
  return numbers;
}

/** The first that differs. @param {readonly Checkpoint[]} actual @param {readonly Checkpoint[]} expected */
function differenceOf(actual, expected) {
  const others = numbersOf(actual);
  for (const [what, values] of numbersOf(expected)) {
    const other = others.get(what);
    for (let i = 0; i < values.length; i++) {
      if (other?.[i] !== values[i]) return `${what}: [${i}] is ${other?.[i]}, not ${values[i]}`;
    }
  }
  return undefined;
}

/** @param {string} what @param {string | undefined} difference @param {object} facts */
function sayWhetherSame(what, difference, facts) {
  say({ check: what, same: difference === undefined, ...facts, ...(difference ? { difference } : {}) });
  if (difference) process.exitCode = 1;
}

/** Runs of a network that look at all there is. @param {string} path */
async function check(path) {
  const graph = spikingNetwork(path);
  const { shape } = library.inputOf(graph);
  const shapes = library.inferShapes(graph);
  const names = graph.layers.flatMap(({ kind, name }) =>
    kind === "integrateFire" || kind === "readout" ? [name] : [],
  );
  const sizeOf = (/** @type {string} */ name) => (shapes.get(name) ?? []).reduce((a, b) => a * b, 1);
  const rasters = names.map((layer) => ({
    layer,
    neurons: Array.from({ length: Math.ceil(sizeOf(layer) / 7) }, (_, i) => 7 * i),
  }));
  const record = { membranes: names, counts: names, rasters };
  const timeSteps = graph.simulation?.timeSteps ?? 8;
  const at = [...new Set([1, Math.ceil(timeSteps / 2), timeSteps])];
  const options = { timeSteps, at, seed: 1, record };
  const states = graph.simulation?.frameUnits ? ["reset", "keep", "keep"] : [];
  const sessions = [await library.referenceEngine.open(graph), await webGpu.open(graph)];
  /** @type {readonly { readonly seed: number, readonly asked: RunOptions }[]} */
  const runs = [
    { seed: 1, asked: { ...options, encoding: "constant" } },
    { seed: 1, asked: { ...options, encoding: "poisson" } },
    ...states.map((state, k) => ({
      seed: k,
      asked: /** @type {RunOptions} */ ({ ...options, encoding: "constant", state }),
    })),
  ];
  for (const { seed, asked } of runs) {
    const picture = noise(shape, seed);
    const [expected, actual] = [await run(sessions[0], picture, asked), await run(sessions[1], picture, asked)];
    const { encoding, state = "none" } = asked;
    sayWhetherSame(basename(path), differenceOf(actual, expected), { encoding, state, timeSteps });
  }
  for (const session of sessions) await session.dispose();
}

/** @param {readonly number[]} values */
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
/** @param {number} value */
const rounded = (value) => Number(value.toPrecision(4));

/** Whole runs, engine after engine, over and over. @param {string} path */
async function time(path) {
  const graph = spikingNetwork(path);
  const picture = await pictureFor(graph);
  const { timeSteps = 8, encoding = "constant" } = graph.simulation ?? {};
  const options = /** @type {RunOptions} */ ({ timeSteps, at: [timeSteps], encoding, seed: 1 });
  const engines = [
    ...listOf(flags.threads).map((threads) => ({
      name: `event, ${threads} thread${threads === "1" ? "" : "s"}`,
      engine: library.eventEngine({ threads: Number(threads) }),
    })),
    { name: "webgpu", engine: webGpu },
  ];
  const opened = [];
  for (const { name, engine } of engines) {
    const start = performance.now();
    const session = await engine.open(graph);
    const openMs = performance.now() - start;
    const seen = await run(session, picture, options);
    const firstMs = performance.now() - start - openMs;
    opened.push({ name, session, openMs, firstMs, seen, times: /** @type {number[]} */ ([]) });
  }
  for (const { name, seen } of opened.slice(1))
    sayWhetherSame(`${basename(path)}, ${name}`, differenceOf(seen, opened[0].seen), { timeSteps });
  for (let repeat = 0; repeat < Number(flags.repeats); repeat++) {
    for (const { session, times } of opened) {
      const start = performance.now();
      await run(session, picture, options);
      times.push(performance.now() - start);
    }
  }
  for (const { name, session, openMs, firstMs, times } of opened) {
    const spread = { medianMs: median(times), leastMs: Math.min(...times), mostMs: Math.max(...times) };
    const figures = Object.entries({ openMs, firstMs, ...spread }).map(([of, ms]) => [of, rounded(ms)]);
    say({ model: basename(path), engine: name, timeSteps, ...Object.fromEntries(figures), runs: times.map(rounded) });
    await session.dispose();
  }
}

say({ adapter: webGpu.adapter, processor: cpus()[0].model, cores: cpus().length, node: process.version });
for (const path of listOf(flags.check)) await check(path);
for (const path of listOf(flags.models)) await time(path);
webGpu.dispose();
