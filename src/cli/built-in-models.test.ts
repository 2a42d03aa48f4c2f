import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { decodeImage } from "#platform";
import { sceneClasses } from "../data/scenes/classes.ts";
import { displayThresholds, readDetections } from "../detections/detections.ts";
import { inputOf, type SpikingGraph } from "../graph/graph.ts";
import { preprocess } from "../image/preprocess.ts";
import { referenceEngine } from "../snn/engines/reference/reference-engine.ts";
import { simulate } from "../snn/simulate.ts";
import { fitTo } from "../targets/fit.ts";
import { stagesOf } from "../targets/stages.ts";
import { targets } from "../targets/targets.ts";
import { builtInModel, builtInModelNames } from "./built-in-models.ts";
import { readModel } from "./model.ts";

test("built-in models are there, by name only", async () => {
  expect(builtInModelNames).toContain("scenes");
  const { dnn } = await readModel("scenes");
  expect(dnn?.classNames).toEqual([...sceneClasses]);
  expect(dnn?.layers.some((layer) => layer.kind === "activation" && layer.statistics)).toBe(true);
  expect(builtInModel("toString")).toBeUndefined();
  await expect(readModel("./scenes")).rejects.toThrow("or a built-in name (scenes, scenes-spiking, akida)");
});

test("the spiking twin holds the network that runs in three steps, and the λ of its training", async () => {
  const { dnn, snn } = await readModel("scenes-spiking");
  expect(snn?.simulation).toMatchObject({ timeSteps: 3, phases: 3, frameUnits: 7 });
  expect(snn?.classNames).toEqual([...sceneClasses]);
  expect(dnn?.layers.every((layer) => layer.kind !== "activation" || layer.trainedLambda)).toBe(true);
  expect((await readFile("models/scenes-spiking.safetensors")).length).toBeLessThan(4 * 2 ** 20);
});

test("the detector for Akida 1.0 keeps all of the chip's rules as it is, in less than a megabyte, and finds what is in the street", async () => {
  const { snn } = await readModel("akida");
  const { fits, rules } = fitTo(targets.akida1, stagesOf(snn as SpikingGraph));
  expect(rules.filter(({ ok }) => !ok)).toEqual([]);
  expect(fits).toBe(true);
  expect(snn?.simulation).toMatchObject({ timeSteps: 1, phases: 1 });
  expect((await readFile("models/akida.safetensors")).length).toBeLessThan(2 ** 20);
  const picture = await decodeImage(await readFile("examples/street.png"), "street.png");
  const input = preprocess(picture, inputOf(snn as SpikingGraph).shape, (snn as SpikingGraph).preprocessing);
  const session = await referenceEngine.open(snn as SpikingGraph);
  for await (const { outputs } of simulate(session, input.image, (snn as SpikingGraph).simulation)) {
    const found = await readDetections(snn as SpikingGraph, outputs, input, displayThresholds);
    expect(found.length).toBeGreaterThan(2);
  }
  await session.dispose();
});

test("built-in models stay small: the repository carries them", async () => {
  const sizes = await Promise.all(
    ["cfg", "weights", "safetensors"].map(async (ending) => (await readFile(`models/scenes.${ending}`)).length),
  );
  expect(sizes.reduce((a, b) => a + b)).toBeLessThan(4 * 2 ** 20);
});
