/**
 * Detections of one class after they have been held against the objects, and the curve of precision over recall that they make.
 *
 * A detection is judged within its own picture. So a set in which pictures occur several times, or not at all, needs no
 * judging again: its curve is that of the same detections, each counted as often as its picture (see `bootstrap.ts`).
 */

export interface JudgedClass {
  /** Objects to be found in each picture that has any. */
  readonly positivesIn: ReadonlyMap<number, number>;
  /** The picture of each detection that counts, by falling score. */
  readonly image: Uint32Array;
  /** For each of these whether it is true (1) or false (0). */
  readonly isTrue: Uint8Array;
}

/** How often each picture is in the set, by the numbers that detections name pictures by. */
export type PictureWeights = ArrayLike<number>;

export interface Curve {
  readonly positives: number;
  /** After each true detection: a false one only lowers the precision at the same recall, so the envelope does not see it. */
  readonly recall: readonly number[];
  /** The envelope: the best precision at that recall or a higher one. */
  readonly precision: readonly number[];
}

/**
 * @param epsilon added to the number of detections before a precision is divided by it: 0 in VOC's evaluator, 2^−52 in COCO's.
 * @param weights once each where left out. Of the copies of a true detection only the last needs a point, since it has the most
 *   recall at no less precision.
 */
export function curveOf(judged: JudgedClass, epsilon: number, weights?: PictureWeights): Curve {
  const { image, isTrue } = judged;
  const positives = countPositives(judged, weights);
  const recall: number[] = [];
  const precision: number[] = [];
  let found = 0;
  let wrong = 0;
  for (let at = 0; at < image.length; at++) {
    const copies = weights ? weights[image[at]] : 1;
    if (copies === 0) continue;
    if (isTrue[at] !== 1) {
      wrong += copies;
      continue;
    }
    found += copies;
    recall.push(found / positives);
    precision.push(found / (wrong + found + epsilon));
  }
  for (let i = precision.length - 2; i >= 0; i--) precision[i] = Math.max(precision[i], precision[i + 1]);
  return { positives, recall, precision };
}

export function countPositives({ positivesIn }: Pick<JudgedClass, "positivesIn">, weights?: PictureWeights): number {
  let positives = 0;
  for (const [image, count] of positivesIn) positives += weights ? weights[image] * count : count;
  return positives;
}
