// One neuron, step by step: what it holds, what it is held against, what it sends.
//   node examples/one-neuron.mjs [LAYER CHANNEL Y X]
import { readFile } from "node:fs/promises";
import {
  conversionSettings,
  decodeModel,
  eventEngine,
  explainNeuron,
  generateScene,
  inputOf,
  preprocess,
  renderScene,
  toSpiking,
} from "spiking-yolo";

const { dnn } = decodeModel(await readFile("models/scenes.safetensors"), "scenes");
// The paper's neuron, for a few of its many steps.
const snn = toSpiking(dnn, conversionSettings("paper", { timeSteps: 12 }));
const hidden = snn.layers.filter(({ kind }) => kind === "integrateFire");
const [layer = hidden[2].name, channel = "5", y = "10", x = "20"] = process.argv.slice(2);

const picture = await renderScene(generateScene(5, 0));
const { image } = preprocess(picture, inputOf(snn).shape, snn.preprocessing);
const session = await eventEngine().open(snn);
const neuron = { layer, channel: Number(channel), y: Number(y), x: Number(x) };
const run = { ...snn.simulation, seed: 1 };
const { steps, arrivals, population } = await explainNeuron(snn, session, image, run, neuron);
await session.dispose();

const vTh = population.vTh.data[neuron.channel];
console.log(
  `${layer}, channel ${channel}, y ${y}, x ${x}: neuron kind ${population.neuron}, with ${arrivals.length} inputs`,
);
for (const { t, charge, firesFrom, firesFromNeg, spike, given } of steps) {
  const inThresholds = (value) => (value === null ? "never" : (value / vTh).toFixed(2));
  console.log(
    `step ${t}: V = ${inThresholds(charge)}, +1 from ${inThresholds(firesFrom)}, −1 from ${inThresholds(firesFromNeg)}; sends ${spike}, gives up ${inThresholds(given)}`,
  );
}
