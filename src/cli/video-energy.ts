/** Work of a network that keeps its state over a video's frames: of the first frame, and of a later one on average. */
import { ImportError } from "../core/errors.ts";
import { inputOf, type SpikingGraph } from "../graph/graph.ts";
import { preprocess } from "../image/preprocess.ts";
import { type NetworkWork, networkWork } from "../metrics/energy-models/work.ts";
import { frameMacs } from "../metrics/frame-macs.ts";
import { meanActivity } from "../report/operations-over-time.ts";
import type { LayerActivity, Session } from "../snn/engine.ts";
import { simulate } from "../snn/simulate.ts";
import { showProgress } from "./io.ts";
import type { Video } from "./video-frames.ts";

export interface FrameWork {
  /** Since the first frame. */
  readonly seconds: number;
  readonly work: NetworkWork;
}

export interface VideoWork {
  readonly frames: readonly FrameWork[];
  readonly first: NetworkWork;
  /** Absent where there is one frame only. */
  readonly later?: NetworkWork;
}

/** @param limit frames at most. @throws ImportError [E_VIDEO] where there is none. */
export async function videoWork(snn: SpikingGraph, session: Session, video: Video, limit: number): Promise<VideoWork> {
  const { simulation } = snn;
  const { timeSteps } = simulation;
  const islandMacs = snn.layers.reduce((sum, layer) => sum + (layer.kind === "island" ? layer.macs : 0), 0);
  const progress = showProgress("counting frames", Math.min(limit, video.frameCount ?? limit));
  const activities: ReadonlyMap<string, LayerActivity>[] = [];
  const times: number[] = [];
  /** Of each frame, which part of the picture's multiply-accumulates meets something new. */
  const newParts: number[] = [];
  /** Of a picture that is new all over: a first frame's, and the same for each. */
  let whole: number | undefined;
  let last: ReturnType<typeof preprocess>["image"] | undefined;
  try {
    for await (const pixels of video.frames()) {
      const { image } = preprocess(pixels, inputOf(snn).shape, snn.preprocessing);
      const state = last ? "keep" : "reset";
      for await (const { activity } of simulate(session, image, { ...simulation, at: [timeSteps], state }))
        activities.push(activity);
      const fresh = frameMacs(snn, image, last) - islandMacs;
      whole ??= fresh;
      newParts.push(whole === 0 ? 0 : fresh / whole);
      last = image;
      times.push(pixels.seconds ?? (video.fps > 0 ? times.length / video.fps : times.length));
      progress.update(activities.length);
      if (activities.length >= limit) break;
    }
  } finally {
    progress.stop();
  }
  if (activities.length === 0) throw new ImportError("E_VIDEO", `${video.path} holds no frames`);
  const elapsed = { t: timeSteps, timeSteps };
  const [, ...laterActivities] = activities;
  const [, ...laterParts] = newParts;
  const newPart = laterParts.reduce((sum, part) => sum + part, 0) / laterParts.length;
  const frames = activities.map((activity, k) => ({
    seconds: times[k],
    work: networkWork(snn, activity, { ...elapsed, ...(k > 0 ? { newPart: newParts[k] } : {}) }),
  }));
  return {
    frames,
    first: frames[0].work,
    ...(laterActivities.length > 0
      ? { later: networkWork(snn, meanActivity(laterActivities), { ...elapsed, newPart }) }
      : {}),
  };
}
