/**
 * A NIR file as a graph of nodes. Only what a NIR file has is looked at, by its name, so links that lead back lead nowhere; what is unknown
 * is refused by name, since a node that is left out is another network.
 */
import { ImportError } from "../core/errors.ts";
import { printable } from "../core/printable.ts";
import { readHdf5, type StoredGroup, type StoredValues } from "./hdf5.ts";
import {
  type FieldKind,
  type FieldValue,
  fieldsOf,
  type Metadata,
  type NirGraph,
  type NirNode,
  type NirType,
  nodeFields,
} from "./nodes.ts";

const maxNodes = 2 ** 14;
const maxEdges = 2 ** 16;
const maxMetadata = 256;
const maxName = 256;
const hdf5Signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** @throws ImportError [E_NIR] naming `file`, the node, and what is wrong with it. */
export async function readNir(bytes: Uint8Array, file: string, seconds?: number): Promise<NirGraph> {
  if (hdf5Signature.some((byte, i) => bytes[i] !== byte)) fail(file, "is no HDF5 file, and so no NIR file");
  const root = await readHdf5(bytes, seconds).catch((error: Error) => {
    throw new ImportError("E_NIR", `${file} cannot be read: it is cut off or broken. Copy or export it again`, {
      cause: error,
    });
  });
  return readGraph(root, file);
}

function fail(file: string, what: string): never {
  throw new ImportError("E_NIR", `${file} ${what}`);
}

function readGraph(root: StoredGroup, file: string): NirGraph {
  const node = groupIn(root, "node") ?? fail(file, "holds no /node, and so no NIR graph");
  const failHere = (what: string): never => fail(file, `is no NIR graph: ${what}`);
  const type = textOf(readStored(node, "type", failHere));
  if (type !== "NIRGraph") failHere(`its type is ${type === undefined ? "missing" : printable(type)}, not NIRGraph`);
  const parent = groupIn(node, "nodes") ?? failHere("it has no nodes");
  const names = [...parent.keys()];
  if (names.length > maxNodes) failHere(`it has ${names.length} nodes; at most ${maxNodes} are supported`);
  const nodes = new Map<string, NirNode>();
  for (const name of names) {
    const failNode = (what: string): never => fail(file, `has a node ${printable(name.slice(0, maxName))}: ${what}`);
    if (name.length > maxName) failNode("that is no name");
    nodes.set(name, readNode(groupIn(parent, name) ?? failNode("it is no group of values"), failNode));
  }
  return { nodes, edges: readEdges(node, nodes, failHere), metadata: readMetadata(node, failHere) };
}

function groupIn(parent: StoredGroup, name: string): StoredGroup | undefined {
  const entry = parent.get(name);
  return entry instanceof Map ? entry : undefined;
}

/** The value under this name; undefined where there is none. */
function readStored(group: StoredGroup, name: string, fail: (what: string) => never): StoredValues | undefined {
  const entry = group.get(name);
  if (entry === undefined) return undefined;
  if (entry instanceof Map) return fail(`${name} is no value`);
  return "wrong" in entry ? fail(`${name} ${entry.wrong}`) : (entry as StoredValues);
}

function readNode(group: StoredGroup, fail: (what: string) => never): NirNode {
  const type = textOf(readStored(group, "type", fail)) ?? fail("it does not say its type");
  if (!isNirType(type))
    fail(`${printable(type.slice(0, maxName))} nodes are not supported; ${Object.keys(nodeFields).join(", ")} are`);
  const fields = fieldsOf(type);
  const known = new Set(["type", "metadata", ...fields.map(([name]) => name)]);
  const unknown = [...group.keys()].find((key) => !known.has(key));
  if (unknown !== undefined) fail(`${printable(unknown.slice(0, maxName))} is no field of ${type}`);
  const values = fields.map(([name, kind]) => {
    const stored = readStored(group, name, fail);
    const value = fieldReaders[kind](stored, (what) => fail(`${name} ${stored ? what : "is missing"}`));
    return [name, value] as const;
  });
  const metadata = readMetadata(group, fail);
  const isSaid = Object.keys(metadata).length > 0;
  return { type, ...Object.fromEntries(values), ...(isSaid ? { metadata } : {}) } as NirNode;
}

