/** The work of a network whose activity is not known, as where there are no weights: supposed alike in all layers. */
import { sizeOf } from "../../core/tensor.ts";
import { inferShapes, inputOf, type SpikingGraph } from "../../graph/graph.ts";
import type { Shape } from "../../graph/layer-kinds.ts";
import { isPopulation } from "../../graph/layers.ts";
import { type CountedActivity, dnnOperations } from "../operations.ts";
import { type NetworkWork, networkWork, withSpikes } from "./work.ts";

/**
 * All T steps of a picture, every neuron sending as much as any other. Where a verdict turns depends on their being alike, and not on how much it is.
 * @param graph a spiking network by its shape; weights are not looked at.
 * @param acsPerMac accumulates for each multiply-accumulate of the DNN.
 */
export function evenWork(graph: SpikingGraph, acsPerMac: number): NetworkWork {
  const shapes = inferShapes(graph);
  const { timeSteps, encoding } = graph.simulation;
  const picture = encoding === "poisson" ? undefined : inputOf(graph).name;
  const within = new Map(dnnOperations(graph).layers.map(({ name, macsWithinBorders }) => [name, macsWithinBorders]));
  const activity = new Map<string, CountedActivity>();
  for (const layer of graph.layers) {
    const { name, inputs } = layer;
    const spikes = isPopulation(layer) ? sizeOf(shapes.get(name) as Shape) : 0;
    const isOfSpikes = layer.kind === "convolution" && !inputs.some((input) => input === picture);
    activity.set(name, { spikes, synOps: isOfSpikes ? (within.get(name) as number) : 0 });
  }
  const once = networkWork(graph, activity, { t: timeSteps, timeSteps });
  return once.acs === 0 ? once : withSpikes(once, (acsPerMac * once.macs) / once.acs);
}
