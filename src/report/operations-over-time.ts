/** Simulates pictures and counts what that takes, step by step: the measurement behind all that is said of energy. */
import type { FloatTensor } from "../core/tensor.ts";
import type { Graph, SimulationSettings } from "../graph/graph.ts";
import { meanOperations, type OperationsAt } from "../metrics/energy-profile.ts";
import { spikingOperations } from "../metrics/operations.ts";
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

/** Mean operations of a picture up to each step. @param images network inputs [3, H, W]; at least one. */
export async function operationsOverTime(
  session: Session,
  graph: Graph,
  images: Iterable<FloatTensor> | AsyncIterable<FloatTensor>,
  { settings, at = fineSteps(settings.timeSteps), seed = 1, onImage }: MeasureOperationsOptions,
): Promise<readonly OperationsAt[]> {
  const { timeSteps } = settings;
  const pictures: OperationsAt[][] = [];
  for await (const image of images) {
    const picture: OperationsAt[] = [];
    for await (const { t, activity } of simulate(session, image, { ...settings, at, seed })) {
      picture.push({ t, ...spikingOperations(graph, activity, { t, timeSteps }) });
    }
    pictures.push(picture);
    onImage?.(pictures.length);
  }
  return meanOperations(pictures);
}

/** About four steps an octave, and T: fine enough to draw straight lines between them. */
export function fineSteps(timeSteps: number): readonly number[] {
  const steps = new Set<number>();
  for (let i = 0; 2 ** (i / 4) < timeSteps; i++) steps.add(Math.round(2 ** (i / 4)));
  return [...steps.add(timeSteps)];
}
