/** Files that are broken or made to do harm: one line each, before anything large is made. */
import { expect, test } from "vitest";
import { SpikingYoloError } from "../../core/errors.ts";
import { seededRandom } from "../../core/random.ts";
import { encodeOnnx, type OnnxNode } from "../../onnx/onnx.ts";
import { float32Tensor, int64Tensor, type OnnxTensor } from "../../onnx/tensors.ts";
import { importOnnx } from "./import-onnx.ts";

const weights = [
  float32Tensor("w", [4, 3, 3, 3], new Float32Array(108).fill(0.1)),
  float32Tensor("last", [6, 4, 1, 1], new Float32Array(24).fill(0.1)),
];
const conv: OnnxNode = { op: "Conv", inputs: ["picture", "w"], outputs: ["x"] };

/** Nodes between a first convolution, which makes x, and a last one, which reads `to`. */
function network(nodes: readonly OnnxNode[], constants: readonly OnnxTensor[] = [], to = "y"): Uint8Array {
  return encodeOnnx({
    nodes: [conv, ...nodes, { op: "Conv", inputs: [to, "last"], outputs: ["out"] }],
    constants: [...weights, ...constants],
    inputs: [{ name: "picture", shape: [1, 3, 16, 16] }],
    outputs: [{ name: "out" }],
  });
}

const heads = [{ kind: "region", classes: 1, anchors: [1, 1], softmax: false }] as const;
const huge = int64Tensor("huge", [4], [1, 4, 2 ** 20, 2 ** 20]);
const node = (op: string, inputs: readonly string[], attributes: OnnxNode["attributes"] = {}): OnnxNode => ({
  op,
  inputs,
  outputs: ["y"],
  attributes,
});

const files: Readonly<Record<string, readonly [Uint8Array, RegExp]>> = {
  "a node that feeds itself": [network([node("Relu", ["y"])]), /Relu y feeds itself/],
  "nodes that feed each other": [
    network([node("Relu", ["z"]), { op: "Relu", inputs: ["y"], outputs: ["z"] }]),
    /Relu y feeds itself/,
  ],
  "a value that nothing makes": [network([node("Relu", ["nothing"])]), /reads nothing, which nothing makes/],
  "two values of one name": [network([node("Relu", ["x"]), node("Relu", ["x"])]), /two values are named y/],
  "an operator of another domain": [
    network([{ ...node("Anything", ["x"]), domain: "com.example" }]),
    /Anything y: this operator of domain com\.example is not supported/,
  ],
  "an operator that does not exist": [network([node("Anything", ["x"])]), /this operator is not supported/],
  "constants without end": [
    network([{ op: "ConstantOfShape", inputs: ["huge"], outputs: ["c"] }, node("Add", ["x", "c"])], [huge]),
    /ConstantOfShape c: its output would be \[1, 4, 1048576, 1048576\]/,
  ],
  "values that are spread out": [network([node("Expand", ["x", "huge"])], [huge]), /Expand y: /],
  "values that are repeated": [network([node("Tile", ["x", "huge"])], [huge]), /Tile y: its output would be/],
  "a range without end": [
    network(
      [{ op: "Range", inputs: ["zero", "end", "one"], outputs: ["c"] }, node("Add", ["x", "c"])],
      [int64Tensor("zero", [], [0]), int64Tensor("end", [], [2 ** 50]), int64Tensor("one", [], [1])],
    ),
    /Range c: its output would be/,
  ],
  "an enlargement beyond bounds": [
    network([node("Resize", ["x", "", "s"], { mode: "nearest" })], [float32Tensor("s", [4], [1, 1, 1e6, 1e6])]),
    /Resize y: its output would be/,
  ],
  "padding beyond bounds": [
    network([node("Pad", ["x", "p"])], [int64Tensor("p", [8], [0, 0, 2 ** 30, 0, 0, 0, 2 ** 30, 0])]),
    /Pad y: its output would be/,
  ],
  "products that grow": [
    network(
      [
        { op: "Reshape", inputs: ["x", "r"], outputs: ["column"] },
        { op: "Tile", inputs: ["column", "times"], outputs: ["long"] },
        { op: "Transpose", inputs: ["long"], outputs: ["row"], attributes: { perm: [1, 0] } },
        node("MatMul", ["long", "row"]),
      ],
      [int64Tensor("r", [2], [-1, 1]), int64Tensor("times", [2], [1000, 1])],
    ),
    /MatMul y: its output would be/,
  ],
  "strides of 0": [
    network([node("MaxPool", ["x"], { kernel_shape: [2, 2], strides: [0, 1] })]),
    /MaxPool y: its window has extents that are none/,
  ],
  "groups that do not divide": [
    network([node("Conv", ["x", "g"], { group: 3 })], [float32Tensor("g", [3, 1, 1, 1], [1, 1, 1])]),
    /its multiply-accumulates are in layers|no convolution's map|reads 3 channels of 4/,
  ],
  "weights of a wrong rank": [network([node("Conv", ["x", "g"])], [float32Tensor("g", [4], [1, 1, 1, 1])]), /Conv/],
  "an axis that is none": [network([node("Concat", ["x", "x"], { axis: 9 })]), /axis 9 is none of 4/],
  "weights that are not finite": [
    network([node("Conv", ["x", "g"])], [float32Tensor("g", [4, 4, 1, 1], new Float32Array(16).fill(Number.NaN))]),
    /finite|NaN/,
  ],
  "a picture that is not read": [
    encodeOnnx({
      nodes: [{ op: "Identity", inputs: ["w"], outputs: ["out"] }],
      constants: weights,
      inputs: [{ name: "picture", shape: [1, 3, 16, 16] }],
      outputs: [{ name: "out" }],
    }),
    /no convolution's map|depends on the picture/,
  ],
  "several inputs": [
    encodeOnnx({
      nodes: [conv],
      constants: weights,
      inputs: ["picture", "im_shape"].map((name) => ({ name, shape: [1, 3, 16, 16] })),
      outputs: [{ name: "x" }],
    }),
    /has 2 inputs \(picture, im_shape\)/,
  ],
  "a batch of several pictures": [
    encodeOnnx({
      nodes: [conv],
      constants: weights,
      inputs: [{ name: "picture", shape: [8, 3, 16, 16] }],
      outputs: [{ name: "x" }],
    }),
    /8 pictures at once/,
  ],
  "bytes as its input": [
    encodeOnnx({
      nodes: [conv],
      constants: weights,
      inputs: [{ name: "picture", shape: [1, 3, 16, 16], dtype: "uint8" }],
      outputs: [{ name: "x" }],
    }),
    /its input is uint8/,
  ],
};

