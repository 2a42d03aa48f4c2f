/** An evaluation as commands run it: in threads, with progress and remarks on the terminal, and a journal in a file. */
import type { DataSet } from "../data/dataset.ts";
import type { EvaluationSetup } from "../evaluate/picture.ts";
import {
  type EvaluationOptions,
  type FinishedEvaluation,
  type FinishedShard,
  mergeEvaluation,
  runEvaluation,
  runShard,
} from "../evaluate/run-evaluation.ts";
import type { Shard } from "../evaluate/shard.ts";
import { threadExecutor } from "../executors/evaluator.ts";
import { fileLog } from "../executors/file-log.ts";
import { videoExecutor } from "../executors/video-executor.ts";
import type { Graph } from "../graph/graph.ts";
import { whole } from "../report/format.ts";
import { note, showProgress } from "./io.ts";
import type { SimulationFlags } from "./options.ts";
import { type QueueDisplay, type QueueFlags, queueFor } from "./queue-options.ts";

export interface EvaluationFlags extends SimulationFlags {
  /** Only the first so many pictures. */
  readonly limit?: number;
  /** A journal's file. */
  readonly resume?: string;
  /** Reads every picture where it settled, too, with this patience. */
  readonly settle?: number;
  /** Those of a queue do it, instead of this machine's threads. */
  readonly workers?: QueueFlags;
}

/** @param model any of the graphs: its classes are matched with the data set's. */
export function evaluateWithProgress(
  dataSet: DataSet,
  model: Graph,
  setup: EvaluationSetup,
  flags: EvaluationFlags,
): Promise<FinishedEvaluation> {
  const { resume } = flags;
  const kept =
    resume === undefined ? "nothing of it is kept; with --resume FILE, finished pictures are" : keptIn(resume);
  return withProgress(costOf(setup), kept, async (display) =>
    runEvaluation(dataSet, model, setup, {
      ...(await workOptions(dataSet, setup, flags, display)),
      ...(resume === undefined ? {} : { journal: fileLog(resume) }),
    }),
  );
}

/** A part of it, into its journal. */
export function shardWithProgress(
  dataSet: DataSet,
  model: Graph,
  setup: EvaluationSetup,
  { shard, resume, ...flags }: EvaluationFlags & { readonly shard: Shard; readonly resume: string },
): Promise<FinishedShard> {
  return withProgress(costOf(setup), keptIn(resume), async (display) =>
    runShard(dataSet, model, setup, {
      ...(await workOptions(dataSet, setup, flags, display)),
      shard,
      journal: fileLog(resume),
    }),
  );
}

/** What all of its parts have come to. @param journals their files. */
export function mergeJournalFiles(
  dataSet: DataSet,
  model: Graph,
  setup: EvaluationSetup,
  journals: readonly string[],
  flags: EvaluationFlags,
): Promise<FinishedEvaluation> {
  return mergeEvaluation(dataSet, model, setup, { ...pictureOptions(flags), journals: journals.map(fileLog) });
}

function keptIn(journal: string): string {
  return `finished pictures are kept in ${journal}, and the same command goes on from there`;
}

function pictureOptions({ limit, settle }: EvaluationFlags) {
  return {
    ...(limit === undefined ? {} : { limit }),
    ...(settle === undefined ? {} : { patience: settle }),
    onRemark: note,
  };
}

async function workOptions(dataSet: DataSet, setup: EvaluationSetup, flags: EvaluationFlags, display: Display) {
  const { engine, threads, workers } = flags;
  const executor = workers
    ? await queueFor(workers, { dataSet, setup, engine }, display)
    : setup.keepsState
      ? videoExecutor({ setup, engine }, dataSet.images, threads)
      : threadExecutor({ setup, engine }, threads);
  return { ...pictureOptions(flags), executor, onProgress: display.onProgress };
}

/** Steps of all spiking networks on a picture. */
function costOf({ configurations }: EvaluationSetup): { readonly networks: number; readonly steps: number } {
  const steps = configurations.reduce((sum, { at }) => sum + at[at.length - 1], 0);
  return { networks: configurations.length, steps };
}

/** What a run shows while it goes on. */
interface Display extends QueueDisplay {
  readonly onProgress: NonNullable<EvaluationOptions["onProgress"]>;
}

/** Announced from here on: what an hour may go into should be known before it does. */
const longRun = 20_000;

async function withProgress<T>(
  { networks, steps }: ReturnType<typeof costOf>,
  kept: string,
  work: (display: Display) => Promise<T>,
) {
  let bar: ReturnType<typeof showProgress> | undefined;
  let start = performance.now();
  let finished = 0;
  let workers = "";
  const update = () => {
    const perSecond = (finished / (performance.now() - start)) * 1000;
    const rate = finished === 0 ? [] : [`${perSecond.toFixed(perSecond < 10 ? 2 : 0)} pictures/s`];
    bar?.update(finished, [...(workers === "" ? [] : [workers]), ...rate].join(", "));
  };
  const display: Display = {
    say: (line) => (bar ? bar.say(line) : note(line)),
    onWorkers: (words) => {
      workers = words;
      update();
    },
    onProgress({ resumed, done, pending }) {
      if (!bar) {
        if (resumed > 0) note(`${resumed} pictures were finished before, ${pending} are left`);
        if (pending * steps >= longRun)
          note(
            `${pending} pictures × ${steps} steps of ${networks === 1 ? "a network" : `${networks} networks`} = ${whole(pending * steps)} steps. Cheaper: --limit, or fewer --steps`,
          );
        bar = showProgress("evaluating", pending, { kept: () => kept });
        start = performance.now();
      }
      finished = done;
      update();
      // What is said afterwards must not fall into the bar's line.
      if (done === pending) {
        bar.stop();
        bar = undefined;
      }
    },
  };
  try {
    return await work(display);
  } finally {
    bar?.stop();
  }
}
