import { expect, test } from "vitest";
import { seededRandom } from "../../core/random.ts";
import { floatTensor, sizeOf } from "../../core/tensor.ts";
import { importDarknet } from "./import-darknet.ts";
import { madeUpParameters, readWeightsHeader } from "./weights.ts";
import { expectWritable, writeWeights } from "./write-weights.ts";

const cfg = `[net]
width=16
height=8
channels=3
[convolutional]
batch_normalize=1
filters=4
size=3
pad=1
activation=leaky
[convolutional]
batch_normalize=1
filters=4
groups=2
size=3
pad=1
activation=linear
[shortcut]
from=-2
activation=leaky
[convolutional]
filters=14
size=1
activation=linear
[region]
anchors=1,1,2,2
classes=2
num=2
softmax=1
`;

test("weights written are weights read", () => {
  const random = seededRandom(4);
  const parameters = madeUpParameters((shape) =>
    floatTensor(shape, Float32Array.from({ length: sizeOf(shape) }, random)),
  );
  const graph = importDarknet({ cfg, parameters });
  const bytes = writeWeights(graph, 6_000_000_000);
  expect(readWeightsHeader(bytes, "made.weights")).toEqual({ version: "0.2.5", seen: 6_000_000_000n, bytes: 20 });
  expect(importDarknet({ cfg, weights: bytes }).layers).toEqual(graph.layers);
});

test("a network without batch norm or bias is refused", () => {
  const graph = importDarknet({ cfg });
  const layers = graph.layers.filter(({ kind }) => kind !== "batchNorm");
  expect(() => writeWeights({ ...graph, layers })).toThrow("conv0 has neither bias nor batch norm");
});

test.each([
  [
    "[connected] with batch norm",
    "[connected]\noutput=4\nbatch_normalize=1\n",
    /layer 3 \[connected\] cannot be trained/,
  ],
  ["[batchnorm] by itself", "[batchnorm]\n", /layer 3 \[batchnorm\] cannot be trained/],
  [
    "[deconvolutional]",
    "[deconvolutional]\nfilters=4\nsize=2\nstride=2\n",
    /layer 3 \[deconvolutional\] cannot be trained/,
  ],
  ["[crop]", "[crop]\ncrop_width=4\ncrop_height=4\n", /cannot be trained/],
])("what could not be written is refused before it is trained: %s", (_name, section, message) => {
  expectWritable({ cfg });
  const before = cfg.indexOf("[convolutional]\nfilters=14");
  expect(() => expectWritable({ cfg: cfg.slice(0, before) + section + cfg.slice(before) })).toThrow(message);
});
