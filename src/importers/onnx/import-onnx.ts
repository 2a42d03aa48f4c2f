/**
 * ONNX → Graph. What is made of layers becomes layers; what follows the last of them is kept as a tail; what lies in between and
 * is made of no layers is kept as islands. Nothing is left out, and nothing is done otherwise than the file says.
 */
import { ImportError } from "../../core/errors.ts";
import type { Preprocessing } from "../../core/preprocessing.ts";
import { checkMeaning } from "../../graph/check-meaning.ts";
import { type Graph, layerMacs } from "../../graph/graph.ts";
import { type HeadLayer, isHead, type Layer } from "../../graph/layers.ts";
import type { Head } from "../../heads/head.ts";
import { type Infos, infer } from "../../onnx/infer.ts";
import { printed } from "../../onnx/printed.ts";
import { type ReadModel, type ReadNode, readOnnx } from "../../onnx/read-onnx.ts";
import { Builder } from "./builder.ts";
import { type FamilyName, familyOf, type PictureFacts } from "./families.ts";
import { refuseForeignBytes } from "./foreign-bytes.ts";
import {
  dflHead,
  type Ending,
  type EndOptions,
  endingPart,
  findEnding,
  givenHeads,
  macsOfPart,
  tailHead,
} from "./heads.ts";
import { readMetadata } from "./metadata.ts";
import { recognize } from "./recognize.ts";
import { type Signal, wholeLayer } from "./signals.ts";
import { type Walked, walk } from "./walk.ts";

export interface OnnxOptions {
  /** Name of the file, for errors and provenance. */
  readonly fileName?: string;
  /** Content of the other files that weights are kept in, by the names that `externalFiles` gives. */
  readonly external?: ReadonlyMap<string, Uint8Array>;
  /** [height, width] of the input, where the file leaves them open or another size is wanted. */
  readonly size?: readonly [height: number, width: number];
  /** By class index; by default those of the file's metadata. */
  readonly classNames?: readonly string[];
  /** Whose export it is: decides about pictures and boxes; by default found out. */
  readonly family?: FamilyName;
  /** How its outputs hold boxes, where the family does not say it: one of `layoutNames`. */
  readonly layout?: string;
  /** Heads for outputs that are raw maps, in order (darknet's region and yolo). */
  readonly heads?: readonly Head[];
  /** How the picture becomes the input; by default the family's. */
  readonly preprocessing?: Partial<Preprocessing>;
  /** What of the family's values of a picture is otherwise. */
  readonly picture?: Partial<PictureFacts>;
  /** `none` refuses what no layer computes. */
  readonly islands?: "none";
}

/** Below this share of multiply-accumulates in layers, a file is no network that could spike. */
const leastShare = 0.05;

/**
 * Imports an ONNX detector.
 * @throws ImportError [E_ONNX] where the file cannot be read as one, [E_LAYOUT, E_FAMILY] where its outputs hold boxes in no way
 *   known, [E_SIZE] where it leaves its size open, [E_ISLAND] where islands are refused, [E_NAMES]; ShapeError.
 * @example
 * ```js
 * import { readFile } from "node:fs/promises";
 * import { importOnnx, inputOf } from "spiking-yolo";
 *
 * const dnn = await importOnnx(await readFile("yolov8n.onnx"), { size: [320, 320] });
 * console.log(inputOf(dnn).shape.join(" × ")); // 3 × 320 × 320
 * ```
 */
