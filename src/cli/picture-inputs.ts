/** Words of a command line that name pictures: files, folders with all below them, patterns where no shell expands them. */
import { stat } from "node:fs/promises";
import { glob, isDynamicPattern } from "tinyglobby";
import { ImportError } from "../core/errors.ts";
import { isPictureName } from "../data/picture-files.ts";
import { picturesIn } from "./images.ts";

/**
 * Paths in the order of the words, each once. A word that is nothing else is a path: that it is not there is found out when it
 * is read. @throws ImportError [E_NO_IMAGES] for a folder or a pattern without pictures.
 */
export async function pictureInputs(words: readonly string[]): Promise<readonly string[]> {
  const paths = new Set<string>();
  for (const word of words) for (const path of await pathsOf(word)) paths.add(path);
  return [...paths];
}

async function pathsOf(word: string): Promise<readonly string[]> {
  const entry = await stat(word).catch(() => undefined);
  if (entry?.isDirectory()) return picturesIn(word);
  // A file's own name may hold brackets.
  if (entry || !isDynamicPattern(word)) return [word];
  const found = await glob(word, { expandDirectories: false });
  const pictures = found.filter((path) => isPictureName(path.slice(path.lastIndexOf("/") + 1))).sort();
  if (pictures.length === 0) throw new ImportError("E_NO_IMAGES", `no pictures match ${word}`);
  return pictures;
}
