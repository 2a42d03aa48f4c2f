/**
 * COCO data sets (Lin et al., "Microsoft COCO: Common Objects in Context", ECCV 2014): one JSON file of `images`,
 * `annotations` and `categories`, the pictures in a folder. Any data set in that format, with any categories.
 */
import { readFile, writeFile } from "#platform";
import { ImportError } from "../core/errors.ts";
import { type RemarkTally, tallyRemarks } from "../core/remarks.ts";
import { decodeText } from "../core/text.ts";
import {
  type CocoCategory,
  type CocoImage,
  type CocoObject,
  demanded,
  readCategory,
  readImage,
  readObject,
} from "./coco-entries.ts";
import {
  type DataSetContents,
  type ImageEntry,
  type LabelledImage,
  type ObjectAnnotation,
  toCocoNumbers,
} from "./dataset.ts";
import { jsonElements } from "./json-elements.ts";
import { pictureFiles } from "./picture-files.ts";

export interface CocoLocation {
  /** The instances JSON. */
  readonly annotations: string;
  /** The pictures' folder; see {@link defaultImagesFolder}. */
  readonly images?: string;
}

/**
 * Opens an instances JSON. Classes are the categories by ascending id (those of one name are one class), pictures stand by
 * ascending id (the reference's order). Entries without a meaning, and annotations of pictures or categories that are not
 * listed, are left out with a remark.
 * @throws ImportError [E_FILE], [E_JSON], or [E_COCO] for a category that cannot be read, and a file without pictures or categories.
 */
export async function openCoco(location: CocoLocation): Promise<DataSetContents> {
  const file = location.annotations;
  const tally = tallyRemarks();
  const contents = readInstances(await readUtf8(file), file, tally);
  const used = new Set(contents.annotations.map(({ categoryId }) => categoryId));
  const { classNames, categoryIds } = classesOf(contents.categories, used, file, tally);
  const classIndices = new Map(categoryIds.flatMap((ids, index) => ids.map((id) => [id, index] as const)));
  const listed = distinctImages(contents.images, file, tally);
  const objects = new Map<string, ObjectAnnotation[]>(listed.map(({ id }) => [id, []]));
  for (const { imageId, categoryId, object } of contents.annotations) {
    const classIndex = classIndices.get(categoryId);
    const objectsOfImage = objects.get(imageId);
    const whose = `picture ${imageId}, category ${categoryId}`;
    if (!objectsOfImage) tally.add(`annotations of pictures that ${file} does not list, left out`, whose);
    else if (classIndex === undefined)
      tally.add(`annotations of categories that ${file} does not list, left out`, whose);
    else objectsOfImage.push({ classIndex, ...object });
  }
  const images = await locate(listed, objects, location, tally);
  return { name: file, classNames, categoryIds, images, remarks: tally.lines() };
}

/** In the order that `listed` has. */
async function locate(
  listed: readonly CocoImage[],
  objects: ReadonlyMap<string, readonly ObjectAnnotation[]>,
  { annotations, images }: CocoLocation,
  tally: RemarkTally,
): Promise<readonly ImageEntry[]> {
  const folder = images ?? defaultImagesFolder(annotations);
  const { find } = pictureFiles([folder, folderOf(annotations)]);
  const owners = new Map<string, string>();
  const entries: ImageEntry[] = [];
  for (const { id, fileName, size, frameOf } of listed) {
    const found = await find(fileName);
    const path = found?.path ?? `${folder}/${fileName}`;
    if (found?.isElsewhere) tally.add("pictures that lie elsewhere than the annotations say", `${fileName}: ${path}`);
    const owner = owners.get(path);
    if (owner === undefined) owners.set(path, id);
    else tally.add("pictures listed under several ids, each counting", `${fileName}: ${owner} and ${id}`);
    entries.push({ id, path, ...(size ? { size } : {}), ...(frameOf ? { frameOf } : {}), objects: objects.get(id)! });
  }
  return entries;
}

interface Instances {
  readonly images: CocoImage[];
  readonly categories: CocoCategory[];
  readonly annotations: CocoObject[];
}

function readInstances(bytes: Uint8Array, file: string, tally: RemarkTally): Instances {
  const contents: Instances = { images: [], categories: [], annotations: [] };
  const counts: Record<string, number> = {};
  for (const { key, value } of jsonElements(bytes, ["images", "annotations", "categories"], file)) {
    const index = counts[key] ?? 0;
    counts[key] = index + 1;
    if (key === "categories") contents.categories.push(demanded(readCategory(value), key, index, file));
    else if (key === "images")
      keep(contents.images, readImage(value), "pictures without id or file name, left out", index);
    else keep(contents.annotations, readObject(value), "annotations without a usable box, left out", index);
  }
  if (contents.images.length === 0 || contents.categories.length === 0) {
    throw new ImportError(
      "E_COCO",
      `${file} lists ${contents.images.length} images and ${contents.categories.length} categories. A COCO instances file has both`,
    );
  }
  return contents;

  function keep<T>(list: T[], entry: T | string, problem: string, index: number): void {
    if (typeof entry === "string") tally.add(problem, `entry ${index}: ${entry}`);
    else list.push(entry);
  }
}

interface CocoClasses {
  readonly classNames: readonly string[];
  readonly categoryIds: readonly (readonly number[])[];
}

