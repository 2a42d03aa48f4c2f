// @ts-check
/**
 * mAP share over accumulates and latency: this project's modes beside the paper's and two later methods, on the same networks and pictures.
 *
 *   node bench/frontier.js --data D [--out out/frontier] [--results docs/images/frontier.jsonl] [--networks scenes,trial3] [--lines "fast;paper"] [--pictures 100] [--steps 64]
 *
 * D holds the pictures and public weights that docs/results.md names. Each line of the results is a point; what is there is not run again, and what was
 * interrupted goes on from journals in the output folder. --steps ends longer runs there. `report … --frontier FILE` and bench/frontier-figure.js draw them.
 */
import { existsSync } from "node:fs";
import { appendFile, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  balanced,
  calibrated,
  evaluateMethod,
  multiThreshold,
  percentiles,
  thresholdBalancing,
} from "./frontier/evaluate-method.js";
import { freshScenes, networksOf, runCommand } from "./networks.js";

/** @param {string} path below src or dist. */
const built = (path) => import(new URL(`../dist/${path}.js`, import.meta.url).href);
/** @type {typeof import("../src/graph/model-file.ts")} */
const { decodeModel } = await built("graph/model-file");
/** @type {typeof import("../src/convert/convert.ts")} */
const { toSpiking } = await built("convert/convert");
/** @type {typeof import("../src/convert/modes.ts")} */
const { conversionSettings } = await built("convert/modes");
/** @type {typeof import("../src/snn/engine.ts")} */
const { latencyOf } = await built("snn/engine");

const { values } = parseArgs({
  options: {
    data: { type: "string" },
    out: { type: "string", default: "out/frontier" },
    results: { type: "string", default: "docs/images/frontier.jsonl" },
    networks: { type: "string", default: "scenes,trial3,yolov3-tiny,yolov8n" },
    lines: { type: "string" },
    pictures: { type: "string", default: "100" },
    steps: { type: "string", default: "512" },
  },
});
if (!values.data) throw new Error("--data is missing: the folder with pictures and public weights");
const { data, out, results } = values;

/**
 * @typedef {{ network: string, line: string, setting: string, pictures: number }} Key of a run; the line is drawn as one
 * @typedef {{ setting: string, at: readonly number[], run: (network: OpenNetwork, at: readonly number[]) => Promise<any> }} Run
 * @typedef {object} OpenNetwork
 * @property {string} name
 * @property {string} model a file, or a built-in one's name
 * @property {Graph} dnn calibrated
 * @property {string} data for people
 * @property {string} dataset
 * @property {string} calibration
 * @property {number} pictures
 * @typedef {import("./frontier/evaluate-method.js").Graph} Graph
 * @typedef {import("./frontier/evaluate-method.js").FloatTensor} FloatTensor
 * @typedef {import("./frontier/simulator.js").Method} Method
 */

/** A mode of this project, by its command. @param {string} setting @param {readonly number[]} at @param {readonly string[]} options @returns {Run} */
const mode = (setting, at, options) => ({
  setting,
  at,
  run: async ({ name, model, dataset, pictures }, steps) => {
    const journal = join(out, `${[name, ...options.filter((option) => !option.startsWith("--"))].join("-")}.jsonl`);
    const run = ["--dataset", dataset, "--limit", `${pictures}`, "--steps", `${steps.at(-1)}`, "--at", steps.join()];
    const kept = ["--threads", "1", "--resume", journal, "--json"];
    return JSON.parse(await runCommand(["evaluate", model, ...run, ...options, ...kept]));
  },
});

/**
 * A method of comparison, whose thresholds are what `find` finds on calibration pictures.
 * @template T @param {string} setting @param {readonly number[]} at
 * @param {(graph: Graph, images: readonly FloatTensor[]) => Promise<T>} find
 * @param {(found: T, at: readonly number[]) => Method} methodOf @returns {Run}
 */
const comparison = (setting, at, find, methodOf) => ({
  setting,
  at,
  run: async ({ name, dnn, dataset, calibration, pictures }, steps) => {
    const method = methodOf(await calibrated(dnn, calibration, join(out, `${name}-${find.name}.json`), find), steps);
    const journal = join(out, `${name}-${method.name.replaceAll(/\W+/g, "-")}.jsonl`);
    const report = await evaluateMethod(dnn, method, { dataset, pictures, at: steps, journal });
    return { ...report, snn: report.configurations[0].snn };
  },
});

const doubling = (/** @type {number} */ from, /** @type {number} */ to) =>
  Array.from({ length: Math.log2(to / from) + 1 }, (_, i) => from * 2 ** i);

