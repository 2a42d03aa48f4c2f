/**
 * Runs a graph's segments one after the other, and the islands between them. A checkpoint is whole when the last segment has
 * passed it.
 */
import type { FloatTensor } from "../../../core/tensor.ts";
import { type Graph, headsOf } from "../../../graph/graph.ts";
import { outputNames } from "../../../heads/heads.ts";
import type { Checkpoint, RunOptions } from "../../engine.ts";
import { islandCharges, type OpenIslands } from "../../islands.ts";
import { stepWeight } from "../../phases.ts";
import type { TileRange } from "./executor.ts";
import type { LoadedNetwork } from "./loaded-network.ts";
import type { Signal } from "./network.ts";
import { observe } from "./observe.ts";
import { startRun } from "./start-run.ts";

/** A layer's spikes of a whole run, as they lie in its frame: [step][position][stride]. */
interface Train {
  readonly signal: Signal;
  readonly stride: number;
  readonly spikes: Int8Array;
}

export async function* runSegments(
  graph: Graph,
  segments: readonly LoadedNetwork[],
  islands: OpenIslands,
  image: FloatTensor,
  options: RunOptions,
  goesOn: boolean,
): AsyncGenerator<Checkpoint> {
  const trains = new Map<string, Train>();
  const islandValues = new Map<string, FloatTensor>();
  const earlier = new Map<number, Checkpoint[]>(options.at.map((t) => [t, []]));
  for (const [k, loaded] of segments.entries()) {
    startRun(loaded, image, options, goesOn);
    await loaded.executor.run({ first: 0, last: loaded.pictures, g0: 0, length: 0 });
    putIslands(loaded, islandValues);
    if (loaded.network.keepsState) keepReceived(loaded, goesOn);
    const isLast = k === segments.length - 1;
    for await (const checkpoint of runTiles(graph, loaded, trains, options, isLast)) {
      const parts = earlier.get(checkpoint.t) as Checkpoint[];
      if (isLast) yield parts.length === 0 ? checkpoint : merged(graph, [...parts, checkpoint]);
      else parts.push(checkpoint);
    }
    for (const island of loaded.network.segment.islands) {
      const inputs = island.inputs.map((name) => trains.get(name) as Train);
      const counts = inputs.map((train) => netCounts(train, options.timeSteps, loaded.network.phases));
      const shapes = inputs.map(({ signal }) => signal.shape);
      islandValues.set(island.name, await islands.run(island, counts, shapes));
    }
  }
}

/** All steps of a segment whose spikes others or the next frame wait for; else as many as checkpoints need. */
async function* runTiles(
  graph: Graph,
  loaded: LoadedNetwork,
  trains: Map<string, Train>,
  options: RunOptions,
  isLast: boolean,
): AsyncGenerator<Checkpoint> {
  const { executor, layout, network, pictures } = loaded;
  const observer = observe(graph, loaded, options);
  const greatestLag = Math.max(0, ...[...network.signals.values()].map(({ lag }) => lag));
  const needsAll = !isLast || network.keepsState;
  const steps = needsAll ? options.timeSteps : (options.at.at(-1) ?? 0);
  const end = steps === 0 ? 0 : steps + greatestLag;
  const last = pictures + network.stages.length;
  let next = 0;
  for (let g0 = 0; g0 < end; ) {
    const cut = observer.cuts.find((step) => step > g0) ?? end;
    const tile = { first: pictures, last, g0, length: Math.min(layout.tileSteps, cut - g0, end - g0) };
    for (const signal of network.replays) replay(loaded, trains.get(signal.name) as Train, signal, tile, options);
    await executor.run(tile);
    observer.collect(tile);
    for (const name of network.segment.kept) keep(loaded, trains, name, tile, options);
    g0 += tile.length;
    while (next < options.at.length && options.at[next] + greatestLag <= g0) {
      yield observer.checkpoint(options.at[next]);
      next++;
    }
  }
}

/** Each own step of a layer of this lag that lies in the tile, from 0 on, and where its frame keeps it. */
function* slotsOf(
  { layout }: LoadedNetwork,
  signal: Signal,
  { g0, length }: TileRange,
  timeSteps: number,
): Generator<readonly [step: number, from: number]> {
  const { data, capacity, slotBytes } = layout.frames.get(signal)!;
  for (let g = Math.max(g0, signal.lag); g < Math.min(g0 + length, timeSteps + signal.lag); g++)
    yield [g - signal.lag, data + (g % capacity) * slotBytes];
}

function keep(
  loaded: LoadedNetwork,
  trains: Map<string, Train>,
  name: string,
  tile: TileRange,
  { timeSteps }: RunOptions,
): void {
  const signal = loaded.network.signals.get(name) as Signal;
  const { stride } = loaded.layout.frames.get(signal)!;
  const bytes = signal.shape[1] * signal.shape[2] * stride;
  const train = trains.get(name) ?? { signal, stride, spikes: new Int8Array(timeSteps * bytes) };
  trains.set(name, train);
  for (const [step, from] of slotsOf(loaded, signal, tile, timeSteps))
    train.spikes.set(loaded.views.bytes.subarray(from, from + bytes), step * bytes);
}

function replay(
  loaded: LoadedNetwork,
  { stride, spikes }: Train,
  signal: Signal,
  tile: TileRange,
  { timeSteps }: RunOptions,
): void {
  const bytes = signal.shape[1] * signal.shape[2] * stride;
  for (const [step, to] of slotsOf(loaded, signal, tile, timeSteps))
    loaded.views.bytes.set(spikes.subarray(step * bytes, (step + 1) * bytes), to);
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

/** Writes what islands bring to the neurons that read them into their constant currents. */
function putIslands({ network, layout, views }: LoadedNetwork, values: ReadonlyMap<string, FloatTensor>): void {
  for (const stage of network.stages) {
    if (stage.kind !== "population" || !stage.island) continue;
    const charges = islandCharges(values.get(stage.island.name) as FloatTensor, stage.layer, network.frameUnits ?? 1);
    const { constant, stateStride } = layout.populations.get(stage)!;
    const [channels, height, width] = stage.signal.shape;
    const area = height * width;
    for (let position = 0; position < area; position++) {
      for (let c = 0; c < channels; c++)
        views.words[constant / 4 + position * stateStride + c] = charges[c * area + position];
    }
  }
}

/** Leaves of what populations receive once only what is new since the last frame, and remembers all of it for the next. */
function keepReceived({ network, layout, views, received }: LoadedNetwork, goesOn: boolean): void {
  for (const stage of network.stages) {
    if (stage.kind !== "population") continue;
    const { constant, stateStride } = layout.populations.get(stage)!;
    if (!constant) continue;
    const size = stage.signal.shape[1] * stage.signal.shape[2] * stateStride;
    const now = views.words.subarray(constant / 4, constant / 4 + size);
    const last = goesOn ? received.get(stage) : undefined;
    received.set(stage, now.slice());
    if (last) for (let i = 0; i < size; i++) now[i] -= last[i];
  }
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
