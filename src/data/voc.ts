/**
 * VOC data sets (Everingham et al., "The PASCAL Visual Object Classes Challenge", IJCV 2010):
 * ROOT/VOC<year>/{JPEGImages,Annotations,ImageSets/Main}. Any data set in that layout, with any classes.
 */
import { listFolder, readFile, writeFile } from "#platform";
import { ImportError } from "../core/errors.ts";
import { type Failure, refuseFailures } from "../core/failures.ts";
import { firstOf, type RemarkTally, tallyRemarks } from "../core/remarks.ts";
import { decodeText } from "../core/text.ts";
import type { DataSetContents, ImageEntry, LabelledImage } from "./dataset.ts";
import { vocClassNames } from "./known-classes.ts";
import { pictureFiles, pictureStem } from "./picture-files.ts";
import { formatVocAnnotation, parseVocAnnotation, type VocAnnotation } from "./voc-annotation.ts";

export interface VocLocation {
  /** The folder that holds VOC2007, VOC2012, …: the devkit's; or that of one year itself. */
  readonly root: string;
  /** Default "2007". */
  readonly year?: string;
  /** A list in ImageSets/Main. Default "test". */
  readonly split?: string;
}

/**
 * Opens a split. Its classes are those of `classes.txt` in the year's folder (one name a line) where there is one, else
 * the challenge's twenty where no other occurs, else those that occur, sorted. Objects and annotations that cannot be read
 * are left out, listed pictures without an annotation have no objects: each with a remark.
 * @throws ImportError [E_FILE] for a list that is missing, or all annotations; [E_VOC] for a list without pictures, and as
 * `refuseFailures` where too many annotations cannot be read.
 */
export async function openVoc({ root, year, split = "test" }: VocLocation): Promise<DataSetContents> {
  const folder = await yearFolder(root, year);
  const list = `${folder}/ImageSets/Main/${split}.txt`;
  const tally = tallyRemarks();
  const annotated = await annotationFiles(folder);
  const ids = readIds(await readList(folder, split), list, annotated, tally);
  const entries = await readAnnotations(folder, ids, annotated, tally);
  const classes = await classesOf(`${folder}/classes.txt`, entries, tally);
  const find = pictureFiles([`${folder}/JPEGImages`, folder]).find;
  const images: ImageEntry[] = [];
  for (const { id, annotation } of entries) {
    const stated = annotation?.fileName ?? "";
    const found = (await find(`${id}.jpg`)) ?? (stated === "" ? undefined : await find(stated));
    if (found?.isElsewhere && pictureStem(found.path.split("/").at(-1)!) !== id.split("/").at(-1))
      tally.add("pictures that lie elsewhere than the list says", `${id} in ${found.path}`);
    images.push({
      id,
      path: found?.path ?? `${folder}/JPEGImages/${id}.jpg`,
      ...(annotation?.size ? { size: annotation.size } : {}),
      objects: (annotation?.objects ?? []).flatMap(({ name, ...object }) => {
        const classIndex = classes.indexOf(name);
        if (classIndex === undefined) {
          tally.add(`objects of classes that ${folder}/classes.txt lacks, left out`, `${name} in ${id}`);
          return [];
        }
        const area = (object.xMax - object.xMin) * (object.yMax - object.yMin);
        return [{ ...object, classIndex, crowd: false, area }];
      }),
    });
  }
  const name = `${folder.split(/[\\/]/).at(-1)} ${split}`;
  return { name, classNames: classes.names, images, remarks: tally.lines() };
}

/** ROOT/VOC<year>, or ROOT itself where it is laid out like one. */
async function yearFolder(root: string, year: string | undefined): Promise<string> {
  const plain = root.length > 1 ? root.replace(/[\\/]+$/, "") : root;
  const usual = `${plain}/VOC${year ?? "2007"}`;
  if (await listFolder(usual)) return usual;
  const isYear = year === undefined || plain.endsWith(`VOC${year}`);
  const entries = (isYear && (await listFolder(plain))) || [];
  return entries.some(({ name, isFolder }) => isFolder && name === "ImageSets") ? plain : usual;
}

/** Annotations by their names without .xml. */
async function annotationFiles(folder: string): Promise<ReadonlyMap<string, string>> {
  const entries = (await listFolder(`${folder}/Annotations`)) ?? [];
  const files = entries.filter(({ name }) => /^[^.].*\.xml$/i.test(name));
  return new Map(files.map(({ name }) => [name.slice(0, -4), `${folder}/Annotations/${name}`]));
}

/** @throws ImportError [E_FILE] naming the lists that are there. */
async function readList(folder: string, split: string): Promise<string> {
  const lists = `${folder}/ImageSets/Main`;
  const there = ((await listFolder(lists)) ?? []).flatMap(({ name }) =>
    name.endsWith(".txt") ? name.slice(0, -4) : [],
  );
  if (there.length > 0 && !there.includes(split))
    throw new ImportError(
      "E_FILE",
      `${lists}/${split}.txt is not there. Name a list that is: ${firstOf(there.sort())}, as in voc:ROOT:${there[0]}`,
    );
  return readText(`${lists}/${split}.txt`);
}

