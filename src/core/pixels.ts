import type { PictureSize } from "./picture-size.ts";

/** A decoded picture: 8-bit RGB, interleaved, row-major. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** width · height · 3 values. */
  readonly data: Uint8Array;
}

export interface DecodeOptions {
  /** The size that annotations state: it decides about EXIF orientation where that swaps the sides, see `orientationOf`. */
  readonly stated?: PictureSize;
  /** Told of each thing that a careful user wants to know and that did not stop us, in words for "what: which pictures". */
  readonly onRemark?: (what: string) => void;
}
