/**
 * Whose export a file is decides how a picture becomes its input: the network's input is scale·(pixel − mean), pixels as
 * fractions of white. Sources: the projects' own inference code.
 */
import type { Preprocessing } from "../../core/preprocessing.ts";
import type { OnnxFile } from "../../onnx/read-onnx.ts";

export const familyNames = [
  "ultralytics",
  "yolov5",
  "yolox",
  "picodet",
  "nanodet",
  "fastestdet",
  "yunet",
  "ultraface",
  "darknet",
] as const;
export type Family = (typeof familyNames)[number];

export interface FamilySpec {
  readonly picture: Preprocessing;
  /** A number for all channels, or one for each in the network's order. */
  readonly scale: readonly number[];
  readonly mean: readonly number[];
}

const grey = 114 / 255;
const letterboxed: Preprocessing = { fit: "letterbox", filter: "linear", pad: grey };
const imageNetMean = [0.485, 0.456, 0.406];
const imageNetScale = [0.229, 0.224, 0.225].map((deviation) => 1 / deviation);

export const families: { readonly [F in Family]: FamilySpec } = {
  /** YOLOv8, 11 and their like. */
  ultralytics: { picture: letterboxed, scale: [1], mean: [0] },
  yolov5: { picture: letterboxed, scale: [1], mean: [0] },
  yolox: { picture: { fit: "corner", filter: "linear", order: "bgr", pad: grey }, scale: [255], mean: [0] },
  picodet: { picture: { fit: "stretch", filter: "linear" }, scale: imageNetScale, mean: imageNetMean },
  /** 103.53, 116.28, 123.675 off BGR, divided by 57.375, 57.12, 58.395. */
  nanodet: {
    picture: { fit: "stretch", filter: "linear", order: "bgr" },
    scale: [255 / 57.375, 255 / 57.12, 255 / 58.395],
    mean: [103.53 / 255, 116.28 / 255, 123.675 / 255],
  },
  fastestdet: { picture: { fit: "stretch", filter: "linear", order: "bgr" }, scale: [1], mean: [0] },
  yunet: { picture: { fit: "stretch", filter: "linear", order: "bgr" }, scale: [255], mean: [0] },
  /** (pixel − 127) / 128 of bytes. */
  ultraface: { picture: { fit: "stretch", filter: "linear" }, scale: [255 / 128], mean: [127 / 255] },
  darknet: { picture: { fit: "stretch", filter: "darknet" }, scale: [1], mean: [0] },
};

/** By the metadata that exporters write, else by the names and shapes of outputs. */
export function familyOf({ metadata, outputs, inputs }: OnnxFile): Family {
  if ((metadata.get("author") ?? "").startsWith("Ultralytics")) return "ultralytics";
  const names = outputs.map(({ name }) => name);
  if (names.some((name) => /^(cls|obj|bbox|kps)_\d+$/.test(name))) return "yunet";
  if (names.includes("scores") && names.includes("boxes")) return "ultraface";
  const [first] = outputs;
  const dims = first?.dims ?? [];
  const size = inputs[0]?.dims;
  const cells =
    size?.[2] && size[3]
      ? [8, 16, 32].reduce((sum, s) => sum + Math.ceil((size[2] as number) / s) * Math.ceil((size[3] as number) / s), 0)
      : 0;
  if (outputs.length === 1 && dims.length === 3 && dims[1] === cells) return "yolox";
  if (outputs.length === 1 && dims.length === 3 && dims[1] === 3 * cells) return "yolov5";
  if (names.some((name) => /^stride_\d+$/.test(name))) return "yolov5";
  if (outputs.length === 8 && names.every((name) => name.startsWith("transpose_"))) return "picodet";
  if (outputs.length === 1 && dims.length === 4 && dims[1] !== null && dims[1] > 5 && size?.[2] === 16 * (dims[2] ?? 0))
    return "fastestdet";
  return outputs.every(({ dims: extents }) => extents?.length === 4) ? "darknet" : "ultralytics";
}
