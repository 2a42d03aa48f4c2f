/**
 * Writes ONNX models: the part of the ModelProto that graphs with constant shapes need. `read-onnx.ts` is its twin.
 *
 * Field numbers are those of onnx.proto3 (ONNX IR version 8); the wire format is pbf's.
 */
import { PbfWriter } from "pbf";
import { elementTypes, type OnnxDType, type OnnxTensor } from "./tensors.ts";

/**
 * An attribute. Whole numbers are written as INT and INTS, so floats that happen to be whole are given as `{ float }`
 * and `{ floats }`.
 */
export type OnnxAttribute =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly strings: readonly string[] }
  | { readonly tensor: OnnxTensor };

export interface OnnxNode {
  /** The operator, named as ONNX names it. */
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
  /** Of the operator; absent or "": ONNX's own. */
  readonly domain?: string;
}

/** A named input or output; a string extent is symbolic. An output's shape may be left out: readers infer it, and its type. */
export interface OnnxValue {
  readonly name: string;
  readonly shape?: readonly (number | string)[];
  readonly dtype?: OnnxDType;
}

/** A named constant; int64 from numbers. */
export interface OnnxConstant {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBufferLike> | readonly number[];
  readonly dtype?: "float32" | "int64";
}

export interface OnnxModel {
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly constants: readonly (OnnxConstant | OnnxTensor)[];
  /** Operator set of ONNX's own operators; absent: {@link operatorSet}. */
  readonly operatorSet?: number;
  /** What the file says of itself besides. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export const operatorSet = 17;

/** The model as bytes of a ModelProto. */
export function encodeOnnx(model: OnnxModel): Uint8Array {
  const pbf = new PbfWriter();
  pbf.writeVarintField(1, 8);
  pbf.writeStringField(2, "spiking-yolo");
  pbf.writeMessage(7, writeGraph, model);
  pbf.writeMessage(
    8,
    (version: number, out: PbfWriter) => out.writeVarintField(2, version),
    model.operatorSet ?? operatorSet,
  );
  for (const entry of Object.entries(model.metadata ?? {})) pbf.writeMessage(14, writeEntry, entry);
  return pbf.finish();
}

/** StringStringEntryProto: key = 1, value = 2. */
function writeEntry([key, value]: readonly [string, string], pbf: PbfWriter): void {
  pbf.writeStringField(1, key);
  pbf.writeStringField(2, value);
}

function writeGraph(model: OnnxModel, pbf: PbfWriter): void {
  for (const node of model.nodes) pbf.writeMessage(1, writeNode, node);
  pbf.writeStringField(2, "graph");
  for (const constant of model.constants) pbf.writeMessage(5, writeTensor, constant);
  for (const input of model.inputs) pbf.writeMessage(11, writeValue, input);
  for (const output of model.outputs) pbf.writeMessage(12, writeValue, output);
}

function writeNode(node: OnnxNode, pbf: PbfWriter): void {
  for (const name of node.inputs) pbf.writeStringField(1, name);
  for (const name of node.outputs) pbf.writeStringField(2, name);
  pbf.writeStringField(3, node.outputs[0]);
  pbf.writeStringField(4, node.op);
  if (node.domain) pbf.writeStringField(7, node.domain);
  for (const attribute of Object.entries(node.attributes ?? {})) pbf.writeMessage(5, writeAttribute, attribute);
}

/** AttributeProto: f = 2, i = 3, s = 4, floats = 7, ints = 8, and its type in field 20. */
function writeAttribute([name, value]: readonly [string, OnnxAttribute], pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  if (typeof value === "string") {
    pbf.writeStringField(4, value);
    pbf.writeVarintField(20, 3);
  } else if (typeof value === "number" && Number.isInteger(value)) {
    pbf.writeVarintField(3, value);
    pbf.writeVarintField(20, 2);
  } else if (typeof value === "number" || "float" in value) {
    pbf.writeFloatField(2, typeof value === "number" ? value : value.float);
    pbf.writeVarintField(20, 1);
  } else if ("tensor" in value) {
    pbf.writeMessage(5, writeTensor, value.tensor);
    pbf.writeVarintField(20, 4);
  } else if ("strings" in value) {
    for (const item of value.strings) pbf.writeStringField(9, item);
    pbf.writeVarintField(20, 8);
  } else if ("floats" in value || !value.every(Number.isInteger)) {
    for (const item of "floats" in value ? value.floats : value) pbf.writeFloatField(7, item);
    pbf.writeVarintField(20, 6);
  } else {
    for (const item of value) pbf.writeVarintField(8, item);
    pbf.writeVarintField(20, 7);
  }
}

function writeTensor(constant: OnnxConstant | OnnxTensor, pbf: PbfWriter): void {
  const dtype = constant.dtype ?? "float32";
  for (const extent of constant.shape) pbf.writeVarintField(1, extent);
  pbf.writeVarintField(2, elementTypes[dtype].code);
  pbf.writeStringField(8, constant.name);
  if ("bytes" in constant) {
    pbf.writeBytesField(9, constant.bytes);
    return;
  }
  const values =
    dtype === "int64"
      ? BigInt64Array.from(constant.data, BigInt)
      : constant.data instanceof Float32Array
        ? constant.data
        : Float32Array.from(constant.data);
  pbf.writeBytesField(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}

function writeValue(value: OnnxValue, pbf: PbfWriter): void {
  pbf.writeStringField(1, value.name);
  if (value.shape) pbf.writeMessage(2, writeType, value);
}

/** TypeProto { tensor_type { elem_type, shape { dim { dim_value | dim_param } } } }. */
function writeType(value: OnnxValue, pbf: PbfWriter): void {
  pbf.writeMessage(1, writeTensorType, value);
}

function writeTensorType(value: OnnxValue, pbf: PbfWriter): void {
  pbf.writeVarintField(1, elementTypes[value.dtype ?? "float32"].code);
  pbf.writeMessage(2, writeShape, value.shape ?? []);
}

function writeShape(shape: readonly (number | string)[], pbf: PbfWriter): void {
  for (const extent of shape) {
    pbf.writeMessage(
      1,
      (dimension: number | string, out: PbfWriter) =>
        typeof dimension === "number" ? out.writeVarintField(1, dimension) : out.writeStringField(2, dimension),
      extent,
    );
  }
}
