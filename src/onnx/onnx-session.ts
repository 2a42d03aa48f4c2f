/** Parts of a network that are kept as ONNX, run by ONNX Runtime as they are. */
import { loadOnnxRuntime } from "#platform";
import { EngineError } from "../core/errors.ts";
import type { FloatTensor, Tensor } from "../core/tensor.ts";

/** Bytes of a ModelProto, and its inputs and outputs in order. */
export interface KeptModel {
  readonly model: Tensor<"int8">;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
}

/** Values of any shape, float32. */
export interface KeptOutput {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

export interface KeptSession {
  /** @param inputs [C, H, W] each; the model reads [1, C, H, W]. */
  run(inputs: readonly FloatTensor[]): Promise<readonly KeptOutput[]>;
  dispose(): Promise<void>;
}

/** @throws EngineError [E_ENGINE] saying `what` could not be run, from here and from `run`. */
export async function openKept(
  { model, inputNames, outputNames }: KeptModel,
  what: string,
  threads = 1,
): Promise<KeptSession> {
  const ort = await loadOnnxRuntime();
  const fail = (error: unknown): never => {
    throw new EngineError("E_ENGINE", `ONNX Runtime cannot run ${what}: ${(error as Error).message}`, { cause: error });
  };
  const { buffer, byteOffset, byteLength } = model.data;
  const session = await ort.InferenceSession.create(new Uint8Array(buffer, byteOffset, byteLength), {
    intraOpNumThreads: threads,
    logSeverityLevel: 3,
  }).catch(fail);
  return {
    async run(inputs) {
      const feeds = inputs.map(({ data, shape }, i) => [
        inputNames[i],
        new ort.Tensor("float32", data as Float32Array<ArrayBuffer>, [1, ...shape]),
      ]);
      const results = await session.run(Object.fromEntries(feeds)).catch(fail);
      return outputNames.map((name) => ({
        dims: results[name].dims,
        data: Float32Array.from(results[name].data as Float32Array),
      }));
    },
    dispose: () => session.release(),
  };
}
