/**
 * VOC average precision, equal to the devkit's VOCevaldet (Everingham et al., "The PASCAL Visual Object Classes
 * Challenge", IJCV 2010), its oddities included:
 *
 * - boxes are [xmin, ymin, xmax, ymax], 1-based and inclusive: a side is max − min + 1, in the intersection too;
 * - a detection is held against the one object that it overlaps most, the first of equals, difficult and already found
 *   ones included; there is no second choice;
 * - it is found at IoU ≥ threshold; found again is false; a difficult object counts neither way.
 *
 * A class without positives has no average precision (null) and no part in the mean.
 */
import { type Curve, curveOf, type JudgedClass } from "./judged.ts";
import { byFallingScore, type DetectionRows, detectionRows, expectClass, meanDefined, type ScoredBox } from "./rows.ts";

/** One annotated object; `box` as in the header. */
export interface VocTruth {
  readonly image: number;
  readonly classIndex: number;
  readonly difficult: boolean;
  readonly box: readonly [number, number, number, number];
}

export interface VocOptions {
  /** Number of classes. */
  readonly classes: number;
  /** Default 0.5. */
  readonly iouThreshold?: number;
}

export interface VocClassScores {
  /** Objects that are not difficult. */
  readonly positives: number;
  readonly detections: number;
  /** VOC 2007: mean of the best precision at recall ≥ 0, 0.1 … 1. */
  readonly elevenPointAp: number | null;
  /** VOC 2010 and later: area under the precision envelope. */
  readonly areaAp: number | null;
}

export interface VocScores {
  /** Means over the classes that have positives, in [0, 1]. */
  readonly elevenPointMap: number | null;
  readonly areaMap: number | null;
  readonly perClass: readonly VocClassScores[];
  /** By class: what the scores were counted from. */
  readonly judged: readonly JudgedClass[];
}

/** Evaluates all classes. Equal scores stay in the order in which the detections come. */
export function evaluateVoc(
  truth: Iterable<VocTruth>,
  detections: Iterable<ScoredBox>,
  { classes, iouThreshold = 0.5 }: VocOptions,
): VocScores {
  const truths = objectsByClass(truth, classes);
  const byClass = detectionRows(detections, classes);
  const judged = byClass.map((rows, classIndex) => judgeClass(truths[classIndex], rows, iouThreshold));
  const perClass = judged.map((verdicts, classIndex): VocClassScores => {
    const curve = curveOf(verdicts, 0);
    return {
      positives: curve.positives,
      detections: byClass[classIndex].score.length,
      elevenPointAp: elevenPointAp(curve),
      areaAp: areaAp(curve),
    };
  });
  return {
    elevenPointMap: meanDefined(perClass.map(({ elevenPointAp }) => elevenPointAp)),
    areaMap: meanDefined(perClass.map(({ areaAp }) => areaAp)),
    perClass,
    judged,
  };
}

/** One class's objects in one picture. */
interface Objects {
  /** Four numbers an object. */
  readonly box: number[];
  readonly difficult: boolean[];
  readonly found: boolean[];
}

/** One class's objects by picture. */
type ClassObjects = Map<number, Objects>;

function objectsByClass(truth: Iterable<VocTruth>, classes: number): readonly ClassObjects[] {
  const byClass = Array.from({ length: classes }, (): ClassObjects => new Map());
  for (const { image, classIndex, difficult, box } of truth) {
    const byImage = byClass[expectClass(classIndex, classes)];
    const objects = byImage.get(image) ?? { box: [], difficult: [], found: [] };
    byImage.set(image, objects);
    objects.box.push(...box);
    objects.difficult.push(difficult);
    objects.found.push(false);
  }
  return byClass;
}

function judgeClass(objects: ClassObjects, rows: DetectionRows, iouThreshold: number): JudgedClass {
  const positivesIn = new Map<number, number>();
  for (const [image, { difficult }] of objects) positivesIn.set(image, difficult.filter((is) => !is).length);
  const counting: number[] = [];
  const isTrue: number[] = [];
  for (const row of byFallingScore(rows.score, rows.score.keys())) {
    const verdict = judge(objects.get(rows.image[row]), rows.box, row * 4, iouThreshold);
    // The reference has one point more here, equal to the one before it (or 0 / 0, which no maximum sees).
    if (verdict === "ignored") continue;
    counting.push(rows.image[row]);
    isTrue.push(verdict === "true" ? 1 : 0);
  }
  return { positivesIn, image: Uint32Array.from(counting), isTrue: Uint8Array.from(isTrue) };
}

/** Holds the detection at `box[at…at+3]` against the picture's objects, and marks what it finds. */
function judge(
  objects: Objects | undefined,
  box: readonly number[],
  at: number,
  iouThreshold: number,
): "true" | "false" | "ignored" {
  if (!objects) return "false";
  let best = Number.NEGATIVE_INFINITY;
  let bestIndex = -1;
  for (let index = 0; index < objects.found.length; index++) {
    const iou = inclusiveIou(box, at, objects.box, index * 4);
    if (iou > best) {
      best = iou;
      bestIndex = index;
    }
  }
  if (best < iouThreshold) return "false";
  if (objects.difficult[bestIndex]) return "ignored";
  if (objects.found[bestIndex]) return "false";
  objects.found[bestIndex] = true;
  return "true";
}

/** IoU of inclusive boxes at a[i…], b[j…]; −∞ where they do not meet. */
function inclusiveIou(a: readonly number[], i: number, b: readonly number[], j: number): number {
  const width = Math.min(a[i + 2], b[j + 2]) - Math.max(a[i], b[j]) + 1;
  const height = Math.min(a[i + 3], b[j + 3]) - Math.max(a[i + 1], b[j + 1]) + 1;
  if (!(width > 0 && height > 0)) return Number.NEGATIVE_INFINITY;
  const areaA = (a[i + 2] - a[i] + 1) * (a[i + 3] - a[i + 1] + 1);
  const areaB = (b[j + 2] - b[j] + 1) * (b[j + 3] - b[j + 1] + 1);
  return (width * height) / (areaA + areaB - width * height);
}

/** VOC 2007: mean of the best precision at recall ≥ 0, 0.1 … 1; null without positives. */
export function elevenPointAp({ positives, recall, precision }: Curve): number | null {
  if (positives === 0) return null;
  let ap = 0;
  let at = 0;
  for (let point = 0; point <= 10; point++) {
    // `point * 0.1`, not `point / 10`: the reference's 0.3, 0.6 and 0.7 lie a bit above and miss an exact recall.
    while (at < recall.length && !(recall[at] >= point * 0.1)) at++;
    ap += (at < recall.length ? precision[at] : 0) / 11;
  }
  return ap;
}

/** VOC 2010 and later: area under the envelope; null without positives. */
function areaAp({ positives, recall, precision }: Curve): number | null {
  if (positives === 0) return null;
  let ap = 0;
  for (let i = 0; i < recall.length; i++) ap += (recall[i] - (i === 0 ? 0 : recall[i - 1])) * precision[i];
  return ap;
}
