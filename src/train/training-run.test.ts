import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { darknetCfg, scenesHead } from "../../test/darknet-cfg.ts";
import { floatTensor } from "../core/tensor.ts";
import type { DataSetContents } from "../data/dataset.ts";
import { loadPicture } from "../data/load-picture.ts";
import { sceneClasses } from "../data/scenes/classes.ts";
import { sceneImages } from "../data/scenes/labelled.ts";
import { openVoc, writeVocDataSet } from "../data/voc.ts";
import { preprocess } from "../image/preprocess.ts";
import { importDarknet } from "../importers/darknet/import-darknet.ts";
import { writeWeights } from "../importers/darknet/write-weights.ts";
import { defaultAugmentation, noAugmentation } from "./augment.ts";
import { batchesOf } from "./batches.ts";
import { decodeCheckpoint, encodeCheckpoint, identityOf } from "./checkpoint.ts";
import { initializeWeights } from "./initialize.ts";
import { samplesOf } from "./samples.ts";
import { learningRateAt } from "./schedule.ts";
import { openTraining, type TrainingPlan, type TrainingRun } from "./training-run.ts";

const cfg = darknetCfg(
  "net width=64 height=48 channels=3",
  "convolutional batch_normalize=1 filters=8 size=3 pad=1 activation=leaky",
  "maxpool size=2 stride=2",
  "convolutional batch_normalize=1 filters=12 size=3 stride=2 pad=1 activation=leaky",
  "convolutional filters=12 size=1 activation=linear",
  "shortcut from=-2 activation=linear",
  ...scenesHead,
);

const plan: TrainingPlan = {
  steps: 60,
  batch: 4,
  learningRate: 0.01,
  warmUp: 5,
  weightDecay: 0.001,
  optimizer: "adam",
  maxGradientNorm: 100,
  seed: 3,
  augmentation: defaultAugmentation,
  objective: { detection: { loss: {} } },
  continues: false,
};

let folder: string;
let dataSet: DataSetContents;
const graph = initializeWeights(importDarknet({ cfg, classNames: [...sceneClasses] }), plan.seed);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "training-"));
  await writeVocDataSet(sceneImages(1, 10, "voc", { width: 96, height: 72 }), sceneClasses, { root: folder });
  dataSet = await openVoc({ root: folder });
});

afterAll(() => rm(folder, { recursive: true }));

async function train(run: TrainingRun, steps: number): Promise<number[]> {
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) losses.push((await run.step()).loss);
  return losses;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

test("the loss falls", async () => {
  const run = await openTraining(graph, dataSet, { ...plan, steps: 150, augmentation: noAugmentation });
  const losses = await train(run, 150);
  await run.dispose();
  expect(mean(losses.slice(-10))).toBeLessThan(0.5 * mean(losses.slice(0, 5)));
});

test("a network of grey pictures learns, and what it is shown is the brightness of what it is run on", async () => {
  const made = importDarknet({ cfg: cfg.replace("channels=3", "channels=1"), classNames: [...sceneClasses] });
  const grey = initializeWeights(made, plan.seed);
  const run = await openTraining(grey, dataSet, { ...plan, steps: 150, augmentation: noAugmentation });
  const losses = await train(run, 150);
  await run.dispose();
  expect(mean(losses.slice(-10))).toBeLessThan(0.5 * mean(losses.slice(0, 5)));
  const samples = samplesOf(dataSet, [1, 48, 64], grey.preprocessing);
  const settings = { batch: 1, channels: 1, width: 80, height: 60, seed: 1, augmentation: noAugmentation };
  const { images } = await batchesOf({ count: 1, get: () => samples.get(3) }, settings)(0);
  const { image } = preprocess(await loadPicture(dataSet.images[3]), [1, 60, 80], grey.preprocessing);
  expect(images.shape).toEqual([1, 1, 60, 80]);
  // Samples are kept as bytes.
  for (const [i, value] of image.data.entries()) expect(Math.abs(images.data[i] - value)).toBeLessThan(0.51 / 255);
});

