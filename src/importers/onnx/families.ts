/**
 * What a family of detectors expects of a picture, and how its exports hold boxes. An ONNX file says neither, unless it is
 * Ultralytics'. Sources: each family's own inference code.
 */
import type { ChannelOrder, Fit } from "../../core/preprocessing.ts";
import type { Layout } from "../../heads/layouts/layout.ts";

/** Families of detectors whose exports are known: `--family`. */
export const familyNames = [
  "ultralytics",
  "yolov8",
  "yolov11",
  "yolov5",
  "yolox",
  "nanodet",
  "picodet",
  "fastestdet",
  "yunet",
  "ultraface",
  "yolov5face",
  "darknet",
] as const;
export type FamilyName = (typeof familyNames)[number];

/** How a network's input comes of a picture; what a single option can change. */
export interface PictureFacts {
  readonly fit: Fit;
  readonly order: ChannelOrder;
  /** White is this number: 1 or 255. */
  readonly range: number;
  /** Of each channel, in the network's order, in units of the range; taken off before the deviation divides. */
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
  /** Around a picture that does not fill the input, as a part of white. */
  readonly pad: number;
}

/** A layout, and what else must be true of the part that it reads. */
export interface LayoutChoice {
  readonly layout: Layout;
  /** Whether that part takes exponentials, as those do that decode sizes themselves; undefined: both are possible. */
  readonly hasExp?: boolean;
  /** Whether that part takes a softmax. */
  readonly hasSoftmax?: boolean;
  /** Whether there is one box for each cell of the strides 8, 16 and 32, as without anchors. */
  readonly hasOneEachCell?: boolean;
  /** How many outputs there are, where the layout reads several numbers of them. */
  readonly outputs?: number;
  /** How many classes there are, where the family has no others. */
  readonly classes?: number;
}

export interface Family {
  readonly picture: PictureFacts;
  /** Tried in order. */
  readonly layouts: readonly LayoutChoice[];
}

const plain: PictureFacts = {
  fit: "stretch",
  order: "rgb",
  range: 1,
  mean: [0, 0, 0],
  deviation: [1, 1, 1],
  pad: 114 / 255,
};
const letterboxed: PictureFacts = { ...plain, fit: "letterbox" };

const columns: LayoutChoice = { layout: { name: "columns" } };
const objectness: LayoutChoice = { layout: { name: "objectness" }, hasOneEachCell: false };
const rows: LayoutChoice = { layout: { name: "rows" } };
/** YOLOv8, 11 and their like; exports with suppression in them, and YOLOv5u's. */
const ultralytics: Family = { picture: letterboxed, layouts: [columns, rows] };
export const usualStrides = [8, 16, 32] as const;
const strides = usualStrides;

const families: { readonly [F in FamilyName]: Family } = {
  ultralytics,
  yolov8: ultralytics,
  yolov11: ultralytics,
  yolov5: {
    picture: letterboxed,
    layouts: [
      objectness,
      {
        layout: {
          name: "anchors",
          anchors: [
            [10, 13, 16, 30, 33, 23],
            [30, 61, 62, 45, 59, 119],
            [116, 90, 156, 198, 373, 326],
          ],
          others: 0,
        },
      },
    ],
  },
  yolox: {
    picture: { ...plain, fit: "corner", order: "bgr", range: 255 },
    layouts: [
      { layout: { name: "yolox", strides }, hasExp: false },
      { ...objectness, hasExp: true, hasOneEachCell: true },
    ],
  },
  nanodet: {
    picture: {
      ...plain,
      order: "bgr",
      range: 255,
      mean: [103.53, 116.28, 123.675],
      deviation: [57.375, 57.12, 58.395],
    },
    layouts: [{ layout: { name: "distribution", strides: [8, 16, 32, 64], center: 0 }, outputs: 1 }],
  },
  picodet: {
    picture: { ...plain, mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] },
    layouts: [{ layout: { name: "distribution", strides: [8, 16, 32, 64], center: 0.5 }, outputs: 8 }],
  },
  fastestdet: {
    picture: { ...plain, order: "bgr" },
    layouts: [{ layout: { name: "fastestdet" }, hasSoftmax: true }],
  },
  yunet: { picture: { ...plain, order: "bgr", range: 255 }, layouts: [{ layout: { name: "yunet", strides } }] },
  ultraface: {
    picture: { ...plain, range: 255, mean: [127, 127, 127], deviation: [128, 128, 128] },
    layouts: [
      { layout: { name: "scoresAndBoxes" }, hasExp: true },
      {
        layout: {
          name: "priors",
          strides: [8, 16, 32, 64],
          sizes: [
            [10, 16, 24],
            [32, 48],
            [64, 96],
            [128, 192, 256],
          ],
          centerVariance: 0.1,
          sizeVariance: 0.2,
        },
        hasExp: false,
      },
    ],
  },
  yolov5face: {
    picture: letterboxed,
    layouts: [
      {
        layout: {
          name: "anchors",
          anchors: [
            [4, 5, 8, 10, 13, 16],
            [23, 29, 43, 55, 73, 105],
            [146, 217, 231, 300, 335, 433],
          ],
          others: 10,
        },
        classes: 1,
      },
    ],
  },
  darknet: { picture: plain, layouts: [] },
};

export function familyOf(name: FamilyName): Family {
  return families[name];
}

/** What `--layout` can name where a file's family does not say it. */
export const layoutChoices: Readonly<Record<string, Layout>> = Object.fromEntries(
  Object.values(families).flatMap(({ layouts }) => layouts.map(({ layout }) => [layout.name, layout] as const)),
);
