/** Frames of a video file, decoded by the system's ffmpeg: raw pixels over a pipe, one frame after the other. */
import { extname } from "node:path";
import { setImmediate } from "node:timers/promises";
import { ImportError } from "../core/errors.ts";
import type { Frame } from "../detections/video.ts";
import { outputOf, startTool } from "./ffmpeg.ts";
import { note } from "./io.ts";
import { rawFrames } from "./raw-frames.ts";

export interface Video {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  /** Frames a second, on average; 0 where the file does not say it. */
  readonly fps: number;
  /** As the file states it; absent where it does not. */
  readonly frameCount?: number;
  /**
   * All frames in order, each [height, width] as stated: ffmpeg turns them upright, and brings others to that size. Stops ffmpeg
   * when left. Throws ImportError [E_VIDEO] at the end of a file that is cut, after the frames that it still holds.
   */
  readonly frames: () => AsyncIterable<Frame>;
}

const extensions = [".mp4", ".m4v", ".mkv", ".webm", ".mov", ".avi", ".mpg", ".mpeg", ".ts", ".wmv", ".flv", ".ogv"];

export function isVideo(path: string): boolean {
  return extensions.includes(extname(path).toLowerCase());
}

/** Pixels of a frame: as many as a picture may have would be minutes a frame. */
export const maxFramePixels = 2 ** 25;

interface ProbedStream {
  readonly codec_name?: string;
  readonly codec_tag_string?: string;
  readonly width?: number;
  readonly height?: number;
  readonly avg_frame_rate?: string;
  readonly nb_frames?: string;
  readonly side_data_list?: readonly { readonly rotation?: number }[];
}

/** @throws ImportError [E_FFMPEG] where ffmpeg is missing, [E_VIDEO] where it cannot read the file. */
export async function openVideo(path: string): Promise<Video> {
  const entries = "stream=codec_name,codec_tag_string,width,height,avg_frame_rate,nb_frames:stream_side_data=rotation";
  const probe = ["-loglevel", "level+error", "-select_streams", "v:0", "-show_entries", entries, "-of", "json"];
  const { code, errors, text } = await outputOf("ffprobe", [...probe, "-i", local(path)]);
  if (code !== 0) throw cannotBeRead(path, errors);
  const [stream] = (JSON.parse(text) as { streams?: ProbedStream[] }).streams ?? [];
  if (stream && stream.codec_name === undefined)
    throw new ImportError(
      "E_VIDEO",
      `${path} is encoded as ${stream.codec_tag_string ?? "something unknown"}, which this machine's ffmpeg cannot decode. Encode it anew elsewhere, as H.264 for instance`,
    );
  // As it is stored: a telephone says besides how it was held.
  const rotation = stream?.side_data_list?.find((data) => data.rotation !== undefined)?.rotation ?? 0;
  const stored = [Number(stream?.width), Number(stream?.height)];
  const [width, height] = Math.abs(rotation) % 180 === 90 ? stored.reverse() : stored;
  if (!(width > 0 && height > 0)) throw new ImportError("E_VIDEO", `${path} holds no video stream`);
  if (width * height > maxFramePixels)
    throw new ImportError(
      "E_VIDEO",
      `${path} has frames of ${width}×${height} pixels; at most ${maxFramePixels} pixels are supported`,
    );
  const [frames, seconds] = String(stream?.avg_frame_rate).split("/").map(Number);
  const count = Number(stream?.nb_frames);
  const video = { path, width, height, ...(count > 0 ? { frameCount: count } : {}) };
  return { ...video, fps: seconds > 0 ? frames / seconds : 0, frames: () => framesOf(video) };
}

/** A name may hold what ffmpeg takes for a protocol. */
function local(path: string): string {
  return `file:${path}`;
}

/** How ffmpeg says that a file ends before its frames do. */
const saysCut = /ended prematurely|partial file|truncated/i;

function cannotBeRead(path: string, errors: readonly string[]): ImportError {
  const error = errors.find((line) => saysCut.test(line)) ?? errors[0] ?? "ffmpeg failed";
  const reason = error.replaceAll(local(path), path);
  return new ImportError("E_VIDEO", `${path} cannot be read as a video: ${reason}`);
}

async function* framesOf(video: Pick<Video, "path" | "width" | "height" | "frameCount">): AsyncGenerator<Frame> {
  const { path, width, height, frameCount } = video;
  const log = frameLog(video);
  const from = ["-hide_banner", "-nostats", "-loglevel", "level+info", "-nostdin", "-i", local(path), "-map", "0:v:0"];
  const filters = ["-vf", `showinfo=checksum=0,scale=${width}:${height}`, "-fps_mode", "passthrough"];
  const { child, ended } = startTool(
    "ffmpeg",
    [...from, ...filters, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"],
    log.read,
  );
  let isOver = false;
  ended.finally(() => (isOver = true)).catch(() => {});
  let count = 0;
  try {
    for await (const pixels of rawFrames(child.stdout as AsyncIterable<Uint8Array>, { path, width, height })) {
      // A frame's time is said before its pixels come, but in another pipe.
      while (!log.has(count) && !isOver) await setImmediate();
      yield { ...pixels, ...log.timeOf(count) };
      count++;
    }
    const { code, errors } = await ended;
    if (count === 0 && errors.length > 0) throw cannotBeRead(path, errors);
    const isCut = errors.length > 0 && (count < (frameCount ?? 0) || errors.some((error) => saysCut.test(error)));
    if (code === 0 && !isCut) return;
    const whole = frameCount === undefined ? "" : ` of ${frameCount}`;
    throw new ImportError("E_VIDEO", `${path} is damaged: ${count}${whole} frames could be read (${errors[0]})`);
  } finally {
    child.kill("SIGKILL");
  }
}

/** What ffmpeg says of each frame: its time, and its size before it is brought to the first one's. */
function frameLog({ path, width, height }: Pick<Video, "path" | "width" | "height">) {
  const times: number[] = [];
  let hasChanged = false;
  return {
    read(line: string) {
      const [, time, size] = / pts_time:(\S+) .* s:(\d+x\d+) /.exec(line) ?? [];
      if (time === undefined) return;
      times.push(Number(time));
      if (hasChanged || size === `${width}x${height}`) return;
      hasChanged = true;
      note(
        `${path}: frames are ${size} from frame ${times.length - 1} on; they are brought to ${width}x${height}, and boxes too`,
      );
    },
    has: (frame: number) => frame < times.length,
    /** Counted from the first frame; nothing where the file does not say it. */
    timeOf(frame: number) {
      const seconds = times[frame] - times[0];
      return Number.isFinite(seconds) ? { seconds } : {};
    },
  };
}
