import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { dataPath, describeWithData } from "../../../test/data.ts";
import { inferShapes, layerMacs, layerParameters } from "../../graph/graph.ts";
import { importDarknet } from "./import-darknet.ts";
import { readWeightsHeader } from "./weights.ts";

const net = "[net]\nwidth=8\nheight=8\nchannels=3\n";
const conv = "[convolutional]\nfilters=7\nsize=3\nstride=1\npad=1\nactivation=leaky\n";
const head = "[region]\nanchors=1,1\nclasses=2\nnum=1\nsoftmax=1\n";

function totals(cfg: string) {
  const graph = importDarknet({ cfg });
  const shapes = inferShapes(graph);
  const sum = (of: (layer: (typeof graph.layers)[number]) => number) =>
    graph.layers.reduce((total, layer) => total + of(layer), 0);
  return { graph, parameters: sum(layerParameters), macs: sum((layer) => layerMacs(layer, shapes.get(layer.name)!)) };
}

test("a small network: layers, shapes and counts by hand", () => {
  const { graph, parameters, macs } = totals(
    `${net}${conv}[maxpool]\nsize=2\nstride=2\n[route]\nlayers=-1,1\n[convolutional]\nfilters=7\nactivation=linear\n${head}`,
  );
  expect(graph.layers.map(({ name }) => name)).toEqual([
    "input",
    "conv0",
    "leaky0",
    "pool1",
    "concat2",
    "conv3",
    "region4",
  ]);
  expect(parameters).toBe(7 * 27 + 7 + 14 * 7 + 7);
  expect(macs).toBe(7 * 27 * 64 + 14 * 7 * 16);
});

test("weights are read in darknet's order", () => {
  const cfg = `${net}[convolutional]\nfilters=7\nbatch_normalize=1\nactivation=linear\n${head}`;
  const values = Float32Array.from({ length: 4 * 7 + 21 }, (_, i) => i + 1);
  const weights = new Uint8Array(20 + values.byteLength);
  new Int32Array(weights.buffer, 0, 3).set([0, 2, 5]);
  weights.set(new Uint8Array(values.buffer), 20);
  const [, convolution, norm] = importDarknet({ cfg, weights }).layers;
  expect(convolution).toMatchObject({ weights: { data: values.subarray(28) } });
  expect(norm).toMatchObject({ bias: { data: values.subarray(0, 7) }, scale: { data: values.subarray(7, 14) } });
  expect(norm).toMatchObject({ mean: { data: values.subarray(14, 21) }, variance: { data: values.subarray(21, 28) } });
  const fails = (bytes: Uint8Array) => () => importDarknet({ cfg, weights: bytes });
  expect(fails(weights.subarray(0, -4))).toThrow(/E_WEIGHTS_SHORT|ends early/);
  expect(fails(new Uint8Array([...weights, 0, 0, 0, 0]))).toThrow(/4 bytes more/);
  expect(fails(new Uint8Array(3))).toThrow(/no darknet weights file/);
  const nan = weights.slice();
  new Float32Array(nan.buffer, 20)[30] = Number.NaN;
  expect(fails(nan)).toThrow(/not finite/);
});

