/** One spiking network on a few pictures: all that the figures show of it, collected in one simulation a picture. */
import type { Detection } from "../../core/box.ts";
import type { FloatTensor } from "../../core/tensor.ts";
import { displayThresholds, readDetections } from "../../detections/detections.ts";
import { inferShapes, type SpikingGraph } from "../../graph/graph.ts";
import type { Shape } from "../../graph/layer-kinds.ts";
import { isPopulation } from "../../graph/layers.ts";
import type { NetworkInput } from "../../image/preprocess.ts";
import { conversionError } from "../../metrics/conversion-error.ts";
import { type NetworkWork, networkWork } from "../../metrics/energy-models/work.ts";
import { meanOperations, type OperationsAt } from "../../metrics/energy-profile.ts";
import { channelRates, neuronRates } from "../../metrics/firing-rates.ts";
import { spikingOperations } from "../../metrics/operations.ts";
import type { LayerActivity, Session } from "../../snn/engine.ts";
import { type SimulatedCheckpoint, simulate } from "../../snn/simulate.ts";
import { meanActivity } from "../operations-over-time.ts";

/** A picture as networks get it, and what the DNN makes of it. */
export interface StudiedPicture {
  readonly input: NetworkInput;
  /** Values [C, H, W] of every population's activation, by name. */
  readonly activations: ReadonlyMap<string, FloatTensor>;
}

/** Which single neurons are looked at. */
export interface Focus {
  /** Figure 3: mean rates of this layer's channels. */
  readonly ratesLayer: string;
  /** Figure 2: rates of this channel's neurons. */
  readonly channel: { readonly layer: string; readonly channel: number };
  /** Figure 4: every spike of these, on the first picture. */
  readonly raster: { readonly layer: string; readonly neurons: readonly number[] };
}

export interface SimulatedFacts {
  readonly configuration: string;
  /** T. */
  readonly timeSteps: number;
  /** Means of a picture, at each checkpoint. */
  readonly operations: readonly OperationsAt[];
  /** What energy models price: of the whole run, mean of a picture. */
  readonly work: NetworkWork;
  /** Σ|s| of the run, by population; mean of a picture. */
  readonly spikes: ReadonlyMap<string, number>;
  /** Accumulates of the run, by convolution or sum; mean of a picture. */
  readonly synOps: ReadonlyMap<string, number>;
  /** Conversion error by population, at each checkpoint; mean over pictures. */
  readonly errors: readonly { readonly t: number; readonly byLayer: ReadonlyMap<string, number> }[];
  /** Mean |r| by channel of the layer in focus; mean over pictures. */
  readonly channelRates: readonly number[];
  /** |r| of all neurons of the channel in focus, on all pictures. */
  readonly neuronRates: readonly number[];
  /** Spikes [t, neurons] of the neurons in focus on the first picture. */
  readonly raster: Int8Array;
  /** By picture, at each checkpoint. */
  readonly detections: readonly (readonly { readonly t: number; readonly detections: readonly Detection[] }[])[];
}

export interface SimulateFactsOptions {
  readonly configuration: string;
  /** Rising, the last is T. */
  readonly at: readonly number[];
  readonly focus: Focus;
  /** Of Poisson input. */
  readonly seed: number;
  /** Called after each picture. */
  readonly onPicture?: (done: number) => void;
}

