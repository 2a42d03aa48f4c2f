/** Detections as every command's JSON has them. */
import type { Detection } from "../core/box.ts";

export function detectionsJson(detections: readonly Detection[], classNames: readonly string[]) {
  return detections.map(({ classIndex, score, xMin, yMin, xMax, yMax }) => ({
    label: classNames[classIndex] ?? String(classIndex),
    classIndex,
    score,
    box: [xMin, yMin, xMax, yMax],
  }));
}