function readIds(
  text: string,
  list: string,
  annotated: ReadonlyMap<string, string>,
  tally: RemarkTally,
): readonly string[] {
  const ids = new Set<string>();
  for (const line of text.split(/\r\n?|\n/)) {
    const id = idOf(line.trim(), annotated);
    if (ids.has(id)) tally.add(`pictures that ${list} lists twice, taken once`, id);
    else if (id !== "") ids.add(id);
  }
  if (ids.size === 0) throw new ImportError("E_VOC", `${list} lists no pictures`);
  return [...ids];
}

/** Names may hold spaces; per-class lists have a second column (1, -1, 0); other lists have extensions or folders. */
function idOf(line: string, annotated: ReadonlyMap<string, string>): string {
  const plain = line.replace(/\s+(1|-1|0)$/, "");
  const spellings = [line, plain].flatMap((name) => {
    const file = name.split(/[\\/]/).at(-1)!;
    return [name, pictureStem(name), file, pictureStem(file)];
  });
  return spellings.find((name) => annotated.has(name)) ?? pictureStem(plain);
}

interface Entry {
  readonly id: string;
  /** Absent of a picture without one. */
  readonly annotation?: VocAnnotation;
}

async function readAnnotations(
  folder: string,
  ids: readonly string[],
  annotated: ReadonlyMap<string, string>,
  tally: RemarkTally,
): Promise<readonly Entry[]> {
  if (!ids.some((id) => annotated.has(id)))
    throw new ImportError(
      "E_FILE",
      `${folder}/Annotations has no annotation of the pictures listed (${ids[0]}.xml, …). Check the path`,
    );
  const entries: Entry[] = [];
  const failures: Failure[] = [];
  for (const id of ids) {
    const file = annotated.get(id);
    if (file === undefined) {
      tally.add("pictures without an annotation, taken to show nothing", id);
      entries.push({ id });
      continue;
    }
    try {
      const annotation = parseVocAnnotation(await readFile(file, "text"), file);
      for (const problem of annotation.problems)
        tally.add("objects without a usable box, left out", `${id}: ${problem}`);
      entries.push({ id, annotation });
    } catch (error) {
      if (!(error instanceof ImportError)) throw error;
      failures.push({ name: id, code: error.code, message: error.message });
      tally.add("pictures left out since their annotations cannot be read", error.message);
    }
  }
  refuseFailures("annotations", failures, ids.length);
  return entries;
}

interface Classes {
  readonly names: readonly string[];
  indexOf(name: string): number | undefined;
}

/** Names that differ in case and blanks only are one class, as annotations are written by hand; letters are not (A, a). */
function spelling(name: string): string {
  return name.length === 1 ? name : name.toLowerCase().replace(/\s+/g, " ");
}

async function classesOf(file: string, entries: readonly Entry[], tally: RemarkTally): Promise<Classes> {
  const found = new Map<string, string>();
  const spellings = new Set(entries.flatMap(({ annotation }) => annotation?.objects.map(({ name }) => name) ?? []));
  for (const name of spellings) {
    const known = found.get(spelling(name));
    if (known === undefined) found.set(spelling(name), name);
    else tally.add("spellings of one class, taken together", `${name} and ${known}`);
  }
  const usual = new Set(vocClassNames.map(spelling));
  const names =
    (await readClassList(file)) ??
    ([...found.keys()].every((name) => usual.has(name)) ? vocClassNames : [...found.values()].sort());
  const exact = new Map(names.map((name, index) => [name, index]));
  const indices = new Map(names.map((name, index) => [spelling(name), index]));
  return { names, indexOf: (name) => exact.get(name) ?? indices.get(spelling(name)) };
}

async function readClassList(file: string): Promise<readonly string[] | undefined> {
  try {
    return (await readText(file)).split(/\r\n?|\n/).flatMap((line) => line.trim() || []);
  } catch (error) {
    // The devkit has no such file.
    if (error instanceof ImportError && error.code === "E_FILE") return undefined;
    throw error;
  }
}

async function readText(path: string): Promise<string> {
  return decodeText(await readFile(path, "text"), path);
}

/**
 * Writes a data set in VOC layout, the picture list last, so that an interrupted write leaves no data set that opens.
 * Boxes are written 1-based and inclusive, with their decimals.
 * @throws ImportError [E_WRITE].
 */
export async function writeVocDataSet(
  images: Iterable<LabelledImage> | AsyncIterable<LabelledImage>,
  classNames: readonly string[],
  { root, year = "2007", split = "test" }: VocLocation,
): Promise<void> {
  const folder = `${root}/VOC${year}`;
  const ids: string[] = [];
  for await (const { id, bytes, extension, width, height, objects } of images) {
    const fileName = `${id}.${extension}`;
    const named = objects.map((object) => ({ ...object, name: classNames[object.classIndex] }));
    await writeFile(`${folder}/JPEGImages/${fileName}`, bytes);
    await writeFile(
      `${folder}/Annotations/${id}.xml`,
      formatVocAnnotation({ fileName, width, height, objects: named }, `VOC${year}`),
    );
    ids.push(id);
  }
  await writeFile(`${folder}/classes.txt`, lines(classNames));
  await writeFile(`${folder}/ImageSets/Main/${split}.txt`, lines(ids));
}

function lines(values: readonly string[]): string {
  return values.map((value) => `${value}\n`).join("");
}
