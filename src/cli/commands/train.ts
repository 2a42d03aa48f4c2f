/** `train`: trains a DNN or a spiking network, from scratch or from weights, and writes it as darknet weights and model file. */
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import type { Command } from "commander";
import { readFile } from "#platform";
import { calibrate, toSpiking } from "../../convert/convert.ts";
import { ArgumentError } from "../../core/errors.ts";
import { fingerprint } from "../../core/fingerprint.ts";
import type { DataSet, DataSetContents } from "../../data/dataset.ts";
import { openDataSet } from "../../data/open.ts";
import type { Graph } from "../../graph/graph.ts";
import { encodeModel, type Model } from "../../graph/model-file.ts";
import { writeWeights } from "../../importers/darknet/write-weights.ts";
import { decodeCheckpoint, encodeCheckpoint, identityOf } from "../../train/checkpoint.ts";
import { withClassOrder } from "../../train/class-order.ts";
import { runSettings, spikingResult, spikingStart } from "../../train/spiking.ts";
import { afterOneBatch, openTraining, type TrainingPlan, type TrainingRun } from "../../train/training-run.ts";
import { networkInputs } from "../images.ts";
import { note, print, printJson, showProgress } from "../io.ts";
import { fileKinds, refuseToReplace, writeOutput } from "../outputs.ts";
import { scoreDnn, scoreSpiking } from "../score-dnn.ts";
import { addTrainOptions, checkFlags, planOf, type TrainFlags } from "../train-options.ts";
import { networkOf, openPictures, type StartingNetwork, teacherOf } from "../train-start.ts";

export function declare(command: Command): void {
  addTrainOptions(command).action(run);
}

async function run(flags: TrainFlags): Promise<void> {
  const started = performance.now();
  checkFlags(flags);
  const base = flags.out.replace(/\.(weights|safetensors)$/, "");
  const checkpoint = flags.checkpoint ?? `${base}.checkpoint`;
  await checkOutputs(base, checkpoint, flags);
  const dataSet = await openPictures(flags);
  const validation = flags.validate ? await openValidation(flags.validate, flags, dataSet) : undefined;
  const start = await networkOf(flags, dataSet);
  const plan = planOf(flags, start.keepsAverages);
  const teacher = await teacherOf(flags, start);
  const graph = plan.spiking ? await placed(start, dataSet, plan) : start.graph;
  const training = await openTraining(graph, dataSet, plan, { threads: flags.threads, teacher });
  const identity = {
    ...identityOf(plan, dataSet, start.identity),
    ...(teacher ? { teacher: await fingerprint(teacher) } : {}),
  };
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
    const { loss, accumulates } = await trainToEnd(training, plan, flags.every, async (state) => {
      await writeOutput(checkpoint, await encodeCheckpoint(state, identity), fileKinds.checkpoint, flags);
      isOurs = true;
    });
    for (const remark of training.remarks()) note(remark);
    const trained = training.graph();
    if (!plan.spiking)
      await writeOutput(`${base}.weights`, writeWeights(trained, plan.steps * plan.batch), fileKinds.weights, flags);
    const model = await modelOf(trained, dataSet, plan);
    await writeOutput(`${base}.safetensors`, encodeModel(model), fileKinds.model, flags);
    const map50 = validation && (await validate(model, validation, flags.threads));
    if (isOurs) await rm(checkpoint, { force: true });
    const seconds = Math.round((performance.now() - started) / 100) / 10;
    const spent = plan.spiking ? { accumulates } : {};
    if (flags.json) return printJson({ steps: plan.steps, loss, ...spent, seconds, map50: map50 ?? null });
    const said = [
      `${plan.steps} steps in ${seconds} s, loss ${loss.toFixed(3)}`,
      ...(plan.spiking ? [`${accumulates.toFixed(3)} accumulates a multiply-accumulate of the DNN`] : []),
      ...(map50 === undefined ? [] : [`mAP50 ${(100 * map50).toFixed(2)} %`]),
    ];
    print(said.join(", "));
    const files = plan.spiking ? `${base}.safetensors` : `${base}.weights and ${base}.safetensors`;
    print(`${files}: spiking-yolo detect PICTURE --model ${base}.safetensors`);
  } finally {
    await training.dispose();
  }
}

async function openValidation(spec: string, { labels }: TrainFlags, { classNames }: DataSetContents): Promise<DataSet> {
  const dataSet = await openDataSet(spec);
  return labels || classNames.length > 0 ? withClassOrder(dataSet, classNames) : dataSet;
}

