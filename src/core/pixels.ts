/** A decoded picture: 8-bit RGB, interleaved, row-major. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** width · height · 3 values. */
  readonly data: Uint8Array;
}
