/**
 * ONNX → Graph. What is made of layers becomes layers; what follows the last of them is kept as a tail; what lies in between and
 * is made of no layers is kept as islands. Nothing is left out, and nothing is done otherwise than the file says.
 */
import { ImportError } from "../../core/errors.ts";
import type { Filter, Preprocessing } from "../../core/preprocessing.ts";
import { type Graph, layerMacs } from "../../graph/graph.ts";
import type { Layer } from "../../graph/layers.ts";
import { type Infos, infer } from "../../onnx/infer.ts";
import { type ReadModel, type ReadNode, readOnnx } from "../../onnx/read-onnx.ts";
import { Builder } from "./builder.ts";
import { type FamilyName, familyOf, type PictureFacts } from "./families.ts";
import { findEnding, type HeadOptions, makeHeads } from "./heads.ts";
import { readMetadata } from "./metadata.ts";
import { recognize } from "./recognize.ts";
import { type Signal, wholeLayer } from "./signals.ts";
import { walk } from "./walk.ts";

export interface OnnxOptions {
  /** Name of the file, for errors and provenance. */
  readonly name?: string;
  /** Of the network's input in pixels; where a file leaves it open, or another is wanted. */
  readonly size?: { readonly width: number; readonly height: number };
  /** What a picture must be and how boxes are held; `auto`: as the file's outputs show it. */
  readonly family?: FamilyName | "auto";
  /** How boxes are held, where the family does not say it: a name of `layoutNames`. */
  readonly layout?: string;
  /** Of darknet's heads. */
  readonly anchors?: readonly number[];
  /** `none` refuses what is made of no layers, instead of running it densely. */
  readonly islands?: "dense" | "none";
  /** By class index; else as the file's metadata say. */
  readonly classNames?: readonly string[];
  /** What is otherwise than the family's. */
  readonly picture?: Partial<PictureFacts>;
  readonly filter?: Filter;
}

/**
 * Imports an ONNX detector.
 * @throws ImportError [E_ONNX] where the file cannot be read as one, [E_LAYOUT, E_FAMILY] where its outputs hold boxes in no way
 *   known, [E_SIZE] where it leaves its size open, [E_ISLAND] where islands are refused, [E_NAMES]; ShapeError.
 */
export async function importOnnx(bytes: Uint8Array, options: OnnxOptions = {}): Promise<Graph> {
  const file = options.name ?? "the ONNX file";
  const model = readOnnx(bytes, file);
  const metadata = readMetadata(model.metadata, file);
  const input = inputOf(model, options.size ?? fromMetadata(metadata.size), file);
  const { width, height, channels } = input;
  const shaped = { ...model, nodes: [...input.nodes, ...model.nodes] };
  const inferred = await infer(shaped, new Map([[input.value, [1, channels, height, width]]]), file);
  const outputs = model.outputs.map(({ name }) => name);
  const unknown = outputs.find((name) => !inferred.infos.has(name));
  if (outputs.length === 0 || unknown !== undefined)
    throw new ImportError(
      "E_ONNX",
      `${file}: ${unknown === undefined ? "it has no outputs" : `nothing makes its output ${unknown.slice(0, 80)}`}`,
    );

  const headOptions: HeadOptions = {
    family: options.family ?? "auto",
    layout: options.layout ?? "auto",
    anchors: options.anchors,
    outputs,
    input,
    file,
  };
  const operators = endOperators(inferred.nodes, inferred.infos, outputs);
  const ending = findEnding(
    headOptions,
    outputs.map((name) => inferred.infos.get(name)?.shape),
    operators,
  );
  const facts: PictureFacts = { ...familyOf(ending.family).picture, ...options.picture };

  const builder = new Builder();
  const picture = pictureSignal(builder, [channels, height, width], facts);
  const walked = await walk({
    inferred,
    steps: recognize(inferred, outputs),
    operatorSet: model.operatorSet,
    picture: { value: input.value, signal: picture },
    outputs,
    islands: options.islands ?? "dense",
    builder,
    file,
  });
  const found = makeHeads(headOptions, ending, walked, builder);
  const layers = neededLayers([...builder.layers, ...found.heads]);
  const islands = layers.flatMap((layer) => (layer.kind === "island" ? [layer] : []));
  const dense = found.tailMacs + islands.reduce((sum, { macs }) => sum + macs, 0);
  const total =
    dense +
    layers.reduce(
      (sum, layer) => sum + (layer.kind === "island" ? 0 : layerMacs(layer, builder.shapeOf(layer.name) ?? [0, 0, 0])),
      0,
    );
  const share = total === 0 ? 0 : 1 - dense / total;
  if (share < 0.5) {
    const why = walked.refusals.slice(0, 3).join("; ");
    throw new ImportError(
      "E_ONNX",
      `${file}: only ${Math.round(100 * share)} % of its multiply-accumulates are in layers that can spike${why ? ` (${why})` : ""}`,
    );
  }
  return {
    layers,
    preprocessing: preprocessingOf(facts, walked.mean, ending.family, options.filter),
    classNames: classNamesOf(options.classNames ?? metadata.classNames, found.classes, file),
    provenance: [
      `importOnnx ${file} family=${found.family} layout=${found.layout} size=${width}x${height} opset=${model.operatorSet}`,
      ...islands.map(({ name, operators: ops, macs }) => `island ${name}: ${ops.join(", ")}, ${macs} MACs`),
    ],
  };
}

