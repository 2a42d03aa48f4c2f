/**
 * The DNN as darknet's two files: a cfg, whose sections are numbered from 0, and the weights in the sections' order.
 *
 * A section reads the one before it; what reads another is preceded by a `[route]` to it. A convolution takes the normalization and the activation
 * that follow it into its section, a sum its activation. Source: parser.c of darknet; `importers/darknet` reads the same.
 */
import { consumersOf, type Graph, inferShapes, inputOf } from "../graph/graph.ts";
import type { Shape } from "../graph/layer-kinds.ts";
import { isHead, type Layer, type LayerKind, type LayerOf } from "../graph/layers.ts";
import { reorganizationOf } from "../importers/darknet/reorganizations.ts";
import { encodeWeights } from "../importers/darknet/write-weights.ts";
import {
  activationName,
  convolutionOptions,
  headOptions,
  normParameters,
  poolOptions,
  refuse,
} from "./darknet-options.ts";
import { type Exported, pictureLine } from "./exporter.ts";

/** What stands first in a cfg that is written here. */
export const cfgBeginning = "# Written by spiking-yolo.";

const theOriginal = "Use the file that it came from";

interface Section {
  readonly type: string;
  readonly options: Readonly<Record<string, string | number>>;
}

/** What is written so far, and what a row of the table may ask. */
interface Draft {
  readonly sections: Section[];
  readonly parameters: Float32Array[];
  /** Names of layers by the section that gives them; several may share one. */
  readonly numbers: Map<string, number>;
  /** Layers that have become logistic functions for the head that reads them. */
  readonly endsLogistic: Set<string>;
  readonly shapes: ReadonlyMap<string, Shape>;
  /** The one layer that reads it, where there is no other. */
  readonly onlyReader: (name: string) => Layer | undefined;
}

type Writer<K extends LayerKind> = (draft: Draft, layer: LayerOf<K>) => void;

const writers: { readonly [K in LayerKind]: Writer<K> } = {
  input: () => {},
  convolution: writeConvolution,
  batchNorm(draft, layer) {
    readFrom(draft, layer);
    draft.parameters.push(...normParameters(layer));
    append(draft, "batchnorm", {}, layer.name);
  },
  activation(draft, layer) {
    readFrom(draft, layer);
    append(draft, "activation", { activation: activationName(layer) }, layer.name);
  },
  maxPool(draft, layer) {
    readFrom(draft, layer);
    append(draft, "maxpool", poolOptions(layer), layer.name);
  },
  averagePool(draft, layer) {
    readFrom(draft, layer);
    const { size, pads, countsPads } = layer;
    const [, height, width] = draft.shapes.get(layer.inputs[0]) as Shape;
    const isPadded = pads.some((pad) => pad > 0);
    if (size[0] === height && size[1] === width && !isPadded) append(draft, "avgpool", {}, layer.name);
    else if (countsPads && isPadded)
      refuse(layer.name, "counts cells beyond the edges as zeros; darknet's means leave them out");
    else append(draft, "local_avgpool", poolOptions(layer), layer.name);
  },
  upsample(draft, layer) {
    readFrom(draft, layer);
    append(draft, "upsample", { stride: layer.factor }, layer.name);
  },
  concat(draft, layer) {
    const layers = layer.inputs.map((name) => numberOf(draft, name, layer)).join(",");
    append(draft, "route", { layers }, layer.name);
  },
  slice(draft, layer) {
    const { start, count, inputs } = layer;
    const [channels] = draft.shapes.get(inputs[0]) as Shape;
    if (start % count !== 0 || channels % count !== 0)
      refuse(
        layer.name,
        `takes ${count} of ${channels} channels from ${start} on; darknet's groups are parts of equal size`,
      );
    const groups = channels / count;
    append(draft, "route", { layers: numberOf(draft, inputs[0], layer), groups, group_id: start / count }, layer.name);
  },
  insertZeros: (_, layer) =>
    refuse(layer.name, "is part of a transposed convolution, whose weights are kept in other order"),
  product: writeProduct,
  sum: writeSum,
  region: writeHead,
  yolo: writeHead,
  gaussianYolo: writeHead,
  dfl: (_, layer) => refuse(layer.name, "is a head that darknet has no section for (distributions of distances)"),
  tail: (_, layer) => refuse(layer.name, "is the end of an ONNX file, kept as its operators", theOriginal),
  island(draft, layer) {
    const section = reorganizationOf(layer, draft.shapes.get(layer.inputs[0]) as Shape);
    if (!section)
      refuse(layer.name, `is an island, kept as ONNX operators (${layer.operators.join(", ")})`, theOriginal);
    readFrom(draft, layer);
    append(draft, section.type, section.options, layer.name);
  },
  integrateFire: (_, layer) => refuse(layer.name, "is a population of neurons", "Give the DNN"),
  readout: (_, layer) => refuse(layer.name, "is a population of neurons", "Give the DNN"),
};

