/** From decoded pixels to the network's input, and from the network's coordinates back to the picture's. */
import type { Box } from "../core/box.ts";
import type { Pixels } from "../core/pixels.ts";
import type { Preprocessing } from "../core/preprocessing.ts";
import { type FloatTensor, floatTensor } from "../core/tensor.ts";
import { resize } from "./resize.ts";

/** Where the resized picture lies in the network's input, in input pixels. */
export interface Placement {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface NetworkInput {
  /** [3, H, W] in [0, 1]. */
  readonly image: FloatTensor;
  /** Takes a box in fractions of the network's input to pixels of the original picture, clipped to it. */
  readonly toPicture: (box: Box) => Box;
  /** The inverse: a box in pixels of the picture, clipped to it, to fractions of the network's input. */
  readonly toInput: (box: Box) => Box;
}

/** Resizes (and for `letterbox` pads with 0.5) a picture to a network input of [3, height, width]. */
export function preprocess(
  pixels: Pixels,
  inputShape: readonly [number, number, number],
  { fit, filter }: Preprocessing,
): NetworkInput {
  const [, height, width] = inputShape;
  const placement = fit === "letterbox" ? letterbox(pixels, width, height) : { x: 0, y: 0, width, height };
  const resized = resize(toPlanes(pixels), placement.width, placement.height, filter);
  return {
    image: fit === "letterbox" ? embed(resized, placement, width, height) : resized,
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

/** Darknet's `letterbox_image`: the longer side fills, integer divisions throughout. */
function letterbox(pixels: Pixels, width: number, height: number): Placement {
  const isWide = width / pixels.width < height / pixels.height;
  const fitted = {
    width: isWide ? width : Math.max(1, Math.floor((pixels.width * height) / pixels.height)),
    height: isWide ? Math.max(1, Math.floor((pixels.height * width) / pixels.width)) : height,
  };
  return { ...fitted, x: Math.floor((width - fitted.width) / 2), y: Math.floor((height - fitted.height) / 2) };
}

function embed(
  image: FloatTensor,
  { x, y, width, height }: Placement,
  intoWidth: number,
  intoHeight: number,
): FloatTensor {
  const [channels] = image.shape;
  const out = floatTensor(
    [channels, intoHeight, intoWidth],
    new Float32Array(channels * intoHeight * intoWidth).fill(0.5),
  );
  for (let channel = 0; channel < channels; channel++) {
    for (let row = 0; row < height; row++) {
      const from = (channel * height + row) * width;
      out.data.set(image.data.subarray(from, from + width), (channel * intoHeight + y + row) * intoWidth + x);
    }
  }
  return out;
}

/** Of 255. */
const fractions = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);

/** Interleaved bytes to planes in [0, 1]. */
function toPlanes({ width, height, data }: Pixels): FloatTensor {
  const area = width * height;
  const planes = new Float32Array(3 * area);
  for (let i = 0, at = 0; i < area; i++) {
    planes[i] = fractions[data[at++]];
    planes[area + i] = fractions[data[at++]];
    planes[2 * area + i] = fractions[data[at++]];
  }
  return floatTensor([3, height, width], planes);
}

function clip(value: number, max: number): number {
  return Math.min(max, Math.max(0, value));
}
