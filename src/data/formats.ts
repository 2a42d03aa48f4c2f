/** All that is true of one format of data sets and not of another; a format that lacks an entry does not compile. */
import { openCoco, writeCocoDataSet } from "./coco.ts";
import type { DataSetContents, DataSetFormat, LabelledImage, ScoringRule } from "./dataset.ts";
import { openVoc, writeVocDataSet } from "./voc.ts";
import { openYolo, writeYoloDataSet } from "./yolo.ts";

/** What a data set is opened for: it decides which split is meant where none is named and the format has one for each. */
export type Purpose = "scoring" | "training";

/** Where a data set is written. */
export interface WrittenLocation {
  readonly folder: string;
  /** Name of the list of pictures; COCO has none. */
  readonly split: string;
}

export interface DataSetFormatSpec<K extends DataSetFormat> {
  /** The words that name a data set. */
  readonly syntax: `${K}:${string}`;
  readonly rule: ScoringRule;
  /** Opens what follows the format's name and the colon; undefined where that is not of the syntax. */
  readonly open: (words: string, purpose: Purpose) => Promise<DataSetContents> | undefined;
  /** How an object that scoring is to leave out is marked; the format may have no mark. */
  readonly markOfDifficult: "difficult" | "crowd" | "none";
  readonly write: (
    images: Iterable<LabelledImage> | AsyncIterable<LabelledImage>,
    classNames: readonly string[],
    where: WrittenLocation,
  ) => Promise<void>;
  /** The files that `write` writes of pictures with these ids, in PNG, within the folder. */
  readonly filesOf: (ids: readonly string[], split: string) => readonly string[];
  /** The words by which `open` finds what was written. */
  readonly wordsFor: (where: WrittenLocation) => string;
}

export const dataSetFormats: { readonly [K in DataSetFormat]: DataSetFormatSpec<K> } = {
  voc: {
    syntax: "voc:ROOT[:YEAR][:SPLIT]",
    rule: "voc",
    open(words) {
      const [, root, year, split] = /^(.+?)(?::(\d{4}))?(?::([A-Za-z][\w-]*))?$/.exec(words) ?? [];
      return root === undefined ? undefined : openVoc({ root, ...(year && { year }), ...(split && { split }) });
    },
    markOfDifficult: "difficult",
    write: (images, classNames, { folder, split }) => writeVocDataSet(images, classNames, { root: folder, split }),
    filesOf: (ids, split) => [
      ...[`VOC2007/ImageSets/Main/${split}.txt`, "VOC2007/classes.txt"],
      ...ids.flatMap((id) => [`VOC2007/Annotations/${id}.xml`, `VOC2007/JPEGImages/${id}.png`]),
    ],
    wordsFor: ({ folder, split }) => `${folder}:2007:${split}`,
  },
  coco: {
    syntax: "coco:ANNOTATIONS.json[:IMAGES_DIR]",
    rule: "coco",
    open(words) {
      const [, annotations, images] = /^(.+?\.json)(?::(.+))?$/i.exec(words) ?? [];
      return annotations === undefined ? undefined : openCoco({ annotations, ...(images && { images }) });
    },
    // COCO knows no difficult objects; scoring leaves regions of many objects out as well.
    markOfDifficult: "crowd",
    write: (images, classNames, { folder }) => writeCocoDataSet(images, classNames, folder),
    filesOf: (ids) => ["instances.json", ...ids.map((id) => `images/${id}.png`)],
    wordsFor: ({ folder }) => `${folder}/instances.json`,
  },
  yolo: {
    syntax: "yolo:DATA.yaml[:SPLIT]",
    // What Ultralytics prints of such data sets is AP over IoU .50 … .95.
    rule: "coco",
    open(words, purpose) {
      const [, description, split] = /^(.+?\.(?:ya?ml|data))(?::([\w-]+))?$/i.exec(words) ?? [];
      const usual = purpose === "training" ? "train" : "val";
      return description === undefined ? undefined : openYolo({ description, split: split ?? usual });
    },
    markOfDifficult: "none",
    write: writeYoloDataSet,
    filesOf: (ids, split) => [
      "data.yaml",
      ...ids.flatMap((id) => [`images/${split}/${id}.png`, `labels/${split}/${id}.txt`]),
    ],
    wordsFor: ({ folder, split }) => `${folder}/data.yaml:${split}`,
  },
};

export const dataSetFormatNames = Object.keys(dataSetFormats) as readonly DataSetFormat[];
