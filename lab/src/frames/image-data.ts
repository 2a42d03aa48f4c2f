/** Pixels as a browser's canvas takes them. */
import type { Pixels } from "../../../src/index.ts";

export function toImageData({ width, height, data }: Pixels): ImageData {
  const rgba = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let from = 0, to = 0; from < data.length; from += 3, to += 4) {
    rgba[to] = data[from];
    rgba[to + 1] = data[from + 1];
    rgba[to + 2] = data[from + 2];
  }
  return new ImageData(rgba, width, height);
}