function fromMetadata(size: readonly [number, number] | undefined) {
  return size && { height: size[0], width: size[1], isOfFile: true };
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

/** What the picture's planes are, and how the file's input comes of them: TensorFlow's exports want the channels last. */
function inputOf(
  model: ReadModel,
  wanted: { readonly width: number; readonly height: number; readonly isOfFile?: boolean } | undefined,
  file: string,
): Input {
  const fail = (what: string): never => {
    throw new ImportError("E_ONNX", `${file}: ${what}`);
  };
  const [input, ...others] = model.inputs;
  if (!input || others.length > 0)
    return fail(
      `it has ${model.inputs.length} inputs; one picture is read (${model.inputs.map(({ name }) => name.slice(0, 40)).join(", ")})`,
    );
  const { name, shape, dtype } = input;
  if (dtype !== "float32")
    fail(`its input is ${dtype ?? "of no known type"}, not float32. Export it with inputs and weights in float32`);
  if (shape?.length !== 4)
    return fail(`its input has ${shape?.length ?? "no"} dimensions; a picture [1, C, H, W] is read`);
  if (typeof shape[0] === "number" && shape[0] !== 1 && shape[0] > 0)
    fail(`its batch is ${shape[0]}; export it with a batch of 1`);
  const isLast = typeof shape[3] === "number" && shape[3] <= 4 && !(typeof shape[1] === "number" && shape[1] <= 4);
  const [channels, height, width] = isLast ? [shape[3], shape[1], shape[2]] : shape.slice(1);
  if (channels !== 3) return fail(`its input has ${channels} channels; pictures have 3`);
  const fixed =
    typeof height === "number" && typeof width === "number" && height > 0 && width > 0 ? { height, width } : undefined;
  // A size that is asked for goes before the file's own, and this before what metadata say.
  const size = (wanted?.isOfFile ? (fixed ?? wanted) : (wanted ?? fixed)) ?? undefined;
  if (!size)
    throw new ImportError(
      "E_SIZE",
      `${file} leaves the size of its input open: add --size 640 (or 640x480, width first)`,
    );
  if (![size.width, size.height].every((extent) => Number.isInteger(extent) && extent >= 1 && extent <= 8192))
    fail(`its input would be ${size.width}×${size.height} pixels`);
  if (!isLast) return { value: name, channels, ...size, nodes: [] };
  const value = `${name}/planes`;
  const node: ReadNode = {
    op: "Transpose",
    name: "",
    domain: "",
    inputs: [value],
    outputs: [name],
    attributes: { perm: [0, 2, 3, 1] },
  };
  return { value, channels, ...size, nodes: [node] };
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
  filter: Filter | undefined,
): Preprocessing {
  return {
    fit,
    filter: filter ?? (family === "darknet" ? "darknet" : "linear"),
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

/** Without layers that feed no head: what a recognized function was made of. */
function neededLayers(layers: readonly Layer[]): readonly Layer[] {
  const needed = new Set<string>();
  const kept = [...layers].reverse().filter((layer) => {
    const isNeeded =
      needed.has(layer.name) || layer.kind === "input" || !layers.some(({ inputs }) => inputs.includes(layer.name));
    const isHead = layer.kind === "tail" || layer.kind === "region" || layer.kind === "yolo";
    if (!isHead && !needed.has(layer.name) && layer.kind !== "input") return false;
    for (const name of layer.inputs) needed.add(name);
    return isNeeded || isHead;
  });
  return kept.reverse();
}
