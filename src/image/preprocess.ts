/** From decoded pixels to the network's input, and from the network's coordinates back to the picture's. */
import type { Box } from "../core/box.ts";
import type { Pixels } from "../core/pixels.ts";
import type { Fit, Preprocessing } from "../core/preprocessing.ts";
import { type FloatTensor, floatTensor } from "../core/tensor.ts";
import { resizePixels } from "./resize.ts";

/** Where the resized picture lies in the network's input, in input pixels. */
export interface Placement {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface NetworkInput {
  /** [3, H, W], or [1, H, W] of grey, in [0, 1], less the mean. */
  readonly image: FloatTensor;
  /** Takes a box in fractions of the network's input to pixels of the original picture, clipped to it. */
  readonly toPicture: (box: Box) => Box;
  /** The inverse: a box in pixels of the picture, clipped to it, to fractions of the network's input. */
  readonly toInput: (box: Box) => Box;
}

/**
 * Resizes (and where it keeps its aspect, pads) a picture to a network input of [3, height, width], or of grey [1, height, width].
 * @example
 * ```js
 * import { readFile } from "node:fs/promises";
 * import { decodeImage, decodeModel, inputOf, preprocess } from "spiking-yolo";
 *
 * const { dnn } = decodeModel(await readFile("models/scenes.safetensors"), "scenes");
 * if (!dnn) throw new Error("it holds no DNN");
 * const picture = await decodeImage(await readFile("examples/street.png"), "street.png");
 * const { image, toPicture } = preprocess(picture, inputOf(dnn).shape, dnn.preprocessing);
 * console.log(image.shape.join(" × ")); // 3 × 144 × 192
 * console.log(toPicture({ xMin: 0, yMin: 0, xMax: 0.5, yMax: 1 }).xMax === picture.width / 2); // true
 * ```
 */
export function preprocess(
  pixels: Pixels,
  inputShape: readonly [number, number, number],
  preprocessing: Preprocessing,
): NetworkInput {
  const [channels, height, width] = inputShape;
  const placement = placements[preprocessing.fit](pixels, width, height);
  const resized =
    channels === 1
      ? greyPlane(resizePixels(greyOf(pixels), placement.width, placement.height, preprocessing.filter))
      : resizePixels(pixels, placement.width, placement.height, preprocessing.filter);
  return {
    image: arrange(resized, placement, width, height, preprocessing),
    toPicture: (box) => {
      const x = (value: number) => clip(((value * width - placement.x) / placement.width) * pixels.width, pixels.width);
      const y = (value: number) =>
        clip(((value * height - placement.y) / placement.height) * pixels.height, pixels.height);
      return { xMin: x(box.xMin), yMin: y(box.yMin), xMax: x(box.xMax), yMax: y(box.yMax) };
    },
    toInput: (box) => {
      const x = (value: number) => (placement.x + (clip(value, pixels.width) / pixels.width) * placement.width) / width;
      const y = (value: number) =>
        (placement.y + (clip(value, pixels.height) / pixels.height) * placement.height) / height;
      return { xMin: x(box.xMin), yMin: y(box.yMin), xMax: x(box.xMax), yMax: y(box.yMax) };
    },
  };
}

const placements: { readonly [F in Fit]: (pixels: Pixels, width: number, height: number) => Placement } = {
  stretch: (_, width, height) => ({ x: 0, y: 0, width, height }),
  letterbox,
  corner: (pixels, width, height) => ({ ...letterbox(pixels, width, height), x: 0, y: 0 }),
};

/** Darknet's `letterbox_image`: the longer side fills, integer divisions throughout. */
function letterbox(pixels: Pixels, width: number, height: number): Placement {
  const isWide = width / pixels.width < height / pixels.height;
  const fitted = {
    width: isWide ? width : Math.max(1, Math.floor((pixels.width * height) / pixels.height)),
    height: isWide ? Math.max(1, Math.floor((pixels.height * width) / pixels.width)) : height,
  };
  return { ...fitted, x: Math.floor((width - fitted.width) / 2), y: Math.floor((height - fitted.height) / 2) };
}

/** Puts RGB planes into the network's input: its order of channels, around them the pad, less the mean. */
function arrange(
  image: FloatTensor,
  { x, y, width, height }: Placement,
  intoWidth: number,
  intoHeight: number,
  { order, pad = 0.5, mean }: Preprocessing,
): FloatTensor {
  const fills = width === intoWidth && height === intoHeight;
  if (fills && order !== "bgr" && !mean) return image;
  const [channels] = image.shape;
  const area = intoHeight * intoWidth;
  const data = new Float32Array(channels * area).fill(pad);
  for (let channel = 0; channel < channels; channel++) {
    const source = order === "bgr" ? channels - 1 - channel : channel;
    for (let row = 0; row < height; row++) {
      const from = (source * height + row) * width;
      data.set(image.data.subarray(from, from + width), (channel * intoHeight + y + row) * intoWidth + x);
    }
    const level = mean?.[channel] ?? 0;
    if (level !== 0) for (let i = channel * area; i < (channel + 1) * area; i++) data[i] -= level;
  }
  return floatTensor([channels, intoHeight, intoWidth], data);
}

/** Red, green and blue all the picture's brightness, as darknet's decoder (stb_image) computes it from bytes. */
function greyOf({ width, height, data }: Pixels): Pixels {
  const grey = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i += 3)
    grey.fill((77 * data[i] + 150 * data[i + 1] + 29 * data[i + 2]) >> 8, i, i + 3);
  return { width, height, data: grey };
}

function greyPlane({ shape: [, height, width], data }: FloatTensor): FloatTensor {
  return floatTensor([1, height, width], data.slice(0, height * width));
}

function clip(value: number, max: number): number {
  return Math.min(max, Math.max(0, value));
}