/**
 * By ascending id. Categories of one name are one class, written by the id that annotations use; a root that only heads
 * the others (as Roboflow writes it) is none.
 * @throws ImportError [E_COCO] where one id has two names.
 */
function classesOf(
  categories: readonly CocoCategory[],
  used: ReadonlySet<number>,
  file: string,
  tally: RemarkTally,
): CocoClasses {
  const names = new Map<number, string>();
  for (const { id, name } of categories) {
    const other = names.get(id);
    if (other !== undefined && other !== name)
      throw new ImportError("E_COCO", `${file}: category id ${id} has two names, ${other} and ${name}`);
    names.set(id, name);
  }
  const parents = new Set(categories.map(({ supercategory }) => supercategory));
  const roots = new Set(
    categories.flatMap(({ id, name, supercategory }) =>
      supercategory === "none" && parents.has(name) && !used.has(id) ? id : [],
    ),
  );
  const idsByName = new Map<string, number[]>();
  for (const [id, name] of [...names].sort(([a], [b]) => a - b)) {
    if (roots.has(id)) {
      tally.add("categories that only head others, taken for no class", `${id} ${name}`);
      continue;
    }
    const ids = idsByName.get(name);
    if (!ids) idsByName.set(name, [id]);
    else {
      tally.add("categories of one name, taken for one class", `${ids[0]} and ${id} ${name}`);
      if (used.has(ids[0]) || !used.has(id)) ids.push(id);
      else ids.unshift(id);
    }
  }
  return { classNames: [...idsByName.keys()], categoryIds: [...idsByName.values()] };
}

/** By ascending id: numbers first. Of several of one id the first. */
function distinctImages(images: readonly CocoImage[], file: string, tally: RemarkTally): readonly CocoImage[] {
  const byId = new Map<string, CocoImage>();
  for (const image of images) {
    const first = byId.get(image.id);
    if (!first) byId.set(image.id, image);
    else
      tally.add(
        `pictures that ${file} lists twice, taken once`,
        `id ${image.id}: ${first.fileName}, ${image.fileName}`,
      );
  }
  const number = (id: string) => (/^-?\d+$/.test(id) ? BigInt(id) : undefined);
  const keyed = [...byId.values()].map((image) => ({ image, key: number(image.id) }));
  keyed.sort((a, b) => {
    if (a.key !== undefined && b.key !== undefined) return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
    if (a.key !== undefined || b.key !== undefined) return a.key === undefined ? 1 : -1;
    return a.image.id < b.image.id ? -1 : 1;
  });
  return keyed.map(({ image }) => image);
}

/** The file's bytes; those of UTF-16 as UTF-8, in which the elements are looked for. */
async function readUtf8(file: string): Promise<Uint8Array> {
  const bytes = await readFile(file);
  const isPlain = bytes[0] !== 0xff && bytes[0] !== 0xfe && bytes[0] !== 0 && bytes[1] !== 0;
  return isPlain ? bytes : new TextEncoder().encode(decodeText(bytes, file));
}

function folderOf(file: string): string {
  const slash = Math.max(file.lastIndexOf("/"), file.lastIndexOf("\\"));
  return slash < 0 ? "." : file.slice(0, slash) || "/";
}

/**
 * Where the pictures are looked for: `<set>` beside the folder `annotations` for annotations/instances_<set>.json (the
 * official layout), else `images` beside the file.
 */
export function defaultImagesFolder(annotations: string): string {
  const [, before, set] = /^(.*?)\/?annotations\/instances_([^/]+)\.json$/.exec(annotations) ?? [];
  if (set !== undefined) return before === "" ? set : `${before}/${set}`;
  const slash = annotations.lastIndexOf("/");
  return slash < 0 ? "images" : `${annotations.slice(0, slash)}/images`;
}

/**
 * Writes `instances.json` and `images/` into `folder`, the JSON last, so that an interrupted write leaves no data set
 * that opens. Pictures and categories are numbered from 1.
 * @throws ImportError [E_WRITE].
 */
export async function writeCocoDataSet(
  images: Iterable<LabelledImage> | AsyncIterable<LabelledImage>,
  classNames: readonly string[],
  folder: string,
): Promise<void> {
  const listed: { readonly id: number }[] = [];
  const annotations: object[] = [];
  const videos = new Map<string, number>();
  for await (const { id, bytes, extension, width, height, frameOf, objects } of images) {
    if (frameOf && !videos.has(frameOf.video)) videos.set(frameOf.video, videos.size + 1);
    const place = frameOf ? { video_id: videos.get(frameOf.video), frame_id: frameOf.frame } : {};
    const image = { id: listed.length + 1, file_name: `${id}.${extension}`, width, height, ...place };
    await writeFile(`${folder}/images/${image.file_name}`, bytes);
    listed.push(image);
    for (const object of objects) {
      annotations.push({
        id: annotations.length + 1,
        image_id: image.id,
        category_id: object.classIndex + 1,
        bbox: [...toCocoNumbers(object)],
        area: object.area,
        iscrowd: object.crowd ? 1 : 0,
      });
    }
  }
  const categories = classNames.map((name, index) => ({ id: index + 1, name }));
  const named = [...videos].map(([name, id]) => ({ id, name }));
  const contents = { ...(named.length > 0 ? { videos: named } : {}), images: listed, annotations, categories };
  await writeFile(`${folder}/instances.json`, JSON.stringify(contents));
}
