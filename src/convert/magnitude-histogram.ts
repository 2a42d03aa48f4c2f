/**
 * A streaming histogram of magnitudes for percentiles in bounded memory: 4,096 buckets a channel, whatever the number of
 * samples. Buckets are the float32's exponent and first 7 bits of its mantissa, for 2^−16 to 2^16, so that a percentile
 * is off by at most one bucket's width: 2^−7 (0.8 %) of its value, in practice half of that. The maximum is exact.
 */

const mantissaBits = 7;
const droppedBits = 23 - mantissaBits;
const lowestExponent = -16;
const exponents = 32;
const bucketCount = exponents << mantissaBits;
/** Bucket number of 2^lowestExponent, in the float's own numbering. */
const base = (127 + lowestExponent) << mantissaBits;

export class MagnitudeHistogram {
  readonly #buckets: Uint32Array;
  readonly #maxima: Float32Array;
  readonly #zeros: Float64Array;
  readonly #totals: Float64Array;
  readonly channels: number;

  constructor(channels: number) {
    this.channels = channels;
    this.#buckets = new Uint32Array(channels * bucketCount);
    this.#maxima = new Float32Array(channels);
    this.#zeros = new Float64Array(channels);
    this.#totals = new Float64Array(channels);
  }

  /** Adds the magnitudes of values [C, …]. */
  add(values: Float32Array<ArrayBufferLike>): void {
    const perChannel = values.length / this.channels;
    const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
    for (let channel = 0; channel < this.channels; channel++) {
      const offset = channel * bucketCount - base;
      let max = this.#maxima[channel];
      let zeros = 0;
      for (let i = channel * perChannel; i < (channel + 1) * perChannel; i++) {
        const magnitude = Math.abs(values[i]);
        if (magnitude > max) max = magnitude;
        const bucket = (words[i] & 0x7fffffff) >>> droppedBits;
        if (bucket < base) zeros++;
        else this.#buckets[offset + Math.min(bucket, base + bucketCount - 1)]++;
      }
      this.#maxima[channel] = max;
      this.#zeros[channel] += zeros;
      this.#totals[channel] += perChannel;
    }
  }

  /** Values of a channel, of those with most. */
  get count(): number {
    return this.#totals.reduce((most, total) => Math.max(most, total), 0);
  }

  /**
   * The magnitude below which `percentile` percent of the samples of these channels lie; 100 gives the exact maximum.
   * @param sample `nonzero` leaves out magnitudes below 2^−16, which count as zero.
   */
  percentile(channels: readonly number[], percentile: number, sample: "all" | "nonzero"): number {
    const max = channels.reduce((largest, channel) => Math.max(largest, this.#maxima[channel]), 0);
    if (percentile >= 100) return max;
    const sum = (of: Float64Array) => channels.reduce((total, channel) => total + of[channel], 0);
    const zeros = sum(this.#zeros);
    const skipped = sample === "all" ? 0 : zeros;
    const wanted = (percentile / 100) * (sum(this.#totals) - skipped) + skipped;
    let below = zeros;
    if (below >= wanted) return 0;
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      const count = channels.reduce((total, channel) => total + this.#buckets[channel * bucketCount + bucket], 0);
      if (below + count >= wanted) {
        const [from, to] = [edge(bucket), edge(bucket + 1)];
        return Math.min(max, from + ((to - from) * (wanted - below)) / count);
      }
      below += count;
    }
    return max;
  }
}

/** Least magnitude of a bucket. */
function edge(bucket: number): number {
  const exponent = lowestExponent + (bucket >> mantissaBits);
  return 2 ** exponent * (1 + (bucket & ((1 << mantissaBits) - 1)) / (1 << mantissaBits));
}
