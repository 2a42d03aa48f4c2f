/**
 * Reads ONNX models: a ModelProto's bytes → typed data. Nothing of it is run or interpreted here.
 *
 * Field numbers are those of onnx.proto3 (IR version 13). What a detector does not need is refused by name: graphs within
 * nodes, functions, sparse tensors, text tensors, weights in other files.
 */
import { ImportError } from "../core/errors.ts";
import type { OnnxAttribute, OnnxNode } from "./onnx.ts";
import { printed } from "./printed.ts";
import { dtypeOfCode, elementTypes, type OnnxDType, type OnnxTensor } from "./tensors.ts";
import { type Field, floatsOf, textOf, visitFields, visitWholes } from "./wire.ts";

/** A node as a file holds it: with a domain, "" for ONNX's own. */
export interface ReadNode extends OnnxNode {
  readonly name: string;
  readonly domain: string;
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** An input or output; an extent that the file leaves open is its name, or "?" where it has none. */
export interface ReadValue {
  readonly name: string;
  /** Undefined where it is no tensor, or of a type that is not read. */
  readonly dtype: OnnxDType | undefined;
  /** Undefined where the file does not say. */
  readonly shape: readonly (number | string)[] | undefined;
}

export interface ReadModel {
  /** Of ONNX's own operators. */
  readonly operatorSet: number;
  readonly producer: string;
  readonly metadata: ReadonlyMap<string, string>;
  readonly nodes: readonly ReadNode[];
  readonly constants: ReadonlyMap<string, OnnxTensor>;
  /** Without those that are constants (IR version 3 lists these among the inputs). */
  readonly inputs: readonly ReadValue[];
  readonly outputs: readonly ReadValue[];
}

/** Operator sets that ONNX Runtime 1.27 runs; below 9 operators mean something else. */
const operatorSets = { min: 9, max: 25 } as const;

/** No detector comes near; a file that does is broken or hostile. */
const maxNodes = 16_384;
const maxConstants = 65_536;
const maxConnections = 4096;
const maxRank = 16;
const maxAttributeValues = 2 ** 16;
const maxMetadata = 1024;

/**
 * @param external content of the other files that weights are kept in, by the names that {@link externalFiles} gives.
 * @throws ImportError [E_ONNX] naming `file` and what cannot be read of it; never reads outside the bytes.
 */
export function readOnnx(
  bytes: Uint8Array,
  file: string,
  external: ReadonlyMap<string, Uint8Array> = new Map(),
): ReadModel {
  const reader = new Reader(file, external);
  const opsets = new Map<string, number>();
  const metadata = new Map<string, string>();
  let graph: Uint8Array | undefined;
  let producer = "";
  visitFields(bytes, file, (field) => {
    if (field.number === 2) producer = textOf(field).slice(0, 64);
    if (field.number === 7) graph = field.bytes;
    if (field.number === 8) reader.operatorSet(field, opsets);
    if (field.number === 14) reader.entry(field, metadata);
    if (field.number === 25) reader.fail("it defines functions of its own. Export it without them");
  });
  if (!graph) return reader.fail("it holds no graph");
  const operatorSet = opsets.get("") ?? opsets.get("ai.onnx") ?? reader.fail("it names no operator set");
  const { min, max } = operatorSets;
  if (operatorSet < min || operatorSet > max)
    reader.fail(`its operator set is ${operatorSet}; ${min} to ${max} are read. Export it with opset 17`);
  return { operatorSet, producer, metadata, ...reader.graph(graph) };
}

/**
 * Names of the other files that a model keeps weights in. @throws ImportError [E_ONNX] for one that does not lie beside the model:
 * a model names files, and must not make a program read any file that there is.
 */
export function externalFiles(bytes: Uint8Array, file: string): readonly string[] {
  const names = new Set<string>();
  const within = (message: Uint8Array, path: readonly number[]): void =>
    visitFields(message, file, (field) => {
      if (field.number !== path[0] || field.type !== "bytes") return;
      if (path.length > 1) return within(field.bytes, path.slice(1));
      const entry = new Map<number, string>();
      visitFields(field.bytes, file, (part) => entry.set(part.number, textOf(part)));
      if (entry.get(1) === "location") names.add(entry.get(2) ?? "");
    });
  // graph, its constants, their external_data
  within(bytes, [7, 5, 13]);
  const outside = [...names].find((name) => !/^[\w][\w .+-]*$/.test(name));
  if (outside !== undefined || names.size > maxExternalFiles)
    throw new ImportError(
      "E_ONNX",
      `${file} keeps weights in ${outside === undefined ? `${names.size} files` : printed(outside)}; a file beside it is read`,
    );
  return [...names];
}

const maxExternalFiles = 1024;

/** Reads the messages of one file. */
class Reader {
  readonly #file: string;
  readonly #external: ReadonlyMap<string, Uint8Array>;

  constructor(file: string, external: ReadonlyMap<string, Uint8Array>) {
    this.#file = file;
    this.#external = external;
  }

  fail(what: string): never {
    throw new ImportError("E_ONNX", `${this.#file} cannot be read as an ONNX detector: ${what}`);
  }

