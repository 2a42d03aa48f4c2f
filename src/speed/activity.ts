/** How busy a spiking network is, and how it is made as busy as a measurement wants it. */
import { EngineError } from "../core/errors.ts";
import type { FloatTensor, Tensor } from "../core/tensor.ts";
import { consumersOf, type Graph, inferShapes, layerMacs } from "../graph/graph.ts";
import { isPopulation, isSynaptic, type Layer, type LayerOf } from "../graph/layers.ts";
import { dnnOperations } from "../metrics/operations.ts";
import type { LayerActivity, Session } from "../snn/engine.ts";
import { membraneBound } from "../snn/neuron.ts";

/** Accumulates per step over the DNN's multiply-accumulates. */
export function activityOf(activity: ReadonlyMap<string, LayerActivity>, timeSteps: number, macs: number): number {
  return [...activity.values()].reduce((sum, { synOps }) => sum + synOps, 0) / timeSteps / macs;
}

export interface ActivityTarget {
  /** Accumulates per step and multiply-accumulate; with binary spikes, from 0 to 1. */
  readonly activity: number;
  readonly image: FloatTensor;
  /** T of the run in which it is reached; a part of it passes before deep layers wake. */
  readonly timeSteps: number;
  /** Opens a session of the engine that is measured. */
  readonly open: (graph: Graph) => Promise<Session>;
}

/** Reached when it is within this part of the activity that was asked for. */
const tolerance = 0.03;
const attempts = 24;
/** Rates fall with the threshold where a current drives them, and with its square where noise does: between the two. */
const damping = 0.6;
const greatestChange = 4;

/**
 * Scales the thresholds of each population until every convolution does the same number of accumulates per step and MAC,
 * and all of them together `activity`. What the network computes is lost by it: this is for measuring speed.
 * @throws EngineError [E_ACTIVITY] where it cannot be reached.
 */
export async function tuneActivity<G extends Graph>(
  snn: G,
  { activity, image, timeSteps, open }: ActivityTarget,
): Promise<G> {
  const { macs } = dnnOperations(snn);
  const readers = spikeReaders(snn);
  const macsOf = new Map(readers.flatMap(({ convolutions }) => convolutions.map((each) => [each.name, each.macs])));
  // What reads the picture accumulates nothing.
  const wanted = (activity * macs) / [...macsOf.values()].reduce((sum, each) => sum + each, 0);
  const factors = new Map(readers.map(({ population }) => [population, 1]));
  for (let attempt = 0; attempt < attempts; attempt++) {
    const graph = withThresholds(snn, factors);
    const measured = await run(graph, image, timeSteps, open);
    if (Math.abs(activityOf(measured, timeSteps, macs) / activity - 1) < tolerance) return graph;
    for (const { population, convolutions } of readers) {
      const synOps = convolutions.reduce((sum, { name }) => sum + (measured.get(name)?.synOps ?? 0), 0);
      const all = convolutions.reduce((sum, each) => sum + each.macs, 0);
      const change = (synOps / timeSteps / all / wanted) ** damping;
      const bounded = Math.min(greatestChange, Math.max(1 / greatestChange, change));
      factors.set(population, factors.get(population)! * bounded);
    }
  }
  throw new EngineError(
    "E_ACTIVITY",
    `the network does not come to an activity of ${100 * activity} % in ${timeSteps} steps. Take another activity, or more --steps`,
  );
}

async function run(graph: Graph, image: FloatTensor, timeSteps: number, open: ActivityTarget["open"]) {
  const session = await open(graph);
  try {
    const options = {
      timeSteps,
      at: [timeSteps],
      encoding: graph.simulation?.encoding ?? "constant",
      seed: 1,
    } as const;
    let last: ReadonlyMap<string, LayerActivity> = new Map();
    for await (const { activity } of session.run(image, options)) last = activity;
    return last;
  } finally {
    await session.dispose();
  }
}

interface SpikeReaders {
  readonly population: string;
  /** Those that its spikes reach, through pools and the like. */
  readonly convolutions: readonly { readonly name: string; readonly macs: number }[];
}

/** Every population whose spikes reach convolutions. */
function spikeReaders(graph: Graph): readonly SpikeReaders[] {
  const shapes = inferShapes(graph);
  const consumers = consumersOf(graph);
  const reached = (layer: Layer): LayerOf<"convolution">[] =>
    consumers.get(layer.name)!.flatMap((reader) => {
      if (reader.kind === "convolution") return [reader];
      return isSynaptic(reader) || isPopulation(reader) ? [] : reached(reader);
    });
  return graph.layers
    .filter((layer) => layer.kind === "integrateFire")
    .map((layer) => ({
      population: layer.name,
      convolutions: [...new Set(reached(layer))].map((each) => ({
        name: each.name,
        macs: layerMacs(each, shapes.get(each.name)!),
      })),
    }))
    .filter(({ convolutions }) => convolutions.length > 0);
}

function withThresholds<G extends Graph>(graph: G, factors: ReadonlyMap<string, number>): G {
  const layers = graph.layers.map((layer): Layer => {
    const factor = factors.get(layer.name) ?? 1;
    if (layer.kind !== "integrateFire" || factor === 1) return layer;
    const { vTh, vThNeg } = layer;
    return { ...layer, vTh: scaled(vTh, factor), vThNeg: vThNeg && scaled(vThNeg, factor) };
  });
  return { ...graph, layers };
}

/** Integer thresholds, within what an engine runs: multiples of the power of two that all were multiples of before. */
function scaled(thresholds: Tensor, factor: number): Tensor {
  const all = Array.from(thresholds.data).reduce((bits, value) => bits | value, 0);
  const unit = all & -all;
  const greatest = Math.floor(membraneBound / unit);
  const data = Int32Array.from(
    thresholds.data,
    (value) => unit * Math.min(greatest, Math.max(1, Math.round((value * factor) / unit))),
  );
  return { ...thresholds, dtype: "int32", data } as Tensor;
}
