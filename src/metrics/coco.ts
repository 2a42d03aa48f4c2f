/**
 * COCO's twelve numbers for boxes, equal to the reference evaluator's (Lin et al., ECCV 2014, and its `cocoeval`):
 *
 * - boxes are [x, y, width, height]; IoU without any +1; against a crowd the intersection is divided by the detection's area;
 * - per picture and category the 100 best detections count, and choose in order of falling score: the unfound object of
 *   greatest IoU ≥ threshold (the last of equals), an ignored one only where there is no other;
 * - ignored are crowds, which may be found again and again, and objects whose `area` is outside the range; a detection
 *   that finds an ignored object, or finds nothing and is itself outside the range, counts neither way.
 *
 * The one deviation: the reference remembers matches by annotation id and so takes an object of id 0 for not found; here it
 * is an object like any other.
 */
import {
  areaRanges,
  type CocoTruth,
  iouThresholds,
  isIgnorable,
  isIgnored,
  isTrue,
  matchPicture,
  type Verdicts,
} from "./coco-match.ts";
import { type Curve, countPositives, curveOf, type JudgedClass } from "./judged.ts";
import { byFallingScore, type DetectionRows, detectionRows, expectClass, meanDefined, type ScoredBox } from "./rows.ts";

/** In [0, 1]; null where there are no positives (the reference prints −1). */
export interface CocoStats {
  /** AP over IoU 0.5, 0.55 … 0.95: "map50To95". */
  readonly ap: number | null;
  readonly ap50: number | null;
  readonly ap75: number | null;
  readonly apSmall: number | null;
  readonly apMedium: number | null;
  readonly apLarge: number | null;
  /** Average recall with 1, 10, 100 detections per picture and category. */
  readonly ar1: number | null;
  readonly ar10: number | null;
  readonly ar100: number | null;
  readonly arSmall: number | null;
  readonly arMedium: number | null;
  readonly arLarge: number | null;
}

export interface CocoClassScores {
  /** Objects that are not crowds. */
  readonly positives: number;
  readonly detections: number;
  readonly ap: number | null;
  readonly ap50: number | null;
}

export interface CocoScores {
  readonly stats: CocoStats;
  readonly perClass: readonly CocoClassScores[];
  /** By category, at IoU 0.5 and over all areas: what AP50 is counted from. */
  readonly judged: readonly JudgedClass[];
}

/** linspace(0, 1, 101) to the last bit. */
const recallPoints = Array.from({ length: 101 }, (_, i) => i * 0.01);

/** Index of the range of all areas. */
const all = 0;

/** Per picture and category. */
const maxDetections = 100;

/**
 * Evaluates all categories. Equal scores stay in order of `image` and, within a picture, in the order in which they come.
 */
export function evaluateCoco(
  truth: Iterable<CocoTruth>,
  detections: Iterable<ScoredBox>,
  { classes }: { readonly classes: number },
): CocoScores {
  const truths = Array.from({ length: classes }, (): CocoTruth[] => []);
  for (const object of truth) truths[expectClass(object.classIndex, classes)].push(object);
  const perCategory = detectionRows(detections, classes).map((rows, index) => evaluateCategory(truths[index], rows));
  const mean = (pick: (category: CategoryScores) => readonly (number | null)[]) =>
    meanDefined(perCategory.flatMap(pick));
  return {
    stats: {
      ap: mean(({ ap }) => ap[all]),
      ap50: mean(({ ap }) => [ap[all][0]]),
      ap75: mean(({ ap }) => [ap[all][5]]),
      apSmall: mean(({ ap }) => ap[1]),
      apMedium: mean(({ ap }) => ap[2]),
      apLarge: mean(({ ap }) => ap[3]),
      ar1: mean(({ recall1 }) => recall1),
      ar10: mean(({ recall10 }) => recall10),
      ar100: mean(({ recall }) => recall[all]),
      arSmall: mean(({ recall }) => recall[1]),
      arMedium: mean(({ recall }) => recall[2]),
      arLarge: mean(({ recall }) => recall[3]),
    },
    perClass: perCategory.map(({ ap, positives, detections }) => ({
      positives,
      detections,
      ap: meanDefined(ap[all]),
      ap50: ap[all][0],
    })),
    judged: perCategory.map(({ judged }) => judged),
  };
}

/** The twelve numbers in the reference's order, −1 for what is not defined. */
export function statsInOrder(stats: CocoStats): readonly number[] {
  const { ap, ap50, ap75, apSmall, apMedium, apLarge, ar1, ar10, ar100, arSmall, arMedium, arLarge } = stats;
  const ordered = [ap, ap50, ap75, apSmall, apMedium, apLarge, ar1, ar10, ar100, arSmall, arMedium, arLarge];
  return ordered.map((value) => value ?? -1);
}