test.each(Object.entries(files))("%s", async (_, [bytes, message]) => {
  const error = await importOnnx(bytes, { fileName: "bad.onnx", heads }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(SpikingYoloError);
  expect((error as Error).message).toMatch(message);
  expect((error as Error).message).not.toContain("\n");
});

test("what is something else is named, with the way to an ONNX file", async () => {
  const begins = (text: string) => Uint8Array.from(text.padEnd(64, "\0"), (letter) => letter.charCodeAt(0));
  const cases = [
    ["PK\x03\x04", /a zip archive.*yolo export/],
    ["\x80\x02", /a Python pickle.*yolo export/],
    ["\x89HDF\r\n", /HDF5.*tf2onnx/],
    ["\x1c\0\0\0TFL3", /TensorFlow Lite.*tf2onnx/],
    ["version https://git-lfs.github.com/spec/v1", /git lfs pull/],
    ["<!DOCTYPE html>", /a web page/],
  ] as const;
  for (const [text, message] of cases)
    await expect(importOnnx(begins(text), { fileName: "m.onnx" })).rejects.toThrow(message);
});

test("channels that double without end are refused before they are made", async () => {
  const doubling = Array.from({ length: 24 }, (_, i): OnnxNode => {
    const from = i === 0 ? "x" : `d${i - 1}`;
    return { op: "Concat", inputs: [from, from], outputs: [i === 23 ? "y" : `d${i}`], attributes: { axis: 1 } };
  });
  await expect(importOnnx(network(doubling), { heads })).rejects.toThrow(SpikingYoloError);
});

test("layers without end are refused", async () => {
  const chain = Array.from({ length: 5000 }, (_, i): OnnxNode => {
    return { op: "Relu", inputs: [i === 0 ? "x" : `r${i - 1}`], outputs: [i === 4999 ? "y" : `r${i}`] };
  });
  await expect(importOnnx(network(chain), { heads })).rejects.toThrow(/more than 4096 layers/);
});

test("constants that take for ever to compute are refused", async () => {
  const chain = Array.from({ length: 5000 }, (_, i): OnnxNode => {
    return { op: "Neg", inputs: [i === 0 ? "one" : `n${i - 1}`], outputs: [`n${i}`] };
  });
  const file = network([...chain, node("Add", ["x", "n4999"])], [float32Tensor("one", [], [1])]);
  await expect(importOnnx(file, { heads })).rejects.toThrow(/more than 4096 constants would have to be computed/);
}, 60_000);

test("any byte may be wrong: an import ends in a graph or in one line", async () => {
  const good = network([node("Relu", ["x"])]);
  const random = seededRandom(1);
  await expect(importOnnx(good, { heads })).resolves.toBeDefined();
  for (let i = 0; i < 600; i++) {
    const bytes = good.slice();
    for (let change = 0; change < 3; change++) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    try {
      await importOnnx(bytes, { heads });
    } catch (error) {
      if (!(error instanceof SpikingYoloError)) throw error;
      expect(error.message).not.toContain("\n");
    }
  }
});
