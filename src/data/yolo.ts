/**
 * YOLO data sets, as Ultralytics describes them (docs.ultralytics.com/datasets/detect): a `data.yaml` with class names and, for
 * each split, folders or lists of pictures; for each picture a text file of labels, in `labels` instead of `images` or beside
 * it. Darknet's `.data` files describe the same.
 */
import { listFolder, measurePicture, readFile, writeFile } from "#platform";
import { ImportError } from "../core/errors.ts";
import { type Failure, refuseFailures } from "../core/failures.ts";
import type { PictureSize } from "../core/picture-size.ts";
import { type RemarkTally, tallyRemarks } from "../core/remarks.ts";
import { decodeText } from "../core/text.ts";
import type { DataSetContents, ImageEntry, LabelledImage, ObjectAnnotation } from "./dataset.ts";
import { pictureFiles, pictureStem } from "./picture-files.ts";
import { picturesBelow } from "./pictures-below.ts";
import { readDescription, type YoloDescription } from "./yolo-description.ts";
import { formatYoloObject, parseYoloLabels } from "./yolo-labels.ts";

export interface YoloLocation {
  /** The `data.yaml`, or darknet's `.data`. */
  readonly description: string;
  /** Default "val". */
  readonly split?: string;
}

/**
 * Opens a split. Pictures stand in the order of their lists, those of folders by name. Lines that are no objects are left
 * out, pictures without a label file show nothing, those whose labels cannot be read are left out: each with a remark.
 * Boxes are made of fractions by the pictures' own sizes, upright, so the pictures' headers are read.
 * @throws ImportError [E_FILE, E_YOLO] for a description, list or folder that is missing or not what it should be, where
 * no picture has labels, and as `refuseFailures` where too many label files cannot be read.
 */
export async function openYolo({ description: file, split = "val" }: YoloLocation): Promise<DataSetContents> {
  const text = decodeText(await readFile(file, "text"), file);
  const description = readDescription(text, file);
  const entries = description.splits.get(split);
  if (!entries) {
    const known = [...description.splits.keys()].join(", ");
    throw new ImportError(
      "E_YOLO",
      `${file} names no pictures under ${split}; it has ${known}. Name one of these, as in yolo:${file}:${known.split(", ")[0]}`,
    );
  }
  const tally = tallyRemarks();
  const roots = rootsOf(file, description);
  const classNames = await classNamesOf(description, roots, tally);
  const paths = new Set<string>();
  for (const entry of entries) {
    for (const path of await picturesOf(entry, roots, file, tally)) {
      if (paths.has(path)) tally.add("pictures listed twice, taken once", path);
      paths.add(path);
    }
  }
  if (paths.size === 0)
    throw new ImportError("E_YOLO", `${file} lists no pictures under ${split} (${entries.join(", ")})`);
  const layout = { classes: classNames.length, keypointNumbers: description.keypointNumbers };
  const images = await readImages([...paths], layout, tally);
  const name = `${file.split(/[\\/]/).at(-1)} ${split}`;
  return { name, classNames, categoryIds: classNames.map((_, index) => [index]), images, remarks: tally.lines() };
}

/** Folders that the description's paths may be relative to, the likeliest first: `path`, the file's, those above it, the current one. */
function rootsOf(file: string, { path }: YoloDescription): readonly string[] {
  const folder = folderOf(file);
  const stated = path === undefined ? [] : [isAbsolute(path) ? path : `${folder}/${path}`];
  return [
    ...new Set([...stated, folder, `${folder}/..`, ...(path === undefined || isAbsolute(path) ? [] : [path]), "."]),
  ];
}

