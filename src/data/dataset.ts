/**
 * A data set as plain data: pictures by path, their objects, and the class names that give indices a meaning.
 *
 * Boxes are continuous pixels everywhere inside (`Box`); each format converts at its edge:
 * VOC's 1-based inclusive corners are [xMin + 1, yMin + 1, xMax, yMax], COCO's are [xMin, yMin, width, height].
 */
import type { Box, Detection } from "../core/box.ts";
import type { PictureSize } from "../core/picture-size.ts";

/** Four numbers of a box as a format writes them; which four is the format's business. */
export type BoxNumbers = readonly [number, number, number, number];

/** How the files of a data set are laid out; a row of `dataSetFormats` each. */
export type DataSetFormat = "voc" | "coco" | "yolo";

/** Whose evaluation counts, and with that, in which numbers boxes are compared and written. */
export type ScoringRule = "voc" | "coco";

/** One annotated object. */
export interface ObjectAnnotation extends Box {
  /** Index into the data set's `classNames`. */
  readonly classIndex: number;
  /** VOC: neither finding nor missing it counts. */
  readonly difficult: boolean;
  /** COCO: a region of many objects; finding any of them counts neither way. */
  readonly crowd: boolean;
  /** Pixels²; COCO states that of the segmentation, elsewhere it is the box's. COCO's size ranges go by it. */
  readonly area: number;
  /**
   * The box in the numbers of its data set's rule, where its file has those. Scoring uses them, so that a result equals
   * the reference's to the last bit: `(x + width) − x` is not always `width`. Writers do not: the format may be another.
   */
  readonly stated?: BoxNumbers;
}

/** Of a picture that is a frame: which video's, and its place there. */
export interface FrameOf {
  readonly video: string;
  readonly frame: number;
}

/** One picture. Its pixels stay on disk until somebody asks. */
export interface ImageEntry {
  /** Unique in the data set. COCO's integers in decimal. */
  readonly id: string;
  readonly path: string;
  /** As the annotations state it; absent where they do not, or state what is no size. */
  readonly size?: PictureSize;
  /** Where the annotations say so. */
  readonly frameOf?: FrameOf;
  readonly objects: readonly ObjectAnnotation[];
}

/** What a reader makes of a data set's files. */
export interface DataSetContents {
  /** For people: what was opened. */
  readonly name: string;
  readonly classNames: readonly string[];
  /**
   * The numbers by which the format's files call each class, by class index: all that are read, the one that is written
   * first. Absent where files call classes by name.
   */
  readonly categoryIds?: readonly (readonly number[])[];
  /** In the order of the list (VOC, YOLO) or by ascending id (COCO): the order in which ties are broken. */
  readonly images: readonly ImageEntry[];
  /** What a careful user wants to know about the files and what did not stop us. */
  readonly remarks: readonly string[];
}

export interface DataSet extends DataSetContents {
  readonly format: DataSetFormat;
  readonly rule: ScoringRule;
}

/** One detection in the numbers of its data set's rule. */
export interface StatedDetection {
  /** Index into the data set's `images`. */
  readonly image: number;
  readonly classIndex: number;
  readonly score: number;
  readonly box: BoxNumbers;
}

/** A picture with its objects, on its way into a data set. */
export interface LabelledImage {
  /** File name without extension. */
  readonly id: string;
  /** The encoded file. */
  readonly bytes: Uint8Array;
  readonly extension: "jpg" | "png";
  readonly width: number;
  readonly height: number;
  /** Written by formats that know videos. */
  readonly frameOf?: FrameOf;
  readonly objects: readonly ObjectAnnotation[];
}

/** The first `count` pictures. */
export function limitDataSet<T extends DataSetContents>(dataSet: T, count: number): T {
  return count >= dataSet.images.length ? dataSet : { ...dataSet, images: dataSet.images.slice(0, count) };
}

/** Frames that follow each other, by video, in the order of the videos' first pictures; a picture by itself is a video of one. */
export function videosOf(images: readonly ImageEntry[]): readonly (readonly ImageEntry[])[] {
  const videos = new Map<string, ImageEntry[]>();
  for (const image of images) {
    const key = image.frameOf ? `video ${image.frameOf.video}` : `picture ${image.id}`;
    const frames = videos.get(key);
    if (frames) frames.push(image);
    else videos.set(key, [image]);
  }
  const place = ({ frameOf }: ImageEntry) => frameOf?.frame ?? 0;
  return [...videos.values()].map((frames) => frames.toSorted((a, b) => place(a) - place(b)));
}

/** VOC: xmin, ymin, xmax, ymax, counted from 1, the last pixel included. */
export function toVocNumbers(box: Box): BoxNumbers {
  return [box.xMin + 1, box.yMin + 1, box.xMax, box.yMax];
}

export function fromVocNumbers([xMin, yMin, xMax, yMax]: BoxNumbers): Box {
  return { xMin: xMin - 1, yMin: yMin - 1, xMax, yMax };
}

/** COCO: x, y, width, height. */
export function toCocoNumbers(box: Box): BoxNumbers {
  return [box.xMin, box.yMin, box.xMax - box.xMin, box.yMax - box.yMin];
}

export function fromCocoNumbers([x, y, width, height]: BoxNumbers): Box {
  return { xMin: x, yMin: y, xMax: x + width, yMax: y + height };
}

const boxNumbers: { readonly [R in ScoringRule]: (box: Box) => BoxNumbers } = {
  voc: toVocNumbers,
  coco: toCocoNumbers,
};

/** Index of each picture by its id. */
export function imageIndices(dataSet: DataSet): ReadonlyMap<string, number> {
  return new Map(dataSet.images.map(({ id }, index) => [id, index]));
}

/** A detection in the numbers of the data set's rule. */
export function stateDetection({ rule }: DataSet, image: number, detection: Detection): StatedDetection {
  const { classIndex, score } = detection;
  return { image, classIndex, score, box: boxNumbers[rule](detection) };
}

/** An object's box in the numbers of its data set's rule: as the file had them where it came from one. */
export function statedNumbers(object: ObjectAnnotation, rule: ScoringRule): BoxNumbers {
  return object.stated ?? boxNumbers[rule](object);
}
