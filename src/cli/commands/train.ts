/** `train`: trains a DNN from a darknet cfg, from scratch or from weights, and writes it as darknet weights and model file. */
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { type Command, Option } from "commander";
import { readFile } from "#platform";
import { calibrate } from "../../convert/convert.ts";
import { ArgumentError } from "../../core/errors.ts";
import { type Filter, type Fit, filters, fits } from "../../core/preprocessing.ts";
import { decodeText } from "../../core/text.ts";
import { matchClasses, remarksOnNames } from "../../data/class-names.ts";
import { type DataSet, limitDataSet } from "../../data/dataset.ts";
import { dataSetSyntax, openDataSet } from "../../data/open.ts";
import type { Graph } from "../../graph/graph.ts";
import { encodeModel } from "../../graph/model-file.ts";
import { importFitting } from "../../importers/darknet/fitting-weights.ts";
import { importDarknet, parseNames } from "../../importers/darknet/import-darknet.ts";
import { expectWritable, writeWeights } from "../../importers/darknet/write-weights.ts";
import { defaultAugmentation, noAugmentation } from "../../train/augment.ts";
import { decodeCheckpoint, encodeCheckpoint, identityOf } from "../../train/checkpoint.ts";
import { withClassOrder } from "../../train/class-order.ts";
import { initializeWeights } from "../../train/initialize.ts";
import { openTraining, type TrainingPlan, type TrainingRun } from "../../train/training-run.ts";
import { networkInputs } from "../images.ts";
import { note, print, printJson, showProgress } from "../io.ts";
import { integerFrom, numberFrom } from "../options.ts";
import { addForceOption, fileKinds, type OutputFlags, refuseToReplace, writeOutput } from "../outputs.ts";
import { scoreDnn } from "../score-dnn.ts";

interface TrainFlags extends OutputFlags {
  readonly dataset: string;
  readonly cfg: string;
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
}

export function declare(command: Command): void {
  const { jitter, exposure, saturation, hue } = defaultAugmentation;
  addForceOption(command)
    .requiredOption("--dataset <spec>", dataSetSyntax)
    .requiredOption("--cfg <file>", "darknet cfg of the network")
    .requiredOption(
      "-o, --out <file>",
      "result: FILE.weights (darknet) and FILE.safetensors (calibrated, ready to spike)",
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
    .option("--validate <spec>", "data set to measure mAP on at the end")
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      "\nExample:\n  spiking-yolo scenes --count 4000 --split train -o out/scenes\n  spiking-yolo train --dataset voc:out/scenes:2007:train --cfg models/scenes.cfg -o out/mine",
    )
    .action(run);
}

async function run(flags: TrainFlags): Promise<void> {
  const started = performance.now();
  const base = flags.out.replace(/\.(weights|safetensors)$/, "");
  const checkpoint = flags.checkpoint ?? `${base}.checkpoint`;
  await checkOutputs(base, checkpoint, flags);
  const cfg = decodeText(await readFile(flags.cfg, "text"), flags.cfg);
  const dataSet = await openClasses(flags);
  const validation = flags.validate ? withClassOrder(await openDataSet(flags.validate), dataSet.classNames) : undefined;
  const { graph, keepsAverages } = await networkOf(flags, cfg, dataSet);
  const plan = planOf(flags, keepsAverages);
  const training = await openTraining(graph, dataSet, plan, flags.threads);
  const identity = identityOf(plan, dataSet, cfg);
  try {
    // Only a file of this run is removed at its end.
    let isOurs = false;
    const isThere = existsSync(checkpoint);
    if (isThere && !flags.resume)
      note(`${checkpoint} of an earlier run will be replaced; --resume would go on from it`);
    if (isThere && flags.resume) {
      training.restore(await decodeCheckpoint(await readFile(checkpoint), checkpoint, identity));
      isOurs = true;
      note(`going on from step ${training.stepsDone} of ${plan.steps}`);
    }
    const loss = await trainToEnd(training, plan, flags.every, async (state) => {
      await writeOutput(checkpoint, await encodeCheckpoint(state, identity), fileKinds.checkpoint, flags);
      isOurs = true;
    });
    for (const remark of training.remarks()) note(remark);
    const dnn = training.graph();
    await writeOutput(`${base}.weights`, writeWeights(dnn, plan.steps * plan.batch), fileKinds.weights, flags);
    await writeOutput(`${base}.safetensors`, await modelFile(dnn, dataSet), fileKinds.model, flags);
    const map50 = validation && (await validate(dnn, validation, flags.threads));
    if (isOurs) await rm(checkpoint, { force: true });
    const seconds = Math.round((performance.now() - started) / 100) / 10;
    if (flags.json) return printJson({ steps: plan.steps, loss, seconds, map50: map50 ?? null });
    print(
      `${plan.steps} steps in ${seconds} s, loss ${loss.toFixed(3)}${map50 === undefined ? "" : `, mAP50 ${(100 * map50).toFixed(2)} %`}`,
    );
    print(`${base}.weights and ${base}.safetensors: spiking-yolo detect PICTURE --model ${base}.safetensors`);
  } finally {
    await training.dispose();
  }
}

