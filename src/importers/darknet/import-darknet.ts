/**
 * Darknet cfg (and weights) → Graph. One function a section type; each appends layers and tells what the next reads.
 *
 * Source: darknet's parser.c and its layers' sources.
 */

import type { Preprocessing } from "../../core/preprocessing.ts";
import { floatTensor } from "../../core/tensor.ts";
import type { Activation } from "../../functions/function.ts";
import { type Graph, inferLayerShape } from "../../graph/graph.ts";
import type { Shape } from "../../graph/layer-kinds.ts";
import type { Layer } from "../../graph/layers.ts";
import { darknetPool, evenWindow } from "../../graph/windows.ts";
import type { Head } from "../../heads/head.ts";
import { parseCfg, SectionReader } from "./cfg.ts";
import { madeUpParameters, type ParameterSource, weightsFile } from "./weights.ts";

export interface DarknetFiles {
  /** Text of the `.cfg`. */
  readonly cfg: string;
  /** Bytes of the `.weights`; without them, all parameters are zero: a graph to look at, not to run. */
  readonly weights?: Uint8Array;
  /** By class index, one for each class of the heads. */
  readonly classNames?: readonly string[];
  /** Names of the files, for errors and provenance. */
  readonly cfgName?: string;
  readonly weightsName?: string;
  /** Parameters made by the caller instead of a weights file. */
  readonly parameters?: ParameterSource;
}

export interface DarknetOptions {
  /** Added to the variance under the root of batch norm: 1e-5 in darknet's GPU path and in its own folding. */
  readonly epsilon?: number;
  readonly preprocessing?: Preprocessing;
}

/** By darknet's names. */
const activations: ReadonlyMap<string, Activation> = new Map<string, Activation>([
  ["leaky", { fn: "leaky", slope: 0.1 }],
  ["relu", { fn: "relu" }],
  ["linear", { fn: "linear" }],
]);

/** What a section's function works on: appends layers, reads parameters, knows what came before. */
interface Builder {
  readonly reader: SectionReader;
  readonly parameters: ParameterSource;
  readonly epsilon: number;
  /** Name and shape of the previous section's output. */
  readonly previous: Output;
  /** Output of another section, by darknet's number: negative counts back from this one. */
  output(reference: number): Output;
  /** Appends a layer and gives its output. */
  add(layer: Layer): Output;
}

interface Output {
  readonly name: string;
  readonly shape: Shape;
}

/**
 * Imports a darknet detector.
 * @throws ImportError [E_CFG, E_WEIGHTS_SHORT, E_WEIGHTS_LONG, E_WEIGHTS_VALUE, E_NAMES]; ShapeError where layers do not fit.
 */
export function importDarknet(files: DarknetFiles, options: DarknetOptions = {}): Graph {
  const cfgName = files.cfgName ?? "cfg";
  const sections = parseCfg(files.cfg, cfgName);
  const parameters =
    files.parameters ??
    (files.weights
      ? weightsFile(files.weights, files.weightsName ?? "weights")
      : madeUpParameters((shape) => floatTensor(shape)));
  const layers: Layer[] = [];
  const shapes = new Map<string, Shape>();
  const outputs: Output[] = [];
  const add = (layer: Layer): Output => {
    const shape = inferLayerShape(
      layer,
      layer.inputs.map((name) => shapes.get(name) as Shape),
    );
    layers.push(layer);
    shapes.set(layer.name, shape);
    return { name: layer.name, shape };
  };

  let previous = add(importNet(new SectionReader(sections[0], cfgName)));
  for (const section of sections.slice(1)) {
    const reader = new SectionReader(section, cfgName);
    const importSection =
      sectionTypes.get(section.type) ??
      reader.fail(`this section is not supported; supported are ${[...sectionTypes.keys()].join(", ")}`);
    const output = (reference: number): Output => {
      const index = reference < 0 ? section.index + reference : reference;
      const found = Number.isInteger(reference) && index < section.index ? outputs[index] : undefined;
      return found ?? reader.fail(`there is no layer ${reference} before it (this is layer ${section.index})`);
    };
    previous = importSection({ reader, parameters, epsilon: options.epsilon ?? 1e-5, previous, output, add });
    outputs.push(previous);
  }
  parameters.end();

  const graph: Graph = {
    layers,
    preprocessing: options.preprocessing ?? { fit: "stretch", filter: "darknet" },
    classNames: files.classNames ?? [],
    provenance: [`importDarknet ${cfgName}${files.weightsName ? ` ${files.weightsName}` : ""}`],
  };
  checkHeads(graph, new SectionReader(sections[0], cfgName));
  return graph;
}

