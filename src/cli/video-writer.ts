/** Writes a video, encoded by the system's ffmpeg: frames of one size over a pipe, the file whole or not at all. */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, extname } from "node:path";
import { ArgumentError, ImportError } from "../core/errors.ts";
import type { Pixels } from "../core/pixels.ts";
import { startTool, type Tool } from "./ffmpeg.ts";

export interface VideoWriter {
  write(frame: Pixels): Promise<void>;
  /** Closes the file and puts it in its place; nothing is there where no frame was written. */
  finish(): Promise<void>;
  /** Leaves nothing behind. */
  discard(): Promise<void>;
}

/** By the ending of the file's name: what ffmpeg is told besides. Which codec it takes for the format is its own choice. */
const formats: Readonly<Record<string, readonly string[]>> = {
  ".mp4": ["-f", "mp4", "-movflags", "+faststart"],
  // Otherwise one frame a second, at a size that nobody asks for.
  ".webm": ["-f", "webm", "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-crf", "32", "-b:v", "0"],
};

/** @throws ArgumentError [E_USAGE] for a name that is no video's. */
export function expectVideoName(path: string): void {
  if (formats[extname(path).toLowerCase()]) return;
  const names = Object.keys(formats).join(" or ");
  throw new ArgumentError(
    "E_USAGE",
    `--out ${path}: of videos, an annotated video is written. Name a file that ends in ${names}`,
  );
}

/** @param fps frames a second. @throws ImportError [E_WRITE] where ffmpeg cannot write it, [E_FFMPEG] where it is missing. */
export function openVideoWriter(path: string, fps: number): VideoWriter {
  const temporary = `${path}.${randomUUID().slice(0, 8)}.part`;
  let tool: Tool | undefined;

  async function start({ width, height }: Pixels): Promise<Tool> {
    await mkdir(dirname(path), { recursive: true }).catch((error) => fail(error.message));
    const from = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", `${width}x${height}`, "-r", String(fps), "-i", "-"];
    // Players want colours of half the resolution, which takes even sides.
    const colours = ["-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2:color=white", "-pix_fmt", "yuv420p"];
    const to = [...colours, ...formats[extname(path).toLowerCase()], "-y", `file:${temporary}`];
    const started = startTool("ffmpeg", ["-hide_banner", "-nostats", "-loglevel", "level+error", ...from, ...to]);
    started.child.stdout?.resume();
    return started;
  }

  function fail(reason: string): never {
    throw new ImportError("E_WRITE", `${path} cannot be written: ${reason.replaceAll(`file:${temporary}`, path)}`);
  }

  async function discard(): Promise<void> {
    tool?.child.kill("SIGKILL");
    await tool?.ended.catch(() => {});
    await rm(temporary, { force: true }).catch(() => {});
  }

  return {
    async write(frame) {
      tool ??= await start(frame);
      const { child, ended } = tool;
      if (child.stdin?.write(frame.data) !== false) return;
      const end = await Promise.race([once(child.stdin, "drain").then(() => undefined), ended]);
      if (end) fail(end.errors[0] ?? "ffmpeg has ended");
    },
    async finish() {
      if (!tool) return;
      tool.child.stdin?.end();
      const { code, errors } = await tool.ended;
      if (code !== 0) {
        await discard();
        fail(errors[0] ?? "ffmpeg failed");
      }
      await rename(temporary, path).catch((error) => fail(error.message));
    },
    discard,
  };
}
