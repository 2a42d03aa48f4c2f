/**
 * What a graph must mean beyond fitting together: values that are numbers, types that belong together, and in a spiking
 * graph spikes where spikes are read and currents where currents are. Engines agree on a graph that passes; what passes
 * differently through each (a bias of another type, weights that int16 does not hold, a head without readout) does not pass.
 */
import { ShapeError } from "../core/errors.ts";
import type { DType, Tensor } from "../core/tensor.ts";
import { type Graph, inferShapes, inputOf, isSpiking, layersByName, type Shapes } from "./graph.ts";
import type { Shape } from "./layer-kinds.ts";
import {
  type ConvolutionLayer,
  isHead,
  isPopulation,
  type Layer,
  type LayerKind,
  type LayerOf,
  type MaxPoolLayer,
  type Population,
  type ProductLayer,
  type SumLayer,
  windowOf,
} from "./layers.ts";

/** Membranes stop at ±2^30 (`src/snn/neuron.ts`), so no threshold and no bias is beyond. */
const integerBound = 2 ** 30;

/** @throws ShapeError [E_GRAPH] naming the layer and what is wrong with it; [E_SHAPE] as {@link inferShapes}. */
export function checkMeaning(graph: Graph): void {
  checkLayers(graph);
  expectHead(graph);
}

/** @throws ShapeError [E_GRAPH] for a network that detects nothing. */
export function expectHead(graph: Graph): void {
  if (!graph.layers.some(isHead)) throw new ShapeError("E_GRAPH", "it has no detection head, so it detects nothing");
}

/** As {@link checkMeaning}, for a network that need not detect anything. */
export function checkLayers(graph: Graph): void {
  const shapes = inferShapes(graph);
  inputOf(graph);
  const byName = layersByName(graph);
  for (const layer of graph.layers) {
    checkValues(layer);
    checkFacts(layer, byName, shapes);
  }
  if (isSpiking(graph)) checkSpiking(graph, shapes);
  else for (const layer of graph.layers) if (layer.kind !== "input") checkFloat(layer);
}

function fail(layer: Layer, what: string): never {
  throw new ShapeError("E_GRAPH", `${layer.name} [${layer.kind}]: ${what}`);
}

/** The layer's tensors by the names of their fields. */
function tensorsOf(layer: Layer): readonly (readonly [string, Tensor])[] {
  const fields = layer.kind === "activation" ? { ...layer, ...layer.statistics } : layer;
  return Object.entries(fields).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).flatMap((item) => (isTensor(item) ? [[name, item] as const] : [])),
  );
}

function isTensor(value: unknown): value is Tensor {
  return typeof value === "object" && value !== null && "dtype" in value && "data" in value;
}

function checkValues(layer: Layer): void {
  for (const [name, { data }] of tensorsOf(layer)) {
    // A plain loop: there may be a hundred million of them.
    for (let i = 0; i < data.length; i++)
      if (!Number.isFinite(data[i])) fail(layer, `${name} holds ${data[i]}; every value must be finite`);
  }
}

