import { twoSloped } from "../../functions/two-sloped.ts";
import { darknetPool, evenWindow, type Pair } from "../../graph/windows.ts";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import { beforeAll, expect, test } from "vitest";
import { normalTensor, runWithGradients, type Tensors } from "../../../test/run-tape.ts";
import { seededRandom } from "../../core/random.ts";
import { type FloatTensor, relativeError } from "../../core/tensor.ts";
import { activate, averagePool, batchNormalization, convolution, insertZeros, maxPool, upsample } from "./layers.ts";
import type { Tape, Value } from "./tape.ts";

// Two float32 programs that add in different orders; measured at 1e-7 to 1e-6.
const tolerance = 1e-5;

beforeAll(() => tf.setBackend("cpu"));

const toNhwc = (x: tf.Tensor) => tf.transpose(x as tf.Tensor4D, [0, 2, 3, 1]) as tf.Tensor4D;
const toNchw = (x: tf.Tensor) => tf.transpose(x as tf.Tensor4D, [0, 3, 1, 2]) as tf.Tensor4D;

/** Compares output and all gradients of our operator with those of the independent autodiff, on seeded normal inputs. */
async function agree(
  shapes: Readonly<Record<string, readonly number[]>>,
  outputShape: readonly number[],
  ours: (tape: Tape, values: Readonly<Record<string, Value>>) => Value,
  theirs: (inputs: readonly tf.Tensor[]) => tf.Tensor,
  adjust: (inputs: Tensors) => void = () => {},
): Promise<void> {
  const random = seededRandom(7);
  const inputs: Tensors = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, normalTensor(shape, random)]),
  );
  adjust(inputs);
  const cotangent = normalTensor(outputShape, random);
  const mine = await runWithGradients(inputs, cotangent, ours);
  const toTf = ({ data, shape }: FloatTensor) => tf.tensor(data as Float32Array, [...shape]);
  const their = tf.valueAndGrads((...values: tf.Tensor[]) => theirs(values))(
    Object.values(inputs).map(toTf),
    toTf(cotangent),
  );
  expect(mine.output.shape).toEqual(outputShape);
  expect(relativeError(mine.output.data, their.value.dataSync())).toBeLessThan(tolerance);
  for (const [i, name] of Object.keys(shapes).entries()) {
    const gradient = their.grads[i].dataSync();
    expect(mine.gradients[name].shape, name).toEqual(shapes[name]);
    expect(
      gradient.some((value) => value !== 0),
      `${name} has a gradient to compare`,
    ).toBe(true);
    expect(relativeError(mine.gradients[name].data, gradient), name).toBeLessThan(tolerance);
  }
}

/** Zeros between a kernel's taps: the oracle has no gradient of dilated convolutions. */
function spreadAlong(kernel: tf.Tensor, axis: number, dilation: number): tf.Tensor {
  if (dilation === 1) return kernel;
  const { shape } = kernel;
  const pads = [...shape, 1].map((): [number, number] => [0, 0]);
  pads[axis + 1] = [0, dilation - 1];
  const wide = tf.reshape(
    tf.pad(tf.expandDims(kernel, axis + 1), pads),
    shape.map((extent, i) => (i === axis ? extent * dilation : extent)),
  );
  const size = shape.map((extent, i) => (i === axis ? (extent - 1) * dilation + 1 : extent));
  return tf.slice(
    wide,
    shape.map(() => 0),
    size,
  );
}

