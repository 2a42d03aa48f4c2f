/** Parts of an ONNX network that a graph keeps as they were: models of some inputs [1, C, H, W], as the bytes of a tensor. */
import { loadOnnxRuntime } from "#platform";
import { EngineError, ImportError } from "../core/errors.ts";
import { type FloatTensor, type Tensor, tensor } from "../core/tensor.ts";
import { inferShapesOnly } from "./infer.ts";
import { type ReadModel, readOnnx } from "./read-onnx.ts";

/** One of a part's outputs, as ONNX Runtime gives it. */
export interface PartOutput {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Of a part within a graph's file; larger ones are no tail of a detector. */
const maxPartBytes = 2 ** 28;

export function partTensor(bytes: Uint8Array): Tensor<"int8"> {
  return tensor("int8", [bytes.length], new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length));
}

export function readPart({ data }: Tensor, file = "a part of the model"): ReadModel {
  return readOnnx(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), file);
}

/** By a part's bytes: a graph's shapes are inferred by every pass. */
const checkedParts = new WeakMap<object, Map<string, readonly (readonly number[] | undefined)[]>>();

/**
 * Reads a part and infers its shapes, so that what a model file holds is bounded before it is run.
 * @param inputs shapes [C, H, W] of what it reads, in order.
 * @param outputs shapes [C, H, W] that it must give; undefined: any.
 */
export function checkPart(
  model: Tensor,
  inputs: readonly (readonly number[])[],
  outputs: readonly (readonly number[])[] | undefined,
  fail: (what: string) => never,
): void {
  const shapes = partShapes(model, inputs, fail);
  if (!outputs) return;
  const fits =
    outputs.length === shapes.length && outputs.every((shape, i) => [1, ...shape].join() === shapes[i]?.join());
  if (!fits) fail(`its part of an ONNX network gives ${shapes.map((shape) => `[${shape?.join(", ")}]`).join(", ")}`);
}

/** Shapes of a part's outputs; undefined where one depends on the picture. */
export function partShapes(
  model: Tensor,
  inputs: readonly (readonly number[])[],
  fail: (what: string) => never,
): readonly (readonly number[] | undefined)[] {
  const key = inputs.join(";");
  const cached = checkedParts.get(model.data) ?? new Map();
  checkedParts.set(model.data, cached);
  const known = cached.get(key);
  if (known) return known;
  if (model.dtype !== "int8" || model.data.length > maxPartBytes)
    fail("its part of an ONNX network is no bytes, or too many");
  try {
    const part = readPart(model);
    if (part.inputs.length !== inputs.length)
      fail(`it has ${inputs.length} inputs; its ONNX network has ${part.inputs.length}`);
    const given = new Map(part.inputs.map(({ name }, i) => [name, [1, ...inputs[i]]]));
    const { infos } = inferShapesOnly(part, given, "its ONNX network");
    const shapes = part.outputs.map(({ name }) =>
      infos.has(name) ? infos.get(name)?.shape : fail(`its ONNX network does not make its output ${name.slice(0, 80)}`),
    );
    cached.set(key, shapes);
    return shapes;
  } catch (error) {
    if (error instanceof ImportError) return fail(error.message);
    throw error;
  }
}

type Session = import("onnxruntime-common").InferenceSession;

/** Sessions by the bytes that they were made of: a picture's values pass each part many times. */
const sessions = new WeakMap<object, Promise<Session>>();

/** @param inputs values [C, H, W], in the order of the part's inputs. @throws EngineError [E_ENGINE] where ONNX Runtime fails. */
export async function runPart(model: Tensor, inputs: readonly FloatTensor[]): Promise<readonly PartOutput[]> {
  try {
    const ort = await loadOnnxRuntime();
    const { data: bytes } = model;
    let opening = sessions.get(bytes);
    if (!opening) {
      opening = ort.InferenceSession.create(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength), {
        intraOpNumThreads: 1,
        logSeverityLevel: 3,
      });
      sessions.set(bytes, opening);
    }
    const session = await opening;
    const feeds = session.inputNames.map((name, i) => {
      const { shape, data } = inputs[i];
      return [name, new ort.Tensor("float32", data as Float32Array<ArrayBuffer>, [1, ...shape])] as const;
    });
    const results = await session.run(Object.fromEntries(feeds));
    return session.outputNames.map((name) => {
      const { type, dims, data } = results[name];
      // Labels of boxes are whole numbers, of 64 bits often.
      const values =
        type === "float32" ? (data as Float32Array) : Float32Array.from(data as unknown as number[], Number);
      return { name, shape: dims, data: values };
    });
  } catch (error) {
    throw new EngineError("E_ENGINE", `ONNX Runtime failed on a part of the network: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