/** What has a sign, an order or a shape that {@link inferShapes} does not ask of it. */
function checkFacts(layer: Layer, byName: ReadonlyMap<string, Layer>, shapes: Shapes): void {
  const notNegative = (name: string, values: Tensor["data"]) => {
    if (values.some((value) => value < 0)) fail(layer, `${name} holds negative values`);
  };
  if ("anchors" in layer && layer.anchors.length % 2 !== 0) fail(layer, `${layer.anchors.length} anchors are no pairs`);
  if (layer.kind === "batchNorm" && layer.variance.data.some((value) => value + layer.epsilon <= 0))
    fail(layer, "variance + epsilon must be positive");
  if (isPopulation(layer)) notNegative("lambda", layer.lambda.data);
  if (layer.kind === "convolution" && layer.insertedZeros !== undefined) {
    const source = byName.get(layer.inputs[0]);
    if (source?.kind !== "insertZeros" || source.factor !== layer.insertedZeros)
      fail(
        layer,
        `insertedZeros is ${layer.insertedZeros}, but ${source?.name} [${source?.kind}] inserts none like that`,
      );
  }
  if (layer.kind !== "activation") return;
  const [channels] = shapes.get(layer.name) as Shape;
  if (layer.lambda) {
    if (layer.lambda.shape.join() !== String(channels)) fail(layer, `lambda must hold ${channels} values`);
    notNegative("lambda", layer.lambda.data);
  }
  if (layer.trainedLambda?.data.some((value) => value <= 0)) fail(layer, "trainedLambda must be positive");
  if (layer.statistics) {
    const { percentiles, channel, layer: whole } = layer.statistics;
    if (
      channel.shape.join() !== [channels, percentiles.length].join() ||
      whole.shape.join() !== `${percentiles.length}`
    )
      fail(layer, `statistics must hold ${percentiles.length} percentiles of ${channels} channels and of the layer`);
    if (percentiles.some((value, i) => value <= percentiles[i - 1])) fail(layer, "percentiles do not rise");
    notNegative("statistics", channel.data);
    notNegative("statistics", whole.data);
    for (const moment of [layer.statistics.slope, layer.statistics.power]) {
      if (moment && moment.shape.join() !== String(channels))
        fail(layer, `statistics must hold moments of ${channels} channels`);
      if (moment) notNegative("statistics", moment.data);
    }
  }
}

/** Neurons that compute in float: what conversion makes without bits. And every DNN. */
function checkFloat(layer: Layer): void {
  for (const [name, { dtype }] of tensorsOf(layer))
    expectType(layer, name, dtype, name === "model" ? ["int8"] : ["float32"]);
  if ("shift" in layer && layer.shift !== undefined)
    fail(layer, "shift belongs to integers, but its values are float32");
}

function expectType(layer: Layer, name: string, dtype: DType, allowed: readonly DType[]): void {
  if (!allowed.includes(dtype))
    fail(layer, `${name} is ${dtype}; ${allowed.join(" or ")} belongs to the rest of the graph`);
}

function checkSpiking(graph: Graph, shapes: Shapes): void {
  const byName = layersByName(graph);
  const isInteger = graph.layers.some((layer) => isPopulation(layer) && layer.vTh.dtype !== "float32");
  const isFrame = graph.simulation?.frameUnits !== undefined;
  for (const layer of graph.layers) {
    const inputs = layer.inputs.map((name) => byName.get(name) as Layer);
    checkSignals(layer, inputs);
    if (layer.kind === "maxPool") checkWindows(layer, layer.inputs.map((name) => shapes.get(name) as Shape)[0], shapes);
    if (isPopulation(layer)) checkThresholds(layer);
    if (isPopulation(layer) && (layer.neuron === "tracker") !== isFrame)
      fail(layer, `${layer.neuron} neurons do not belong into a network ${isFrame ? "with" : "without"} frameUnits`);
    if (layer.kind === "product" && !isFrame) fail(layer, "it belongs into a network of trackers, with frameUnits");
    if (isPopulation(layer) && isFrame && layer.vInit !== 0) fail(layer, `trackers begin at 0, not at ${layer.vInit}`);
    if (!isInteger) checkFloat(layer);
    else if (layer.kind === "convolution") checkIntegerConvolution(layer);
    else if (layer.kind === "sum") checkIntegerSum(layer);
    else if (layer.kind === "product") checkIntegerProduct(layer);
    else if (isPopulation(layer)) checkIntegerPopulation(layer);
  }
}

const spikes: readonly LayerKind[] = [
  "input",
  "integrateFire",
  "readout",
  "maxPool",
  "upsample",
  "insertZeros",
  "concat",
  "slice",
];
const currents: readonly LayerKind[] = ["convolution", "sum", "product", "island"];
/** By layer kind: of which kinds its inputs may be in a spiking graph; null where it has no place in one. */
const readable: { readonly [K in LayerKind]: readonly LayerKind[] | null } = {
  input: [],
  convolution: spikes,
  sum: [...spikes, "convolution"],
  product: spikes.filter((kind) => kind !== "input"),
  maxPool: spikes,
  upsample: spikes,
  insertZeros: spikes,
  concat: spikes,
  slice: spikes,
  integrateFire: currents,
  readout: currents,
  island: ["integrateFire", "maxPool", "upsample", "insertZeros", "concat", "slice"],
  region: ["readout"],
  yolo: ["readout"],
  gaussianYolo: ["readout"],
  dfl: ["readout"],
  tail: ["readout"],
  batchNorm: null,
  activation: null,
  averagePool: null,
};

