import { expect, test } from "vitest";
import { normalTensor } from "../../../test/run-tape.ts";
import { seededRandom } from "../../core/random.ts";
import { type FloatTensor, floatTensor } from "../../core/tensor.ts";
import type { Graph } from "../../graph/graph.ts";
import type { Layer } from "../../graph/layers.ts";
import { darknetPool, evenWindow } from "../../graph/windows.ts";
import { openDnn } from "../dnn-session.ts";
import { sgd } from "./optimizer.ts";
import { openTrainer } from "./trainer.ts";

const random = seededRandom(21);

function convolution(
  name: string,
  input: string,
  shape: readonly number[],
  settings: { stride?: number; groups?: number; bias?: boolean } = {},
): Layer {
  const { stride = 1, groups = 1, bias = false } = settings;
  const weights = normalTensor(shape, random);
  weights.data.forEach((value, i) => {
    weights.data[i] = value * Math.sqrt(2 / (shape[1] * shape[2] * shape[3]));
  });
  const padding = Math.floor(shape[2] / 2);
  return {
    kind: "convolution",
    name,
    inputs: [input],
    weights,
    ...evenWindow(stride, padding),
    groups,
    ...(bias ? { bias: normalTensor([shape[0]], random) } : {}),
  };
}

function batchNorm(name: string, input: string, channels: number): Layer {
  const scale = floatTensor(
    [channels],
    Array.from({ length: channels }, () => 0.5 + random()),
  );
  const [bias, mean, variance] = [normalTensor([channels], random), floatTensor([channels]), floatTensor([channels])];
  return { kind: "batchNorm", name, inputs: [input], scale, bias, mean, variance, epsilon: 1e-5 };
}

/** Every layer kind that training knows, and two heads. */
const graph: Graph = {
  layers: [
    { kind: "input", name: "input", inputs: [], shape: [3, 16, 24] },
    convolution("conv0", "input", [8, 3, 3, 3]),
    batchNorm("norm0", "conv0", 8),
    { kind: "activation", name: "leaky0", inputs: ["norm0"], activation: { fn: "leaky", slope: 0.1 } },
    { kind: "maxPool", name: "pool1", inputs: ["leaky0"], ...darknetPool(2, 2, 1) },
    convolution("conv2", "pool1", [8, 1, 3, 3], { groups: 8 }),
    batchNorm("norm2", "conv2", 8),
    { kind: "activation", name: "relu2", inputs: ["norm2"], activation: { fn: "relu" } },
    convolution("conv3", "relu2", [8, 8, 1, 1], { bias: true }),
    { kind: "sum", name: "sum4", inputs: ["conv3", "pool1"] },
    { kind: "slice", name: "slice5", inputs: ["sum4"], start: 2, count: 4 },
    convolution("conv6", "sum4", [6, 8, 3, 3], { stride: 2, bias: true }),
    { kind: "activation", name: "leaky6", inputs: ["conv6"], activation: { fn: "leaky", slope: 0.1 } },
    { kind: "maxPool", name: "pool7", inputs: ["leaky6"], ...darknetPool(2, 1, 1) },
    convolution("conv8", "pool7", [14, 6, 1, 1], { bias: true }),
    { kind: "region", name: "region9", inputs: ["conv8"], classes: 2, anchors: [1, 1, 3, 2], softmax: true },
    { kind: "upsample", name: "upsample10", inputs: ["pool7"], factor: 2 },
    { kind: "concat", name: "concat11", inputs: ["upsample10", "slice5"] },
    convolution("conv12", "concat11", [7, 10, 1, 1], { bias: true }),
    { kind: "yolo", name: "yolo13", inputs: ["conv12"], classes: 2, anchors: [4, 5], scaleXY: 1 },
  ],
  preprocessing: { fit: "stretch", filter: "bilinear" },
  classNames: ["a", "b"],
  provenance: [],
};

const images = floatTensor([2, 3, 16, 24], Float32Array.from({ length: 2 * 3 * 16 * 24 }, random));
const objects = [
  [
    { classIndex: 0, isIgnored: false, xMin: 0.1, yMin: 0.1, xMax: 0.6, yMax: 0.5 },
    { classIndex: 1, isIgnored: false, xMin: 0.7, yMin: 0.6, xMax: 0.85, yMax: 0.9 },
  ],
  [{ classIndex: 1, isIgnored: false, xMin: 0.3, yMin: 0.2, xMax: 0.5, yMax: 0.6 }],
];

