/**
 * A folder with what a page's commands call by name: other people's networks, pictures and data sets. Here they are the
 * project's own: the built-in detector at a small size, generated scenes, an ONNX file of a few layers.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sceneClasses } from "../../src/data/scenes/classes.ts";
import { encodeOnnx } from "../../src/onnx/onnx.ts";
import { int64Tensor } from "../../src/onnx/tensors.ts";
import type { Installed } from "../packed.ts";
import { root } from "./read.ts";

export const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;

/** 1/4 of the pixels of the network that comes with the package: the weights fit any size. */
const size = { width: 96, height: 64 };

/** @returns the folder, to be copied for each page. */
export function prepareFiles({ program }: Installed): string {
  const folder = mkdtempSync(join(tmpdir(), "snippets-"));
  const at = (...path: readonly string[]) => join(folder, ...path);
  const run = (...args: readonly string[]) => execFileSync(program, args, { cwd: folder, stdio: "pipe" });
  const scenes = (...args: readonly string[]) =>
    run("scenes", "--count", "3", "--width", String(size.width), "--height", String(size.height), ...args);

  for (const name of ["scenes.cfg", "scenes.weights", "scenes.safetensors", "speck.cfg"])
    cpSync(join(root, "models", name), at("models", name));
  cpSync(join(root, "examples/street.png"), at("examples/street.png"));
  const cfg = readFileSync(at("models/scenes.cfg"), "utf8")
    .replace(/^width=.*$/m, `width=${size.width}`)
    .replace(/^height=.*$/m, `height=${size.height}`);
  mkdirSync(at("D"));
  for (const name of ["my", "D/tiny-yolov2-trial3", "D/yolov3-tiny"]) {
    writeFileSync(at(`${name}.cfg`), cfg);
    copyFileSync(at("models/scenes.weights"), at(`${name}.weights`));
  }
  for (const name of ["my.names", "D/voc.names", "D/coco.names"])
    writeFileSync(at(name), `${sceneClasses.join("\n")}\n`);

  scenes("--out", "VOCdevkit", "--split", "test");
  cpSync(at("VOCdevkit"), at("D/VOCdevkit"), { recursive: true });
  scenes("--format", "coco", "--out", "coco");
  for (const name of ["instances.json", "instances_val2014_100.json"])
    copyFileSync(at("coco/instances.json"), at(name));
  const { images, categories } = JSON.parse(readFileSync(at("instances.json"), "utf8"));
  const detection = { image_id: images[0].id, category_id: categories[0].id, bbox: [1, 2, 30, 20], score: 0.5 };
  writeFileSync(at("fakebbox100_results.json"), JSON.stringify([detection]));
  cpSync(at("coco/images"), at("images"), { recursive: true });
  for (const name of ["pictures", "frames", "D/calibration"]) cpSync(at("images"), at(name), { recursive: true });
  const [picture] = readdirSync(at("images")).sort();
  mkdirSync(at("D/photos"));
  for (const name of ["photo.jpg", "dog.jpg", "street.png", "D/photos/eagle.jpg"])
    copyFileSync(at("images", picture), at(name));

  run("convert", "my.cfg", "my.weights", "--names", "my.names", "--calibrate", "pictures/", "-o", "small.safetensors");
  for (const name of ["yolov8n", "yolov3-tiny", "tiny-yolo", "trial3", "tiny-yolov2-trial3"])
    copyFileSync(at("small.safetensors"), at(`${name}.safetensors`));
  run(..."train --dataset voc:VOCdevkit:2007:test --cfg models/speck.cfg --steps 1 --batch 1 -o speck".split(" "));
  run(..."export scenes --mode rate --neuron if --lossy --to nir -o scenes.nir".split(" "));
  copyFileSync(join(root, "test/nir/strides-8.nir"), at("other.nir"));
  writeFileSync(at("yolov8n.onnx"), smallExport());
  if (hasFfmpeg) {
    const video = "-f lavfi -i testsrc=size=96x64:rate=5:duration=1 -pix_fmt yuv420p street.mp4";
    execFileSync("ffmpeg", video.split(" "), { cwd: folder, stdio: "pipe" });
    copyFileSync(at("street.mp4"), at("car-detection.mp4"));
  }
  return folder;
}

/** One convolution of strides 32, its SiLU, and boxes with scores of two classes in columns, as Ultralytics exports them. */
export function smallExport(): Uint8Array {
  const classes = 2;
  const rows = 4 + classes;
  const values = (length: number, scale: number) => Float32Array.from({ length }, (_, i) => scale * Math.sin(i * i));
  return encodeOnnx({
    nodes: [
      { op: "Conv", inputs: ["images", "w0"], outputs: ["x"], attributes: { strides: [32, 32] } },
      { op: "Sigmoid", inputs: ["x"], outputs: ["gate"] },
      { op: "Mul", inputs: ["x", "gate"], outputs: ["silu"] },
      { op: "Conv", inputs: ["silu", "w1"], outputs: ["map"] },
      { op: "Reshape", inputs: ["map", "columns"], outputs: ["raw"] },
      { op: "Sigmoid", inputs: ["raw"], outputs: ["parts"] },
      { op: "Mul", inputs: ["parts", "scales"], outputs: ["output0"] },
    ],
    constants: [
      { name: "w0", shape: [8, 3, 32, 32], data: values(8 * 3 * 32 * 32, 0.05) },
      { name: "w1", shape: [rows, 8, 1, 1], data: values(rows * 8, 0.5) },
      int64Tensor("columns", [3], [1, rows, -1]),
      { name: "scales", shape: [1, rows, 1], data: Float32Array.from({ length: rows }, (_, i) => (i < 4 ? 640 : 1)) },
    ],
    inputs: [{ name: "images", shape: [1, 3, 640, 640] }],
    outputs: [{ name: "output0" }],
    metadata: { author: "Ultralytics", task: "detect", names: "{0: 'car', 1: 'person'}" },
  });
}
