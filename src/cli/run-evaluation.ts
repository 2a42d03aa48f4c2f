/** An evaluation as commands run it: a data set's pictures through networks, in threads, with progress and a journal. */

import { type Failure, refuseFailures } from "../core/failures.ts";
import { fingerprint } from "../core/fingerprint.ts";
import { tallyRemarks } from "../core/remarks.ts";
import { type ClassMatch, matchClasses, remarksOnNames } from "../data/class-names.ts";
import { type DataSet, limitDataSet } from "../data/dataset.ts";
import { openJournal } from "../evaluate/journal.ts";
import type { EvaluationSetup, PictureResult, PictureTask } from "../evaluate/picture.ts";
import { type EvaluationReport, reportEvaluation } from "../evaluate/report.ts";
import { runTasks } from "../evaluate/run-tasks.ts";
import { type Graph, headsOf } from "../graph/graph.ts";
import { evaluationExecutor } from "./evaluator.ts";
import { fileLog } from "./file-log.ts";
import { note, showProgress } from "./io.ts";
import type { SimulationFlags } from "./options.ts";

export interface EvaluationFlags extends SimulationFlags {
  /** Only the first so many pictures. */
  readonly limit?: number;
  /** A journal's file. */
  readonly resume?: string;
  /** Reads every picture where it settled, too, with this patience. */
  readonly settle?: number;
}

export interface FinishedEvaluation {
  /** The pictures that were evaluated. */
  readonly dataSet: DataSet;
  readonly classes: ClassMatch;
  /** By picture. */
  readonly results: readonly PictureResult[];
  readonly report: EvaluationReport;
}

/** So many pictures that could not be read are told one by one; the report has all. */
const namedFailures = 5;

/** @param model any of the graphs: its classes are matched with the data set's. */
export async function runEvaluation(
  whole: DataSet,
  model: Graph,
  setup: EvaluationSetup,
  flags: EvaluationFlags,
): Promise<FinishedEvaluation> {
  for (const remark of whole.remarks) note(remark);
  const classes = matchClasses(model.classNames, headsOf(model)[0].classes, whole.classNames);
  for (const remark of remarksOn(classes, whole)) note(remark);
  const dataSet = limitDataSet(whole, flags.limit ?? Number.POSITIVE_INFINITY);
  const journal =
    flags.resume && (await openJournal<PictureResult>(fileLog(flags.resume), await nameRun(setup, whole)));
  const tasks = dataSet.images.map(({ id, path, size }): PictureTask => ({ id, path, ...(size ? { size } : {}) }));
  const results = await withProgress((onProgress) =>
    runTasks(tasks, {
      executor: evaluationExecutor({ setup, flags }),
      ...(journal ? { journal } : {}),
      // A picture that cannot be read may be there the next time.
      isPassing: (result) => "failure" in result,
      onProgress,
    }),
  );
  const failures = failuresOf(dataSet, results);
  for (const { name, message } of failures.slice(0, namedFailures))
    note(`picture ${name} could not be read: ${message}`);
  if (failures.length > namedFailures) note(`… nor could ${failures.length - namedFailures} more pictures`);
  refuseFailures("pictures", failures, dataSet.images.length);
  for (const remark of pictureRemarks(dataSet, results)) note(remark);
  const settling = flags.settle === undefined ? {} : { patience: flags.settle };
  const report = reportEvaluation(dataSet, classes, setup, results, settling);
  return { dataSet, classes, results, report };
}

/** What the results of single pictures depend on; how many of them are wanted may change between runs. */
function nameRun(setup: EvaluationSetup, { format, images }: { format: string; images: readonly { id: string }[] }) {
  return fingerprint({ setup, format, ids: images.map(({ id }) => id) });
}

function remarksOn(classes: ClassMatch, { classNames, images }: DataSet) {
  const { onlyInModel, onlyInDataSet } = classes;
  const shown = new Set(images.flatMap(({ objects }) => objects.map(({ classIndex }) => classNames[classIndex])));
  const missed = onlyInDataSet.filter((name) => shown.has(name));
  return [
    ...remarksOnNames(classes),
    ...(onlyInModel.length > 0 ? [`the data set lacks ${onlyInModel.join(", ")}: detections of it are left out`] : []),
    ...(missed.length > 0
      ? [`the model does not know ${missed.join(", ")}: its objects are missed, and it is in the mean with 0`]
      : []),
  ];
}

function failuresOf({ images }: DataSet, results: readonly PictureResult[]): readonly Failure[] {
  return results.flatMap((result, index) => ("failure" in result ? { name: images[index].id, ...result.failure } : []));
}

function pictureRemarks({ images }: DataSet, results: readonly PictureResult[]): readonly string[] {
  const tally = tallyRemarks();
  for (const [index, result] of results.entries()) {
    if ("failure" in result) continue;
    for (const remark of result.remarks ?? []) tally.add(remark, images[index].id);
  }
  return tally.lines();
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
