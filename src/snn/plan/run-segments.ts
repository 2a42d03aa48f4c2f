/**
 * Runs a graph's segments one after the other, and the islands between them. A checkpoint is whole when the last segment has
 * passed it.
 */
import type { FloatTensor } from "../../core/tensor.ts";
import { type Graph, headsOf } from "../../graph/graph.ts";
import { outputNames } from "../../heads/heads.ts";
import type { Checkpoint, RunOptions } from "../engine.ts";
import { islandCharges, type OpenIslands } from "../islands.ts";
import { stepWeight } from "../phases.ts";
import type { Loaded, Tile } from "./device.ts";
import type { Network, PopulationStage, Signal } from "./network.ts";
import { type Observer, observe } from "./observe.ts";

/** A layer's spikes of a whole run, as the device keeps them: [step][position][stride]. */
interface Train {
  readonly signal: Signal;
  readonly stride: number;
  readonly spikes: Int8Array;
}

export async function* runSegments(
  graph: Graph,
  segments: readonly Loaded[],
  islands: OpenIslands,
  image: FloatTensor,
  options: RunOptions,
  goesOn: boolean,
): AsyncGenerator<Checkpoint> {
  const trains = new Map<string, Train>();
  const islandValues = new Map<string, FloatTensor>();
  const earlier = new Map<number, Checkpoint[]>(options.at.map((t) => [t, []]));
  for (const [k, loaded] of segments.entries()) {
    const { network } = loaded.plan;
    const { timeSteps, seed } = options;
    const isLast = k === segments.length - 1;
    const course = courseOf(graph, loaded, options, isLast);
    const { longestTile } = course;
    await loaded.begin(image, { timeSteps, longestTile, seed, goesOn, charges: chargesOf(network, islandValues) });
    for await (const checkpoint of runTiles(loaded, trains, options, course)) {
      const parts = earlier.get(checkpoint.t) as Checkpoint[];
      if (isLast) yield parts.length === 0 ? checkpoint : merged(graph, [...parts, checkpoint]);
      else parts.push(checkpoint);
    }
    for (const island of network.segment.islands) {
      const inputs = island.inputs.map((name) => trains.get(name) as Train);
      const counts = inputs.map((train) => netCounts(train, timeSteps, network.phases));
      const shapes = inputs.map(({ signal }) => signal.shape);
      islandValues.set(island.name, await islands.run(island, counts, shapes));
    }
  }
}

/** How far a segment is run, and where its tiles end. */
interface Course {
  readonly observer: Observer;
  readonly greatestLag: number;
  /** Global steps. */
  readonly end: number;
  readonly longestTile: number;
}

/** All steps of a segment whose spikes others or the next frame wait for; else as many as checkpoints need. */
function courseOf(graph: Graph, loaded: Loaded, options: RunOptions, isLast: boolean): Course {
  const { network } = loaded.plan;
  const observer = observe(graph, loaded, options);
  const greatestLag = Math.max(0, ...[...network.signals.values()].map(({ lag }) => lag));
  const needsAll = !isLast || network.keepsState;
  const steps = needsAll ? options.timeSteps : (options.at.at(-1) ?? 0);
  const end = steps === 0 ? 0 : steps + greatestLag;
  const ends = [...observer.cuts.filter((cut) => cut < end), end];
  return { observer, greatestLag, end, longestTile: Math.max(...ends.map((cut, i) => cut - (ends[i - 1] ?? 0))) };
}

async function* runTiles(
  loaded: Loaded,
  trains: Map<string, Train>,
  options: RunOptions,
  { observer, greatestLag, end }: Course,
): AsyncGenerator<Checkpoint> {
  const { network } = loaded.plan;
  const readAt = new Set(options.at);
  const isWhole = fitsWhole(loaded, observer, options, end - greatestLag);
  let next = 0;
  for (let g0 = 0; g0 < end; ) {
    const cut = observer.cuts.find((step) => step > g0) ?? end;
    const length = isWhole ? end : Math.min(loaded.tileSteps, cut - g0, end - g0);
    const tile: Tile = { g0, length, readAt, isWhole };
    for (const signal of network.replays) replay(loaded, trains.get(signal.name) as Train, signal, tile, options);
    await loaded.run(tile);
    await observer.collect(tile);
    for (const name of network.segment.kept) keep(loaded, trains, name, tile, options);
    g0 += tile.length;
    while (next < options.at.length && options.at[next] + greatestLag <= g0) {
      yield observer.checkpoint(options.at[next]);
      next++;
    }
  }
}

