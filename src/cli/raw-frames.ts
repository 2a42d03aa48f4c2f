/** Frames out of a stream of raw pixels: rgb24, one frame after the other, nothing between. */
import { ImportError } from "../core/errors.ts";
import type { Pixels } from "../core/pixels.ts";

export interface RawFormat {
  /** Of the stream, for errors. */
  readonly path: string;
  readonly width: number;
  readonly height: number;
}

/** Each frame has pixels of its own. @throws ImportError [E_VIDEO] at the end, where that lies within a frame. */
export async function* rawFrames(
  stream: AsyncIterable<Uint8Array>,
  { path, width, height }: RawFormat,
): AsyncGenerator<Pixels> {
  let frame = new Uint8Array(3 * width * height);
  let filled = 0;
  let count = 0;
  for await (const chunk of stream) {
    for (let at = 0; at < chunk.length; ) {
      const taken = Math.min(chunk.length - at, frame.length - filled);
      frame.set(chunk.subarray(at, at + taken), filled);
      at += taken;
      filled += taken;
      if (filled < frame.length) continue;
      yield { width, height, data: frame };
      count++;
      frame = new Uint8Array(frame.length);
      filled = 0;
    }
  }
  if (filled > 0)
    throw new ImportError(
      "E_VIDEO",
      `${path} ends within frame ${count}: ${filled} of the ${frame.length} bytes of ${width}x${height} pixels in rgb24. Is that the size of all frames?`,
    );
}
