/** Frames of a video file, decoded by the system's ffmpeg as a child process: raw pixels over a pipe, one frame after the other. */
import { spawn } from "node:child_process";
import { extname } from "node:path";
import { ImportError } from "../core/errors.ts";
import type { Pixels } from "../core/pixels.ts";

export interface Video {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  /** Frames a second, on average. */
  readonly fps: number;
  /** As the file states it; absent where it does not. */
  readonly frameCount?: number;
  /** All frames in order, each [height, width] as stated (ffmpeg brings others to that size). Stops ffmpeg when left. */
  readonly frames: () => AsyncIterable<Pixels>;
}

const extensions = [".mp4", ".m4v", ".mkv", ".webm", ".mov", ".avi", ".mpg", ".mpeg", ".ts", ".wmv", ".flv", ".ogv"];

export function isVideo(path: string): boolean {
  return extensions.includes(extname(path).toLowerCase());
}

/** Pixels of a frame: as many as a picture may have would be minutes a frame. */
const maxPixels = 2 ** 25;

/** @throws ImportError [E_FFMPEG] where ffmpeg is missing, [E_VIDEO] where it cannot read the file. */
export async function openVideo(path: string): Promise<Video> {
  const entries = "stream=width,height,avg_frame_rate,nb_frames";
  const probe = ["-v", "error", "-select_streams", "v:0", "-show_entries", entries, "-of", "json", "-i", path];
  const text = await outputOf("ffprobe", probe, path);
  const [stream] = (JSON.parse(text) as { streams?: Record<string, unknown>[] }).streams ?? [];
  const [width, height] = [Number(stream?.width), Number(stream?.height)];
  if (!(width > 0 && height > 0)) throw new ImportError("E_VIDEO", `${path} holds no video stream`);
  if (width * height > maxPixels)
    throw new ImportError(
      "E_VIDEO",
      `${path} has frames of ${width}×${height} pixels; at most ${maxPixels} pixels are supported`,
    );
  const [frames, seconds] = String(stream?.avg_frame_rate).split("/").map(Number);
  const count = Number(stream?.nb_frames);
  return {
    path,
    width,
    height,
    fps: seconds > 0 ? frames / seconds : 0,
    ...(count > 0 ? { frameCount: count } : {}),
    frames: () => framesOf(path, width, height),
  };
}

async function* framesOf(path: string, width: number, height: number): AsyncGenerator<Pixels> {
  const size = ["-vf", `scale=${width}:${height}`, "-fps_mode", "passthrough"];
  const args = ["-v", "error", "-nostdin", "-i", path, ...size, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"];
  const child = spawn("ffmpeg", args, { stdio: ["ignore", "pipe", "pipe"] });
  const ended = endOf(child, "ffmpeg", path);
  // Looked at where frames end; a failure before must not be nobody's.
  ended.catch(() => {});
  try {
    let frame = new Uint8Array(3 * width * height);
    let filled = 0;
    for await (const chunk of child.stdout as AsyncIterable<Uint8Array>) {
      for (let at = 0; at < chunk.length; ) {
        const taken = Math.min(chunk.length - at, frame.length - filled);
        frame.set(chunk.subarray(at, at + taken), filled);
        at += taken;
        filled += taken;
        if (filled < frame.length) continue;
        yield { width, height, data: frame };
        frame = new Uint8Array(frame.length);
        filled = 0;
      }
    }
    await ended;
  } finally {
    child.kill("SIGKILL");
  }
}

async function outputOf(program: string, args: readonly string[], path: string): Promise<string> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  const ended = endOf(child, program, path);
  let text = "";
  child.stdout.on("data", (chunk) => {
    text += String(chunk).slice(0, 65_536);
  });
  await ended;
  return text;
}

/** When the program has ended well. */
function endOf(child: ReturnType<typeof spawn>, program: string, path: string): Promise<void> {
  let said = "";
  child.stderr?.on("data", (chunk) => {
    said = `${said}${chunk}`.slice(-2000);
  });
  return new Promise((done, fail) => {
    child.on("error", (error: NodeJS.ErrnoException) => {
      const isMissing = error.code === "ENOENT";
      const how = "it reads videos. Install it: apt-get install ffmpeg, brew install ffmpeg, or winget install ffmpeg";
      fail(
        isMissing
          ? new ImportError("E_FFMPEG", `there is no ${program} on this machine; ${how}`)
          : new ImportError("E_FFMPEG", `${program} cannot be run: ${error.message}`),
      );
    });
    child.on("close", (code) => {
      if (code === 0) done();
      else
        fail(
          new ImportError(
            "E_VIDEO",
            `${path} cannot be read as a video: ${said.trim().split("\n").at(-1) ?? "ffmpeg failed"}`,
          ),
        );
    });
  });
}
