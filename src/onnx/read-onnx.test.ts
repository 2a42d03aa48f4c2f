import fc from "fast-check";
import { PbfWriter } from "pbf";
import { expect, test } from "vitest";
import { SpikingYoloError } from "../core/errors.ts";
import { encodeOnnx, type OnnxNode } from "./onnx.ts";
import { externalFiles, readOnnx } from "./read-onnx.ts";
import { float32Tensor, int64Tensor, numbersOf } from "./tensors.ts";

const tensor = float32Tensor("", [2], [1, 2.5]);
const attributes: OnnxNode["attributes"] = {
  whole: 3,
  negative: -7,
  wide: 2 ** 53 - 1,
  float: { float: 2 },
  floats: { floats: [1, 2, 3] },
  ints: [1, 2, -3],
  text: "nearest",
  texts: { strings: ["a", "b"] },
  tensor: { tensor },
};

const model = encodeOnnx({
  nodes: [
    { op: "Conv", inputs: ["x", "w"], outputs: ["y"], attributes },
    { op: "Own", inputs: ["y", ""], outputs: ["z"], domain: "com.example" },
  ],
  constants: [float32Tensor("w", [1, 1, 1, 1], [0.5]), int64Tensor("shape", [2], [-1, 2 ** 40])],
  inputs: [
    { name: "x", shape: [1, 3, "height", 640] },
    { name: "w", shape: [1, 1, 1, 1] },
  ],
  outputs: [{ name: "z" }],
  operatorSet: 12,
});

test("what is written is read again: attributes of every type, constants, inputs that are no constants", () => {
  const read = readOnnx(model, "m");
  expect(read.operatorSet).toBe(12);
  expect({ ...read.nodes[0].attributes }).toEqual(attributes);
  expect(read.nodes[1]).toMatchObject({ op: "Own", domain: "com.example", inputs: ["y", ""], outputs: ["z"] });
  expect(read.inputs).toEqual([{ name: "x", dtype: "float32", shape: [1, 3, "height", 640] }]);
  expect([...numbersOf(read.constants.get("shape") ?? tensor)]).toEqual([-1, 2 ** 40]);
});

/** A model of one constant, as the writer makes its TensorProto. */
function withConstant(write: (pbf: PbfWriter) => void): Uint8Array {
  const pbf = new PbfWriter();
  pbf.writeMessage(
    7,
    (_: undefined, graph: PbfWriter) => graph.writeMessage(5, (__: undefined, out: PbfWriter) => write(out), undefined),
    undefined,
  );
  pbf.writeMessage(8, (version: number, out: PbfWriter) => out.writeVarintField(2, version), 17);
  return pbf.finish();
}

const halves = new Uint8Array(new Uint16Array([0x3c00, 0xc000, 0x0001]).buffer);

test.each<readonly [string, number, (pbf: PbfWriter) => void, readonly number[]]>([
  ["float_data", 1, (pbf) => pbf.writePackedFloat(4, [1.5, -2, 3]), [1.5, -2, 3]],
  [
    "float_data, one by one",
    1,
    (pbf) => {
      for (const value of [1.5, -2, 3]) pbf.writeFloatField(4, value);
    },
    [1.5, -2, 3],
  ],
  ["int8 in int32_data", 3, (pbf) => pbf.writePackedVarint(5, [1, -2, 3]), [1, -2, 3]],
  ["uint8 in int32_data", 2, (pbf) => pbf.writePackedVarint(5, [1, 255, 3]), [1, 255, 3]],
  ["int64_data", 7, (pbf) => pbf.writePackedVarint(7, [1, -2, 2 ** 40]), [1, -2, 2 ** 40]],
  ["double_data", 11, (pbf) => pbf.writePackedDouble(10, [1, -2, 0.1]), [1, -2, 0.1]],
  ["halves, raw", 10, (pbf) => pbf.writeBytesField(9, halves), [1, -2, 2 ** -24]],
  ["halves in int32_data", 10, (pbf) => pbf.writePackedVarint(5, [0x3c00, 0xc000, 1]), [1, -2, 2 ** -24]],
  [
    "bfloat16, raw",
    16,
    (pbf) => pbf.writeBytesField(9, new Uint8Array(new Uint16Array([0x3f80, 0xc000, 0]).buffer)),
    [1, -2, 0],
  ],
  ["bool, raw", 9, (pbf) => pbf.writeBytesField(9, Uint8Array.of(1, 0, 1)), [1, 0, 1]],
])("a constant as %s", (_, code, write, expected) => {
  const bytes = withConstant((pbf) => {
    pbf.writeVarintField(1, 3);
    pbf.writeVarintField(2, code);
    pbf.writeStringField(8, "c");
    write(pbf);
  });
  expect([...numbersOf(readOnnx(bytes, "m").constants.get("c") ?? tensor)]).toEqual(expected);
});

const expectRefusal = (bytes: Uint8Array, message: RegExp) => expect(() => readOnnx(bytes, "m.onnx")).toThrow(message);

test("a file that is cut anywhere is read as far as it goes, or refused in one line", () => {
  for (let length = 0; length < model.length; length++) {
    try {
      readOnnx(model.subarray(0, length), "m.onnx");
    } catch (error) {
      expect(error).toBeInstanceOf(SpikingYoloError);
      expect((error as Error).message).toMatch(/^m\.onnx [^\n]+$/);
    }
  }
  expectRefusal(model.subarray(0, 40), /no intact ONNX file/);
  expectRefusal(new Uint8Array(), /holds no graph/);
});

