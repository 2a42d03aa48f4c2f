import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import { beforeAll, expect, test } from "vitest";
import { normalTensor, runTape, runWithGradients } from "../../../test/run-tape.ts";
import { seededRandom } from "../../core/random.ts";
import { type FloatTensor, floatTensor, relativeError } from "../../core/tensor.ts";
import { countsOf, roundToCounts } from "./rounding.ts";

// Two float32 programs that add in different orders.
const tolerance = 1e-5;
const units = 7;

beforeAll(() => tf.setBackend("cpu"));

const toTf = ({ data, shape }: FloatTensor) => tf.tensor(data as Float32Array, [...shape]);
const random = seededRandom(5);
const y = normalTensor([2, 3, 4, 5], random);
const logLambda = floatTensor([3], [0.4, -0.3, 0.05]);
const cotangent = normalTensor([2, 3, 4, 5], random);

/** Counts as the oracle has them: what rounding adds is a constant, so that the gradient is that of the clip. */
function counts(v: tf.Tensor): tf.Tensor {
  const rounded = tf.tidy(() => {
    const clipped = tf.clipByValue(v, -units, units);
    return tf.sub(tf.floor(tf.add(clipped, 0.5)), clipped).dataSync();
  });
  return tf.add(tf.clipByValue(v, -units, units), tf.tensor(rounded, v.shape));
}

test("counts and what they stand for: values, and gradients by the input and by log λ, as an independent autodiff has them", async () => {
  const ours = await runWithGradients(
    { y, logLambda },
    cotangent,
    (tape, values) => countsOf(tape, values.y, values.logLambda, units, "clip").value,
  );
  const theirs = tf.valueAndGrads((x: tf.Tensor, p: tf.Tensor) => {
    const unit = tf.div(tf.exp(tf.reshape(p, [1, 3, 1, 1])), units);
    return tf.mul(counts(tf.div(x, unit)), unit);
  })([toTf(y), toTf(logLambda)], toTf(cotangent));
  expect(relativeError(ours.output.data, theirs.value.dataSync())).toBeLessThan(tolerance);
  for (const [i, name] of ["y", "logLambda"].entries()) {
    expect(Math.hypot(...theirs.grads[i].dataSync())).toBeGreaterThan(0.1);
    expect(relativeError(ours.gradients[name].data, theirs.grads[i].dataSync()), name).toBeLessThan(tolerance);
  }
});

test("counts are the nearest whole numbers up to D, halves upwards; the surrogates differ outside of the clip only", async () => {
  const v = floatTensor([8], [-9, -7, -2.5, -0.4, 0.5, 2.49, 7, 7.6]);
  const ones = floatTensor([8], new Array(8).fill(1));
  const clip = await runWithGradients({ v }, ones, (tape, values) => roundToCounts(tape, values.v, units, "clip"));
  expect([...clip.output.data].map((n) => n + 0)).toEqual([-7, -7, -2, 0, 1, 2, 7, 7]);
  expect([...clip.gradients.v.data]).toEqual([0, 1, 1, 1, 1, 1, 1, 0]);
  const leak = await runWithGradients({ v }, ones, (tape, values) => roundToCounts(tape, values.v, units, "leak"));
  expect(leak.output.data).toEqual(clip.output.data);
  expect([...leak.gradients.v.data].map((g) => Math.round(g * 10) / 10)).toEqual([0.1, 1, 1, 1, 1, 1, 1, 0.1]);
});

test("nothing is recorded where nothing is learned", async () => {
  const { value } = await runTape({ y, logLambda }, (tape) => {
    const input = tape.input("y", y.shape);
    const counted = countsOf(tape, input, tape.input("logLambda", [3]), units, "clip");
    expect(counted.value.isTracked).toBe(false);
    tape.output("value", counted.value);
  });
  expect(value.shape).toEqual(y.shape);
});
