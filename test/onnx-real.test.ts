/** Real ONNX detectors: what becomes of them here against ONNX Runtime on the files as they are (data README, "ONNX models"). */
import { readFileSync } from "node:fs";
import * as ort from "onnxruntime-node";
import { expect, test } from "vitest";
import { decodeImage, rasterizeSvg } from "#platform";
import { type Detection, intersectionOverUnion } from "../src/core/box.ts";
import type { Pixels } from "../src/core/pixels.ts";
import { displayThresholds, readDetections } from "../src/detections/detections.ts";
import { openDnn } from "../src/dnn/dnn-session.ts";
import { type Graph, headsOf, inferShapes, inputOf, layerMacs, layerParameters } from "../src/graph/graph.ts";
import type { Shape } from "../src/graph/layer-kinds.ts";
import { isHead } from "../src/graph/layers.ts";
import { decodeModel, encodeModel } from "../src/graph/model-file.ts";
import { outputNames } from "../src/heads/heads.ts";
import { runTail } from "../src/heads/tail.ts";
import { preprocess } from "../src/image/preprocess.ts";
import { importDarknet, parseNames } from "../src/importers/darknet/import-darknet.ts";
import { familyOf } from "../src/importers/onnx/families.ts";
import { importOnnx, type OnnxOptions } from "../src/importers/onnx/import-onnx.ts";
import { dataPath, describeWithData } from "./data.ts";

const text = (path: string) => readFileSync(dataPath(path), "utf8");
const coco = () => parseNames(text("models/coco.names"));

function darknet(path: string, names: string): Graph {
  return importDarknet({
    cfg: text(`models/${path}.cfg`),
    weights: readFileSync(dataPath(`models/${path}.weights`)),
    classNames: parseNames(text(`models/${names}`)),
  });
}

interface Case {
  readonly options?: () => OnnxOptions;
  /** In thousands, to the digits that the data README gives. */
  readonly parameters: readonly [number, number];
  /** Whether those of batch norms are left out of that figure. */
  readonly isWithoutNorms?: boolean;
  /** In millions. */
  readonly macs: readonly [number, number];
  /** On the well-known picture of a dog: what is found, with its score. */
  readonly finds?: readonly (readonly [string, number])[];
  /** The same network as darknet's own files. */
  readonly twin?: readonly [path: string, names: string];
}

/** Half of the last digit that a number is given to. */
const close = (value: number, digit: number) => [value - digit / 2, value + digit / 2] as const;

const cases: Readonly<Record<string, Case>> = {
  "tiny-yolov2-trial3": {
    parameters: close(570, 10),
    macs: close(240, 1),
    twin: ["yolo-lite/tiny-yolov2-trial3", "voc.names"],
  },
  "yolo-fastest-1.1": {
    parameters: close(350, 10),
    macs: close(125, 1),
    twin: ["yolo-fastest/yolo-fastest-1.1", "coco.names"],
  },
  "MobileNetV2-YOLO-Fastest-voc": {
    parameters: close(190, 10),
    macs: close(63, 1),
    twin: ["mobilenet-yolo/MobileNetV2-YOLO-Fastest-voc", "voc.names"],
  },
  yolov8n: {
    parameters: close(3200, 100),
    macs: close(4400, 100),
    finds: [
      ["dog", 0.96],
      ["bicycle", 0.89],
    ],
  },
  yolo11n: {
    parameters: close(2600, 100),
    macs: close(812, 1),
    finds: [
      ["dog", 0.82],
      ["bicycle", 0.7],
    ],
  },
  yolox_nano: {
    options: () => ({ classNames: coco() }),
    parameters: close(900, 10),
    macs: close(523, 1),
    finds: [
      ["dog", 0.86],
      ["bicycle", 0.8],
      ["car", 0.8],
    ],
  },
  "picodet-layout": { isWithoutNorms: true, parameters: close(1770, 10), macs: close(3300, 100) },
  "ultraface-boxes": { parameters: close(280, 20), macs: close(100, 1) },
  "ultraface-raw": { parameters: close(280, 20), macs: close(100, 1) },
  "ultraface-folded": { parameters: close(280, 20), macs: close(100, 1) },
  FastestDet: {
    options: () => ({ classNames: coco() }),
    parameters: close(240, 10),
    macs: close(121, 2),
    finds: [
      ["dog", 0.81],
      ["car", 0.76],
      ["bicycle", 0.74],
    ],
  },
  yunet_n: { parameters: close(74, 1), macs: close(136, 1) },
  "yolov5face-n0.5": {
    options: () => ({ family: "yolov5face" }),
    parameters: close(440, 10),
    macs: close(735, 1),
  },
};

const bytesOf = (name: string) => readFileSync(dataPath(`models/onnx/${name}.onnx`));

