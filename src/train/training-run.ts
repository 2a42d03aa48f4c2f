/** A training run: a network, a data set and a plan; every step is a function of these and of the state before it. */
import { ArgumentError } from "../core/errors.ts";
import type { DataSetContents } from "../data/dataset.ts";
import type { LossSettings } from "../dnn/training/loss.ts";
import { adam, type OptimizerSettings, sgd } from "../dnn/training/optimizer.ts";
import { openTrainer, type StepMeasures, type TrainingState } from "../dnn/training/trainer.ts";
import { type Graph, headsOf, inputOf } from "../graph/graph.ts";
import type { Augmentation } from "./augment.ts";
import { batchesOf } from "./batches.ts";
import { samplesOf } from "./samples.ts";
import { learningRateAt } from "./schedule.ts";

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
  /** What differs from darknet's losses. */
  readonly loss: Partial<LossSettings>;
  /** Whether batch norm's averages are those of earlier training (else the first steps replace what they start from). */
  readonly continues: boolean;
}

export interface TrainingRun {
  readonly stepsDone: number;
  /** One step. @throws EngineError [E_TRAINING_NAN]; ImportError where too many pictures cannot be read. */
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

/** @throws ArgumentError [E_NAMES] where classes do not fit, [E_CHANNELS] for pictures that are neither colour nor grey; EngineError as `openTrainer`; ImportError as `samplesOf`. */
export async function openTraining(
  graph: Graph,
  dataSet: DataSetContents,
  plan: TrainingPlan,
  threads = 1,
): Promise<TrainingRun> {
  for (const { name, classes } of headsOf(graph)) {
    if (classes === dataSet.classNames.length) continue;
    throw new ArgumentError(
      "E_NAMES",
      `${name} tells ${classes} classes apart; ${dataSet.name} has ${dataSet.classNames.length} (${dataSet.classNames.slice(0, 8).join(", ")}…). ` +
        "Set classes= and the filters before the head, (5 + classes)·num, in the cfg",
    );
  }
  const input = inputOf(graph);
  const [channels, height, width] = input.shape;
  if (channels !== 3 && channels !== 1) {
    throw new ArgumentError(
      "E_CHANNELS",
      `the network takes pictures of channels=${channels}; pictures are colour (3) or grey (1). Set channels in the cfg`,
    );
  }
  const { batch, seed, augmentation } = plan;
  const samples = samplesOf(dataSet, input.shape, graph.preprocessing);
  const batchAt = batchesOf(samples, { batch, channels, width, height, seed, augmentation });
  const trainer = await openTrainer(graph, {
    batch,
    threads,
    optimizer: optimizers[plan.optimizer],
    maxGradientNorm: plan.maxGradientNorm,
    loss: plan.loss,
    keepsAverages: plan.continues,
  });
  return {
    get stepsDone() {
      return trainer.steps;
    },
    async step() {
      const learningRate = learningRateAt(plan, trainer.steps);
      const { images, objects } = await batchAt(trainer.steps);
      const measured = await trainer.step({ images, objects, learningRate, weightDecay: plan.weightDecay });
      return { ...measured, learningRate };
    },
    state: trainer.state,
    restore: trainer.restore,
    graph: trainer.graph,
    remarks: samples.remarks,
    dispose: trainer.dispose,
  };
}