function isNirType(type: string): type is NirType {
  return Object.hasOwn(nodeFields, type);
}

type FieldReader = (stored: StoredValues | undefined, fail: (what: string) => never) => FieldValue;

const reals: FieldReader = (stored, fail) => {
  const { shape, values } = stored ?? fail("");
  if (values instanceof Float32Array || values instanceof Float64Array) {
    for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) fail(`holds ${values[i]}`);
    return values instanceof Float32Array
      ? { dtype: "float32", shape, data: values }
      : { dtype: "float64", shape, data: values };
  }
  return fail("holds text where numbers belong");
};

const extents: FieldReader = (stored, fail) => integersIn(stored, 1, 4, 1, fail);

const pairFrom =
  (min: number): FieldReader =>
  (stored, fail) => {
    const [y, x = y] = integersIn(stored, 1, 2, min, fail);
    return [y, x];
  };

const fieldReaders: { readonly [K in FieldKind]: FieldReader } = {
  reals,
  "reals?": (stored, fail) => stored && reals(stored, fail),
  extents,
  "extents?": (stored, fail) => stored && extents(stored, fail),
  integer: (stored, fail) => integersIn(stored, 1, 1, -8, fail)[0],
  pair: pairFrom(1),
  padding: (stored, fail) => {
    const text = textOf(stored);
    if (text === undefined) return pairFrom(0)(stored, fail);
    return text === "same" || text === "valid"
      ? text
      : fail(`is ${printable(text.slice(0, maxName))}; numbers, same or valid expected`);
  },
};

const maxExtent = 2 ** 24;

function integersIn(
  stored: StoredValues | undefined,
  least: number,
  most: number,
  min: number,
  fail: (what: string) => never,
): readonly number[] {
  const { shape, values } = stored ?? fail("");
  if (Array.isArray(values)) fail("holds text where numbers belong");
  const numbers = [...(values as Float64Array)];
  if (shape.length > 1 || numbers.length < least || numbers.length > most)
    fail(`has shape [${shape.join(", ")}]; ${least === most ? least : `${least} to ${most}`} numbers expected`);
  const wrong = numbers.find((value) => !Number.isInteger(value) || value < min || value > maxExtent);
  if (wrong !== undefined) fail(`holds ${wrong}; whole numbers from ${min} to ${maxExtent} expected`);
  return numbers;
}

/** The only text; undefined where there is none. */
function textOf(stored: StoredValues | undefined): string | undefined {
  const [text, ...others] = stored && Array.isArray(stored.values) ? stored.values : [];
  return others.length === 0 ? text : undefined;
}

function readEdges(
  node: StoredGroup,
  nodes: ReadonlyMap<string, NirNode>,
  fail: (what: string) => never,
): NirGraph["edges"] {
  const stored = readStored(node, "edges", fail) ?? fail("it has no edges");
  const { shape, values } = stored;
  if (!Array.isArray(values) || shape.length !== 2 || shape[1] !== 2) return fail("its edges are no pairs of names");
  if (shape[0] > maxEdges) fail(`it has ${shape[0]} edges; at most ${maxEdges} are supported`);
  const unknown = values.find((name) => !nodes.has(name));
  if (unknown !== undefined) fail(`an edge names ${printable(unknown.slice(0, maxName))}, which is no node`);
  return Array.from({ length: shape[0] }, (_, i) => [values[2 * i], values[2 * i + 1]]);
}

/** Texts and numbers; nested metadata of others is passed over, as every key that nobody knows. */
function readMetadata(group: StoredGroup, fail: (what: string) => never): Metadata {
  const child = groupIn(group, "metadata");
  if (!child) return {};
  const keys = [...child.keys()];
  if (keys.length > maxMetadata)
    fail(`it has ${keys.length} entries of metadata; at most ${maxMetadata} are supported`);
  const entries = keys.flatMap((key) => {
    const stored = !(child.get(key) instanceof Map) ? readStored(child, key, fail) : undefined;
    if (!stored) return [];
    const text = textOf(stored);
    return text === undefined && Array.isArray(stored.values)
      ? []
      : [[key, text ?? reals(stored, (what) => fail(`metadata ${printable(key)} ${what}`))] as const];
  });
  return Object.fromEntries(entries) as Metadata;
}
