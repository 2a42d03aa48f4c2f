/**
 * The rule for every file that a command writes: it takes the place of nothing, or of a file of its own kind, known by its
 * content and not by its name. Anything else is somebody's, and goes only with `--force`.
 */
import { open, readdir, stat } from "node:fs/promises";
import type { Command } from "commander";
import { writeFile } from "#platform";
import { ArgumentError } from "../core/errors.ts";
import { cfgBeginning } from "../exporters/darknet.ts";

export interface OutputFlags {
  readonly force?: true;
}

export interface FileKind {
  /** For errors. */
  readonly name: string;
  /** @param head the file's first bytes, at least one, as Latin-1 text. */
  readonly isOne: (head: string) => boolean;
}

const headBytes = 4096;

/** The beginning of a safetensors file whose metadata says that it is in this format. */
const safetensorsOf = (format: string) => (head: string) => head.startsWith(`{"__metadata__":{"format":"${format}`, 8);

/** A line of VOC detections: a picture and five numbers. */
const detectionLine = /^\S.*( -?[\d.e+-]+){5}\r?$/m;

const hdf5Signature = "\x89HDF\r\n\x1a\n";

export const fileKinds = {
  model: { name: "model file", isOne: safetensorsOf('spiking-yolo"') },
  checkpoint: { name: "checkpoint of a training run", isOne: safetensorsOf("spiking-yolo checkpoint ") },
  /** As `train` and `export` write them: version 0.2.5. Weights of others are mostly of other versions. */
  weights: { name: "weights file of this program", isOne: (head) => head.startsWith("\0\0\0\0\x02\0\0\0\x05\0\0\0") },
  /** As `export` writes them: IR version 8, and the program's name. */
  onnx: { name: "ONNX file of this program", isOne: (head) => head.startsWith("\x08\x08\x12\x0cspiking-yolo") },
  /** As `export` writes them. */
  cfg: { name: "cfg of this program", isOne: (head) => head.startsWith(`${cfgBeginning}\n`) },
  /** HDF5 that begins with NIR's two entries. */
  nir: { name: "NIR file", isOne: (head) => head.startsWith(hdf5Signature) && /version.*node/s.test(head) },
  png: { name: "PNG picture", isOne: (head) => head.startsWith("\x89PNG\r\n\x1a\n") },
  svg: { name: "SVG drawing", isOne: (head) => /^(<\?xml[^>]*>\s*)?<svg\b/.test(head) },
  pdf: { name: "PDF file", isOne: (head) => head.startsWith("%PDF-") },
  vocDetections: { name: "file of VOC detections", isOne: (head) => detectionLine.test(head) },
  cocoDetections: { name: "file of COCO detections", isOne: (head) => /^\[(\]|\{"image_id":)/.test(head) },
  report: {
    name: "report of this program",
    isOne: (head) =>
      head.startsWith("<!doctype html>") && head.includes('<meta name="generator" content="spiking-yolo">'),
  },
} as const satisfies Record<string, FileKind>;

/** For what may be somebody's own whatever is in it, as videos may: no file goes without being told so. */
export const emptyFile: FileKind = { name: "empty file", isOne: () => false };

export function addForceOption(command: Command): Command {
  return command.option("--force", "replace files that are something else than what is written");
}

/**
 * Looks whether a file may be written; called before long work, and again by {@link writeOutput}.
 * @throws ArgumentError [E_EXISTS] where something else is there, or a file in the place of its folder; [E_WRITE] where
 * it cannot be looked at.
 */
export async function refuseToReplace(path: string, kind: FileKind, { force }: OutputFlags): Promise<void> {
  const entry = await stat(path).catch(({ code, message }: NodeJS.ErrnoException) => {
    if (code === "ENOENT") return undefined;
    const reason = code === "ENOTDIR" ? "a part of the path is a file" : message;
    throw new ArgumentError("E_EXISTS", `${path} cannot be written: ${reason}. Name another`);
  });
  if (!entry) return;
  // A device or a pipe is never replaced by a file, and a folder cannot be.
  if (!entry.isFile()) throw new ArgumentError("E_EXISTS", `${path} is there and is no file. Name another`);
  if (force || entry.size === 0 || kind.isOne(await readHead(path))) return;
  throw new ArgumentError(
    "E_EXISTS",
    `${path} is there and is no ${kind.name}. Name another file, or replace it with --force`,
  );
}

/** Writes whole or not at all. @throws ArgumentError as {@link refuseToReplace}; ImportError [E_WRITE]. */
export async function writeOutput(
  path: string,
  content: Uint8Array | string,
  kind: FileKind,
  flags: OutputFlags,
): Promise<void> {
  await refuseToReplace(path, kind, flags);
  await writeFile(path, content);
}

/** What is in a folder; nothing where it is not there yet. @throws ArgumentError [E_EXISTS] where it is a file. */
export async function entriesOf(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    const reason = error.code === "ENOTDIR" ? "is no folder" : `cannot be looked into (${error.message})`;
    throw new ArgumentError("E_EXISTS", `${folder} ${reason}. Name another`);
  });
}

async function readHead(path: string): Promise<string> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
      return buffer.toString("latin1", 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new ArgumentError("E_WRITE", `${path} is there and cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
