import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { darknetCfg } from "../../test/darknet-cfg.ts";
import { dataPath, describeWithData } from "../../test/data.ts";
import { convolution, graphOf, randomPicture } from "../../test/graphs.ts";
import { Draft, heads, network as onnxNetwork } from "../../test/onnx-draft.ts";
import { withStatistics } from "../../test/with-statistics.ts";
import { foldBatchNorm } from "../convert/fold-batch-norm.ts";
import { seededRandom } from "../core/random.ts";
import { floatTensor } from "../core/tensor.ts";
import { openDnn } from "../dnn/dnn-session.ts";
import { type Graph, headsOf, inputOf } from "../graph/graph.ts";
import type { Layer } from "../graph/layers.ts";
import { importDarknet } from "../importers/darknet/import-darknet.ts";
import { importOnnx } from "../importers/onnx/import-onnx.ts";
import { exportDarknet } from "./darknet.ts";

/** What is read from the files that a graph is written to. */
function again(graph: Graph): Graph {
  const { bytes, beside } = exportDarknet(graph);
  return importDarknet({
    cfg: new TextDecoder().decode(bytes),
    weights: beside?.bytes as Uint8Array,
    classNames: graph.classNames,
  });
}

/** All that heads read, on one picture, in ONNX Runtime. */
async function maps(graph: Graph): Promise<readonly Float32Array[]> {
  const names = headsOf(graph).flatMap(({ inputs }) => inputs);
  const session = await openDnn(graph, { outputs: [...new Set(names)] });
  const values = await session.run(randomPicture(inputOf(graph).shape, 3));
  await session.dispose();
  return names.map((name) => values.get(name)?.data as Float32Array);
}

/** A head without its names. */
function plain({ name: _, inputs: __, ...head }: Layer): unknown {
  return head;
}

/** Sums of float32 in another order, or a variance with another ε, differ by this part of the greatest value. */
const tolerance = 2e-5;

async function expectSame(found: Graph, expected: Graph): Promise<void> {
  expect(headsOf(found).map(plain)).toEqual(headsOf(expected).map(plain));
  const [a, b] = [await maps(found), await maps(expected)];
  for (const [i, values] of b.entries()) {
    expect(a[i].length).toBe(values.length);
    const greatest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
    expect(a[i].reduce((most, value, j) => Math.max(most, Math.abs(value - values[j])), 0)).toBeLessThan(
      tolerance * greatest,
    );
  }
}

const net = "net width=32 height=24 channels=3";
const first = "convolutional batch_normalize=1 filters=8 size=3 stride=1 pad=1 activation=leaky";
const map = "convolutional filters=14 size=1 activation=linear";
const head = "region anchors=1,1.5,2,2.5 classes=2 num=2 softmax=1";
const yolo = "yolo anchors=8,9,16,20 classes=2 num=2 mask=0,1 scale_x_y=1.05";

/** Written by hand as people write them: so what is read of them first is the oracle. */
const cfgs: Readonly<Record<string, readonly string[]>> = {
  "convolutions, strides, groups, dilation, pools": [
    first,
    "maxpool size=2 stride=2",
    "convolutional filters=8 size=3 stride=2 pad=1 groups=4 activation=relu6",
    "maxpool size=3 stride=1",
    "convolutional filters=6 size=3 pad=1 dilation=2 activation=mish",
    "convolutional filters=6 size=3 padding=0 stride_x=2 stride_y=1 activation=swish",
  ],
  "routes, groups of channels, enlargement": [
    first,
    "route layers=-1 groups=2 group_id=1",
    "maxpool size=2 stride=2",
    "convolutional filters=5 size=3 pad=1 activation=leaky",
    "upsample stride=2",
    "route layers=-1,0",
  ],
  "sums of two and of three": [
    first,
    "convolutional batch_normalize=1 filters=8 size=3 pad=1 activation=linear",
    "shortcut from=-2 activation=leaky",
    "convolutional filters=8 size=3 pad=1 activation=linear",
    "shortcut from=-2,0 activation=linear",
  ],
  "products of two maps, and by one value a channel": [
    first,
    "convolutional filters=8 size=1 activation=logistic",
    "sam from=-2 activation=leaky",
    "avgpool",
    "convolutional filters=8 size=1 activation=logistic",
    "scale_channels from=2 activation=linear",
  ],
  "squares that become channels, and channels that become squares": [
    first,
    "reorg stride=2",
    "reorg stride=2 reverse=1",
    "convolutional filters=8 size=1 activation=leaky",
    "reorg3d stride=4",
  ],
  "what reads a convolution twice": [
    "convolutional filters=8 size=3 pad=1 activation=linear",
    "activation activation=leaky",
    "route layers=0,1",
    "batchnorm",
    "local_avgpool size=2 stride=2",
  ],
};

