/**
 * How fast training steps: the default model's network, batch 16, one thread, forward to optimizer; and what comes
 * before it, a batch of augmented pictures. The result is checked: the loss of the last step must be finite and lower.
 *
 *   npx vitest bench --run bench/train.bench.ts
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, bench, describe, expect } from "vitest";
import { sceneClasses } from "../src/data/scenes/classes.ts";
import { renderScene } from "../src/data/scenes/render.ts";
import { generateScene } from "../src/data/scenes/scene.ts";
import { adam } from "../src/dnn/training/optimizer.ts";
import { openTrainer } from "../src/dnn/training/trainer.ts";
import { inferShapes, inputOf, layerMacs } from "../src/graph/graph.ts";
import { importDarknet } from "../src/importers/darknet/import-darknet.ts";
import { defaultAugmentation, type Sample } from "../src/train/augment.ts";
import { batchesOf } from "../src/train/batches.ts";
import { initializeWeights } from "../src/train/initialize.ts";

const batch = 16;
const options = { iterations: 12, warmupIterations: 4, time: 0, warmupTime: 0 };

const cfg = readFileSync(resolve(import.meta.dirname, "../models/scenes.cfg"), "utf8");
const graph = initializeWeights(importDarknet({ cfg, classNames: [...sceneClasses] }), 1);
const [, height, width] = inputOf(graph).shape;
const shapes = inferShapes(graph);
const macs = graph.layers.reduce((sum, layer) => sum + layerMacs(layer, shapes.get(layer.name) ?? [0, 0, 0]), 0);

async function sample(index: number): Promise<Sample> {
  const scene = generateScene(1, index);
  const fraction = ({ xMin, yMin, xMax, yMax }: (typeof scene.objects)[number]) => ({
    ...{ xMin: xMin / scene.width, xMax: xMax / scene.width },
    ...{ yMin: yMin / scene.height, yMax: yMax / scene.height },
  });
  const objects = scene.objects.map((object) => ({
    ...fraction(object),
    classIndex: object.classIndex,
    isIgnored: object.difficult,
  }));
  return { pixels: await renderScene(scene), objects };
}

const stored = await Promise.all(Array.from({ length: batch }, (_, index) => sample(index)));
const samples = { count: batch, get: async (index: number) => stored[index] };
const batchAt = batchesOf(samples, { batch, channels: 3, width, height, seed: 1, augmentation: defaultAugmentation });
const pictures = await batchAt(0);
const trainer = await openTrainer(graph, {
  batch,
  optimizer: adam,
  maxGradientNorm: 100,
  objective: { detection: { loss: {} } },
  threads: 1,
});
const losses: number[] = [];
let milliseconds = 0;

afterAll(async () => {
  await trainer.dispose();
  expect(losses.at(-1)).toBeLessThan(losses[0]);
  const perSecond = (batch * losses.length) / (milliseconds / 1000);
  // Backward is twice forward; a multiply-accumulate is two operations.
  const gigaflops = (perSecond * macs * 6) / 1e9;
  console.log(`${(macs / 1e6).toFixed(1)} M MACs: ${perSecond.toFixed(1)} pictures/s, ${gigaflops.toFixed(1)} GFLOP/s`);
});

describe(`network ${width}×${height}, batch ${batch}`, () => {
  bench(
    "one training step",
    async () => {
      const start = performance.now();
      const { loss } = await trainer.step({ ...pictures, learningRate: 0.001, weightDecay: 0 });
      milliseconds += performance.now() - start;
      losses.push(loss);
    },
    options,
  );

  let step = 0;
  bench(
    "one batch of augmented pictures",
    async () => {
      await batchAt(step++);
    },
    options,
  );

  let index = 0;
  bench(
    "generating and rendering one scene",
    async () => {
      await renderScene(generateScene(1, index++));
    },
    options,
  );
});
