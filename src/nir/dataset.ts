/** A value of an HDF5 file, read within bounds: what a hostile file claims is looked at before anything of that size is made. */
import { sizeOf } from "../core/tensor.ts";
import { type Dataset, type Group, isDataset } from "./hdf5.ts";

/** Numbers and texts as they are stored, in order. */
export interface Stored {
  /** Empty for a single value. */
  readonly shape: readonly number[];
  readonly values: Float32Array | Float64Array | readonly string[];
}

/** What is still left of a file's share of memory, in bytes. */
export interface Budget {
  bytes: number;
}

/** What weights and neurons of a file may take together. */
export const maxBytes = 2 ** 30;
const maxAxes = 8;
/** In HDF5: whole numbers, floating point, text. */
const types = { integer: 0, float: 1, text: 3 } as const;

/**
 * The value under this name; undefined where there is none.
 * @param fail called with what is wrong.
 */
export function readStored(
  group: Group,
  name: string,
  budget: Budget,
  fail: (what: string) => never,
): Stored | undefined {
  const entity = group.get(name);
  if (entity === null) return undefined;
  if (!isDataset(entity)) return fail(`${name} is no value`);
  const { type, size, shape, chunks, littleEndian } = entity.metadata;
  if (shape === null) return undefined;
  if (shape.length > maxAxes) fail(`${name} has ${shape.length} axes`);
  const count = sizeOf(shape);
  // A text takes as much as it is long, which is not known before; names and metadata are short.
  const bytes = (type === types.text ? 256 : Math.max(size, 8)) * count;
  budget.bytes -= Math.max(bytes, size * sizeOf(chunks ?? []));
  if (!(budget.bytes >= 0))
    fail(`${name} [${shape.join(", ")}] is beyond the ${maxBytes / 2 ** 20} MiB that values may take together`);
  if (count === 0) fail(`${name} is empty`);
  const isNumber = type === types.integer || (type === types.float && (size === 4 || size === 8));
  if (!isNumber && type !== types.text) fail(`${name} holds neither numbers nor text`);
  if (isNumber && !littleEndian && size > 1) fail(`${name} has its bytes in the order of another machine`);
  return { shape, values: valuesOf(entity.value, type === types.text) ?? fail(`${name} cannot be read`) };
}

function valuesOf(value: Dataset["value"], isText: boolean): Stored["values"] | undefined {
  if (isText) {
    const texts = Array.isArray(value) ? value : [value];
    return texts.every((text): text is string => typeof text === "string") ? texts : undefined;
  }
  if (value instanceof Float32Array || value instanceof Float64Array) return value;
  if (typeof value === "number" || typeof value === "bigint") return Float64Array.of(Number(value));
  return ArrayBuffer.isView(value) ? Float64Array.from(value as Int32Array, Number) : undefined;
}
