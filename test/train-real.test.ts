/** Fine-tuning of a real detector on real pictures: darknet weights in, the loss falls, darknet weights out. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { limitDataSet } from "../src/data/dataset.ts";
import { openVoc } from "../src/data/voc.ts";
import { readWeightsHeader } from "../src/importers/darknet/weights.ts";
import { writeWeights } from "../src/importers/darknet/write-weights.ts";
import { noAugmentation } from "../src/train/augment.ts";
import { openTraining, type TrainingPlan } from "../src/train/training-run.ts";
import { dataPath, describeWithData } from "./data.ts";
import { yoloLite } from "./yolo-lite.ts";

const plan: TrainingPlan = {
  steps: 12,
  batch: 8,
  learningRate: 1e-4,
  warmUp: 3,
  weightDecay: 0,
  optimizer: "adam",
  maxGradientNorm: 100,
  seed: 1,
  augmentation: noAugmentation,
  objective: { detection: { loss: {} } },
  continues: true,
};

describeWithData("fine-tuning tiny-yolov2-trial3", () => {
  test("the loss of two batches of VOC pictures falls", async () => {
    const dataSet = limitDataSet(await openVoc({ root: dataPath("VOCdevkit") }), 16);
    const graph = yoloLite();
    const read = new Uint8Array(readFileSync(dataPath("models/yolo-lite/tiny-yolov2-trial3.weights")));
    const { bytes } = readWeightsHeader(read, "tiny-yolov2-trial3.weights");
    expect(writeWeights(graph).subarray(20)).toEqual(read.subarray(bytes));
    const run = await openTraining(graph, dataSet, plan);
    const losses: number[] = [];
    while (run.stepsDone < plan.steps) losses.push((await run.step()).loss);
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    // From weights made by another program: far below the loss of random ones (about 100), and falling.
    expect(losses[0]).toBeLessThan(40);
    expect(mean(losses.slice(-2))).toBeLessThan(0.7 * mean(losses.slice(0, 2)));
    await run.dispose();
  });
});
