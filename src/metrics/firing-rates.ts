/** Firing rates of a population, from its net counts: r = n/U, in [−levels, levels] spikes a unit step (`src/snn/phases.ts`). */
import type { Shape } from "../graph/layer-kinds.ts";

/** Mean |r| of each channel's neurons [C]. */
export function channelRates(counts: Int32Array, [channels, height, width]: Shape, unitSteps: number): Float64Array {
  const area = height * width;
  return Float64Array.from({ length: channels }, (_, channel) => {
    let sum = 0;
    for (let i = channel * area; i < (channel + 1) * area; i++) sum += Math.abs(counts[i]);
    return sum / (area * unitSteps);
  });
}

/** |r| of one channel's neurons, in reading order. */
export function neuronRates(
  counts: Int32Array,
  [, height, width]: Shape,
  channel: number,
  unitSteps: number,
): Float64Array {
  const area = height * width;
  return Float64Array.from(
    counts.subarray(channel * area, (channel + 1) * area),
    (count) => Math.abs(count) / unitSteps,
  );
}

/** A bar of a histogram: the share of samples in [from, to). */
export interface Bar {
  readonly from: number;
  readonly to: number;
  readonly share: number;
}

/** Shares of `values` in equal bars over [0, max]; the last bar holds its upper edge and whatever lies above. */
export function histogram(values: ArrayLike<number>, max: number, bars: number): readonly Bar[] {
  const counts = new Array<number>(bars).fill(0);
  for (let i = 0; i < values.length; i++) counts[Math.min(bars - 1, Math.floor((values[i] / max) * bars))]++;
  return counts.map((count, bar) => ({
    from: (bar * max) / bars,
    to: ((bar + 1) * max) / bars,
    share: values.length === 0 ? 0 : count / values.length,
  }));
}

/** The value below which a share q of the values lies (nearest rank); 0 for none. */
export function quantile(values: ArrayLike<number>, q: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1))] ?? 0;
}
