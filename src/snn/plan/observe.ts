/**
 * What a run shows of itself, collected after each tile: totals from the counters, heads from the readouts' histories,
 * single neurons from states and frames. Each layer is read at its own steps.
 */
import { type Graph, headsOf } from "../../graph/graph.ts";
import { isPopulation, isSynaptic } from "../../graph/layers.ts";
import { outputNames } from "../../heads/heads.ts";
import type { Checkpoint, HeadReading, LayerActivity, RunOptions } from "../engine.ts";
import { unitsAt } from "../phases.ts";
import { headReading } from "../reading.ts";
import { type Loaded, ownTile, type Tile } from "./device.ts";
import type { Network, PopulationStage } from "./network.ts";

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
  collect(tile: Tile): Promise<void>;
  /** The checkpoint at t; every layer must have passed its own step t. */
  checkpoint(t: number): Checkpoint;
}

export function observe(graph: Graph, loaded: Loaded, options: RunOptions): Observer {
  const { network, counters } = loaded.plan;
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
  const seen = new Map(options.at.map((t) => [t, nothingSeen()]));
  const totals = new Float64Array(counters.size);
  // After a layer's last step nothing of its state changes: it is read whenever the tile ends that holds the step.
  const early = options.at.filter((t) => t < options.timeSteps);
  const cuts = [...wantsState].flatMap((name) => early.map((t) => t + byName.get(name)!.signal.lag));

  /** Calls `at` with each own step of a layer of this lag that lies in the tile, and its offset. */
  function eachStep({ g0, length }: Tile, lag: number, at: (t: number, i: number) => void): void {
    for (let i = Math.max(0, lag - g0); i < Math.min(length, options.timeSteps + lag - g0); i++)
      at(g0 + 1 + i - lag, i);
  }

  /** Adds up a counter step by step; notes the totals that checkpoints want. */
  function follow(tile: Tile, counter: number, lag: number, name: string, kind: "spikes" | "synOps"): void {
    eachStep(tile, lag, (t, i) => {
      totals[counter] += loaded.takeCount(counter, i);
      const totalsAt = seen.get(t)?.[kind];
      totalsAt?.set(name, (totalsAt.get(name) ?? 0) + totals[counter]);
    });
  }

  function collectPopulation(stage: PopulationStage, wholeTile: Tile): void {
    const { layer, signal, lagIn } = stage;
    const tile = ownTile(stage, wholeTile, options.timeSteps);
    follow(tile, counters.get(stage)!, signal.lag, layer.name, "spikes");
    for (const term of stage.terms) follow(tile, counters.get(term)!, lagIn, term.layer.name, "synOps");
    if (layer.kind === "readout") {
      eachStep(tile, signal.lag, (t, i) => {
        const at = seen.get(t);
        at?.charges.set(layer.name, loaded.readCharges(stage, i));
        at?.headCounts.set(layer.name, loaded.readHeadCounts(stage, i));
      });
    }
  }

  /** Of those of these layers that have passed a checkpoint: tiles end where states are wanted, so that what is in memory is the state there. */
  async function collectStates(kind: "counts" | "membranes", names: readonly string[], tile: Tile): Promise<void> {
    const due = names.flatMap((name) => {
      const stage = byName.get(name)!;
      const last = Math.min(options.timeSteps, tile.g0 + tile.length - stage.signal.lag);
      const at = last > tile.g0 - stage.signal.lag ? seen.get(last) : undefined;
      return at ? [{ stage, at }] : [];
    });
    if (due.length === 0) return;
    const stages = due.map(({ stage }) => stage);
    const states = await (kind === "counts" ? loaded.readCounts(stages) : loaded.readMembranes(stages));
    for (const [k, { stage, at }] of due.entries())
      (at[kind] as Map<string, Int32Array | Float64Array>).set(stage.layer.name, states[k]);
  }

  function collectRaster(name: string, tile: Tile): void {
    const raster = rasters.get(name)!;
    const { signal } = byName.get(name)!;
    const stride = loaded.strideOf(signal);
    const area = signal.shape[1] * signal.shape[2];
    eachStep(tile, signal.lag, (_, i) => {
      const spikes = loaded.spikesAt(signal, tile.g0 + i);
      for (const neuron of raster.neurons)
        raster.spikes.push(spikes[(neuron % area) * stride + Math.floor(neuron / area)]);
    });
  }

  return {
    cuts: [...new Set(cuts)].sort((a, b) => a - b),
    async collect(tile) {
      for (const stage of populations) collectPopulation(stage, tile);
      await collectStates("counts", counted, tile);
      await collectStates("membranes", membranes, tile);
      for (const name of rasters.keys()) collectRaster(name, tile);
    },
    checkpoint(t) {
      const at = seen.get(t)!;
      const units = unitsAt(t, graph);
      return {
        t,
        unitSteps: units,
        heads: headsSeen(graph, byName, at, units),
        activity: activitySeen(network, at),
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

function nothingSeen(): Seen {
  return {
    spikes: new Map(),
    synOps: new Map(),
    charges: new Map(),
    headCounts: new Map(),
    counts: new Map(),
    membranes: new Map(),
  };
}

function activitySeen({ segment }: Network, { spikes, synOps }: Seen): ReadonlyMap<string, LayerActivity> {
  const activity = new Map<string, LayerActivity>();
  for (const layer of segment.layers) {
    const { name } = layer;
    if (isPopulation(layer)) activity.set(name, { spikes: spikes.get(name)!, synOps: 0 });
    else if (isSynaptic(layer)) activity.set(name, { spikes: 0, synOps: synOps.get(name) ?? 0 });
  }
  return activity;
}

function headsSeen(
  graph: Graph,
  populations: ReadonlyMap<string, PopulationStage>,
  { charges, headCounts }: Seen,
  units: number,
): ReadonlyMap<string, HeadReading> {
  const readings = headsOf(graph).flatMap((head) =>
    outputNames(head).flatMap((name, i): [string, HeadReading][] => {
      const readout = populations.get(head.inputs[i]);
      if (!readout) return [];
      const { layer, signal } = readout;
      const read = headReading(layer, signal.shape, charges.get(layer.name)!, headCounts.get(layer.name)!, units);
      return [[name, read]];
    }),
  );
  return new Map(readings);
}
