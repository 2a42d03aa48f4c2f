/** What an evaluation's stored readings say about adaptive time: where each picture's run would have stopped. */
import { displayThresholds } from "../detections/detections.ts";
import { settledReading } from "../detections/settling.ts";
import { type SpikingReading, unpack } from "./picture.ts";

export interface SettledRun {
  /** At which the run would have stopped; the last where detections never settled. */
  readonly reading: SpikingReading;
  readonly hasSettled: boolean;
}

export interface SettlingSteps {
  readonly meanSteps: number;
  readonly maxSteps: number;
  /** Part of the pictures that settled, in [0, 1]. */
  readonly settledShare: number;
}

/**
 * One picture's run, judged by the detections that would be shown, as `detect --settle` does.
 * @param readings by rising t, at least one.
 */
export function settledRun(readings: readonly SpikingReading[], patience: number): SettledRun {
  const shown = readings.map(({ detections }) =>
    [...unpack(detections)].filter(({ score }) => score > displayThresholds.scoreThreshold),
  );
  const index = settledReading(shown, patience);
  // −1, never settled, is the last.
  return { reading: readings.at(index) as SpikingReading, hasSettled: index >= 0 };
}

/** Over pictures; 0 where there are none. */
export function settlingSteps(runs: readonly SettledRun[]): SettlingSteps {
  const steps = runs.map(({ reading }) => reading.t);
  const pictures = Math.max(1, runs.length);
  return {
    meanSteps: steps.reduce((sum, t) => sum + t, 0) / pictures,
    maxSteps: steps.reduce((most, t) => Math.max(most, t), 0),
    settledShare: runs.filter(({ hasSettled }) => hasSettled).length / pictures,
  };
}
