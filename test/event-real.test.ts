/** The event engine on real weights and pictures: the reference engine's result, to the last bit. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { decodeImage } from "#platform";
import { calibrate, toSpiking } from "../src/convert/convert.ts";
import { type ConversionSettings, conversionSettings, type Mode } from "../src/convert/modes.ts";
import { type Graph, inputOf } from "../src/graph/graph.ts";
import { isPopulation } from "../src/graph/layers.ts";
import { preprocess } from "../src/image/preprocess.ts";
import { eventEngine } from "../src/snn/engines/event/event-engine.ts";
import { dataPath, describeWithData } from "./data.ts";
import { expectSameAsReference } from "./engine-contract.ts";
import { importModel, yoloLite } from "./yolo-lite.ts";

async function load(graph: Graph, file: string) {
  const pixels = await decodeImage(readFileSync(dataPath(file)), file);
  return preprocess(pixels, inputOf(graph).shape, graph.preprocessing).image;
}

describeWithData("the event engine on real pictures", () => {
  test.each<[string, () => Graph, Mode, Partial<ConversionSettings>, number, number]>([
    ["yolo-lite, fast", yoloLite, "fast", {}, 8, 2],
    ["yolo-lite, paper, 12 bits", yoloLite, "paper", { bits: 12 }, 6, 1],
    [
      "Yolo-Fastest, 3 levels, delay",
      () => importModel("yolo-fastest/yolo-fastest-1.1", "coco"),
      "fast",
      { levels: 3, delay: 1 },
      2,
      2,
    ],
  ])("%s", async (_, network, mode, changes, timeSteps, threads) => {
    const dnn = network();
    const image = await load(dnn, "photos/dog.jpg");
    const graph = toSpiking(await calibrate(dnn, [image]), conversionSettings(mode, changes));
    const names = graph.layers.filter(isPopulation).map(({ name }) => name);
    const checkpoints = await expectSameAsReference(eventEngine({ threads }), graph, image, {
      timeSteps,
      at: [1, timeSteps],
      encoding: "constant",
      seed: 1,
      record: { counts: names, membranes: names },
    });
    const spikes = [...checkpoints[1].activity.values()].reduce((sum, layer) => sum + layer.spikes, 0);
    expect(spikes).toBeGreaterThan(0);
  });
});
