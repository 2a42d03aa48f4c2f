/** The spiking network of real weights, against the DNN that it was made of. */
import { readdirSync, readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { decodeImage } from "#platform";
import { calibrate, toSpiking } from "../src/convert/convert.ts";
import { type ConversionSettings, conversionSettings, type Mode } from "../src/convert/modes.ts";
import { displayThresholds, outputError, readDetections } from "../src/detections/detections.ts";
import { openDnn } from "../src/dnn/dnn-session.ts";
import { type Graph, inputOf } from "../src/graph/graph.ts";
import { type NetworkInput, preprocess } from "../src/image/preprocess.ts";
import { eventEngine } from "../src/snn/engines/event/event-engine.ts";
import { simulate } from "../src/snn/simulate.ts";
import { dataPath, describeWithData } from "./data.ts";
import { importModel, yoloLite } from "./yolo-lite.ts";

async function load(graph: Graph, path: string): Promise<NetworkInput> {
  return preprocess(await decodeImage(readFileSync(path), path), inputOf(graph).shape, graph.preprocessing);
}

async function calibrated(dnn: Graph): Promise<Graph> {
  async function* pictures() {
    for (const file of readdirSync(dataPath("calibration")))
      yield (await load(dnn, dataPath(`calibration/${file}`))).image;
  }
  return calibrate(dnn, pictures());
}

const photos = ["dog", "person", "eagle", "giraffe", "horses"];

/** The heads' error against the DNN at each step, averaged over photos; and what is found on the last photo at the end. */
async function run(
  dnn: Graph,
  mode: Mode,
  changes: Partial<ConversionSettings>,
  at: readonly number[],
  on: readonly string[],
) {
  const snn = toSpiking(dnn, conversionSettings(mode, { ...changes, timeSteps: at.at(-1)! }));
  const session = await eventEngine().open(snn);
  const exact = await openDnn(dnn);
  const errors = at.map(() => 0);
  let found: string[] = [];
  for (const photo of on) {
    const input = await load(dnn, dataPath(`photos/${photo}.jpg`));
    const wanted = await exact.run(input.image);
    for await (const { t, outputs } of simulate(session, input.image, { ...snn.simulation!, at })) {
      errors[at.indexOf(t)] += outputError(outputs, wanted) / on.length;
      found = (await readDetections(snn, outputs, input, displayThresholds)).map(
        ({ classIndex }) => snn.classNames[classIndex],
      );
    }
  }
  await session.dispose();
  await exact.dispose();
  return { errors, found };
}

describeWithData("the spiking network of real weights", () => {
  let lite: Graph;
  beforeAll(async () => {
    lite = await calibrated(yoloLite());
  }, 60_000);

  test("spikes that all weigh the same, on five photographs: the error falls, as an independent simulation's does (.212, .122, .088)", async () => {
    const { errors } = await run(lite, "rate", {}, [16, 32, 64], photos);
    expect(errors[0]).toBeLessThan(0.26);
    expect(errors[1]).toBeLessThan(0.15);
    expect(errors[2]).toBeLessThan(0.11);
    expect(errors[0]).toBeGreaterThan(errors[1]);
    expect(errors[1]).toBeGreaterThan(errors[2]);
  });

  test.each([
    ["fast", 8],
    ["graded", 4],
  ] as const)(
    "%s mode: in %i steps an error that equal spikes take more than 32 for, and bicycle and dog",
    async (mode, steps) => {
      const { errors } = await run(lite, mode, {}, [steps], photos);
      expect(errors[0]).toBeLessThan(0.122);
      const { found } = await run(lite, mode, {}, [steps], ["dog"]);
      expect(found).toContain("bicycle");
      expect(found).toContain("dog");
    },
  );

  test("paper mode: the error falls with time; without IBT it stays higher", async () => {
    const at = [64, 256, 1024];
    const { errors } = await run(lite, "paper", {}, at, ["dog"]);
    expect(errors[0]).toBeGreaterThan(errors[1]);
    expect(errors[1]).toBeGreaterThan(errors[2]);
    const without = await run(lite, "paper", { neuron: "if" }, at, ["dog"]);
    expect(without.errors[2]).toBeGreaterThan(errors[2]);
  });

  test("Yolo-Fastest (79 convolutions, depthwise, residual, two heads): the error falls with time", async () => {
    const { errors, found } = await run(
      await calibrated(importModel("yolo-fastest/yolo-fastest-1.1", "coco")),
      "rate",
      { bits: 12 },
      [16, 32, 64, 128],
      ["dog"],
    );
    for (let i = 1; i < errors.length; i++) expect(errors[i - 1]).toBeGreaterThan(errors[i]);
    expect(errors.at(-1)).toBeLessThan(0.2);
    expect(found).toContain("dog");
  });
});
