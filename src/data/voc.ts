/**
 * VOC data sets (Everingham et al., "The PASCAL Visual Object Classes Challenge", IJCV 2010):
 * ROOT/VOC<year>/{JPEGImages,Annotations,ImageSets/Main}. Any data set in that layout, with any classes.
 */
import { readFile, writeFile } from "#platform";
import { ImportError } from "../core/errors.ts";
import type { DataSet, ImageEntry, LabelledImage } from "./dataset.ts";
import { formatVocAnnotation, parseVocAnnotation, type VocAnnotation } from "./voc-annotation.ts";

/** The challenge's classes, in its order. */
export const vocClassNames: readonly string[] = [
  ..."aeroplane bicycle bird boat bottle bus car cat chair cow diningtable dog horse motorbike person".split(" "),
  ..."pottedplant sheep sofa train tvmonitor".split(" "),
];

export interface VocLocation {
  /** The folder that holds VOC2007, VOC2012, …: the devkit's. */
  readonly root: string;
  /** Default "2007". */
  readonly year?: string;
  /** A list in ImageSets/Main. Default "test". */
  readonly split?: string;
}

/**
 * Opens a split. Its classes are those of `classes.txt` in the year's folder (one name a line) where there is one, else
 * the challenge's twenty where no other occurs, else those that occur, sorted.
 * @throws ImportError [E_FILE] for a list or an annotation that is missing, [E_VOC] for one that is not what it should be.
 */
export async function openVoc({ root, year = "2007", split = "test" }: VocLocation): Promise<DataSet> {
  const folder = `${root}/VOC${year}`;
  const list = `${folder}/ImageSets/Main/${split}.txt`;
  const ids = readIds(await readText(list), list);
  const annotations: VocAnnotation[] = [];
  for (const id of ids) {
    const file = `${folder}/Annotations/${id}.xml`;
    annotations.push(parseVocAnnotation(await readText(file), file));
  }
  const classNames = await classNamesOf(`${folder}/classes.txt`, annotations);
  const classIndices = new Map(classNames.map((name, index) => [name, index]));
  const images = annotations.map((annotation, index): ImageEntry => {
    const id = ids[index];
    return {
      id,
      path: `${folder}/JPEGImages/${id}.${annotation.fileName.endsWith(".png") ? "png" : "jpg"}`,
      width: annotation.width,
      height: annotation.height,
      objects: annotation.objects.map(({ name, ...object }) => ({
        ...object,
        classIndex: classIndices.get(name) ?? unknownClass(name, id, folder),
        crowd: false,
        area: (object.xMax - object.xMin) * (object.yMax - object.yMin),
      })),
    };
  });
  return { format: "voc", name: `VOC${year} ${split}`, classNames, images, remarks: [] };
}

function readIds(text: string, list: string): readonly string[] {
  // Per-class lists have a second column (1, -1, 0), which is no part of the id.
  const ids = text.split(/\r?\n/).flatMap((line) => line.trim().split(/\s+/)[0] || []);
  if (ids.length === 0) throw new ImportError("E_VOC", `${list} lists no pictures`);
  const seen = new Set<string>();
  for (const id of ids) {
    if (seen.has(id)) throw new ImportError("E_VOC", `${list} lists picture ${id} twice; it would count twice`);
    seen.add(id);
  }
  return ids;
}

async function classNamesOf(file: string, annotations: readonly VocAnnotation[]): Promise<readonly string[]> {
  const listed = await readClassList(file);
  if (listed) return listed;
  const found = new Set(annotations.flatMap(({ objects }) => objects.map(({ name }) => name)));
  return [...found].every((name) => vocClassNames.includes(name)) ? vocClassNames : [...found].sort();
}

async function readClassList(file: string): Promise<readonly string[] | undefined> {
  try {
    return (await readText(file)).split(/\r?\n/).flatMap((line) => line.trim() || []);
  } catch (error) {
    // The devkit has no such file.
    if (error instanceof ImportError && error.code === "E_FILE") return undefined;
    throw error;
  }
}

function unknownClass(name: string, id: string, folder: string): never {
  throw new ImportError("E_VOC", `picture ${id} has an object of class ${name}, which ${folder}/classes.txt lacks`);
}

async function readText(path: string): Promise<string> {
  return new TextDecoder().decode(await readFile(path, "text"));
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
