import { beforeAll, expect, test } from "vitest";
import { branchingNetwork, randomPicture } from "../../test/graphs.ts";
import { calibrate, toSpiking } from "../convert/convert.ts";
import { conversionSettings } from "../convert/modes.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { checkMeaning } from "./check-meaning.ts";
import { type Graph, inputOf } from "./graph.ts";
import type { Layer } from "./layers.ts";
import { decodeModel, encodeModel } from "./model-file.ts";
import { evenWindow } from "./windows.ts";

let dnn: Graph;
let integer: Graph;
let float: Graph;

beforeAll(async () => {
  const graph = branchingNetwork(1);
  dnn = await calibrate(graph, [randomPicture(inputOf(graph).shape, 1)]);
  // Take-back neurons have all the tensors that neurons can have.
  integer = toSpiking(dnn, conversionSettings("rate"));
  float = toSpiking(dnn, { ...conversionSettings("rate"), bits: "float" });
});

/** The graph with one layer changed; `change` gets the layer and gives what differs. */
function changed(graph: Graph, name: string, change: (layer: never) => object): Graph {
  expect(graph.layers.map((layer) => layer.name)).toContain(name);
  const layers = graph.layers.map((layer) =>
    layer.name === name ? ({ ...layer, ...change(layer as never) } as Layer) : layer,
  );
  return { ...graph, layers };
}

/** The tensor with its first value another. */
function withValue({ dtype, shape, data }: Tensor, value: number): Tensor {
  const copy = data.slice();
  copy[0] = value;
  return tensor(dtype, shape, copy);
}

const as = (dtype: Tensor["dtype"], { shape, data }: Tensor): Tensor => {
  const arrays = {
    float32: Float32Array,
    float64: Float64Array,
    int8: Int8Array,
    int16: Int16Array,
    int32: Int32Array,
  };
  return tensor(dtype, shape, arrays[dtype].from(data as never) as never);
};

/** Refused as a graph and, since files are where such graphs come from, as a file. */
function expectRefused(graph: Graph, key: "dnn" | "snn", message: RegExp): void {
  expect(() => checkMeaning(graph)).toThrow(message);
  expect(() => decodeModel(encodeModel({ [key]: graph }), "m")).toThrow(
    expect.objectContaining({ code: "E_MODEL_FILE", message: expect.stringMatching(message) }),
  );
}

test("what conversion makes has meaning", () => {
  for (const graph of [branchingNetwork(2), dnn, integer, float]) expect(() => checkMeaning(graph)).not.toThrow();
});

test("an integer graph is of integers throughout, of the types and ranges that quantization makes", () => {
  type WithBias = { bias: Tensor; weights: Tensor };
  type Neurons = { vTh: Tensor; vThNeg: Tensor; lambda: Tensor };
  const refused = (name: string, change: (layer: never) => object, message: RegExp) =>
    expectRefused(changed(integer, name, change), "snn", message);
  refused(
    "conv0",
    ({ bias }: WithBias) => ({ bias: as("float32", bias) }),
    /^.*conv0 \[convolution\]: bias is float32/,
  );
  refused("conv0", ({ weights }: WithBias) => ({ weights: as("int32", weights) }), /weights is int32/);
  refused("conv0", ({ weights }: WithBias) => ({ weights: as("float32", weights) }), /weights is float32/);
  refused("conv0", ({ weights }: WithBias) => ({ weights: withValue(weights, -128) }), /weights holds -128/);
  refused("conv0", ({ bias }: WithBias) => ({ bias: withValue(bias, 2 ** 30 + 1) }), /bias holds 1073741825/);
  refused("conv0", () => ({ shift: undefined }), /shift is missing/);
  refused("act0", ({ vThNeg }: Neurons) => ({ vThNeg: as("float32", vThNeg) }), /vThNeg is float32/);
  refused("act0", ({ vTh }: Neurons) => ({ vTh: withValue(vTh, 0) }), /vTh holds 0/);
  refused("act0", ({ vThNeg }: Neurons) => ({ vThNeg: withValue(vThNeg, -5) }), /vThNeg holds -5/);
  refused("act0", ({ lambda }: Neurons) => ({ lambda: withValue(lambda, -1) }), /lambda holds negative/);
  refused("act0", ({ lambda }: Neurons) => ({ lambda: withValue(lambda, Number.NaN) }), /lambda holds NaN/);
  refused(
    "sum",
    ({ scales }: { scales: (Tensor | null)[] }) => ({ scales: scales.map((scale) => scale && as("int32", scale)) }),
    /scales is int32/,
  );
});

test("a float graph is of float32 throughout", () => {
  type WithBias = { bias: Tensor; weights: Tensor };
  const refused = (graph: Graph, key: "dnn" | "snn", change: (layer: never) => object, message: RegExp) =>
    expectRefused(changed(graph, "conv0", change), key, message);
  for (const [graph, key] of [
    [float, "snn"],
    [dnn, "dnn"],
  ] as const) {
    refused(graph, key, ({ weights }: WithBias) => ({ weights: as("int16", weights) }), /weights is int16/);
    refused(graph, key, ({ bias }: WithBias) => ({ bias: as("float64", bias) }), /bias is float64/);
    refused(
      graph,
      key,
      ({ bias }: WithBias) => ({ bias: withValue(bias, Number.POSITIVE_INFINITY) }),
      /holds Infinity/,
    );
    refused(graph, key, () => ({ shift: 3 }), /shift belongs to integers/);
  }
});

