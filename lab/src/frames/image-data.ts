/** Pixels as a browser's canvas takes them. */
import { type Pixels, toRgba } from "../../../src/index.ts";

export function toImageData(pixels: Pixels): ImageData {
  return new ImageData(toRgba(pixels), pixels.width, pixels.height);
}
