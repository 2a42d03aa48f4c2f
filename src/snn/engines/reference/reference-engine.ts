/**
 * The reference engine: the executable definition of a spiking graph, in float64 or, for a quantized graph, in exact
 * integers. One neuron at a time, one step at a time, slow and short. Every other engine must equal it.
 *
 * Each layer is a stream of frames that pulls the frames it needs from its inputs: step t of a convolution needs step t
 * of its input; a population with delay d at its step t needs its input up to step t + d.
 */
import { EngineError } from "../../../core/errors.ts";
import { type FloatTensor, sizeOf } from "../../../core/tensor.ts";
import { consumersOf, type Graph, headsOf, inferShapes, isSpiking, layersByName } from "../../../graph/graph.ts";
import type { Shape } from "../../../graph/layer-kinds.ts";
import { isPopulation, isSynaptic, type ReadoutLayer } from "../../../graph/layers.ts";
import { outputNames } from "../../../heads/heads.ts";
import {
  type Checkpoint,
  type Engine,
  type HeadReading,
  type LayerActivity,
  lagsOf,
  type RunOptions,
} from "../../engine.ts";
import { guardedSession } from "../../guarded-session.ts";
import { type OpenIslands, openIslands } from "../../islands.ts";
import { phasesOf, stepWeight, unitsAt } from "../../phases.ts";
import { headReading } from "../../reading.ts";
import type { FrameStream } from "./frames.ts";
import type { Snapshot } from "./population.ts";
import { type Memory, type Observation, openStreams, type Streams } from "./streams.ts";

export const referenceEngine: Engine = {
  name: "reference",
  async open(graph) {
    if (!isSpiking(graph)) throw new EngineError("E_NOT_SPIKING", "the graph has no neurons. Convert it first");
    checkMemory(graph, graph.simulation?.timeSteps ?? 1);
    const islands = await openIslands(graph);
    let memory: Memory = new Map();
    return guardedSession(graph, {
      run: (image, options) => {
        if (options.state !== "keep") memory = new Map();
        return run(graph, islands, image, options, options.state === undefined ? new Map() : memory);
      },
      dispose: () => islands.dispose(),
    });
  },
};

/** What a process on an ordinary machine may take. */
const maxBytes = 2 ** 32;

/**
 * Every layer's last steps are kept as float64, as many as the greatest delay demands and the run has; neurons have a membrane and a count.
 * @throws EngineError [E_MEMORY] where that is more than 4 GiB.
 */
export function checkMemory(graph: Graph, timeSteps: number): void {
  const shapes = inferShapes(graph);
  const keep = Math.min(keptSteps(graph, timeSteps), timeSteps);
  const bytes = graph.layers.reduce((total, layer) => {
    const size = sizeOf(shapes.get(layer.name) as Shape);
    return total + size * (8 * keep + (isPopulation(layer) ? 12 : 0));
  }, 0);
  if (bytes > maxBytes) {
    const gibibytes = (of: number) => (of / 2 ** 30).toFixed(1);
    throw new EngineError(
      "E_MEMORY",
      `the reference engine would take ${gibibytes(bytes)} GiB for this network; at most ${gibibytes(maxBytes)} are supported. Use the event engine, or a smaller input`,
    );
  }
}

/** Steps of a layer that others may still ask for; all of them where an island waits for the last. */
export function keptSteps(graph: Graph, timeSteps: number): number {
  if (graph.layers.some(({ kind }) => kind === "island")) return timeSteps + 1;
  return 1 + [...lagsOf(graph, 0).values()].reduce((greatest, lag) => Math.max(greatest, lag), 0);
}

async function* run(
  graph: Graph,
  islands: OpenIslands,
  image: FloatTensor,
  options: RunOptions,
  memory: Memory,
): AsyncGenerator<Checkpoint> {
  checkMemory(graph, options.timeSteps);
  const opened = openStreams(graph, image, options, keptSteps(graph, options.timeSteps), memory);
  const { streams, observations } = opened;
  await runIslands(graph, islands, opened, options.timeSteps);
  // All ends of the graph advance together: what they share is kept only as long as delays demand.
  const consumers = consumersOf(graph);
  const ends = graph.layers
    .filter(({ name }) => consumers.get(name)?.length === 0)
    .map(({ name }) => streams.get(name) as FrameStream);
  // A frame that is gone on from is run to its end, whoever looks at it.
  const steps = options.state === undefined ? (options.at.at(-1) ?? 0) : options.timeSteps;
  for (let t = 1; t <= steps; t++) {
    for (const end of ends) end.frame(t);
    if (options.at.includes(t)) yield checkpointAt(t, graph, observations, options);
  }
}

/** Every island in its turn, when what it reads has sent all that it sends. */
async function runIslands(graph: Graph, islands: OpenIslands, { streams, islandValues }: Streams, timeSteps: number) {
  const shapes = inferShapes(graph);
  for (const layer of graph.layers) {
    if (layer.kind !== "island") continue;
    const counts = layer.inputs.map((name) => netCounts(streams.get(name) as FrameStream, timeSteps, phasesOf(graph)));
    const inputShapes = layer.inputs.map((name) => shapes.get(name) as Shape);
    islandValues.set(layer.name, await islands.run(layer, counts, inputShapes));
  }
}

function netCounts(stream: FrameStream, timeSteps: number, phases: number): Float64Array {
  const counts = Float64Array.from(stream.frame(1), (spike) => spike * stepWeight(1, phases));
  for (let t = 2; t <= timeSteps; t++) {
    for (const [i, spike] of stream.frame(t).entries()) counts[i] += spike * stepWeight(t, phases);
  }
  return counts;
}

function checkpointAt(
  t: number,
  graph: Graph,
  observations: ReadonlyMap<string, Observation>,
  { record = {} }: RunOptions,
): Checkpoint {
  const of = (name: string) => observations.get(name) as Observation;
  const snapshot = (name: string) => of(name).snapshots.get(t) as Snapshot;
  const activity = new Map<string, LayerActivity>();
  for (const layer of graph.layers) {
    if (isPopulation(layer)) activity.set(layer.name, { spikes: snapshot(layer.name).spikes, synOps: 0 });
    if (isSynaptic(layer)) {
      activity.set(layer.name, { spikes: 0, synOps: of(layer.name).synOps.get(t) as number });
    }
  }
  const byName = layersByName(graph);
  const shapes = inferShapes(graph);
  const units = unitsAt(t, graph);
  return {
    t,
    unitSteps: units,
    heads: new Map(
      headsOf(graph).flatMap((head) =>
        outputNames(head).map((name, i): [string, HeadReading] => {
          const readout = byName.get(head.inputs[i]) as ReadoutLayer;
          const charges = of(readout.name).charges.get(t) as Float64Array;
          const { counts } = snapshot(readout.name);
          return [name, headReading(readout, shapes.get(readout.name) as Shape, charges, counts, units)];
        }),
      ),
    ),
    activity,
    recorded: {
      counts: new Map((record.counts ?? []).map((name) => [name, snapshot(name).counts])),
      membranes: new Map((record.membranes ?? []).map((name) => [name, snapshot(name).membranes])),
      rasters: new Map(
        (record.rasters ?? []).map(({ layer, neurons }) => [
          layer,
          Int8Array.from(of(layer).raster.slice(0, t * neurons.length)),
        ]),
      ),
    },
  };
}
