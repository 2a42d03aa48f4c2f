/**
 * Darknet cfg (and weights) → Graph. One function a section type; each appends layers and tells what the next reads.
 *
 * Source: darknet's parser.c and its layers' sources.
 */
import type { Preprocessing } from "../../core/preprocessing.ts";
import { tallyRemarks } from "../../core/remarks.ts";
import { floatTensor } from "../../core/tensor.ts";
import { type Graph, headsOf, inferLayerShape } from "../../graph/graph.ts";
import type { Shape } from "../../graph/layer-kinds.ts";
import { isHead, type Layer } from "../../graph/layers.ts";
import { addActivation, type Builder, type Output } from "./builder.ts";
import { parseCfg, type Remark, SectionReader } from "./cfg.ts";
import { importBatchNorm, importConnected, importConvolutional, importTransposed } from "./convolutions.ts";
import { importGaussianYolo, importRegion, importYolo } from "./heads.ts";
import * as rearrangements from "./rearrangements.ts";
import { importReorg, importReorg3d } from "./reorganizations.ts";
import { trainingKeys } from "./training-keys.ts";
import {
  countParameters,
  madeUpParameters,
  type ParameterSource,
  parametersStart,
  readWeightsHeader,
  weightsFile,
} from "./weights.ts";

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
  /** How the picture becomes the input, where another way is wanted than darknet's: its filter, letterboxed where the cfg says so. */
  readonly preprocessing?: Partial<Preprocessing>;
  /** Told what the cfg says and nothing uses, a line a kind. */
  readonly remark?: Remark;
}

/** By darknet's names, and the other names that it knows for the same. */
const sectionTypes: ReadonlyMap<string, (builder: Builder) => Output> = new Map([
  ["convolutional", importConvolutional],
  ["conv", importConvolutional],
  ["deconvolutional", importTransposed],
  ["deconv", importTransposed],
  ["transposed_convolutional", importTransposed],
  ["connected", importConnected],
  ["conn", importConnected],
  ["batchnorm", importBatchNorm],
  ["maxpool", rearrangements.importMaxPool],
  ["max", rearrangements.importMaxPool],
  ["avgpool", rearrangements.importAveragePool],
  ["avg", rearrangements.importAveragePool],
  ["local_avgpool", rearrangements.importLocalAveragePool],
  ["local_avg", rearrangements.importLocalAveragePool],
  ["route", rearrangements.importRoute],
  ["shortcut", rearrangements.importShortcut],
  ["upsample", rearrangements.importUpsample],
  ["reorg", importReorg],
  ["reorg3d", importReorg3d],
  ["scale_channels", rearrangements.importScaleChannels],
  ["sam", rearrangements.importProduct],
  ["crop", rearrangements.importCrop],
  ["activation", (builder) => addActivation(builder, builder.previous, "linear")],
  ["dropout", passOn],
  ["cost", passOn],
  ["empty", passOn],
  ["silence", passOn],
  ["region", importRegion],
  ["yolo", importYolo],
  ["gaussian_yolo", importGaussianYolo],
]);

function passOn({ previous }: Builder): Output {
  return previous;
}

/**
 * Imports a darknet detector.
 * @throws ImportError [E_CFG, E_WEIGHTS, E_WEIGHTS_SHORT, E_WEIGHTS_LONG, E_WEIGHTS_VALUE, E_NAMES]; ShapeError where layers do not fit.
 * @example
 * ```js
 * import { readFile } from "node:fs/promises";
 * import { importDarknet } from "spiking-yolo";
 *
 * const dnn = importDarknet({
 *   cfg: await readFile("models/scenes.cfg", "utf8"),
 *   weights: await readFile("models/scenes.weights"),
 * });
 * console.log(dnn.layers.at(-1)?.kind); // region
 * ```
 */