describe("cfg → graph → cfg and weights → graph", () => {
  test.each(Object.entries(cfgs))("%s: the same maps, and the same files once more", async (_, sections) => {
    for (const end of [head, yolo]) {
      const graph = withStatistics(importDarknet({ cfg: darknetCfg(net, ...sections, map, end) }), 5);
      for (const dnn of [graph, foldBatchNorm(graph)]) {
        const written = again(dnn);
        await expectSame(written, dnn);
        expect(exportDarknet(written)).toEqual(exportDarknet(dnn));
      }
    }
  });

  test("two heads, squared sizes, letterbox", async () => {
    const cfg = darknetCfg(
      `${net} letter_box=1`,
      first,
      map.replace("linear", "logistic"),
      `${yolo} new_coords=1`,
      "route layers=-3",
      "maxpool size=2 stride=2",
      map.replace("14", "22"),
      `G${yolo.replace("yolo", "aussian_yolo")}`,
    );
    const graph = withStatistics(importDarknet({ cfg }), 2);
    expect(headsOf(graph).map(({ kind }) => kind)).toEqual(["yolo", "gaussianYolo"]);
    const written = again(graph);
    await expectSame(written, graph);
    expect(written.preprocessing).toEqual(graph.preprocessing);
    expect(headsOf(written)[0]).toMatchObject({ sizes: "squared", scaleXY: 1.05 });
  });
});

test("what another program calls ε is moved into the variance", async () => {
  const graph = withStatistics(importDarknet({ cfg: darknetCfg(net, first, map, head) }, { epsilon: 1e-3 }), 5);
  await expectSame(again(graph), graph);
  const layers = graph.layers.map((layer) =>
    layer.kind === "batchNorm" ? { ...layer, epsilon: 1e-7, variance: floatTensor([8]) } : layer,
  );
  expect(() => exportDarknet({ ...graph, layers })).toThrow(/norm0 adds 1e-7 to variances/);
});

test("names, and a picture that darknet would make otherwise, are listed as not in the files", () => {
  const graph = importDarknet({ cfg: darknetCfg(net, first, map, head), classNames: ["cat", "dog"] });
  const lines = (dnn: Graph) => exportDarknet(dnn).notPortable.join("\n");
  expect(lines(graph)).toContain("cat, dog");
  expect(lines(graph)).not.toContain("the picture");
  expect(lines({ ...graph, preprocessing: { fit: "corner", filter: "linear", order: "bgr" } })).toContain("32x24, bgr");
});

const random = seededRandom(3);
const input: Layer = { kind: "input", name: "input", inputs: [], shape: [3, 8, 8] };
const conv = (options: Parameters<typeof convolution>[4], kernel: readonly [number, number] = [3, 3]) =>
  convolution("conv", "input", [14, 3, ...kernel], random, options);
const region = (reads: string): Layer => ({ ...regionHead, name: "head", inputs: [reads] });
const regionHead = { kind: "region", classes: 2, anchors: [1, 1, 2, 2], softmax: true } as const;

