/** Populations of neurons as views name them. */
import { type Graph, inferShapes, type Layer } from "../../../src/index.ts";
import type { PopulationInfo } from "./protocol.ts";

type PopulationLayer = Extract<Layer, { kind: "integrateFire" | "readout" }>;

export function isPopulationLayer(layer: Layer): layer is PopulationLayer {
  return layer.kind === "integrateFire" || layer.kind === "readout";
}

/** In the order in which data passes through them. */
export function populationsOf(graph: Graph): readonly PopulationInfo[] {
  const shapes = inferShapes(graph);
  let firstChannel = 0;
  return graph.layers.filter(isPopulationLayer).map(({ name }) => {
    const shape = shapes.get(name) as PopulationInfo["shape"];
    firstChannel += shape[0];
    return { name, shape, firstChannel: firstChannel - shape[0] };
  });
}
