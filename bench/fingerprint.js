// @ts-check
/**
 * One hash of everything that networks compute, to be compared before and after a change that must not change anything:
 * spikes, counts and membranes of all neurons, both readings of the heads, operations, and detections.
 *
 *     npm run build && node bench/fingerprint.js
 *
 * Networks: the model that ships and, where the data folder (SPIKING_YOLO_DATA) is there, trained darknet networks and one of
 * ONNX. Each in all modes, by the event engine in one and two threads; the shipped model by the reference engine, too. Trackers
 * also run a second frame that goes on from the first.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";

const root = new URL("..", import.meta.url);
/** @type {typeof import("../src/index.ts")} */
const library = await import(new URL("dist/index.js", root).href);
const data = process.env.SPIKING_YOLO_DATA ?? new URL("../shared/data", root).pathname;
const total = createHash("sha256");

/** @param {import("../src/index.ts").Graph} snn @param {import("../src/index.ts").Engine} engine @param {readonly any[]} pictures @param {number} timeSteps */
async function hashOf(snn, engine, pictures, timeSteps) {
  const hash = createHash("sha256");
  const populations = snn.layers
    .filter(({ kind }) => kind === "integrateFire" || kind === "readout")
    .map(({ name }) => name);
  const session = await engine.open(snn);
  for (const picture of pictures) {
    const input = library.preprocess(picture, library.inputOf(snn).shape, snn.preprocessing);
    for (const record of [undefined, { counts: populations, membranes: populations }]) {
      const at = [...new Set([1, 2, Math.ceil(timeSteps / 2), timeSteps])].sort((a, b) => a - b);
      const simulation = /** @type {import("../src/index.ts").SimulationSettings} */ (snn.simulation);
      const options = { ...simulation, timeSteps, at, ...(record ? { record } : {}) };
      for await (const checkpoint of library.simulate(session, input.image, options)) {
        hash.update(JSON.stringify([checkpoint.t, checkpoint.spikes, checkpoint.synOps, [...checkpoint.activity]]));
        for (const { vmem, count } of checkpoint.heads.values())
          for (const { data } of [vmem, count]) hash.update(bytesOf(data));
        for (const kept of [checkpoint.recorded.counts, checkpoint.recorded.membranes]) {
          for (const [name, values] of kept) hash.update(name).update(bytesOf(values));
        }
        const found = await library.readDetections(snn, checkpoint.outputs, input, library.evaluationThresholds);
        hash.update(JSON.stringify(found));
      }
    }
  }
  if (snn.simulation?.frameUnits !== undefined) {
    const at = [timeSteps];
    for (const [k, picture] of [...pictures, ...pictures.slice(0, 1)].entries()) {
      const input = library.preprocess(picture, library.inputOf(snn).shape, snn.preprocessing);
      const dimmed = { ...input.image, data: input.image.data.map((value) => (k === 0 ? value : 0.9 * value)) };
      /** @type {"reset" | "keep"} */
      const state = k === 0 ? "reset" : "keep";
      for await (const { heads } of library.simulate(session, dimmed, { ...snn.simulation, timeSteps, at, state }))
        for (const { vmem, count } of heads.values()) for (const { data } of [vmem, count]) hash.update(bytesOf(data));
    }
  }
  await session.dispose();
  return hash.digest("hex");
}

/** @param {ArrayBufferView} array */
function bytesOf(array) {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

const steps = /** @type {const} */ ({ fast: 8, graded: 4, rate: 16, paper: 48 });

/** @param {string} name @param {import("../src/index.ts").Graph} dnn @param {readonly any[]} pictures @param {boolean} isSmall */
async function fingerprint(name, dnn, pictures, isSmall) {
  const usual = Object.entries(steps);
  // Networks that need trackers have no other mode.
  const isStraight = dnn.layers.every(
    (layer) =>
      layer.kind !== "island" &&
      (layer.kind !== "activation" || ["linear", "relu", "leaky"].includes(layer.activation.fn)),
  );
  const all = isStraight ? usual : usual.filter(([mode]) => mode === "fast");
  for (const [mode, timeSteps] of all) {
    const snn = library.toSpiking(dnn, library.conversionSettings(/** @type {any} */ (mode)));
    /** @type {[string, import("../src/index.ts").Engine][]} */
    const engines = [1, 2].map((threads) => [`event, ${threads}`, library.eventEngine({ threads })]);
    if (isSmall && timeSteps <= 7) engines.push(["reference", library.referenceEngine]);
    for (const [which, engine] of engines) {
      const hash = await hashOf(snn, engine, pictures, timeSteps);
      total.update(hash);
      process.stdout.write(`${name}, ${mode}, ${which}: ${hash.slice(0, 16)}\n`);
    }
  }
}

/** @param {string} path */
const picture = async (path) => library.decodeImage(readFileSync(path), path);

const street = await picture(new URL("examples/street.png", root).pathname);
const { dnn } = library.decodeModel(readFileSync(new URL("models/scenes.safetensors", root)), "scenes");
await fingerprint("scenes", /** @type {any} */ (dnn), [street], true);

const networks = [
  "yolo-lite/tiny-yolov2-trial3",
  "yolo-fastest/yolo-fastest-1.1",
  "mobilenet-yolo/MobileNetV2-YOLO-Fastest-voc",
];
if (existsSync(`${data}/models`)) {
  const folder = `${data}/calibration`;
  const pictures = await Promise.all(
    readdirSync(folder)
      .sort()
      .slice(0, 4)
      .map((name) => picture(`${folder}/${name}`)),
  );
  for (const network of networks) {
    const [cfg, weights] = ["cfg", "weights"].map((extension) => `${data}/models/${network}.${extension}`);
    const graph = library.importDarknet({
      cfg: readFileSync(cfg, "utf8"),
      weights: readFileSync(weights),
      cfgName: cfg,
      weightsName: weights,
    });
    const images = pictures.map(
      (pixels) => library.preprocess(pixels, library.inputOf(graph).shape, graph.preprocessing).image,
    );
    const calibrated = await library.calibrate(graph, images);
    await fingerprint(network, calibrated, pictures.slice(0, 1), false);
  }
  const path = `${data}/models/onnx/yolov8n.onnx`;
  const graph = await library.importOnnx(readFileSync(path), { fileName: path, size: [160, 160] });
  const images = pictures.map(
    (pixels) => library.preprocess(pixels, library.inputOf(graph).shape, graph.preprocessing).image,
  );
  await fingerprint("yolov8n at 160", await library.calibrate(graph, images), pictures.slice(0, 1), false);
} else process.stdout.write(`no data in ${data}: only the model that ships\n`);
process.stdout.write(`all: ${total.digest("hex")}\n`);
