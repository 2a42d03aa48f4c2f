/**
 * What a run shows of itself, collected after each tile: totals from the counters, heads from the readouts' histories,
 * single neurons from states and frames. Each layer is read at its own steps.
 */
import { type Graph, headsOf } from "../../../graph/graph.ts";
import type { Shape } from "../../../graph/layer-kinds.ts";
import { isPopulation } from "../../../graph/layers.ts";
import { outputNames } from "../../../heads/heads.ts";
import type { Checkpoint, HeadReading, LayerActivity, RunOptions } from "../../engine.ts";
import { unitsAt } from "../../phases.ts";
import { headReading } from "../../reading.ts";
import type { TileRange } from "./executor.ts";
import type { LoadedNetwork } from "./loaded-network.ts";
import type { PopulationStage, Signal } from "./network.ts";

/** What has been seen for one checkpoint so far. */
interface Seen {
  readonly spikes: Map<string, number>;
  readonly synOps: Map<string, number>;
  readonly charges: Map<string, Float64Array>;
  readonly headCounts: Map<string, Int32Array>;
  readonly counts: Map<string, Int32Array>;
  readonly membranes: Map<string, Float64Array>;
}

export interface Observer {
  /** Global steps at which a tile must end, so that states can be read there, rising. */
  readonly cuts: readonly number[];
  /** Takes note of a tile that has just run. */
  collect(tile: TileRange): void;
  /** The checkpoint at t; every layer must have passed its own step t. */
  checkpoint(t: number): Checkpoint;
}

