/** What the generator asks of chance, read off one seeded stream. */
import type { Random } from "../../core/random.ts";
import type { Color } from "./shapes.ts";

export function between(random: Random, min: number, max: number): number {
  return min + (max - min) * random();
}

export function integerBetween(random: Random, min: number, max: number): number {
  return min + Math.floor(random() * (max - min + 1));
}

export function chance(random: Random, probability: number): boolean {
  return random() < probability;
}

export function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[Math.floor(random() * choices.length)];
}

/** Picks an index with probability proportional to its weight. */
export function pickWeighted(random: Random, weights: readonly number[]): number {
  let left = random() * weights.reduce((sum, weight) => sum + weight, 0);
  for (let i = 0; i < weights.length; i++) {
    left -= weights[i];
    if (left < 0) return i;
  }
  return weights.length - 1;
}

/** A colour from hue (degrees), saturation and lightness (0..1). */
export function hsl(hue: number, saturation: number, lightness: number): Color {
  const amplitude = saturation * Math.min(lightness, 1 - lightness);
  const channel = (n: number) => {
    const k = (n + hue / 30) % 12;
    return 255 * (lightness - amplitude * Math.max(-1, Math.min(k - 3, 9 - k, 1)));
  };
  return [channel(0), channel(8), channel(4)];
}

/** Any colour that paint or cloth may have: often grey, sometimes loud. */
export function anyColor(random: Random): Color {
  if (chance(random, 0.3)) return hsl(between(random, 0, 360), between(random, 0, 0.08), between(random, 0.12, 0.92));
  return hsl(between(random, 0, 360), between(random, 0.25, 0.85), between(random, 0.25, 0.7));
}