test.each([
  ["no net", conv, /must begin with \[net\]/],
  ["unknown section", `${net}[lstm]\n${head}`, /line 5 \[lstm\]: this section is not supported/],
  ["bad number", `${net}${conv.replace("filters=7", "filters=seven")}${head}`, /filters=seven is not a number/],
  ["unknown activation", `${net}${conv.replace("leaky", "toString")}${head}`, /activation=toString is not supported/],
  [
    "a section of a prototype's name",
    `${net}[__proto__]\n${head}`,
    /line 5 \[__proto__\]: this section is not supported/,
  ],
  ["another", `${net}[constructor]\n${head}`, /\[constructor\]: this section is not supported/],
  [
    "an activation of another formula",
    `${net}${conv.replace("leaky", "gelu")}${head}`,
    /activation=gelu is not supported/,
  ],
  ["route to nowhere", `${net}[route]\nlayers=-3\n${head}`, /no layer -3 before it/],
  ["route forwards", `${net}${conv}[route]\nlayers=4\n${head}`, /no layer 4 before it/],
  [
    "absurd width",
    `${net.replace("width=8", "width=1000000000")}${conv}${head}`,
    /width=1000000000 must be an integer from 1/,
  ],
  ["absurd area", `${net.replaceAll("=8", "=65536")}${conv}${head}`, /at most 536870912 values/],
  [
    "absurd filters",
    `${net}${conv.replace("filters=7", "filters=65536")}${conv.replace("filters=7", "filters=65536")}${head}`,
    /parameters; at most/,
  ],
  ["head does not fit", `${net}${conv.replace("filters=7", "filters=8")}${head}`, /need 7/],
  ["no head", `${net}${conv}`, /detects nothing/],
  [
    "anchors over two lines",
    `${net}${conv}[region]\nanchors=1,\n1\nclasses=2\n`,
    /found "1"; a list must stand on one line/,
  ],
  ["another suppression", `${net}${conv}[yolo]\nanchors=1,1\nclasses=2\nnms_kind=diounms\n`, /nms_kind=diounms is not/],
  [
    "new_coords without logistic",
    `${net}${conv}[yolo]\nanchors=1,1\nclasses=2\nnew_coords=1\n`,
    /needs activation=logistic/,
  ],
  ["maps of two sizes", `${net}${conv}[maxpool]\nsize=2\nstride=2\n[shortcut]\nfrom=-2\n${head}`, /layer -2 is of 8×8/],
  ["weighted sums", `${net}${conv}${conv}[shortcut]\nfrom=-2\nweights_type=per_feature\n${head}`, /weights_type/],
  ["anchors missing", `${net}${conv}[region]\nclasses=2\nnum=1\n`, /anchors must be 2 positive numbers/],
  ["garbage line", `${net}${conv}what is this\n${head}`, /expected \[section\] or key=value/],
  ["an option that would change the result", `${net}${conv}xnor=1\n${head}`, /xnor is not supported/],
  ["groups that do not divide", `${net}${conv}groups=2\n${head}`, /groups=2/],
])("refused with a reason: %s", (_name, cfg, message) => {
  expect(() => importDarknet({ cfg })).toThrow(message);
});

describeWithData("darknet's own files", () => {
  const read = (path: string) => readFileSync(dataPath(path), "utf8");

  test("Tiny YOLO has the paper's operations and the weights file's parameters", () => {
    const { parameters, macs } = totals(read("models/yolov2-tiny-voc.cfg"));
    expect(macs).toBe(3_485_520_896);
    expect(parameters).toBe(15_867_885);
  });

  test.each(["yolov2-tiny", "yolov3-tiny", "yolov3"])("%s imports", (name) => {
    expect(totals(read(`models/${name}.cfg`)).macs).toBeGreaterThan(2e9);
  });

  test.each([
    ["yolo-lite/tiny-yolov2-trial3", 574_189],
    ["yolo-lite/tiny-yolov2-trial3-noBatch", 572_317],
    ["yolo-lite/coco-trial6", 649_417],
    ["yolo-fastest/yolo-fastest-1.1", 346_062],
    ["mobilenet-yolo/MobileNetV2-YOLO-Fastest-voc", 191_214],
  ])("every byte of %s.weights is a parameter or the header", (name, count) => {
    const weights = new Uint8Array(readFileSync(dataPath(`models/${name}.weights`)));
    const graph = importDarknet({ cfg: read(`models/${name}.cfg`), weights });
    const parameters = graph.layers.reduce((total, layer) => total + layerParameters(layer), 0);
    expect(readWeightsHeader(weights, name).bytes + 4 * parameters).toBe(weights.length);
    expect(parameters).toBe(count);
  });
});