/** @param pictures at least one. */
export async function simulateFacts(
  graph: SpikingGraph,
  session: Session,
  pictures: readonly StudiedPicture[],
  { configuration, at, focus, seed, onPicture }: SimulateFactsOptions,
): Promise<SimulatedFacts> {
  const studied: PictureFacts[] = [];
  for (const picture of pictures) {
    studied.push(await studyPicture(graph, session, picture, at, focus, seed));
    onPicture?.(studied.length);
  }
  const [first] = studied;
  const meanOf = <K>(of: (facts: PictureFacts) => ReadonlyMap<K, number>) =>
    new Map([...of(first).keys()].map((key) => [key, mean(studied.map((facts) => of(facts).get(key) as number))]));
  const timeSteps = at[at.length - 1];
  return {
    configuration,
    timeSteps,
    work: networkWork(graph, meanActivity(studied.map(({ activity }) => activity)), { t: timeSteps, timeSteps }),
    operations: meanOperations(studied.map(({ operations }) => operations)),
    spikes: meanOf(({ activity }) => mapValues(activity, ({ spikes }) => spikes)),
    synOps: meanOf(({ activity }) => mapValues(activity, ({ synOps }) => synOps)),
    errors: at.map((t, checkpoint) => ({ t, byLayer: meanOf(({ errors }) => errors[checkpoint]) })),
    channelRates: first.channelRates.map((_, channel) => mean(studied.map((facts) => facts.channelRates[channel]))),
    neuronRates: studied.flatMap((facts) => facts.neuronRates),
    raster: first.raster,
    detections: studied.map(({ detections }) => detections),
  };
}

interface PictureFacts {
  readonly operations: readonly OperationsAt[];
  readonly activity: ReadonlyMap<string, LayerActivity>;
  /** By checkpoint. */
  readonly errors: readonly ReadonlyMap<string, number>[];
  readonly channelRates: readonly number[];
  readonly neuronRates: readonly number[];
  readonly raster: Int8Array;
  readonly detections: readonly { readonly t: number; readonly detections: readonly Detection[] }[];
}

async function studyPicture(
  graph: SpikingGraph,
  session: Session,
  { input, activations }: StudiedPicture,
  at: readonly number[],
  focus: Focus,
  seed: number,
): Promise<PictureFacts> {
  const shapes = inferShapes(graph);
  const populations = graph.layers.filter(isPopulation);
  const timeSteps = at[at.length - 1];
  const settings = { ...graph.simulation, timeSteps };
  const record = { counts: populations.map(({ name }) => name), rasters: [focus.raster] };
  const operations: OperationsAt[] = [];
  const errors: ReadonlyMap<string, number>[] = [];
  const detections: { t: number; detections: readonly Detection[] }[] = [];
  let last: SimulatedCheckpoint | undefined;
  for await (const checkpoint of simulate(session, input.image, { ...settings, at, seed, record })) {
    const { t, activity, outputs, recorded } = checkpoint;
    operations.push({ t, ...spikingOperations(graph, activity, { t, timeSteps }) });
    detections.push({ t, detections: await readDetections(graph, outputs, input, displayThresholds) });
    const errorOf = (name: string, lambda: ArrayLike<number>) =>
      conversionError(
        recorded.counts.get(name) as Int32Array,
        lambda,
        shapes.get(name) as Shape,
        checkpoint.unitSteps,
        (activations.get(name) as FloatTensor).data,
      );
    errors.push(new Map(populations.map(({ name, lambda }) => [name, errorOf(name, lambda.data)])));
    last = checkpoint;
  }
  const { recorded, activity, unitSteps } = last as SimulatedCheckpoint;
  const countsOf = (name: string) => recorded.counts.get(name) as Int32Array;
  const shapeOf = (name: string) => shapes.get(name) as Shape;
  const { layer, channel } = focus.channel;
  return {
    operations,
    activity,
    errors,
    channelRates: [...channelRates(countsOf(focus.ratesLayer), shapeOf(focus.ratesLayer), unitSteps)],
    neuronRates: [...neuronRates(countsOf(layer), shapeOf(layer), channel, unitSteps)],
    raster: recorded.rasters.get(focus.raster.layer) as Int8Array,
    detections,
  };
}

function mapValues<K, V, W>(map: ReadonlyMap<K, V>, of: (value: V) => W): ReadonlyMap<K, W> {
  return new Map([...map].map(([key, value]) => [key, of(value)]));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