// A step of 1 without momentum subtracts the gradient itself. Targets that follow the predictions would move the finite
// differences: the region head's overlap is switched off with its objectness.
const options = {
  batch: 2,
  optimizer: { ...sgd, momentum: 0 },
  maxGradientNorm: 1e9,
  objective: { detection: { loss: { objectScale: 0, ignoreOverlap: 2 } } },
};

test("the gradient of a whole network is the slope of its loss, parameter by parameter", async () => {
  const trainer = await openTrainer(graph, options);
  const before = trainer.state();
  const step = async () => trainer.step({ images, objects, learningRate: 1, weightDecay: 0 });
  await step();
  const after = trainer.state().tensors;
  for (const [name, { shape, data }] of before.tensors) {
    if (/velocity|mean|variance/.test(name)) continue;
    const gradient = Float64Array.from(data, (value, i) => value - (after.get(name) as FloatTensor).data[i]);
    const length = Math.hypot(...gradient);
    // Small enough to stay between the kinks of the activations, large enough for float32.
    const distance = 2e-3;
    const lossAt = async (sign: number) => {
      const moved = Float32Array.from(data, (value, i) => value + (sign * distance * gradient[i]) / length);
      trainer.restore({ steps: 0, tensors: new Map([...before.tensors, [name, floatTensor(shape, moved)]]) });
      return (await step()).loss;
    };
    const slope = ((await lossAt(1)) - (await lossAt(-1))) / (2 * distance);
    expect(length, name).toBeGreaterThan(1e-3);
    expect(Math.abs(slope - length), `${name}: slope ${slope}, gradient ${length}`).toBeLessThan(0.02 * length + 0.005);
  }
  await trainer.dispose();
});

test("the trained graph, run for inference on its batch's statistics, gives what training saw", async () => {
  // One picture, so that running averages after the first step are exactly that picture's statistics.
  const image = floatTensor([1, 3, 16, 24], Float32Array.from(images.data.subarray(0, 3 * 16 * 24)));
  const trainer = await openTrainer(graph, { ...options, batch: 1 });
  const still = { images: image, objects: objects.slice(0, 1), learningRate: 0, weightDecay: 0 };
  const first = await trainer.step(still);
  const dnn = trainer.graph();
  await trainer.dispose();
  const session = await openDnn(dnn);
  const outputs = await session.run(floatTensor([3, 16, 24], image.data));
  await session.dispose();
  // A network whose last convolutions are zero but for a bias equal to an output would lose the same; instead the loss
  // is recomputed by a trainer that sees the outputs directly.
  const heads = dnn.layers.filter((layer) => layer.kind === "region" || layer.kind === "yolo");
  let sum = 0;
  for (const head of heads) {
    const raw = outputs.get(head.name) as FloatTensor;
    const [channels, height, width] = raw.shape;
    const unit = Float32Array.from({ length: channels * channels }, (_, i) => (i % (channels + 1) === 0 ? 1 : 0));
    const direct: Graph = {
      ...dnn,
      layers: [
        { kind: "input", name: "input", inputs: [], shape: [channels, height, width] },
        {
          kind: "convolution",
          name: "same",
          inputs: ["input"],
          weights: floatTensor([channels, channels, 1, 1], unit),
          ...evenWindow(1, 0),
          groups: 1,
        },
        // Anchors in pixels are of the whole network's input.
        {
          ...head,
          inputs: ["same"],
          ...(head.kind === "yolo" ? { anchors: [(4 * width) / 24, (5 * height) / 16] } : {}),
        },
      ],
    };
    const small = await openTrainer(direct, { ...options, batch: 1 });
    const assigned = head.kind === "region" ? objects[0].slice(0, 1) : objects[0].slice(1);
    sum += (
      await small.step({
        ...still,
        objects: [assigned],
        images: floatTensor([1, channels, height, width], raw.data as Float32Array),
      })
    ).loss;
    await small.dispose();
  }
  expect(sum).toBeCloseTo(first.loss, 3);
});