test.each<[string, readonly Layer[], RegExp]>([
  ["a kernel that is no square", [conv({ pads: [0, 1, 0, 1] }, [1, 3])], /conv has a kernel of 3×1/],
  ["more zeros on one side", [conv({ pads: [0, 0, 1, 1] })], /conv has 0, 0, 1, 1 zeros/],
  ["dilated without zeros", [conv({ dilations: [2, 2], padding: 0 })], /conv is dilated with 0 zeros/],
  [
    "a slope that darknet has not",
    [conv({}), { kind: "activation", name: "act", inputs: ["conv"], activation: { fn: "leaky", slope: 0.2 } }],
    /act computes .*0\.2/,
  ],
  [
    "channels that are no equal part",
    [conv({}), { kind: "slice", name: "part", inputs: ["conv"], start: 3, count: 7 }],
    /part takes 7 of 14 channels from 3 on/,
  ],
  [
    "the picture beside a map",
    [conv({}), { kind: "concat", name: "both", inputs: ["conv", "input"] }],
    /both reads the picture beside others/,
  ],
  [
    "zeros that a mean counts",
    [
      conv({}),
      {
        kind: "averagePool",
        name: "mean",
        inputs: ["conv"],
        size: [3, 3],
        strides: [1, 1],
        pads: [1, 1, 1, 1],
        countsPads: true,
      },
    ],
    /mean counts cells/,
  ],
])("refused by name: %s", (_, layers, message) => {
  const last = layers[layers.length - 1];
  const channels = { part: 7, both: 17 }[last.name] ?? 14;
  const end = convolution("map", last.name, [14, channels, 1], random);
  expect(() => exportDarknet(graphOf([input, ...layers, end, region("map")]))).toThrowError(
    expect.objectContaining({ code: "E_NOT_PORTABLE", message: expect.stringMatching(message) }),
  );
});

test("windows of any convolution and pool: written and read they are the same, or refused", () => {
  const small = fc.integer({ min: 0, max: 2 });
  const positive = fc.integer({ min: 1, max: 3 });
  let written = 0;
  fc.assert(
    fc.property(
      positive,
      positive,
      fc.tuple(small, small, small, small),
      positive,
      fc.tuple(positive, positive),
      (size, dilation, pads, stride, pool) => {
        const padded = size + dilation < 4 ? ([pads[0], pads[0], pads[0], pads[0]] as const) : pads;
        const first = conv({ dilations: [dilation, dilation], pads: padded, strides: [stride, 1] }, [size, size]);
        const window = {
          size: [pool[0], pool[0]],
          strides: [1, pool[1]],
          pads: [0, 0, pads[3] % 2, pads[3] % 2],
        } as const;
        const layers: readonly Layer[] = [input, first, { kind: "maxPool", name: "pool", inputs: ["conv"], ...window }];
        let read: Graph;
        try {
          read = again(graphOf([...layers, convolution("map", "pool", [14, 14, 1], random), region("map")]));
        } catch (error) {
          expect((error as { code: string }).code).toMatch(/E_NOT_PORTABLE|E_SHAPE/);
          return;
        }
        written++;
        const { dilations, ...rest } = read.layers[1] as typeof first;
        expect(rest).toMatchObject({
          weights: first.weights,
          bias: first.bias,
          strides: first.strides,
          pads: first.pads,
        });
        if (size > 1) expect(dilations).toEqual(first.dilations);
        expect(read.layers[2]).toMatchObject(window);
      },
    ),
    { numRuns: 200, seed: 7 },
  );
  expect(written).toBeGreaterThan(20);
});

test("an island is refused by name", async () => {
  const draft = new Draft(seededRandom(1));
  const bytes = onnxNetwork(draft, {
    make: (d, x) => d.op("Mul", [d.op("Relu", [x]), d.op("Relu", [d.op("Neg", [x])])]),
  });
  const graph = await importOnnx(bytes, { heads });
  expect(() => exportDarknet(graph)).toThrow(/is an island, kept as ONNX operators \(Neg, Relu\)/);
});

describeWithData("networks of others", () => {
  test.each([
    "yolo-lite/tiny-yolov2-trial3",
    "yolo-fastest/yolo-fastest-1.1",
    "mobilenet-yolo/MobileNetV2-YOLO-Fastest-voc",
  ])("%s, written and read, gives the same maps, with and without its normalization", async (name) => {
    const graph = importDarknet({
      cfg: await readFile(dataPath(`models/${name}.cfg`), "utf8"),
      weights: await readFile(dataPath(`models/${name}.weights`)),
    });
    for (const dnn of [graph, foldBatchNorm(graph)]) await expectSame(again(dnn), dnn);
  });
});
