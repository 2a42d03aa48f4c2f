/**
 * The entries of a COCO instances file as people have them: ids as text, sizes that are none, areas that Python wrote as NaN.
 * What has one meaning is read; what has none is a reason to leave the entry out.
 */
import { z } from "zod";
import { ImportError } from "../core/errors.ts";
import type { PictureSize } from "../core/picture-size.ts";
import { type BoxNumbers, type FrameOf, fromCocoNumbers, type ObjectAnnotation } from "./dataset.ts";

/** As a number, or as the text of one. */
const numeric = z.union([
  z.number(),
  z
    .string()
    .trim()
    .regex(/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i)
    .transform(Number),
]);

/** Of a picture: any number or text. */
export const pictureId = z.union([z.number().int().transform(String), z.string().min(1)]);

/** Of a category. */
export const categoryId = numeric.pipe(z.number().int());

const imageSchema = z.object({
  id: pictureId,
  file_name: z.string().min(1),
  width: z.unknown().optional(),
  height: z.unknown().optional(),
  video_id: z.unknown().optional(),
  frame_id: z.unknown().optional(),
  frame_index: z.unknown().optional(),
});

const categorySchema = z.object({ id: categoryId, name: z.string(), supercategory: z.unknown().optional() });

const crowd = z.union([z.boolean(), numeric.pipe(z.union([z.literal(0), z.literal(1)])).transform(Boolean)]);

const annotationSchema = z.object({
  image_id: pictureId,
  category_id: categoryId,
  bbox: z.tuple([numeric, numeric, numeric, numeric]),
  area: z.unknown().optional(),
  iscrowd: crowd.nullish(),
});

export interface CocoImage {
  readonly id: string;
  readonly fileName: string;
  readonly size?: PictureSize;
  readonly frameOf?: FrameOf;
}

export interface CocoCategory {
  readonly id: number;
  readonly name: string;
  readonly supercategory?: string;
}

/** The object without its class, and whom it belongs to. */
export interface CocoObject {
  readonly imageId: string;
  readonly categoryId: number;
  readonly object: Omit<ObjectAnnotation, "classIndex">;
}

/** The entry, or why it is none, naming the field. */
export type Read<T> = T | string;

export function readImage(value: unknown): Read<CocoImage> {
  const image = parsed(imageSchema, value);
  if (typeof image === "string") return image;
  const sides = [image.width, image.height].map((side) => numeric.safeParse(side).data ?? Number.NaN);
  const [width, height] = sides;
  const isSize = sides.every((side) => Number.isInteger(side) && side > 0);
  const frameOf = readFrameOf(image);
  return {
    ...{ id: image.id, fileName: image.file_name },
    ...(isSize ? { size: { width, height } } : {}),
    ...(frameOf ? { frameOf } : {}),
  };
}

/** As data sets of videos write it: `frame_id` (ImageNet VID in COCO's format) or `frame_index` (TAO, BDD100K). */
function readFrameOf({ video_id, frame_id, frame_index }: z.infer<typeof imageSchema>): FrameOf | undefined {
  const video = pictureId.safeParse(video_id).data;
  const frame = numeric.safeParse(frame_id ?? frame_index).data;
  return video !== undefined && frame !== undefined && Number.isFinite(frame) ? { video, frame } : undefined;
}

export function readCategory(value: unknown): Read<CocoCategory> {
  const category = parsed(categorySchema, value);
  if (typeof category === "string") return category;
  const { id, name, supercategory } = category;
  return { id, name, ...(typeof supercategory === "string" ? { supercategory } : {}) };
}

export function readObject(value: unknown): Read<CocoObject> {
  const annotation = parsed(annotationSchema, value);
  if (typeof annotation === "string") return annotation;
  const { image_id, category_id, bbox, area, iscrowd } = annotation;
  const stated: BoxNumbers = bbox;
  const [, , width, height] = stated;
  if (!(width > 0 && height > 0)) return `bbox: a box of ${width} by ${height} pixels`;
  const statedArea = numeric.safeParse(area).data;
  const object = {
    ...fromCocoNumbers(stated),
    difficult: false,
    crowd: iscrowd ?? false,
    area: statedArea !== undefined && statedArea >= 0 ? statedArea : width * height,
    stated,
  };
  return { imageId: image_id, categoryId: category_id, object };
}

/** By a schema of zod. */
export function parsed<T>(schema: z.ZodType<T>, value: unknown): Read<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0];
  return path.length > 0 ? `${path.join(".")}: ${message}` : message;
}

/** The entry. @throws ImportError [E_COCO] naming it, the field and the file. */
export function demanded<T>(entry: Read<T>, list: string, index: number, file: string): Exclude<T, string> {
  if (typeof entry !== "string") return entry as Exclude<T, string>;
  throw new ImportError("E_COCO", `${file}: ${list === "" ? "" : `${list}.`}${index}.${entry}`);
}
