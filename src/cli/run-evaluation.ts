/** An evaluation as commands run it: a data set's pictures through networks, in threads, with progress and a journal. */

import { fingerprint } from "../core/fingerprint.ts";
import { type ClassMatch, matchClasses } from "../data/class-names.ts";
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

/** @param model any of the graphs: its classes are matched with the data set's. */
export async function runEvaluation(
  whole: DataSet,
  model: Graph,
  setup: EvaluationSetup,
  flags: EvaluationFlags,
): Promise<FinishedEvaluation> {
  const classes = matchClasses(model.classNames, headsOf(model)[0].classes, whole.classNames);
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
  const settling = flags.settle === undefined ? {} : { patience: flags.settle };
  const report = reportEvaluation(dataSet, classes, setup, results, settling);
  for (const { image, message } of report.failures) note(`picture ${image} could not be read: ${message}`);
  return { dataSet, classes, results, report };
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
