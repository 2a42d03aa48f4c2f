/** Runs a DNN graph in ONNX Runtime: the network that the spiking one is measured against, and calibrated on. */
import { loadOnnxRuntime } from "#platform";
import { EngineError } from "../core/errors.ts";
import { type FloatTensor, floatTensor } from "../core/tensor.ts";
import { type Graph, headsOf, inputOf } from "../graph/graph.ts";
import { outputNames } from "../heads/heads.ts";
import { graphToOnnx } from "./graph-to-onnx.ts";

export interface DnnOptions {
  /** Layers whose values are wanted besides the heads'. */
  readonly outputs?: readonly string[];
  readonly threads?: number;
}

/** Values [C, H, W] by layer name. */
export type DnnOutputs = ReadonlyMap<string, FloatTensor>;

export interface DnnSession {
  /** One picture [3, H, W]; gives the raw inputs of every head by {@link outputNames}, and the layers asked for. */
  run(image: FloatTensor): Promise<DnnOutputs>;
  dispose(): Promise<void>;
}

/** @throws EngineError [E_NOT_A_DNN] for a spiking graph, [E_ENGINE] where ONNX Runtime refuses the model. */
export async function openDnn(graph: Graph, options: DnnOptions = {}): Promise<DnnSession> {
  const ort = await loadOnnxRuntime();
  const heads = headsOf(graph);
  const outputs = options.outputs ?? [];
  const wanted = [...new Set([...heads.flatMap(({ inputs }) => inputs), ...outputs])];
  const input = inputOf(graph);
  // A spinning second thread slows a busy machine down more than it speeds an idle one up.
  const session = await engine("ONNX Runtime refused the model", () =>
    ort.InferenceSession.create(graphToOnnx(graph, wanted), {
      intraOpNumThreads: options.threads ?? 1,
      logSeverityLevel: 3,
      extra: { session: { intra_op: { allow_spinning: "0" } } },
    }),
  );
  return {
    async run(image) {
      if (image.shape.join() !== input.shape.join()) {
        throw new EngineError(
          "E_SHAPE",
          `the picture is ${image.shape.join("×")}; the network reads ${input.shape.join("×")}`,
        );
      }
      const feeds = {
        [input.name]: new ort.Tensor("float32", image.data as Float32Array<ArrayBuffer>, [1, ...image.shape]),
      };
      const results = await engine("ONNX Runtime failed", () => session.run(feeds));
      const value = (name: string) => floatTensor(results[name].dims.slice(1), results[name].data as Float32Array);
      return new Map([
        ...outputs.map((name) => [name, value(name)] as const),
        ...heads.flatMap((head) => outputNames(head).map((name, i) => [name, value(head.inputs[i])] as const)),
      ]);
    },
    dispose: () => session.release(),
  };
}

async function engine<T>(what: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw error instanceof EngineError
      ? error
      : new EngineError("E_ENGINE", `${what}: ${(error as Error).message}`, { cause: error });
  }
}
