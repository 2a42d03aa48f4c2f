/** Picture files as the commands meet them: a path, a folder of them, and network inputs made of them. */
import { readdir } from "node:fs/promises";
import { extname, join } from "node:path";
import { decodeImage, readFile } from "#platform";
import { ImportError } from "../core/errors.ts";
import type { Pixels } from "../core/pixels.ts";
import type { FloatTensor } from "../core/tensor.ts";
import { type Graph, inputOf } from "../graph/graph.ts";
import { preprocess } from "../image/preprocess.ts";

const extensions = new Set([".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".avif"]);

/** @throws ImportError [E_FILE, E_IMAGE] naming the file. */
export async function loadPicture(path: string): Promise<Pixels> {
  return decodeImage(await readFile(path, "picture"), path);
}

/** Picture files directly in a folder, by name. @throws ImportError [E_FILE, E_NO_IMAGES]. */
export async function picturesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => {
    throw new ImportError("E_FILE", `${folder} is no folder that can be read. Check the path`);
  });
  const pictures = names.filter((name) => extensions.has(extname(name).toLowerCase())).sort();
  if (pictures.length === 0)
    throw new ImportError("E_NO_IMAGES", `${folder} holds no pictures (${[...extensions].join(", ")})`);
  return pictures.map((name) => join(folder, name));
}

/** Network inputs of picture files, one at a time. */
export async function* networkInputs(paths: readonly string[], graph: Graph): AsyncGenerator<FloatTensor> {
  for (const path of paths) yield preprocess(await loadPicture(path), inputOf(graph).shape, graph.preprocessing).image;
}
