/** Evaluates frames of videos in their order, each from where the one before has left the neurons. */
import { type ImageEntry, videosOf } from "../data/dataset.ts";
import type { Executor } from "../evaluate/executor.ts";
import { openPictureEvaluator, type PictureResult, type PictureTask } from "../evaluate/picture.ts";
import { openSession } from "../snn/engines/open-session.ts";
import type { EvaluatorSetup } from "./evaluator.ts";

/**
 * One video after the other; threads work on each network. Where a journal has some of a video's frames, these are run once more for what they
 * leave behind, and their results are not given again.
 * @param images all of the data set.
 */
export function videoExecutor(
  { setup, engine }: EvaluatorSetup,
  images: readonly ImageEntry[],
  threads: number | undefined,
): Executor<PictureTask, PictureResult> {
  return {
    async *run(tasks) {
      const wanted = new Map(tasks.map(({ id }, index) => [id, index]));
      const options = { engine, ...(threads === undefined ? {} : { threads }) };
      const evaluator = await openPictureEvaluator(setup, (graph) => openSession(graph, options));
      try {
        for (const frames of videosOf(images)) {
          let state: "reset" | "keep" = "reset";
          const last = frames.findLastIndex(({ id }) => wanted.has(id));
          for (const { id, path, size } of frames.slice(0, last + 1)) {
            const result = await evaluator.evaluate({ id, path, ...(size ? { size } : {}) }, state);
            if (!("failure" in result)) state = "keep";
            const task = wanted.get(id);
            if (task !== undefined) yield { task, result };
          }
        }
      } finally {
        await evaluator.dispose();
      }
    },
  };
}