export function observe(graph: Graph, loaded: LoadedNetwork, options: RunOptions): Observer {
  const { network, layout, views, counters, executor } = loaded;
  const { record = {} } = options;
  const populations = network.stages.filter((stage) => stage.kind === "population");
  const byName = new Map(populations.map((stage) => [stage.layer.name, stage]));
  // Of a graph with islands, this segment's layers only.
  const own = (names: readonly string[] = []) => names.filter((name) => byName.has(name));
  const [counted, membranes] = [own(record.counts), own(record.membranes)];
  const wantsState = new Set([...counted, ...membranes]);
  const rasters = new Map(
    (record.rasters ?? [])
      .filter(({ layer }) => byName.has(layer))
      .map(({ layer, neurons }) => [layer, { neurons, spikes: [] as number[] }]),
  );
  const seen = new Map<number, Seen>(
    options.at.map((t) => [
      t,
      {
        spikes: new Map(),
        synOps: new Map(),
        charges: new Map(),
        headCounts: new Map(),
        counts: new Map(),
        membranes: new Map(),
      },
    ]),
  );
  const totals = new Float64Array(layout.counterCount);
  const cuts = [...wantsState].flatMap((name) => options.at.map((t) => t + byName.get(name)!.signal.lag));

  /** Calls `at` with each own step of a layer of this lag that lies in the tile, and its offset. */
  function eachStep({ g0, length }: TileRange, lag: number, at: (t: number, i: number) => void): void {
    for (let i = Math.max(0, lag - g0); i < Math.min(length, options.timeSteps + lag - g0); i++)
      at(g0 + 1 + i - lag, i);
  }

  /** Counts of all threads at offset i; set back, so that the next tile begins at 0. */
  function take(counter: number, i: number): number {
    let sum = 0;
    for (let thread = 0; thread < executor.threads; thread++) {
      const at = layout.counters / 8 + (thread * layout.counterCount + counter) * layout.tileSteps + i;
      sum += Number(views.longs[at]);
      views.longs[at] = 0n;
    }
    return sum;
  }

  /** Adds up a counter step by step; notes the totals that checkpoints want. */
  function follow(tile: TileRange, counter: number, lag: number, name: string, kind: "spikes" | "synOps"): void {
    eachStep(tile, lag, (t, i) => {
      totals[counter] += take(counter, i);
      const totalsAt = seen.get(t)?.[kind];
      totalsAt?.set(name, (totalsAt.get(name) ?? 0) + totals[counter]);
    });
  }

  function collectPopulation(stage: PopulationStage, tile: TileRange): void {
    const { layer, signal, lagIn } = stage;
    const place = layout.populations.get(stage)!;
    follow(tile, counters.get(stage)!, signal.lag, layer.name, "spikes");
    for (const term of stage.terms) follow(tile, counters.get(term)!, lagIn, term.layer.name, "synOps");
    const [, height, width] = signal.shape;
    const stateSize = height * width * place.stateStride;
    const { doubles, words } = views;
    if (layer.kind === "readout") {
      eachStep(tile, signal.lag, (t, i) => {
        const at = seen.get(t);
        if (!at) return;
        const planes = <A extends Float64Array | Int32Array>(from: A, start: number, to: A) =>
          toPlanes(from, start + i * stateSize, place.stateStride, signal.shape, to);
        at.charges.set(layer.name, planes(doubles, place.chargeHistory / 8, new Float64Array(sizeOf(signal))));
        at.headCounts.set(layer.name, planes(words, place.countHistory / 4, new Int32Array(sizeOf(signal))));
      });
    }
    if (!wantsState.has(layer.name)) return;
    // Tiles end where these states are wanted, so that what is in memory is the state at the tile's last step.
    const at = seen.get(tile.g0 + tile.length - signal.lag);
    const state = <A extends Float64Array | Int32Array>(start: number, to: A) =>
      toPlanes(words, start / 4, place.stateStride, signal.shape, to);
    if (counted.includes(layer.name)) at?.counts.set(layer.name, state(place.netCount, new Int32Array(sizeOf(signal))));
    if (membranes.includes(layer.name))
      at?.membranes.set(layer.name, state(place.vMem, new Float64Array(sizeOf(signal))));
  }

  function collectRaster(name: string, tile: TileRange): void {
    const raster = rasters.get(name)!;
    const { signal } = byName.get(name)!;
    const frame = layout.frames.get(signal)!;
    const [, height, width] = signal.shape;
    eachStep(tile, signal.lag, (_, i) => {
      const slot = frame.data + ((tile.g0 + i) % frame.capacity) * frame.slotBytes;
      for (const neuron of raster.neurons) {
        const channel = Math.floor(neuron / (height * width));
        raster.spikes.push(views.bytes[slot + (neuron % (height * width)) * frame.stride + channel]);
      }
    });
  }

  return {
    cuts: [...new Set(cuts)].sort((a, b) => a - b),
    collect(tile) {
      for (const stage of populations) collectPopulation(stage, tile);
      for (const name of rasters.keys()) collectRaster(name, tile);
    },
    checkpoint(t) {
      const at = seen.get(t)!;
      const activity = new Map<string, LayerActivity>();
      for (const layer of network.segment.layers) {
        const { name } = layer;
        if (isPopulation(layer)) activity.set(name, { spikes: at.spikes.get(name)!, synOps: 0 });
        else if (layer.kind === "convolution" || layer.kind === "sum")
          activity.set(name, { spikes: 0, synOps: at.synOps.get(name) ?? 0 });
      }
      const units = unitsAt(t, graph);
      return {
        t,
        unitSteps: units,
        heads: new Map(
          headsOf(graph).flatMap((head) =>
            outputNames(head).flatMap((name, i): [string, HeadReading][] => {
              const readout = byName.get(head.inputs[i]);
              if (!readout) return [];
              const { layer, signal } = readout;
              const charges = at.charges.get(layer.name)!;
              return [[name, headReading(layer, signal.shape, charges, at.headCounts.get(layer.name)!, units)]];
            }),
          ),
        ),
        activity,
        recorded: {
          counts: new Map(counted.map((name) => [name, at.counts.get(name)!])),
          membranes: new Map(membranes.map((name) => [name, at.membranes.get(name)!])),
          rasters: new Map(
            [...rasters].map(([name, { neurons, spikes }]) => [
              name,
              Int8Array.from(spikes.slice(0, t * neurons.length)),
            ]),
          ),
        },
      };
    },
  };
}

function sizeOf({ shape: [channels, height, width] }: Signal): number {
  return channels * height * width;
}

/** [position][stride] to [C, H, W]. */
function toPlanes<A extends Float64Array | Int32Array>(
  from: Float64Array | Int32Array,
  start: number,
  stride: number,
  [channels, height, width]: Shape,
  to: A,
): A {
  const area = height * width;
  for (let position = 0; position < area; position++) {
    for (let c = 0; c < channels; c++) to[c * area + position] = from[start + position * stride + c];
  }
  return to;
}