function checkHeads(graph: Graph, reader: SectionReader): void {
  const heads = graph.layers.filter((layer) => layer.kind === "region" || layer.kind === "yolo");
  if (heads.length === 0) reader.fail("the network has no [region] or [yolo] section, so it detects nothing");
  const { classNames } = graph;
  for (const { classes } of heads) {
    if (classNames.length > 0 && classNames.length !== classes) {
      reader.fail(`the head has ${classes} classes but ${classNames.length} names are given`);
    }
  }
}

function importNet(reader: SectionReader): Layer {
  const extent = (key: string, fallback?: number) => reader.integer(key, fallback, 1, 65_536);
  return {
    kind: "input",
    name: "input",
    inputs: [],
    shape: [extent("channels", 3), extent("height"), extent("width")],
  };
}

/** A map: the names come from files, and every object has a `constructor`. */
const sectionTypes: ReadonlyMap<string, (builder: Builder) => Output> = new Map([
  ["convolutional", importConvolutional],
  ["maxpool", importMaxPool],
  ["route", importRoute],
  ["shortcut", importShortcut],
  ["upsample", importUpsample],
  ["dropout", ({ previous }) => previous],
  ["region", (builder) => importHead(builder, regionHead(builder.reader))],
  ["yolo", (builder) => importHead(builder, yoloHead(builder.reader))],
]);

/** Darknet's order in the file: biases, then with batch norm scales, means, variances; then the weights. */
function importConvolutional({ reader, parameters, epsilon, previous, add }: Builder): Output {
  reader.allow([
    "batch_normalize",
    "filters",
    "size",
    "stride",
    "pad",
    "padding",
    "groups",
    "activation",
    "dilation",
    "stopbackward",
  ]);
  if (reader.integer("dilation", 1) !== 1) reader.fail("dilation other than 1 is not supported");
  const filters = reader.integer("filters", 1, 1);
  const size = reader.integer("size", 1, 1, 64);
  const groups = reader.integer("groups", 1, 1);
  const [channels] = previous.shape;
  if (channels % groups !== 0 || filters % groups !== 0) {
    reader.fail(`groups=${groups} divides neither or only one of ${channels} input channels and ${filters} filters`);
  }
  const { index } = reader.section;
  const where = `layer ${index} [convolutional]`;
  const bias = parameters.next([filters], where);
  const hasNorm = reader.integer("batch_normalize", 0, 0, 1) === 1;
  const [scale, mean, variance] = hasNorm ? [1, 2, 3].map(() => parameters.next([filters], where)) : [];
  // Training leaves denormals on both sides of zero; what is clearly below is another model's data.
  if (variance?.data.some((value) => value < -1e-6)) {
    reader.fail(`the weights hold a negative variance for ${where}. Check that cfg and weights belong together`);
  }
  const weights = parameters.next([filters, channels / groups, size, size], where);
  const padding = reader.integer("pad", 0, 0, 1) === 1 ? Math.floor(size / 2) : reader.integer("padding", 0, 0, 64);
  const stride = reader.integer("stride", 1, 1, 64);
  const convolution = {
    kind: "convolution",
    name: `conv${index}`,
    inputs: [previous.name],
    weights,
    ...evenWindow(stride, padding),
    groups,
  } as const;
  let output = add(hasNorm ? convolution : { ...convolution, bias });
  if (hasNorm) {
    output = add({
      kind: "batchNorm",
      name: `norm${index}`,
      inputs: [output.name],
      scale,
      bias,
      mean,
      variance,
      epsilon,
    });
  }
  return addActivation(reader, output, add, "logistic");
}

/** @param fallback darknet's activation where none is given. */
function addActivation(reader: SectionReader, input: Output, add: Builder["add"], fallback: string): Output {
  const { index } = reader.section;
  const activation = reader.text("activation", fallback);
  const known = activations.get(activation);
  if (known === undefined)
    return reader.fail(
      `activation=${activation} is not supported; supported are ${[...activations.keys()].join(", ")}`,
    );
  if (known.fn === "linear") return input;
  return add({ kind: "activation", name: `${activation}${index}`, inputs: [input.name], activation: known });
}

