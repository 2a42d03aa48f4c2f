/** For tests: runs what a tape emits, with the gradients of a scalar product of its output. */
import * as ort from "onnxruntime-node";
import { gaussian, type Random } from "../src/core/random.ts";
import { type FloatTensor, floatTensor, sizeOf } from "../src/core/tensor.ts";
import { multiply, total } from "../src/dnn/training/arithmetic.ts";
import { Tape, type Value } from "../src/dnn/training/tape.ts";

export type Tensors = Readonly<Record<string, FloatTensor>>;

/** Runs the graph that `build` emits, its inputs fed from `inputs`; gives its outputs by name. */
export async function runTape(inputs: Tensors, build: (tape: Tape) => void): Promise<Record<string, FloatTensor>> {
  const tape = new Tape();
  build(tape);
  const session = await ort.InferenceSession.create(tape.encode(), { intraOpNumThreads: 1, logSeverityLevel: 3 });
  const feeds = Object.fromEntries(
    session.inputNames.map((name) => [
      name,
      new ort.Tensor("float32", inputs[name].data as Float32Array, inputs[name].shape),
    ]),
  );
  const results = await session.run(feeds);
  await session.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, { dims, data }]) => [name, floatTensor(dims, data as Float32Array)]),
  );
}

/**
 * The output of `operator` on tracked inputs, and with a cotangent (the gradient of something of the output) the
 * gradients of each input, under `gradient.<name>`.
 */
export async function runWithGradients(
  inputs: Tensors,
  cotangent: FloatTensor,
  operator: (tape: Tape, values: Readonly<Record<string, Value>>) => Value,
): Promise<{ output: FloatTensor; gradients: Record<string, FloatTensor> }> {
  const results = await runTape({ ...inputs, cotangent }, (tape) => {
    const values = Object.fromEntries(
      Object.entries(inputs).map(([name, { shape }]) => [name, tape.parameter(name, shape)]),
    );
    const output = operator(tape, values);
    tape.output("output", output);
    const loss = total(tape, multiply(tape, output, tape.input("cotangent", output.shape)));
    const names = Object.keys(inputs);
    tape
      .gradients(
        loss,
        names.map((name) => values[name]),
      )
      .forEach((gradient, i) => {
        tape.output(`gradient.${names[i]}`, gradient);
      });
  });
  const gradients = Object.fromEntries(Object.keys(inputs).map((name) => [name, results[`gradient.${name}`]]));
  return { output: results.output, gradients };
}

/** Standard normal values. */
export function normalTensor(shape: readonly number[], random: Random): FloatTensor {
  return floatTensor(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () => gaussian(random)),
  );
}