async function importCase(name: string, more: OnnxOptions = {}): Promise<Graph> {
  const { options, twin } = cases[name];
  const heads = twin ? { heads: headsOf(darknet(...twin)).map(({ name: _, inputs: __, ...head }) => head) } : {};
  return importOnnx(bytesOf(name), { fileName: `${name}.onnx`, ...heads, ...options?.(), ...more });
}

async function picture(path: string): Promise<Pixels> {
  return decodeImage(readFileSync(dataPath(path)), path);
}

const eight = async () =>
  Promise.all([
    ...["dog", "eagle", "giraffe", "horses", "person"].map((name) => picture(`photos/${name}.jpg`)),
    ...["000000000036", "000000000110", "000000000113"].map((name) => picture(`coco/images/${name}.jpg`)),
  ]);

async function detect(graph: Graph, pixels: Pixels): Promise<Detection[]> {
  const session = await openDnn(graph);
  const input = preprocess(pixels, inputOf(graph).shape, graph.preprocessing);
  const found = await readDetections(graph, await session.run(input.image), input, displayThresholds);
  await session.dispose();
  return found;
}

/** The values that the file itself wants for what our input layer is given. */
function fileInput(graph: Graph, image: Float32Array): Float32Array {
  const [, height, width] = inputOf(graph).shape;
  const family = /family=(\w+)/.exec(graph.provenance[0])?.[1] as Parameters<typeof familyOf>[0];
  const { range, mean, deviation } = familyOf(family).picture;
  return image.map((value, i) => {
    const channel = Math.floor(i / (height * width));
    const pixel = value + (graph.preprocessing.mean?.[channel] ?? 0);
    return (range * pixel - mean[channel]) / deviation[channel];
  });
}

/** Outputs of the file, as our layers and the tail, or the raw maps that heads read, give them; in order. */
async function ourOutputs(graph: Graph, outputs: ReadonlyMap<string, { readonly data: Float32Array }>) {
  const [head] = headsOf(graph);
  if (head.kind !== "tail") return headsOf(graph).map(({ name }) => outputs.get(name)?.data as Float32Array);
  const inputs = outputNames(head).map((name) => outputs.get(name) as never);
  return (await runTail(head, inputs)).map(({ data }) => data);
}

/** Root mean squares of a − b and of b. */
function distance(a: Float32Array, b: Float32Array): readonly [number, number] {
  const rootMean = (squares: (value: number, i: number) => number) =>
    Math.sqrt(b.reduce((sum, value, i) => sum + squares(value, i), 0) / b.length);
  return [rootMean((value, i) => (a[i] - value) ** 2), rootMean((value) => value ** 2)];
}

function expectSame(found: readonly Detection[], expected: readonly Detection[], tolerance: number): void {
  expect(found.length).toBe(expected.length);
  for (const [i, detection] of found.entries()) {
    expect(detection.classIndex).toBe(expected[i].classIndex);
    expect(Math.abs(detection.score - expected[i].score)).toBeLessThan(tolerance);
    expect(intersectionOverUnion(detection, expected[i])).toBeGreaterThan(1 - 100 * tolerance);
  }
}

