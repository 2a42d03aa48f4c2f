// Frames that follow each other: neurons keep their state, so that only change costs.
//   node examples/video.mjs
import { readFile } from "node:fs/promises";
import {
  decodeModel,
  dnnOperations,
  eventEngine,
  generateScene,
  inputOf,
  preprocess,
  renderScene,
  simulate,
  toSpiking,
} from "spiking-yolo";

const { dnn } = decodeModel(await readFile("models/scenes.safetensors"), "scenes");
// Trackers can keep their state from frame to frame.
const snn = toSpiking(dnn);
const { macs } = dnnOperations(snn);
const picture = await renderScene(generateScene(5, 0));

/** The picture with a bright square of 16 pixels at x. */
function withSquareAt(x) {
  const data = picture.data.slice();
  for (let row = 40; row < 56; row++) data.fill(255, 3 * (row * picture.width + x), 3 * (row * picture.width + x + 16));
  return { ...picture, data };
}

const session = await eventEngine().open(snn);
const frames = [picture, picture, withSquareAt(20), withSquareAt(24), withSquareAt(28)];
for (const [index, frame] of frames.entries()) {
  const { image } = preprocess(frame, inputOf(snn).shape, snn.preprocessing);
  const state = index === 0 ? "reset" : "keep";
  for await (const { synOps } of simulate(session, image, { ...snn.simulation, at: [snn.simulation.timeSteps], state }))
    console.log(`frame ${index}: ${(synOps / macs).toFixed(3)} accumulates a MAC`);
}
await session.dispose();
