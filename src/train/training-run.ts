/** A training run: a network, a data set and a plan; every step is a function of these and of the state before it. */
import { ArgumentError } from "../core/errors.ts";
import type { DataSetContents } from "../data/dataset.ts";
import type { Objective } from "../dnn/training/objective.ts";
import { adam, type OptimizerSettings, sgd } from "../dnn/training/optimizer.ts";
import { openTrainer, type StepMeasures, type TrainingState } from "../dnn/training/trainer.ts";
import { type Graph, headsOf, inputOf } from "../graph/graph.ts";
import type { Augmentation } from "./augment.ts";
import { batchesOf } from "./batches.ts";
import { samplesOf } from "./samples.ts";
import { learningRateAt } from "./schedule.ts";
import { type SpikingPlan, spikingTraining } from "./spiking.ts";
import { watchTraining } from "./watch.ts";

/** All that decides the result, besides the network and the data set; a checkpoint holds it. */
export interface TrainingPlan {
  readonly steps: number;
  readonly batch: number;
  readonly learningRate: number;
  /** Steps over which the learning rate rises. */
  readonly warmUp: number;
  readonly weightDecay: number;
  readonly optimizer: OptimizerSettings["kind"];
  readonly maxGradientNorm: number;
  readonly seed: number;
  readonly augmentation: Augmentation;
  readonly objective: Objective;
  /** Training through the rounding of spikes; absent: of a DNN. */
  readonly spiking?: SpikingPlan | undefined;
  /** Whether batch norm's averages are those of earlier training (else the first steps replace what they start from). */
  readonly continues: boolean;
}

export interface TrainingRun {
  readonly stepsDone: number;
  /** One step. @throws EngineError [E_TRAINING_NAN, E_TRAINING_DIVERGED, E_TRAINING_DEAD]; ImportError where too many pictures cannot be read. */
  step(): Promise<StepMeasures & { readonly learningRate: number }>;
  state(): TrainingState;
  restore(state: TrainingState): void;
  /** The network as it is now. */
  graph(): Graph;
  /** What was found out about the pictures so far, see `Samples`. */
  remarks(): readonly string[];
  dispose(): Promise<void>;
}

const optimizers: Readonly<Record<OptimizerSettings["kind"], OptimizerSettings>> = { adam, sgd };

export interface TrainingOptions {
  /** 1 (the default) is bit-reproducible. */
  readonly threads?: number;
  /** Whose heads distillation wants, batch norm folded. */
  readonly teacher?: Graph | undefined;
}

/** @throws ArgumentError [E_NAMES] where classes do not fit, [E_CHANNELS] for pictures that are neither colour nor grey; EngineError as `openTrainer`; ImportError as `samplesOf`. */
export async function openTraining(
  graph: Graph,
  dataSet: DataSetContents,
  plan: TrainingPlan,
  options: TrainingOptions = {},
): Promise<TrainingRun> {
  if (plan.objective.detection) checkClasses(graph, dataSet);
  const input = inputOf(graph);
  const [channels, height, width] = input.shape;
  if (channels !== 3 && channels !== 1) {
    throw new ArgumentError(
      "E_CHANNELS",
      `the network takes pictures of channels=${channels}; pictures are colour (3) or grey (1). Set channels in the cfg`,
    );
  }
  const { batch, seed, augmentation } = plan;
  const samples = samplesOf(dataSet, input.shape, graph.preprocessing, plan.objective.detection !== undefined);
  const batchAt = batchesOf(samples, { batch, channels, width, height, seed, augmentation });
  const trainer = await openTrainer(graph, {
    batch,
    threads: options.threads ?? 1,
    optimizer: optimizers[plan.optimizer],
    maxGradientNorm: plan.maxGradientNorm,
    objective: plan.objective,
    spiking: plan.spiking && spikingTraining(plan.spiking),
    teacher: options.teacher,
    keepsAverages: plan.continues,
  });
  const watch = watchTraining(trainer.state());
  return {
    get stepsDone() {
      return trainer.steps;
    },
    async step() {
      const learningRate = learningRateAt(plan, trainer.steps);
      const { images, objects } = await batchAt(trainer.steps);
      const measured = await trainer.step({ images, objects, learningRate, weightDecay: plan.weightDecay });
      watch(trainer.steps, measured, trainer.state);
      return { ...measured, learningRate };
    },
    state: trainer.state,
    restore: trainer.restore,
    graph: trainer.graph,
    remarks: samples.remarks,
    dispose: trainer.dispose,
  };
}

function checkClasses(graph: Graph, dataSet: DataSetContents): void {
  for (const head of headsOf(graph)) {
    if (!("classes" in head) || head.classes === dataSet.classNames.length) continue;
    throw new ArgumentError(
      "E_NAMES",
      `${head.name} tells ${head.classes} classes apart; ${dataSet.name} has ${dataSet.classNames.length} (${dataSet.classNames.slice(0, 8).join(", ")}…). ` +
        "Set classes= and the filters before the head, (5 + classes)·num, in the cfg",
    );
  }
}

/** A random network with the statistics of one batch as its batch norm's averages: something to measure activations on. */
export async function afterOneBatch(graph: Graph, dataSet: DataSetContents, plan: TrainingPlan): Promise<Graph> {
  const objective = { detection: plan.objective.detection ?? { loss: {} } };
  const still = { ...plan, objective, spiking: undefined, steps: 1, learningRate: 0, weightDecay: 0, continues: false };
  const run = await openTraining(graph, dataSet, still);
  try {
    await run.step();
    return run.graph();
  } finally {
    await run.dispose();
  }
}
