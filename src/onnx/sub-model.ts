/** A part of a model as a model of its own: nodes and constants as the bytes that they are in the file. */
import { PbfWriter } from "pbf";
import { writeValue } from "./onnx.ts";
import type { OnnxFile, OnnxFileNode, OnnxTensor } from "./read-onnx.ts";

export interface SubModel {
  readonly nodes: readonly OnnxFileNode[];
  readonly constants: readonly OnnxTensor[];
  /** Names and shapes of what comes in, float32. */
  readonly inputs: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly outputs: readonly string[];
}

/** The part as bytes of a ModelProto of the file's operator sets. */
export function encodeSubModel(
  { irVersion, opsets }: Pick<OnnxFile, "irVersion" | "opsets">,
  part: SubModel,
): Uint8Array {
  const pbf = new PbfWriter();
  // From version 4 on, constants need not be listed among the inputs.
  pbf.writeVarintField(1, Math.max(irVersion, 4));
  pbf.writeStringField(2, "spiking-yolo");
  pbf.writeMessage(7, writeGraph, part);
  for (const opset of opsets) pbf.writeBytesField(8, opset);
  return pbf.finish();
}

function writeGraph({ nodes, constants, inputs, outputs }: SubModel, pbf: PbfWriter): void {
  for (const { bytes } of nodes) pbf.writeBytesField(1, bytes);
  pbf.writeStringField(2, "part");
  for (const constant of constants) pbf.writeBytesField(5, namedTensor(constant));
  for (const input of inputs) pbf.writeMessage(11, writeValue, input);
  // An output's type follows from what computes it.
  for (const name of outputs)
    pbf.writeMessage(12, (text: string, out: PbfWriter) => out.writeStringField(1, text), name);
}

/** The value of a Constant node has no name of its own; of a field that is there twice, the last one counts. */
function namedTensor({ name, bytes }: OnnxTensor): Uint8Array {
  const pbf = new PbfWriter();
  pbf.writeStringField(8, name);
  const field = pbf.finish();
  const joined = new Uint8Array(bytes.length + field.length);
  joined.set(bytes);
  joined.set(field, bytes.length);
  return joined;
}
