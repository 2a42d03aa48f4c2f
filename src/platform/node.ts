/** What the library needs of Node.js: files, picture decoding and encoding, rasterizing. `browser.ts` is its twin. */
import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  rm,
  stat,
  writeFile as writeNodeFile,
} from "node:fs/promises";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { ImportError } from "../core/errors.ts";
import { type FileKind, maxFileBytes } from "../core/file-size.ts";
import type { FolderEntry } from "../core/folder-entry.ts";
import type { PictureSize } from "../core/picture-size.ts";
import type { Pixels } from "../core/pixels.ts";
import { measureImage } from "./decode-image.ts";
import { loadSharp } from "./sharp.ts";

/**
 * Whole file, or its beginning.
 * @param head at most so many bytes.
 * @throws ImportError [E_FILE] where it is missing, a directory, a device or a pipe, unreadable, or larger than files
 *   of its kind ({@link maxFileBytes}), which is seen before anything is allocated.
 */
export async function readFile(
  path: string,
  kind: FileKind = "data",
  head = Number.POSITIVE_INFINITY,
): Promise<Uint8Array> {
  try {
    // Without O_NONBLOCK opening a pipe waits for somebody to write into it. Windows has neither.
    const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      return await readBytes(handle, path, maxFileBytes[kind], head);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof ImportError) throw error;
    throw new ImportError("E_FILE", `${path} cannot be read: ${reasonOf(error)}. Check the path`, { cause: error });
  }
}