/** @throws ArgumentError [E_EXISTS, E_USAGE] where a file that the run would write is somebody's, or two are one. */
async function checkOutputs(base: string, checkpoint: string, flags: TrainFlags): Promise<void> {
  if (/(^|[/\\])$/.test(base))
    throw new ArgumentError("E_USAGE", `--out ${flags.out} names a folder. Add a file's name`);
  const outputs = [
    [`${base}.weights`, fileKinds.weights],
    [`${base}.safetensors`, fileKinds.model],
    [checkpoint, fileKinds.checkpoint],
  ] as const;
  if (outputs.slice(0, 2).some(([path]) => resolve(path) === resolve(checkpoint)))
    throw new ArgumentError("E_USAGE", `--checkpoint ${checkpoint} is where the result goes. Name another file`);
  for (const [path, kind] of outputs) await refuseToReplace(path, kind, flags);
  const start = outputs.find(([path]) => flags.weights !== undefined && resolve(path) === resolve(flags.weights));
  if (start && !flags.force) {
    throw new ArgumentError(
      "E_EXISTS",
      `${start[0]} is what the training starts from. Name another --out, or replace it with --force`,
    );
  }
}

function planOf(flags: TrainFlags, continues: boolean): TrainingPlan {
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
    loss: {
      ...(flags.objectness ? { objectness: flags.objectness } : {}),
      ...(flags.objectScale === undefined ? {} : { objectScale: flags.objectScale }),
      ...(flags.boxScale === undefined ? {} : { boxScale: flags.boxScale }),
    },
    continues,
  };
}

/** The data set, its classes numbered as `--names` says. */
async function openClasses(flags: TrainFlags): Promise<DataSet> {
  const whole = await openDataSet(flags.dataset, "training");
  for (const remark of whole.remarks) note(remark);
  const dataSet = limitDataSet(whole, flags.limit ?? Number.POSITIVE_INFINITY);
  if (!flags.names) return dataSet;
  const names = parseNames(decodeText(await readFile(flags.names, "text"), flags.names));
  for (const remark of remarksOnNames(matchClasses(names, names.length, dataSet.classNames))) note(remark);
  return withClassOrder(dataSet, names);
}

interface StartingNetwork {
  readonly graph: Graph;
  /** Whether all running averages are those of earlier training. */
  readonly keepsAverages: boolean;
}

/** Random, but for the layers that `--weights` holds. */
async function networkOf(flags: TrainFlags, cfg: string, { classNames }: DataSet): Promise<StartingNetwork> {
  const files = { cfg, cfgName: basename(flags.cfg) };
  const { fit, filter } = flags;
  const options = { preprocessing: { ...(fit ? { fit } : {}), ...(filter ? { filter } : {}) }, remark: note };
  expectWritable(files);
  if (flags.weights === undefined) {
    const graph = initializeWeights({ ...importDarknet(files, options), classNames }, flags.seed);
    return { graph, keepsAverages: false };
  }
  const given = { weights: await readFile(flags.weights), weightsName: basename(flags.weights) };
  const { graph, taken, remark } = importFitting({ ...files, ...given }, options);
  const named = { ...graph, classNames };
  if (remark === undefined) return { graph: named, keepsAverages: true };
  note(remark);
  const start = initializeWeights(named, flags.seed);
  const layers = start.layers.map((layer, index) => (taken.has(layer.name) ? graph.layers[index] : layer));
  return {
    graph: { ...start, layers },
    keepsAverages: layers.every(({ kind, name }) => kind !== "batchNorm" || taken.has(name)),
  };
}

/** Trains to the plan's last step; gives the mean loss of the last hundred steps. */
async function trainToEnd(
  training: TrainingRun,
  plan: TrainingPlan,
  every: number,
  save: (state: ReturnType<TrainingRun["state"]>) => Promise<void>,
): Promise<number> {
  const recent: number[] = [];
  const mean = () => recent.reduce((sum, value) => sum + value, 0) / recent.length;
  const progress = showProgress("training", plan.steps, training.stepsDone);
  try {
    while (training.stepsDone < plan.steps) {
      const { loss, learningRate } = await training.step();
      recent.push(loss);
      if (recent.length > 100) recent.shift();
      progress.update(training.stepsDone, `loss ${mean().toFixed(3)}, rate ${learningRate.toPrecision(2)}`);
      if (training.stepsDone % every === 0 && training.stepsDone < plan.steps) await save(training.state());
    }
  } finally {
    progress.stop();
  }
  return mean();
}

/** Pictures that the model file's activation statistics are taken from. */
const calibrationPictures = 64;

async function modelFile(dnn: Graph, dataSet: DataSet): Promise<Uint8Array> {
  const pictures = limitDataSet(dataSet, calibrationPictures).images;
  const progress = showProgress("calibrating", pictures.length);
  try {
    const calibrated = await calibrate(dnn, networkInputs(pictures, dnn), { onImage: (done) => progress.update(done) });
    // Without the spiking network: it is made of this one when the file is opened, and would double its size.
    return encodeModel({ dnn: calibrated });
  } finally {
    progress.stop();
  }
}

async function validate(dnn: Graph, dataSet: DataSet, threads: number): Promise<number> {
  const progress = showProgress("validating", dataSet.images.length);
  try {
    return (await scoreDnn(dnn, dataSet, threads, (done) => progress.update(done))).map50 ?? 0;
  } finally {
    progress.stop();
  }
}
