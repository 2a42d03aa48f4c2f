/**
 * Seeded randomness. Two forms: a stream (`seededRandom`) for generators and tests, and a stateless hash
 * (`randomAt`) for spikes, where the draw at (seed, step, index) must not depend on who asks first.
 *
 * The stream is mulberry32; the hash is the finalizer of MurmurHash3 (public domain, A. Appleby) over mixed words.
 */

/** Next number of the stream, uniform in [0, 1). */
export type Random = () => number;

/** A stream of random numbers that its seed decides: the same on every machine. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Standard normal draw (Box–Muller). */
export function gaussian(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Uniform in [0, 1), a pure function of its three words. */
export function randomAt(seed: number, step: number, index: number): number {
  let h = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(step + 0x7f4a7c15, 0xc2b2ae35);
  h = finalize(h) ^ index;
  return (finalize(h) >>> 0) / 2 ** 32;
}

function finalize(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
