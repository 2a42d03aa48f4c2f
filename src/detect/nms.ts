import { type Detection, intersectionOverUnion } from "../core/box.ts";

/**
 * Class-wise non-maximum suppression: by falling score (ties keep their order), a detection is dropped when its IoU with
 * a kept one of its class exceeds `iouThreshold`. The result is sorted by falling score.
 */
export function nonMaxSuppression(detections: readonly Detection[], iouThreshold: number): Detection[] {
  const keptByClass = new Map<number, Detection[]>();
  const kept: Detection[] = [];
  for (const candidate of [...detections].sort((a, b) => b.score - a.score)) {
    const sameClass = keptByClass.get(candidate.classIndex) ?? [];
    if (sameClass.some((better) => intersectionOverUnion(better, candidate) > iouThreshold)) continue;
    sameClass.push(candidate);
    keptByClass.set(candidate.classIndex, sameClass);
    kept.push(candidate);
  }
  return kept;
}
