/**
 * One network of a run: an open session whose checkpoints are reduced to what the page draws. The counts of all neurons
 * are kept here as far as memory allows, so that any channel's map can be shown at any time afterwards.
 */
import {
  type Cell,
  channelRates,
  displayThresholds,
  type Engine,
  explainNeuron,
  type FloatTensor,
  type Graph,
  latencyOf,
  type NetworkInput,
  outputError,
  phasesOf,
  readDetections,
  type SimulatedCheckpoint,
  type SimulateOptions,
  simulate,
  spikingOperations,
} from "../../../src/index.ts";
import { KeptCounts } from "./kept-counts.ts";
import { modelEnergies } from "./model-energies.ts";
import { neuronView } from "./neuron-view.ts";
import { populationsOf } from "./populations.ts";
import type { ChannelMaps, CheckpointView, LaneInfo, NeuronView, PopulationInfo, Slot } from "./protocol.ts";
import { regionOf } from "./region.ts";
import { sampleNeurons } from "./sample-neurons.ts";

export interface LaneOptions {
  readonly timeSteps: number;
  readonly at: readonly number[];
  readonly seed: number;
}

export interface Lane {
  readonly info: LaneInfo;
  /** The next checkpoint, or undefined at the end. */
  next(): Promise<CheckpointView | undefined>;
  /** Gives the DNN's outputs once they are known: the errors of all checkpoints so far, by t. */
  compareWith(dnn: ReadonlyMap<string, FloatTensor>): ReadonlyMap<number, number>;
  /** The error of the checkpoint at t; undefined where the DNN's outputs are not known yet. */
  errorAt(t: number): number | undefined;
  /** A channel over time; null where no counts were kept yet. */
  channelMaps(layer: string, channel: number): Omit<ChannelMaps, "partOfLayer"> | null;
  /** Runs the picture once more for one neuron: not before the run is over. */
  explain(neuron: Cell): Promise<NeuronView>;
  dispose(): Promise<void>;
}

/** Opens `graph` in `engine` for a run on `input`. @throws EngineError where the engine cannot run it. */
export async function openLane(
  slot: Slot,
  graph: Graph,
  engine: Engine,
  input: NetworkInput,
  options: LaneOptions,
): Promise<Lane> {
  const session = await engine.open(graph);
  const { populations, info, rasters } = describe(slot, graph, options.timeSteps);
  const checkpoints = simulate(session, input.image, runOptions(graph, options));
  const kept = new KeptCounts(populations, options.at.length);
  const outputs = new Map<number, ReadonlyMap<string, FloatTensor>>();
  let dnn: ReadonlyMap<string, FloatTensor> | undefined;
  let before = 0;

  async function view(checkpoint: SimulatedCheckpoint): Promise<CheckpointView> {
    const { t, unitSteps, recorded, activity } = checkpoint;
    outputs.set(t, checkpoint.outputs);
    kept.add(t, unitSteps, recorded.counts);
    const elapsed = { t, timeSteps: options.timeSteps };
    const seen = {
      t,
      detections: await readDetections(graph, checkpoint.outputs, input, displayThresholds),
      operations: spikingOperations(graph, activity, elapsed),
      energies: modelEnergies(graph, activity, elapsed),
      spikes: Float64Array.from(populations, ({ name }) => activity.get(name)?.spikes ?? 0),
      rates: allRates(populations, recorded.counts, unitSteps),
      raster: interleave(rasters, recorded.rasters, before, t),
    };
    before = t;
    return seen;
  }

  return {
    info,
    async next() {
      const { value, done } = await checkpoints.next();
      return done ? undefined : view(value);
    },
    compareWith(outputsOfDnn) {
      dnn = outputsOfDnn;
      return new Map([...outputs].map(([t, values]) => [t, outputError(values, outputsOfDnn)]));
    },
    errorAt(t) {
      const own = outputs.get(t);
      return dnn && own ? outputError(own, dnn) : undefined;
    },
    channelMaps(layer, channel) {
      const maps = kept.maps(layer, channel);
      return maps && { ...maps, region: regionOf(input) };
    },
    async explain(neuron) {
      const { encoding } = graph.simulation ?? { encoding: "constant" };
      const { timeSteps, seed } = options;
      // A session runs one picture at a time, and the run waits at its last checkpoint.
      await checkpoints.return(undefined);
      const explanation = await explainNeuron(graph, session, input.image, { timeSteps, encoding, seed }, neuron);
      return neuronView(explanation, info.phases);
    },
    async dispose() {
      await checkpoints.return(undefined);
      await session.dispose();
    },
  };
}

function describe(slot: Slot, graph: Graph, timeSteps: number) {
  const populations = populationsOf(graph);
  const { rasters, neurons } = sampleNeurons(graph);
  const [phases, delays] = [phasesOf(graph), latencyOf(graph, 0, timeSteps)];
  const info: LaneInfo = { slot, timeSteps, phases, populations, neurons, delays };
  return { populations, info, rasters };
}

/** What a lane asks of a run: all counts, and single neurons' spikes. */
export function runOptions(graph: Graph, { timeSteps, at, seed }: LaneOptions): SimulateOptions {
  const { encoding, decode } = graph.simulation ?? { encoding: "constant", decode: "vmem" };
  const record = { counts: populationsOf(graph).map(({ name }) => name), rasters: sampleNeurons(graph).rasters };
  return { timeSteps, encoding, decode, at, seed, record };
}

function allRates(
  populations: readonly PopulationInfo[],
  counts: ReadonlyMap<string, Int32Array>,
  unitSteps: number,
): Float32Array {
  const last = populations[populations.length - 1];
  const rates = new Float32Array(last.firstChannel + last.shape[0]);
  for (const { name, shape, firstChannel } of populations)
    rates.set(channelRates(counts.get(name) as Int32Array, shape, unitSteps), firstChannel);
  return rates;
}

/** Rasters by layer, [t, neurons], as one [step, all neurons] from step `from` + 1 to `to`. */
function interleave(
  rasters: readonly { readonly layer: string; readonly neurons: readonly number[] }[],
  recorded: ReadonlyMap<string, Int8Array>,
  from: number,
  to: number,
): Int8Array {
  const total = rasters.reduce((sum, { neurons }) => sum + neurons.length, 0);
  const out = new Int8Array((to - from) * total);
  let column = 0;
  for (const { layer, neurons } of rasters) {
    const spikes = recorded.get(layer) as Int8Array;
    for (let step = from; step < to; step++) {
      out.set(spikes.subarray(step * neurons.length, (step + 1) * neurons.length), (step - from) * total + column);
    }
    column += neurons.length;
  }
  return out;
}
