// @ts-check
/**
 * What a mode keeps of each network's mAP, and what it costs: the table of docs/few-steps.md, a row a network.
 *
 *   node bench/accumulates.js --data D --out out/accumulates [--networks yolov8n,trial3] [--pictures 100] [--threads 1] [--name fast] [-- conversion options]
 *
 * D holds the pictures and public weights that docs/results.md names. Converts each network on D/calibration, evaluates whole runs, and
 * prints the table. Interrupted, it goes on where it was: models and journals are kept in the output folder, under the name.
 */
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { freshScenes, networksOf, runCommand } from "./networks.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: "string" },
    out: { type: "string", default: "out/accumulates" },
    networks: { type: "string" },
    pictures: { type: "string" },
    threads: { type: "string", default: "1" },
    name: { type: "string", default: "fast" },
  },
});
if (!values.data) throw new Error("--data is missing: the folder with pictures and public weights");
const data = values.data;
const at = (/** @type {string} */ path) => join(data, path);
const networks = networksOf(data);
const asked = values.networks?.split(",") ?? Object.keys(networks);
const unknown = asked.find((name) => !Object.hasOwn(networks, name));
if (unknown !== undefined)
  throw new Error(`no network is named ${unknown}; known are ${Object.keys(networks).join(", ")}`);
await mkdir(values.out, { recursive: true });

console.log("| network | pictures | DNN | share of it, 95 % | error | T, latency | AC/MAC |");
console.log("|---|---|---|---|---|---|---|");
for (const name of asked) console.log(await row(name, networks[/** @type {keyof typeof networks} */ (name)]));

/** @param {string} name @param {{ model: readonly string[] | null, dataset: string, pictures: number }} network */
async function row(name, { model, dataset, pictures }) {
  const file = `${values.name}-${name.replaceAll(/[^\w.-]+/g, "-")}`;
  const path = (/** @type {string} */ suffix) => join(values.out, file + suffix);
  if (dataset === "scenes") dataset = await freshScenes(join(values.out, "fresh"));
  if (model && !existsSync(path(".safetensors")))
    await runCommand([
      "convert",
      ...model,
      "--calibrate",
      at("calibration"),
      "-o",
      path(".safetensors"),
      ...positionals,
    ]);
  const limit = Math.min(pictures, Number(values.pictures ?? pictures));
  const evaluation = ["evaluate", model ? path(".safetensors") : "scenes", "--dataset", dataset, "--limit", `${limit}`];
  const journal = ["--threads", values.threads, "--resume", path(".jsonl"), "--json"];
  // The file holds the network as it was converted; the built-in model is converted anew.
  const inspected = JSON.parse(await runCommand(["inspect", model ? path(".safetensors") : "scenes", "--json"]));
  const options = model ? [] : positionals.length > 0 ? positionals : ["--mode", "fast"];
  const report = JSON.parse(
    await runCommand([...evaluation, "--at", `${timeSteps(positionals)}`, ...journal, ...options]),
  );
  await writeFile(path(".json"), JSON.stringify(report, null, 1));
  const last = report.snn.at(-1);
  const percent = (/** @type {number} */ value) => (100 * value).toFixed(1);
  const dnn = report.dnn.voc07Map ?? report.dnn.map50;
  return `| ${[
    name,
    report.images,
    percent(dnn),
    `${percent(last.share.value)} % (${percent(last.share.low)}–${percent(last.share.high)})`,
    last.outputError.toFixed(3),
    `${last.t}, ${last.t + delays(inspected, positionals)}`,
    (last.synOps / report.dnn.macs).toFixed(2),
  ].join(" | ")} |`;
}

/** @param {readonly string[]} options */
function timeSteps(options) {
  const stated = options.indexOf("--steps");
  return stated < 0 ? 8 : Number(options[stated + 1]);
}

/** Steps that the heads are behind the picture. @param {any} inspected @param {readonly string[]} options */
function delays(inspected, options) {
  const stated = options.indexOf("--delay");
  const each = stated < 0 ? 5 : Number(options[stated + 1]);
  /** @type {Map<string, number>} */
  const depths = new Map();
  for (const { name, kind, inputs } of inspected.layers) {
    const before = Math.max(0, ...inputs.map((/** @type {string} */ input) => depths.get(input)));
    const spikes = kind === "integrateFire" || (kind === "activation" && !name.includes("readout"));
    depths.set(name, before + (spikes ? each : 0));
  }
  return Math.max(...depths.values());
}