test("in a spiking graph heads read readouts, neurons read currents, all else spikes", () => {
  const refused = (name: string, change: (layer: never) => object, message: RegExp) =>
    expectRefused(changed(integer, name, change), "snn", message);
  const readout = integer.layers.find(({ kind }) => kind === "readout") as Layer;
  refused(readout.name, () => ({ kind: "integrateFire", delay: 0 }), /it can read readout in a spiking graph/);
  refused("act2", () => ({ inputs: ["act1"] }), /act2 \[integrateFire\]: it reads act1 \[integrateFire\]/);
  refused("expand", () => ({ inputs: ["conv0"] }), /expand \[convolution\]: it reads conv0 \[convolution\]/);
  refused("pool", () => ({ pooling: undefined }), /how spikes are pooled/);
  refused("pool", () => ({ pads: [4, 4, 5, 5] }), /windows lie wholly|different heights|shape/);
  refused(
    "sum",
    ({ scales }: { scales: (Tensor | null)[] }) => ({ scales: [scales[1], scales[1]] }),
    /scales project|used twice/,
  );
});

test("a model has one input and a head; the spiking network spikes and the DNN does not", () => {
  const without = (kind: string): Graph => ({
    ...integer,
    layers: integer.layers.filter((layer) => layer.kind !== kind),
  });
  const noHead = { ...integer, layers: integer.layers.filter(({ kind }) => kind !== "yolo" && kind !== "region") };
  expectRefused(noHead, "snn", /no detection head/);
  expect(() => checkMeaning(without("input"))).toThrow(/does not come before it/);
  const second = { kind: "input", name: "input2", inputs: [], shape: [3, 4, 4] } as const;
  expectRefused({ ...integer, layers: [second, ...integer.layers] }, "snn", /this one has 2/);
  expect(() => decodeModel(encodeModel({ snn: dnn }), "m")).toThrow(/no layer of it spikes/);
  expect(() => decodeModel(encodeModel({ dnn: integer }), "m")).toThrow(/stands for the DNN/);
  const [spiking] = [changed(integer, "act0", () => ({ kind: "activation", slope: 0.1 }))];
  expect(() => checkMeaning(spiking)).toThrow(/act0 \[activation\]: .*/);
});

test("anchors are pairs, and what calibration saw has an order and a shape", () => {
  const head = dnn.layers.find(({ kind }) => kind === "region") as Layer;
  // 3 anchors of 5 + 9 channels are 1.5 boxes of 14: the channels of 21 fit.
  const odd = changed(dnn, head.name, () => ({ anchors: [1, 1, 1] }));
  expect(() => checkMeaning(odd)).toThrow(/no pairs|channels/);
  type Seen = { statistics: { percentiles: number[]; channel: Tensor } };
  const statistics = (change: (seen: Seen["statistics"]) => object) =>
    changed(dnn, "act0", ({ statistics }: Seen) => ({ statistics: { ...statistics, ...change(statistics) } }));
  expectRefused(
    statistics(({ percentiles }) => ({ percentiles: [...percentiles].reverse() })),
    "dnn",
    /do not rise/,
  );
  expectRefused(
    statistics(() => ({ percentiles: [50] })),
    "dnn",
    /must hold 1 percentiles/,
  );
  expectRefused(
    statistics(({ channel }) => ({ channel: withValue(channel, -1) })),
    "dnn",
    /negative/,
  );
});

test("a network is bounded as a whole, whatever each layer is", () => {
  const input = { kind: "input", name: "input", inputs: [], shape: [8, 64, 64] } as const;
  const refused = (layers: readonly Layer[]) => expect(() => checkMeaning({ ...dnn, layers }));
  // Each layer within the bound of one layer, 2^29.
  const doubled = Array.from({ length: 14 }, (_, i): Layer => {
    const source = i === 0 ? "input" : `d${i - 1}`;
    return { kind: "concat", name: `d${i}`, inputs: [source, source] };
  });
  refused([input, ...doubled]).toThrow(
    /the network has 1073709056 values in all layers' outputs together; at most 536870912/,
  );
  const sums = Array.from(
    { length: 300 },
    (_, i): Layer => ({ kind: "sum", name: `s${i}`, inputs: Array(1024).fill("input") }),
  );
  refused([input, ...sums]).toThrow(/the network has 307200 inputs of all layers together; at most 16384/);
  const large = { ...input, shape: [64, 1024, 1024] as const };
  const weights = tensor("float32", [64, 64, 16, 16]);
  const filters = Array.from({ length: 3 }, (_, i): Layer => {
    return { kind: "convolution", name: `c${i}`, inputs: ["input"], weights, ...evenWindow(1, 8), groups: 1 };
  });
  refused([large, ...filters]).toThrow(/multiply-accumulates; at most 1099511627776/);
});
