/** What is shown: a run at a step. Views are functions of it. */
import type { CheckpointView, LaneInfo, RunInfo, Slot } from "../simulation/protocol.ts";
import { type TimeAxis, timeAxis } from "./time-axis.ts";

export interface LaneMoment {
  readonly slot: Slot;
  readonly info: LaneInfo;
  /** For people: how the network was made. */
  readonly name: string;
  /** All checkpoints up to the present one. */
  readonly checkpoints: readonly CheckpointView[];
  readonly now: CheckpointView | undefined;
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
    lanes: run.lanes.map((info) => ({
      slot: info.slot,
      info,
      name: names[info.slot],
      checkpoints: checkpoints[info.slot].slice(0, frame + 1),
      now: checkpoints[info.slot][frame],
    })),
  };
}
