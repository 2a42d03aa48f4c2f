/** Everything that reads files or words of others, one row each: what is read, and files to break. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import sharp from "sharp";
import { decodeImage, encodePng } from "#platform";
import {
  addConversionOptions,
  addModelOptions,
  addSimulationOptions,
  refuseEmptyValues,
  settingsFrom,
} from "../../src/cli/options.ts";
import { floatTensor } from "../../src/core/tensor.ts";
import { openCoco } from "../../src/data/coco.ts";
import { readCocoDetections } from "../../src/data/coco-detections.ts";
import type { DataSet } from "../../src/data/dataset.ts";
import { formatVocAnnotation, parseVocAnnotation } from "../../src/data/voc-annotation.ts";
import { readVocDetections } from "../../src/data/voc-detections.ts";
import { readDescription } from "../../src/data/yolo-description.ts";
import { parseYoloLabels } from "../../src/data/yolo-labels.ts";
import { graphToOnnx } from "../../src/dnn/graph-to-onnx.ts";
import { openJournal } from "../../src/evaluate/journal.ts";
import { decodeModel, encodeModel } from "../../src/graph/model-file.ts";
import { importDarknet, parseNames } from "../../src/importers/darknet/import-darknet.ts";
import { importOnnx } from "../../src/importers/onnx/import-onnx.ts";
import { readCosts } from "../../src/metrics/cost-file.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../src/train/checkpoint.ts";
import { plainNetwork } from "../graphs.ts";
import { randomSpikingGraph } from "../random-spiking.ts";
import type { Corpus } from "./mutate.ts";

export interface Target extends Corpus {
  /** Ends in a value or in an error of the project's; anything else is a fault. */
  readonly read: (bytes: Uint8Array) => unknown;
}

const text = (...seeds: readonly string[]) => seeds.map((seed) => new TextEncoder().encode(seed));
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

const cfg = `[net]
width=16
height=16
channels=3
[convolutional]
batch_normalize=1
filters=4
size=3
stride=1
pad=1
activation=leaky
[maxpool]
size=2
stride=2
[route]
layers=-1
[shortcut]
from=-2
activation=linear
[upsample]
stride=2
[convolutional]
filters=7
size=1
stride=1
activation=linear
[region]
anchors=1,1
classes=2
num=1
`;

