/**
 * ONNX → Graph. The body of the network, up to its last convolutions, becomes layers, an operator at a time (`operators.ts`); what no
 * layer computes becomes islands (`extract.ts`), and what turns the last convolutions' outputs into boxes becomes the head.
 */
import { ImportError, ShapeError } from "../../core/errors.ts";
import type { Preprocessing } from "../../core/preprocessing.ts";
import { floatTensor, tensor } from "../../core/tensor.ts";
import { type Graph, inferLayerShape } from "../../graph/graph.ts";
import type { Shape } from "../../graph/layer-kinds.ts";
import { isHead, type Layer } from "../../graph/layers.ts";
import { evenWindow } from "../../graph/windows.ts";
import type { Head } from "../../heads/head.ts";
import { type OnnxFile, type OnnxFileNode, readOnnx } from "../../onnx/read-onnx.ts";
import { bodyOf } from "./divide.ts";
import { extractPart, type Part } from "./extract.ts";
import { type Family, families, familyOf } from "./families.ts";
import { computeConstants, constantTensor } from "./fold-constants.ts";
import { layoutFor } from "./layouts.ts";
import { type NodeView, type OperatorContext, operators } from "./operators.ts";
import type { Picture, Signal, Value } from "./values.ts";

export interface OnnxOptions {
  /** Name of the file, for errors and provenance. */
  readonly fileName?: string;
  /** [height, width] of the input, where the file leaves them open or another size is wanted. */
  readonly size?: readonly [height: number, width: number];
  /** By class index; by default those of the file's metadata. */
  readonly classNames?: readonly string[];
  /** Whose export it is: decides about pictures and boxes; by default found out. */
  readonly family?: Family;
  /** How the picture becomes the input; by default the family's. */
  readonly preprocessing?: Partial<Preprocessing>;
  /** Heads for outputs that are raw maps, in order (darknet's region and yolo). */
  readonly heads?: readonly Head[];
  /** `none` refuses what no layer computes. */
  readonly islands?: "none";
}

/**
 * Imports an ONNX detector.
 * @throws ImportError [E_ONNX] where the file is broken or holds no detector that can be told; [E_ISLAND] where an island is needed and
 *   none are wanted; ShapeError where layers do not fit.
 */
export async function importOnnx(bytes: Uint8Array, options: OnnxOptions = {}): Promise<Graph> {
  const fileName = options.fileName ?? "model.onnx";
  const file = readOnnx(bytes, fileName);
  const fail = (what: string): never => {
    throw new ImportError("E_ONNX", `${fileName} ${what}`);
  };
  const family = options.family ?? familyOf(file);
  const shape = inputShape(file, options.size, fail);
  const walk = await walkBody(file, shape, family, options, fail);
  const { heads, readers } = await headsFor(file, walk, family, options, fail);
  const layers = withoutUnread([...walk.layers, ...heads]);
  const mean = walk.meanOfPicture();
  const preprocessing: Preprocessing = {
    ...families[family].picture,
    ...(mean.some((level) => level !== 0) ? { mean } : {}),
    ...options.preprocessing,
  };
  const classNames = options.classNames ?? namesIn(file.metadata.get("names"));
  checkNames(classNames, readers, fail);
  return {
    layers,
    preprocessing,
    classNames,
    provenance: [`importOnnx ${fileName} family=${family} size=${shape[1]}x${shape[2]}`],
  };
}

interface Walk {
  readonly layers: readonly Layer[];
  readonly values: Map<string, Value>;
  readonly body: ReadonlySet<OnnxFileNode>;
  readonly meanOfPicture: () => readonly number[];
}

function inputShape(file: OnnxFile, size: readonly [number, number] | undefined, fail: (what: string) => never): Shape {
  const [input, ...others] = file.inputs;
  if (!input || others.length > 0) return fail(`has ${file.inputs.length} inputs; one picture is expected`);
  const dims = input.dims;
  if (dims?.length !== 4) return fail(`reads an input ${input.name} that is no picture [1, C, H, W]`);
  const [batch, channels, height, width] = dims;
  if (batch !== null && batch !== 1) fail(`reads ${batch} pictures at once; export it with a batch of 1`);
  if (channels !== 3 && channels !== 1)
    fail(`reads ${channels ?? "an unknown number of"} channels; 3 or 1 are expected`);
  const [h, w] = size ?? [height, width];
  if (!h || !w) return fail("leaves the size of its input open: give one (--size 640, or 416x320)");
  return [channels as number, h, w];
}

