/** `detect` on frames that follow each other: a line a frame, or one JSON document of all videos, and an annotated video. */
import type { Detection } from "../core/box.ts";
import { ArgumentError, ImportError } from "../core/errors.ts";
import {
  detectOnVideo,
  type FrameResult,
  type FrameSource,
  totalsOf,
  type VideoNetworks,
  type VideoOptions,
  type VideoTotals,
} from "../detections/video.ts";
import { openDnn } from "../dnn/dnn-session.ts";
import { dnnOperations } from "../metrics/operations.ts";
import { openSession } from "../snn/engines/open-session.ts";
import { type AnnotatedVideo, expectVideoOut, openAnnotatedVideo, usualFps } from "./annotated-video.ts";
import { detectionsJson } from "./detections-json.ts";
import { Interrupted, print, printJson, showProgress } from "./io.ts";
import { loadModel } from "./model.ts";
import type { ConversionFlags, ModelFlags, SimulationFlags } from "./options.ts";
import type { OutputFlags } from "./outputs.ts";
import { type SourceFlags, videoSources } from "./video-sources.ts";

export interface VideoFlags
  extends VideoOptions,
    SourceFlags,
    OutputFlags,
    ModelFlags,
    ConversionFlags,
    SimulationFlags {
  readonly model: string;
  readonly json?: boolean;
  /** The annotated video. */
  readonly out?: string;
  /** This goes with single pictures. */
  readonly settle?: number;
}

interface VideoResult extends Omit<FrameSource, "frames" | "frameCount"> {
  readonly frames: readonly FrameResult[];
  readonly totals: VideoTotals;
  /** Why it is not whole. */
  readonly ended?: Ended;
}

/** What ended a video before its last frame: it was cut, or somebody pressed Ctrl-C. */
interface Ended {
  readonly code: string;
  readonly message: string;
}

/** Each video file, and all pictures as one; a session for each, so that none goes on from another. */
export async function runOnVideos(words: readonly string[], flags: VideoFlags): Promise<void> {
  const unfit = (["settle", "at"] as const).find((flag) => flags[flag] !== undefined);
  if (unfit) throw new ArgumentError("E_USAGE", `--${unfit} goes with single pictures, not with videos`);
  const sources = await videoSources(words, flags);
  if (flags.out !== undefined) await expectVideoOut(flags.out, sources, flags);
  const { name, dnn, snn } = await loadModel(flags.model, flags);
  const exact = dnn && (await openDnn(dnn, flags.threads === undefined ? {} : { threads: flags.threads }));
  const videos: VideoResult[] = [];
  try {
    for (const source of sources) {
      const session = await openSession(snn, flags);
      try {
        videos.push(await runOn(source, { snn, session, exact }, flags));
      } finally {
        await session.dispose();
      }
      if (videos.at(-1)?.ended?.code === interrupted.code) break;
    }
  } finally {
    await exact?.dispose();
  }
  if (flags.json) printJson({ model: name, images: [], videos: videos.map((video) => toJson(video, snn.classNames)) });
  for (const { ended } of videos)
    if (ended)
      throw ended.code === interrupted.code
        ? new Interrupted(ended.message)
        : new ImportError(ended.code, ended.message);
}

const interrupted = { code: "E_INTERRUPTED" };

/** What was done when a file turned out to be cut, or the user interrupted, is a result. */
async function runOn(source: FrameSource, networks: VideoNetworks, flags: VideoFlags): Promise<VideoResult> {
  const { classNames } = networks.snn;
  const { macs } = dnnOperations(networks.snn);
  const { path, width, height, fps } = source;
  const { every = 1 } = flags;
  const video =
    flags.out === undefined
      ? undefined
      : openAnnotatedVideo(flags.out, { fps: (fps || usualFps) / every, classNames, dnnMacs: macs });
  if (!flags.json) print(path);
  const onFrame = (frame: FrameResult) => flags.json || printFrame(frame, classNames, macs);
  try {
    const { frames, ended } = await framesOf(source, networks, flags, { video, onFrame });
    if (frames.length === 0 && !ended) throw new ImportError("E_VIDEO", `${path} holds no frames`);
    await video?.finish();
    const totals = totalsOf(frames, macs);
    if (!flags.json) print(`  ${describeTotals(totals)}`);
    if (!flags.json && flags.out !== undefined && frames.length > 0) print(`  ${flags.out}`);
    return { path, width, height, fps, frames, totals, ...(ended ? { ended } : {}) };
  } catch (error) {
    await video?.discard();
    throw error;
  }
}

