// @ts-check
/** What `npm start` runs: the main job, on generated street scenes with the default model, as commands to try yourself. */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const model = "scenes";
const pictures = 8;

/** @param {string[]} words a command as a user would type it. */
function spikingYolo(...words) {
  console.log(`\n$ spiking-yolo ${words.join(" ")}`);
  const { status } = spawnSync(process.execPath, [join(root, "dist/cli/main.js"), ...words], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) process.exit(status ?? 1);
}

console.log("Street scenes that the model has never seen, with the boxes of what is in them:");
spikingYolo("scenes", "--count", String(pictures), "--seed", "7", "-o", "out/start/scenes", "--force");

console.log("\nHow the spiking network comes near the network that it was made of, step by step, and what it costs:");
spikingYolo("evaluate", model, "--dataset", "voc:out/start/scenes", "--at", "1,2,3,4,5,6,7,8");

console.log("\nWhat both find, drawn into the pictures:");
const folder = "out/start/scenes/VOC2007/JPEGImages";
const shown = readdirSync(join(root, folder)).sort().slice(1, 3);
spikingYolo(
  "detect",
  ...shown.map((name) => join(folder, name)),
  "--model",
  model,
  // With the DNN, two rows of three pictures.
  "--at",
  "1,2,3,5,8",
  "--out",
  "out/start",
);

console.log(`
Look at out/start/*-detections.png. Next:
  npx spiking-yolo detect YOUR.jpg --model ${model}        your own picture
  npx spiking-yolo convert yolov8n.onnx --size 320 --calibrate PICTURES -o my.safetensors   your own YOLO, or darknet's files
  npx spiking-yolo --help                                  everything else
  models/scenes.md                                         how the model was made, and how good it is`);
