/**
 * Resampling of one picture to another size, separable, in float: each output pixel is a weighted sum of input pixels
 * along x, then along y.
 */
import type { Pixels } from "../core/pixels.ts";
import type { Filter } from "../core/preprocessing.ts";
import { type FloatTensor, floatTensor } from "../core/tensor.ts";

/** For one output pixel: the first input pixel and the weights of it and those after it; they sum to 1. */
interface Taps {
  readonly start: number;
  readonly weights: Float64Array;
}

/** Resamples [C, H, W] values in [0, 1] to [C, height, width]; the result stays in [0, 1]. */
export function resize(image: FloatTensor, width: number, height: number, filter: Filter): FloatTensor {
  const [channels, fromHeight, fromWidth] = image.shape;
  if (fromWidth === width && fromHeight === height) return image;
  const rowAt = (row: number) => image.data.subarray(row * fromWidth, (row + 1) * fromWidth);
  return resample({ channels, width: fromWidth, height: fromHeight, rowAt }, width, height, filter);
}

/** A picture of any size as planes [3, height, width] in [0, 1], without ever holding all of it as numbers. */
export function resizePixels(pixels: Pixels, width: number, height: number, filter: Filter): FloatTensor {
  const row = new Float32Array(pixels.width);
  const rowAt = (index: number): Float32Array => {
    const channel = Math.floor(index / pixels.height);
    const from = (index % pixels.height) * pixels.width;
    for (let x = 0, at = 3 * from + channel; x < pixels.width; x++, at += 3) row[x] = fractions[pixels.data[at]];
    return row;
  };
  const source = { channels: 3, width: pixels.width, height: pixels.height, rowAt };
  if (pixels.width !== width || pixels.height !== height) return resample(source, width, height, filter);
  const data = new Float32Array(3 * width * height);
  for (let i = 0; i < 3 * height; i++) data.set(rowAt(i), i * width);
  return floatTensor([3, height, width], data);
}

/** Of 255. */
const fractions = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);

interface Rows {
  readonly channels: number;
  readonly width: number;
  readonly height: number;
  /** A row of a channel, channels one after the other; the next call may overwrite it. */
  readonly rowAt: (index: number) => Float32Array;
}

function resample(source: Rows, width: number, height: number, filter: Filter): FloatTensor {
  const { channels } = source;
  const wide = resampleRows(source, tapsFor(filter, source.width, width));
  const data = resampleColumns(wide, channels, source.height, width, tapsFor(filter, source.height, height));
  // Lanczos overshoots; the others may pass 1 by a rounding error, and engines rely on the range.
  for (let i = 0; i < data.length; i++) data[i] = Math.min(1, Math.max(0, data[i]));
  return floatTensor([channels, height, width], data);
}

function tapsFor(filter: Filter, from: number, to: number): readonly Taps[] {
  return taps[filter](from, to);
}

const taps: { readonly [F in Filter]: (from: number, to: number) => readonly Taps[] } = {
  darknet: alignedCornerTaps,
  linear: (from, to) => areaTaps(from, to, triangle, 1),
  bilinear: (from, to) => areaTaps(from, to, triangle, from / to),
  lanczos: (from, to) =>
    areaTaps(from, to, { radius: 3, at: (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) }, from / to),
};

/** Darknet's `resize_image`: the first and last pixels of input and output coincide; two taps, whatever the reduction. */
function alignedCornerTaps(from: number, to: number): readonly Taps[] {
  const scale = to > 1 ? (from - 1) / (to - 1) : 0;
  return Array.from({ length: to }, (_, i) => {
    const start = Math.min(from - 1, Math.floor(i * scale));
    if (i === to - 1 || start + 1 >= from) return { start: from - 1, weights: Float64Array.of(1) };
    const fraction = i * scale - start;
    return { start, weights: Float64Array.of(1 - fraction, fraction) };
  });
}

interface Kernel {
  readonly radius: number;
  readonly at: (x: number) => number;
}

const triangle: Kernel = { radius: 1, at: (x) => Math.max(0, 1 - Math.abs(x)) };

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/**
 * Pixel areas coincide. The kernel is widened by `reduction`, so that no input pixel is skipped; by 1, some are. Weights that
 * lie beyond the edges are left out, and the others made up to 1.
 */
function areaTaps(from: number, to: number, kernel: Kernel, reduction: number): readonly Taps[] {
  const scale = from / to;
  const widening = Math.max(1, reduction);
  const radius = kernel.radius * widening;
  return Array.from({ length: to }, (_, i) => {
    const center = (i + 0.5) * scale;
    const start = Math.max(0, Math.floor(center - radius + 0.5));
    const end = Math.min(from, Math.floor(center + radius + 0.5));
    const weights = Float64Array.from({ length: end - start }, (_, k) =>
      kernel.at((start + k + 0.5 - center) / widening),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { start, weights: weights.map((weight) => weight / sum) };
  });
}

function resampleRows({ channels, height, rowAt }: Rows, taps: readonly Taps[]): Float32Array {
  const rows = channels * height;
  const out = new Float32Array(rows * taps.length);
  // All weights in one array: a loop over objects takes twice as long.
  const starts = Int32Array.from(taps, ({ start }) => start);
  const counts = Int32Array.from(taps, ({ weights }) => weights.length);
  const all = Float64Array.from(taps.flatMap(({ weights }) => [...weights]));
  for (let row = 0, at = 0; row < rows; row++) {
    const data = rowAt(row);
    for (let x = 0, k = 0; x < starts.length; x++) {
      let sum = 0;
      let i = starts[x];
      for (const end = k + counts[x]; k < end; k++, i++) sum += all[k] * data[i];
      out[at++] = sum;
    }
  }
  return out;
}

function resampleColumns(
  data: Float32Array,
  channels: number,
  from: number,
  width: number,
  taps: readonly Taps[],
): Float32Array {
  const out = new Float32Array(channels * taps.length * width);
  for (let channel = 0; channel < channels; channel++) {
    for (const [y, { start, weights }] of taps.entries()) {
      const row = out.subarray((channel * taps.length + y) * width, (channel * taps.length + y + 1) * width);
      for (let k = 0; k < weights.length; k++) {
        const from0 = (channel * from + start + k) * width;
        for (let x = 0; x < width; x++) row[x] += weights[k] * data[from0 + x];
      }
    }
  }
  return out;
}
