/**
 * The model file (`.safetensors`): graphs as JSON in the metadata, their tensors beside it. See docs/model-file.md.
 *
 * A file holds one or two graphs: `dnn`, a network before conversion, usually calibrated, and `snn`, a spiking one made
 * of it. With both, any other spiking network can be made from the file without pictures.
 */
import { z } from "zod";
import { ImportError, ShapeError, SpikingYoloError } from "../core/errors.ts";
import { channelOrders, filters, fits } from "../core/preprocessing.ts";
import type { Tensor } from "../core/tensor.ts";
import { checkLayers, expectHead } from "./check-meaning.ts";
import { type Graph, isSpiking, maxFrameUnits, maxPhases, maxTimeSteps } from "./graph.ts";
import { layerKinds } from "./layer-kinds.ts";
import { formatVersion, readableVersions, upgradeGraph } from "./model-file-versions.ts";
import { decodeTensors, encodeTensors } from "./safetensors.ts";

export interface Model {
  readonly dnn?: Graph;
  readonly snn?: Graph;
}

const graphNames = ["dnn", "snn"] as const;

const maxLayers = 4096;
const nameSchema = z.string().regex(/^[\w-]{1,128}$/);
const layerSchema = z.discriminatedUnion(
  "kind",
  Object.entries(layerKinds).map(([kind, { schema }]) =>
    z.strictObject({ kind: z.literal(kind), name: nameSchema, inputs: z.array(nameSchema).max(1024), ...schema }),
  ) as never,
);
const graphSchema = z.strictObject({
  layers: z.array(layerSchema).min(1).max(maxLayers),
  preprocessing: z.strictObject({
    fit: z.enum(fits),
    filter: z.enum(filters),
    order: z.enum(channelOrders).optional(),
    pad: z.number().min(0).max(1).optional(),
    mean: z.array(z.number().min(0).max(1)).min(1).max(4).optional(),
  }),
  classNames: z.array(z.string().max(256)).max(65_536),
  provenance: z.array(z.string().max(4096)).max(1024),
  simulation: z
    .strictObject({
      timeSteps: z.int().min(1).max(maxTimeSteps),
      encoding: z.enum(["constant", "poisson"]),
      decode: z.enum(["vmem", "count"]),
      phases: z.int().min(1).max(maxPhases).optional(),
      frameUnits: z.int().min(1).max(maxFrameUnits).optional(),
    })
    .optional(),
});

/**
 * The model as the bytes of a file.
 * @example
 * ```js
 * import { readFile, writeFile } from "node:fs/promises";
 * import { decodeModel, encodeModel, toSpiking } from "spiking-yolo";
 *
 * const { dnn } = decodeModel(await readFile("models/scenes.safetensors"), "scenes");
 * if (!dnn) throw new Error("it holds no DNN");
 * await writeFile("both.safetensors", encodeModel({ dnn, snn: toSpiking(dnn) }));
 * console.log(Object.keys(decodeModel(await readFile("both.safetensors"), "both")).join(" and ")); // dnn and snn
 * ```
 */
export function encodeModel(model: Model): Uint8Array {
  const tensors = new Map<string, Tensor>();
  const metadata: Record<string, string> = { format: "spiking-yolo", version: formatVersion };
  for (const key of graphNames) {
    const graph = model[key];
    if (graph)
      metadata[key] = JSON.stringify({
        ...graph,
        layers: graph.layers.map((layer) => detach(layer, `${key}/${layer.name}`, tensors)),
      });
  }
  return encodeTensors({ tensors, metadata });
}

/**
 * The networks that a model file holds, checked.
 * @throws ImportError [E_MODEL_FILE] naming `file` and what is wrong with it.
 * @example
 * ```js
 * import { readFile } from "node:fs/promises";
 * import { decodeModel } from "spiking-yolo";
 *
 * const { dnn, snn } = decodeModel(await readFile("models/scenes.safetensors"), "scenes.safetensors");
 * console.log(dnn?.classNames.length, snn === undefined); // 8 true
 * ```
 */
