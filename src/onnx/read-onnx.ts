/**
 * Reads ONNX models: the parts of a ModelProto that networks of tensors need. Nodes and tensors keep their bytes, so that a part of a
 * model can be written again without loss (`sub-model.ts`).
 *
 * Field numbers are those of onnx.proto3. Every length is checked against the message that holds it: a file may say anything.
 */
import { PbfReader } from "pbf";
import { ImportError } from "../core/errors.ts";

/** A constant tensor of a model. Whole numbers are kept as float64, which holds them up to 2^53. */
export interface OnnxTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly isFloat: boolean;
  readonly data: Float32Array | Float64Array;
  /** Its TensorProto. */
  readonly bytes: Uint8Array;
}

export type OnnxAttributeValue =
  | { readonly type: "number"; readonly value: number }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "numbers"; readonly value: readonly number[] }
  | { readonly type: "tensor"; readonly value: OnnxTensor }
  | { readonly type: "other" };

export interface OnnxFileNode {
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, OnnxAttributeValue>;
  /** Its NodeProto. */
  readonly bytes: Uint8Array;
}

export interface OnnxFileValue {
  readonly name: string;
  /** Of a tensor of numbers; null where an extent is symbolic, absent where nothing is said. */
  readonly dims?: readonly (number | null)[];
  readonly bytes: Uint8Array;
}

export interface OnnxFile {
  readonly irVersion: number;
  /** Version of the default operator set. */
  readonly opset: number;
  /** OperatorSetIdProtos. */
  readonly opsets: readonly Uint8Array[];
  readonly nodes: readonly OnnxFileNode[];
  readonly constants: ReadonlyMap<string, OnnxTensor>;
  /** Without those that are constants (IR versions before 4 list them). */
  readonly inputs: readonly OnnxFileValue[];
  readonly outputs: readonly OnnxFileValue[];
  readonly metadata: ReadonlyMap<string, string>;
}

const maxNodes = 65_536;
const maxDims = 16;
/** Of one tensor: no network's is near. */
const maxElements = 2 ** 28;

interface Field {
  readonly number: number;
  /** Of a varint or a fixed number. */
  readonly value: number;
  /** Of a message, text or bytes; empty for numbers. */
  readonly bytes: Uint8Array;
}

/** @throws ImportError [E_ONNX] naming `file` and what is wrong with it. */
export function readOnnx(bytes: Uint8Array, file: string): OnnxFile {
  const fail = (what: string): never => {
    throw new ImportError("E_ONNX", `${file} ${what}. Export it again, or check the download`);
  };
  const fields = fieldsOf(bytes, fail);
  const graph = fields.find(({ number }) => number === 7);
  if (!graph) return fail("holds no ONNX graph");
  const opsets = fields.filter(({ number }) => number === 8).map((field) => field.bytes);
  const opset = Math.max(0, ...opsets.map((entry) => opsetVersion(entry, fail)));
  if (opset === 0) fail("names no operator set");
  const metadata = new Map(
    fields
      .filter(({ number }) => number === 14)
      .map((field) => {
        const [key, value] = [1, 2].map((wanted) =>
          fieldsOf(field.bytes, fail).find(({ number }) => number === wanted),
        );
        return [textOf(key), textOf(value)] as const;
      }),
  );
  const irVersion = fields.find(({ number }) => number === 1)?.value ?? 8;
  return { irVersion, opset, opsets, metadata, ...graphOf(graph.bytes, fail) };
}

/** 0 for other domains than ONNX's own. */
function opsetVersion(bytes: Uint8Array, fail: (what: string) => never): number {
  const fields = fieldsOf(bytes, fail);
  const domain = textOf(fields.find(({ number }) => number === 1));
  return domain === "" || domain === "ai.onnx" ? (fields.find(({ number }) => number === 2)?.value ?? 0) : 0;
}

function graphOf(
  bytes: Uint8Array,
  fail: (what: string) => never,
): Pick<OnnxFile, "nodes" | "constants" | "inputs" | "outputs"> {
  const fields = fieldsOf(bytes, fail);
  const all = (wanted: number) => fields.filter(({ number }) => number === wanted).map((field) => field.bytes);
  const nodes = all(1);
  if (nodes.length > maxNodes) fail(`has ${nodes.length} nodes; at most ${maxNodes} are supported`);
  const constants = new Map<string, OnnxTensor>();
  for (const entry of all(5)) {
    const tensor = tensorOf(entry, fail);
    constants.set(tensor.name, tensor);
  }
  return {
    nodes: nodes.map((entry) => nodeOf(entry, fail)),
    constants,
    inputs: all(11)
      .map((entry) => namedValueOf(entry, fail))
      .filter(({ name }) => !constants.has(name)),
    outputs: all(12).map((entry) => namedValueOf(entry, fail)),
  };
}

