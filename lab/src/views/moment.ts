/** What is shown: a run at a step. Views are functions of it. */
import type { CheckpointView, LaneInfo, RunInfo, Slot } from "../simulation/protocol.ts";
import { type TimeAxis, timeAxis } from "./time-axis.ts";

export interface LaneMoment {
  readonly slot: Slot;
  readonly info: LaneInfo;
  /** For people: how the network was made. */
  readonly name: string;
  /** All checkpoints up to the present step; the last one stands where the other network goes on. */
  readonly checkpoints: readonly CheckpointView[];
  readonly now: CheckpointView | undefined;
  /** Of its own steps: networks of different length are compared from their beginnings to their ends. */
  readonly axis: TimeAxis;
}

export interface Moment {
  readonly run: RunInfo;
  /** Index of the present checkpoint. */
  readonly frame: number;
  readonly t: number;
  readonly axis: TimeAxis;
  readonly lanes: readonly LaneMoment[];
}

export function momentOf(
  run: RunInfo,
  checkpoints: Readonly<Record<Slot, readonly CheckpointView[]>>,
  names: Readonly<Record<Slot, string>>,
  frame: number,
): Moment {
  return {
    run,
    frame,
    t: run.at[frame] ?? 0,
    axis: timeAxis(run.timeSteps),
    lanes: run.lanes.map((info) => {
      const reached = checkpoints[info.slot].filter(({ t }) => t <= (run.at[frame] ?? 0));
      const own = { checkpoints: reached, now: reached.at(-1), axis: timeAxis(info.timeSteps) };
      return { slot: info.slot, info, name: names[info.slot], ...own };
    }),
  };
}

/** How many of a run's steps can be shown: those that every network has come to, or has ended before. */
export function availableSteps(run: RunInfo, checkpoints: Readonly<Record<Slot, readonly CheckpointView[]>>): number {
  const reached = run.lanes.map(({ slot, timeSteps }) => {
    const t = checkpoints[slot].at(-1)?.t ?? 0;
    return t >= timeSteps ? run.timeSteps : t;
  });
  const all = Math.min(...reached);
  return run.at.filter((t) => t <= all).length;
}