const convolutions = [
  { size: 3, stride: 1, padding: 1, groups: 1, extent: [5, 7] },
  { size: 3, stride: 1, padding: 0, groups: 1, extent: [5, 7] },
  { size: 1, stride: 1, padding: 0, groups: 1, extent: [4, 3] },
  { size: 3, stride: 2, padding: 1, groups: 1, extent: [7, 7] },
  { size: 3, stride: 2, padding: 1, groups: 1, extent: [8, 6] },
  { size: 1, stride: 2, padding: 0, groups: 1, extent: [6, 5] },
  { size: 5, stride: 3, padding: 2, groups: 1, extent: [9, 11] },
  { size: 3, stride: 1, padding: 1, groups: 2, extent: [5, 4] },
  { size: 3, stride: 2, padding: 1, groups: 4, extent: [6, 8] },
  // Many channels take another way to the gradient of the weights.
  { size: 3, stride: 1, padding: 1, groups: 1, extent: [5, 7], channels: 20 },
  { size: 3, stride: 2, padding: 1, groups: 1, extent: [7, 6], channels: 16 },
  { size: 1, stride: 1, padding: 0, groups: 1, extent: [4, 3], channels: 16 },
].map(({ size, stride, padding, ...settings }) => ({
  channels: 4,
  size: [size, size] as Pair,
  ...evenWindow(stride, padding),
  ...settings,
}));
const unevenConvolutions: typeof convolutions = [
  { size: [1, 3], strides: [1, 1], dilations: [1, 1], pads: [0, 1, 0, 1], groups: 1, extent: [5, 7], channels: 4 },
  { size: [3, 2], strides: [2, 3], dilations: [1, 1], pads: [2, 0, 1, 1], groups: 1, extent: [7, 8], channels: 4 },
  { size: [3, 3], strides: [1, 1], dilations: [2, 3], pads: [2, 3, 1, 4], groups: 1, extent: [8, 9], channels: 4 },
  { size: [3, 2], strides: [1, 1], dilations: [2, 1], pads: [0, 1, 3, 0], groups: 2, extent: [8, 6], channels: 4 },
  { size: [2, 4], strides: [2, 1], dilations: [1, 1], pads: [1, 2, 0, 0], groups: 4, extent: [6, 7], channels: 4 },
  { size: [2, 3], strides: [1, 2], dilations: [1, 1], pads: [0, 1, 2, 0], groups: 1, extent: [5, 7], channels: 20 },
];

test.each([...convolutions, ...unevenConvolutions])(
  "convolution $size, strides $strides, dilations $dilations, pads $pads, groups $groups, channels $channels",
  async ({ channels, size, extent, ...settings }) => {
    const { strides, dilations, pads, groups } = settings;
    const filters = 8;
    const out = extent.map((value, axis) => {
      const reach = (size[axis] - 1) * dilations[axis] + 1;
      return Math.floor((value + pads[axis] + pads[axis + 2] - reach) / strides[axis]) + 1;
    });
    await agree(
      { x: [2, channels, ...extent], weights: [filters, channels / groups, ...size], bias: [filters] },
      [2, filters, ...out],
      (tape, { x, weights, bias }) => convolution(tape, x, weights, bias, settings),
      ([x, weights, bias]) => {
        const parts = groups === 1 ? [x] : tf.split(x, groups, 1);
        const kernels = groups === 1 ? [weights] : tf.split(weights, groups, 0);
        const outputs = parts.map((part, i) => {
          const spread = dilations.reduce(
            (kernel, dilation, axis) => spreadAlong(kernel, axis + 2, dilation),
            kernels[i],
          );
          const kernel = tf.transpose(spread, [2, 3, 1, 0]) as tf.Tensor4D;
          const padded = tf.pad(toNhwc(part), [
            [0, 0],
            [pads[0], pads[2]],
            [pads[1], pads[3]],
            [0, 0],
          ]) as tf.Tensor4D;
          return toNchw(tf.conv2d(padded, kernel, [...strides], "valid"));
        });
        return tf.add(tf.concat(outputs, 1), tf.reshape(bias, [1, filters, 1, 1]));
      },
    );
  },
);

test.each([0, 10])("batch normalization by the batch's statistics, inputs about %i", async (middle) => {
  await agree(
    { x: [3, 4, 5, 6], scale: [4], bias: [4] },
    [3, 4, 5, 6],
    (tape, { x, scale, bias }) => batchNormalization(tape, x, scale, bias, 1e-3).output,
    ([x, scale, bias]) => {
      const { mean, variance } = tf.moments(x, [0, 2, 3], true);
      const normal = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-3)));
      return tf.add(tf.mul(normal, tf.reshape(scale, [1, 4, 1, 1])), tf.reshape(bias, [1, 4, 1, 1]));
    },
    ({ x }) =>
      x.data.forEach((value, i) => {
        x.data[i] = value + middle;
      }),
  );
});

test.each([0, 0.1, 1])("activation with slope %f", async (slope) => {
  await agree(
    { x: [2, 3, 4, 5] },
    [2, 3, 4, 5],
    (tape, { x }) => activate(tape, x, twoSloped(slope)),
    ([x]) => tf.add(tf.relu(x), tf.mul(tf.neg(tf.relu(tf.neg(x))), slope)),
  );
});

