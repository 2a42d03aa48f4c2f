/** Pixels of what a browser can draw. */
import { fromRgba, type Pixels } from "../../../src/index.ts";

/** @param longest pixels along the longer side, at most: larger pictures are made smaller. */
export function pixelsOf(video: HTMLVideoElement, longest: number): Pixels {
  const scale = Math.min(1, longest / Math.max(video.videoWidth, video.videoHeight));
  const width = Math.max(1, Math.round(video.videoWidth * scale));
  const height = Math.max(1, Math.round(video.videoHeight * scale));
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("this browser gives no 2D canvas");
  context.drawImage(video, 0, 0, width, height);
  return fromRgba(context.getImageData(0, 0, width, height).data, width, height);
}
