/**
 * How much a mean average precision would differ on other pictures of the same kind: the percentile bootstrap (Efron 1979).
 * Sets of as many pictures are drawn, with replacement, from those that were evaluated, and the mean average precision of each is
 * counted. Two networks are compared on the same draws: what makes a set of pictures hard for one makes it hard for the other, so
 * the share of one in the other is known much better than either.
 */
import { seededRandom } from "../core/random.ts";
import { type Curve, curveOf, type JudgedClass, type PictureWeights } from "./judged.ts";
import { meanDefined } from "./rows.ts";

/** Holds what is estimated in 95 of 100 cases. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** How an evaluator turns a class's curve into its average precision; null without positives. */
export interface PrecisionRule {
  readonly epsilon: number;
  readonly averagePrecision: (curve: Curve) => number | null;
}

/** Enough for the ends of an interval to stand still to a tenth of its width. */
const draws = 1000;

/** How often each of `pictures` is in each draw. */
export function drawPictures(pictures: number, seed = 1): readonly PictureWeights[] {
  const random = seededRandom(seed);
  return Array.from({ length: draws }, () => {
    const times = new Uint32Array(pictures);
    for (let i = 0; i < pictures; i++) times[Math.floor(random() * pictures)]++;
    return times;
  });
}

/** The mean average precision of each draw; NaN where it holds no object to be found. */
export function drawnMaps(
  judged: readonly JudgedClass[],
  { epsilon, averagePrecision }: PrecisionRule,
  drawn: readonly PictureWeights[],
): Float64Array {
  return Float64Array.from(
    drawn,
    (weights) => meanDefined(judged.map((one) => averagePrecision(curveOf(one, epsilon, weights)))) ?? Number.NaN,
  );
}

/** From the 2.5th to the 97.5th percentile of those that are numbers; null where none is. */
export function intervalOf(values: Float64Array): Interval | null {
  const sorted = values.filter(Number.isFinite).sort();
  if (sorted.length === 0) return null;
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))];
  return { low: at(0.025), high: at(0.975) };
}