export async function importOnnx(bytes: Uint8Array, options: OnnxOptions = {}): Promise<Graph> {
  const file = options.fileName ?? "model.onnx";
  refuseForeignBytes(bytes, file);
  const model = readOnnx(bytes, file, options.external);
  const metadata = readMetadata(model.metadata, file);
  const input = pictureInput(model, options.size, metadata.size, file);
  const { value, width, height, channels } = input;
  const whole = { ...model, nodes: [...input.nodes, ...model.nodes] };
  const inferred = await infer(whole, new Map([[value, [1, channels, height, width]]]), file);
  const outputs = model.outputs.map(({ name }) => name);
  const unknown = outputs.find((name) => !inferred.infos.has(name));
  if (outputs.length === 0 || unknown !== undefined)
    throw new ImportError(
      "E_ONNX",
      `${file}: ${unknown === undefined ? "it has no outputs" : `nothing makes its output ${printed(unknown)}`}`,
    );

  const { family, layout } = options;
  const endOptions: EndOptions = {
    family: family ?? (metadata.isUltralytics ? "ultralytics" : undefined),
    layout,
    outputs: model.outputs,
    input,
    file,
  };
  const ending = () => {
    const problem = outputs.map((name) => inferred.infos.get(name)?.problem).find(Boolean);
    if (problem) throw problem;
    const shapes = outputs.map((name) => inferred.infos.get(name)?.shape);
    return findEnding(endOptions, shapes, endOperators(inferred.nodes, inferred.infos, outputs));
  };
  const known = endOptions.family ?? (options.heads ? "darknet" : ending().family);
  const facts: PictureFacts = { ...familyOf(known).picture, ...options.picture };
  const builder = new Builder();
  const signal = pictureSignal(builder, [channels, height, width], facts);
  const walked = await walk({
    inferred,
    steps: recognize(inferred, outputs),
    operatorSet: model.operatorSet,
    picture: { value, signal },
    outputs,
    islands: options.islands,
    builder,
    file,
  });
  const { heads, tailMacs } = makeHeads(
    options.heads,
    endOptions,
    familyOf(known) === familyOf("ultralytics"),
    walked,
    builder,
    ending,
  );
  const layers = neededLayers([...builder.layers, ...heads]);
  checkShare(layers, tailMacs, walked, builder, file);
  const [{ classes }] = heads;
  const graph: Graph = {
    layers,
    preprocessing: { ...preprocessingOf(facts, walked.mean, known), ...options.preprocessing },
    classNames: classNamesOf(options.classNames ?? metadata.classNames, classes, file),
    provenance: [
      `importOnnx ${file} family=${known} size=${width}x${height}`,
      ...layers.flatMap((layer) =>
        layer.kind === "island" ? [`island ${layer.name}: ${layer.operators.join(", ")}, ${layer.macs} MACs`] : [],
      ),
    ],
  };
  checkMeaning(graph);
  return graph;
}

function makeHeads(
  given: readonly Head[] | undefined,
  options: EndOptions,
  isUltralytics: boolean,
  walked: Walked,
  builder: Builder,
  ending: () => Ending,
): { readonly heads: readonly HeadLayer[]; readonly tailMacs: number } {
  if (given) return { heads: givenHeads(given, options, walked, builder), tailMacs: 0 };
  const part = endingPart(options, walked);
  const dfl = isUltralytics && options.layout === undefined ? dflHead(options, part, walked, builder) : undefined;
  if (dfl) return { heads: [dfl], tailMacs: 0 };
  return { heads: [tailHead(part, ending(), walked, builder)], tailMacs: macsOfPart(part, walked) };
}

/** @throws ImportError [E_ONNX] where most of the work is in no layer: better said now than found out as an energy. */
function checkShare(
  layers: readonly Layer[],
  tailMacs: number,
  { refusals }: Walked,
  builder: Builder,
  file: string,
): void {
  const macsOf = (layer: Layer) => (isHead(layer) ? 0 : layerMacs(layer, builder.shapeOf(layer.name)));
  const inLayers = layers.reduce((sum, layer) => sum + (layer.kind === "island" ? 0 : macsOf(layer)), 0);
  const all = layers.reduce((sum, layer) => sum + macsOf(layer), tailMacs);
  const share = all === 0 ? 0 : inLayers / all;
  if (share >= leastShare) return;
  const why = refusals.length > 0 ? ` (${refusals.slice(0, 3).join("; ")})` : "";
  throw new ImportError(
    "E_ONNX",
    `${file}: only ${Math.floor(100 * share)} % of its multiply-accumulates are in layers that can spike${why}`,
  );
}

interface Input {
  /** The value that is the picture as planes. */
  readonly value: string;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Nodes that make the file's own input of it. */
  readonly nodes: readonly ReadNode[];
}

/**
 * What the picture's planes are, and how the file's input comes of them: TensorFlow's exports want the channels last.
 * @param wanted [height, width] that was asked for; goes before the file's own, and this before what metadata say.
 */
