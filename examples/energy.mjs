// What a picture costs, step by step: accumulates counted by real fan-out, against the DNN's multiply-accumulates.
//   node examples/energy.mjs
import { readFile } from "node:fs/promises";
import {
  decodeModel,
  dnnOperations,
  eventEngine,
  generateScene,
  inputOf,
  int32Cost,
  preprocess,
  profileEnergy,
  renderScene,
  simulate,
  spikingOperations,
  toSpiking,
} from "spiking-yolo";

const { dnn } = decodeModel(await readFile("models/scenes.safetensors"), "scenes");
const snn = toSpiking(dnn);
const { timeSteps } = snn.simulation;
const picture = await renderScene(generateScene(5, 0));
const { image } = preprocess(picture, inputOf(snn).shape, snn.preprocessing);

const session = await eventEngine().open(snn);
const counted = [];
const at = Array.from({ length: timeSteps }, (_, i) => i + 1);
for await (const { t, activity } of simulate(session, image, { ...snn.simulation, at }))
  counted.push({ t, ...spikingOperations(snn, activity, { t, timeSteps }) });
await session.dispose();

const { macs } = dnnOperations(dnn);
const [{ snn: energy, dnnPicojoules }] = profileEnergy({ macs }, counted, [int32Cost]);
console.log(`DNN: ${macs} multiply-accumulates, ${(dnnPicojoules / 1e6).toFixed(0)} µJ (${int32Cost.label})`);
for (const [i, { t, acs, spikes }] of counted.entries())
  console.log(
    `T = ${t}: ${spikes} spikes, ${(acs / macs).toFixed(2)} accumulates a MAC, ${(energy[i].totalPicojoules / 1e6).toFixed(0)} µJ`,
  );
