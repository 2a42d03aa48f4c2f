/**
 * HDF5 through h5wasm (the HDF Group's library as WebAssembly), loaded when it is asked for. Files live in its own memory, under one
 * name, from a call's beginning to its end; nothing of a disk can be reached from them.
 */
import type { Dataset, Entity, File, Group } from "h5wasm";

export type { Dataset, Group } from "h5wasm";

type Hdf5 = typeof import("h5wasm");

const path = "file.h5";

async function loadHdf5(): Promise<{ readonly hdf5: Hdf5; readonly files: NonNullable<Hdf5["FS"]> }> {
  const hdf5 = await import("h5wasm");
  const { FS: files, ...library } = await hdf5.ready;
  // Otherwise what the library finds wrong is printed, and not told.
  library.activate_throwing_error_handler();
  return { hdf5, files };
}

/** The bytes of a file that `build` fills. */
export async function writeHdf5(build: (file: File) => void): Promise<Uint8Array> {
  const { hdf5, files } = await loadHdf5();
  try {
    const file = new hdf5.File(path, "w");
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

/** What `read` makes of a file. @throws whatever it throws, and what the library finds wrong with the file. */
export async function readHdf5<T>(bytes: Uint8Array, read: (file: File) => T): Promise<T> {
  const { hdf5, files } = await loadHdf5();
  files.writeFile(path, bytes);
  try {
    const file = new hdf5.File(path, "r");
    try {
      return read(file);
    } finally {
      file.close();
    }
  } finally {
    files.unlink(path);
  }
}

export function isGroup(entity: Entity | null): entity is Group {
  return entity !== null && "type" in entity && entity.type === "Group";
}

export function isDataset(entity: Entity | null): entity is Dataset {
  return entity !== null && "type" in entity && entity.type === "Dataset";
}
