/** Options of `train`, and the plan that they make. */
import { type Command, Option } from "commander";
import { ArgumentError } from "../core/errors.ts";
import { type Filter, type Fit, filters, fits } from "../core/preprocessing.ts";
import { dataSetSyntax } from "../data/open.ts";
import { type SurrogateName, surrogateNames } from "../dnn/training/rounding.ts";
import { maxPhases } from "../graph/graph.ts";
import { defaultAugmentation, noAugmentation } from "../train/augment.ts";
import type { SpikingPlan } from "../train/spiking.ts";
import type { TrainingPlan } from "../train/training-run.ts";
import { integerFrom, numberFrom } from "./options.ts";
import { addForceOption, type OutputFlags } from "./outputs.ts";

export interface TrainFlags extends OutputFlags {
  readonly dataset: string;
  readonly cfg?: string;
  readonly from?: string;
  readonly out: string;
  readonly limit?: number;
  readonly names?: string;
  readonly weights?: string;
  readonly steps: number;
  readonly batch: number;
  readonly learningRate: number;
  readonly warmUp: number;
  readonly weightDecay: number;
  readonly optimizer: "adam" | "sgd";
  readonly objectness?: "squared" | "crossEntropy";
  readonly objectScale?: number;
  readonly boxScale?: number;
  readonly jitter: number;
  readonly exposure: number;
  readonly saturation: number;
  readonly hue: number;
  readonly augment: boolean;
  readonly seed: number;
  readonly threads: number;
  readonly fit?: Fit;
  readonly filter?: Filter;
  readonly checkpoint?: string;
  readonly every: number;
  readonly resume?: boolean;
  readonly validate?: string;
  readonly json?: boolean;
  readonly spiking?: true;
  readonly timeSteps: number;
  readonly levels: number;
  readonly surrogate: SurrogateName;
  readonly lambda: "learned" | "calibrated";
  readonly bits?: number;
  readonly target?: number;
  readonly teacher?: string | true;
  readonly labels: boolean;
}

export function addTrainOptions(command: Command): Command {
  return addSpikingOptions(addDenseOptions(addForceOption(command)))
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      "\nExample:\n  spiking-yolo scenes --count 4000 --split train -o out/scenes\n  spiking-yolo train --dataset voc:out/scenes:2007:train --cfg models/scenes.cfg -o out/mine\n  spiking-yolo train --spiking --from scenes --teacher --dataset voc:out/scenes:2007:train --steps 1000 --learning-rate 0.0003 -o out/spiking",
    );
}

/** What all training needs. */
function addDenseOptions(command: Command): Command {
  const { jitter, exposure, saturation, hue } = defaultAugmentation;
  return command
    .requiredOption("--dataset <spec>", `${dataSetSyntax}; or a folder of pictures without labels, for --teacher`)
    .option("--cfg <file>", "darknet cfg of the network")
    .option(
      "--from <model>",
      "with --spiking: go on from the DNN of this model file or built-in model, instead of --cfg",
    )
    .requiredOption(
      "-o, --out <file>",
      "result: FILE.weights (darknet, not of --spiking) and FILE.safetensors (calibrated, ready to spike)",
    )
    .option("--limit <n>", "only the first n pictures", integerFrom(1, 10_000_000))
    .option("--names <file>", "class names, one a line (default: those of the data set)")
    .option(
      "--weights <file>",
      "go on from these darknet weights instead of from random ones; the part that fits, where they are cut off after a layer or of other classes",
    )
    .option("--steps <n>", "steps of training", integerFrom(1, 100_000_000), 4000)
    .option("--batch <n>", "pictures a step", integerFrom(1, 1024), 16)
    .option("--learning-rate <r>", "highest learning rate", numberFrom(0, 10), 0.002)
    .option(
      "--warm-up <n>",
      "steps over which the learning rate rises; then it falls along a cosine",
      integerFrom(0, 1_000_000),
      100,
    )
    .option("--weight-decay <d>", "weight decay of the kernels", numberFrom(0, 1), 0.0005)
    .addOption(new Option("--optimizer <name>", "optimizer").choices(["adam", "sgd"]).default("adam"))
    .addOption(
      new Option("--objectness <loss>", "loss of objectness (default: darknet's for the head)").choices([
        "squared",
        "crossEntropy",
      ]),
    )
    .option(
      "--object-scale <s>",
      "weight of objectness where there is an object (default: darknet's)",
      numberFrom(0, 1000),
    )
    .option("--box-scale <s>", "weight of the boxes (default: darknet's)", numberFrom(0, 1000))
    .option("--jitter <part>", "augmentation: how far each side of the crop is moved", numberFrom(0, 0.45), jitter)
    .option("--exposure <factor>", "augmentation: greatest factor on brightness", numberFrom(1, 10), exposure)
    .option("--saturation <factor>", "augmentation: greatest factor on saturation", numberFrom(1, 10), saturation)
    .option("--hue <part>", "augmentation: greatest turn of the hue", numberFrom(0, 0.5), hue)
    .option("--no-augment", "show pictures as they are")
    .option("--seed <s>", "seed of weights, order and augmentation", integerFrom(0, 2 ** 31 - 1), 1)
    .option("--threads <n>", "threads; with 1 the same run gives the same bits", integerFrom(1, 256), 1)
    .addOption(new Option("--fit <how>", "how a picture is fitted to the network").choices(fits))
    .addOption(new Option("--filter <name>", "how pixels are resampled").choices(filters))
    .option("--checkpoint <file>", "where the state of the run is kept (default: FILE.checkpoint)")
    .option("--every <n>", "steps between checkpoints", integerFrom(1, 100_000_000), 250)
    .option("--resume", "go on from the checkpoint, if there is one")
    .option("--validate <spec>", "data set to measure mAP on at the end");
}