test("a run that goes on from a checkpoint ends with the same bits as one that was never interrupted", async () => {
  const identity = identityOf(plan, dataSet, cfg);
  const whole = await openTraining(graph, dataSet, plan);
  const losses = await train(whole, 12);
  const first = await openTraining(graph, dataSet, plan);
  await train(first, 7);
  const file = await encodeCheckpoint(first.state(), identity);
  await first.dispose();
  const second = await openTraining(graph, dataSet, plan);
  second.restore(await decodeCheckpoint(file, "run.checkpoint", identity));
  expect(second.stepsDone).toBe(7);
  expect(await train(second, 5)).toEqual(losses.slice(7));
  expect(writeWeights(second.graph())).toEqual(writeWeights(whole.graph()));
  expect(await encodeCheckpoint(second.state(), identity)).toEqual(await encodeCheckpoint(whole.state(), identity));
  await second.dispose();
  await whole.dispose();
});

test("a checkpoint of another run, another network, or cut short is refused", async () => {
  const identity = identityOf(plan, dataSet, cfg);
  const run = await openTraining(graph, dataSet, plan);
  const file = await encodeCheckpoint(run.state(), identity);
  const other = identityOf({ ...plan, learningRate: 0.02 }, dataSet, cfg);
  await expect(decodeCheckpoint(file, "a.checkpoint", other)).rejects.toThrow(
    "a.checkpoint is of a run with learningRate 0.01, not 0.02",
  );
  await expect(decodeCheckpoint(file, "a.checkpoint", { ...identity, cfg: "x" })).rejects.toThrow(
    "a run with another cfg",
  );
  await expect(decodeCheckpoint(file.subarray(0, file.length - 4), "a.checkpoint", identity)).rejects.toThrow(
    "a.checkpoint",
  );
  const state = await decodeCheckpoint(file, "a.checkpoint", identity);
  const tensors = new Map(state.tensors);
  tensors.delete("conv0.weights.m");
  expect(() => run.restore({ ...state, tensors })).toThrow("conv0.weights.m is missing");
  await run.dispose();
});

test("a checkpoint of changed numbers, of numbers that are none, beyond the plan or without a checksum is refused", async () => {
  const identity = identityOf(plan, dataSet, cfg);
  const run = await openTraining(graph, dataSet, plan);
  const state = run.state();
  await run.dispose();
  const refused = (file: Uint8Array, reason: string) =>
    expect(decodeCheckpoint(file, "a.checkpoint", identity)).rejects.toMatchObject({
      code: "E_CHECKPOINT",
      message: expect.stringContaining(`a.checkpoint ${reason}`),
    });
  const file = await encodeCheckpoint(state, identity);
  // Bits of numbers, from the last byte backwards, and a digit of the count of steps.
  for (const at of [file.length - 1, file.length - 1000, file.length - 4001]) {
    await refused(
      file.map((byte, i) => (i === at ? byte ^ 1 : byte)),
      "was changed or damaged",
    );
  }
  const text = Buffer.from(file).toString("latin1");
  expect(text).toContain('"stepsDone":"0"');
  await refused(Buffer.from(text.replace('"stepsDone":"0"', '"stepsDone":"9"'), "latin1"), "was changed or damaged");
  await refused(Buffer.from(text.replace("checkpoint 2", "checkpoint 1"), "latin1"), "is a checkpoint of an earlier");
  await refused(await encodeCheckpoint({ ...state, steps: plan.steps }, identity), "is from after step 60");
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const bias = floatTensor([26], new Float32Array(26).fill(value, 25));
    const tensors = new Map([...state.tensors, ["conv5.bias", bias]]);
    await refused(await encodeCheckpoint({ ...state, tensors }, identity), "holds numbers in conv5.bias that");
  }
});

