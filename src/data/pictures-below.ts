/** The pictures of a folder and of the folders in it. */
import { listFolder, realPath } from "#platform";
import { isPictureName } from "./picture-files.ts";

/** Deeper than this nobody nests folders. */
const maxDepth = 32;

/** No more files than this are looked for in one folder tree. */
const maxPictures = 2 ** 22;

/**
 * Paths of pictures by their names, those of a folder before those in folders below it. What begins with a dot, and
 * `__MACOSX`, holds companions of other programs and is passed over; a folder to which links lead is gone through once.
 * Empty where there is no folder.
 */
export async function picturesBelow(folder: string): Promise<readonly string[]> {
  const paths: string[] = [];
  const visited = new Set<string>();
  const visit = async (path: string, depth: number): Promise<void> => {
    const real = await realPath(path);
    if (visited.has(real)) return;
    visited.add(real);
    const entries = [...((await listFolder(path)) ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const { name, isFolder } of entries) {
      if (!isFolder && isPictureName(name) && paths.length < maxPictures) paths.push(`${path}/${name}`);
    }
    for (const { name, isFolder } of entries) {
      if (isFolder && depth < maxDepth && !name.startsWith(".") && name !== "__MACOSX")
        await visit(`${path}/${name}`, depth + 1);
    }
  };
  await visit(folder.length > 1 ? folder.replace(/[\\/]+$/, "") : folder, 0);
  return paths;
}
