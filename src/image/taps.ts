/** The filters of resampling: by which weights an output pixel is a sum of input pixels, along one axis. */
import type { Filter } from "../core/preprocessing.ts";

/** For one output pixel: the first input pixel and the weights of it and those after it; they sum to 1. */
export interface Taps {
  readonly start: number;
  readonly weights: Float64Array;
}

/** Of each output pixel, where `from` pixels become `to`. */
export function tapsFor(filter: Filter, from: number, to: number): readonly Taps[] {
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
