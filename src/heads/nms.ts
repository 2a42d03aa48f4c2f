import type { Detection } from "../core/box.ts";

/**
 * Class-wise non-maximum suppression: by falling score (ties keep their order), a detection is dropped when its IoU with
 * a kept one of its class exceeds `iouThreshold`. The result is sorted by falling score.
 *
 * A spiking network that has not settled says everything everywhere: tens of thousands of candidates, most of which are
 * kept. Every one is compared with all kept ones of its class, so these lie in plain arrays of numbers.
 * @param iouThreshold 0 to 1.
 */
export function nonMaxSuppression(detections: readonly Detection[], iouThreshold: number): Detection[] {
  const sorted = [...detections].sort((a, b) => b.score - a.score);
  const places = new Map<number, number[]>();
  for (const [place, { classIndex }] of sorted.entries()) {
    const sameClass = places.get(classIndex);
    if (sameClass) sameClass.push(place);
    else places.set(classIndex, [place]);
  }
  const isKept = new Uint8Array(sorted.length);
  for (const ofClass of places.values()) suppress(sorted, ofClass, iouThreshold, isKept);
  return sorted.filter((_, place) => isKept[place] === 1);
}

/** Marks in `isKept` which of one class's detections, at these `places`, are kept. */
function suppress(
  detections: readonly Detection[],
  places: readonly number[],
  iouThreshold: number,
  isKept: Uint8Array,
): void {
  // Corners and areas of those kept so far.
  const [xMins, yMins, xMaxs, yMaxs, areas] = Array.from({ length: 5 }, () => new Float64Array(places.length));
  let kept = 0;
  for (const place of places) {
    const { xMin, yMin, xMax, yMax } = detections[place];
    const area = (xMax - xMin) * (yMax - yMin);
    let i = 0;
    for (; i < kept; i++) {
      const width = Math.min(xMax, xMaxs[i]) - Math.max(xMin, xMins[i]);
      if (width <= 0) continue;
      const height = Math.min(yMax, yMaxs[i]) - Math.max(yMin, yMins[i]);
      if (height <= 0) continue;
      const intersection = width * height;
      if (intersection / (area + areas[i] - intersection) > iouThreshold) break;
    }
    if (i < kept) continue;
    xMins[kept] = xMin;
    yMins[kept] = yMin;
    xMaxs[kept] = xMax;
    yMaxs[kept] = yMax;
    areas[kept] = area;
    kept++;
    isKept[place] = 1;
  }
}
