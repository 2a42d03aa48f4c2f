/** All that the page knows, as one plain value. Views read it; only the store makes the next one. */
import type { Detection } from "../../../src/index.ts";
import type {
  ChannelMaps,
  CheckpointView,
  ModelInfo,
  NeuronView,
  PictureInfo,
  Progress,
  RunEvent,
  RunInfo,
  Slot,
} from "../simulation/protocol.ts";
import type { LiveState } from "./live-run.ts";
import type { NeuronChoice } from "./neuron-choice.ts";
import type { Settings } from "./settings.ts";

export interface Run {
  readonly info: RunInfo;
  readonly checkpoints: Readonly<Record<Slot, readonly CheckpointView[]>>;
  /** Whether nothing more comes of it: it is at its end, or was stopped. */
  readonly isDone: boolean;
  /** Whether it is of another picture, model or setting than the present one; the next run has not begun yet. */
  readonly isStale: boolean;
}

export interface LabState {
  readonly settings: Settings;
  readonly model: (ModelInfo & { readonly isBuiltIn: boolean }) | null;
  readonly picture: (PictureInfo & { readonly title: string; readonly isScene: boolean }) | null;
  /** Detections of the DNN: undefined while they are computed, null where the model holds no DNN. */
  readonly dnn: readonly Detection[] | null | undefined;
  readonly run: Run | null;
  readonly maps: ChannelMaps | null;
  /** The neuron that is looked at; null for the first of those that are watched. */
  readonly neuron: NeuronChoice | null;
  /** What it does and why, or why that cannot be told; null until it is known. */
  readonly explanation: NeuronView | { readonly refusal: string } | null;
  /** Frames that follow each other, in place of the picture; null where nobody looks at any. */
  readonly live: LiveState | null;
  /** What is being done that takes a while. */
  readonly busy: string | null;
  /** How far it is, where that is known. */
  readonly progress: Progress | null;
  /** What went wrong last. */
  readonly problem: { readonly code: string; readonly message: string } | null;
}

/** The state after something that the simulation tells; the same where it is of a run that is over. */
export function afterEvent(state: LabState, event: RunEvent): LabState {
  switch (event.kind) {
    case "progress":
      return { ...state, progress: event.progress };
    case "started":
      return {
        ...state,
        run: { info: event.run, checkpoints: { a: [], b: [] }, isDone: false, isStale: false },
      };
    case "checkpoint":
      return withCheckpoints(state, event, (before) => [...before, event.checkpoint]);
    case "errors":
      return withCheckpoints(state, event, (before) =>
        before.map((checkpoint) => {
          const outputError = event.errors.get(checkpoint.t);
          return outputError === undefined ? checkpoint : { ...checkpoint, outputError };
        }),
      );
    default:
      return event satisfies never;
  }
}

function withCheckpoints(
  state: LabState,
  { runId, slot }: { readonly runId: number; readonly slot: Slot },
  change: (before: readonly CheckpointView[]) => readonly CheckpointView[],
): LabState {
  const { run } = state;
  if (run?.info.runId !== runId) return state;
  return { ...state, run: { ...run, checkpoints: { ...run.checkpoints, [slot]: change(run.checkpoints[slot]) } } };
}
