/**
 * Protobuf messages, field by field. The wire format is pbf's; what it leaves to its callers is done here: no length
 * reaches beyond the message that holds it, so that a broken file ends in an error instead of in bytes of its neighbours.
 */
import { PbfReader } from "pbf";
import { ImportError } from "../core/errors.ts";

/** A field's content: a whole number, or bytes (a view): of a string, a message, packed numbers, or one fixed-size number. */
export interface Field {
  readonly number: number;
  readonly type: "varint" | "bytes" | "fixed32" | "fixed64";
  /** Of a varint, read as a signed 64-bit number and kept within ±(2^53 − 1). */
  readonly whole: number;
  readonly bytes: Uint8Array;
}

const noBytes = new Uint8Array(0);
const types = new Map([
  [0, "varint"],
  [1, "fixed64"],
  [2, "bytes"],
  [5, "fixed32"],
] as const);

/** Calls `visit` for each field of a message. @throws ImportError [E_ONNX] where bytes are missing or are no field. */
export function visitFields(message: Uint8Array, file: string, visit: (field: Field) => void): void {
  const fail = (): never => {
    throw new ImportError("E_ONNX", `${file} is no intact ONNX file: a field in it is cut off or broken`);
  };
  const pbf = new PbfReader(message);
  while (pbf.pos < message.length) {
    const tag = readWhole(pbf, fail);
    const number = Math.floor(tag / 8);
    const type = types.get((tag % 8) as 0) ?? fail();
    if (number < 1) fail();
    if (type === "varint") {
      visit({ number, type, whole: readWhole(pbf, fail), bytes: noBytes });
      continue;
    }
    const length = type === "fixed32" ? 4 : type === "fixed64" ? 8 : readWhole(pbf, fail);
    if (length < 0 || pbf.pos + length > message.length) fail();
    visit({ number, type, whole: 0, bytes: message.subarray(pbf.pos, pbf.pos + length) });
    pbf.pos += length;
  }
}

/** Calls `visit` for each whole number of a repeated field, packed or not. */
export function visitWholes({ type, whole, bytes }: Field, file: string, visit: (value: number) => void): void {
  if (type === "varint") {
    visit(whole);
    return;
  }
  const pbf = new PbfReader(bytes);
  while (pbf.pos < bytes.length)
    visit(
      readWhole(pbf, () => {
        throw new ImportError("E_ONNX", `${file} is no intact ONNX file: a list of numbers is cut off`);
      }),
    );
}

function readWhole(pbf: PbfReader, fail: () => never): number {
  let value = Number.NaN;
  try {
    value = pbf.readVarint(true);
  } catch {
    // pbf says so of a number of more than ten bytes, which one that runs over the end looks like.
    fail();
  }
  if (pbf.pos > pbf.length || Number.isNaN(value)) fail();
  return Math.min(Number.MAX_SAFE_INTEGER, Math.max(-Number.MAX_SAFE_INTEGER, value));
}

/** Little-endian numbers of a repeated field, packed or one by one. */
export function floatsOf(bytes: Uint8Array): readonly number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) => view.getFloat32(4 * i, true));
}

export function textOf({ bytes }: Field): string {
  return new TextDecoder().decode(bytes);
}