/** What goes with `--spiking`. */
function addSpikingOptions(command: Command): Command {
  return command
    .option("--spiking", "train through the spikes: activations rounded and clipped as neurons will")
    .option(
      "--time-steps <T>",
      "steps that the spiking network is to run, each weighing half of the one before",
      integerFrom(1, maxPhases),
      3,
    )
    .option("--levels <k>", "greatest spike per step; all steps together count to k·(2^T - 1)", integerFrom(1, 127), 1)
    .addOption(
      new Option("--surrogate <name>", "gradient of rounding: none where clipped, or a tenth")
        .choices(surrogateNames)
        .default("clip"),
    )
    .addOption(
      new Option("--lambda <how>", "what the greatest count stands for")
        .choices(["learned", "calibrated"])
        .default("learned"),
    )
    .option(
      "--bits <b>",
      "weights rounded to so many bits in training already, 8 where they meet the picture (default: not)",
      integerFrom(4, 16),
    )
    .option(
      "--target <ratio>",
      "accumulates for each multiply-accumulate of the DNN to come down to",
      numberFrom(0.001, 100),
    )
    .option(
      "--teacher [model]",
      "learn from this DNN's outputs, with the labels or without (default: the network that training starts from)",
    )
    .option("--no-labels", "use the pictures only: learn from --teacher alone");
}

/** What the terms of the objective weigh beside the labels' losses; see `dnn/training/objective.ts`. */
const distillationWeight = 50;
const spikesWeight = 5;

/** @throws ArgumentError [E_USAGE] where options contradict each other. */
export function planOf(flags: TrainFlags, continues: boolean): TrainingPlan {
  const { steps, batch, learningRate, warmUp, weightDecay, optimizer, seed, jitter, exposure, saturation, hue } = flags;
  return {
    steps,
    batch,
    learningRate,
    warmUp,
    weightDecay,
    optimizer,
    maxGradientNorm: 100,
    seed,
    augmentation: flags.augment ? { ...defaultAugmentation, jitter, exposure, saturation, hue } : noAugmentation,
    objective: objectiveOf(flags),
    ...(flags.spiking ? { spiking: spikingOf(flags) } : {}),
    continues,
  };
}

function objectiveOf({
  labels,
  teacher,
  target,
  objectness,
  objectScale,
  boxScale,
}: TrainFlags): TrainingPlan["objective"] {
  const loss = {
    ...(objectness ? { objectness } : {}),
    ...(objectScale === undefined ? {} : { objectScale }),
    ...(boxScale === undefined ? {} : { boxScale }),
  };
  return {
    ...(labels ? { detection: { loss } } : {}),
    ...(teacher ? { distillation: { weight: distillationWeight, ...(labels ? {} : { seenOnly: true }) } } : {}),
    ...(target === undefined ? {} : { spikes: { target, weight: spikesWeight } }),
  };
}

function spikingOf({ timeSteps, levels, surrogate, lambda, bits }: TrainFlags): SpikingPlan {
  const weightBits = bits === undefined ? {} : { weightBits: bits };
  return { timeSteps, levels, surrogate, learnsLambda: lambda === "learned", ...weightBits };
}

/** @throws ArgumentError [E_USAGE] where options contradict each other. */
export function checkFlags(flags: TrainFlags): void {
  const fail = (what: string): never => {
    throw new ArgumentError("E_USAGE", what);
  };
  if ((flags.cfg === undefined) === (flags.from === undefined))
    fail("give the network: --cfg, or with --spiking --from");
  if (flags.from !== undefined && !flags.spiking)
    fail("--from goes with --spiking; a DNN goes on from --cfg with --weights");
  if (flags.from !== undefined && flags.weights !== undefined)
    fail("--weights goes with --cfg; --from has weights of its own");
  if (flags.target !== undefined && !flags.spiking) fail("--target counts spikes: add --spiking");
  if (flags.bits !== undefined && !flags.spiking) fail("--bits rounds weights as spiking networks do: add --spiking");
  if (!flags.labels && !flags.teacher) fail("without labels there is nothing to learn from: add --teacher");
}
