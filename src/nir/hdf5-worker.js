// @ts-check
/**
 * A thread that reads one HDF5 file and is ended: the library goes round in circles on some broken files, and a thread can be stopped.
 * JavaScript, and without imports of ours, because Node 20 starts no TypeScript.
 *
 * Only the places that a NIR file has are looked at, so links that lead back lead nowhere: values of the root, of /node, of its nodes, and
 * of the metadata of both.
 */
import { File, ready } from "h5wasm";

/** @type {{ postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void, onmessage: ((event: { data: any }) => void) | null }} */
let port;
if (typeof globalThis.postMessage === "function") port = /** @type {any} */ (globalThis);
else {
  // Not a literal, so that bundlers for browsers leave it alone.
  const nodeThreads = "node:worker_threads";
  port = (await import(/* @vite-ignore */ nodeThreads)).parentPort;
}

/** Groups below which others are looked at; `*` stands for any name. */
const places = ["/node", "/node/metadata", "/node/nodes", "/node/nodes/*", "/node/nodes/*/metadata"];
const maxEntries = 2 ** 18;
const maxAxes = 8;
/** In HDF5: whole numbers, floating point, text. */
const types = { integer: 0, float: 1, text: 3 };

/**
 * What a file may still take, and the memory of what it has given.
 * @typedef {{ bytes: number, entries: number, buffers: ArrayBuffer[] }} Left
 */

/** @param {{ bytes: Uint8Array, maxBytes: number }} asked */
async function read({ bytes, maxBytes }) {
  const library = await ready;
  library.FS.writeFile("file.h5", bytes);
  // Otherwise what the library finds wrong is printed.
  library.activate_throwing_error_handler();
  const file = new File("file.h5", "r");
  const left = { bytes: maxBytes, entries: maxEntries, buffers: [] };
  return { root: groupAt(file, "", left), buffers: left.buffers };
}

/**
 * @param {import("h5wasm").Group} group
 * @param {string} place
 * @param {Left} left
 * @returns {Map<string, unknown>} by name: a value, or a group as such a map.
 */
function groupAt(group, place, left) {
  const entries = new Map();
  for (const name of group.keys()) {
    if (--left.entries < 0) throw new Error("too many entries");
    if (name === "." || name === ".." || name.includes("/")) continue;
    const entity = group.get(name);
    const kind = entity !== null && "type" in entity ? entity.type : undefined;
    if (kind === "Dataset") entries.set(name, storedValue(/** @type {any} */ (entity), left));
    else if (kind === "Group") {
      const inner = place === "/node/nodes" ? `${place}/*` : `${place}/${name}`;
      if (places.includes(inner)) entries.set(name, groupAt(/** @type {any} */ (entity), inner, left));
    }
  }
  return entries;
}

/**
 * What is claimed is looked at before anything of that size is made.
 * @param {import("h5wasm").Dataset} dataset
 * @param {Left} left
 * @returns {{ shape: readonly number[], values: unknown } | { wrong: string }}
 */
function storedValue(dataset, left) {
  const { type, size, shape, chunks, littleEndian } = dataset.metadata;
  if (shape === null) return { wrong: "holds nothing" };
  if (shape.length > maxAxes) return { wrong: `has ${shape.length} axes` };
  const product = (/** @type {readonly number[]} */ extents) => extents.reduce((all, extent) => all * extent, 1);
  const count = product(shape);
  // A text takes as much as it is long, which is not known before.
  const bytes = Math.max((type === types.text ? 64 : Math.max(size, 8)) * count, size * product(chunks ?? []));
  if (!(bytes <= left.bytes))
    return { wrong: `[${shape.join(", ")}] is more than a NIR file's values may take together` };
  left.bytes -= bytes;
  if (count === 0) return { wrong: "is empty" };
  const isNumber = type === types.integer || (type === types.float && (size === 4 || size === 8));
  if (!isNumber && type !== types.text) return { wrong: "holds neither numbers nor text" };
  if (isNumber && !littleEndian && size > 1) return { wrong: "has its bytes in the order of another machine" };
  const { value } = dataset;
  const values = type === types.text ? textsOf(value) : numbersOf(value);
  if (values && "buffer" in values) left.buffers.push(/** @type {ArrayBuffer} */ (values.buffer));
  return values ? { shape, values } : { wrong: "cannot be read" };
}

/** @param {unknown} value */
function textsOf(value) {
  const texts = Array.isArray(value) ? value : [value];
  return texts.every((text) => typeof text === "string") ? texts : undefined;
}

/** @param {unknown} value */
function numbersOf(value) {
  if (value instanceof Float32Array || value instanceof Float64Array) return value;
  if (typeof value === "number" || typeof value === "bigint") return Float64Array.of(Number(value));
  return ArrayBuffer.isView(value) ? Float64Array.from(/** @type {any} */ (value), Number) : undefined;
}

/** @param {any} data */
async function obey(data) {
  if (!data.bytes) return;
  try {
    const { root, buffers } = await read(data);
    port.postMessage({ root }, buffers);
  } catch (error) {
    port.postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
}

port.onmessage = ({ data }) => void obey(data);
