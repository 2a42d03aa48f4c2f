/**
 * A spiking network as a NIR file: readable by the `nir` package and what stands on it. One step of ours is one unit of NIR's time.
 *
 * Thresholds, weights and biases keep the network's own units, so a network in integers stays one: whole numbers, float32 where that holds
 * them. What a reader has to know besides stands in the graph's metadata, and in `notPortable`.
 */
import { ConversionError } from "../../core/errors.ts";
import { consumersOf, type Graph, headsOf, inferShapes, inputOf, isSpiking } from "../../graph/graph.ts";
import type { Shape } from "../../graph/layer-kinds.ts";
import { isPopulation, type Layer } from "../../graph/layers.ts";
import type { NirGraph } from "../../nir/nodes.ts";
import { writeNir } from "../../nir/write-nir.ts";
import { phasesOf } from "../../snn/phases.ts";
import { describeHead, type Exported, type ExportOptions, pictureLine } from "../exporter.ts";
import { type Draft, newDraft } from "./draft.ts";
import { layerWords } from "./layers.ts";
import { writeReadout } from "./neurons.ts";

/** @throws ConversionError [E_NOT_PORTABLE] naming the layer that NIR has no word for, or with `lossy` nothing near it. */
export async function exportNir(snn: Graph, options: ExportOptions = {}): Promise<Exported> {
  const { graph, losses } = nirGraphOf(snn, options);
  return { bytes: await writeNir(graph), notPortable: [...losses, ...notPortable(snn, graph)] };
}

/** The graph that the file holds, and what is not the same. */
export function nirGraphOf(
  snn: Graph,
  options: ExportOptions = {},
): { readonly graph: NirGraph; readonly losses: readonly string[] } {
  if (!isSpiking(snn))
    throw new ConversionError(
      "E_NOT_PORTABLE",
      "the network does not spike, and NIR holds spiking ones. Convert it first",
    );
  const shapes = inferShapes(snn);
  const consumers = consumersOf(snn);
  const draft = newDraft(options, {
    shapeOf: (name) => shapes.get(name) as Shape,
    readersOf: (name) => consumers.get(name) as readonly Layer[],
  });
  const steps = loseTime(snn, draft);
  for (const layer of steps.layers) {
    const { write } = layerWords[layer.kind] as { readonly write: (layer: Layer, draft: Draft) => void };
    write(layer, draft);
  }
  const readouts = snn.layers.filter((layer) => layer.kind === "readout");
  for (const layer of readouts)
    writeReadout(
      layer,
      draft,
      readouts.length > 1 ? `output_${layer.name}` : "output",
      snn.simulation?.decode === "count",
    );
  const { nodes, edges } = draft;
  const losses = [...draft.losses].map(([loss, layers]) => `${layers.join(", ")}: ${loss}`);
  return { graph: { nodes, edges, metadata: metadataOf(snn) }, losses };
}

/** Weighted steps, and constants that come once, are no part of NIR: with `lossy`, all steps weigh the same and constants come at each. */
function loseTime(snn: Graph, draft: Draft): Graph {
  const phases = phasesOf(snn);
  const [first] = snn.layers.filter(isPopulation);
  if (phases > 1)
    draft.lose(
      first,
      `spikes of the first ${phases} steps weigh more`,
      "spikes that all weigh the same, so that more steps are needed",
    );
  const frameUnits = snn.simulation?.frameUnits;
  if (frameUnits === undefined) return snn;
  draft.lose(
    first,
    "constants come whole before the first step",
    `constants that come at every step, a ${frameUnits}th each`,
  );
  const layers = snn.layers.map((layer) => {
    if (layer.kind !== "convolution" || !layer.bias) return layer;
    const { shape, data } = layer.bias;
    return {
      ...layer,
      bias: { dtype: "float64", shape, data: Float64Array.from(data, (value) => value / frameUnits) } as const,
    };
  });
  return { ...snn, layers };
}

function metadataOf(snn: Graph): NirGraph["metadata"] {
  return {
    generator: "spiking-yolo",
    time_step: "1",
    simulation: JSON.stringify(snn.simulation ?? {}),
    preprocessing: JSON.stringify(snn.preprocessing),
    class_names: JSON.stringify(snn.classNames),
    heads: JSON.stringify(headsOf(snn).map((head) => ({ name: head.name, ...describeHead(head) }))),
    provenance: JSON.stringify(snn.provenance),
  };
}

function notPortable(snn: Graph, { nodes }: NirGraph): readonly string[] {
  const { name, shape } = inputOf(snn);
  const { encoding = "constant", timeSteps = 1, decode = "vmem" } = snn.simulation ?? {};
  const isInteger = snn.layers.some((layer) => layer.kind === "convolution" && layer.shift !== undefined);
  const isReset = [...nodes.values()].some(({ type }) => type === "IF");
  const given =
    encoding === "constant"
      ? `the same at each of ${timeSteps} steps`
      : `as spikes with pixels as their probability, ${timeSteps} steps`;
  const read = decode === "count" ? "spikes" : "currents";
  return [
    `the picture: ${pictureLine(snn.preprocessing, name, shape[2], shape[1])}; ${given}`,
    ...(isReset
      ? [
          "IF neurons reset by subtraction, fire at V >= v_threshold, once a step, and have no lower bound: readers reset as they are used to, unless told",
        ]
      : []),
    ...(isInteger && encoding === "constant"
      ? ["pixels are rounded to 16 bits, and the current of the first layers to whole numbers"]
      : []),
    ...headsOf(snn).map(
      (head) =>
        `head ${head.name} (${head.kind}): boxes have to be decoded from the outputs' ${read}, added up over the steps, times lambda / (v_th * steps)`,
    ),
    "suppression of boxes that overlap",
  ];
}