function nodeOf(bytes: Uint8Array, fail: (what: string) => never): OnnxFileNode {
  const fields = fieldsOf(bytes, fail);
  const texts = (wanted: number) => fields.filter(({ number }) => number === wanted).map(textOf);
  const attributes = fields
    .filter(({ number }) => number === 5)
    .map((field) => attributeOf(fieldsOf(field.bytes, fail), fail));
  return {
    op: texts(4)[0] ?? "",
    domain: texts(7)[0] ?? "",
    inputs: texts(1),
    outputs: texts(2),
    attributes: new Map(attributes),
    bytes,
  };
}

/** AttributeProto: f = 2, i = 3, s = 4, t = 5, floats = 7, ints = 8, type = 20. */
function attributeOf(fields: readonly Field[], fail: (what: string) => never): readonly [string, OnnxAttributeValue] {
  const one = (wanted: number) => fields.find(({ number }) => number === wanted);
  const name = textOf(one(1));
  const type = one(20)?.value;
  const value = (): OnnxAttributeValue => {
    if (type === 1) return { type: "number", value: floatOf(one(2)) };
    if (type === 2) return { type: "number", value: one(3)?.value ?? 0 };
    if (type === 3) return { type: "string", value: textOf(one(4)) };
    if (type === 4) return { type: "tensor", value: tensorOf(one(5)?.bytes ?? new Uint8Array(), fail) };
    if (type === 6) return { type: "numbers", value: repeated(fields, 7, 5, fail) };
    if (type === 7) return { type: "numbers", value: repeated(fields, 8, 0, fail) };
    return { type: "other" };
  };
  return [name, value()];
}

function namedValueOf(bytes: Uint8Array, fail: (what: string) => never): OnnxFileValue {
  const fields = fieldsOf(bytes, fail);
  const name = textOf(fields.find(({ number }) => number === 1));
  const inside = (message: Uint8Array | undefined, wanted: number) =>
    message && fieldsOf(message, fail).find(({ number }) => number === wanted)?.bytes;
  const shape = inside(inside(fields.find(({ number }) => number === 2)?.bytes, 1), 2);
  if (!shape) return { name, bytes };
  const dims = fieldsOf(shape, fail)
    .filter(({ number }) => number === 1)
    .map((field) => fieldsOf(field.bytes, fail).find(({ number }) => number === 1)?.value ?? null);
  return { name, dims: dims.map((dim) => (dim !== null && dim > 0 ? dim : null)), bytes };
}

/** TensorProto.DataType: how many bytes an element has in raw_data, and how it is read. */
const elementReaders: ReadonlyMap<number, readonly [bytes: number, read: (view: DataView, at: number) => number]> =
  new Map<number, readonly [number, (view: DataView, at: number) => number]>([
    [1, [4, (view, at) => view.getFloat32(at, true)]],
    [2, [1, (view, at) => view.getUint8(at)]],
    [3, [1, (view, at) => view.getInt8(at)]],
    [4, [2, (view, at) => view.getUint16(at, true)]],
    [5, [2, (view, at) => view.getInt16(at, true)]],
    [6, [4, (view, at) => view.getInt32(at, true)]],
    [7, [8, (view, at) => Number(view.getBigInt64(at, true))]],
    [9, [1, (view, at) => view.getUint8(at)]],
    [10, [2, (view, at) => halfToNumber(view.getUint16(at, true))]],
    [11, [8, (view, at) => view.getFloat64(at, true)]],
    [12, [4, (view, at) => view.getUint32(at, true)]],
    [13, [8, (view, at) => Number(view.getBigUint64(at, true))]],
  ]);
const floatTypes: readonly number[] = [1, 10, 11];

