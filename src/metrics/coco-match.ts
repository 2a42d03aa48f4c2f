/** Which detections of one picture and category find which objects, at COCO's ten thresholds and in its four area ranges. */

/** One annotated object; `box` as in the header. */
export interface CocoTruth {
  readonly image: number;
  readonly classIndex: number;
  readonly crowd: boolean;
  /** Pixels²; of the segmentation where there is one. */
  readonly area: number;
  readonly box: readonly [number, number, number, number];
}

/** linspace(0.5, 0.95, 10) to the last bit. */
export const iouThresholds: readonly number[] = Array.from({ length: 10 }, (_, i) =>
  i === 9 ? 0.95 : i * ((0.95 - 0.5) / 9) + 0.5,
);

export type AreaRange = readonly [min: number, max: number];

/** Square pixels, both ends included: all, small, medium, large. */
export const areaRanges: readonly AreaRange[] = [
  [0, 1e10],
  [0, 32 ** 2],
  [32 ** 2, 96 ** 2],
  [96 ** 2, 1e10],
];

/** What a detection is: false (0), true, or counting neither way. */
export const isTrue = 1;
export const isIgnored = 2;

/** [area range][threshold] → one of the above per detection. */
export type Verdicts = readonly (readonly Uint8Array[])[];

/** Whether finding the object counts neither way in this range. */
export function isIgnorable({ crowd, area }: CocoTruth, range: AreaRange): boolean {
  return crowd || isOutside(area, range);
}

function isOutside(area: number, [min, max]: AreaRange): boolean {
  return area < min || area > max;
}

/**
 * Writes the verdicts on `boxes` (by falling score) into `verdicts` from index `first` on.
 * `truth`: the objects of that picture and category, in file order.
 */
export function matchPicture(
  truth: readonly CocoTruth[],
  boxes: readonly (readonly number[])[],
  first: number,
  verdicts: Verdicts,
): void {
  const areas = boxes.map((box) => box[2] * box[3]);
  const iou = boxes.map((box) => truth.map((object) => iouWith(object, box)));
  areaRanges.forEach((range, a) => {
    // What nothing below finds: a detection of another size than the range's counts neither way.
    areas.forEach((area, d) => {
      if (isOutside(area, range)) for (const verdict of verdicts[a]) verdict[first + d] = isIgnored;
    });
    if (truth.length === 0) return;
    const ignored = truth.map((object) => isIgnorable(object, range));
    // Those that count come first; a detection turns to the others only where it finds none of them.
    const choices = [...truth.keys()].sort((i, j) => Number(ignored[i]) - Number(ignored[j]) || i - j);
    iouThresholds.forEach((threshold, t) => {
      const found = new Uint8Array(truth.length);
      for (let d = 0; d < boxes.length; d++) {
        let best = -1;
        let bestIou = Math.min(threshold, 1 - 1e-10);
        for (const g of choices) {
          if (found[g] && !truth[g].crowd) continue;
          if (best >= 0 && !ignored[best] && ignored[g]) break;
          if (iou[d][g] < bestIou) continue;
          bestIou = iou[d][g];
          best = g;
        }
        if (best < 0) continue;
        found[best] = 1;
        verdicts[a][t][first + d] = ignored[best] ? isIgnored : isTrue;
      }
    });
  });
}

/** IoU of [x, y, width, height]; against a crowd, the share of the detection that lies in it. */
function iouWith({ box: object, crowd }: CocoTruth, box: readonly number[]): number {
  const width = Math.min(box[0] + box[2], object[0] + object[2]) - Math.max(box[0], object[0]);
  const height = Math.min(box[1] + box[3], object[1] + object[3]) - Math.max(box[1], object[1]);
  if (width <= 0 || height <= 0) return 0;
  const intersection = width * height;
  const area = box[2] * box[3];
  return intersection / (crowd ? area : area + object[2] * object[3] - intersection);
}