const flatCfg = cfg.replace(/\[route\][\s\S]*?\[conv/, "[conv");
/** Of flatCfg: a header of 20 bytes, then bias, scale, mean, variance and weights of the first layer, bias and weights. */
const weights = new Uint8Array(20 + 4 * (4 * 4 + 4 * 27 + 7 + 7 * 4)).fill(0x3c, 20);
weights[4] = 2;

const dataSet: DataSet = {
  ...{ name: "made", format: "coco", rule: "coco", classNames: ["cat", "dog"], categoryIds: [[1], [2]], remarks: [] },
  images: [
    { id: "1", path: "a.jpg", objects: [] },
    { id: "000002", path: "b.jpg", objects: [] },
  ],
};

const object = { name: "cat", difficult: false, xMin: 1, yMin: 2, xMax: 9, yMax: 8 };
const coco = JSON.stringify({
  images: [
    { id: 1, file_name: "a.jpg", width: 16, height: 12 },
    { id: 2, file_name: "sub/b.png", width: 16, height: 12 },
  ],
  annotations: [
    { id: 1, image_id: 1, category_id: 1, bbox: [1, 2, 8, 6], area: 48, iscrowd: 0 },
    { id: 2, image_id: 2, category_id: 3, bbox: [0, 0, 4.5, 6], area: 27, iscrowd: 1 },
  ],
  categories: [
    { id: 1, name: "cat" },
    { id: 3, name: "dog" },
  ],
});

const identity = { steps: "10", seed: "1", cfg: "[net]" };
const checkpoint = await encodeCheckpoint(
  { steps: 3, tensors: new Map([["conv.weights", floatTensor([2, 2], Float32Array.of(1, 2, 3, 4))]]) },
  identity,
);

const spiking = { seed: 3, layers: 4, neuron: "ibt", pool: "delta", levels: 1, delay: 0, vInit: 0 } as const;
const dnn = plainNetwork(1);
const models = [
  encodeModel({ dnn }),
  encodeModel({ snn: randomSpikingGraph({ ...spiking, firingThreshold: 0.5, bits: 8 }) } as Parameters<
    typeof encodeModel
  >[0]),
];

const pixels = { width: 5, height: 4, data: new Uint8Array(5 * 4 * 3).map((_, i) => 11 * i) };
const raw = sharp(pixels.data, { raw: { width: 5, height: 4, channels: 3 } });
const pictures = await Promise.all([
  encodePng(pixels),
  ...(["jpeg", "webp", "gif", "tiff", "avif"] as const).map((format) => raw.clone().toFormat(format).toBuffer()),
]);
const bitmap = new Uint8Array(54 + 4 * 16);
bitmap.set([0x42, 0x4d, 118, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0, 5, 0, 0, 0, 4, 0, 0, 0, 1, 0, 24]);

const journal: string[] = [];
const logOf = (bytes: Uint8Array, append: (line: string) => void = () => {}) => ({
  name: "run.jsonl",
  async *read() {
    yield bytes;
  },
  truncate: async () => {},
  append: async (line: string) => append(line),
});
const written = await openJournal(
  logOf(new Uint8Array(), (line) => journal.push(line)),
  "run",
);
for (const id of ["a", "b"]) await written.record(id, { dnn: [1, 0.5], snn: [] });

/** The reader wants a file. */
async function inFolder<T>(name: string, bytes: Uint8Array, read: (path: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "fuzz-"));
  try {
    writeFileSync(join(folder, name), bytes);
    return await read(join(folder, name));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readOptions(bytes: Uint8Array): unknown {
  const command = new Command()
    .argument("[model]")
    .exitOverride()
    .configureOutput({ writeErr() {}, writeOut() {} });
  addSimulationOptions(addConversionOptions(addModelOptions(command)));
  command.parse(decode(bytes).split("\n"), { from: "user" });
  refuseEmptyValues(command);
  return settingsFrom(command.opts());
}

export const targets: Readonly<Record<string, Target>> = {
  cfg: {
    isText: true,
    seeds: text(cfg, flatCfg),
    words: ["convolutional", "maxpool", "route", "shortcut", "yolo", "mask", "groups", "random", "net"],
    read: (bytes) => importDarknet({ cfg: decode(bytes) }),
  },
  weights: {
    isText: false,
    seeds: [weights],
    words: [],
    read: (bytes) => importDarknet({ cfg: flatCfg, weights: bytes }),
  },
  names: { isText: true, seeds: text("cat\ndog\n"), words: [], read: (bytes) => parseNames(decode(bytes)) },
  model: { isText: false, seeds: models, words: [], read: (bytes) => decodeModel(bytes, "m.safetensors") },
  modelHeader: {
    isText: true,
    seeds: models,
    words: ["convolution", "integrateFire", "sum", "island", "tensor", "F32", "I8", "data_offsets", "shape", "inputs"],
    read: (bytes) => decodeModel(bytes, "m.safetensors"),
  },
  onnx: {
    isText: false,
    seeds: [graphToOnnx(dnn, ["conv4"])],
    words: [],
    read: (bytes) => importOnnx(bytes, { heads: [{ kind: "region", classes: 2, anchors: [1, 1], softmax: true }] }),
  },
  vocAnnotation: {
    isText: true,
    seeds: text(formatVocAnnotation({ fileName: "a.jpg", width: 16, height: 12, objects: [object, object] }, "VOC")),
    words: ["object", "bndbox", "xmin", "name", "size", "width", "difficult", "annotation"],
    read: (bytes) => parseVocAnnotation(bytes, "a.xml"),
  },
  coco: {
    isText: true,
    seeds: text(coco),
    words: ["images", "annotations", "categories", "id", "bbox", "file_name", "iscrowd", "name"],
    read: (bytes) => inFolder("ann.json", bytes, (annotations) => openCoco({ annotations })),
  },
  cocoResults: {
    isText: true,
    seeds: text(
      '[{"image_id":1,"category_id":2,"bbox":[1,2,3,4],"score":0.5},{"image_id":"000002","category_id":1,"bbox":[0,0,1,1],"score":1}]',
    ),
    words: ["image_id", "category_id", "bbox", "score", "annotations"],
    read: (bytes) => [...readCocoDetections(dataSet, bytes, "results.json")],
  },
  vocResults: {
    isText: true,
    seeds: text("1 0.9 1 2 9 8\n000002 0.5 3 3 4 4\n"),
    words: [],
    read: (bytes) => [...readVocDetections(dataSet, [{ name: "comp4_det_test_cat.txt", text: decode(bytes) }])],
  },
  yoloDescription: {
    isText: true,
    seeds: text("path: ..\ntrain: images/train\nval: [a, b]\nnames:\n  0: cat\n  1: dog\n"),
    words: ["names", "nc", "path", "val", "&a", "*a", "<<", "kpt_shape"],
    read: (bytes) => readDescription(decode(bytes), "data.yaml"),
  },
  darknetDescription: {
    isText: true,
    seeds: text("classes = 2\ntrain = a.txt\nnames = a.names\n"),
    words: ["classes", "train", "valid", "names", "backup"],
    read: (bytes) => readDescription(decode(bytes), "obj.data"),
  },
  yoloLabels: {
    isText: true,
    seeds: text("0 0.5 0.5 0.2 0.3\n1 0.1 0.1 0.1 0.1\n"),
    words: [],
    read: (bytes) => parseYoloLabels(decode(bytes), { classes: 2, keypointNumbers: 0 }),
  },
  journal: {
    isText: true,
    seeds: text(journal.join("")),
    words: ["kind", "fingerprint", "check", "entry", "id", "result"],
    read: (bytes) => openJournal(logOf(bytes), "run"),
  },
  checkpoint: {
    isText: false,
    seeds: [checkpoint],
    words: [],
    read: (bytes) => decodeCheckpoint(bytes, "run.checkpoint", identity),
  },
  costs: {
    isText: true,
    seeds: text('[{"name":"chip","label":"A chip","macPicojoules":4.6,"acPicojoules":0.9,"source":"made up"}]'),
    words: ["name", "label", "macPicojoules", "acPicojoules", "source"],
    read: (bytes) => readCosts(decode(bytes), "costs.json"),
  },
  picture: { isText: false, seeds: [...pictures, bitmap], words: [], read: (bytes) => decodeImage(bytes, "a.jpg") },
  options: {
    isText: true,
    seeds: text(
      "model.cfg\n--at\n1..32,64\n--mode\nfast\n--bits\n8\n--steps\n64\n--levels\n4\n--threads\n2\n--seed\n1",
    ),
    words: ["--engine", "--input", "--phases", "--gain", "--scope", "--neuron", "float", "1..1e9", "--settle", "--"],
    read: readOptions,
  },
};
