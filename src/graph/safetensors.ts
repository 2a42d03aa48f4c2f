/**
 * The safetensors format: 8 bytes little-endian header length, a JSON header {name: {dtype, shape, data_offsets}} with
 * string metadata under `__metadata__`, then the tensors' bytes without gaps.
 */
import { z } from "zod";
import { ImportError } from "../core/errors.ts";
import { allocate, bytesPerElement, type DType, sizeOf, type Tensor, tensor } from "../core/tensor.ts";

export interface TensorFile {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

const dtypeNames: Readonly<Record<DType, string>> = {
  float32: "F32",
  float64: "F64",
  int8: "I8",
  int16: "I16",
  int32: "I32",
};
const dtypes = new Map(Object.entries(dtypeNames).map(([dtype, name]) => [name, dtype as DType]));

const maxHeaderBytes = 2 ** 26;

const offset = z.int().min(0);
const entrySchema = z.object({
  dtype: z.string(),
  shape: z.array(z.int().min(0)).max(8),
  data_offsets: z.tuple([offset, offset]),
});
const metadataSchema = z.record(z.string(), z.string());

interface Entry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

/** The file's bytes; tensors in the order given, each aligned to 8 bytes within the file. */
export function encodeTensors({ tensors, metadata }: TensorFile): Uint8Array {
  // Not assigned one by one: a name may be __proto__.
  const entries: [string, unknown][] = [["__metadata__", metadata]];
  let end = 0;
  for (const [name, { dtype, shape, data }] of tensors) {
    entries.push([name, { dtype: dtypeNames[dtype], shape, data_offsets: [end, end + data.byteLength] }]);
    end += data.byteLength;
  }
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  // Padded with spaces, as the format allows, so that the first tensor is aligned.
  const headerBytes = Math.ceil(text.length / 8) * 8;
  const file = new Uint8Array(8 + headerBytes + end).fill(0x20, 8, 8 + headerBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.set(text, 8);
  let at = 8 + headerBytes;
  for (const { data } of tensors.values()) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

/** @throws ImportError [E_MODEL_FILE] naming `file` and what does not hold; never reads outside, nor allocates more than the file holds. */
export function decodeTensors(bytes: Uint8Array, file: string): TensorFile {
  const fail = (what: string): never => {
    throw new ImportError("E_MODEL_FILE", `${file} is no intact model file: ${what}`);
  };
  if (bytes.length < 8) fail(`it has ${bytes.length} bytes`);
  const headerBytes = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (headerBytes > maxHeaderBytes || 8 + headerBytes > bytes.length)
    fail(`its header would be ${headerBytes} bytes long`);
  const { metadata, entries } = parseHeader(bytes.subarray(8, 8 + headerBytes), fail);
  const data = bytes.subarray(8 + headerBytes);
  for (const { name, dtype, shape, start, end } of entries) {
    if (end > data.length) fail(`tensor ${name} ends at byte ${end} of ${data.length}; the file has been cut`);
    if (end - start !== sizeOf(shape) * bytesPerElement(dtype))
      fail(`tensor ${name} of shape [${shape.join(", ")}] does not fill bytes ${start} to ${end}`);
  }
  checkLayout(entries, data.length, fail);
  const tensors = new Map<string, Tensor>();
  for (const { name, dtype, shape, start, end } of entries) {
    const values = allocate(dtype, sizeOf(shape));
    new Uint8Array(values.buffer).set(data.subarray(start, end));
    tensors.set(name, tensor(dtype, shape, values));
  }
  return { tensors, metadata };
}

/** Every byte belongs to one tensor: where two share bytes, a small file would become tensors of any size. */
function checkLayout(entries: readonly Entry[], length: number, fail: (what: string) => never): void {
  let at = 0;
  let last = "";
  for (const { name, start, end } of [...entries].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (start < at) fail(`tensors ${last} and ${name} share bytes`);
    if (start > at) fail(`bytes ${at} to ${start} belong to no tensor`);
    at = end;
    last = name;
  }
  if (at !== length) fail(`its tensors hold ${at} bytes of ${length}`);
}

function parseHeader(
  bytes: Uint8Array,
  fail: (what: string) => never,
): { readonly metadata: Readonly<Record<string, string>>; readonly entries: readonly Entry[] } {
  const header = parseJson(bytes);
  if (header === undefined) return fail("its header is not the JSON that it should be");
  let metadata: Readonly<Record<string, string>> = {};
  const entries: Entry[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === "__metadata__") {
      metadata = metadataSchema.safeParse(value).data ?? fail("its metadata are not strings by name");
      continue;
    }
    const { dtype, shape, data_offsets } =
      entrySchema.safeParse(value).data ?? fail(`tensor ${name} has no type, shape and offsets as it should`);
    const [start, end] = data_offsets;
    entries.push({ name, dtype: dtypes.get(dtype) ?? fail(`tensor ${name} is of type ${dtype}`), shape, start, end });
  }
  return { metadata, entries };
}

/** The header's object; nothing where the bytes are none. */
function parseJson(bytes: Uint8Array): object | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
