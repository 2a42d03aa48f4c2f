/**
 * The model file (`.safetensors`): graphs as JSON in the metadata, their tensors beside it. See docs/model-file.md.
 *
 * A file holds one or two graphs: `dnn`, a network before conversion, usually calibrated, and `snn`, a spiking one made
 * of it. With both, any other spiking network can be made from the file without pictures.
 */
import { z } from "zod";
import { ImportError, SpikingYoloError } from "../core/errors.ts";
import { filters, fits } from "../core/preprocessing.ts";
import type { Tensor } from "../core/tensor.ts";
import { type Graph, inferShapes, maxPhases } from "./graph.ts";
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
  preprocessing: z.strictObject({ fit: z.enum(fits), filter: z.enum(filters) }),
  classNames: z.array(z.string().max(256)).max(65_536),
  provenance: z.array(z.string().max(4096)).max(1024),
  simulation: z
    .strictObject({
      timeSteps: z.int().min(1).max(1_000_000),
      encoding: z.enum(["constant", "poisson"]),
      decode: z.enum(["vmem", "count"]),
      phases: z.int().min(1).max(maxPhases).optional(),
    })
    .optional(),
});

/** The model as the bytes of a file. */
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

/** @throws ImportError [E_MODEL_FILE] naming `file` and what is wrong with it. */
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
  return Object.fromEntries(
    graphs.map((key) => [key, decodeGraph(metadata[key], metadata.version, tensors, `${file} (${key})`)]),
  );
}

function decodeGraph(text: string, version: string, tensors: ReadonlyMap<string, Tensor>, where: string): Graph {
  try {
    const graph = graphSchema.parse(attach(upgradeGraph(JSON.parse(text), version), tensors)) as unknown as Graph;
    inferShapes(graph);
    return graph;
  } catch (error) {
    const reason =
      error instanceof z.ZodError
        ? `${error.issues[0].path.join(".")}: ${error.issues[0].message}`
        : error instanceof SpikingYoloError || error instanceof SyntaxError || error instanceof RangeError
          ? error.message
          : undefined;
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

/** The inverse of {@link detach}. */
function attach(value: unknown, tensors: ReadonlyMap<string, Tensor>): unknown {
  if (typeof value !== "object" || value === null) return value;
  if ("tensor" in value) {
    const name = String(value.tensor);
    const found = tensors.get(name);
    if (!found) throw new ImportError("E_MODEL_FILE", `tensor ${name} is missing`);
    return found;
  }
  if (Array.isArray(value)) return value.map((item) => attach(item, tensors));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, attach(item, tensors)]));
}
