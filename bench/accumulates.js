// @ts-check
/**
 * What a mode keeps of each network's mAP, and what it costs: the table of docs/few-steps.md, a row a network.
 *
 *   node bench/accumulates.js --data D --out out/accumulates [--networks yolov8n,trial3] [--pictures 100] [--threads 1] [--name fast] [-- conversion options]
 *
 * D holds the pictures and public weights that docs/results.md names. Converts each network on D/calibration, evaluates whole runs, and
 * prints the table. Interrupted, it goes on where it was: models and journals are kept in the output folder, under the name.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";

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
const voc = `voc:${at("VOCdevkit")}`;
const coco = `coco:${at("coco/instances.json")}:${at("coco/images")}`;
const darknet = (
  /** @type {string} */ path,
  /** @type {string} */ names,
  /** @type {(readonly string[])[]} */ ...rest
) => [at(`models/${path}.cfg`), at(`models/${path}.weights`), "--names", at(`models/${names}.names`), ...rest.flat()];
const bilinear = ["--filter", "bilinear"];

/** By name: arguments of `convert`, data set, pictures. */
const networks = {
  "yolov3-tiny": {
    model: darknet("yolov3-tiny/yolov3-tiny", "coco", ["--fit", "letterbox"]),
    dataset: voc,
    pictures: 500,
  },
  "yolov3-tiny, COCO": {
    model: darknet("yolov3-tiny/yolov3-tiny", "coco", ["--fit", "letterbox"]),
    dataset: coco,
    pictures: 128,
  },
  yolov8n: { model: [at("models/onnx/yolov8n.onnx"), "--size", "320"], dataset: coco, pictures: 128 },
  yolo11n: { model: [at("models/onnx/yolo11n.onnx")], dataset: coco, pictures: 128 },
  "yolox-nano": {
    model: [at("models/onnx/yolox_nano.onnx"), "--names", at("models/coco.names")],
    dataset: coco,
    pictures: 128,
  },
  trial3: { model: darknet("yolo-lite/tiny-yolov2-trial3", "voc", bilinear), dataset: voc, pictures: 1000 },
  "trial3-noBatch": {
    model: darknet("yolo-lite/tiny-yolov2-trial3-noBatch", "voc", bilinear),
    dataset: voc,
    pictures: 1000,
  },
  "coco-trial6": { model: darknet("yolo-lite/coco-trial6", "coco", bilinear), dataset: coco, pictures: 128 },
  "yolo-fastest-1.1": { model: darknet("yolo-fastest/yolo-fastest-1.1", "coco"), dataset: coco, pictures: 128 },
  "mobilenet-yolo": {
    model: darknet("mobilenet-yolo/MobileNetV2-YOLO-Fastest-voc", "voc"),
    dataset: voc,
    pictures: 500,
  },
  scenes: { model: null, dataset: "scenes", pictures: 500 },
};

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
  if (dataset === "scenes") {
    const fresh = join(values.out, "fresh");
    if (!existsSync(fresh)) await run(["scenes", "--count", "500", "--seed", "2027", "-o", fresh]);
    dataset = `voc:${fresh}`;
  }
  if (model && !existsSync(path(".safetensors")))
    await run(["convert", ...model, "--calibrate", at("calibration"), "-o", path(".safetensors"), ...positionals]);
  const limit = Math.min(pictures, Number(values.pictures ?? pictures));
  const evaluation = ["evaluate", model ? path(".safetensors") : "scenes", "--dataset", dataset, "--limit", `${limit}`];
  const journal = ["--threads", values.threads, "--resume", path(".jsonl"), "--json"];
  // The file holds the network as it was converted; the built-in model is converted anew.
  const inspected = JSON.parse(await run(["inspect", model ? path(".safetensors") : "scenes", "--json"]));
  const options = model ? [] : positionals.length > 0 ? positionals : ["--mode", "fast"];
  const report = JSON.parse(await run([...evaluation, "--at", `${timeSteps(positionals)}`, ...journal, ...options]));
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
  const each = stated < 0 ? 3 : Number(options[stated + 1]);
  /** @type {Map<string, number>} */
  const depths = new Map();
  for (const { name, kind, inputs } of inspected.layers) {
    const before = Math.max(0, ...inputs.map((/** @type {string} */ input) => depths.get(input)));
    const spikes = kind === "integrateFire" || (kind === "activation" && !name.includes("readout"));
    depths.set(name, before + (spikes ? each : 0));
  }
  return Math.max(...depths.values());
}

/** A command's standard output. @param {readonly string[]} args @returns {Promise<string>} */
function run(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["dist/cli/main.js", ...args], { stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    child.stdout.on("data", (chunk) => {
      text += chunk;
    });
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(text) : reject(new Error(`${args[0]} ended with ${code}`))));
  });
}
