/**
 * Resampling of one picture to another size, separable, in float: each output pixel is a weighted sum of input pixels
 * along x, then along y. Sums are float64; they are rounded to float32 after x, and after each tap along y.
 */
import type { Pixels } from "../core/pixels.ts";
import type { Filter } from "../core/preprocessing.ts";
import { type FloatTensor, floatTensor } from "../core/tensor.ts";
import { type Taps, tapsFor } from "./taps.ts";

/** The taps of all output pixels along an axis, in one run: a loop over objects takes twice as long. */
interface Axis {
  readonly starts: Int32Array;
  /** The weights of output pixel i are those from ends[i − 1] (0 for the first) to ends[i]. */
  readonly ends: Int32Array;
  readonly weights: Float64Array;
}

/**
 * A picture of any size as planes [3, height, width] in [0, 1].
 * @param pixels bytes, red, green and blue of each pixel.
 * @param width in pixels, as `height`, of the result.
 */
export function resizePixels(pixels: Pixels, width: number, height: number, filter: Filter): FloatTensor {
  if (pixels.width === width && pixels.height === height) return planesOf(pixels);
  const along = axisOf(tapsFor(filter, pixels.width, width));
  const across = axisOf(tapsFor(filter, pixels.height, height));
  const rows = new Float32Array(pixels.height * 3 * width);
  for (const y of usedInputs(across)) resizeRow(pixels, y, along, rows);
  const data = new Float32Array(3 * height * width);
  const sums = new Float32Array(3 * width);
  for (let y = 0; y < height; y++) {
    sumRows(rows, across, y, sums);
    for (let channel = 0, from = 0; channel < 3; channel++) {
      for (let to = (channel * height + y) * width, end = to + width; to < end; to++, from++) {
        // Lanczos overshoots; the others may pass 1 by a rounding error, and engines rely on the range.
        data[to] = Math.min(1, Math.max(0, sums[from]));
      }
    }
  }
  return floatTensor([3, height, width], data);
}

/** Of 255, as float32. */
const fractions = Float64Array.from({ length: 256 }, (_, byte) => Math.fround(byte / 255));

function axisOf(taps: readonly Taps[]): Axis {
  let end = 0;
  return {
    starts: Int32Array.from(taps, ({ start }) => start),
    ends: Int32Array.from(taps, ({ weights }) => (end += weights.length)),
    weights: Float64Array.from(taps.flatMap(({ weights }) => [...weights])),
  };
}

function planesOf({ width, height, data }: Pixels): FloatTensor {
  const area = width * height;
  const planes = new Float32Array(3 * area);
  for (let i = 0, at = 0; i < area; i++, at += 3) {
    planes[i] = fractions[data[at]];
    planes[area + i] = fractions[data[at + 1]];
    planes[2 * area + i] = fractions[data[at + 2]];
  }
  return floatTensor([3, height, width], planes);
}

/** Rows that some output is a sum of: filters that do not widen pass over the others. */
function usedInputs({ starts, ends }: Axis): readonly number[] {
  const used = new Set<number>();
  for (let i = 0, k = 0; i < starts.length; i++) {
    for (let input = starts[i]; k < ends[i]; k++, input++) used.add(input);
  }
  return [...used];
}

/** Writes row y of the picture at the new width into `rows` [height, 3, width]. */
function resizeRow(pixels: Pixels, y: number, { starts, ends, weights }: Axis, rows: Float32Array): void {
  const { data } = pixels;
  const width = starts.length;
  const first = 3 * y * pixels.width;
  for (let x = 0, k = 0, to = 3 * y * width; x < width; x++, to++) {
    let [red, green, blue] = [0, 0, 0];
    for (let at = first + 3 * starts[x]; k < ends[x]; k++, at += 3) {
      const weight = weights[k];
      red += weight * fractions[data[at]];
      green += weight * fractions[data[at + 1]];
      blue += weight * fractions[data[at + 2]];
    }
    rows[to] = red;
    rows[to + width] = green;
    rows[to + 2 * width] = blue;
  }
}

/** Writes output row y, all channels, into `sums`. Two taps at a time, since loads and stores are what costs. */
function sumRows(rows: Float32Array, { starts, ends, weights }: Axis, y: number, sums: Float32Array): void {
  const span = sums.length;
  let k = y === 0 ? 0 : ends[y - 1];
  let from = starts[y] * span;
  const isOdd = (ends[y] - k) % 2 === 1;
  if (isOdd) for (let i = 0; i < span; i++) sums[i] = weights[k] * rows[from + i];
  else sums.fill(0);
  if (isOdd) {
    k++;
    from += span;
  }
  for (; k < ends[y]; k += 2, from += 2 * span) {
    const [here, below] = [weights[k], weights[k + 1]];
    for (let i = 0; i < span; i++)
      sums[i] = Math.fround(sums[i] + here * rows[from + i]) + below * rows[from + span + i];
  }
}