async function classNamesOf(
  { names, namesFile }: YoloDescription,
  roots: readonly string[],
  tally: RemarkTally,
): Promise<readonly string[]> {
  if (namesFile === undefined) return names;
  const found = await pictureFiles(roots).find(namesFile);
  if (!found) {
    tally.add("files of class names that are not there, so that classes are called by their numbers", namesFile);
    return names;
  }
  const lines = decodeText(await readFile(found.path, "text"), found.path)
    .split(/\r\n?|\n/)
    .map((line) => line.trim());
  // Blank lines at the end are none; those between others would shift the numbers.
  const listed = lines.slice(0, lines.findLastIndex((line) => line !== "") + 1);
  if (listed.length !== names.length)
    throw new ImportError("E_YOLO", `${found.path} has ${listed.length} names for ${names.length} classes`);
  return listed;
}

/** The pictures of a folder with those below it, or of a list. */
async function picturesOf(
  entry: string,
  roots: readonly string[],
  file: string,
  tally: RemarkTally,
): Promise<readonly string[]> {
  if (/\.txt$/i.test(entry)) return listedPictures(entry, roots, file, tally);
  for (const folder of foldersFor(entry, roots)) {
    if (!(await listFolder(folder))) continue;
    return picturesBelow(folder);
  }
  throw new ImportError(
    "E_FILE",
    `${entry}, of which ${file} speaks, is no folder that is there. Correct path or the entry`,
  );
}

/** Where a folder may be: as said, then (as exports say `../train/images` of what lies beside the file) with fewer leading folders. */
function foldersFor(entry: string, roots: readonly string[]): readonly string[] {
  const plain = entry.replaceAll("\\", "/").replace(/\/+$/, "");
  const parts = plain.split("/").filter((part) => part !== "" && part !== ".");
  const inward = parts.filter((part) => part !== "..");
  const shorter = inward.map((_, skipped) => inward.slice(skipped)).filter(({ length }, i) => i === 0 || length >= 2);
  return [
    ...(isAbsolute(plain) ? [plain] : roots.map((root) => `${root}/${parts.join("/")}`)),
    ...shorter.flatMap((some) => roots.map((root) => `${root}/${some.join("/")}`)),
  ];
}

async function listedPictures(
  entry: string,
  roots: readonly string[],
  file: string,
  tally: RemarkTally,
): Promise<readonly string[]> {
  const list = (await pictureFiles(roots).find(entry))?.path;
  if (list === undefined)
    throw new ImportError("E_FILE", `${entry}, of which ${file} speaks, is not there. Correct path or the entry`);
  const lines = decodeText(await readFile(list, "data"), list).split(/\r\n?|\n/);
  const folder = folderOf(list);
  const { find } = pictureFiles([...new Set([folder, ...roots, `${folder}/..`])]);
  const paths: string[] = [];
  for (const line of lines) {
    const name = line.trim();
    if (name === "") continue;
    const found = await find(name);
    if (found?.isElsewhere) tally.add("pictures that lie elsewhere than the list says", `${name}: ${found.path}`);
    paths.push(found?.path ?? name);
  }
  return paths;
}

type Layout = Parameters<typeof parseYoloLabels>[1];

/** Headers that are read at once. */
const atOnce = 16;

async function readImages(
  paths: readonly string[],
  layout: Layout,
  tally: RemarkTally,
): Promise<readonly ImageEntry[]> {
  const { find } = pictureFiles(["."]);
  const ids = idsOf(paths);
  const images: ImageEntry[] = [];
  const failures: Failure[] = [];
  let labelled = 0;
  for (let from = 0; from < paths.length; from += atOnce) {
    const some = paths.slice(from, from + atOnce);
    const sizes = await Promise.all(some.map(sizeOf));
    for (const [i, path] of some.entries()) {
      const file = await labelFile(path, find);
      if (file === undefined) tally.add("pictures without a label file, taken to show nothing", path);
      else labelled++;
      try {
        const objects = file === undefined ? [] : await readObjects(file, sizes[i], layout, tally);
        images.push({ id: ids[from + i], path, ...(sizes[i] ? { size: sizes[i] } : {}), objects });
      } catch (error) {
        if (!(error instanceof ImportError)) throw error;
        failures.push({ name: ids[from + i], code: error.code, message: error.message });
        tally.add("pictures left out since their labels cannot be read", error.message);
      }
    }
  }
  refuseFailures("label files", failures, paths.length);
  if (labelled > 0) return images;
  throw new ImportError(
    "E_YOLO",
    `none of the ${paths.length} pictures has labels: ${labelFiles(paths[0]).join(" and ")} are not there, …`,
  );
}

