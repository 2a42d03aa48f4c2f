import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { darknetCfg, scenesHead } from "../../test/darknet-cfg.ts";
import { runTape } from "../../test/run-tape.ts";
import { toSpiking } from "../convert/convert.ts";
import { type ConversionSettings, conversionSettings } from "../convert/modes.ts";
import { type FloatTensor, floatTensor, relativeError } from "../core/tensor.ts";
import type { DataSetContents } from "../data/dataset.ts";
import { loadPicture } from "../data/load-picture.ts";
import { sceneClasses } from "../data/scenes/classes.ts";
import { sceneImages } from "../data/scenes/labelled.ts";
import { openVoc, writeVocDataSet } from "../data/voc.ts";
import { forward } from "../dnn/training/forward.ts";
import { parametersOf } from "../dnn/training/training-graph.ts";
import { type Graph, headsOf, inputOf } from "../graph/graph.ts";
import { bitsOf } from "../graph/weight-bits.ts";
import { preprocess } from "../image/preprocess.ts";
import { importDarknet } from "../importers/darknet/import-darknet.ts";
import { dnnOperations } from "../metrics/operations.ts";
import { eventEngine } from "../snn/engines/event/event-engine.ts";
import { referenceEngine } from "../snn/engines/reference/reference-engine.ts";
import { simulate } from "../snn/simulate.ts";
import { noAugmentation } from "./augment.ts";
import { decodeCheckpoint, encodeCheckpoint, identityOf } from "./checkpoint.ts";
import { initializeWeights } from "./initialize.ts";
import {
  integerSettings,
  runSettings,
  spikeTable,
  spikingResult,
  spikingStart,
  spikingTraining,
  unitsOf,
} from "./spiking.ts";
import { afterOneBatch, openTraining, type TrainingPlan, type TrainingRun } from "./training-run.ts";

/** A max-pool, a residual sum, a route of two, a stride, leaky and linear neurons, batch norm. */
const cfg = darknetCfg(
  "net width=64 height=48 channels=3",
  "convolutional batch_normalize=1 filters=8 size=3 pad=1 activation=leaky",
  "maxpool size=2 stride=2",
  "convolutional batch_normalize=1 filters=12 size=3 stride=2 pad=1 activation=leaky",
  "convolutional filters=12 size=1 activation=linear",
  "shortcut from=-2 activation=linear",
  "route layers=-1,-2",
  "convolutional batch_normalize=1 filters=8 size=3 pad=1 activation=leaky",
  ...scenesHead,
);

/** What plain neurons can follow: ReLU, in a row. */
const reluCfg = darknetCfg(
  "net width=64 height=48 channels=3",
  "convolutional batch_normalize=1 filters=8 size=3 pad=1 activation=relu",
  "maxpool size=2 stride=2",
  "convolutional batch_normalize=1 filters=12 size=3 stride=2 pad=1 activation=relu",
  "convolutional batch_normalize=1 filters=8 size=3 pad=1 activation=relu",
  ...scenesHead,
);

const plan: TrainingPlan = {
  steps: 40,
  batch: 4,
  learningRate: 0.005,
  warmUp: 5,
  weightDecay: 0,
  optimizer: "adam",
  maxGradientNorm: 100,
  seed: 3,
  augmentation: noAugmentation,
  objective: { detection: { loss: {} } },
  spiking: { timeSteps: 3, levels: 1, surrogate: "clip", learnsLambda: true },
  continues: false,
};

const event = eventEngine({ threads: 1 });
let folder: string;
let dataSet: DataSetContents;
let start: Graph;
const random = initializeWeights(importDarknet({ cfg, classNames: [...sceneClasses] }), plan.seed);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "spiking-"));
  await writeVocDataSet(sceneImages(1, 8, "voc", { width: 96, height: 72 }), sceneClasses, { root: folder });
  dataSet = await openVoc({ root: folder });
  start = await spikingStart(await afterOneBatch(random, dataSet, plan), pictures(), true);
});
afterAll(() => rm(folder, { recursive: true }));

async function* pictures(): AsyncGenerator<FloatTensor> {
  for (const entry of dataSet.images)
    yield preprocess(await loadPicture(entry), [3, 48, 64], random.preprocessing).image;
}

async function train(run: TrainingRun, steps: number): Promise<number[]> {
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) losses.push((await run.step()).loss);
  return losses;
}

async function trained(changes: Partial<TrainingPlan> = {}, steps = 12): Promise<Graph> {
  const run = await openTraining(start, dataSet, { ...plan, ...changes });
  await train(run, steps);
  const graph = run.graph();
  await run.dispose();
  return spikingResult(graph, pictures(), () => {});
}

