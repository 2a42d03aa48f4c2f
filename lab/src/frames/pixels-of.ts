/** Pixels of what a browser can draw. */
import type { Pixels } from "../../../src/index.ts";

/** @param longest pixels along the longer side, at most: larger pictures are made smaller. */
export function pixelsOf(video: HTMLVideoElement, longest: number): Pixels {
  const scale = Math.min(1, longest / Math.max(video.videoWidth, video.videoHeight));
  const width = Math.max(1, Math.round(video.videoWidth * scale));
  const height = Math.max(1, Math.round(video.videoHeight * scale));
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("this browser gives no 2D canvas");
  context.drawImage(video, 0, 0, width, height);
  const rgba = context.getImageData(0, 0, width, height).data;
  const data = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    data[to] = rgba[from];
    data[to + 1] = rgba[from + 1];
    data[to + 2] = rgba[from + 2];
  }
  return { width, height, data };
}
