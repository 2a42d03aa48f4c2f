/** Evaluates frames of videos in their order, each from where the one before has left the neurons. */
import { availableParallelism } from "node:os";
import { type ImageEntry, videosOf } from "../data/dataset.ts";
import type { Completed, Executor } from "../evaluate/executor.ts";
import type { PictureResult, PictureTask } from "../evaluate/picture.ts";
import type { RunOptions } from "../snn/engine.ts";
import { type EvaluatorSetup, evaluatorScript, openEvaluator } from "./evaluator.ts";
import { startThread } from "./worker-thread.ts";

/** As a thread gets it. */
export interface FrameTask extends PictureTask {
  readonly state: RunOptions["state"];
}

/** Works on one video at a time. */
interface Lane {
  readonly evaluate: (task: FrameTask) => Promise<PictureResult>;
  readonly close: () => Promise<unknown>;
}

/**
 * As many videos at a time as there are threads; threads that are left over work on each network. Where a journal has some of a video's frames,
 * these are run once more for what they leave behind, and their results are not given again.
 * @param images all of the data set. @param threads by default one a core.
 */
export function videoExecutor(
  { setup, engine }: EvaluatorSetup,
  images: readonly ImageEntry[],
  threads = availableParallelism(),
): Executor<PictureTask, PictureResult> {
  return {
    run(tasks) {
      const wanted = new Map(tasks.map(({ id }, index) => [id, index]));
      const videos = videosOf(images)
        .map((frames) => frames.slice(0, frames.findLastIndex(({ id }) => wanted.has(id)) + 1))
        .filter((frames) => frames.length > 0);
      const count = Math.min(threads, videos.length);
      const ofLane = { setup, engine, threads: Math.floor(threads / count) };
      const open = count > 1 ? threadLane : ownLane;
      // One iterator of all videos: each lane takes the next when it is done.
      const left = videos.values();
      return asTheyCome(Array.from({ length: count }, () => runLane(() => open(ofLane), left, wanted)));
    },
  };
}

async function ownLane(setup: EvaluatorSetup): Promise<Lane> {
  const evaluator = await openEvaluator(setup);
  return { evaluate: (task) => evaluator.evaluate(task, task.state), close: () => evaluator.dispose() };
}

async function threadLane(setup: EvaluatorSetup): Promise<Lane> {
  const thread = startThread<FrameTask, PictureResult>({ url: evaluatorScript, setup });
  return { evaluate: (task) => thread.work(task), close: () => thread.end() };
}

async function* runLane(
  open: () => Promise<Lane>,
  videos: Iterator<readonly ImageEntry[]>,
  wanted: ReadonlyMap<string, number>,
): AsyncGenerator<Completed<PictureResult>> {
  const lane = await open();
  try {
    for (let next = videos.next(); !next.done; next = videos.next()) {
      let state: RunOptions["state"] = "reset";
      for (const { id, path, size } of next.value) {
        const result = await lane.evaluate({ id, path, ...(size ? { size } : {}), state });
        if (!("failure" in result)) state = "keep";
        const task = wanted.get(id);
        if (task !== undefined) yield { task, result };
      }
    }
  } finally {
    await lane.close();
  }
}

/** What all of them give, in the order in which it is ready. All are ended when one fails, or nobody wants more. */
async function* asTheyCome<T>(sources: readonly AsyncGenerator<T>[]): AsyncGenerator<T> {
  const ask = async (source: AsyncGenerator<T>) => ({ source, answer: await source.next() });
  const asked = new Map(sources.map((source) => [source, ask(source)]));
  try {
    while (asked.size > 0) {
      const { source, answer } = await Promise.race(asked.values());
      if (answer.done) {
        asked.delete(source);
      } else {
        asked.set(source, ask(source));
        yield answer.value;
      }
    }
  } finally {
    await Promise.all(sources.map((source) => source.return(undefined)));
  }
}