/** Head charges at the last step, as read; and what was sent. */
async function lastOf(dnn: Graph, settings: ConversionSettings, image: FloatTensor, engine = event) {
  const snn = toSpiking(dnn, settings);
  const session = await engine.open(snn);
  try {
    for await (const checkpoint of simulate(session, image, { ...snn.simulation, at: [settings.timeSteps] })) {
      const heads = headsOf(snn).map(({ name }) => checkpoint.heads.get(name)?.vmem as FloatTensor);
      return { heads, synOps: checkpoint.synOps };
    }
    throw new Error("no checkpoint");
  } finally {
    await session.dispose();
  }
}

test.each([
  { timeSteps: 3, levels: 1 },
  { timeSteps: 2, levels: 2 },
  { timeSteps: 1, levels: 4 },
])(
  "the integer run and the binary runs of a trained network are the same to the bit: $timeSteps steps of up to $levels",
  async (shape) => {
    const spiking = { ...shape, surrogate: "clip", learnsLambda: true } as const;
    const dnn = await trained({ spiking });
    const units = unitsOf(spiking);
    const equal = conversionSettings("trained", { timeSteps: units, phases: 1, delay: units - 1 });
    let [image] = [floatTensor([3, 48, 64])];
    for await (const picture of pictures()) image = picture;
    const integer = await lastOf(dnn, integerSettings(spiking), image);
    expect(Math.hypot(...integer.heads[0].data)).toBeGreaterThan(1);
    for (const settings of [runSettings(spiking), equal]) {
      for (const engine of [event, referenceEngine]) {
        const binary = await lastOf(dnn, settings, image, engine);
        expect(binary.heads).toEqual(integer.heads);
      }
    }
    // Equal steps send a spike for each count; phases send fewer.
    expect((await lastOf(dnn, equal, image)).synOps).toBe(integer.synOps);
    if (shape.timeSteps > 1)
      expect((await lastOf(dnn, runSettings(spiking), image)).synOps).toBeLessThan(integer.synOps);
  },
);

test("weights trained in 4 bits: conversion rounds nothing away, and plain neurons send the same whole counts in one step", async () => {
  const spiking = { timeSteps: 1, levels: 15, surrogate: "clip", learnsLambda: true, weightBits: 4 } as const;
  const relu = initializeWeights(importDarknet({ cfg: reluCfg, classNames: [...sceneClasses] }), plan.seed);
  const placed = await spikingStart(await afterOneBatch(relu, dataSet, plan), pictures(), true);
  const run = await openTraining(placed, dataSet, { ...plan, spiking });
  await train(run, 12);
  const dnn = await spikingResult(run.graph(), pictures(), () => {}, spiking);
  await run.dispose();
  let [image] = [floatTensor([3, 48, 64])];
  for await (const picture of pictures()) image = picture;
  const snn = toSpiking(dnn, runSettings(spiking));
  const bits = snn.layers.flatMap((layer) => (layer.kind === "convolution" ? [bitsOf(layer.weights)] : []));
  expect(bits[0]).toBe(8);
  expect(new Set(bits.slice(1))).toEqual(new Set([4]));
  const float = await lastOf(dnn, { ...runSettings(spiking), bits: "float" }, image, referenceEngine);
  const whole = await lastOf(dnn, runSettings(spiking), image);
  // The picture's weights are 8 bits wide in one and on the same grid in the other; biases and thresholds are rounded in integers.
  expect(relativeError(whole.heads[0].data, float.heads[0].data)).toBeLessThan(0.05);
  const plainNeurons = { neuron: "if", vInit: 0.5 } as const;
  const plainFloat = await lastOf(
    dnn,
    { ...runSettings(spiking), ...plainNeurons, bits: "float" },
    image,
    referenceEngine,
  );
  expect(relativeError(plainFloat.heads[0].data, float.heads[0].data)).toBeLessThan(0.05);
  const plain = await lastOf(dnn, { ...runSettings(spiking), ...plainNeurons }, image);
  expect(relativeError(plain.heads[0].data, float.heads[0].data)).toBeLessThan(0.05);
});

test("training computes what the integer run computes, and counts the accumulates that the binary run does", async () => {
  const spiking = plan.spiking as NonNullable<TrainingPlan["spiking"]>;
  const dnn = await trained();
  const images: FloatTensor[] = [];
  for await (const image of pictures()) images.push(image);
  const [image] = images;
  const head = headsOf(dnn)[0].inputs[0];
  const parameters = parametersOf(dnn, spikingTraining(spiking));
  const feeds = Object.fromEntries(parameters.map(({ name, value }) => [name, value]));
  const { head: seen } = await runTape(
    { ...feeds, input: floatTensor([1, 3, 48, 64], image.data as Float32Array) },
    (tape) => {
      const values = forward(tape, dnn, {
        image: tape.input("input", [1, ...inputOf(dnn).shape]),
        parameters: new Map(parameters.map(({ name, value }) => [name, tape.input(name, value.shape)])),
        rounding: spikingTraining(spiking),
      });
      tape.output("head", values.get(head)!);
    },
  );
  // In float32 both add in other orders, so a value in the middle between two counts may go either way: a few in ten thousand.
  const float = await lastOf(dnn, { ...integerSettings(spiking), bits: "float" }, image, referenceEngine);
  expect(relativeError(float.heads[0].data, seen.data)).toBeLessThan(0.01);
  const bits = await lastOf(dnn, { ...integerSettings(spiking), bits: 16 }, image);
  expect(relativeError(bits.heads[0].data, seen.data)).toBeLessThan(0.1);

  const still = await openTraining(dnn, dataSet, { ...plan, steps: 1, batch: images.length, learningRate: 0 });
  const { accumulates } = await still.step();
  await still.dispose();
  let synOps = 0;
  for (const picture of images) synOps += (await lastOf(dnn, { ...runSettings(spiking), bits: 16 }, picture)).synOps;
  const { macs } = dnnOperations(dnn);
  expect(accumulates).toBeGreaterThan(0.1);
  // Pictures come to training as bytes of a larger size, shrunk again.
  expect(Math.abs(accumulates / (synOps / macs / images.length) - 1)).toBeLessThan(0.05);
});

