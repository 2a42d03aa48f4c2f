/** Training as a session: parameters and memories go around through ONNX Runtime, one step after the other. */

import type * as Ort from "onnxruntime-common";
import { loadOnnxRuntime } from "#platform";
import { EngineError } from "../../core/errors.ts";
import { type FloatTensor, floatTensor } from "../../core/tensor.ts";
import { derive, type Graph } from "../../graph/graph.ts";
import type { LayerOf } from "../../graph/layers.ts";
import { memories, stepRate } from "./optimizer.ts";
import { makeTargets, type TrainingObject } from "./targets.ts";
import { buildTrainingGraph, measures, type TrainingSettings } from "./training-graph.ts";

/** Everything that a step changes, by name; with the number of steps taken it is all that a checkpoint needs. */
export interface TrainingState {
  readonly steps: number;
  readonly tensors: ReadonlyMap<string, FloatTensor>;
}

export type StepMeasures = { readonly [K in (typeof measures)[number]]: number } & {
  /** Accumulates that each rounded population causes, for each multiply-accumulate of the DNN. */
  readonly populations: ReadonlyMap<string, number>;
};

export interface StepInput {
  /** [N, 3, H, W] in [0, 1]. */
  readonly images: FloatTensor;
  /** Objects of each picture. */
  readonly objects: readonly (readonly TrainingObject[])[];
  readonly learningRate: number;
  readonly weightDecay: number;
}

export interface Trainer {
  /** Steps taken, those before a restored state included. */
  readonly steps: number;
  /** One step. @throws EngineError [E_TRAINING_NAN] naming the step and the layer; the state stays that before the step. */
  step(input: StepInput): Promise<StepMeasures>;
  state(): TrainingState;
  /** Goes on from a state. @throws EngineError [E_CHECKPOINT] where it is of another network or optimizer. */
  restore(state: TrainingState): void;
  /** The graph with what has been learned so far. */
  graph(): Graph;
  dispose(): Promise<void>;
}

export interface TrainerOptions extends TrainingSettings {
  /** 1 is bit-reproducible. */
  readonly threads?: number;
  /** Whether the graph's running averages are worth keeping; else the first steps replace them. Default false. */
  readonly keepsAverages?: boolean;
}

/** Darknet's: the part of the running averages that a batch leaves as it is. */
const rollingKeep = 0.99;