test("bytes that mean anything end in one line, and so does every file with wrong bytes", () => {
  const refuses = (bytes: Uint8Array) => {
    try {
      readOnnx(bytes, "m.onnx");
    } catch (error) {
      if (!(error instanceof SpikingYoloError)) throw error;
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), refuses), { numRuns: 2000, seed: 1 });
  const change = fc.record({ at: fc.nat(model.length - 1), value: fc.nat(255) });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const bytes = model.slice();
      for (const { at, value } of changes) bytes[at] = value;
      refuses(bytes);
    }),
    { numRuns: 3000, seed: 1 },
  );
});

const header = (pbf: PbfWriter, code = 1) => {
  pbf.writeVarintField(2, code);
  pbf.writeStringField(8, "c");
};

test.each<readonly [string, (pbf: PbfWriter) => void, RegExp]>([
  ["more values than it has", (pbf) => pbf.writePackedVarint(1, [2 ** 40, 2 ** 20]), /should have/],
  ["a negative extent", (pbf) => pbf.writeVarintField(1, -1), /negative extent/],
  ["dimensions without end", (pbf) => pbf.writePackedVarint(1, new Array(1000).fill(1)), /more than 16 dimensions/],
  ["data in another file that is not there", (pbf) => pbf.writeVarintField(14, 1), /another file.*onnx\.save/],
  ["too few numbers", (pbf) => [pbf.writeVarintField(1, 3), pbf.writePackedFloat(4, [1])], /should have 12 bytes/],
  [
    "too many numbers",
    (pbf) => [pbf.writeVarintField(1, 1), pbf.writePackedFloat(4, [1, 2, 3])],
    /should have 4 bytes/,
  ],
])("a constant with %s is refused", (_, write, message) => {
  expectRefusal(
    withConstant((pbf) => {
      header(pbf);
      write(pbf);
    }),
    message,
  );
});

test("text and numbers of less than 8 bits are refused", () => {
  for (const code of [8, 14, 22, 23, 99])
    expectRefusal(
      withConstant((pbf) => header(pbf, code)),
      /is of type/,
    );
});

/** A ModelProto of which the writer makes the graph. */
function withGraph(write: (graph: PbfWriter) => void, more: (pbf: PbfWriter) => void = () => {}): Uint8Array {
  const pbf = new PbfWriter();
  pbf.writeMessage(7, (_: undefined, graph: PbfWriter) => write(graph), undefined);
  pbf.writeMessage(8, (version: number, out: PbfWriter) => out.writeVarintField(2, version), 17);
  more(pbf);
  return pbf.finish();
}

const message = (number: number, write: (out: PbfWriter) => void) => (pbf: PbfWriter) =>
  pbf.writeMessage(number, (_: undefined, out: PbfWriter) => write(out), undefined);

test("graphs in nodes, functions, sparse tensors, old and unknown operator sets are refused by name", () => {
  const nested = message(1, (node) => {
    node.writeStringField(4, "If");
    message(5, (attribute) => {
      attribute.writeStringField(1, "then_branch");
      message(6, (graph) => graph.writeStringField(2, "inner"))(attribute);
    })(node);
  });
  expectRefusal(withGraph(nested), /\(If\) holds a graph of its own/);
  expectRefusal(
    withGraph(
      () => {},
      message(25, (out) => out.writeStringField(1, "f")),
    ),
    /functions of its own/,
  );
  expectRefusal(withGraph(message(15, () => {})), /sparse tensors/);
  for (const operatorSet of [8, 26, 1000])
    expectRefusal(encodeOnnx({ nodes: [], constants: [], inputs: [], outputs: [], operatorSet }), /operator set is/);
  expectRefusal(
    withGraph((graph) => {
      for (let i = 0; i < 16_385; i++) message(1, (node) => node.writeStringField(4, "Relu"))(graph);
    }),
    /more than 16384 nodes/,
  );
});

test("weights in another file are read within it, and only from beside the model", () => {
  const external = (location: string, offset: number) =>
    withConstant((pbf) => {
      pbf.writeVarintField(1, 2);
      header(pbf);
      for (const [key, value] of Object.entries({ location, offset: String(offset), length: "8" }))
        message(13, (entry) => {
          entry.writeStringField(1, key);
          entry.writeStringField(2, value);
        })(pbf);
      pbf.writeVarintField(14, 1);
    });
  const files = new Map([["m.onnx.data", new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer)]]);
  const bytes = external("m.onnx.data", 4);
  expect(externalFiles(bytes, "m.onnx")).toEqual(["m.onnx.data"]);
  expect([...numbersOf(readOnnx(bytes, "m.onnx", files).constants.get("c") ?? tensor)]).toEqual([2, 3]);
  expectRefusal(bytes, /kept in another file, m\.onnx\.data/);
  for (const offset of [12, -4, 2 ** 40])
    expect(() => readOnnx(external("m.onnx.data", offset), "m", files)).toThrow(/beyond the end/);
  for (const location of ["../secret", "/etc/passwd", "a/b", "", "..", "C:\\x"])
    expect(() => externalFiles(external(location, 0), "m.onnx")).toThrow(/a file beside it is read/);
});