export function importDarknet(files: DarknetFiles, options: DarknetOptions = {}): Graph {
  const cfgName = files.cfgName ?? "cfg";
  const remark = options.remark ?? (() => {});
  const sections = parseCfg(files.cfg, cfgName, remark);
  const parameters = parametersOf(files, remark);
  const layers: Layer[] = [];
  const shapes = new Map<string, Shape>();
  const outputs: Output[] = [];
  const tally = tallyRemarks();
  const add = (layer: Layer): Output => {
    const shape = inferLayerShape(
      layer,
      layer.inputs.map((name) => shapes.get(name) as Shape),
    );
    layers.push(layer);
    shapes.set(layer.name, shape);
    return { name: layer.name, shape };
  };
  const noteUnused = (reader: SectionReader) => {
    const { type, line } = reader.section;
    for (const key of reader.unused())
      if (!trainingKeys.has(key)) tally.add("options that are not used", `${key} of [${type}] in line ${line}`);
  };

  const net = new SectionReader(sections[0], cfgName);
  let previous = add(importNet(net));
  const isLetterboxed = net.truth("letter_box");
  noteUnused(net);
  for (const section of sections.slice(1)) {
    const reader = new SectionReader(section, cfgName);
    const importSection = sectionTypes.get(section.type);
    if (!importSection)
      return reader.fail(`this section is not supported; supported are ${[...sectionTypes.keys()].join(", ")}`);
    const output = (reference: number): Output => {
      const index = reference < 0 ? section.index + reference : reference;
      const found = Number.isInteger(reference) && index < section.index ? outputs[index] : undefined;
      return found ?? reader.fail(`there is no layer ${reference} before it (this is layer ${section.index})`);
    };
    const layer = (name: string) => layers.find((candidate) => candidate.name === name) as Layer;
    previous = importSection({ reader, parameters, epsilon: options.epsilon ?? 1e-5, previous, output, add, layer });
    outputs.push(previous);
    noteUnused(reader);
  }
  parameters.end();
  for (const line of tally.lines()) remark(`${cfgName}: ${line}`);

  const graph: Graph = {
    layers: withoutUnread(layers),
    preprocessing: { fit: isLetterboxed ? "letterbox" : "stretch", filter: "darknet", ...options.preprocessing },
    classNames: files.classNames ?? [],
    provenance: [`importDarknet ${cfgName}${files.weightsName ? ` ${files.weightsName}` : ""}`],
  };
  checkHeads(graph, net);
  return graph;
}

function parametersOf(files: DarknetFiles, remark: Remark): ParameterSource {
  const { weights, weightsName = "weights", ...others } = files;
  if (files.parameters) return files.parameters;
  if (!weights) return madeUpParameters((shape) => floatTensor(shape));
  const header = readWeightsHeader(weights, weightsName);
  const counted = countParameters();
  if (header.bytes === 16) importDarknet({ ...others, parameters: counted });
  const start = parametersStart(header, weights.length, counted.floats);
  if (start !== header.bytes)
    remark(
      `${weightsName} says version ${header.version}, whose header has ${header.bytes} bytes, and is as long as with ${start}: so it is read`,
    );
  return weightsFile(weights, weightsName, start);
}

/** Activations that a head has taken over. */
function withoutUnread(layers: readonly Layer[]): readonly Layer[] {
  const read = new Set(layers.flatMap(({ inputs }) => inputs));
  const isTakenOver = (layer: Layer, index: number) => {
    const next = layers[index + 1];
    return (
      layer.kind === "activation" && !read.has(layer.name) && next && isHead(next) && next.inputs[0] === layer.inputs[0]
    );
  };
  return layers.filter((layer, index) => !isTakenOver(layer, index));
}

function checkHeads(graph: Graph, reader: SectionReader): void {
  const heads = headsOf(graph);
  if (heads.length === 0)
    reader.fail("the network has no [region], [yolo] or [Gaussian_yolo] section, so it detects nothing");
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

/** Class names, one a line, as darknet's `.names` files hold them. */
export function parseNames(text: string): readonly string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
