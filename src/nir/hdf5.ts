/**
 * HDF5 through h5wasm (the HDF Group's library as WebAssembly), loaded when it is asked for. Files live in its own memory; nothing of a disk
 * can be reached from them. A file of others is read in a thread of its own, which is ended when it has not come back in time.
 */

import type { File } from "h5wasm";
import { Worker, watchWorker } from "#platform";

export type { Group } from "h5wasm";

/** Numbers and texts as they are stored, in order; or why they are not there. */
export type Stored = StoredValues | { readonly wrong: string };
export interface StoredValues {
  /** Empty for a single value. */
  readonly shape: readonly number[];
  readonly values: Float32Array | Float64Array | readonly string[];
}
/** What a file holds, by name. */
export interface StoredGroup extends ReadonlyMap<string, Stored | StoredGroup> {}

/** What values of a file may take together. */
export const maxBytes = 2 ** 30;

/** A file of this size is read within this on any machine; what takes longer goes round in circles. */
function secondsFor(bytes: Uint8Array): number {
  return 20 + bytes.length / 2 ** 22;
}

/** The bytes of a file that `build` fills. */
export async function writeHdf5(build: (file: File) => void): Promise<Uint8Array> {
  const { File: Hdf5File, ready } = await import("h5wasm");
  const { FS: files } = await ready;
  const path = "written.h5";
  try {
    // The layout of HDF5 1.10 (2016) takes half of what the oldest takes, where many values are small.
    const file = new Hdf5File(path, "w", { libver: ["v110", "v110"] });
    try {
      build(file);
    } finally {
      file.close();
    }
    return files.readFile(path);
  } finally {
    if (files.analyzePath(path, false).exists) files.unlink(path);
  }
}

/** What a file holds at the places of a NIR file. @throws Error where it cannot be read, or not within `seconds`. */
export function readHdf5(bytes: Uint8Array, seconds = secondsFor(bytes)): Promise<StoredGroup> {
  const worker = new Worker(new URL("./hdf5-worker.js", import.meta.url), { type: "module" } as object);
  const answer = new Promise<StoredGroup>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no end within ${seconds} s`)), seconds * 1000);
    const end = (settle: () => void) => {
      clearTimeout(timer);
      settle();
    };
    watchWorker(worker, {
      onMessage: (message) => {
        const { root, error } = message as { readonly root?: StoredGroup; readonly error?: string };
        end(() => (root ? resolve(root) : reject(new Error(error))));
      },
      onFailure: (reason) => end(() => reject(new Error(reason))),
    });
    worker.postMessage({ bytes, maxBytes });
  });
  return answer.finally(() => worker.terminate());
}
