/** Boxes and detections: the vocabulary that heads, metrics, figures and the command line share. */

/** Corners in pixels of the original picture, continuous: a box covering the whole picture is [0, 0, width, height]. */
export interface Box {
  readonly xMin: number;
  readonly yMin: number;
  readonly xMax: number;
  readonly yMax: number;
}

/** One detected object. */
export interface Detection extends Box {
  readonly classIndex: number;
  /** Objectness × class probability, in [0, 1]. */
  readonly score: number;
}

/** Intersection over union of two boxes, in [0, 1]; 0 where the union is empty. */
export function intersectionOverUnion(a: Box, b: Box): number {
  const width = Math.min(a.xMax, b.xMax) - Math.max(a.xMin, b.xMin);
  const height = Math.min(a.yMax, b.yMax) - Math.max(a.yMin, b.yMin);
  if (width <= 0 || height <= 0) return 0;
  const intersection = width * height;
  return intersection / (areaOf(a) + areaOf(b) - intersection);
}

export function areaOf(box: Box): number {
  return (box.xMax - box.xMin) * (box.yMax - box.yMin);
}
