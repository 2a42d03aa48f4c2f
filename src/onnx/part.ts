/** Checks parts of a network that a graph keeps as ONNX (islands, the tail), so that what a model file holds is bounded before it runs. */
import { ImportError } from "../core/errors.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { inferShapesOnly } from "./infer.ts";
import type { KeptModel } from "./onnx-session.ts";
import { readOnnx } from "./read-onnx.ts";

/** No tail of a detector comes near. */
const maxBytes = 2 ** 28;

type OutputShapes = readonly (readonly number[] | undefined)[];

/** A model's bytes as a graph carries them. */
export function partTensor(bytes: Uint8Array): Tensor<"int8"> {
  return tensor("int8", [bytes.length], new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length));
}

/** By bytes and input shapes: every pass infers the shapes of its graph. */
const known = new WeakMap<object, Map<string, OutputShapes>>();

/**
 * Reads a part and infers its shapes.
 * @param inputs shapes [C, H, W] of what it reads, in order.
 * @param outputs shapes [C, H, W] that it must give; undefined: any.
 */
export function checkPart(
  part: KeptModel,
  inputs: readonly (readonly number[])[],
  outputs: readonly (readonly number[])[] | undefined,
  fail: (what: string) => never,
): void {
  if (part.inputNames.length !== inputs.length)
    fail(`${part.inputNames.length} inputs are named; it reads ${inputs.length}`);
  const key = [...inputs, part.inputNames, part.outputNames].join(";");
  const cached = known.get(part.model.data) ?? new Map<string, OutputShapes>();
  known.set(part.model.data, cached);
  const shapes = cached.get(key) ?? outputShapes(part, inputs, fail);
  cached.set(key, shapes);
  if (outputs && outputs.map((shape) => [1, ...shape]).join(";") !== shapes.join(";"))
    fail(`its ONNX network gives ${shapes.map((shape) => `[${shape?.join(", ") ?? "?"}]`).join(", ")}`);
}

/** Undefined where a shape depends on the picture. */
function outputShapes(
  part: KeptModel,
  inputs: readonly (readonly number[])[],
  fail: (what: string) => never,
): OutputShapes {
  const { dtype, data } = part.model;
  if (dtype !== "int8" || data.length > maxBytes) fail("its ONNX network is no bytes, or too many");
  try {
    const model = readOnnx(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), "its ONNX network");
    const names = model.inputs.map(({ name }) => name);
    const missing = names.find((name) => !part.inputNames.includes(name));
    if (missing !== undefined || names.length !== inputs.length)
      fail(`its ONNX network reads ${names.length} inputs; ${inputs.length} are named`);
    const given = new Map(part.inputNames.map((name, i) => [name, [1, ...inputs[i]]]));
    const { infos } = inferShapesOnly(model, given, "its ONNX network");
    return part.outputNames.map((name) =>
      infos.has(name) ? infos.get(name)?.shape : fail(`its ONNX network does not make ${name.slice(0, 80)}`),
    );
  } catch (error) {
    if (error instanceof ImportError) return fail(error.message);
    throw error;
  }
}
