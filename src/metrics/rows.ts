/**
 * What the evaluators are given, and how they hold it: rows by class, in flat arrays, in the order of arrival (which
 * breaks ties). Half a million detections are 25 MB.
 */

import { expectInteger } from "../core/errors.ts";

/** One detection. `image` is any non-negative integer that names the picture; the evaluator says what its order means. */
export interface ScoredBox {
  readonly image: number;
  readonly classIndex: number;
  readonly score: number;
  /** Which four numbers is the evaluator's business. */
  readonly box: readonly [number, number, number, number];
}

/** The detections of one class. */
export interface DetectionRows {
  readonly image: number[];
  readonly score: number[];
  /** Four numbers a row. */
  readonly box: number[];
}

/** Rows by class index. @throws ArgumentError for a class that there is not. */
export function detectionRows(detections: Iterable<ScoredBox>, classes: number): readonly DetectionRows[] {
  const rows = Array.from({ length: classes }, (): DetectionRows => ({ image: [], score: [], box: [] }));
  for (const { image, classIndex, score, box } of detections) {
    const row = rows[expectClass(classIndex, classes)];
    row.image.push(image);
    row.score.push(score);
    row.box.push(box[0], box[1], box[2], box[3]);
  }
  return rows;
}

export function expectClass(classIndex: number, classes: number): number {
  return expectInteger("classIndex", classIndex, 0, classes - 1);
}

/** Row numbers by falling score; equal scores stay in their order. */
export function byFallingScore(score: readonly number[], rows: Iterable<number>): Uint32Array {
  return Uint32Array.from(rows).sort((a, b) => score[b] - score[a] || a - b);
}

/** The mean of those that are defined; null where none is. */
export function meanDefined(values: readonly (number | null)[]): number | null {
  const defined = values.filter((value) => value !== null);
  return defined.length === 0 ? null : defined.reduce((sum, value) => sum + value, 0) / defined.length;
}