test("the loss falls; a target brings accumulates down to it", async () => {
  const objective = { detection: { loss: {} }, spikes: { target: 0.2, weight: 20 } };
  const run = await openTraining(start, dataSet, { ...plan, steps: 200, objective });
  const first = await run.step();
  const losses = await train(run, 198);
  const last = await run.step();
  await run.dispose();
  expect(first.accumulates).toBeGreaterThan(0.3);
  expect(last.accumulates).toBeLessThan(0.25);
  expect(last.detection).toBeLessThan(0.8 * first.detection);
  expect(losses.every(Number.isFinite)).toBe(true);
});

test("without labels a network learns its teacher's outputs", async () => {
  const teacher = await trained({ spiking: undefined }, 30);
  const from = await spikingStart(teacher, pictures(), false);
  const unlabelled = { ...dataSet, classNames: [], images: dataSet.images.map((image) => ({ ...image, objects: [] })) };
  const distilled = {
    ...plan,
    steps: 60,
    learningRate: 0.002,
    objective: { distillation: { weight: 1 } },
    continues: true,
  };
  const run = await openTraining(from, unlabelled, distilled, { teacher });
  const losses = await train(run, 60);
  await run.dispose();
  expect(losses.at(-1)).toBeLessThan(0.6 * losses[0]);
});

test("a run that goes on from a checkpoint ends with the same bits as one that was never interrupted", async () => {
  const identity = identityOf(plan, dataSet, cfg);
  const whole = await openTraining(start, dataSet, plan);
  const losses = await train(whole, 9);
  const first = await openTraining(start, dataSet, plan);
  await train(first, 4);
  const file = await encodeCheckpoint(first.state(), identity);
  await first.dispose();
  const second = await openTraining(start, dataSet, plan);
  second.restore(await decodeCheckpoint(file, "run.checkpoint", identity));
  expect(await train(second, 5)).toEqual(losses.slice(4));
  expect(second.graph()).toEqual(whole.graph());
  const lambdas = (graph: Graph) =>
    graph.layers.flatMap((layer) =>
      layer.kind === "activation" && layer.trainedLambda ? [...layer.trainedLambda.data] : [],
    );
  expect(lambdas(second.graph())).not.toEqual(lambdas(start));
  await second.dispose();
  await whole.dispose();
  const other = identityOf(
    { ...plan, spiking: { timeSteps: 2, levels: 1, surrogate: "clip", learnsLambda: true } },
    dataSet,
    cfg,
  );
  await expect(decodeCheckpoint(file, "run.checkpoint", other)).rejects.toThrow("is of a run with spiking");
});

test("spikes that a count costs are those of the canonical digits", () => {
  const { resolution, spikes } = spikeTable({ timeSteps: 3, levels: 1, surrogate: "clip", learnsLambda: true });
  expect([0, 1, 2, 3, 4, 5, 6, 7].map((n) => spikes[n * resolution])).toEqual([0, 1, 1, 2, 1, 2, 2, 3]);
});

test("λ that is not learned stays as calibration found it", async () => {
  const dnn = await trained({ spiking: { timeSteps: 3, levels: 1, surrogate: "clip", learnsLambda: false } }, 3);
  const before = new Map(start.layers.map((layer) => [layer.name, layer]));
  for (const layer of dnn.layers)
    if (layer.kind === "activation")
      expect(layer.trainedLambda).toEqual((before.get(layer.name) as typeof layer).trainedLambda);
});

test("a network that was not trained so has no such mode", async () => {
  const dnn = await trained({ spiking: undefined }, 1);
  const plain = {
    ...dnn,
    layers: dnn.layers.map((layer) => (layer.kind === "activation" ? { ...layer, trainedLambda: undefined } : layer)),
  } as Graph;
  expect(() => toSpiking(plain, conversionSettings("trained"))).toThrow(
    /leaky0.* was not trained through its rounding/,
  );
});