  #visit(
    { type, bytes }: Field | { readonly type: "bytes"; readonly bytes: Uint8Array },
    visit: (field: Field) => void,
  ) {
    if (type !== "bytes") this.fail("a message in it is none");
    visitFields(bytes, this.#file, visit);
  }

  #append<T>(list: T[], item: T, max: number, what: string): void {
    if (list.length >= max) this.fail(`it has more than ${max} ${what}`);
    list.push(item);
  }

  operatorSet(field: Field, into: Map<string, number>): void {
    let [domain, version] = ["", 0];
    this.#visit(field, (part) => {
      if (part.number === 1) domain = textOf(part);
      if (part.number === 2) version = part.whole;
    });
    into.set(domain, version);
  }

  entry(field: Field, into: Map<string, string>): void {
    let [key, value] = ["", ""];
    this.#visit(field, (part) => {
      if (part.number === 1) key = textOf(part);
      if (part.number === 2) value = textOf(part);
    });
    if (into.size < maxMetadata) into.set(key, value);
  }

  graph(bytes: Uint8Array): Pick<ReadModel, "nodes" | "constants" | "inputs" | "outputs"> {
    const nodes: ReadNode[] = [];
    const constants = new Map<string, OnnxTensor>();
    const inputs: ReadValue[] = [];
    const outputs: ReadValue[] = [];
    this.#visit({ type: "bytes", bytes }, (field) => {
      if (field.number === 1) this.#append(nodes, this.#node(field), maxNodes, "nodes");
      if (field.number === 5) {
        const constant = this.#tensor(field);
        if (constants.has(constant.name)) this.fail(`two constants are named ${printed(constant.name)}`);
        if (constants.size >= maxConstants) this.fail(`it has more than ${maxConstants} constants`);
        constants.set(constant.name, constant);
      }
      if (field.number === 11) this.#append(inputs, this.#value(field), maxConstants, "inputs");
      if (field.number === 12) this.#append(outputs, this.#value(field), maxConnections, "outputs");
      if (field.number === 15) this.fail("it holds sparse tensors");
    });
    return { nodes, constants, outputs, inputs: inputs.filter(({ name }) => !constants.has(name)) };
  }

  #node(field: Field): ReadNode {
    const [inputs, outputs]: string[][] = [[], []];
    const attributes: Record<string, OnnxAttribute> = Object.create(null);
    let [name, op, domain] = ["", "", ""];
    const attributeFields: Field[] = [];
    this.#visit(field, (part) => {
      if (part.number === 1) this.#append(inputs, textOf(part), maxConnections, "inputs of one node");
      if (part.number === 2) this.#append(outputs, textOf(part), maxConnections, "outputs of one node");
      if (part.number === 3) name = textOf(part);
      if (part.number === 4) op = textOf(part);
      if (part.number === 5) this.#append(attributeFields, part, 256, "attributes of one node");
      if (part.number === 7) domain = textOf(part);
    });
    if (domain === "ai.onnx") domain = "";
    const where = `${printed(name || outputs[0] || "a node")} (${printed(op)})`;
    for (const attribute of attributeFields) this.#attribute(attribute, where, attributes);
    return { name, op, domain, inputs, outputs, attributes };
  }

  #attribute(field: Field, where: string, into: Record<string, OnnxAttribute>): void {
    let name = "";
    let type = 0;
    let single: OnnxAttribute | undefined;
    const floats: number[] = [];
    const ints: number[] = [];
    const strings: string[] = [];
    const limit = (list: readonly unknown[]) => {
      if (list.length > maxAttributeValues)
        this.fail(`an attribute of ${where} has more than ${maxAttributeValues} values`);
    };
    this.#visit(field, (part) => {
      if (part.number === 1) name = textOf(part);
      if (part.number === 2) single = { float: floatsOf(part.bytes)[0] ?? 0 };
      if (part.number === 3) single = part.whole;
      if (part.number === 4) single = textOf(part);
      if (part.number === 5) single = { tensor: this.#tensor(part) };
      if (part.number === 6 || part.number === 11)
        this.fail(`${where} holds a graph of its own, as conditions and loops do. Export it without them`);
      if (part.number === 7) {
        if (part.bytes.length > 4 * maxAttributeValues) limit({ length: part.bytes.length } as unknown[]);
        floats.push(...floatsOf(part.bytes));
      }
      if (part.number === 8) visitWholes(part, this.#file, (value) => limit(ints) ?? ints.push(value));
      if (part.number === 9) strings.push(textOf(part));
      if (part.number === 20) type = part.whole;
      if (part.number === 10 || part.number === 14 || part.number === 15 || part.number >= 21)
        this.fail(`attribute ${printed(name)} of ${where} is of a type that is not read`);
      limit(floats);
      limit(strings);
    });
    // What is left out is zero, or empty: so says proto3.
    const values: Record<number, OnnxAttribute> = { 6: { floats }, 7: ints, 8: { strings } };
    const empty: Record<number, OnnxAttribute> = { 1: { float: 0 }, 2: 0, 3: "" };
    into[name] =
      values[type] ??
      single ??
      empty[type] ??
      (floats.length > 0 ? { floats } : strings.length > 0 ? { strings } : ints);
  }

  #tensor(field: Field): OnnxTensor {
    const shape: number[] = [];
    let [name, code] = ["", 0];
    let raw: Uint8Array | undefined;
    const packed: Field[] = [];
    let isExternal = false;
    const places = new Map<string, string>();
    this.#visit(field, (part) => {
      if (part.number === 1)
        visitWholes(part, this.#file, (extent) => this.#append(shape, extent, maxRank, "dimensions of one constant"));
      if (part.number === 2) code = part.whole;
      if (part.number === 8) name = textOf(part);
      if (part.number === 9) raw = part.bytes;
      if ([4, 5, 6, 7, 10, 11].includes(part.number)) this.#append(packed, part, 2 ** 20, "values listed one by one");
      if (part.number === 13) this.entry(part, places);
      if (part.number === 13 || (part.number === 14 && part.whole === 1)) isExternal = true;
    });
    const where = `constant ${printed(name || "of a node")}`;
    const dtype = dtypeOfCode.get(code) ?? this.fail(`${where} is of type ${code} (text, complex or below 8 bits)`);
    if (shape.some((extent) => extent < 0)) this.fail(`${where} has a negative extent`);
    const count = shape.reduce((product, extent) => product * extent, 1);
    const length = count * elementTypes[dtype].bytes;
    const bytes = isExternal
      ? this.#externalBytes(places, length, where)
      : (raw ?? packedBytes(dtype, packed, count, this.#file));
    if (bytes.length !== length)
      this.fail(`${where} of shape [${shape.join(", ")}] should have ${length} bytes; it has ${bytes.length}`);
    return { name, dtype, shape, bytes };
  }

  /** A constant's part of another file: of its whole length, within that file. */
  #externalBytes(places: ReadonlyMap<string, string>, length: number, where: string): Uint8Array {
    const location = places.get("location") ?? "";
    const content = this.#external.get(location);
    if (!content)
      return this.fail(
        `${where} is kept in another file, ${printed(location)}. Put that beside it, or save both as one: onnx.save(onnx.load("model.onnx"), "whole.onnx")`,
      );
    const offset = Number(places.get("offset") ?? 0);
    const isInside = Number.isInteger(offset) && offset >= 0 && offset + length <= content.length;
    if (!isInside) this.fail(`${where} lies beyond the end of ${printed(location)}`);
    return content.subarray(offset, offset + length);
  }

  #value(field: Field): ReadValue {
    let name = "";
    let dtype: OnnxDType | undefined;
    let shape: (number | string)[] | undefined;
    this.#visit(field, (part) => {
      if (part.number === 1) name = textOf(part);
      if (part.number === 2)
        this.#visit(part, (type) => {
          if (type.number === 1)
            this.#visit(type, (tensor) => {
              if (tensor.number === 1) dtype = dtypeOfCode.get(tensor.whole);
              if (tensor.number === 2) shape = this.#extents(tensor);
            });
        });
    });
    return { name, dtype, shape };
  }

  #extents(field: Field): (number | string)[] {
    const extents: (number | string)[] = [];
    this.#visit(field, (part) => {
      if (part.number !== 1) return;
      let extent: number | string = "?";
      this.#visit(part, (dimension) => {
        if (dimension.number === 1) extent = dimension.whole;
        if (dimension.number === 2) extent = textOf(dimension);
      });
      this.#append(extents, extent, maxRank, "dimensions of one input");
    });
    return extents;
  }
}

