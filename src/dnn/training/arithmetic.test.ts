import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import { beforeAll, expect, test } from "vitest";
import { normalTensor, runTape, runWithGradients, type Tensors } from "../../../test/run-tape.ts";
import { seededRandom } from "../../core/random.ts";
import { type FloatTensor, floatTensor, relativeError } from "../../core/tensor.ts";
import * as ours from "./arithmetic.ts";
import type { Tape, Value } from "./tape.ts";

// Two float32 programs that add in different orders.
const tolerance = 1e-5;

beforeAll(() => tf.setBackend("cpu"));

interface Case {
  readonly name: string;
  readonly shapes: readonly (readonly number[])[];
  readonly mine: (tape: Tape, ...values: Value[]) => Value;
  readonly theirs: (...values: tf.Tensor[]) => tf.Tensor;
}

const cases: readonly Case[] = [
  {
    name: "add",
    shapes: [
      [2, 3],
      [2, 3],
    ],
    mine: ours.add,
    theirs: tf.add,
  },
  {
    name: "add, broadcast",
    shapes: [
      [2, 1, 4],
      [3, 1],
    ],
    mine: ours.add,
    theirs: tf.add,
  },
  { name: "subtract, broadcast", shapes: [[2, 3], [1]], mine: ours.subtract, theirs: tf.sub },
  {
    name: "multiply, broadcast both ways",
    shapes: [
      [2, 1, 4],
      [1, 3, 4],
    ],
    mine: ours.multiply,
    theirs: tf.mul,
  },
  {
    name: "multiply by itself",
    shapes: [[5]],
    mine: (tape, a) => ours.multiply(tape, a, a),
    theirs: (a) => tf.mul(a, a),
  },
  { name: "scale", shapes: [[5]], mine: (tape, a) => ours.scale(tape, a, -2.5), theirs: (a) => tf.mul(a, -2.5) },
  { name: "square", shapes: [[2, 3]], mine: ours.square, theirs: tf.square },
  { name: "sigmoid", shapes: [[9]], mine: ours.sigmoid, theirs: tf.sigmoid },
  { name: "softplus", shapes: [[9]], mine: ours.softplus, theirs: tf.softplus },
  { name: "logSoftmax", shapes: [[3, 5]], mine: ours.logSoftmax, theirs: (a) => tf.logSoftmax(a, -1) },
  { name: "total", shapes: [[2, 3]], mine: ours.total, theirs: (a) => tf.sum(a) },
  {
    name: "reshape",
    shapes: [[2, 6]],
    mine: (tape, a) => ours.reshape(tape, a, [3, 4]),
    theirs: (a) => tf.reshape(a, [3, 4]),
  },
  {
    name: "transpose",
    shapes: [[2, 3, 4]],
    mine: (tape, a) => ours.transpose(tape, a, [2, 0, 1]),
    theirs: (a) => tf.transpose(a, [2, 0, 1]),
  },
  {
    name: "slice",
    shapes: [[2, 6, 2]],
    mine: (tape, a) => ours.sliceOf(tape, a, 1, 1, 4),
    theirs: (a) => tf.slice(a, [0, 1, 0], [2, 3, 2]),
  },
  {
    name: "concatenate",
    shapes: [
      [2, 1],
      [2, 3],
    ],
    mine: (tape, ...parts) => ours.concatenate(tape, parts, 1),
    theirs: (...parts) => tf.concat(parts, 1),
  },
];

test.each(cases)("$name", async ({ shapes, mine, theirs }) => {
  const random = seededRandom(3);
  const inputs: Tensors = Object.fromEntries(shapes.map((shape, i) => [`x${i}`, normalTensor(shape, random)]));
  const toTf = ({ data, shape }: FloatTensor) => tf.tensor(data as Float32Array, [...shape]);
  const values = Object.values(inputs).map(toTf);
  const cotangent = normalTensor(theirs(...values).shape, random);
  const result = await runWithGradients(inputs, cotangent, (tape, named) => mine(tape, ...Object.values(named)));
  const expected = tf.valueAndGrads((...tensors: tf.Tensor[]) => theirs(...tensors))(values, toTf(cotangent));
  expect(relativeError(result.output.data, expected.value.dataSync())).toBeLessThan(tolerance);
  Object.values(result.gradients).forEach((gradient, i) => {
    expect(gradient.shape).toEqual(shapes[i]);
    expect(relativeError(gradient.data, expected.grads[i].dataSync())).toBeLessThan(tolerance);
  });
});

test("softplus and its gradient stay finite where the exponential overflows", async () => {
  const x = floatTensor([4], [-200, -90, 90, 200]);
  const { output, gradients } = await runWithGradients({ x }, floatTensor([4], [1, 1, 1, 1]), (tape, values) =>
    ours.softplus(tape, values.x),
  );
  expect(Array.from(output.data)).toEqual([0, expect.closeTo(0), 90, 200]);
  expect(Array.from(gradients.x.data)).toEqual([0, expect.closeTo(0), 1, 1]);
});

test("a parameter that the loss does not depend on has the gradient zero", async () => {
  const inputs = { x: floatTensor([2], [3, 4]), unused: floatTensor([2, 2], [1, 2, 3, 4]) };
  const { gradients } = await runWithGradients(inputs, floatTensor([2], [1, 1]), (tape, { x }) => ours.square(tape, x));
  expect(Array.from(gradients.x.data)).toEqual([6, 8]);
  expect(gradients.unused).toEqual(floatTensor([2, 2]));
});

test("a strided slice takes what its numbers say", async () => {
  const x = floatTensor([1, 7], [0, 1, 2, 3, 4, 5, 6]);
  const { output } = await runTape({ x }, (tape) =>
    tape.output("output", ours.strided(tape, tape.input("x", [1, 7]), [1], [1], [6], [2])),
  );
  expect(output).toEqual(floatTensor([1, 3], [1, 3, 5]));
});
