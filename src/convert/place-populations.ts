/**
 * Makes every place where neurons will stand an `activation` layer, so that later passes need not look for them.
 *
 * Neurons stand where a non-linearity is; besides, where a current (of a convolution, a sum or a product) is read by something that
 * reads spikes, a linear population is put in between (also of an island, whose values come as a picture's do), and one (a readout) before each input of a head. A convolution that
 * feeds only a sum needs none: its current goes to the sum's neurons.
 */
import { ConversionError } from "../core/errors.ts";
import { consumersOf, derive, type Graph, layersByName } from "../graph/graph.ts";
import { isHead, isSynaptic, type Layer } from "../graph/layers.ts";

/** @throws ConversionError [E_TOPOLOGY] where a head or the input is used in a way that spikes cannot follow. */
export function placePopulations(graph: Graph): Graph {
  const byName = layersByName(graph);
  const consumers = consumersOf(graph);
  const isCurrent = (layer: Layer) => isSynaptic(layer) || layer.kind === "island";
  /** Whether `consumer` integrates the current of `source` as it is. */
  const takesCurrent = (source: Layer, consumer: Layer) =>
    consumer.kind === "activation" ||
    isHead(consumer) ||
    (consumer.kind === "sum" && source.kind === "convolution" && consumers.get(source.name)?.length === 1);

  const layers: Layer[] = [];
  for (const layer of graph.layers) {
    for (const name of layer.inputs) check(byName.get(name) as Layer, layer, isCurrent);
    const renamed = layer.inputs.map((name) => {
      const source = byName.get(name) as Layer;
      return isCurrent(source) && !takesCurrent(source, layer) ? linearName(name) : name;
    });
    if (isHead(layer)) {
      const readouts = renamed.map((_, i) => `${layer.name}_readout${i === 0 ? "" : i}`);
      for (const [i, name] of readouts.entries()) {
        layers.push({ kind: "activation", name, inputs: [renamed[i]], activation: { fn: "linear" } });
      }
      layers.push({ ...layer, inputs: readouts });
      continue;
    }
    layers.push({ ...layer, inputs: renamed });
    if (isCurrent(layer) && consumers.get(layer.name)?.some((consumer) => !takesCurrent(layer, consumer))) {
      layers.push({
        kind: "activation",
        name: linearName(layer.name),
        inputs: [layer.name],
        activation: { fn: "linear" },
      });
    }
  }
  return derive(graph, "placePopulations", { layers });
}

function linearName(name: string): string {
  return `${name}_linear`;
}

function check(source: Layer, consumer: Layer, isCurrent: (layer: Layer) => boolean): void {
  const fail = (what: string): never => {
    throw new ConversionError("E_TOPOLOGY", `${consumer.name} [${consumer.kind}] ${what}`);
  };
  if (source.kind === "input" && consumer.kind !== "convolution")
    fail("reads the picture; only a convolution can be the first layer of a spiking network");
  if (isHead(consumer) && !isCurrent(source))
    fail(`reads ${source.name} [${source.kind}]; a head must follow a linear convolution`);
  if (consumer.kind === "activation" && !isCurrent(source))
    fail(`follows ${source.name} [${source.kind}]; an activation must follow a convolution or a sum`);
  if (consumer.kind === "batchNorm") fail("must be folded first: run foldBatchNorm");
}
