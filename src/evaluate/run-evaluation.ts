/** A data set's pictures through networks, by any executor, whole or a shard at a time, and what comes of it. */
import { type Failure, refuseFailures } from "../core/failures.ts";
import { fingerprint } from "../core/fingerprint.ts";
import { tallyRemarks } from "../core/remarks.ts";
import { type ClassMatch, matchClasses, remarksOnNames } from "../data/class-names.ts";
import { type DataSet, limitDataSet } from "../data/dataset.ts";
import { type Graph, headsOf } from "../graph/graph.ts";
import type { Executor } from "./executor.ts";
import { type AppendLog, openJournal } from "./journal.ts";
import { mergeJournals } from "./merge.ts";
import type { EvaluationSetup, PictureResult, PictureTask } from "./picture.ts";
import { type EvaluationReport, type ReportOptions, reportEvaluation } from "./report.ts";
import { type RunTasksOptions, runTasks } from "./run-tasks.ts";
import { inShard, type Shard } from "./shard.ts";

interface PictureOptions {
  /** Only the first so many pictures. */
  readonly limit?: number;
  /** Hears what users ought to know: of class names, of pictures that could not be read. */
  readonly onRemark: (remark: string) => void;
}

interface WorkOptions extends PictureOptions {
  readonly executor: Executor<PictureTask, PictureResult>;
  /** Where a journal is kept, and gone on from. */
  readonly journal?: AppendLog;
  readonly onProgress?: RunTasksOptions<PictureTask, PictureResult>["onProgress"];
}

export interface EvaluationOptions extends WorkOptions, ReportOptions {}

export interface ShardOptions extends WorkOptions {
  readonly shard: Shard;
  readonly journal: AppendLog;
}

export interface MergeOptions extends PictureOptions, ReportOptions {
  /** The journals of all shards. */
  readonly journals: readonly AppendLog[];
}

export interface FinishedEvaluation {
  /** The pictures that were evaluated. */
  readonly dataSet: DataSet;
  readonly classes: ClassMatch;
  /** By picture. */
  readonly results: readonly PictureResult[];
  readonly report: EvaluationReport;
}

export interface FinishedShard {
  /** Of the whole evaluation. */
  readonly pictures: number;
  /** Of this part, failures included. */
  readonly done: number;
  readonly failures: readonly Failure[];
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
  options: EvaluationOptions,
): Promise<FinishedEvaluation> {
  const classes = matchWithRemarks(model, whole, options);
  const dataSet = limitDataSet(whole, options.limit ?? Number.POSITIVE_INFINITY);
  return conclude(dataSet, classes, setup, await runPictures(dataSet, await nameRun(setup, whole), options), options);
}

/**
 * A part of the pictures, into its own journal: {@link mergeEvaluation} makes a whole of all of them.
 * @returns the part. @throws ImportError [E_CLASSES].
 */
export async function runShard(
  whole: DataSet,
  model: Graph,
  setup: EvaluationSetup,
  options: ShardOptions,
): Promise<FinishedShard> {
  matchWithRemarks(model, whole, options);
  const { images, ...rest } = limitDataSet(whole, options.limit ?? Number.POSITIVE_INFINITY);
  const dataSet = { ...rest, images: inShard(images, options.shard) };
  const results = await runPictures(dataSet, await nameRun(setup, whole), options, options.shard);
  const failures = failuresOf(dataSet, results);
  remarkOnFailures(failures, options);
  return { pictures: images.length, done: results.length, failures };
}

/**
 * The evaluation whose shards have these journals.
 * @throws ImportError as {@link runEvaluation}, and as `mergeJournals`.
 */
export async function mergeEvaluation(
  whole: DataSet,
  model: Graph,
  setup: EvaluationSetup,
  options: MergeOptions,
): Promise<FinishedEvaluation> {
  const classes = matchWithRemarks(model, whole, options);
  const dataSet = limitDataSet(whole, options.limit ?? Number.POSITIVE_INFINITY);
  const ids = dataSet.images.map(({ id }) => id);
  const results = await mergeJournals<PictureResult>(options.journals, await nameRun(setup, whole), ids);
  return conclude(dataSet, classes, setup, results, options);
}

function matchWithRemarks(model: Graph, whole: DataSet, { onRemark }: PictureOptions): ClassMatch {
  for (const remark of whole.remarks) onRemark(remark);
  const classes = matchClasses(model.classNames, headsOf(model)[0].classes, whole.classNames);
  for (const remark of remarksOn(classes, whole)) onRemark(remark);
  return classes;
}

async function runPictures(
  { images }: DataSet,
  run: string,
  { executor, journal: log, onProgress }: WorkOptions,
  shard?: Shard,
): Promise<readonly PictureResult[]> {
  const journal = log && (await openJournal<PictureResult>(log, run, shard));
  const tasks = images.map(({ id, path, size }): PictureTask => ({ id, path, ...(size ? { size } : {}) }));
  return runTasks(tasks, {
    executor,
    ...(journal ? { journal } : {}),
    // A picture that cannot be read may be there the next time.
    isPassing: (result) => "failure" in result,
    ...(onProgress ? { onProgress } : {}),
  });
}

function conclude(
  dataSet: DataSet,
  classes: ClassMatch,
  setup: EvaluationSetup,
  results: readonly PictureResult[],
  options: PictureOptions & ReportOptions,
): FinishedEvaluation {
  const failures = failuresOf(dataSet, results);
  remarkOnFailures(failures, options);
  refuseFailures("pictures", failures, dataSet.images.length);
  for (const remark of pictureRemarks(dataSet, results)) options.onRemark(remark);
  const settling = options.patience === undefined ? {} : { patience: options.patience };
  return { dataSet, classes, results, report: reportEvaluation(dataSet, classes, setup, results, settling) };
}

function remarkOnFailures(failures: readonly Failure[], { onRemark }: PictureOptions): void {
  for (const { name, message } of failures.slice(0, namedFailures))
    onRemark(`picture ${name} could not be read: ${message}`);
  if (failures.length > namedFailures) onRemark(`… nor could ${failures.length - namedFailures} more pictures`);
}

/** What the results of single pictures depend on; how many of them are wanted may change between runs. */
export function nameRun(
  setup: EvaluationSetup,
  { format, images }: { format: string; images: readonly { id: string }[] },
) {
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