/** Of one category; [threshold] or [area range][threshold], null without positives in the range. */
interface CategoryScores {
  readonly judged: JudgedClass;
  readonly positives: number;
  readonly detections: number;
  readonly ap: readonly (readonly (number | null)[])[];
  readonly recall: readonly (readonly (number | null)[])[];
  readonly recall1: readonly (number | null)[];
  readonly recall10: readonly (number | null)[];
}

function evaluateCategory(truth: readonly CocoTruth[], rows: DetectionRows): CategoryScores {
  const { kept, rank } = keepBest(rows);
  const objects = byImage(truth);
  const verdicts: Verdicts = areaRanges.map(() => iouThresholds.map(() => new Uint8Array(kept.length)));
  for (let first = 0, last = 0; first < kept.length; first = last) {
    while (last < kept.length && (last === first || rank[last] > 0)) last++;
    const boxes = Array.from(kept.subarray(first, last), (row) => rows.box.slice(row * 4, row * 4 + 4));
    matchPicture(objects.get(rows.image[kept[first]]) ?? [], boxes, first, verdicts);
  }
  const score = Array.from(kept, (row) => rows.score[row]);
  const order = byFallingScore(score, score.keys());
  const images = Array.from(kept, (row) => rows.image[row]);
  const positivesIn = areaRanges.map((range) => countByImage(truth.filter((object) => !isIgnorable(object, range))));
  const judge = (area: number, t: number, ranked: Uint32Array) =>
    judgedBy(verdicts[area][t], ranked, images, positivesIn[area]);
  const curve = (area: number, ranked: Uint32Array) =>
    iouThresholds.map((_, t) => pointsOf(curveOf(judge(area, t, ranked), Number.EPSILON)));
  const recallOfBest = (count: number) =>
    curve(
      all,
      order.filter((at) => rank[at] < count),
    ).map(({ recall }) => recall);
  const curves = areaRanges.map((_, area) => curve(area, order));
  const judged = judge(all, 0, order);
  return {
    judged,
    positives: countPositives(judged),
    detections: rows.score.length,
    ap: curves.map((points) => points.map(({ ap }) => ap)),
    recall: curves.map((points) => points.map(({ recall }) => recall)),
    recall1: recallOfBest(1),
    recall10: recallOfBest(10),
  };
}

function countByImage(objects: readonly CocoTruth[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const { image } of objects) counts.set(image, (counts.get(image) ?? 0) + 1);
  return counts;
}

/** The detections of `order` that count, with their verdicts. */
function judgedBy(
  verdicts: Uint8Array,
  order: Uint32Array,
  images: readonly number[],
  positivesIn: ReadonlyMap<number, number>,
): JudgedClass {
  // The reference has one point more for each that is ignored, equal to the one before it, which changes neither envelope nor recall.
  const counting = order.filter((at) => verdicts[at] !== isIgnored);
  return {
    positivesIn,
    image: counting.map((at) => images[at]),
    isTrue: Uint8Array.from(counting, (at) => (verdicts[at] === isTrue ? 1 : 0)),
  };
}

function byImage(truth: readonly CocoTruth[]): ReadonlyMap<number, readonly CocoTruth[]> {
  const groups = new Map<number, CocoTruth[]>();
  for (const object of truth) {
    const group = groups.get(object.image);
    if (group) group.push(object);
    else groups.set(object.image, [object]);
  }
  return groups;
}

interface Kept {
  /** Row numbers, pictures in ascending order, in each by falling score. */
  readonly kept: Uint32Array;
  /** Place of each in its picture, from 0. */
  readonly rank: Uint8Array;
}

/** The 100 best rows of each picture. */
function keepBest({ image, score }: DetectionRows): Kept {
  const ordered = Uint32Array.from(image.keys()).sort((a, b) => image[a] - image[b] || score[b] - score[a] || a - b);
  const kept = new Uint32Array(ordered.length);
  const rank = new Uint8Array(ordered.length);
  let length = 0;
  for (let at = 0, place = 0; at < ordered.length; at++, place++) {
    if (at > 0 && image[ordered[at]] !== image[ordered[at - 1]]) place = 0;
    if (place >= maxDetections) continue;
    kept[length] = ordered[at];
    rank[length++] = place;
  }
  return { kept: kept.subarray(0, length), rank: rank.subarray(0, length) };
}

function pointsOf(curve: Curve) {
  // With all detections accepted.
  const recall = curve.positives === 0 ? null : (curve.recall.at(-1) ?? 0);
  return { ap: interpolatedAp(curve), recall };
}

/** Average precision over the 101 recall points; null without positives. */
export function interpolatedAp({ positives, recall, precision }: Curve): number | null {
  if (positives === 0) return null;
  let sum = 0;
  let at = 0;
  for (const point of recallPoints) {
    while (at < recall.length && recall[at] < point) at++;
    if (at === recall.length) break;
    sum += precision[at];
  }
  return sum / recallPoints.length;
}
