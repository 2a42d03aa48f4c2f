/** Pictures as small as a figure shows them. */
import type { Pixels } from "../core/pixels.ts";
import { preprocess } from "../image/preprocess.ts";

/** The picture at `widthPx`, or as it is where it is narrower. */
export function thumbnail(pixels: Pixels, widthPx: number): Pixels {
  if (pixels.width <= widthPx) return pixels;
  const height = Math.max(1, Math.round((pixels.height * widthPx) / pixels.width));
  const { image } = preprocess(pixels, [3, height, widthPx], { fit: "stretch", filter: "bilinear" });
  const area = height * widthPx;
  const data = Uint8Array.from({ length: 3 * area }, (_, i) =>
    Math.round(255 * image.data[(i % 3) * area + Math.floor(i / 3)]),
  );
  return { width: widthPx, height, data };
}