/** As many bytes as the file had when it was looked at: one that grows meanwhile cannot take more memory. */
async function readBytes(handle: FileHandle, path: string, maxBytes: number, head: number): Promise<Uint8Array> {
  const entry = await handle.stat();
  if (entry.isDirectory()) throw new ImportError("E_FILE", `${path} cannot be read: it is a directory. Check the path`);
  if (!entry.isFile())
    throw new ImportError("E_FILE", `${path} is a device or a pipe. Write its content into a file, and name that`);
  if (entry.size > maxBytes)
    throw new ImportError(
      "E_FILE",
      `${path} has ${entry.size} bytes; at most ${maxBytes} are read of a file of its kind`,
    );
  const bytes = new Uint8Array(Math.min(entry.size, head));
  let length = 0;
  while (length < bytes.length) {
    const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return length === bytes.length ? bytes : bytes.slice(0, length);
}

/** A file that comes with the package, by its URL. @throws ImportError as {@link readFile}. */
export function readAsset(url: URL): Promise<Uint8Array> {
  return readFile(fileURLToPath(url));
}

/** Writes whole or not at all: to a file beside it first, then renamed. Creates the folder. @throws ImportError [E_WRITE]. */
export async function writeFile(path: string, content: Uint8Array | string): Promise<void> {
  const temporary = `${path}.${randomUUID().slice(0, 8)}.part`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeNodeFile(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    // The first failure is what counts.
    await rm(temporary, { force: true }).catch(() => {});
    throw new ImportError("E_WRITE", `${path} cannot be written: ${reasonOf(error)}`, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  const reasons: Record<string, string> = {
    ENOENT: "no such file or directory",
    EISDIR: "it is a directory",
    ENOTDIR: "a part of the path is not a directory",
    EEXIST: "a part of the path is not a directory",
    EACCES: "permission denied",
    ENOSPC: "no space is left on the disk",
    EDQUOT: "the user's share of the disk is used up",
    EFBIG: "it would be larger than this process may write",
  };
  return (code && reasons[code]) ?? (error as Error).message;
}

export { decodeImage } from "./decode-image.ts";

/** Bytes in which the size of nearly every picture stands. */
const headBytes = 2 ** 18;

/** A picture's size, upright, by the beginning of its file. @throws ImportError [E_FILE, E_IMAGE]. */
export async function measurePicture(path: string): Promise<PictureSize> {
  try {
    return await measureImage(await readFile(path, "picture", headBytes), path);
  } catch (error) {
    if (!(error instanceof ImportError) || error.code !== "E_IMAGE") throw error;
    return measureImage(await readFile(path, "picture"), path);
  }
}

/** Where a path leads, links followed; the path itself where it leads nowhere. */
export function realPath(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

/** What is in a folder, in no order; undefined where there is no folder. */
export async function listFolder(path: string): Promise<readonly FolderEntry[] | undefined> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => undefined);
  if (!entries) return undefined;
  return Promise.all(
    entries.map(async (entry) => {
      const isLink = entry.isSymbolicLink();
      const target = isLink ? await stat(join(path, entry.name)).catch(() => entry) : entry;
      return { name: entry.name, isFolder: target.isDirectory() };
    }),
  );
}

/** PNG bytes of a picture. @param dotsPerInch for programs that print it at its own size. */
export async function encodePng(pixels: Pixels, dotsPerInch?: number): Promise<Uint8Array> {
  const raw = { width: pixels.width, height: pixels.height, channels: 3 } as const;
  const sharp = await loadSharp();
  const picture = sharp(pixels.data, { raw });
  const sized = dotsPerInch === undefined ? picture : picture.withMetadata({ density: dotsPerInch });
  return new Uint8Array(await sized.png().toBuffer());
}

/** Draws an SVG document on white at its own size (or scaled to `widthPx`), with the font that comes with the package. */
export async function rasterizeSvg(svg: string, widthPx?: number): Promise<Pixels> {
  const Resvg = await loadResvg();
  const image = new Resvg(svg, {
    background: "white",
    ...(widthPx === undefined ? {} : { fitTo: { mode: "width", value: widthPx } as const }),
    font: packagedFont(),
  }).render();
  const rgba = image.pixels;
  const data = new Uint8Array(image.width * image.height * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    data[to] = rgba[from];
    data[to + 1] = rgba[from + 1];
    data[to + 2] = rgba[from + 2];
  }
  return { width: image.width, height: image.height, data };
}

/**
 * The same drawing as paths, pictures and groups with matrices only: text as outlines of the font that comes with the
 * package, styles and units resolved.
 */
export async function outlineSvg(svg: string): Promise<string> {
  const Resvg = await loadResvg();
  return new Resvg(svg, { font: packagedFont() }).toString();
}

/** Loaded when first needed, as sharp is. */
async function loadResvg() {
  return (await import("@resvg/resvg-js")).Resvg;
}

function packagedFont() {
  return { loadSystemFonts: false, fontFiles: fontFiles(), defaultFontFamily: "DejaVu Sans" };
}

function fontFiles(): string[] {
  const folder = dirname(createRequire(import.meta.url).resolve("dejavu-fonts-ttf/package.json"));
  return ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"].map((file) => join(folder, "ttf", file));
}

/** ONNX Runtime of this platform; loaded when first needed, since loading takes a tenth of a second. */
export { loadOnnxRuntime } from "./onnx-runtime.ts";

/** Worker threads; `new Worker(new URL(…), { type: "module" })` starts one in Node.js and in browsers. */
export { Worker };

/** Tells of every message, and of a death that nobody asked for. */
export function watchWorker(
  worker: Worker,
  { onMessage, onFailure }: { onMessage: (message: unknown) => void; onFailure: (reason: string) => void },
): void {
  worker.on("message", onMessage);
  worker.on("error", (error) => onFailure(error instanceof Error ? error.message : String(error)));
  worker.on("exit", (code) => onFailure(`it left with code ${code}`));
}

/** Whether the process must wait for these workers; idle ones should not keep it from ending. */
export function keepProcessAlive(workers: readonly Worker[], isNeeded: boolean): void {
  for (const worker of workers) {
    if (isNeeded) worker.ref();
    else worker.unref();
  }
}

/** Threads that can run at once. */
export function availableThreads(): number {
  return availableParallelism();
}

/** Whether workers can work on one memory. */
export function canShareMemory(): boolean {
  return true;
}