/** @throws EngineError [E_NOT_A_DNN], or [E_ENGINE] where ONNX Runtime refuses the graph. */
export async function openTrainer(graph: Graph, options: TrainerOptions): Promise<Trainer> {
  const ort = await loadOnnxRuntime();
  const { model, inputName, grids, parameters, constants, norms, populations } = buildTrainingGraph(graph, options);
  const session = await ort.InferenceSession.create(model, {
    intraOpNumThreads: options.threads ?? 1,
    logSeverityLevel: 3,
    // Not "all", whose blocked layout of channels gains nothing where weights change, and is paid for around every pool.
    graphOptimizationLevel: "extended",
    extra: { session: { intra_op: { allow_spinning: "0" } } },
  }).catch((error: Error) => {
    throw new EngineError("E_ENGINE", `ONNX Runtime refused the training graph: ${error.message}`, { cause: error });
  });
  const wrap = (value: FloatTensor) => new ort.Tensor("float32", value.data as Float32Array<ArrayBuffer>, value.shape);

  const still = new Map([...constants].map(([name, value]) => [name, wrap(value)]));
  let steps = 0;
  const moving = new Map<string, Ort.Tensor>();
  const averages = new Map<string, FloatTensor>();
  for (const { name, value } of parameters) {
    moving.set(name, wrap(value));
    for (const memory of memories(options.optimizer)) moving.set(`${name}.${memory}`, wrap(floatTensor(value.shape)));
  }
  for (const layer of graph.layers) {
    if (layer.kind !== "batchNorm") continue;
    averages.set(`${layer.name}.mean`, layer.mean);
    averages.set(`${layer.name}.variance`, layer.variance);
  }

  const state = (): TrainingState => {
    const tensors = new Map(averages);
    for (const [name, { dims, data }] of moving) tensors.set(name, floatTensor(dims, data as Float32Array));
    return { steps, tensors };
  };

  return {
    get steps() {
      return steps;
    },
    async step({ images, objects, learningRate, weightDecay }) {
      const feeds: Record<string, Ort.Tensor> = Object.fromEntries([...moving, ...still]);
      feeds[inputName] = wrap(images);
      if (grids.length > 0) {
        const targets = makeTargets(grids, objects);
        feeds.objects = wrap(targets.objects);
        for (const [name, target] of targets.heads) feeds[`${name}.target`] = wrap(target);
      }
      feeds.rate = wrap(floatTensor([], [stepRate(options.optimizer, learningRate, steps + 1)]));
      feeds.decayRate = wrap(floatTensor([], [learningRate * weightDecay]));
      const results = await session.run(feeds);
      const numberOf = (name: string) => (results[name].data as Float32Array)[0];
      const measured = {
        ...Object.fromEntries(measures.map((name) => [name, numberOf(name)])),
        populations: new Map(populations.map((name) => [name, numberOf(`${name}.accumulates`)])),
      } as unknown as StepMeasures;
      if (!Number.isFinite(measured.loss) || !Number.isFinite(measured.gradientNorm)) {
        throw diverged(
          steps + 1,
          measured,
          results,
          norms,
          parameters.map(({ name }) => name),
        );
      }
      steps++;
      for (const name of moving.keys()) moving.set(name, results[`next.${name}`]);
      // The averages of the first steps are those of few batches: keep less of what came before.
      const keep = options.keepsAverages ? rollingKeep : Math.min(rollingKeep, (steps - 1) / steps);
      for (const name of norms) {
        average(averages, `${name}.mean`, results[`${name}.batchMean`].data as Float32Array, keep);
        average(averages, `${name}.variance`, results[`${name}.batchVariance`].data as Float32Array, keep);
      }
      return measured;
    },
    state,
    restore(restored) {
      for (const [name, { shape }] of state().tensors) {
        const value = restored.tensors.get(name);
        if (value?.shape.join() !== shape.join()) {
          const got = value ? `has shape [${value.shape}]` : "is missing";
          throw new EngineError(
            "E_CHECKPOINT",
            `the checkpoint's ${name} ${got}; [${shape}] expected. It belongs to another network or optimizer`,
          );
        }
        if (moving.has(name)) moving.set(name, wrap(value));
        else averages.set(name, value);
      }
      steps = restored.steps;
    },
    graph: () => withState(graph, state()),
    dispose: () => session.release(),
  };
}

/** Moves a running average of `averages` towards a batch's value. */
function average(averages: Map<string, FloatTensor>, name: string, batch: Float32Array, keep: number): void {
  const old = averages.get(name) as FloatTensor;
  averages.set(
    name,
    floatTensor(
      old.shape,
      old.data.map((value, i) => keep * value + (1 - keep) * batch[i]),
    ),
  );
}

/** The graph with its parameters and running averages replaced by those of a state. */
export function withState(graph: Graph, { steps, tensors }: TrainingState): Graph {
  const layers = graph.layers.map((layer) => {
    const fields =
      layer.kind === "convolution"
        ? ["weights", "bias"]
        : layer.kind === "batchNorm"
          ? ["scale", "bias", "mean", "variance"]
          : [];
    const logLambda = tensors.get(`${layer.name}.logLambda`);
    if (layer.kind === "activation" && logLambda)
      return { ...layer, trainedLambda: floatTensor(logLambda.shape, Float32Array.from(logLambda.data, Math.exp)) };
    const changes = fields.flatMap((field) => {
      const value = tensors.get(`${layer.name}.${field}`);
      return value ? [[field, floatTensor(value.shape, Float32Array.from(value.data))] as const] : [];
    });
    return { ...layer, ...Object.fromEntries(changes) } as LayerOf<typeof layer.kind>;
  });
  return derive(graph, `train ${steps} steps`, { layers });
}

/** Says where a number first stopped being one: forward in the batch norms, else in the gradients. */
function diverged(
  step: number,
  measured: StepMeasures,
  results: Ort.InferenceSession.OnnxValueMapType,
  norms: readonly string[],
  parameters: readonly string[],
): EngineError {
  const isBroken = (name: string) => !(results[name].data as Float32Array).every(Number.isFinite);
  const norm = norms.find((name) => isBroken(`${name}.batchMean`) || isBroken(`${name}.batchVariance`));
  const parameter = parameters.findLast((name) => isBroken(`next.${name}`));
  const where = norm ? `the output of ${norm}'s convolution` : parameter ? `the gradient of ${parameter}` : "the loss";
  return new EngineError(
    "E_TRAINING_NAN",
    `step ${step} is not finite (loss ${measured.loss}): first in ${where}. Lower --learning-rate, lengthen --warm-up, or start from other weights`,
  );
}
