import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import { beforeAll, expect, test } from "vitest";
import { normalTensor, runTape, runWithGradients } from "../../../test/run-tape.ts";
import { seededRandom } from "../../core/random.ts";
import { type FloatTensor, floatTensor, relativeError } from "../../core/tensor.ts";
import type { HeadLayer } from "../../graph/layers.ts";
import { emitTerms, type Objective, type ObjectiveContext } from "./objective.ts";
import { accumulatesOf } from "./spike-cost.ts";
import type { Value } from "./tape.ts";

beforeAll(() => tf.setBackend("cpu"));

const random = seededRandom(8);
const tail = { kind: "tail", name: "tail", inputs: ["a", "b"] } as unknown as HeadLayer;
const one = floatTensor([], [1]);
const context = {
  batch: 1,
  grids: [],
  heads: [],
  outputs: [],
  wanted: [],
  accumulates: undefined,
} as const satisfies ObjectiveContext;

test("distillation: the squared relative error of every head, and its gradient, as an independent autodiff has them", async () => {
  const inputs = { a: normalTensor([2, 3, 2, 2], random), b: normalTensor([2, 4, 1, 1], random) };
  const wanted = { a: normalTensor([2, 3, 2, 2], random), b: normalTensor([2, 4, 1, 1], random) };
  const constant = (from: FloatTensor) => [from.shape, [...from.data]] as const;
  const ours = await runWithGradients(inputs, one, (tape, values) => {
    const heads = {
      heads: [tail, tail],
      outputs: [values.a, values.b],
      wanted: [tape.constant(...constant(wanted.a)), tape.constant(...constant(wanted.b))],
    };
    return emitTerms(tape, { distillation: { weight: 3 } }, { ...context, ...heads }).get("distillation") as Value;
  });
  const toTf = ({ data, shape }: FloatTensor) => tf.tensor(data as Float32Array, [...shape]);
  const error = (x: tf.Tensor, of: FloatTensor) =>
    tf.div(tf.sum(tf.square(tf.sub(x, toTf(of)))), tf.sum(tf.square(toTf(of))));
  const theirs = tf.valueAndGrads((a: tf.Tensor, b: tf.Tensor) =>
    tf.mul(tf.add(error(a, wanted.a), error(b, wanted.b)), 1.5),
  )([toTf(inputs.a), toTf(inputs.b)]);
  expect(relativeError(ours.output.data, theirs.value.dataSync())).toBeLessThan(1e-5);
  expect(relativeError(ours.gradients.a.data, theirs.grads[0].dataSync())).toBeLessThan(1e-5);
  expect(relativeError(ours.gradients.b.data, theirs.grads[1].dataSync())).toBeLessThan(1e-5);
});

test("distillation of anchors: boxes and classes count by the teacher's objectness, objectness fully", async () => {
  const anchors = {
    kind: "region",
    name: "region",
    inputs: ["a"],
    classes: 2,
    anchors: [1, 1, 2, 2],
    softmax: true,
  } as const;
  const a = normalTensor([1, 14, 1, 2], random);
  const wanted = normalTensor([1, 14, 1, 2], random);
  const { output } = await runWithGradients({ a }, one, (tape, values) => {
    const heads = { heads: [anchors], outputs: [values.a], wanted: [tape.constant(wanted.shape, [...wanted.data])] };
    return emitTerms(tape, { distillation: { weight: 1, seenOnly: true } }, { ...context, ...heads }).get(
      "distillation",
    ) as Value;
  });
  let [error, size] = [0, 0];
  for (const [i, value] of wanted.data.entries()) {
    const [channel, cell] = [Math.floor(i / 2), i % 2];
    const objectness = wanted.data[(Math.floor(channel / 7) * 7 + 4) * 2 + cell];
    const weight = channel % 7 === 4 ? 1 : 0.05 + 0.95 / (1 + Math.exp(-objectness));
    error += weight * (a.data[i] - value) ** 2;
    size += weight * value ** 2;
  }
  expect(output.data[0]).toBeCloseTo(error / size, 5);
});

test.each([
  ["above the target: by how much, with that slope", 0.9, 4 * 0.5, 4 / 0.6],
  ["below it: nothing", 0.5, 0, 0],
])("accumulates %s", async (_, ratio, value, slope) => {
  const objective: Objective = { spikes: { target: 0.6, weight: 4 } };
  const { output, gradients } = await runWithGradients({ ratio: floatTensor([], [ratio]) }, one, (tape, values) => {
    return emitTerms(tape, objective, { ...context, accumulates: values.ratio }).get("spikes") as Value;
  });
  expect(output.data[0]).toBeCloseTo(value, 5);
  expect(gradients.ratio.data[0]).toBeCloseTo(slope, 4);
});

test("terms that are not asked for are not there", async () => {
  await runTape({ x: one }, (tape) => {
    expect([...emitTerms(tape, {}, context)]).toEqual([]);
    tape.output("x1", tape.input("x", []));
  });
});

test("what a count costs: the table's spikes at its synapses; its gradient is the difference of costs half a count above and below", async () => {
  // 0 up to ½, then 1, 1, 2, 1, 2 … spikes for counts 1, 2, 3 …
  const resolution = 4;
  const spikes = [0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 1, 1, 1];
  const table = { resolution, spikes };
  const values = [-3.9, -2.6, -1.1, -0.3, 0.1, 0.6, 1.3, 2.2, 2.4, 3.1, 3.4, 0];
  const v = floatTensor([1, 2, 2, 3], values);
  const synapses = [9, 6, 4, 3, 2, 1];
  const cost = async (from: FloatTensor) =>
    runWithGradients({ v: from }, one, (tape, of) =>
      accumulatesOf(tape, of.v, table, tape.constant([1, 1, 2, 3], synapses)),
    );
  const { output, gradients } = await cost(v);
  const spikesOf = (x: number) => spikes[Math.min(spikes.length - 1, Math.floor(Math.abs(x) * resolution))];
  expect(output.data[0]).toBeCloseTo(
    values.reduce((sum, x, i) => sum + spikesOf(x) * synapses[i % 6], 0),
    4,
  );
  const moved = async (i: number, by: number) =>
    (
      await cost(
        floatTensor(
          v.shape,
          values.map((x, k) => (k === i ? x + by : x)),
        ),
      )
    ).output.data[0];
  for (const i of values.keys()) {
    // At zero both neighbours cost the same.
    const difference = values[i] === 0 ? 0 : (await moved(i, 0.5)) - (await moved(i, -0.5));
    expect(gradients.v.data[i], `v = ${values[i]}`).toBeCloseTo(difference, 4);
  }
});
