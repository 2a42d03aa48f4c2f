/** A data set's pictures through networks, by any executor, and what comes of it. */
import { type Failure, refuseFailures } from "../core/failures.ts";
import { fingerprint } from "../core/fingerprint.ts";
import { tallyRemarks } from "../core/remarks.ts";
import { type ClassMatch, matchClasses, remarksOnNames } from "../data/class-names.ts";
import { type DataSet, limitDataSet } from "../data/dataset.ts";
import { type Graph, headsOf } from "../graph/graph.ts";
import type { Executor } from "./executor.ts";
import { type AppendLog, openJournal } from "./journal.ts";
import type { EvaluationSetup, PictureResult, PictureTask } from "./picture.ts";
import { type EvaluationReport, type ReportOptions, reportEvaluation } from "./report.ts";
import { type RunTasksOptions, runTasks } from "./run-tasks.ts";

export interface EvaluationOptions extends ReportOptions {
  readonly executor: Executor<PictureTask, PictureResult>;
  /** Only the first so many pictures. */
  readonly limit?: number;
  /** Where a journal is kept, and gone on from. */
  readonly journal?: AppendLog;
  readonly onProgress?: RunTasksOptions<PictureTask, PictureResult>["onProgress"];
  /** Hears what users ought to know: of class names, of pictures that could not be read. */
  readonly onRemark: (remark: string) => void;
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

/**
 * @param model any of the graphs: its classes are matched with the data set's.
 * @throws ImportError [E_CLASSES] where no class matches; as `refuseFailures` where too many pictures cannot be read.
 */
export async function runEvaluation(
  whole: DataSet,
  model: Graph,
  setup: EvaluationSetup,
  { executor, limit, journal: log, patience, onProgress, onRemark }: EvaluationOptions,
): Promise<FinishedEvaluation> {
  for (const remark of whole.remarks) onRemark(remark);
  const classes = matchClasses(model.classNames, headsOf(model)[0].classes, whole.classNames);
  for (const remark of remarksOn(classes, whole)) onRemark(remark);
  const dataSet = limitDataSet(whole, limit ?? Number.POSITIVE_INFINITY);
  const journal = log && (await openJournal<PictureResult>(log, await nameRun(setup, whole)));
  const tasks = dataSet.images.map(({ id, path, size }): PictureTask => ({ id, path, ...(size ? { size } : {}) }));
  const results = await runTasks(tasks, {
    executor,
    ...(journal ? { journal } : {}),
    // A picture that cannot be read may be there the next time.
    isPassing: (result) => "failure" in result,
    ...(onProgress ? { onProgress } : {}),
  });
  const failures = failuresOf(dataSet, results);
  for (const { name, message } of failures.slice(0, namedFailures))
    onRemark(`picture ${name} could not be read: ${message}`);
  if (failures.length > namedFailures) onRemark(`… nor could ${failures.length - namedFailures} more pictures`);
  refuseFailures("pictures", failures, dataSet.images.length);
  for (const remark of pictureRemarks(dataSet, results)) onRemark(remark);
  const settling = patience === undefined ? {} : { patience };
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
