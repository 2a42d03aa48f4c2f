// A darknet detector becomes a spiking one: import, calibrate, convert, write a model file.
//   node examples/convert.mjs [CFG WEIGHTS OUT]
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import {
  calibrate,
  encodeModel,
  generateScene,
  importDarknet,
  inputOf,
  preprocess,
  renderScene,
  toSpiking,
} from "spiking-yolo";

const [cfg = "models/scenes.cfg", weights = "models/scenes.weights", out = "out/examples/scenes.safetensors"] =
  process.argv.slice(2);

const network = importDarknet({
  cfg: await readFile(cfg, "utf8"),
  cfgName: cfg,
  weights: await readFile(weights),
  weightsName: weights,
});

// Calibration looks at the activations of a few dozen pictures of the kind that the detector is meant for. Labels are not needed.
async function* pictures() {
  for (let i = 0; i < 16; i++) {
    const picture = await renderScene(generateScene(1, i));
    yield preprocess(picture, inputOf(network).shape, network.preprocessing).image;
  }
}
const dnn = await calibrate(network, pictures());
const snn = toSpiking(dnn);
for (const pass of snn.provenance) console.log(pass);

await mkdir(dirname(out), { recursive: true });
await writeFile(out, encodeModel({ dnn, snn }));
console.log(`written to ${out}`);