function checkSignals(layer: Layer, inputs: readonly Layer[]): void {
  const allowed = readable[layer.kind] ?? fail(layer, "it does not spike, but other layers do");
  const wrong = inputs.find(({ kind }) => !allowed.includes(kind));
  if (wrong)
    fail(layer, `it reads ${wrong.name} [${wrong.kind}]; it can read ${allowed.join(", ")} in a spiking graph`);
  if (layer.kind === "maxPool" && layer.pooling === undefined) fail(layer, "it does not say how spikes are pooled");
  if (layer.kind !== "sum") return;
  for (const [i, { name, kind }] of inputs.entries()) {
    if (kind === "convolution" && layer.scales?.[i])
      fail(layer, `it scales ${name}, whose currents are scaled already`);
  }
}

/** More padding than a window is wide leaves windows without a neuron. */
function checkWindows(layer: MaxPoolLayer, input: Shape, shapes: Shapes): void {
  const output = shapes.get(layer.name) as Shape;
  const { size, strides, pads } = windowOf(layer);
  for (const axis of [0, 1] as const) {
    if (size[axis] <= pads[axis] || (output[axis + 1] - 1) * strides[axis] - pads[axis] >= input[axis + 1])
      fail(layer, `windows lie wholly in its padding of ${pads.join(", ")}. Use less padding`);
  }
}

function checkThresholds(layer: LayerOf<"integrateFire" | "readout">): void {
  for (const name of ["vTh", "vThNeg"] as const) {
    const bad = layer[name]?.data.find((value) => !(value > 0));
    if (bad !== undefined) fail(layer, `${name} holds ${bad}; thresholds are positive`);
  }
}

function checkIntegerConvolution(layer: ConvolutionLayer): void {
  checkWeights(layer, "weights", layer.weights);
  if (layer.bias) checkInt32(layer, "bias", layer.bias);
  if (layer.shift === undefined) fail(layer, "shift is missing, which belongs to integer weights");
}

function checkIntegerSum(layer: SumLayer): void {
  for (const scale of layer.scales ?? []) if (scale) checkWeights(layer, "scales", scale);
  if (layer.shift === undefined && layer.scales?.some(Boolean))
    fail(layer, "shift is missing, which belongs to integer scales");
}

function checkIntegerProduct(layer: ProductLayer): void {
  const { factors, shift } = layer;
  if (!factors || shift === undefined) fail(layer, "factors or shift are missing, which belong to an integer product");
  expectType(layer, "factors", factors.dtype, ["int8"]);
  if (factors.data.some((value) => value !== 0 && value !== 1)) fail(layer, "factors hold more than zeros and ones");
}

function checkIntegerPopulation(layer: Layer & Population): void {
  checkInt32(layer, "vTh", layer.vTh);
  if (layer.vThNeg) checkInt32(layer, "vThNeg", layer.vThNeg);
}

/** As quantization makes them: without −128 and −32768, whose negatives their types do not hold. */
function checkWeights(layer: Layer, name: string, { dtype, data }: Tensor): void {
  expectType(layer, name, dtype, ["int8", "int16"]);
  const least = dtype === "int8" ? -128 : -32_768;
  if (data.includes(least)) fail(layer, `${name} holds ${least}; ${least + 1} is the least that quantization makes`);
}

function checkInt32(layer: Layer, name: string, { dtype, data }: Tensor): void {
  expectType(layer, name, dtype, ["int32"]);
  const bad = data.find((value) => Math.abs(value) > integerBound);
  if (bad !== undefined) fail(layer, `${name} holds ${bad}; integers beyond ±2^30 are not supported`);
}
