/** An evaluation as commands run it: in threads, with progress and remarks on the terminal, and a journal in a file. */
import type { DataSet } from "../data/dataset.ts";
import type { EvaluationSetup } from "../evaluate/picture.ts";
import { type EvaluationOptions, type FinishedEvaluation, runEvaluation } from "../evaluate/run-evaluation.ts";
import { threadExecutor } from "../executors/evaluator.ts";
import { fileLog } from "../executors/file-log.ts";
import type { Graph } from "../graph/graph.ts";
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

/** @param model any of the graphs: its classes are matched with the data set's. */
export function evaluateWithProgress(
  dataSet: DataSet,
  model: Graph,
  setup: EvaluationSetup,
  { limit, resume, settle, engine, threads }: EvaluationFlags,
): Promise<FinishedEvaluation> {
  return withProgress((onProgress) =>
    runEvaluation(dataSet, model, setup, {
      executor: threadExecutor({ setup, engine }, threads),
      ...(limit === undefined ? {} : { limit }),
      ...(resume === undefined ? {} : { journal: fileLog(resume) }),
      ...(settle === undefined ? {} : { patience: settle }),
      onProgress,
      onRemark: note,
    }),
  );
}

async function withProgress<T>(work: (onProgress: NonNullable<EvaluationOptions["onProgress"]>) => Promise<T>) {
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
      // What is said afterwards must not fall into the bar's line.
      if (done === pending) {
        bar.stop();
      }
    });
  } finally {
    bar?.stop();
  }
}
