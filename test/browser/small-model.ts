/** A small random detector as a model file, and a picture for it: enough for everything but finding things. */
import { encodePng } from "#platform";
import { calibrate, toSpiking } from "../../src/convert/convert.ts";
import { conversionSettings } from "../../src/convert/modes.ts";
import { seededRandom } from "../../src/core/random.ts";
import { type Graph, inputOf } from "../../src/graph/graph.ts";
import { encodeModel } from "../../src/graph/model-file.ts";
import { plainNetwork, randomPicture } from "../graphs.ts";
import type { NamedFile } from "./lab-page.ts";

export async function smallModel(): Promise<NamedFile> {
  const dnn = await smallDnn();
  return { name: "small.safetensors", bytes: encodeModel({ dnn, snn: toSpiking(dnn) }) };
}

/** Only a spiking network, with phases and a T that no mode has. */
export async function smallSpikingModel(): Promise<NamedFile> {
  const snn = toSpiking(await smallDnn(), conversionSettings("fast", { phases: 4, timeSteps: 5, levels: 3 }));
  return { name: "spiking.safetensors", bytes: encodeModel({ snn }) };
}

async function smallDnn(): Promise<Graph> {
  const network = plainNetwork(5);
  const { shape } = inputOf(network);
  return calibrate(
    network,
    [1, 2, 3, 4].map((seed) => randomPicture(shape, seed)),
  );
}

/** PNG: decoded to the same pixels everywhere. */
export async function smallPicture(): Promise<NamedFile> {
  const random = seededRandom(9);
  const data = Uint8Array.from({ length: 40 * 30 * 3 }, () => Math.floor(256 * random()));
  return { name: "noise.png", bytes: await encodePng({ width: 40, height: 30, data }) };
}
