/** Runs a DNN graph in ONNX Runtime: the network that the spiking one is measured against, and calibrated on. */
import { loadOnnxRuntime } from "#platform";
import { EngineError } from "../core/errors.ts";
import { type FloatTensor, floatTensor } from "../core/tensor.ts";
import { type Graph, headsOf, inferShapes, inputOf } from "../graph/graph.ts";
import { outputNames } from "../heads/heads.ts";
import { openKept } from "../onnx/onnx-session.ts";
import { type DnnStage, stagesOf } from "./dnn-stages.ts";
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

/** A stage's part of a run: adds the values that it computes. */
interface OpenStage {
  run(values: Map<string, FloatTensor>): Promise<void>;
  dispose(): Promise<void>;
}

/**
 * The DNN in ONNX Runtime, to be run on pictures.
 * @throws EngineError [E_NOT_A_DNN] for a spiking graph, [E_ENGINE] where ONNX Runtime refuses the model.
 * @example
 * ```js
 * import { readFile } from "node:fs/promises";
 * import { decodeModel, generateScene, inputOf, openDnn, preprocess, renderScene } from "spiking-yolo";
 *
 * const { dnn } = decodeModel(await readFile("models/scenes.safetensors"), "scenes");
 * if (!dnn) throw new Error("it holds no DNN");
 * const { image } = preprocess(await renderScene(generateScene(5, 0)), inputOf(dnn).shape, dnn.preprocessing);
 * const session = await openDnn(dnn);
 * for (const [, { shape }] of await session.run(image)) console.log(shape.join(" × ")); // 78 × 9 × 12
 * await session.dispose();
 * ```
 */
export async function openDnn(graph: Graph, options: DnnOptions = {}): Promise<DnnSession> {
  const heads = headsOf(graph);
  const outputs = options.outputs ?? [];
  const input = inputOf(graph);
  inferShapes(graph);
  const stages: OpenStage[] = [];
  for (const stage of stagesOf(graph, outputs)) stages.push(...(await openStage(graph, stage, options.threads ?? 1)));
  return {
    async run(image) {
      if (image.shape.join() !== input.shape.join()) {
        throw new EngineError(
          "E_SHAPE",
          `the picture is ${image.shape.join("×")}; the network reads ${input.shape.join("×")}`,
        );
      }
      const values = new Map<string, FloatTensor>([[input.name, image]]);
      for (const stage of stages) await stage.run(values);
      const value = (name: string) => values.get(name) as FloatTensor;
      return new Map([
        ...outputs.map((name) => [name, value(name)] as const),
        ...heads.flatMap((head) => outputNames(head).map((name, i) => [name, value(head.inputs[i])] as const)),
      ]);
    },
    dispose: async () => {
      for (const stage of stages) await stage.dispose();
    },
  };
}

/** Its layers, and its islands. */
async function openStage(graph: Graph, stage: DnnStage, threads: number): Promise<OpenStage[]> {
  const opened: OpenStage[] = [];
  if (stage.outputs.length > 0) opened.push(await openLayers(graph, stage, threads));
  for (const island of stage.islands) {
    const kept = { ...island, outputNames: [island.outputName] };
    const session = await openKept(kept, `island ${island.name}`, threads);
    opened.push({
      run: async (values) => {
        const [{ data }] = await session.run(island.inputs.map((name) => values.get(name) as FloatTensor));
        values.set(island.name, floatTensor(island.shape, data));
      },
      dispose: () => session.dispose(),
    });
  }
  return opened;
}

async function openLayers(graph: Graph, stage: DnnStage, threads: number): Promise<OpenStage> {
  const ort = await loadOnnxRuntime();
  const input = inputOf(graph).name;
  const inputs = stage.layers.some(({ kind }) => kind === "input") ? [input, ...stage.inputs] : stage.inputs;
  // A spinning second thread slows a busy machine down more than it speeds an idle one up.
  const session = await engine("ONNX Runtime refused the model", () =>
    ort.InferenceSession.create(graphToOnnx(graph, stage.outputs, { layers: stage.layers, inputs }), {
      intraOpNumThreads: threads,
      logSeverityLevel: 3,
      extra: { session: { intra_op: { allow_spinning: "0" } } },
    }),
  );
  return {
    async run(values) {
      const feeds = inputs.map((name) => {
        const { data, shape } = values.get(name) as FloatTensor;
        return [name, new ort.Tensor("float32", data as Float32Array<ArrayBuffer>, [1, ...shape])];
      });
      const results = await engine("ONNX Runtime failed", () => session.run(Object.fromEntries(feeds)));
      for (const name of stage.outputs)
        values.set(name, floatTensor(results[name].dims.slice(1), results[name].data as Float32Array));
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
