import type { PictureSize } from "./picture-size.ts";

/** A decoded picture: 8-bit RGB, interleaved, row-major. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** width · height · 3 values. */
  readonly data: Uint8Array;
}

/** As canvases take them: 8-bit RGBA, opaque. */
export function toRgba({ width, height, data }: Pixels): Uint8ClampedArray<ArrayBuffer> {
  const rgba = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let from = 0, to = 0; from < data.length; from += 3, to += 4) {
    rgba[to] = data[from];
    rgba[to + 1] = data[from + 1];
    rgba[to + 2] = data[from + 2];
  }
  return rgba;
}

/**
 * A picture of a canvas's pixels.
 * @param rgba 8-bit RGBA, as canvases give it; what is transparent there is taken as it is.
 */
export function fromRgba(rgba: Uint8ClampedArray, width: number, height: number): Pixels {
  const data = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    data[to] = rgba[from];
    data[to + 1] = rgba[from + 1];
    data[to + 2] = rgba[from + 2];
  }
  return { width, height, data };
}

export interface DecodeOptions {
  /** The size that annotations state: it decides about EXIF orientation where that swaps the sides, see `orientationOf`. */
  readonly stated?: PictureSize;
  /** Told of each thing that a careful user wants to know and that did not stop us, in words for "what: which pictures". */
  readonly onRemark?: (what: string) => void;
}
