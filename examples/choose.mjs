// Settings chosen on calibration pictures, by the error of the outputs and the accumulates that they cost.
//   node examples/choose.mjs
import { readFile } from "node:fs/promises";
import {
  chooseSettings,
  eventEngine,
  generateScene,
  importDarknet,
  inputOf,
  preprocess,
  renderScene,
  splitPictures,
} from "spiking-yolo";

const [cfg, weights] = ["models/scenes.cfg", "models/scenes.weights"];
const dnn = importDarknet({
  cfg: await readFile(cfg, "utf8"),
  cfgName: cfg,
  weights: await readFile(weights),
  weightsName: weights,
});
const images = [];
for (let i = 0; i < 6; i++) {
  const picture = await renderScene(generateScene(3, i));
  images.push(preprocess(picture, inputOf(dnn).shape, dnn.preprocessing).image);
}
const { calibration, judged } = splitPictures(images);
const { candidates, chosen } = await chooseSettings(
  dnn,
  { calibration, judged },
  // All but one setting are given, so that the search is short.
  { given: { percentile: 99.95, delay: 1 }, openSession: (graph) => eventEngine().open(graph) },
);
for (const candidate of candidates) {
  const { searched, outputError, acPerMac } = candidate;
  const mark = candidate === chosen ? "  ← chosen" : "";
  console.log(
    `${JSON.stringify(searched)}: error ${outputError.toFixed(3)}, ${acPerMac.toFixed(2)} accumulates a MAC${mark}`,
  );
}
