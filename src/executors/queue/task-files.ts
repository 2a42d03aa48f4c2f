/** How a task's file comes to a worker: by its path there, from an address, or sent along. */

import { join, posix, resolve } from "node:path";
import type { Redis } from "ioredis";
import { readFile } from "#platform";
import { ImportError } from "../../core/errors.ts";
import type { FileSource } from "./messages.ts";

/** Of files that come over the network. */
export const mostFileBytes = 2 ** 30;
const fetchTimeoutMs = 120_000;

/** The folder that all of these are in, and what each is called below it, with "/" between. */
export function namesBelow(paths: readonly string[]): { readonly folder: string; readonly names: readonly string[] } {
  const split = paths.map((path) => resolve(path).split(/[\\/]/));
  const [first = []] = split;
  let depth = first.length - 1;
  for (const parts of split) {
    let same = 0;
    while (same < depth && same < parts.length - 1 && parts[same] === first[same]) same++;
    depth = same;
  }
  return {
    folder: first.slice(0, depth).join("/") || "/",
    names: split.map((parts) => parts.slice(depth).join("/")),
  };
}

/** Whether a name stays below the folder that it is put after: it came through the queue. */
export function isBelow(name: string): boolean {
  return (
    name !== "" && !/[\\\0]/.test(name) && !posix.isAbsolute(name) && !name.split("/").some((part) => part === "..")
  );
}

export interface Whereabouts {
  readonly path: string;
  readonly name: string;
  /** Of a file that was sent along. */
  readonly key: string;
}

/**
 * Its bytes; undefined where this worker does not come to it.
 * @param folder where this worker has the run's files, instead of where the run says.
 * @throws Error where an address answers with something else than the file.
 */
export async function taskFile(
  redis: Redis,
  source: FileSource,
  { path, name, key }: Whereabouts,
  folder?: string,
): Promise<Uint8Array | undefined> {
  if (folder !== undefined) return isBelow(name) ? readHere(join(folder, name)) : undefined;
  if (source.from === "sent") return (await redis.getBuffer(key)) ?? undefined;
  if (source.from === "address") return fetchFile(source.base, name);
  return readHere(path);
}

async function readHere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path, "picture");
  } catch (error) {
    if (error instanceof ImportError) return undefined;
    throw error;
  }
}

async function fetchFile(base: string, name: string): Promise<Uint8Array> {
  const url = new URL(name.split("/").map(encodeURIComponent).join("/"), base.endsWith("/") ? base : `${base}/`);
  const response = await fetch(url, { signal: AbortSignal.timeout(fetchTimeoutMs) });
  if (!response.ok || !response.body) throw new Error(`${url.href} answers with status ${response.status}`);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body) {
    length += chunk.length;
    if (length > mostFileBytes) throw new Error(`${url.href} is longer than ${mostFileBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
