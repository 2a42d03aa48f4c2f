/** An island in ONNX Runtime: a part of a network that is run densely, in the DNN and in the spiking network alike. */
import { loadOnnxRuntime } from "#platform";
import { EngineError } from "../core/errors.ts";
import { type FloatTensor, floatTensor } from "../core/tensor.ts";
import type { LayerOf } from "../graph/layers.ts";

export interface IslandSession {
  /** Its output [C, H, W] for inputs [C, H, W], in order. */
  run(inputs: readonly FloatTensor[]): Promise<FloatTensor>;
  dispose(): Promise<void>;
}

/** @throws EngineError [E_ENGINE] where ONNX Runtime refuses it, or its output has another shape than the layer says. */
export async function openIsland(layer: LayerOf<"island">, threads = 1): Promise<IslandSession> {
  const ort = await loadOnnxRuntime();
  const { buffer, byteOffset, byteLength } = layer.model.data;
  const fail = (error: unknown): never => {
    throw new EngineError(
      "E_ENGINE",
      `${layer.name} [island]: ONNX Runtime cannot run it: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  };
  const session = await ort.InferenceSession.create(new Uint8Array(buffer, byteOffset, byteLength), {
    intraOpNumThreads: threads,
    logSeverityLevel: 3,
  }).catch(fail);
  return {
    async run(inputs) {
      const feeds = inputs.map(({ data, shape }, i) => [
        layer.inputNames[i],
        new ort.Tensor("float32", data as Float32Array<ArrayBuffer>, [1, ...shape]),
      ]);
      const results = await session.run(Object.fromEntries(feeds)).catch(fail);
      const { dims, data } = results[layer.outputName];
      if (dims.slice(1).join() !== layer.shape.join())
        throw new EngineError(
          "E_ENGINE",
          `${layer.name} [island] gives ${dims.join("×")}; the graph says ${layer.shape.join("×")}`,
        );
      return floatTensor(layer.shape, data as Float32Array);
    },
    dispose: () => session.release(),
  };
}
