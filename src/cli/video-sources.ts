/** What the words of a command line name as videos: files, pictures that are frames, raw frames on standard input. */
import { addAbortSignal } from "node:stream";
import { measurePicture } from "#platform";
import { ArgumentError, ImportError } from "../core/errors.ts";
import { loadPicture } from "../data/load-picture.ts";
import type { FrameSource } from "../detections/video.ts";
import { note } from "./io.ts";
import { pictureInputs } from "./picture-inputs.ts";
import { rawFrames } from "./raw-frames.ts";
import { isVideo, maxFramePixels, openVideo } from "./video-frames.ts";

export interface SourceFlags {
  /** The pictures are frames that follow each other. */
  readonly video?: boolean;
  /** Of frames on standard input. */
  readonly raw?: readonly [width: number, height: number];
  /** Of frames that do not say it themselves: how many a second. */
  readonly fps?: number;
}

/** The word for standard input. */
const standardInput = "-";

export function namesVideo(words: readonly string[], { video }: SourceFlags): boolean {
  return video === true || words.some((word) => isVideo(word) || word === standardInput);
}

/** All of them, opened as far as shows that they can be read. @throws ArgumentError [E_USAGE], ImportError. */
export async function videoSources(words: readonly string[], flags: SourceFlags): Promise<readonly FrameSource[]> {
  const files = words.filter(isVideo);
  const others = words.filter((word) => !isVideo(word) && word !== standardInput);
  if (others.length > 0 && !flags.video)
    throw new ArgumentError(
      "E_USAGE",
      `${others[0]} is no video: run detect on pictures by themselves, or add --video where they are frames`,
    );
  const takesInput = words.includes(standardInput);
  if (flags.raw && !takesInput)
    throw new ArgumentError("E_USAGE", "--raw goes with frames on standard input: name - instead of a file");
  if (flags.fps !== undefined && files.length > 0)
    throw new ArgumentError("E_USAGE", `--fps goes with frames that do not say it themselves; ${files[0]} does`);
  const sources: FrameSource[] = [];
  for (const file of files) sources.push(await openVideo(file));
  if (others.length > 0) sources.push(await frameFiles(others[0], await pictureInputs(others), flags));
  if (takesInput) sources.push(framesOfInput(flags));
  return sources;
}

/** Looked at first: that a frame is of another size should not be found out after a thousand others. */
async function frameFiles(path: string, files: readonly string[], { fps = 0 }: SourceFlags): Promise<FrameSource> {
  const { width, height } = await measurePicture(files[0]);
  for (const file of files) {
    const size = await measurePicture(file);
    if (size.width !== width || size.height !== height)
      throw new ImportError(
        "E_VIDEO",
        `${file} has ${size.width}x${size.height} pixels and ${files[0]} has ${width}x${height}: frames of a video are of one size. Scale them, or run detect on each folder by itself`,
      );
  }
  async function* frames() {
    for (const file of files) yield await loadPicture({ path: file }, note);
  }
  return { path, width, height, fps, frameCount: files.length, frames };
}

function framesOfInput({ raw, fps = 0 }: SourceFlags): FrameSource {
  if (!raw)
    throw new ArgumentError(
      "E_USAGE",
      "frames on standard input are raw: say of which size, as in --raw 640x480 (rgb24)",
    );
  const [width, height] = raw;
  if (width * height > maxFramePixels)
    throw new ArgumentError("E_USAGE", `--raw ${width}x${height}: at most ${maxFramePixels} pixels are supported`);
  const format = { path: "standard input", width, height };
  const frames = (signal?: AbortSignal) =>
    rawFrames(signal ? addAbortSignal(signal, process.stdin) : process.stdin, format);
  return { ...format, fps, frames };
}
