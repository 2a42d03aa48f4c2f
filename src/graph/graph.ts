/**
 * The graph: layers in an order in which each stands after what feeds it, and what a user must know besides them.
 *
 * One type for DNN and SNN. A graph is data: passes return a new one and append a line of provenance.
 */
import { ShapeError } from "../core/errors.ts";
import type { Preprocessing } from "../core/preprocessing.ts";
import { sizeOf } from "../core/tensor.ts";
import { type LayerKindSpec, layerKinds, type Shape } from "./layer-kinds.ts";
import { type HeadLayer, isHead, isPopulation, type Layer, type LayerOf } from "./layers.ts";

/** How a spiking graph is meant to be run; what a user does not ask for otherwise. */
export interface SimulationSettings {
  readonly timeSteps: number;
  readonly encoding: Encoding;
  readonly decode: Decoding;
  /** Leading steps whose spikes weigh more, by powers of two: see `src/snn/phases.ts`. 1, or absent: every spike weighs the same. */
  readonly phases?: number;
  /**
   * Unit steps of a whole frame, where it is given as a whole: biases and the picture's current are for all of them, and are
   * received before the first step. Net counts stand for λ·n / this at every step. Absent: constants come a part at every step.
   */
  readonly frameUnits?: number | undefined;
}

/** The longest run that is allowed, and that a model file may state. */
export const maxTimeSteps = 1_000_000;
/** The greatest first weight is 2^(this − 1). */
export const maxPhases = 8;
/** Counts of a tile must fit into int16 lanes where pools compare them. */
export const maxFrameUnits = 4096;

/** `constant`: the picture as a constant current. `poisson`: seeded spikes with the pixel as their probability. */
export type Encoding = "constant" | "poisson";

/** `vmem`: λ·V(T)/T of the accumulating output neuron. `count`: λ·N(T)/T of a spiking one. */
export type Decoding = "vmem" | "count";

export interface Graph {
  readonly layers: readonly Layer[];
  readonly preprocessing: Preprocessing;
  /** By class index; empty where unknown. */
  readonly classNames: readonly string[];
  /** One line per pass, oldest first. */
  readonly provenance: readonly string[];
  /** Present in a spiking graph. */
  readonly simulation?: SimulationSettings;
}

/** A graph that says how it is to be run: what conversion makes. */
export interface SpikingGraph extends Graph {
  readonly simulation: SimulationSettings;
}

/** Shapes [C, H, W] by layer name. */
export type Shapes = ReadonlyMap<string, Shape>;

/** The same graph with other layers (and other facts) and one more line of provenance. */
export function derive(graph: Graph, pass: string, changes: Partial<Omit<Graph, "provenance">>): Graph {
  return { ...graph, ...changes, provenance: [...graph.provenance, pass] };
}

/**
 * Infers every layer's output shape and validates the graph: unique names, inputs that exist, arity, parameters.
 * @throws ShapeError naming the layer and the numbers that do not fit.
 * @example
 * ```js
 * import { readFile } from "node:fs/promises";
 * import { decodeModel, headsOf, inferShapes } from "spiking-yolo";
 *
 * const { dnn } = decodeModel(await readFile("models/scenes.safetensors"), "scenes");
 * if (!dnn) throw new Error("it holds no DNN");
 * const shapes = inferShapes(dnn);
 * for (const head of headsOf(dnn)) console.log(head.kind, shapes.get(head.name)?.join(" × ")); // region 78 × 9 × 12
 * ```
 */
export function inferShapes(graph: Graph): Shapes {
  const shapes = new Map<string, Shape>();
  const heads = new Set<string>();
  for (const layer of graph.layers) {
    if (shapes.has(layer.name)) throw new ShapeError("E_GRAPH", `two layers are named ${layer.name}`);
    const inputs = layer.inputs.map((name) => {
      const shape = shapes.get(name);
      if (!shape)
        throw new ShapeError("E_GRAPH", `${layer.name} [${layer.kind}] reads ${name}, which does not come before it`);
      if (heads.has(name))
        throw new ShapeError("E_GRAPH", `${layer.name} [${layer.kind}] reads the detection head ${name}`);
      return shape;
    });
    if (isHead(layer)) heads.add(layer.name);
    shapes.set(layer.name, inferLayerShape(layer, inputs));
  }
  checkTotals(graph.layers, shapes);
  return shapes;
}

/** Bounds of a whole graph: no detector comes near (YOLOv3 at 608 pixels: 0.12 · 10^9 values, 70 · 10^9 MACs). */
const maxValues = 2 ** 29;
const maxMacs = 2 ** 40;
const maxConnections = 2 ** 14;

