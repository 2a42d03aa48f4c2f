import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { sceneClasses } from "../data/scenes/classes.ts";
import { builtInModel, builtInModelNames } from "./built-in-models.ts";
import { readModel } from "./model.ts";

test("built-in models are there, by name only", async () => {
  expect(builtInModelNames).toContain("scenes");
  const { dnn } = await readModel("scenes");
  expect(dnn?.classNames).toEqual([...sceneClasses]);
  expect(dnn?.layers.some((layer) => layer.kind === "activation" && layer.statistics)).toBe(true);
  expect(builtInModel("toString")).toBeUndefined();
  await expect(readModel("./scenes")).rejects.toThrow("or a built-in name (scenes, scenes-spiking)");
});

test("the spiking twin holds the network that runs in three steps, and the λ of its training", async () => {
  const { dnn, snn } = await readModel("scenes-spiking");
  expect(snn?.simulation).toMatchObject({ timeSteps: 3, phases: 3, frameUnits: 7 });
  expect(snn?.classNames).toEqual([...sceneClasses]);
  expect(dnn?.layers.every((layer) => layer.kind !== "activation" || layer.trainedLambda)).toBe(true);
  expect((await readFile("models/scenes-spiking.safetensors")).length).toBeLessThan(4 * 2 ** 20);
});

test("built-in models stay small: the repository carries them", async () => {
  const sizes = await Promise.all(
    ["cfg", "weights", "safetensors"].map(async (ending) => (await readFile(`models/scenes.${ending}`)).length),
  );
  expect(sizes.reduce((a, b) => a + b)).toBeLessThan(4 * 2 ** 20);
});
