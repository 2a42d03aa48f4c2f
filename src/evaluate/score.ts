/** Detections of a whole data set → its own benchmark's numbers. */
import { type DataSet, type ScoringRule, type StatedDetection, statedNumbers } from "../data/dataset.ts";
import { evaluateCoco, statsInOrder } from "../metrics/coco.ts";
import { evaluateVoc } from "../metrics/voc.ts";

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

type Score = (dataSet: DataSet, detections: Iterable<StatedDetection>) => Scores;

const scorers: { readonly [R in ScoringRule]: Score } = { voc: scoreVoc, coco: scoreCoco };

/** Scores by the data set's rule. Order matters for ties: see the evaluators. */
export function scoreDetections(dataSet: DataSet, detections: Iterable<StatedDetection>): Scores {
  return scorers[dataSet.rule](dataSet, detections);
}

function scoreVoc(dataSet: DataSet, detections: Iterable<StatedDetection>): Scores {
  const classes = dataSet.classNames.length;
  const { elevenPointMap, areaMap, perClass } = evaluateVoc(truthOf(dataSet), detections, { classes });
  return {
    voc07Map: elevenPointMap,
    map50: areaMap,
    perClass: perClass.map(({ elevenPointAp, areaAp, ...counts }, index) => ({
      label: dataSet.classNames[index],
      ...counts,
      ap50: areaAp,
      voc07Ap: elevenPointAp,
    })),
  };
}

function scoreCoco(dataSet: DataSet, detections: Iterable<StatedDetection>): Scores {
  const { stats, perClass } = evaluateCoco(truthOf(dataSet), detections, { classes: dataSet.classNames.length });
  return {
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
}

function* truthOf(dataSet: DataSet) {
  for (const [image, { objects }] of dataSet.images.entries()) {
    for (const object of objects) {
      const { classIndex, difficult, crowd, area } = object;
      yield { image, classIndex, difficult, crowd, area, box: statedNumbers(object, dataSet.rule) };
    }
  }
}
