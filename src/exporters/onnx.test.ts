import { readFile } from "node:fs/promises";
import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { darknetCfg } from "../../test/darknet-cfg.ts";
import { dataPath, describeWithData } from "../../test/data.ts";
import { branchingNetwork, randomPicture } from "../../test/graphs.ts";
import { type Case, Draft, heads, network } from "../../test/onnx-draft.ts";
import { withStatistics } from "../../test/with-statistics.ts";
import { foldBatchNorm } from "../convert/fold-batch-norm.ts";
import { seededRandom } from "../core/random.ts";
import { type FloatTensor, floatTensor } from "../core/tensor.ts";
import { headsOf, inputOf } from "../graph/graph.ts";
import { importDarknet } from "../importers/darknet/import-darknet.ts";
import { importOnnx } from "../importers/onnx/import-onnx.ts";
import { readOnnx } from "../onnx/read-onnx.ts";
import { exportOnnx } from "./onnx.ts";

/** All outputs of a file, as ONNX Runtime computes them. */
async function runFile(bytes: Uint8Array, image: FloatTensor): Promise<readonly Float32Array[]> {
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 });
  const feed = new ort.Tensor("float32", image.data as Float32Array<ArrayBuffer>, [1, ...image.shape]);
  const results = await session.run({ [session.inputNames[0]]: feed });
  const values = session.outputNames.map((name) => results[name].data as Float32Array);
  await session.release();
  return values;
}

/** Sums of float32 in another order differ by this part of the greatest value. */
const tolerance = 2e-5;

function expectSame(found: readonly Float32Array[], expected: readonly Float32Array[]): void {
  expect(found.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
  for (const [i, values] of expected.entries()) {
    const greatest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
    const worst = values.reduce((most, value, j) => Math.max(most, Math.abs(found[i][j] - value)), 0);
    expect(worst).toBeLessThan(tolerance * greatest);
  }
}

/** Networks that were written by hand, not by the exporter: so their own values are the oracle. */
const cases: Readonly<Record<string, Case>> = {
  "LeakyReLU, max-pool, strides": {
    make: (draft, x) => {
      const pool = draft.op("MaxPool", [draft.op("LeakyRelu", [x], { alpha: 0.1 })], {
        kernel_shape: [2, 2],
        strides: [2, 2],
        pads: draft.pads(),
      });
      return { value: draft.mix(pool, draft.channels, 5), channels: 5 };
    },
  },
  "SiLU and a residual sum": {
    make: (draft, x) => {
      const silu = draft.op("Mul", [x, draft.op("Sigmoid", [x])]);
      return draft.op("Add", [silu, draft.mix(silu, draft.channels, draft.channels)]);
    },
  },
  "split and concatenation": {
    make: (draft, x) => {
      const relu = draft.op("Relu", [x]);
      const half = draft.op("Slice", [relu, draft.whole(0), draft.whole(draft.channels / 2), draft.whole(1)]);
      return { value: draft.op("Concat", [half, relu], { axis: 1 }), channels: 1.5 * draft.channels };
    },
  },
};

describe("ONNX file → graph → ONNX file", () => {
  test.each(Object.entries(cases))("%s: ONNX Runtime gives the same", async (_, each) => {
    for (let seed = 1; seed <= 4; seed++) {
      const draft = new Draft(seededRandom(seed));
      const original = network(draft, each);
      const { bytes } = exportOnnx(await importOnnx(original, { heads }));
      const image = floatTensor([3, draft.height, draft.width], draft.numbers(3 * draft.height * draft.width, 0, 1));
      const expected = await runFile(original, image);
      expectSame(await runFile(bytes, image), expected);
      const again = exportOnnx(await importOnnx(bytes, { heads }));
      expectSame(await runFile(again.bytes, image), expected);
    }
  });
});

const cfg = darknetCfg(
  "net width=32 height=32 channels=3",
  "convolutional batch_normalize=1 filters=8 size=3 stride=1 pad=1 activation=leaky",
  "maxpool size=2 stride=2",
  "convolutional filters=14 size=1 activation=linear",
  "region anchors=1,1.5,2,2.5 classes=2 num=2 softmax=1",
);

test("a detector with batch normalization and its folded twin give the same; the file keeps names, size and head", async () => {
  const classNames = ["it's", 'a "dog"'];
  const graph = { ...withStatistics(importDarknet({ cfg }), 5), classNames };
  const image = randomPicture(inputOf(graph).shape, 1);
  const { bytes, notPortable } = exportOnnx(graph);
  const folded = exportOnnx(foldBatchNorm(graph)).bytes;
  expectSame(await runFile(folded, image), await runFile(bytes, image));

  const { metadata } = readOnnx(bytes, "exported.onnx");
  expect(metadata.get("names")).toBe('{0: "it\'s", 1: "a \\"dog\\""}');
  expect(metadata.get("imgsz")).toBe("[32, 32]");
  const [head] = headsOf(graph);
  const [kept] = JSON.parse(metadata.get("heads") as string);
  expect(kept).toEqual({ kind: "region", inputs: head.inputs, classes: 2, anchors: [1, 1.5, 2, 2.5], softmax: true });
  const again = await importOnnx(bytes, {
    heads: [{ kind: "region", classes: 2, anchors: [1, 1.5, 2, 2.5], softmax: true }],
  });
  expect(again.classNames).toEqual(classNames);
  expect(notPortable.join("\n")).toContain(`boxes have to be decoded from output ${head.inputs[0]}`);
});

test("several heads: an output for each", async () => {
  const graph = branchingNetwork(2);
  const outputs = new Set(headsOf(graph).flatMap(({ inputs }) => inputs));
  const values = await runFile(exportOnnx(graph).bytes, randomPicture(inputOf(graph).shape, 1));
  expect(values.length).toBe(outputs.size);
});

test("an island is refused by name", async () => {
  const draft = new Draft(seededRandom(1));
  const bytes = network(draft, { make: (d, x) => d.op("Mul", [d.op("Relu", [x]), d.op("Relu", [d.op("Neg", [x])])]) });
  const graph = await importOnnx(bytes, { heads });
  const island = graph.layers.find(({ kind }) => kind === "island");
  expect(() => exportOnnx(graph)).toThrowError(
    expect.objectContaining({
      code: "E_NOT_PORTABLE",
      message: expect.stringContaining(`${island?.name} is an island`),
    }),
  );
});

describeWithData("a network in two formats", () => {
  test("trial3's darknet files, exported, give what its ONNX file from another converter gives", async () => {
    const folder = dataPath("models/yolo-lite");
    const graph = importDarknet({
      cfg: await readFile(`${folder}/tiny-yolov2-trial3.cfg`, "utf8"),
      weights: await readFile(`${folder}/tiny-yolov2-trial3.weights`),
    });
    const image = randomPicture(inputOf(graph).shape, 3);
    const expected = await runFile(await readFile(dataPath("models/onnx/tiny-yolov2-trial3.onnx")), image);
    for (const dnn of [graph, foldBatchNorm(graph)]) expectSame(await runFile(exportOnnx(dnn).bytes, image), expected);
  });
});