test("numbers that stop being finite end the run, naming step and layer; the state stays", async () => {
  const run = await openTraining(graph, dataSet, plan);
  await train(run, 2);
  const state = run.state();
  const weights = state.tensors.get("conv2.weights");
  if (!weights) throw new Error("the test's network has no conv2");
  const broken = { ...weights, data: Float32Array.from(weights.data, (value, i) => (i === 0 ? Number.NaN : value)) };
  run.restore({ ...state, tensors: new Map([...state.tensors, ["conv2.weights", broken]]) });
  await expect(run.step()).rejects.toThrow(
    /step 3 is not finite.*first in the output of norm2's convolution.*--learning-rate/,
  );
  expect(run.stepsDone).toBe(2);
  run.restore(state);
  expect(Number.isFinite((await run.step()).loss)).toBe(true);
  await run.dispose();
});

test("classes that do not fit the head, and data sets without objects, are refused", async () => {
  const fewer = { ...dataSet, classNames: dataSet.classNames.slice(1) };
  await expect(openTraining(graph, fewer, plan)).rejects.toThrow("region6 tells 8 classes apart");
  const more = importDarknet({ cfg: cfg.replace("channels=3", "channels=4"), classNames: [...sceneClasses] });
  await expect(openTraining(more, dataSet, plan)).rejects.toMatchObject({ code: "E_CHANNELS" });
  const empty = { ...dataSet, images: dataSet.images.map((image) => ({ ...image, objects: [] })) };
  await expect(openTraining(graph, empty, plan)).rejects.toThrow("holds no picture with objects");
});

/** The pictures of these numbers are not there. */
const without = (...numbers: readonly number[]) => ({
  ...dataSet,
  images: dataSet.images.map((image, i) => (numbers.includes(i) ? { ...image, path: `${image.path}.gone` } : image)),
});

test("in place of a picture that cannot be read comes the next, always the same, and it is named", async () => {
  const samples = samplesOf(without(4, 5), [3, 48, 64], graph.preprocessing);
  for (const order of [
    [4, 6],
    [5, 6],
    [9, 9],
  ])
    expect(await samples.get(order[0])).toBe(await samples.get(order[1]));
  expect(samples.remarks()).toEqual([
    expect.stringMatching(/^pictures that could not be read, in whose place .*: 2 \(.*000004\.png\.gone .*000005/),
  ]);
  const run = await openTraining(graph, without(4), plan);
  const losses = await train(run, 5);
  expect(run.remarks()).toHaveLength(1);
  await run.dispose();
  const again = await openTraining(graph, without(4), plan);
  expect(await train(again, 5)).toEqual(losses);
  await again.dispose();
});

test("training ends where too many pictures cannot be read", async () => {
  const run = await openTraining(graph, without(1, 4, 7), plan);
  await expect(train(run, 5)).rejects.toThrow(/^3 of 10 pictures could not be read \(.*\); at most 2 may fail/);
  await run.dispose();
});

test("every picture is seen once before any is seen again, in another order each time", async () => {
  const samples = samplesOf(dataSet, [3, 48, 64], graph.preprocessing);
  const seen: number[] = [];
  const get = (index: number) => {
    seen.push(index);
    return samples.get(index);
  };
  const counting = { count: samples.count, get };
  const batchAt = batchesOf(counting, {
    batch: 4,
    channels: 3,
    width: 64,
    height: 48,
    seed: 1,
    augmentation: defaultAugmentation,
  });
  for (let step = 0; step < 5; step++) await batchAt(step);
  const all = Array.from({ length: 10 }, (_, i) => i);
  expect(seen.slice(0, 10).toSorted((a, b) => a - b)).toEqual(all);
  expect(seen.slice(10).toSorted((a, b) => a - b)).toEqual(all);
  expect(seen.slice(0, 10)).not.toEqual(seen.slice(10));
});

test("the learning rate rises, then falls along a cosine", () => {
  const schedule = { steps: 100, learningRate: 1, warmUp: 9 };
  const rates = Array.from({ length: 101 }, (_, step) => learningRateAt(schedule, step));
  expect(rates[0]).toBeCloseTo(0.1);
  expect(rates[9]).toBe(1);
  expect(rates[100]).toBeCloseTo(0.01);
  for (let i = 10; i < 100; i++) expect(rates[i + 1]).toBeLessThan(rates[i]);
});