test.each([
  { size: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0], countsPads: false },
  { size: [2, 3], strides: [1, 2], pads: [1, 0, 0, 2], countsPads: true },
  { size: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1], countsPads: false },
] as const)("average pool $size, strides $strides, pads $pads, counts pads: $countsPads", async (settings) => {
  const { size, strides, pads, countsPads } = settings;
  const extent = [5, 7];
  const around: [number, number][] = [
    [0, 0],
    [pads[0], pads[2]],
    [pads[1], pads[3]],
    [0, 0],
  ];
  const out = extent.map(
    (value, axis) => Math.floor((value + pads[axis] + pads[axis + 2] - size[axis]) / strides[axis]) + 1,
  );
  await agree(
    { x: [2, 3, ...extent] },
    [2, 3, ...out],
    (tape, { x }) => averagePool(tape, x, settings),
    ([x]) => {
      const mean = (values: tf.Tensor) =>
        tf.avgPool(tf.pad(toNhwc(values), around) as tf.Tensor4D, [...size], [...strides], "valid");
      const sum = mean(x);
      return toNchw((countsPads ? sum : tf.div(sum, mean(tf.onesLike(x)))) as tf.Tensor4D);
    },
  );
});

const pools = [
  { size: 2, stride: 2, padding: 0, extent: [4, 6], all: 0 },
  { size: 2, stride: 2, padding: 1, extent: [4, 6], all: 0 },
  { size: 2, stride: 2, padding: 1, extent: [5, 7], all: -10 },
  { size: 2, stride: 1, padding: 1, extent: [4, 5], all: -10 },
  { size: 3, stride: 2, padding: 2, extent: [6, 7], all: 0 },
  { size: 5, stride: 1, padding: 4, extent: [5, 5], all: -10 },
].map(({ size, stride, padding, ...settings }) => ({ ...darknetPool(size, stride, padding), ...settings }));
const unevenPools: typeof pools = [
  { size: [2, 3], strides: [1, 2], pads: [1, 0, 0, 2], extent: [5, 7], all: -10 },
  { size: [3, 1], strides: [2, 1], pads: [0, 0, 1, 0], extent: [6, 4], all: 0 },
];

test.each([...pools, ...unevenPools])(
  "max-pool $size, strides $strides, pads $pads, about $all",
  async ({ extent, all, ...settings }) => {
    const { size, strides, pads } = settings;
    const out = extent.map(
      (value, axis) => Math.floor((value + pads[axis] + pads[axis + 2] - size[axis]) / strides[axis]) + 1,
    );
    await agree(
      { x: [2, 3, ...extent] },
      [2, 3, ...out],
      (tape, { x }) => maxPool(tape, x, settings),
      ([x]) => {
        const around: [number, number][] = [
          [0, 0],
          [pads[0], pads[2]],
          [pads[1], pads[3]],
          [0, 0],
        ];
        const padded = tf.pad(toNhwc(x), around, -1e30) as tf.Tensor4D;
        return toNchw(tf.maxPool(padded, [...size], [...strides], "valid"));
      },
      // All-negative windows are what a pool with zeros for padding gets wrong.
      ({ x }) =>
        x.data.forEach((value, i) => {
          x.data[i] = value + all;
        }),
    );
  },
);

test("upsample", async () => {
  await agree(
    { x: [2, 3, 2, 3] },
    [2, 3, 6, 9],
    (tape, { x }) => upsample(tape, x, 3),
    ([x]) => tf.reshape(tf.tile(tf.reshape(x, [12, 1, 3, 1]), [1, 3, 1, 3]), [2, 3, 6, 9]),
  );
});

test("zeros between", async () => {
  await agree(
    { x: [2, 3, 2, 3] },
    [2, 3, 4, 6],
    (tape, { x }) => insertZeros(tape, x, 2),
    ([x]) => {
      const cells = tf.pad(tf.reshape(x, [12, 1, 3, 1]), [
        [0, 0],
        [0, 1],
        [0, 0],
        [0, 1],
      ]);
      return tf.reshape(cells, [2, 3, 4, 6]);
    },
  );
});