/** @throws ArgumentError [E_EXISTS, E_USAGE] where a file that the run would write is somebody's, or two are one. */
async function checkOutputs(base: string, checkpoint: string, flags: TrainFlags): Promise<void> {
  if (/(^|[/\\])$/.test(base))
    throw new ArgumentError("E_USAGE", `--out ${flags.out} names a folder. Add a file's name`);
  const outputs = [
    ...(flags.spiking ? [] : [[`${base}.weights`, fileKinds.weights] as const]),
    [`${base}.safetensors`, fileKinds.model] as const,
    [checkpoint, fileKinds.checkpoint] as const,
  ];
  if (outputs.slice(0, -1).some(([path]) => resolve(path) === resolve(checkpoint)))
    throw new ArgumentError("E_USAGE", `--checkpoint ${checkpoint} is where the result goes. Name another file`);
  for (const [path, kind] of outputs) await refuseToReplace(path, kind, flags);
  const from = flags.weights ?? flags.from;
  const start = outputs.find(([path]) => from !== undefined && resolve(path) === resolve(from));
  if (start && !flags.force) {
    throw new ArgumentError(
      "E_EXISTS",
      `${start[0]} is what the training starts from. Name another --out, or replace it with --force`,
    );
  }
}

/** Pictures that activations are measured on. */
const calibrationPictures = 64;

function calibrating(dataSet: DataSetContents, graph: Graph) {
  const pictures = dataSet.images.slice(0, calibrationPictures);
  return { count: pictures.length, inputs: networkInputs(pictures, graph) };
}

/** The network with a place and a λ for every neuron. What is random is measured with the batch norm of one batch. */
async function placed(
  { graph, isRandom }: StartingNetwork,
  dataSet: DataSetContents,
  plan: TrainingPlan,
): Promise<Graph> {
  const measured = isRandom ? await afterOneBatch(graph, dataSet, plan) : graph;
  return spikingStart(measured, calibrating(dataSet, graph).inputs, isRandom);
}

/** Trains to the plan's last step; gives the means of the last hundred steps. */
async function trainToEnd(
  training: TrainingRun,
  plan: TrainingPlan,
  every: number,
  save: (state: ReturnType<TrainingRun["state"]>) => Promise<void>,
): Promise<{ readonly loss: number; readonly accumulates: number }> {
  const recent: { readonly loss: number; readonly accumulates: number }[] = [];
  const mean = (of: "loss" | "accumulates") => recent.reduce((sum, step) => sum + step[of], 0) / recent.length;
  let saved = training.stepsDone;
  const kept = () =>
    saved === 0
      ? `nothing of it is kept; a checkpoint is written every ${every} steps (--every)`
      : `the checkpoint of step ${saved} is kept, and the same command with --resume goes on from it`;
  const progress = showProgress("training", plan.steps, { begun: training.stepsDone, kept });
  try {
    while (training.stepsDone < plan.steps) {
      const { loss, accumulates, learningRate } = await training.step();
      recent.push({ loss, accumulates });
      if (recent.length > 100) recent.shift();
      progress.update(
        training.stepsDone,
        `loss ${mean("loss").toFixed(3)},${plan.spiking ? ` AC/MAC ${mean("accumulates").toFixed(3)},` : ""} rate ${learningRate.toPrecision(2)}`,
      );
      if (training.stepsDone % every === 0 && training.stepsDone < plan.steps) {
        await save(training.state());
        saved = training.stepsDone;
      }
    }
  } finally {
    progress.stop();
  }
  return { loss: mean("loss"), accumulates: mean("accumulates") };
}

async function modelOf(trained: Graph, dataSet: DataSetContents, { spiking }: TrainingPlan): Promise<Model> {
  const { count, inputs } = calibrating(dataSet, trained);
  const progress = showProgress("calibrating", count);
  const onImage = (done: number) => progress.update(done);
  try {
    // Without the spiking network: it is made of this one when the file is opened, and would double its size.
    if (!spiking) return { dnn: await calibrate(trained, inputs, { onImage }) };
    const dnn = await spikingResult(trained, inputs, onImage, spiking);
    return { dnn, snn: toSpiking(dnn, runSettings(spiking)) };
  } finally {
    progress.stop();
  }
}

async function validate({ dnn, snn }: Model, dataSet: DataSet, threads: number): Promise<number> {
  const progress = showProgress("validating", dataSet.images.length);
  const onImage = (done: number) => progress.update(done);
  try {
    const scores = snn
      ? scoreSpiking(snn, dataSet, threads, onImage)
      : scoreDnn(dnn as Graph, dataSet, threads, onImage);
    return (await scores).map50 ?? 0;
  } finally {
    progress.stop();
  }
}