export function decodeModel(bytes: Uint8Array, file: string): Model {
  const { tensors, metadata } = decodeTensors(bytes, file);
  if (metadata.format !== "spiking-yolo")
    throw new ImportError("E_MODEL_FILE", `${file} holds tensors but no spiking-yolo model`);
  if (!readableVersions.includes(metadata.version)) {
    throw new ImportError(
      "E_MODEL_FILE",
      `${file} is of version ${metadata.version}; this program reads versions ${readableVersions.join(" and ")}`,
    );
  }
  const graphs = graphNames.filter((key) => metadata[key] !== undefined);
  if (graphs.length === 0) throw new ImportError("E_MODEL_FILE", `${file} holds no graph`);
  const unused = new Map<string, Tensor | "used">(tensors);
  const { version } = metadata;
  return Object.fromEntries(
    graphs.map((key) => [
      key,
      decodeGraph(key, (graph) => upgradeGraph(graph, version), metadata[key], unused, `${file} (${key})`),
    ]),
  );
}

/** The value as a graph, if it is one. @throws ZodError; ShapeError as {@link checkLayers}. */
export function parseGraph(value: unknown): Graph {
  const graph = graphSchema.parse(value) as unknown as Graph;
  checkLayers(graph);
  return graph;
}

/** What is wrong with a value that {@link parseGraph} refuses; undefined for errors of another kind. */
export function reasonOf(error: unknown): string | undefined {
  if (error instanceof z.ZodError) return `${error.issues[0].path.join(".")}: ${error.issues[0].message}`;
  const isKnown = error instanceof SpikingYoloError || error instanceof SyntaxError || error instanceof RangeError;
  return isKnown ? error.message : undefined;
}

function decodeGraph(
  key: (typeof graphNames)[number],
  upgrade: (graph: unknown) => unknown,
  text: string,
  unused: Map<string, Tensor | "used">,
  where: string,
): Graph {
  try {
    const graph = parseGraph(attach(upgrade(JSON.parse(text)), unused));
    expectHead(graph);
    if (isSpiking(graph) !== (key === "snn"))
      throw new ShapeError("E_GRAPH", key === "snn" ? "no layer of it spikes" : "it spikes, but stands for the DNN");
    return graph;
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === undefined) throw error;
    throw new ImportError("E_MODEL_FILE", `${where} holds a graph that does not hold together: ${reason}`, {
      cause: error,
    });
  }
}

function isTensor(value: object): value is Tensor {
  return "dtype" in value && "data" in value;
}

/** The value with every tensor in it replaced by {tensor: name}, and put under that name into `tensors`. */
function detach(value: unknown, path: string, tensors: Map<string, Tensor>): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (isTensor(value)) {
    tensors.set(path, value);
    return { tensor: path };
  }
  const child = ([key, item]: [string, unknown]) => [key, detach(item, `${path}.${key}`, tensors)] as const;
  if (Array.isArray(value)) return value.map((item, i) => child([String(i), item])[1]);
  return Object.fromEntries(Object.entries(value).map(child));
}

/** Lists and objects within each other; a graph has five. */
const maxDepth = 16;

/**
 * The inverse of {@link detach}. Each tensor is used once: one that many layers shared would be small in the
 * file, but large in an engine, which keeps each layer's weights for itself.
 */
function attach(value: unknown, unused: Map<string, Tensor | "used">, depth = 0): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth > maxDepth) throw new ShapeError("E_GRAPH", `lists and objects are nested more than ${maxDepth} deep`);
  if ("tensor" in value) {
    const name = String(value.tensor);
    const found = unused.get(name);
    if (!found || found === "used")
      throw new ShapeError("E_GRAPH", `tensor ${name} is ${found ? "used twice" : "missing"}`);
    unused.set(name, "used");
    return found;
  }
  if (Array.isArray(value)) return value.map((item) => attach(item, unused, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, attach(item, unused, depth + 1)]));
}
