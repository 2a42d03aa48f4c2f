/**
 * COCO data sets (Lin et al., "Microsoft COCO: Common Objects in Context", ECCV 2014): one JSON file of `images`,
 * `annotations` and `categories`, the pictures in a folder. Any data set in that format, with any categories.
 */

import { z } from "zod";
import { readFile, writeFile } from "#platform";
import { ImportError } from "../core/errors.ts";
import {
  type BoxNumbers,
  type DataSet,
  fromCocoNumbers,
  type ImageEntry,
  type LabelledImage,
  type ObjectAnnotation,
  toCocoNumbers,
} from "./dataset.ts";
import { jsonElements } from "./json-elements.ts";

export interface CocoLocation {
  /** The instances JSON. */
  readonly annotations: string;
  /** The pictures' folder; see {@link defaultImagesFolder}. */
  readonly images?: string;
}

const integer = z.number().int();
const imageSchema = z.object({
  id: integer,
  file_name: z.string().min(1),
  width: integer.positive(),
  height: integer.positive(),
});
const annotationSchema = z.object({
  image_id: integer,
  category_id: integer,
  bbox: z.tuple([z.number(), z.number(), z.number().nonnegative(), z.number().nonnegative()]),
  area: z.number().optional(),
  iscrowd: z.union([z.literal(0), z.literal(1), z.boolean()]).optional(),
});
const categorySchema = z.object({ id: integer, name: z.string() });

type CocoImage = z.infer<typeof imageSchema>;
type CocoAnnotation = z.infer<typeof annotationSchema>;
type CocoCategory = z.infer<typeof categorySchema>;

/**
 * Opens an instances JSON. Classes are the categories by ascending id, pictures stand by ascending id (the reference's
 * order). Annotations of pictures that are not listed are left out, as the reference does, with a remark.
 * @throws ImportError [E_FILE], [E_JSON], or [E_COCO] for an entry of the wrong shape, an id given twice, or an unknown category.
 */
export async function openCoco(location: CocoLocation): Promise<DataSet> {
  const file = location.annotations;
  const contents = readInstances(await readFile(file), file);
  const categories = unique(contents.categories, "category", file);
  const listed = unique(contents.images, "picture", file);
  const classIndices = new Map(categories.map(({ id }, index) => [id, index]));
  const objects = new Map<number, ObjectAnnotation[]>(listed.map(({ id }) => [id, []]));
  let absent = 0;
  for (const { imageId, categoryId, object } of contents.annotations) {
    const classIndex = classIndices.get(categoryId);
    if (classIndex === undefined)
      throw new ImportError(
        "E_COCO",
        `${file}: an annotation of picture ${imageId} has the unknown category ${categoryId}`,
      );
    const objectsOfImage = objects.get(imageId);
    if (objectsOfImage) objectsOfImage.push({ classIndex, ...object });
    else absent++;
  }
  const folder = location.images ?? defaultImagesFolder(file);
  return {
    format: "coco",
    name: file,
    classNames: categories.map(({ name }) => name),
    categoryIds: categories.map(({ id }) => id),
    images: listed.map(
      ({ id, file_name, width, height }): ImageEntry => ({
        id: String(id),
        path: `${folder}/${file_name}`,
        width,
        height,
        objects: objects.get(id)!,
      }),
    ),
    remarks:
      absent === 0 ? [] : [`${absent} annotations in ${file} belong to pictures that it does not list; left out`],
  };
}

/** The object without its class, and whom it belongs to. */
interface PendingObject {
  readonly imageId: number;
  readonly categoryId: number;
  readonly object: Omit<ObjectAnnotation, "classIndex">;
}

interface Instances {
  readonly images: CocoImage[];
  readonly categories: CocoCategory[];
  readonly annotations: PendingObject[];
}

function readInstances(bytes: Uint8Array, file: string): Instances {
  const contents: Instances = { images: [], categories: [], annotations: [] };
  for (const { key, value } of jsonElements(bytes, ["images", "annotations", "categories"], file)) {
    if (key === "images") contents.images.push(checked(imageSchema, value, key, contents.images.length, file));
    else if (key === "categories")
      contents.categories.push(checked(categorySchema, value, key, contents.categories.length, file));
    else contents.annotations.push(pending(checked(annotationSchema, value, key, contents.annotations.length, file)));
  }
  if (contents.images.length === 0 || contents.categories.length === 0) {
    throw new ImportError(
      "E_COCO",
      `${file} lists ${contents.images.length} images and ${contents.categories.length} categories. A COCO instances file has both`,
    );
  }
  return contents;
}

function pending({ image_id, category_id, bbox, area, iscrowd }: CocoAnnotation): PendingObject {
  const stated: BoxNumbers = bbox;
  return {
    imageId: image_id,
    categoryId: category_id,
    object: {
      ...fromCocoNumbers(stated),
      difficult: false,
      crowd: Boolean(iscrowd),
      area: area ?? stated[2] * stated[3],
      stated,
    },
  };
}

/** `value` as the schema has it. @throws ImportError [E_COCO] naming the entry and the field. */
export function checked<T>(schema: z.ZodType<T>, value: unknown, list: string, index: number, file: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0];
  throw new ImportError(
    "E_COCO",
    `${file}: ${[list, index, ...path].filter((part) => part !== "").join(".")}: ${message}`,
  );
}

/** By ascending id. @throws ImportError [E_COCO] where two share one. */
function unique<T extends { readonly id: number }>(entries: readonly T[], what: string, file: string): readonly T[] {
  const sorted = [...entries].sort((a, b) => a.id - b.id);
  const twice = sorted.find(({ id }, index) => index > 0 && id === sorted[index - 1].id);
  if (twice) throw new ImportError("E_COCO", `${file}: ${what} id ${twice.id} is given twice`);
  return sorted;
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
  const listed: CocoImage[] = [];
  const annotations: (CocoAnnotation & { id: number })[] = [];
  for await (const { id, bytes, extension, width, height, objects } of images) {
    const image = { id: listed.length + 1, file_name: `${id}.${extension}`, width, height };
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
  await writeFile(`${folder}/instances.json`, JSON.stringify({ images: listed, annotations, categories }));
}
