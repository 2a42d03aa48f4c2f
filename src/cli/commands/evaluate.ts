/** `evaluate`: mAP of a DNN and its spiking network over a data set, against time steps. */
import type { Command } from "commander";
import { matchClasses } from "../../data/class-names.ts";
import { limitDataSet } from "../../data/dataset.ts";
import { openDataSet } from "../../data/open.ts";
import { fingerprint } from "../../evaluate/fingerprint.ts";
import { openJournal } from "../../evaluate/journal.ts";
import type { EvaluationSetup, PictureResult, PictureTask } from "../../evaluate/picture.ts";
import { reportEvaluation } from "../../evaluate/report.ts";
import { runTasks } from "../../evaluate/run-tasks.ts";
import { headsOf } from "../../graph/graph.ts";
import { configurationsFor } from "../configurations.ts";
import { writeDetections } from "../detection-files.ts";
import { printEvaluation } from "../evaluation-table.ts";
import { evaluationExecutor } from "../evaluator.ts";
import { fileLog } from "../file-log.ts";
import { note, printJson, showProgress } from "../io.ts";
import { loadModel } from "../model.ts";
import {
  addConversionOptions,
  addModelOptions,
  addSimulationOptions,
  type ConversionFlags,
  integerFrom,
  type ModelFlags,
  type SimulationFlags,
} from "../options.ts";

export interface EvaluateFlags extends ModelFlags, ConversionFlags, SimulationFlags {
  readonly dataset: string;
  readonly limit?: number;
  readonly resume?: string;
  readonly configurations?: true;
  readonly dnnOnly?: true;
  readonly out?: string;
  readonly json?: true;
}

export function declare(command: Command): void {
  command
    .argument("<model>", "a model file or a darknet .cfg")
    .requiredOption("--dataset <spec>", "voc:ROOT[:YEAR][:SPLIT] or coco:ANNOTATIONS.json[:IMAGES_DIR]")
    .option("--limit <n>", "only the first n pictures", integerFrom(1, 10_000_000))
    .option("--resume <file>", "keep a journal there, and go on from it: nothing finished is lost by an interruption")
    .option("--configurations", "Table 1: channel and layer, with and without IBT, both decodings; and the fast mode")
    .option("--dnn-only", "leave the spiking network out")
    .option("--out <dir>", "write the detections (of the last checkpoints) there, in the data set's format");
  addModelOptions(command);
  addConversionOptions(command);
  addSimulationOptions(command)
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
Example:
  spiking-yolo evaluate tiny-yolo.safetensors --dataset voc:VOCdevkit --limit 200 --at 8,16,32 --resume run.jsonl`,
    )
    .action(run);
}

async function run(model: string, flags: EvaluateFlags): Promise<void> {
  const whole = await openDataSet(flags.dataset);
  const { name, dnn, snn } = await loadModel(model, flags);
  const setup: EvaluationSetup = {
    ...(dnn ? { dnn } : {}),
    configurations: configurationsFor(dnn, snn, flags),
    seed: flags.seed,
  };
  const classes = matchClasses(snn.classNames, headsOf(snn)[0].classes, whole.classNames);
  const remarks = [...whole.remarks, ...remarksOn(classes.onlyInModel, classes.onlyInDataSet)];
  for (const remark of remarks) note(remark);
  const dataSet = limitDataSet(whole, flags.limit ?? Number.POSITIVE_INFINITY);
  const journal =
    flags.resume && (await openJournal<PictureResult>(fileLog(flags.resume), await nameRun(setup, whole)));
  const tasks = dataSet.images.map(({ id, path }): PictureTask => ({ id, path }));
  const results = await withProgress((onProgress) =>
    runTasks(tasks, {
      executor: evaluationExecutor({ setup, flags }),
      ...(journal ? { journal } : {}),
      // A picture that cannot be read may be there the next time.
      isPassing: (result) => "failure" in result,
      onProgress,
    }),
  );
  const report = reportEvaluation(dataSet, classes, setup, results);
  for (const { image, message } of report.failures) note(`picture ${image} could not be read: ${message}`);
  if (flags.out) await writeDetections(flags.out, dataSet, classes, setup, results);
  if (flags.json) {
    const { configurations, ...rest } = report;
    printJson({
      model: name,
      ...rest,
      snn: configurations[0]?.snn ?? [],
      ...(flags.configurations ? { configurations } : {}),
    });
  } else {
    printEvaluation(name, report);
  }
}

/** What the results of single pictures depend on; how many of them are wanted may change between runs. */
function nameRun(setup: EvaluationSetup, { format, images }: { format: string; images: readonly { id: string }[] }) {
  return fingerprint({ setup, format, ids: images.map(({ id }) => id) });
}

function remarksOn(onlyInModel: readonly string[], onlyInDataSet: readonly string[]): readonly string[] {
  return [
    ...(onlyInModel.length > 0 ? [`the data set lacks ${onlyInModel.join(", ")}: detections of it are left out`] : []),
    ...(onlyInDataSet.length > 0
      ? [`the model does not know ${onlyInDataSet.join(", ")}: its objects are missed`]
      : []),
  ];
}

type OnProgress = NonNullable<Parameters<typeof runTasks>[1]["onProgress"]>;

async function withProgress<T>(work: (onProgress: OnProgress) => Promise<T>): Promise<T> {
  let bar: ReturnType<typeof showProgress> | undefined;
  let start = performance.now();
  try {
    return await work(({ resumed, done, pending }) => {
      if (!bar) {
        if (resumed > 0) note(`${resumed} pictures were finished before, ${pending} are left`);
        bar = showProgress("evaluating", pending);
        start = performance.now();
      }
      const perSecond = (done / (performance.now() - start)) * 1000;
      bar.update(done, done === 0 ? "" : `${perSecond.toFixed(perSecond < 10 ? 2 : 0)} pictures/s`);
    });
  } finally {
    bar?.stop();
  }
}