/** Whether all steps of each stage fit into a tile of its own, and nothing is to be seen between: no stage is then begun twice. */
export function fitsWhole(
  { runsWhole, tileSteps, plan }: Loaded,
  { cuts }: Observer,
  { timeSteps }: RunOptions,
  steps: number,
) {
  if (!runsWhole || steps < timeSteps || cuts.length > 0) return false;
  return plan.network.stages.every((stage) => {
    const delay = stage.kind === "population" ? stage.signal.lag - stage.lagIn : 0;
    return timeSteps + delay <= tileSteps;
  });
}

/** Each own step of a layer of this lag that lies in the tile, from 0 on, and its global step. */
function* stepsOf({ lag }: Signal, { g0, length }: Tile, timeSteps: number): Generator<readonly [number, number]> {
  for (let g = Math.max(g0, lag); g < Math.min(g0 + length, timeSteps + lag); g++) yield [g - lag, g];
}

function keep(loaded: Loaded, trains: Map<string, Train>, name: string, tile: Tile, { timeSteps }: RunOptions): void {
  const signal = loaded.plan.network.signals.get(name) as Signal;
  const stride = loaded.strideOf(signal);
  const bytes = signal.shape[1] * signal.shape[2] * stride;
  const train = trains.get(name) ?? { signal, stride, spikes: new Int8Array(timeSteps * bytes) };
  trains.set(name, train);
  for (const [step, g] of stepsOf(signal, tile, timeSteps)) train.spikes.set(loaded.spikesAt(signal, g), step * bytes);
}

function replay(
  loaded: Loaded,
  { stride, spikes }: Train,
  signal: Signal,
  tile: Tile,
  { timeSteps }: RunOptions,
): void {
  const bytes = signal.shape[1] * signal.shape[2] * stride;
  for (const [step, g] of stepsOf(signal, tile, timeSteps))
    loaded.putSpikes(signal, g, spikes.subarray(step * bytes, (step + 1) * bytes));
}

/** Σ w·s of every neuron [C, H, W]. */
function netCounts({ signal, stride, spikes }: Train, timeSteps: number, phases: number): Float64Array {
  const [channels, height, width] = signal.shape;
  const area = height * width;
  const counts = new Float64Array(channels * area);
  for (let t = 0; t < timeSteps; t++) {
    const weight = stepWeight(t + 1, phases);
    for (let position = 0; position < area; position++) {
      const from = (t * area + position) * stride;
      for (let c = 0; c < channels; c++) counts[c * area + position] += weight * spikes[from + c];
    }
  }
  return counts;
}

/** What islands bring to the neurons that read them. */
function chargesOf(
  { stages, frameUnits = 1 }: Network,
  values: ReadonlyMap<string, FloatTensor>,
): ReadonlyMap<PopulationStage, ArrayLike<number>> {
  return new Map(
    stages.flatMap((stage) =>
      stage.kind === "population" && stage.island
        ? [[stage, islandCharges(values.get(stage.island.name) as FloatTensor, stage.layer, frameUnits)] as const]
        : [],
    ),
  );
}

/** What the segments have seen at one step, in the graph's order. */
function merged(graph: Graph, parts: readonly Checkpoint[]): Checkpoint {
  const [{ t, unitSteps }] = parts;
  const joined = <V>(of: (part: Checkpoint) => ReadonlyMap<string, V>) =>
    new Map(parts.flatMap((part) => [...of(part)]));
  const sorted = <V>(values: ReadonlyMap<string, V>, names: readonly string[]) =>
    new Map(names.flatMap((name) => (values.has(name) ? [[name, values.get(name) as V] as const] : [])));
  const layers = graph.layers.map(({ name }) => name);
  return {
    t,
    unitSteps,
    heads: sorted(
      joined((part) => part.heads),
      headsOf(graph).flatMap(outputNames),
    ),
    activity: sorted(
      joined((part) => part.activity),
      layers,
    ),
    recorded: {
      counts: sorted(
        joined((part) => part.recorded.counts),
        layers,
      ),
      membranes: sorted(
        joined((part) => part.recorded.membranes),
        layers,
      ),
      rasters: sorted(
        joined((part) => part.recorded.rasters),
        layers,
      ),
    },
  };
}
