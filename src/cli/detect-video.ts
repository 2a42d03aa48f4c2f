/** `detect` on frames that follow each other: a line a frame, or one JSON document of all videos. */
import type { Detection } from "../core/box.ts";
import { ArgumentError, ImportError } from "../core/errors.ts";
import { loadPicture } from "../data/load-picture.ts";
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
import { detectionsJson } from "./detections-json.ts";
import { note, print, printJson } from "./io.ts";
import { loadModel } from "./model.ts";
import type { ConversionFlags, ModelFlags, SimulationFlags } from "./options.ts";
import { pictureInputs } from "./picture-inputs.ts";
import { isVideo, openVideo } from "./video-frames.ts";

export interface VideoFlags extends VideoOptions, ModelFlags, ConversionFlags, SimulationFlags {
  readonly model: string;
  /** The pictures are frames that follow each other. */
  readonly video?: boolean;
  readonly json?: boolean;
  /** These go with single pictures. */
  readonly out?: string;
  readonly settle?: number;
}

interface VideoResult extends Omit<FrameSource, "frames"> {
  readonly frames: readonly FrameResult[];
  readonly totals: VideoTotals;
}

/** Each video file, or with `--video` all pictures as one; a session for each, so that none goes on from another. */
export async function runOnVideos(words: readonly string[], flags: VideoFlags): Promise<void> {
  const sources = await sourcesOf(words, flags);
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
    }
  } finally {
    await exact?.dispose();
  }
  if (flags.json) printJson({ model: name, images: [], videos: videos.map((video) => toJson(video, snn.classNames)) });
}

async function sourcesOf(words: readonly string[], flags: VideoFlags): Promise<readonly FrameSource[]> {
  const unfit = (["out", "settle", "at"] as const).find((flag) => flags[flag] !== undefined);
  if (unfit) throw new ArgumentError("E_USAGE", `--${unfit} goes with single pictures, not with videos`);
  const files = words.filter(isVideo);
  const others = words.filter((word) => !isVideo(word));
  if (others.length > 0 && !flags.video)
    throw new ArgumentError(
      "E_USAGE",
      `${others[0]} is no video: run detect on pictures by themselves, or add --video where they are frames`,
    );
  const sources: FrameSource[] = [];
  for (const file of files) sources.push(await openVideo(file));
  if (others.length > 0) sources.push(await frameFiles(others[0], await pictureInputs(others)));
  return sources;
}

/** Pictures as frames; how fast they follow each other nobody says. */
async function frameFiles(path: string, files: readonly string[]): Promise<FrameSource> {
  const { width, height } = await loadPicture({ path: files[0] }, note);
  async function* frames() {
    for (const file of files) yield await loadPicture({ path: file }, note);
  }
  return { path, width, height, fps: 0, frames };
}

/** What is done when the user interrupts has been printed. */
async function runOn(source: FrameSource, networks: VideoNetworks, flags: VideoFlags): Promise<VideoResult> {
  const { classNames } = networks.snn;
  const { macs } = dnnOperations(networks.snn);
  const { path, width, height, fps } = source;
  const frames: FrameResult[] = [];
  if (!flags.json) print(path);
  for await (const frame of detectOnVideo(source, networks, flags)) {
    frames.push(frame);
    if (!flags.json) printFrame(frame, classNames, macs);
  }
  if (frames.length === 0) throw new ImportError("E_VIDEO", `${path} holds no frames`);
  const totals = totalsOf(frames, macs);
  if (!flags.json) print(`  ${describeTotals(totals)}`);
  return { path, width, height, fps, frames, totals };
}

function printFrame({ index, seconds, dnn, snn }: FrameResult, classNames: readonly string[], dnnMacs: number): void {
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
    `  frame ${index} (${seconds.toFixed(2)} s)  ${list(snn.detections)}${exact}  [${ratio} accumulates a MAC${error}]`,
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