/** Undefined of a picture that cannot be read: it is found out, and told, by whoever asks for its pixels. */
async function sizeOf(path: string): Promise<PictureSize | undefined> {
  try {
    return await measurePicture(path);
  } catch (error) {
    if (error instanceof ImportError) return undefined;
    throw error;
  }
}

async function labelFile(path: string, find: ReturnType<typeof pictureFiles>["find"]): Promise<string | undefined> {
  for (const file of labelFiles(path)) {
    const found = await find(file);
    if (found && !found.isElsewhere) return found.path;
  }
  return undefined;
}

/** In `labels` instead of the last `images`, or beside the picture. */
function labelFiles(path: string): readonly string[] {
  const beside = `${pictureStem(path)}.txt`;
  const parted = beside.replaceAll("\\", "/");
  const at = parted.lastIndexOf("/images/");
  return at < 0 ? [beside] : [`${parted.slice(0, at)}/labels/${parted.slice(at + "/images/".length)}`, beside];
}

async function readObjects(
  file: string,
  // Where the picture cannot be read its objects only count as missed, whatever their boxes are.
  { width, height }: PictureSize = { width: 1, height: 1 },
  layout: Layout,
  tally: RemarkTally,
): Promise<readonly ObjectAnnotation[]> {
  const { objects, problems } = parseYoloLabels(decodeText(await readFile(file, "text"), file), layout);
  for (const problem of problems) tally.add("lines of labels left out", `${file}, ${problem}`);
  return objects.map(({ classIndex, xMin, yMin, xMax, yMax }) => ({
    ...{ xMin: xMin * width, yMin: yMin * height, xMax: xMax * width, yMax: yMax * height },
    ...{ classIndex, difficult: false, crowd: false, area: (xMax - xMin) * width * (yMax - yMin) * height },
  }));
}

/** Names without folders and extensions, where these tell the pictures apart; else paths. */
function idsOf(paths: readonly string[]): readonly string[] {
  const stems = paths.map((path) => pictureStem(path.split(/[\\/]/).at(-1)!));
  return new Set(stems).size === stems.length ? stems : paths;
}

function folderOf(file: string): string {
  const slash = Math.max(file.lastIndexOf("/"), file.lastIndexOf("\\"));
  return slash < 0 ? "." : file.slice(0, slash) || "/";
}

function isAbsolute(path: string): boolean {
  return path.startsWith("/") || /^[a-z]:[\\/]/i.test(path);
}

/**
 * Writes `images/<split>`, `labels/<split>` and, last, `data.yaml` into `folder`. The format has no word for difficult
 * objects: those are left out.
 * @throws ImportError [E_WRITE].
 */
export async function writeYoloDataSet(
  images: Iterable<LabelledImage> | AsyncIterable<LabelledImage>,
  classNames: readonly string[],
  { folder, split }: { readonly folder: string; readonly split: string },
): Promise<void> {
  for await (const { id, bytes, extension, width, height, objects } of images) {
    const lines = objects
      .filter(({ difficult, crowd }) => !difficult && !crowd)
      .map(({ classIndex, xMin, yMin, xMax, yMax }) =>
        formatYoloObject({
          ...{ classIndex, xMin: xMin / width, yMin: yMin / height, xMax: xMax / width, yMax: yMax / height },
        }),
      );
    await writeFile(`${folder}/images/${split}/${id}.${extension}`, bytes);
    await writeFile(`${folder}/labels/${split}/${id}.txt`, lines.join(""));
  }
  const names = classNames.map((name, index) => `  ${index}: ${JSON.stringify(name)}\n`);
  await writeFile(`${folder}/data.yaml`, `path: .\n${split}: images/${split}\nnames:\n${names.join("")}`);
}
