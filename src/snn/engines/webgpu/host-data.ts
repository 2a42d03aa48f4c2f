/** What goes to the GPU and comes back, as this side has it: planes [C, H, W] there, quads [position][quad][4] here. */
import { EngineError } from "../../../core/errors.ts";
import type { FloatTensor } from "../../../core/tensor.ts";
import type { Shape } from "../../../graph/layer-kinds.ts";
import { pixelUnits, quantizePixel } from "../../input-coding.ts";

/**
 * Pixels as whole multiples of 2^−16.
 * @throws EngineError [E_PICTURE] for values beyond ±1, where a current could exceed what `checkBounds` has allowed for.
 */
export function pixelsOf({ data }: FloatTensor): Int32Array<ArrayBuffer> {
  const pixels = new Int32Array(data.length);
  let areInside = true;
  for (let i = 0; i < pixels.length; i++) {
    const pixel = quantizePixel(data[i]);
    // Of what is no number, neither is true.
    if (!(pixel <= pixelUnits && pixel >= -pixelUnits)) areInside = false;
    pixels[i] = pixel;
  }
  if (!areInside) throw new EngineError("E_PICTURE", "a picture's values must lie within [−1, 1]. Divide bytes by 255");
  return pixels;
}

/**
 * Random spikes: a pixel sends its sign (0: never) where a hash of 32 bits is at most its odds; so does one whose hash / 2^32 is below its
 * magnitude.
 */
export function oddsOf({ data }: FloatTensor): {
  readonly odds: Int32Array<ArrayBuffer>;
  readonly signs: Int32Array<ArrayBuffer>;
} {
  const odds = new Uint32Array(data.length);
  const signs = new Int32Array(data.length);
  for (const [i, value] of data.entries()) {
    signs[i] = Math.sign(value);
    odds[i] = Math.ceil(Math.abs(value) * 2 ** 32) - 1;
  }
  return { odds: new Int32Array(odds.buffer), signs };
}

/** Planes as quads; channels that fill the last are 0. */
export function quadsFrom(values: ArrayLike<number>, [channels, height, width]: Shape): Int32Array<ArrayBuffer> {
  const area = height * width;
  const stride = 4 * Math.ceil(channels / 4);
  const quads = new Int32Array(area * stride);
  for (let c = 0, i = 0; c < channels; c++)
    for (let position = 0; position < area; position++) quads[position * stride + c] = values[i++];
  return quads;
}

/** Quads as planes. */
export function planesFrom(quads: Int32Array, [channels, height, width]: Shape): Int32Array {
  const area = height * width;
  const stride = 4 * Math.ceil(channels / 4);
  const planes = new Int32Array(channels * area);
  for (let c = 0, i = 0; c < channels; c++)
    for (let position = 0; position < area; position++) planes[i++] = quads[position * stride + c];
  return planes;
}