function pictureInput(
  model: ReadModel,
  wanted: readonly [number, number] | undefined,
  stated: readonly [number, number] | undefined,
  file: string,
): Input {
  const fail = (what: string): never => {
    throw new ImportError("E_ONNX", `${file}: ${what}`);
  };
  const [input, ...others] = model.inputs;
  const names = model.inputs.map(({ name }) => printed(name)).join(", ");
  if (!input || others.length > 0) return fail(`it has ${model.inputs.length} inputs (${names}); one picture is read`);
  const { name, shape, dtype } = input;
  if (dtype !== "float32")
    fail(`its input is ${dtype ?? "of no known type"}. Export it with inputs and weights in float32`);
  if (shape?.length !== 4)
    return fail(`its input has ${shape?.length ?? "no"} dimensions; a picture [1, C, H, W] is read`);
  if (typeof shape[0] === "number" && shape[0] > 1)
    fail(`it reads ${shape[0]} pictures at once. Export it with a batch of 1`);
  const isLast = isFew(shape[3]) && !isFew(shape[1]);
  const [channels, height, width] = isLast ? [shape[3], shape[1], shape[2]] : shape.slice(1);
  if (channels !== 3) return fail(`its input has ${channels} channels; pictures have 3`);
  const own =
    typeof height === "number" && typeof width === "number" && height > 0 && width > 0 ? [height, width] : undefined;
  const size = wanted ?? own ?? stated;
  if (!size)
    throw new ImportError(
      "E_SIZE",
      `${file} leaves the size of its input open: add --size 640, or 640x480 (width first)`,
    );
  if (size.some((extent) => !Number.isInteger(extent) || extent < 8 || extent > 8192))
    fail(`its input would be ${size[1]}×${size[0]} pixels`);
  const extents = { channels, height: size[0], width: size[1] };
  if (!isLast) return { value: name, ...extents, nodes: [] };
  const value = `${name}/planes`;
  const attributes = { perm: [0, 2, 3, 1] };
  return {
    value,
    ...extents,
    nodes: [{ op: "Transpose", name: "", domain: "", inputs: [value], outputs: [name], attributes }],
  };
}

function isFew(extent: number | string): boolean {
  return typeof extent === "number" && extent <= 4;
}

/** The picture as the file wants it: (range·pixel − mean) / deviation, of the pixels as fractions of white. */
function pictureSignal(
  builder: Builder,
  shape: readonly [number, number, number],
  { range, mean, deviation }: PictureFacts,
): Signal {
  const signal = builder.add("input", { kind: "input", inputs: [], shape });
  const scale = Float64Array.from(deviation, (value) => range / value);
  const offset = Float64Array.from(mean, (value, i) => -value / deviation[i]);
  return { ...wholeLayer(signal.planes[0].layer, shape), affine: { scale, offset } };
}

function preprocessingOf(
  { fit, order, pad }: PictureFacts,
  mean: readonly number[],
  family: FamilyName,
): Preprocessing {
  return {
    fit,
    filter: family === "darknet" ? "darknet" : "linear",
    ...(order === "rgb" ? {} : { order }),
    ...(fit === "stretch" ? {} : { pad }),
    ...(mean.some((value) => value !== 0) ? { mean } : {}),
  };
}

function classNamesOf(names: readonly string[], classes: number, file: string): readonly string[] {
  // Boxes that come suppressed carry any index: as many classes as there are names.
  if (names.length === 0 || names.length === classes || classes === 65_536) return names;
  throw new ImportError("E_NAMES", `${file}: its outputs hold ${classes} classes, but ${names.length} names are given`);
}

/** Operators between the last convolutions and the outputs. */
function endOperators(nodes: readonly ReadNode[], infos: Infos, outputs: readonly string[]): ReadonlySet<string> {
  const needed = new Set(outputs);
  const found = new Set<string>();
  for (const node of [...nodes].reverse()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    found.add(node.op);
    const isBody = node.op === "Conv" && node.inputs.some((name) => (infos.get(name)?.constant?.shape[0] ?? 0) > 1);
    if (!isBody) for (const name of node.inputs) needed.add(name);
  }
  return found;
}

/** Layers that a head depends on: without what a recognized function was made of. */
function neededLayers(layers: readonly Layer[]): readonly Layer[] {
  const read = new Set<string>();
  const kept = layers.toReversed().filter((layer) => {
    if (!isHead(layer) && !read.has(layer.name) && layer.kind !== "input") return false;
    for (const name of layer.inputs) read.add(name);
    return true;
  });
  return kept.toReversed();
}
