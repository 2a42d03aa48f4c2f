/** Detections of a whole data set → its own benchmark's numbers. */
import { type DataSet, type ScoringRule, type StatedDetection, statedNumbers } from "../data/dataset.ts";
import type { PrecisionRule } from "../metrics/bootstrap.ts";
import { evaluateCoco, interpolatedAp, statsInOrder } from "../metrics/coco.ts";
import type { JudgedClass } from "../metrics/judged.ts";
import { elevenPointAp, evaluateVoc } from "../metrics/voc.ts";

/** Precisions are in [0, 1]; null where a class (or every class) has no positives. */
export interface ClassScore {
  readonly label: string;
  /** Objects to be found: not difficult (VOC), no crowd (COCO). */
  readonly positives: number;
  readonly detections: number;
  /** AP at IoU 0.5: area under the curve (VOC 2010+), or COCO's 101 points. */
  readonly ap50: number | null;
  /** VOC 2007's eleven points; VOC only. */
  readonly voc07Ap?: number | null;
  /** Mean over IoU 0.5 … 0.95; COCO only. */
  readonly ap50To95?: number | null;
}

export interface Scores {
  /** VOC only. */
  readonly voc07Map?: number | null;
  readonly map50: number | null;
  /** COCO only. */
  readonly map50To95?: number | null;
  /** COCO's twelve numbers in the reference's order, −1 for what is not defined; COCO only. */
  readonly stats?: readonly number[];
  readonly perClass: readonly ClassScore[];
}

export interface JudgedScores {
  readonly scores: Scores;
  /** By class: what the main number of the scores was counted from. */
  readonly judged: readonly JudgedClass[];
}

type Score = (dataSet: DataSet, detections: Iterable<StatedDetection>) => JudgedScores;

const scorers: { readonly [R in ScoringRule]: Score } = { voc: scoreVoc, coco: scoreCoco };

/** How the number that the field compares (`mainMap`) comes from a class's curve. */
export const mainRules: { readonly [R in ScoringRule]: PrecisionRule } = {
  voc: { epsilon: 0, averagePrecision: elevenPointAp },
  coco: { epsilon: Number.EPSILON, averagePrecision: interpolatedAp },
};

/** Scores by the data set's rule. Order matters for ties: see the evaluators. */
export function scoreDetections(dataSet: DataSet, detections: Iterable<StatedDetection>): Scores {
  return judgeDetections(dataSet, detections).scores;
}

/** The same, with what it takes to say how sure they are. */
export function judgeDetections(dataSet: DataSet, detections: Iterable<StatedDetection>): JudgedScores {
  return scorers[dataSet.rule](dataSet, detections);
}

/** The number that the field compares: VOC 2007's on VOC, AP at IoU 0.5 on COCO. */
export function mainMap({ voc07Map, map50 }: Scores): number | null {
  return voc07Map ?? map50;
}

function scoreVoc(dataSet: DataSet, detections: Iterable<StatedDetection>): JudgedScores {
  const classes = dataSet.classNames.length;
  const { elevenPointMap, areaMap, perClass, judged } = evaluateVoc(truthOf(dataSet), detections, { classes });
  const scores = {
    voc07Map: elevenPointMap,
    map50: areaMap,
    perClass: perClass.map(({ elevenPointAp, areaAp, ...counts }, index) => ({
      label: dataSet.classNames[index],
      ...counts,
      ap50: areaAp,
      voc07Ap: elevenPointAp,
    })),
  };
  return { scores, judged };
}

function scoreCoco(dataSet: DataSet, detections: Iterable<StatedDetection>): JudgedScores {
  const classes = dataSet.classNames.length;
  const { stats, perClass, judged } = evaluateCoco(truthOf(dataSet), detections, { classes });
  const scores = {
    map50: stats.ap50,
    map50To95: stats.ap,
    stats: statsInOrder(stats),
    perClass: perClass.map(({ ap, ap50, ...counts }, index) => ({
      label: dataSet.classNames[index],
      ...counts,
      ap50,
      ap50To95: ap,
    })),
  };
  return { scores, judged };
}

function* truthOf(dataSet: DataSet) {
  for (const [image, { objects }] of dataSet.images.entries()) {
    for (const object of objects) {
      const { classIndex, difficult, crowd, area } = object;
      yield { image, classIndex, difficult, crowd, area, box: statedNumbers(object, dataSet.rule) };
    }
  }
}