/** Operators whose opaque inputs are worth an island of their own, so that what follows spikes again. */
const worthAnIsland: readonly string[] = [
  "Conv",
  "Concat",
  "Add",
  "Resize",
  "MaxPool",
  "AveragePool",
  "BatchNormalization",
];

async function walkBody(
  file: OnnxFile,
  shape: Shape,
  family: Family,
  { islands }: OnnxOptions,
  fail: (what: string) => never,
): Promise<Walk> {
  const layers: Layer[] = [{ kind: "input", name: "input", inputs: [], shape }];
  const shapes = new Map<string, Shape>([["input", shape]]);
  const { scale, mean } = families[family];
  const perChannel = (values: readonly number[]) =>
    Array.from({ length: shape[0] }, (_, c) => values[c % values.length]);
  const picture: Picture = {
    kind: "picture",
    scale: perChannel(scale),
    mean: perChannel(mean),
    stride: 1,
    parts: [{ y: 0, x: 0 }],
  };
  const values = new Map<string, Value>([[file.inputs[0].name, picture]]);
  for (const [name, constant] of file.constants) values.set(name, { kind: "constant", tensor: { ...constant, name } });
  let mean0: readonly number[] | undefined;
  const counts = new Map<string, number>();
  const context: OperatorContext = {
    add(prefix, layer) {
      const number = counts.get(prefix) ?? 0;
      counts.set(prefix, number + 1);
      const made = layer(`${prefix}${number}`);
      const inputs = made.inputs.map((name) => shapes.get(name) as Shape);
      const output = inferLayerShape(made, inputs);
      layers.push(made);
      shapes.set(made.name, output);
      return { kind: "signal", name: made.name, shape: output };
    },
  };

  async function islandOf(name: string, node: OnnxFileNode): Promise<Signal | undefined> {
    const part = await extractPart(file, values, [name], fail);
    const [, ...extents] = part.outputs[0].dims;
    if (extents.length !== 3) return undefined;
    if (islands === "none") {
      const operators = part.operators.join(", ");
      throw new ImportError(
        "E_ISLAND",
        `${node.op} reads what no neurons compute (${operators}), and islands are not wanted`,
      );
    }
    const signal = context.add("island", (layer) => islandLayer(layer, part, extents as unknown as Shape));
    values.set(name, signal);
    return signal;
  }

  async function outputsOf(node: OnnxFileNode, where: string): Promise<readonly Value[]> {
    const lookUp = () =>
      node.inputs.map((name) =>
        name === "" ? undefined : (values.get(name) ?? fail(`reads ${name} before it is computed`)),
      );
    const inputs = lookUp();
    if (node.op === "Constant") return [constantNode(node, fail)];
    if (node.op === "Shape" && inputs[0]?.kind === "signal") {
      const dims = [1, ...inputs[0].shape];
      return [{ kind: "constant", tensor: constantTensor(node.outputs[0], [4], false, Float64Array.from(dims)) }];
    }
    if (inputs.every((value) => value === undefined || value.kind === "constant")) {
      const constants = inputs.flatMap((value) => (value?.kind === "constant" ? [value.tensor] : []));
      return (await computeConstants(file, node, constants, where)).map((tensor) => ({ kind: "constant", tensor }));
    }
    const operator = node.domain === "" || node.domain === "ai.onnx" ? operators[node.op] : undefined;
    if (!operator) return [{ kind: "opaque", reason: `${node.op} is no layer` }];
    if (worthAnIsland.includes(node.op)) {
      for (const [i, value] of inputs.entries()) {
        if (value?.kind === "opaque" && !value.formula) await islandOf(node.inputs[i], node);
      }
    }
    const view = viewOf(node, file.opset, lookUp());
    const [first] = view.inputs;
    if (node.op === "Conv" && first?.kind === "picture") {
      if (mean0 && mean0.join() !== first.mean.join()) fail("takes different means off the picture");
      mean0 = first.mean;
    }
    const result = operator(view, context);
    return typeof result === "string" ? [{ kind: "opaque", reason: `${node.op}: ${result}` }] : result;
  }

  const body = bodyOf(file);
  for (const node of file.nodes) {
    if (!body.has(node)) continue;
    const where = `node ${node.outputs[0]} [${node.op}]`;
    try {
      const outputs = await outputsOf(node, where);
      for (const [i, name] of node.outputs.entries()) values.set(name, outputs[i] ?? outputs[0]);
    } catch (error) {
      if (error instanceof ShapeError) throw new ImportError("E_ONNX", `${where}: ${error.message}`, { cause: error });
      throw error;
    }
  }
  return { layers, values, body, meanOfPicture: () => mean0 ?? [] };
}