/** TensorProto: dims = 1, data_type = 2, float_data = 4, int32_data = 5, int64_data = 7, name = 8, raw_data = 9, double_data = 10, data_location = 14. */
function tensorOf(bytes: Uint8Array, fail: (what: string) => never): OnnxTensor {
  const fields = fieldsOf(bytes, fail);
  const one = (wanted: number) => fields.find(({ number }) => number === wanted);
  const name = textOf(one(8));
  const dims = repeated(fields, 1, 0, fail);
  const size = dims.reduce((product, dim) => product * dim, 1);
  if (dims.length > maxDims || dims.some((dim) => dim < 0) || !(size <= maxElements))
    fail(`holds a tensor ${name} of shape [${dims.slice(0, maxDims).join(", ")}]`);
  if ((one(14)?.value ?? 0) !== 0)
    fail(`keeps tensor ${name} in another file; save it as one file (onnx.save with save_as_external_data=False)`);
  const type = one(2)?.value ?? 0;
  const reader = elementReaders.get(type);
  if (!reader) return fail(`holds a tensor ${name} of data type ${type}, which is not supported`);
  const isFloat = floatTypes.includes(type);
  const data = isFloat ? new Float32Array(size) : new Float64Array(size);
  const raw = one(9)?.bytes;
  if (raw) {
    if (raw.length !== size * reader[0]) fail(`holds a tensor ${name} whose data do not fit its shape`);
    const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
    for (let i = 0; i < size; i++) data[i] = reader[1](view, i * reader[0]);
  } else {
    const fixed = type === 1 ? 5 : type === 11 ? 1 : 0;
    const listed = repeated(
      fields,
      type === 1 ? 4 : type === 11 ? 10 : type === 7 ? 7 : type === 13 ? 11 : 5,
      fixed,
      fail,
    );
    if (listed.length !== size) fail(`holds a tensor ${name} whose data do not fit its shape`);
    data.set(type === 10 ? listed.map(halfToNumber) : listed);
  }
  return { name, dims, isFloat, data, bytes };
}

/** IEEE 754 half precision. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** Numbers of a repeated field, packed or one by one. @param wire 0: varints, 5: 32-bit floats, 1: 64-bit floats. */
function repeated(fields: readonly Field[], wanted: number, wire: 0 | 1 | 5, fail: (what: string) => never): number[] {
  const values: number[] = [];
  for (const field of fields) {
    if (field.number !== wanted) continue;
    if (field.bytes.length === 0) values.push(wire === 0 ? field.value : floatOf(field));
    else {
      const pbf = new PbfReader(field.bytes);
      while (pbf.pos < field.bytes.length)
        values.push(wire === 0 ? varintOf(pbf, fail, true) : wire === 5 ? pbf.readFloat() : pbf.readDouble());
      if (pbf.pos > field.bytes.length) fail("ends within a list");
    }
  }
  return values;
}

function textOf(field: Field | undefined): string {
  return field ? new TextDecoder().decode(field.bytes) : "";
}

const word = new DataView(new ArrayBuffer(4));

/** A fixed 32-bit field is kept as the bits of its float. */
function floatOf(field: Field | undefined): number {
  word.setUint32(0, field?.value ?? 0);
  return word.getFloat32(0);
}

/** The reader throws an error of its own where a number has no end. */
function varintOf(pbf: PbfReader, fail: (what: string) => never, isSigned = false): number {
  try {
    return pbf.readVarint(isSigned);
  } catch {
    return fail("holds a number of more than ten bytes, or is no ONNX model");
  }
}

/** All fields of a message. */
function fieldsOf(bytes: Uint8Array, fail: (what: string) => never): Field[] {
  const pbf = new PbfReader(bytes);
  const fields: Field[] = [];
  const none = bytes.subarray(0, 0);
  const end = bytes.length;
  while (pbf.pos < end) {
    const tag = varintOf(pbf, fail);
    const [number, type] = [Math.floor(tag / 8), tag % 8];
    if (type === 0) fields.push({ number, value: varintOf(pbf, fail, true), bytes: none });
    else if (type === 5 && pbf.pos + 4 <= end) fields.push({ number, value: pbf.readFixed32(), bytes: none });
    else if (type === 1 && pbf.pos + 8 <= end) {
      fields.push({ number, value: 0, bytes: bytes.subarray(pbf.pos, pbf.pos + 8) });
      pbf.pos += 8;
    } else if (type === 2) {
      const length = varintOf(pbf, fail);
      if (!(length <= end - pbf.pos)) fail("ends early, or is no ONNX model");
      fields.push({ number, value: 0, bytes: bytes.subarray(pbf.pos, pbf.pos + length) });
      pbf.pos += length;
    } else fail("is no ONNX model");
    if (pbf.pos > end) fail("ends early, or is no ONNX model");
  }
  return fields;
}
