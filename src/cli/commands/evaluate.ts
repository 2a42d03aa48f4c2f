/** `evaluate`: mAP of a DNN and its spiking network over a data set, against time steps. */
import type { Command } from "commander";
import { ArgumentError } from "../../core/errors.ts";
import type { DataSet } from "../../data/dataset.ts";
import { dataSetSyntax, openDataSet } from "../../data/open.ts";
import type { Configuration, EvaluationSetup } from "../../evaluate/picture.ts";
import type { FinishedShard } from "../../evaluate/run-evaluation.ts";
import { type Shard, shardName } from "../../evaluate/shard.ts";
import { configurationsFor, quickPaperSteps } from "../configurations.ts";
import { refuseToReplaceDetections, writeDetections } from "../detection-files.ts";
import { printEvaluation } from "../evaluation-table.ts";
import { note, print, printJson } from "../io.ts";
import { loadModel } from "../model.ts";
import {
  addConversionOptions,
  addModelOptions,
  addSimulationOptions,
  type ConversionFlags,
  integerFrom,
  type ModelFlags,
  type SimulationFlags,
  settleOption,
  shardFrom,
} from "../options.ts";
import { addForceOption, type OutputFlags } from "../outputs.ts";
import { addQueueOptions, type QueueOptionFlags, queueFlagsOf } from "../queue-options.ts";
import { evaluateWithProgress, mergeJournalFiles, shardWithProgress } from "../run-evaluation.ts";

export interface EvaluateFlags extends ModelFlags, ConversionFlags, SimulationFlags, OutputFlags, QueueOptionFlags {
  readonly dataset: string;
  readonly limit?: number;
  readonly resume?: string;
  readonly shard?: Shard;
  readonly merge?: readonly string[];
  readonly configurations?: true;
  readonly dnnOnly?: true;
  readonly settle?: number;
  readonly reset?: true;
  readonly out?: string;
  readonly json?: true;
}

export function declare(command: Command): void {
  command
    .argument("<model>", "a model file, an .onnx or a darknet .cfg")
    .requiredOption("--dataset <spec>", dataSetSyntax)
    .option("--limit <n>", "only the first n pictures", integerFrom(1, 10_000_000))
    .option("--resume <file>", "keep a journal there, and go on from it: nothing finished is lost by an interruption")
    .option(
      "--shard <i/n>",
      "only every n-th picture, from the i-th on, into the journal of --resume; no scores: for batch systems",
      shardFrom,
    )
    .option("--merge <journals...>", "of the journals of all shards: what a run of all pictures would have said")
    .option(
      "--configurations",
      `Table 1: channel and layer, with and without IBT, both decodings; and the fast mode (--steps ${quickPaperSteps}, the paper's: 3500)`,
    )
    .option("--reset", "of videos: each frame from rest, instead of from where the last one has left the neurons")
    .option("--dnn-only", "leave the spiking network out")
    .option("--out <dir>", "write the detections (of the last checkpoints) there, in the data set's format");
  addQueueOptions(command);
  addModelOptions(command);
  addConversionOptions(command);
  addForceOption(addSimulationOptions(command))
    .addOption(settleOption("read every picture where its detections settled, too, among the checkpoints of --at"))
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
Example:
  spiking-yolo evaluate tiny-yolo.safetensors --dataset voc:VOCdevkit --limit 200 --at 2,4,6 --resume run.jsonl`,
    )
    .action(run);
}

async function run(model: string, flags: EvaluateFlags): Promise<void> {
  refuseContradictions(flags);
  const whole = await openDataSet(flags.dataset);
  const { name, dnn, snn } = await loadModel(model, flags);
  const configurations = configurationsFor(dnn, snn, flags);
  const setup: EvaluationSetup = {
    ...(dnn ? { dnn } : {}),
    configurations,
    seed: flags.seed,
    ...(keepsState(whole, configurations, flags) ? { keepsState: true } : {}),
  };
  if (flags.out) await refuseToReplaceDetections(flags.out, whole, setup, flags);
  const { shard, resume, merge } = flags;
  const workers = queueFlagsOf(flags);
  if (shard && resume !== undefined) {
    const finished = await shardWithProgress(whole, snn, setup, { ...flags, shard, resume });
    return printShard(name, { ...flags, shard, resume }, finished);
  }
  const { dataSet, classes, results, report } = merge
    ? await mergeJournalFiles(whole, snn, setup, merge, flags)
    : await evaluateWithProgress(whole, snn, setup, { ...flags, ...(workers ? { workers } : {}) });
  if (flags.out) await writeDetections(flags.out, dataSet, classes, setup, results, flags);
  if (flags.json) {
    const { configurations, ...rest } = report;
    printJson({
      model: name,
      ...rest,
      snn: configurations[0]?.snn ?? [],
      ...(configurations[0]?.settled ? { settled: configurations[0].settled } : {}),
      ...(flags.configurations ? { configurations } : {}),
    });
  } else {
    printEvaluation(name, report);
  }
}

/** Frames of videos are gone through as such, where neurons can keep their state and nobody asks for each from rest. */
function keepsState(
  { images }: DataSet,
  configurations: readonly Configuration[],
  { reset, shard, merge, queue }: EvaluateFlags,
): boolean {
  if (reset || !images.some(({ frameOf }) => frameOf)) return false;
  if (configurations.length === 0) return false;
  if (configurations.some(({ graph }) => graph.simulation.frameUnits === undefined)) {
    note("frames are evaluated each from rest: only trackers keep their state. Convert with --mode fast");
    return false;
  }
  if (shard || merge || queue)
    throw new ArgumentError(
      "E_USAGE",
      "shards and queues would cut videos into pieces: add --reset, which evaluates each frame from rest",
    );
  return true;
}

/** A shard has no scores, and a merge runs nothing: what asks for them is a mistake, not an option without effect. */
function refuseContradictions(flags: EvaluateFlags): void {
  const { shard, merge, resume } = flags;
  const refuse = (what: string): never => {
    throw new ArgumentError("E_USAGE", what);
  };
  if (queueFlagsOf(flags) && shard) refuse("--queue and --shard exclude each other: a queue divides by itself");
  if (flags.queue && flags.threads) refuse("--threads has no meaning with --queue: each worker has its own");
  if (shard && resume === undefined) refuse("--shard needs --resume FILE: the journal is all that comes of a shard");
  const withoutUse = (names: readonly (keyof EvaluateFlags)[]) =>
    names.filter((name) => flags[name] !== undefined).map((name) => `--${name}`);
  const ofWhole = shard ? withoutUse(["merge", "out", "settle"]) : [];
  if (ofWhole.length > 0) refuse(`${ofWhole.join(" and ")} and --shard exclude each other: a shard has no scores`);
  const ofRuns = merge ? withoutUse(["resume", "threads", "engine", "queue"]) : [];
  if (ofRuns.length > 0) refuse(`${ofRuns.join(" and ")} and --merge exclude each other: a merge runs nothing`);
}

function printShard(
  model: string,
  { shard, resume, json }: EvaluateFlags & { readonly shard: Shard; readonly resume: string },
  { pictures, done, failures }: FinishedShard,
): void {
  if (json) {
    printJson({ model, shard, journal: resume, pictures, done, failures });
    return;
  }
  print(
    `${shardName(shard)}: ${done} of ${pictures} pictures in ${resume}, ${failures.length} of them could not be read`,
  );
  print(`When all shards are done: the same command with --merge JOURNAL… instead of --shard and --resume`);
}