function islandLayer(name: string, part: Part, shape: Shape): Layer {
  return {
    kind: "island",
    name,
    inputs: part.inputs.map(({ signal }) => signal.name),
    shape,
    model: tensor("int8", [part.bytes.length], new Int8Array(part.bytes)),
    inputNames: part.inputs.map((input) => input.name),
    outputName: part.outputs[0].name,
    operators: part.operators,
    macs: part.macs,
  };
}

function constantNode(node: OnnxFileNode, fail: (what: string) => never): Value {
  const [name] = node.outputs;
  const [[key, attribute]] = node.attributes.size > 0 ? [...node.attributes] : [["", undefined]];
  if (attribute?.type === "tensor") return { kind: "constant", tensor: { ...attribute.value, name } };
  if (attribute?.type === "number" || attribute?.type === "numbers") {
    const list = typeof attribute.value === "number" ? [attribute.value] : attribute.value;
    const isFloat = key.startsWith("value_float");
    const dims = typeof attribute.value === "number" ? [] : [list.length];
    const data = isFloat ? Float32Array.from(list) : Float64Array.from(list);
    return { kind: "constant", tensor: constantTensor(name, dims, isFloat, data) };
  }
  return fail(`holds a constant ${name} that is no tensor`);
}

function viewOf(node: OnnxFileNode, opset: number, inputs: NodeView["inputs"]): NodeView {
  const attribute = (name: string) => node.attributes.get(name);
  return {
    node,
    opset,
    inputs,
    number: (name, fallback) => {
      const found = attribute(name);
      return found?.type === "number" ? found.value : fallback;
    },
    numbers: (name) => {
      const found = attribute(name);
      return found?.type === "numbers" ? found.value : undefined;
    },
    text: (name, fallback) => {
      const found = attribute(name);
      return found?.type === "string" ? found.value : fallback;
    },
  };
}

/** The head, or the heads of raw outputs; and for how many classes. */
async function headsFor(
  file: OnnxFile,
  { values, body, layers }: Walk,
  family: Family,
  { heads = [] }: OnnxOptions,
  fail: (what: string) => never,
): Promise<{ readonly heads: readonly Layer[]; readonly readers: number }> {
  const names = file.outputs.map(({ name }) => name);
  const signals = names.map((name) => values.get(name));
  if (heads.length > 0) {
    if (heads.length !== names.length) fail(`has ${names.length} outputs, but ${heads.length} heads are given`);
    const layers = heads.map((head, i): Layer => {
      const signal = signals[i];
      if (signal?.kind !== "signal") return fail(`has an output ${names[i]} that is no raw map of a convolution`);
      return { ...head, name: `${head.kind}${i}`, inputs: [signal.name] };
    });
    return { heads: layers, readers: Math.max(...heads.map(({ classes }) => classes)) };
  }
  const raw = signals.findIndex((value) => value?.kind === "signal");
  if (raw >= 0) {
    fail(
      `has an output ${names[raw]} that is a raw map: say which heads read its outputs (a darknet .cfg with the same heads by --heads FILE)`,
    );
  }
  const known = family === "ultralytics" ? dflHead(file, values, body) : undefined;
  if (known) return { heads: [known], readers: known.classes };
  const part = await extractPart(file, values, names, fail);
  const { layout, classes } = layoutFor(family, part.outputs, fail);
  const read = part.inputs.map(({ signal }) => readable(signal, layers));
  const head: Layer = {
    kind: "tail",
    name: "tail",
    inputs: read.map(({ name }) => name),
    layout,
    classes,
    model: tensor("int8", [part.bytes.length], new Int8Array(part.bytes)),
    inputNames: part.inputs.map(({ name }) => name),
    outputNames: part.outputs.map(({ name }) => name),
  };
  return { heads: [...read.flatMap(({ added }) => added), head], readers: classes };
}

