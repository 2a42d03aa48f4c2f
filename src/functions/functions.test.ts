import fc from "fast-check";
import * as ort from "onnxruntime-node";
import { expect, test } from "vitest";
import { encodeOnnx, type OnnxConstant, type OnnxNode } from "../onnx/onnx.ts";
import type { Activation, FunctionName, OnnxEmitter } from "./function.ts";
import {
  activationSchema,
  emitActivation,
  emitActivationGradient,
  isMonotone,
  slopeBelow,
  valueAt,
} from "./functions.ts";

/** One of each, so that a function without an example does not compile. */
const examples: { readonly [F in FunctionName]: Activation } = {
  linear: { fn: "linear" },
  relu: { fn: "relu" },
  leaky: { fn: "leaky", slope: 0.1 },
  sigmoid: { fn: "sigmoid" },
  tanh: { fn: "tanh" },
  silu: { fn: "silu" },
  mish: { fn: "mish" },
  gelu: { fn: "gelu" },
  elu: { fn: "elu", alpha: 0.7 },
  clip: { fn: "clip", min: -0.5, max: 3.2 },
  hardSigmoid: { fn: "hardSigmoid", alpha: 0.2, beta: 0.45 },
  hardSwish: { fn: "hardSwish" },
  ramp: { fn: "ramp" },
  selu: { fn: "selu" },
  loggy: { fn: "loggy" },
  hardMish: { fn: "hardMish" },
};
const activations: readonly Activation[] = [...Object.values(examples), { fn: "clip", min: 0, max: 6 }];

/** Around zero and far from it; a bend lies between two of them, so that differences are taken on smooth parts. */
const inputs = Float32Array.from({ length: 81 }, (_, i) => (i - 40.25) / 8);

/** Runs what `write` emits, over x, y = f(x) and a gradient of ones. */
async function run(activation: Activation, write: (onnx: OnnxEmitter<string>) => string): Promise<Float32Array> {
  const nodes: OnnxNode[] = [];
  const constants: OnnxConstant[] = [];
  const result = write({
    op: (op, operands, attributes = {}) => {
      nodes.push({ op, inputs: operands, outputs: [`v${nodes.length}`], attributes });
      return `v${nodes.length - 1}`;
    },
    scalar: (value) => {
      constants.push({ name: `c${constants.length}`, shape: [], data: [value] });
      return `c${constants.length - 1}`;
    },
  });
  nodes.push({ op: "Identity", inputs: [result], outputs: ["result"] });
  const values = ["x", "y", "gradient"].map((name) => ({ name, shape: [inputs.length] }));
  const model = encodeOnnx({ nodes, constants, inputs: values, outputs: [{ name: "result", shape: [inputs.length] }] });
  const session = await ort.InferenceSession.create(model);
  const tensorOf = (data: Float32Array) => new ort.Tensor("float32", data, [inputs.length]);
  const y = inputs.map((x) => valueAt(activation, x));
  const feeds = { x: tensorOf(inputs), y: tensorOf(y), gradient: tensorOf(inputs.map(() => 1)) };
  const { result: output } = await session.run(
    Object.fromEntries(Object.entries(feeds).filter(([name]) => session.inputNames.includes(name))),
  );
  await session.release();
  return output.data as Float32Array;
}

test.each(activations)("$fn: ONNX Runtime computes what is emitted as f(x)", async (given) => {
  const values = await run(given, (onnx) => emitActivation(given, "x", onnx));
  // float32 against float64.
  for (const [i, x] of inputs.entries()) expect(values[i]).toBeCloseTo(valueAt(given, x), 5);
});

test.each(activations)("$fn: the emitted gradient is the slope of f", async (given) => {
  const names = { x: "x", y: "y", gradient: "gradient" };
  const slopes = await run(given, (onnx) => emitActivationGradient(given, names, onnx));
  const step = 1e-4;
  for (const [i, x] of inputs.entries()) {
    const slope = (valueAt(given, x + step) - valueAt(given, x - step)) / (2 * step);
    // Central differences of step 1e-4 are off by 1e-8 times the third derivative; float32 by 1e-7.
    expect(slopes[i]).toBeCloseTo(slope, 4);
  }
});

const anyNumber = fc.double({ min: -20, max: 20, noNaN: true });

test.each(activations)("$fn is monotone exactly where it says so", (given) => {
  const falls = () =>
    fc.assert(
      fc.property(anyNumber, anyNumber, (a, b) => valueAt(given, Math.min(a, b)) <= valueAt(given, Math.max(a, b))),
      { numRuns: 2000, seed: 1 },
    );
  if (isMonotone(given)) falls();
  else expect(falls).toThrow();
});

test.each(activations)("$fn has the slope below zero that it states", (given) => {
  const slope = slopeBelow(given);
  if (slope === null) {
    // No two straight lines through the origin, 1 steep above it, go through all of these.
    const below = [-8, -2, -1, -0.25].map((x) => valueAt(given, x) / x);
    const above = [0.25, 1, 2, 8].map((x) => valueAt(given, x) / x);
    const isTwoSloped =
      [...above, 1].every((y) => Math.abs(y - 1) < 1e-9) && Math.max(...below) - Math.min(...below) < 1e-9;
    return expect(isTwoSloped).toBe(false);
  }
  fc.assert(
    fc.property(anyNumber, (x) => {
      expect(valueAt(given, x)).toBeCloseTo(x >= 0 ? x : slope * x, 12);
    }),
  );
});

test("the schema takes each function, and nothing that is like one", () => {
  for (const given of activations) expect(activationSchema.parse(given)).toEqual(given);
  for (const bad of [
    {},
    { fn: "toString" },
    { fn: "constructor" },
    { fn: "leaky" },
    { fn: "leaky", slope: 1 },
    { fn: "leaky", slope: Number.NaN },
    { fn: "relu", slope: 0 },
    { fn: "clip", min: 1, max: 2 },
    { fn: "elu", alpha: 0 },
    { fn: "silu", alpha: 1 },
  ]) {
    expect(() => activationSchema.parse(bad), JSON.stringify(bad)).toThrow();
  }
});