/** @throws ConversionError [E_NOT_PORTABLE] naming the layer that darknet has no section for, and why. */
export function exportDarknet(dnn: Graph): Exported {
  const consumers = consumersOf(dnn);
  const draft: Draft = {
    sections: [],
    parameters: [],
    numbers: new Map([[inputOf(dnn).name, -1]]),
    endsLogistic: new Set(),
    shapes: inferShapes(dnn),
    onlyReader(name) {
      const readers = consumers.get(name) ?? [];
      return readers.length === 1 ? readers[0] : undefined;
    },
  };
  for (const layer of dnn.layers) if (!draft.numbers.has(layer.name)) write(draft, layer);
  const { shape } = inputOf(dnn);
  const net: Section = {
    type: "net",
    options: {
      ...{ batch: 1, subdivisions: 1, width: shape[2], height: shape[1], channels: shape[0] },
      ...(dnn.preprocessing.fit === "letterbox" ? { letter_box: 1 } : {}),
    },
  };
  return {
    bytes: new TextEncoder().encode(textOf([net, ...draft.sections])),
    beside: { extension: ".weights", bytes: encodeWeights(draft.parameters, 0) },
    notPortable: notPortable(dnn),
  };
}

function write<K extends LayerKind>(draft: Draft, layer: LayerOf<K>): void {
  // TypeScript does not see that a row takes the layers of its own kind.
  (writers[layer.kind] as Writer<K>)(draft, layer);
}

function writeConvolution(draft: Draft, layer: LayerOf<"convolution">): void {
  readFrom(draft, layer);
  const next = draft.onlyReader(layer.name);
  const norm = next?.kind === "batchNorm" ? next : undefined;
  if (norm && layer.bias)
    refuse(layer.name, "has a bias and batch normalization, of which darknet has one", "Fold it with --fold");
  const { weights, bias } = layer;
  if (!(weights.data instanceof Float32Array))
    refuse(layer.name, `has ${weights.dtype} weights; darknet's are float32`);
  if (norm) draft.parameters.push(...normParameters(norm), weights.data);
  else draft.parameters.push(bias ? Float32Array.from(bias.data) : new Float32Array(weights.shape[0]), weights.data);
  draft.numbers.set(layer.name, draft.sections.length);
  const options = { ...(norm ? { batch_normalize: 1 } : {}), ...convolutionOptions(layer) };
  endWithActivation(draft, "convolutional", options, norm ?? layer);
}

/** Previous output + others: the previous one is whichever input stands there already. */
function writeSum(draft: Draft, layer: LayerOf<"sum">): void {
  if (layer.scales?.some((scale) => scale !== null)) refuse(layer.name, "scales its inputs, which [shortcut] does not");
  const last = layer.inputs.findIndex((name) => draft.numbers.get(name) === draft.sections.length - 1);
  const first = Math.max(0, last);
  routeTo(draft, layer.inputs[first], layer);
  const from = layer.inputs.filter((_, i) => i !== first).map((name) => numberOf(draft, name, layer));
  endWithActivation(draft, "shortcut", { from: from.join(",") }, layer);
}

