/** Simulates pictures and counts what that takes, step by step: the measurement behind all that is said of energy. */
import type { FloatTensor } from "../core/tensor.ts";
import type { Graph, SimulationSettings } from "../graph/graph.ts";
import { meanOperations, type OperationsAt } from "../metrics/energy-profile.ts";
import { type CountedActivity, spikingOperations } from "../metrics/operations.ts";
import type { Session } from "../snn/engine.ts";
import { simulate } from "../snn/simulate.ts";

export interface MeasureOperationsOptions {
  readonly settings: SimulationSettings;
  /** Steps at which to count; by default {@link fineSteps}. */
  readonly at?: readonly number[];
  /** Of Poisson input. */
  readonly seed?: number;
  /** Called after each picture. */
  readonly onImage?: (done: number) => void;
}

export interface MeasuredOperations {
  /** Mean operations of a picture up to each step. */
  readonly at: readonly OperationsAt[];
  /** Mean activity of a picture, by layer, up to the last of these steps. */
  readonly activity: ReadonlyMap<string, CountedActivity>;
}

/** Mean operations of pictures. @param images network inputs [3, H, W]; at least one. */
export async function operationsOverTime(
  session: Session,
  graph: Graph,
  images: Iterable<FloatTensor> | AsyncIterable<FloatTensor>,
  { settings, at = fineSteps(settings.timeSteps), seed = 1, onImage }: MeasureOperationsOptions,
): Promise<MeasuredOperations> {
  const { timeSteps } = settings;
  const pictures: OperationsAt[][] = [];
  const activities: ReadonlyMap<string, CountedActivity>[] = [];
  for await (const image of images) {
    const picture: OperationsAt[] = [];
    let last: ReadonlyMap<string, CountedActivity> = new Map();
    for await (const { t, activity } of simulate(session, image, { ...settings, at, seed })) {
      picture.push({ t, ...spikingOperations(graph, activity, { t, timeSteps }) });
      last = activity;
    }
    pictures.push(picture);
    activities.push(last);
    onImage?.(pictures.length);
  }
  return { at: meanOperations(pictures), activity: meanActivity(activities) };
}

/** By layer. @param pictures at least one, all of one network. */
export function meanActivity(
  pictures: readonly ReadonlyMap<string, CountedActivity>[],
): ReadonlyMap<string, CountedActivity> {
  const mean = (name: string, of: keyof CountedActivity) =>
    pictures.reduce((sum, activity) => sum + (activity.get(name)?.[of] ?? 0), 0) / pictures.length;
  return new Map(
    [...(pictures[0]?.keys() ?? [])].map((name) => [
      name,
      { spikes: mean(name, "spikes"), synOps: mean(name, "synOps") },
    ]),
  );
}

/** About four steps an octave, and T: fine enough to draw straight lines between them. */
export function fineSteps(timeSteps: number): readonly number[] {
  const steps = new Set<number>();
  for (let i = 0; 2 ** (i / 4) < timeSteps; i++) steps.add(Math.round(2 ** (i / 4)));
  return [...steps.add(timeSteps)];
}
