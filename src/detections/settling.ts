/**
 * When a picture's run may stop: its detections have settled.
 *
 * A reading agrees with another if their detections pair up one to one, each pair of one class, its boxes overlapping by an
 * IoU of at least {@link settledIou}, its scores no further apart than {@link settledScore}. Detections have settled at a
 * reading that holds at least one and agrees with each of the `patience` readings before it.
 *
 * Every earlier reading is compared with the newest, not with its neighbour: boxes that creep do not pass as boxes at rest.
 * A reading without detections never settles: before spikes have reached the heads all readings are empty, and agree.
 */
import { type Detection, intersectionOverUnion } from "../core/box.ts";

/** Least IoU of a box with itself at another reading: edges that moved by less are not seen to move. */
export const settledIou = 0.9;

/** Greatest difference of a detection's score between readings. */
export const settledScore = 0.1;

/** Readings before the newest that must agree with it, where nothing else is asked for. */
export const defaultPatience = 2;

/**
 * Whether detections have settled at the last of the readings, oldest first; the order within a reading does not matter.
 * @param readings the detections that are shown, at successive checkpoints of one run.
 * @param patience readings before the last that must agree with it, 1 or more.
 */
export function hasSettled(readings: readonly (readonly Detection[])[], patience: number): boolean {
  if (readings.length <= patience) return false;
  const newest = readings[readings.length - 1];
  return newest.length > 0 && readings.slice(-1 - patience, -1).every((reading) => agree(reading, newest));
}

/** Index of the first reading at which detections have settled; −1 where they never do. */
export function settledReading(readings: readonly (readonly Detection[])[], patience: number): number {
  return readings.findIndex((_, index) => hasSettled(readings.slice(0, index + 1), patience));
}

/** Whether detections can be paired up one to one: a perfect matching, by augmenting paths. */
function agree(some: readonly Detection[], others: readonly Detection[]): boolean {
  if (some.length !== others.length) return false;
  /** Index into `some` of each other's partner. */
  const partners = new Map<number, number>();
  const findPartner = (index: number, tried: Set<number>): boolean =>
    others.some((other, candidate) => {
      if (tried.has(candidate) || !isSame(some[index], other)) return false;
      tried.add(candidate);
      const rival = partners.get(candidate);
      if (rival !== undefined && !findPartner(rival, tried)) return false;
      partners.set(candidate, index);
      return true;
    });
  return some.every((_, index) => findPartner(index, new Set()));
}

function isSame(a: Detection, b: Detection): boolean {
  return (
    a.classIndex === b.classIndex &&
    Math.abs(a.score - b.score) <= settledScore &&
    intersectionOverUnion(a, b) >= settledIou
  );
}