const multiThresholds = (/** @type {number} */ count) =>
  comparison("", [1, 2, 3, 4, 6, 8], percentiles, (thetas) => multiThreshold(thetas, count));

/** @type {Readonly<Record<string, readonly Run[]>>} */
const lines = {
  fast: ["0.003", "0.006", "0.012", "0.024", "0.048"].map((rounding) =>
    mode(`--rounding ${rounding}`, [8], ["--mode", "fast", "--rounding", rounding]),
  ),
  graded: [mode("", [1, 2, 3, 4], ["--mode", "graded"])],
  paper: [mode("", doubling(16, 512), ["--mode", "paper"])],
  "threshold balancing": [comparison("", doubling(16, 128), balanced, thresholdBalancing)],
  "multi-threshold, n = 6": [multiThresholds(6)],
  "multi-threshold, n = 8": [multiThresholds(8)],
};

/** Lines that have no neuron for a network's functions. */
const refused = new Map([["yolov8n", ["paper", "threshold balancing"]]]);

await mkdir(out, { recursive: true });
for (const name of values.networks.split(",")) {
  const network = await openNetwork(name);
  for (const line of values.lines?.split(";") ?? Object.keys(lines)) {
    const runs = lines[line];
    if (!runs) throw new Error(`no line is named ${line}; known are ${Object.keys(lines).join("; ")}`);
    if (refused.get(name)?.includes(line)) continue;
    for (const run of runs) {
      const key = { network: name, line, setting: run.setting, pictures: network.pictures };
      const at = run.at.filter((t) => t <= Number(values.steps));
      if (at.length > 0 && !(await isDone(key))) await appendFile(results, await pointsOf(key, network, run, at));
    }
  }
}

/** Converts it, where that was not done. @param {string} name @returns {Promise<OpenNetwork>} */
async function openNetwork(name) {
  const networks = networksOf(values.data ?? "");
  const found = Object.entries(networks).find(([other]) => other === name);
  if (!found) throw new Error(`no network is named ${name}; known are ${Object.keys(networks).join(", ")}`);
  const [, { model }] = found;
  const file = model ? join(out, `${name}.safetensors`) : `models/${name}.safetensors`;
  const [pictures, folder] = [Number(values.pictures), model ? join(data, "calibration") : join(out, "calibration")];
  if (model && !existsSync(file)) await runCommand(["convert", ...model, "--calibrate", folder, "-o", file]);
  const { dnn } = decodeModel(await readFile(file), file);
  if (!dnn) throw new Error(`${file} does not hold the DNN`);
  const opened = { name, dnn, pictures };
  if (model)
    return { ...opened, model: file, data: "VOC 2007", dataset: `voc:${join(data, "VOCdevkit")}`, calibration: folder };
  if (!existsSync(folder)) await runCommand(["scenes", "--count", "64", "--seed", "1", "-o", folder]);
  const dataset = await freshScenes(join(out, "fresh"));
  return { ...opened, model: name, data: "generated scenes", dataset, calibration: `voc:${folder}` };
}

/** @param {Key} key */
async function isDone(key) {
  if (!existsSync(results)) return false;
  const points = (await readFile(results, "utf8")).split("\n").filter((point) => point !== "");
  return points.some((point) => Object.entries(key).every(([field, value]) => JSON.parse(point)[field] === value));
}

/** Its points, a line of JSON each. @param {Key} key @param {OpenNetwork} network @param {Run} run @param {readonly number[]} at */
async function pointsOf(key, network, run, at) {
  console.error([key.network, key.line, key.setting].join("  "));
  const { dnn, snn } = await run.run(network, at);
  const fast = toSpiking(network.dnn, conversionSettings("fast"));
  const rounded = (/** @type {number} */ value) => Number(value.toFixed(4));
  const points = snn.map((/** @type {any} */ { t, share, outputError, synOps }) => ({
    network: key.network,
    data: network.data,
    pictures: key.pictures,
    dnn: rounded(dnn.voc07Map),
    line: key.line,
    setting: key.setting,
    t,
    latency: key.line === "fast" ? latencyOf(fast, t, fast.simulation.timeSteps) : t,
    share: rounded(share.value),
    low: rounded(share.low),
    high: rounded(share.high),
    outputError: rounded(outputError),
    acPerMac: rounded(synOps / dnn.macs),
  }));
  return points.map((/** @type {object} */ point) => `${JSON.stringify(point)}\n`).join("");
}
