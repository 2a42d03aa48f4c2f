// @ts-check
/** What benchmarks of accuracy share: the networks that they convert, from a folder of pictures and public weights (docs/results.md), and how they run commands. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/**
 * By name: arguments of `convert` (null: the built-in model), data set, pictures.
 * @param {string} data the folder
 */
export function networksOf(data) {
  const at = (/** @type {string} */ path) => join(data, path);
  const voc = `voc:${at("VOCdevkit")}`;
  const coco = `coco:${at("coco/instances.json")}:${at("coco/images")}`;
  const darknet = (
    /** @type {string} */ path,
    /** @type {string} */ names,
    /** @type {(readonly string[])[]} */ ...rest
  ) => [at(`models/${path}.cfg`), at(`models/${path}.weights`), "--names", at(`models/${names}.names`), ...rest.flat()];
  const bilinear = ["--filter", "bilinear"];
  const yolov3Tiny = darknet("yolov3-tiny/yolov3-tiny", "coco", ["--fit", "letterbox"]);
  return {
    "yolov3-tiny": { model: yolov3Tiny, dataset: voc, pictures: 500 },
    "yolov3-tiny, COCO": { model: yolov3Tiny, dataset: coco, pictures: 128 },
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
}

/** Makes the 500 scenes that the built-in model is evaluated on, which it has never seen, where they are not there. @param {string} folder */
export async function freshScenes(folder) {
  if (!existsSync(folder)) await runCommand(["scenes", "--count", "500", "--seed", "2027", "-o", folder]);
  return `voc:${folder}`;
}

/** A command's standard output. @param {readonly string[]} args @returns {Promise<string>} */
export function runCommand(args) {
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