interface FrameUse {
  readonly video: AnnotatedVideo | undefined;
  readonly onFrame: (frame: FrameResult) => void;
}

async function framesOf(
  source: FrameSource,
  networks: VideoNetworks,
  flags: VideoFlags,
  { video, onFrame }: FrameUse,
): Promise<Pick<VideoResult, "frames" | "ended">> {
  const { limitFrames = Number.POSITIVE_INFINITY, every = 1 } = flags;
  const total = Math.min(limitFrames, Math.ceil((source.frameCount ?? Number.POSITIVE_INFINITY) / every));
  const interruption = new AbortController();
  const { signal } = interruption;
  const progress = showProgress("frames", total, {
    asLines: !flags.json,
    onInterrupt: () => interruption.abort(),
  });
  const start = performance.now();
  const frames: FrameResult[] = [];
  try {
    for await (const seen of detectOnVideo(source, networks, { ...flags, signal })) {
      frames.push(seen.result);
      onFrame(seen.result);
      await video?.add(seen);
      const pace = (1000 * frames.length) / (performance.now() - start);
      progress.update(frames.length, `${pace.toFixed(pace < 10 ? 1 : 0)} frames/s`);
      if (signal.aborted) break;
    }
  } catch (error) {
    // A source that was let go says so with an error.
    if (!signal.aborted) {
      if (!(error instanceof ImportError) || error.code !== "E_VIDEO" || frames.length === 0) throw error;
      return { frames, ended: { code: error.code, message: error.message } };
    }
  } finally {
    progress.stop();
  }
  if (!signal.aborted) return { frames };
  return { frames, ended: { ...interrupted, message: `${source.path}, ${frames.length} frames are done` } };
}

function printFrame(
  { index, seconds, cut, dnn, snn }: FrameResult,
  classNames: readonly string[],
  dnnMacs: number,
): void {
  const list = (detections: readonly Detection[]) => {
    const counts = new Map<string, number>();
    for (const { classIndex } of detections) {
      const name = classNames[classIndex] ?? `class ${classIndex}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return [...counts].map(([name, count]) => (count > 1 ? `${count} ${name}` : name)).join(", ") || "nothing";
  };
  const error = snn.outputError === undefined ? "" : `, outputs ${(100 * snn.outputError).toFixed(1)} % off`;
  const ratio = (snn.synOps / dnnMacs).toFixed(3);
  const exact = dnn ? `   DNN ${list(dnn)}` : "";
  print(
    `  frame ${index} (${seconds.toFixed(2)} s)  ${list(snn.detections)}${exact}  [${ratio} accumulates a MAC${error}]${cut ? "  scene cut" : ""}`,
  );
}

function describeTotals({ frames, dnnMacs, synOps, macs, meanOutputError }: VideoTotals): string {
  const error = meanOutputError === undefined ? "" : `, outputs ${(100 * meanOutputError).toFixed(1)} % off on average`;
  const ratio = (synOps / dnnMacs).toFixed(3);
  return `${frames} frames: ${ratio} accumulates for each multiply-accumulate of the DNN, and ${((100 * macs) / dnnMacs).toFixed(2)} % of its multiply-accumulates${error}`;
}

function toJson(video: VideoResult, classNames: readonly string[]) {
  const frames = video.frames.map(({ dnn, snn, ...frame }) => ({
    ...frame,
    ...(dnn ? { dnn: { detections: detectionsJson(dnn, classNames) } } : {}),
    snn: { ...snn, detections: detectionsJson(snn.detections, classNames) },
  }));
  return { ...video, frames };
}
