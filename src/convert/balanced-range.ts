/**
 * A channel's range where clipping and rounding cost the least together. Of the values beyond R the excess is lost; those within are rounded
 * to steps of R / units:
 *
 *     cost(R) = κ · (R/units)² / 12 + E[(|x| − R)₊²]
 *
 * κ = 16: rounding is everywhere, and adds up over layers with one sign, where what is clipped is single values. The tail comes from the
 * percentiles that calibration stored, even between two of them. What it saw is not all there is: as many new values are taken to hold
 * four that lie up to 1.43 times as far as the greatest, so few pictures give more headroom than many.
 */

const roundingWeight = 16;
const unseen = 4;
const farthest = 1 / 0.7;
/** Ranges that are tried: stored percentiles from here on, and multiples of the greatest. */
const leastPercentile = 99;
const multiples = [1.2, farthest];

export interface Magnitudes {
  /** In percent, rising to 100. */
  readonly percentiles: readonly number[];
  /** |x| at each. */
  readonly values: ArrayLike<number>;
  /** How many values were seen. */
  readonly count: number;
}

/** @param units steps that a range is divided into. */
export function balancedRange(magnitudes: Magnitudes, units: number): number {
  const { percentiles, values } = magnitudes;
  const greatest = values[percentiles.length - 1];
  const ranges = [
    ...percentiles.flatMap((percentile, i) => (percentile >= leastPercentile ? [values[i]] : [])),
    ...multiples.map((factor) => factor * greatest),
  ];
  const cost = (range: number) => (roundingWeight * (range / units) ** 2) / 12 + clippedPower(magnitudes, range);
  return ranges.reduce((best, range) => (cost(range) < cost(best) ? range : best));
}

/** E[(|x| − R)₊²]. */
function clippedPower({ percentiles, values, count }: Magnitudes, range: number): number {
  const greatest = values[percentiles.length - 1];
  let power = (unseen / count) * Math.max(0, farthest * greatest - range) ** 2;
  for (let i = 1; i < percentiles.length; i++) {
    const [from, to] = [values[i - 1], values[i]];
    if (to <= range) continue;
    const start = Math.max(from, range);
    // Few values have percentiles that are the same value.
    const part = to > from ? (to - start) / (to - from) : 1;
    const share = ((percentiles[i] - percentiles[i - 1]) / 100) * part;
    const [a, b] = [start - range, to - range];
    power += (share * (a * a + a * b + b * b)) / 3;
  }
  return power;
}