function importMaxPool({ reader, previous, add }: Builder): Output {
  reader.allow(["size", "stride", "padding"]);
  const stride = reader.integer("stride", 1, 1, 64);
  const size = reader.integer("size", stride, 1, 64);
  const padding = reader.integer("padding", size - 1, 0, 64);
  if (padding >= size + 1) reader.fail(`padding=${padding} leaves windows of size=${size} without any input`);
  return add({
    kind: "maxPool",
    name: `pool${reader.section.index}`,
    inputs: [previous.name],
    ...darknetPool(size, stride, padding),
  });
}

function importRoute({ reader, output, add }: Builder): Output {
  reader.allow(["layers", "groups", "group_id"]);
  const { index } = reader.section;
  const references = reader.numbers("layers");
  if (references.length === 0) reader.fail("layers names no layer");
  const groups = reader.integer("groups", 1, 1);
  const group = reader.integer("group_id", 0, 0, groups - 1);
  const inputs = references.map(output).map((input, position) => {
    if (groups === 1) return input;
    const count = Math.floor(input.shape[0] / groups);
    if (count * groups !== input.shape[0]) reader.fail(`groups=${groups} does not divide ${input.shape[0]} channels`);
    return add({ kind: "slice", name: `slice${index}_${position}`, inputs: [input.name], start: group * count, count });
  });
  if (inputs.length === 1) return inputs[0];
  return add({ kind: "concat", name: `concat${index}`, inputs: inputs.map(({ name }) => name) });
}

function importShortcut({ reader, previous, output, add }: Builder): Output {
  reader.allow(["from", "activation"]);
  const references = reader.numbers("from");
  if (references.length === 0) reader.fail("from names no layer");
  const inputs = [previous, ...references.map(output)].map(({ name }) => name);
  return addActivation(reader, add({ kind: "sum", name: `sum${reader.section.index}`, inputs }), add, "linear");
}

function importUpsample({ reader, previous, add }: Builder): Output {
  reader.allow(["stride", "scale"]);
  if (reader.number("scale", 1) !== 1) reader.fail("scale other than 1 is not supported");
  const factor = reader.integer("stride", 2, 1, 64);
  return add({ kind: "upsample", name: `upsample${reader.section.index}`, inputs: [previous.name], factor });
}

function importHead({ reader, previous, add }: Builder, head: Head): Output {
  return add({ ...head, name: `${head.kind}${reader.section.index}`, inputs: [previous.name] });
}

function anchorsOf(reader: SectionReader, count: number): readonly number[] {
  const anchors = reader.numbers("anchors");
  if (anchors.length !== 2 * count || anchors.some((anchor) => anchor <= 0)) {
    reader.fail(`anchors must be ${2 * count} positive numbers for num=${count}; ${anchors.length} are given`);
  }
  return anchors;
}

function regionHead(reader: SectionReader): Head {
  if (reader.integer("coords", 4) !== 4) reader.fail("coords other than 4 is not supported");
  for (const key of ["tree", "map", "background"]) if (reader.has(key)) reader.fail(`${key} is not supported`);
  return {
    kind: "region",
    classes: reader.integer("classes", 20, 1),
    anchors: anchorsOf(reader, reader.integer("num", 1, 1, 32)),
    softmax: reader.integer("softmax", 0, 0, 1) === 1,
  };
}

function yoloHead(reader: SectionReader): Head {
  if (reader.integer("new_coords", 0) !== 0) reader.fail("new_coords is not supported");
  const count = reader.integer("num", 1, 1, 32);
  const anchors = anchorsOf(reader, count);
  const mask = reader.has("mask") ? reader.numbers("mask") : Array.from({ length: count }, (_, i) => i);
  if (mask.some((anchor) => !Number.isInteger(anchor) || anchor < 0 || anchor >= count)) {
    reader.fail(`mask names an anchor outside 0 to ${count - 1}`);
  }
  return {
    kind: "yolo",
    classes: reader.integer("classes", 20, 1),
    anchors: mask.flatMap((anchor) => anchors.slice(2 * anchor, 2 * anchor + 2)),
    scaleXY: reader.number("scale_x_y", 1),
  };
}

/** Class names, one a line, as darknet's `.names` files hold them. */
export function parseNames(text: string): readonly string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