/** Numbers that a TensorProto lists by themselves, as the bytes that `raw_data` would hold. */
function packedBytes(dtype: OnnxDType, fields: readonly Field[], count: number, file: string): Uint8Array {
  const size = elementTypes[dtype].bytes;
  // Every value takes a byte of the file at least, so this is no more than some times the file.
  const available = fields.reduce((sum, { bytes, type }) => sum + (type === "bytes" ? bytes.length : 1), 0);
  const bytes = new Uint8Array(Math.min(count, available) * size);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const isFloat = dtype === "float32" || dtype === "float64";
  for (const field of fields) {
    if (isFloat) {
      bytes.set(field.bytes.subarray(0, Math.max(0, bytes.length - at)), Math.min(at, bytes.length));
      at += field.bytes.length;
    } else {
      visitWholes(field, file, (value) => {
        if (at + size <= bytes.length) writeWhole(view, at, size, value);
        at += size;
      });
    }
  }
  return at === bytes.length ? bytes : new Uint8Array(Math.min(at, bytes.length + size));
}

/** Two's complement in `size` bytes; halves come as the number that their bits are. */
function writeWhole(view: DataView, at: number, size: number, value: number): void {
  if (size === 8) view.setBigInt64(at, BigInt(value), true);
  else if (size === 4) view.setInt32(at, value, true);
  else if (size === 2) view.setInt16(at, value, true);
  else view.setInt8(at, value);
}