/** Heads read linear maps; what is none passes through a convolution with one weight of 1 a channel. */
function readable(
  { name, shape }: Signal,
  layers: readonly Layer[],
): { readonly name: string; readonly added: readonly Layer[] } {
  const linear = layers.find((layer) => layer.name === name);
  if (linear?.kind === "convolution" || linear?.kind === "batchNorm" || linear?.kind === "sum")
    return { name, added: [] };
  const [channels] = shape;
  const as = `${name}_read`;
  const identity: Layer = {
    kind: "convolution",
    name: as,
    inputs: [name],
    weights: floatTensor([channels, 1, 1, 1], Array(channels).fill(1)),
    ...evenWindow(1, 0),
    groups: channels,
  };
  return { name: as, added: [identity] };
}

/**
 * YOLOv8's and 11's head, where the tail decodes it: so the input may have another size than the one that the export's tail is made for.
 * Told by the maps that the tail reads: for each grid one of distances and one of as many classes as the output has.
 */
function dflHead(
  file: OnnxFile,
  values: ReadonlyMap<string, Value>,
  body: ReadonlySet<OnnxFileNode>,
): Extract<Layer, { kind: "dfl" }> | undefined {
  const tail = file.nodes.filter((node) => !body.has(node));
  const names = new Set(tail.flatMap(({ inputs }) => inputs));
  const maps = [...names].flatMap((name) => {
    const value = values.get(name);
    return value?.kind === "signal" ? [value] : [];
  });
  const rows = file.outputs[0]?.dims?.[1];
  if (file.outputs.length !== 1 || !rows || !tail.some(({ op }) => op === "Softmax")) return undefined;
  const classes = rows - 4;
  const scores = maps.filter(({ shape }) => shape[0] === classes);
  const distances = maps.filter((map) => !scores.includes(map));
  const [first] = distances;
  const bySize = (a: Signal, b: Signal) => b.shape[1] * b.shape[2] - a.shape[1] * a.shape[2];
  scores.sort(bySize);
  distances.sort(bySize);
  const isPaired =
    scores.length === distances.length &&
    distances.every(({ shape }, i) => shape[0] === first.shape[0] && shape[1] === scores[i].shape[1]);
  if (!first || !isPaired || first.shape[0] % 4 !== 0) return undefined;
  const inputs = distances.flatMap(({ name }, i) => [name, scores[i].name]);
  return { kind: "dfl", name: "dfl", inputs, classes, bins: first.shape[0] / 4 };
}

/** Python's dictionary as Ultralytics writes it: {0: 'person', 1: …}. */
function namesIn(text: string | undefined): readonly string[] {
  const names: string[] = [];
  for (const [, index, single, double] of (text ?? "").matchAll(
    /(\d+)\s*:\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/g,
  ))
    names[Number(index)] = single ?? double;
  return names.every((name) => name !== undefined) ? names : [];
}

function checkNames(names: readonly string[], classes: number, fail: (what: string) => never): void {
  if (names.length > 0 && names.length !== classes)
    fail(`has a head for ${classes} classes, but ${names.length} names are given`);
}

/** Layers that a head depends on. */
function withoutUnread(layers: readonly Layer[]): readonly Layer[] {
  const read = new Set<string>();
  const kept = layers.toReversed().filter((layer) => {
    if (!isHead(layer) && !read.has(layer.name) && layer.kind !== "input") return false;
    for (const name of layer.inputs) read.add(name);
    return true;
  });
  return kept.toReversed();
}
