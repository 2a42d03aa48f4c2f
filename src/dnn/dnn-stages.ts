/**
 * A DNN in stages: layers that ONNX Runtime runs as one model, then the islands that read them, then the layers that read
 * these, and so on. An island is a model of its own, since its operators may be of another version than ours.
 */
import { type Graph, headsOf, islandDepths } from "../graph/graph.ts";
import { isHead, type Layer, type LayerOf } from "../graph/layers.ts";

export interface DnnStage {
  readonly layers: readonly Layer[];
  /** Layers of earlier stages that these layers read. */
  readonly inputs: readonly string[];
  /** Of these layers: what later stages, islands and the caller read. */
  readonly outputs: readonly string[];
  /** Islands that can be run after these layers, in order. */
  readonly islands: readonly LayerOf<"island">[];
}

/** @param wanted layers whose values the caller reads besides the heads' inputs. */
export function stagesOf(graph: Graph, wanted: readonly string[]): readonly DnnStage[] {
  const stage = islandDepths(graph);
  const count = 1 + Math.max(...stage.values());
  const asked = new Set([...wanted, ...headsOf(graph).flatMap(({ inputs }) => inputs)]);
  const isBody = (layer: Layer) => layer.kind !== "island" && !isHead(layer);
  return Array.from({ length: count }, (_, number) => {
    const layers = graph.layers.filter((layer) => isBody(layer) && stage.get(layer.name) === number);
    const names = new Set(layers.map(({ name }) => name));
    const islands = graph.layers.filter(
      (layer): layer is LayerOf<"island"> => layer.kind === "island" && stage.get(layer.name) === number + 1,
    );
    const readLater = graph.layers.filter((layer) => !names.has(layer.name)).flatMap(({ inputs }) => inputs);
    return {
      layers,
      inputs: [...new Set(layers.flatMap(({ inputs }) => inputs))].filter((name) => !names.has(name)),
      outputs: [...names].filter((name) => asked.has(name) || readLater.includes(name)),
      islands,
    };
  });
}
