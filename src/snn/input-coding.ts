/**
 * How a picture drives the first layer; the same code for every engine, so that engines agree to the last bit.
 *
 * `constant`: the picture is a constant current (Rueckauer et al. 2017): the first convolutions' currents are computed
 * once. In an integer graph pixels are 16-bit fractions, so that the sums are exact integers in any order.
 * `poisson`: at each step each pixel sends a spike with its value as probability, a pure function of (seed, step, index).
 */
import { randomAt } from "../core/random.ts";
import type { FloatTensor } from "../core/tensor.ts";

/** Pixels of an integer graph are multiples of 2^−this. */
export const pixelBits = 16;
export const pixelUnits = 2 ** pixelBits;

/** Pixel values as whole multiples of 2^−16. */
export function quantizePixels(image: FloatTensor): Float64Array {
  const { data } = image;
  const pixels = new Float64Array(data.length);
  for (let i = 0; i < pixels.length; i++) pixels[i] = quantizePixel(data[i]);
  return pixels;
}

/** A pixel's value as a whole multiple of 2^−16, rounded half up. */
export function quantizePixel(value: number): number {
  // Math.round is four times as slow.
  return Math.floor(value * pixelUnits + 0.5);
}

/** An exact Σ W·pixel (in units of 2^−16) as a current with `shift` fractional bits, rounded half up. */
export function pixelCurrent(sum: number, shift: number): number {
  return Math.floor(sum * 2 ** (shift - pixelBits) + 0.5);
}

/** Spikes of one step t ≥ 1: 1 with probability |value|, of the value's sign. */
export function poissonSpikes(image: FloatTensor, seed: number, t: number): Float64Array {
  return Float64Array.from(image.data, (value, index) =>
    randomAt(seed, t, index) < Math.abs(value) ? Math.sign(value) : 0,
  );
}