/** `[scale_channels]` reads the gate before it, `[sam]` either factor. */
function writeProduct(draft: Draft, layer: LayerOf<"product">): void {
  if (layer.factors) refuse(layer.name, "scales its product, which darknet does not");
  const [map, gate] = layer.inputs;
  const [[channels], [gates, height, width]] = [map, gate].map((name) => draft.shapes.get(name) as Shape);
  routeTo(draft, gate, layer);
  const from = numberOf(draft, map, layer);
  const isAlike = draft.shapes.get(map)?.join() === draft.shapes.get(gate)?.join();
  if (isAlike) endWithActivation(draft, "sam", { from }, layer);
  else {
    const isOfChannels = gates === channels && height === 1 && width === 1;
    endWithActivation(draft, "scale_channels", { from, ...(isOfChannels ? {} : { scale_wh: 1 }) }, layer);
  }
}

function writeHead(draft: Draft, layer: LayerOf<"region" | "yolo" | "gaussianYolo">): void {
  readFrom(draft, layer);
  if (layer.kind === "yolo" && layer.sizes && !draft.endsLogistic.has(layer.inputs[0]))
    refuse(layer.name, "reads sizes that are squared from a map that is no convolution's, or that others read, too");
  append(draft, layer.kind === "gaussianYolo" ? "Gaussian_yolo" : layer.kind, headOptions(layer), layer.name);
}

/** A section that may end with the activation that alone reads its layer. */
function endWithActivation(draft: Draft, type: string, options: Section["options"], layer: Layer): void {
  const next = draft.onlyReader(layer.name);
  const isWithin = next?.kind === "activation";
  const activation = isWithin
    ? activationName(next)
    : type === "convolutional"
      ? withoutActivation(draft, layer)
      : "linear";
  append(draft, type, { ...options, activation }, layer.name, ...(isWithin ? [next.name] : []));
}

/** With `new_coords` the convolution applies the logistic function that our head applies itself. */
function withoutActivation({ onlyReader, endsLogistic }: Draft, { name }: Layer): string {
  const head = onlyReader(name);
  if (head?.kind !== "yolo" || !head.sizes) return "linear";
  endsLogistic.add(name);
  return "logistic";
}

/** Makes the only input of a layer the previous section's output. */
function readFrom(draft: Draft, layer: Layer): void {
  routeTo(draft, layer.inputs[0], layer);
}

function routeTo(draft: Draft, name: string, reader: Layer): void {
  if (draft.numbers.get(name) === draft.sections.length - 1) return;
  append(draft, "route", { layers: numberOf(draft, name, reader) });
}

function numberOf({ numbers }: Draft, name: string, reader: Layer): number {
  const number = numbers.get(name) as number;
  if (number < 0) refuse(reader.name, "reads the picture beside others; in darknet only the first section reads it");
  return number;
}

function append({ sections, numbers }: Draft, type: string, options: Section["options"], ...names: string[]): void {
  for (const name of names) numbers.set(name, sections.length);
  sections.push({ type, options });
}

function textOf(sections: readonly Section[]): string {
  const text = sections.map(({ type, options }) =>
    [`[${type}]`, ...Object.entries(options).map(([key, value]) => `${key}=${value}`), ""].join("\n"),
  );
  return `${cfgBeginning}\n${text.join("\n")}`;
}

function notPortable(dnn: Graph): readonly string[] {
  const { preprocessing, classNames, layers } = dnn;
  const { fit, filter, order = "rgb", mean, pad = 0.5 } = preprocessing;
  const isDarknets = fit !== "corner" && filter === "darknet" && order === "rgb" && !mean && pad === 0.5;
  const [, height, width] = inputOf(dnn).shape;
  const isRounded = layers.some((layer) => layer.kind === "activation" && layer.trainedLambda);
  return [
    ...(isDarknets ? [] : [`the picture: ${pictureLine(preprocessing, "the network's input", width, height)}`]),
    ...(classNames.length > 0 ? [`names of the classes, for a file with one a line: ${classNames.join(", ")}`] : []),
    ...(layers.some(isHead) ? ["thresholds: of scores, and of boxes that overlap"] : []),
    ...(isRounded ? ["ranges of activations that training through the spikes rounded to whole counts"] : []),
  ];
}
