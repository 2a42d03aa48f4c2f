import * as ort from "onnxruntime-node";
import { expect, test } from "vitest";
import { encodeOnnx } from "./onnx.ts";

test("ONNX Runtime runs an encoded model: attributes of every kind, constants, symbolic shapes", async () => {
  const bytes = encodeOnnx({
    inputs: [{ name: "x", shape: ["n", 1, 3, 3] }],
    outputs: [{ name: "y", shape: ["n", 1, 3, 4] }],
    constants: [
      { name: "w", shape: [1, 1, 2, 2], data: [1, 0, 0, 2] },
      { name: "starts", shape: [1], data: [-3], dtype: "int64" },
      { name: "ends", shape: [1], data: [4], dtype: "int64" },
      { name: "axes", shape: [1], data: [2], dtype: "int64" },
    ],
    nodes: [
      {
        op: "Conv",
        inputs: ["x", "w"],
        outputs: ["c"],
        attributes: { kernel_shape: [2, 2], pads: [1, 1, 1, 1], group: 1 },
      },
      { op: "Slice", inputs: ["c", "starts", "ends", "axes"], outputs: ["s"] },
      { op: "LeakyRelu", inputs: ["s"], outputs: ["y"], attributes: { alpha: 0.5 } },
    ],
  });
  const session = await ort.InferenceSession.create(bytes);
  const x = new ort.Tensor("float32", Float32Array.from([1, 2, 3, 4, -5, 6, 7, 8, 9]), [1, 1, 3, 3]);
  const { y } = await session.run({ x });
  // By hand: c[i][j] = x[i-1][j-1] + 2·x[i][j], zeros outside; its last three rows, halved where negative.
  expect(Array.from(y.data as Float32Array)).toEqual([8, -4.5, 14, 3, 14, 20, 13, 6, 0, 7, 8, 9]);
});