/** What a graph takes as a whole; layers within their own bounds could come to anything together. */
function checkTotals(layers: readonly Layer[], shapes: Shapes): void {
  let [values, macs, connections] = [0, 0, 0];
  const expectAtMost = (total: number, bound: number, what: string) => {
    if (total > bound)
      throw new ShapeError("E_TOO_LARGE", `the network has ${total} ${what}; at most ${bound} are supported`);
  };
  for (const layer of layers) {
    const shape = shapes.get(layer.name) as Shape;
    // These stand for one value of what they read; all others make new ones.
    const isInPlace = layer.kind === "batchNorm" || layer.kind === "activation" || isPopulation(layer);
    if (!isInPlace) values += sizeOf(shape);
    macs += layerMacs(layer, shape);
    connections += layer.inputs.length;
  }
  expectAtMost(values, maxValues, "values in all layers' outputs together");
  expectAtMost(macs, maxMacs, "multiply-accumulates");
  expectAtMost(connections, maxConnections, "inputs of all layers together");
}

/** No layer of a detector comes near; what does is a broken or hostile file, and must not be allocated. */
const maxLayerSize = 2 ** 29;

/** One layer's output shape. @throws ShapeError as {@link inferShapes}. */
export function inferLayerShape(layer: Layer, inputs: readonly Shape[]): Shape {
  const spec = specOf(layer);
  const [min, max] = spec.arity;
  if (inputs.length < min || inputs.length > max) {
    const expected = min === max ? min : `${min} or more`;
    throw new ShapeError("E_GRAPH", `${layer.name} [${layer.kind}] has ${inputs.length} inputs; ${expected} expected`);
  }
  const fail = (what: string): never => {
    throw new ShapeError("E_SHAPE", `${layer.name} [${layer.kind}]: ${what}`);
  };
  const shape = spec.inferShape(layer as never, inputs, fail);
  if (!shape.every((extent) => Number.isInteger(extent) && extent >= 1)) {
    fail(`output would be ${shape.join("×")}; the input is too small for this layer`);
  }
  if (sizeOf(shape) > maxLayerSize)
    fail(`output would be ${shape.join("×")}; at most ${maxLayerSize} values are supported`);
  return shape;
}

/** Multiply-accumulates of one pass, all of the layer's outputs. */
export function layerMacs(layer: Layer, output: Shape): number {
  return specOf(layer).macs(layer as never, output);
}

/** Parameters as a weights file holds them (batch norm counts its mean and variance). */
export function layerParameters(layer: Layer): number {
  return specOf(layer).parameters(layer as never);
}

/** The layer's row of the table; the one place that loses the tie between a layer and its kind. */
function specOf(layer: Layer): LayerKindSpec<never> {
  return layerKinds[layer.kind] as unknown as LayerKindSpec<never>;
}

/** Layers by name. */
export function layersByName(graph: Graph): ReadonlyMap<string, Layer> {
  return new Map(graph.layers.map((layer) => [layer.name, layer]));
}

/** Names of the layers that read each layer, in graph order; a layer that reads another twice is listed twice. */
export function consumersOf(graph: Graph): ReadonlyMap<string, readonly Layer[]> {
  const consumers = new Map<string, Layer[]>(graph.layers.map((layer) => [layer.name, []]));
  for (const layer of graph.layers) for (const name of layer.inputs) consumers.get(name)?.push(layer);
  return consumers;
}

/**
 * How many islands stand between the picture and what each layer sends, by layer name: an island is computed as a whole when
 * its inputs are there, so what has depth d runs before what has depth d + 1.
 */
export function islandDepths(graph: Graph): ReadonlyMap<string, number> {
  const depths = new Map<string, number>();
  for (const { name, kind, inputs } of graph.layers) {
    const before = Math.max(0, ...inputs.map((input) => depths.get(input) as number));
    depths.set(name, kind === "island" ? before + 1 : before);
  }
  return depths;
}

/**
 * The input layer. @throws ShapeError unless there is exactly one.
 * @example
 * ```js
 * import { readFile } from "node:fs/promises";
 * import { decodeModel, inputOf } from "spiking-yolo";
 *
 * const { dnn } = decodeModel(await readFile("models/scenes.safetensors"), "scenes");
 * if (!dnn) throw new Error("it holds no DNN");
 * const [channels, height, width] = inputOf(dnn).shape;
 * console.log(channels, height, width); // 3 144 192
 * ```
 */
export function inputOf(graph: Graph): LayerOf<"input"> {
  const inputs = graph.layers.filter((layer) => layer.kind === "input");
  if (inputs.length !== 1)
    throw new ShapeError("E_GRAPH", `a graph needs one input layer; this one has ${inputs.length}`);
  return inputs[0];
}

/** The detection heads, in graph order. */
export function headsOf(graph: Graph): readonly HeadLayer[] {
  return graph.layers.filter(isHead);
}

/** Whether the graph has been converted to spikes. */
export function isSpiking(graph: Graph): boolean {
  return graph.layers.some(isPopulation);
}