describeWithData("real ONNX detectors", () => {
  test.each(Object.keys(cases))("%s: outputs as ONNX Runtime's on the file, on 8 pictures", async (name) => {
    // The heads of Ultralytics' exports are decoded here; with a layout named, their own tail is run instead.
    const decoded = name.startsWith("yolov8") || name.startsWith("yolo11");
    const made = await importCase(name, decoded ? { family: "ultralytics", layout: "columns" } : {});
    const graph = decodeModel(encodeModel({ dnn: made }), name).dnn as Graph;
    const session = await openDnn(graph);
    const original = await ort.InferenceSession.create(bytesOf(name), { logSeverityLevel: 3, intraOpNumThreads: 1 });
    const [, height, width] = inputOf(graph).shape;
    for (const pixels of await eight()) {
      const { image } = preprocess(pixels, inputOf(graph).shape, graph.preprocessing);
      const feed = new ort.Tensor("float32", fileInput(graph, image.data), [1, 3, height, width]);
      const expected = await original.run({ [original.inputNames[0]]: feed });
      const found = await ourOutputs(graph, await session.run(image));
      expect(found.length).toBe(original.outputNames.length);
      for (const [i, output] of original.outputNames.entries()) {
        const [difference, size] = distance(found[i], expected[output].data as Float32Array);
        // Probabilities of what is nowhere in the picture are so small that float32's rounding of logits shows in them.
        expect(difference, `${output} relative`).toBeLessThan(Math.max(1e-4 * size, 1e-6));
      }
    }
    await session.dispose();
    await original.release();
  });

  test.each(Object.entries(cases))(
    "%s: parameters, multiply-accumulates",
    async (name, { parameters, macs, isWithoutNorms }) => {
      const graph = await importCase(name);
      const shapes = inferShapes(graph);
      const total = (of: (layer: Graph["layers"][number]) => number) =>
        graph.layers.reduce((sum, layer) => sum + of(layer), 0);
      const counted = (layer: Graph["layers"][number]) => !(isWithoutNorms && layer.kind === "batchNorm");
      const thousands = total((layer) => (counted(layer) ? layerParameters(layer) : 0)) / 1000;
      const millions = total((layer) => (isHead(layer) ? 0 : layerMacs(layer, shapes.get(layer.name) as Shape))) / 1e6;
      expect(thousands).toBeGreaterThanOrEqual(parameters[0]);
      expect(thousands).toBeLessThanOrEqual(parameters[1]);
      expect(millions).toBeGreaterThanOrEqual(macs[0]);
      expect(millions).toBeLessThanOrEqual(macs[1]);
    },
  );

  const withFinds = Object.entries(cases).flatMap(([name, { finds }]) => (finds ? [[name, finds] as const] : []));
  test.each(withFinds)("%s finds on the well-known picture what it is known to find", async (name, finds) => {
    const graph = await importCase(name);
    const found = await detect(graph, await picture("photos/dog.jpg"));
    for (const [label, score] of finds) {
      const match = found.find(({ classIndex }) => graph.classNames[classIndex] === label);
      expect(match?.score, label).toBeCloseTo(score, 1);
    }
  });

  const twins = Object.entries(cases).flatMap(([name, { twin }]) => (twin ? [[name, twin] as const] : []));
  test.each(twins)("%s: the same detections from the .onnx as from the .weights", async (name, twin) => {
    const [fromOnnx, fromWeights] = [await importCase(name), darknet(...twin)];
    let count = 0;
    for (const pixels of await eight()) {
      const expected = await detect(fromWeights, pixels);
      count += expected.length;
      expectSame(await detect(fromOnnx, pixels), expected, 1e-3);
    }
    expect(count).toBeGreaterThan(8);
  });

  test("YOLOv8's head decodes as the file's own tail", async () => {
    const pixels = await picture("photos/dog.jpg");
    for (const name of ["yolov8n", "yolo11n"]) {
      const own = await detect(await importCase(name), pixels);
      const kept = await detect(await importCase(name, { family: "ultralytics", layout: "columns" }), pixels);
      expectSame(own, kept, 1e-5);
    }
  });

  test("three files of one UltraFace give the same faces, and other face detectors agree", async () => {
    const names = ["ultraface-boxes", "ultraface-raw", "ultraface-folded", "yunet_n", "yolov5face-n0.5"];
    const [boxes, raw, folded, yunet, yolo] = await Promise.all(names.map((name) => importCase(name)));
    let faces = 0;
    for (const pixels of await eight()) {
      const expected = await detect(boxes, pixels);
      expectSame(await detect(raw, pixels), expected, 1e-4);
      expectSame(await detect(folded, pixels), expected, 1e-3);
      const sure = expected.filter(({ score }) => score > 0.99);
      for (const other of [yunet, yolo]) {
        const found = await detect(other, pixels);
        for (const face of sure) {
          const overlap = found.reduce((most, box) => Math.max(most, intersectionOverUnion(box, face)), 0);
          expect(overlap).toBeGreaterThan(0.4);
        }
      }
      faces += sure.length;
    }
    expect(faces).toBeGreaterThan(3);
  });

  test("PicoDet finds the parts of a page", async () => {
    const lines = Array.from(
      { length: 14 },
      (_, i) =>
        `<text x="60" y="${230 + 22 * i}" font-size="15">The layers of a network are read, and each of them becomes one of ours.</text>`,
    );
    const page = `<svg xmlns="http://www.w3.org/2000/svg" width="608" height="800"><text x="120" y="120" font-size="34">Networks that spike</text>${lines.join("")}</svg>`;
    const graph = await importCase("picodet-layout");
    const found = await detect(graph, await rasterizeSvg(page));
    const labels = found.map(({ classIndex }) => graph.classNames[classIndex]);
    expect(labels).toContain("text");
    expect(labels).toContain("title");
  });

  test("a file of a fixed size takes another where it has no shape of its own to keep, else says so", async () => {
    const dog = await picture("photos/dog.jpg");
    for (const name of ["yolov8n", "yolox_nano"]) {
      const graph = await importCase(name, { size: [320, 256] });
      expect(inputOf(graph).shape).toEqual([3, 320, 256]);
      const found = (await detect(graph, dog)).map(({ classIndex }) => graph.classNames[classIndex]);
      expect(found, name).toContain("dog");
    }
    await expect(importCase("yolo11n", { size: [256, 256] })).rejects.toThrow(/Reshape .* cannot become .*--size/);
    await expect(importCase("yolo11n", { islands: "none" })).rejects.toThrow(/E_ISLAND|Softmax/);
  });
});
