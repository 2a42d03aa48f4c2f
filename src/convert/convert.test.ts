/** The passes, against ONNX Runtime: what a pass claims to keep is computed by somebody else's engine. */
import { expect, test } from "vitest";
import {
  branchingNetwork,
  convolution,
  graphOf,
  plainNetwork,
  randomPicture,
  randomTensor,
} from "../../test/graphs.ts";
import { seededRandom } from "../core/random.ts";
import { type FloatTensor, floatTensor, relativeError } from "../core/tensor.ts";
import { openDnn } from "../dnn/dnn-session.ts";
import { type Graph, headsOf, inferShapes, inputOf } from "../graph/graph.ts";
import type { Shape } from "../graph/layer-kinds.ts";
import type { ActivationLayer, BatchNormLayer, IntegrateFireLayer, Layer } from "../graph/layers.ts";
import { spreadConvolution } from "../graph/transposed-convolution.ts";
import { referenceEngine } from "../snn/engines/reference/reference-engine.ts";
import { simulate } from "../snn/simulate.ts";
import { calibrate, toSpiking } from "./convert.ts";
import { foldBatchNorm } from "./fold-batch-norm.ts";
import { type ConversionSettings, conversionSettings } from "./modes.ts";
import { normalizeWeights } from "./normalize-weights.ts";

/** float32 sums in another order. */
const rounding = 1e-5;

const pictures = (graph: Graph, count = 6) =>
  Array.from({ length: count }, (_, seed) => randomPicture(inputOf(graph).shape, seed));

async function runDnn(graph: Graph, image: FloatTensor): Promise<ReadonlyMap<string, FloatTensor>> {
  const session = await openDnn(graph);
  try {
    return await session.run(image);
  } finally {
    await session.dispose();
  }
}

async function runSnn(graph: Graph, image: FloatTensor, timeSteps: number, changes: Partial<ConversionSettings> = {}) {
  const session = await referenceEngine.open(graph);
  let outputs: ReadonlyMap<string, FloatTensor> = new Map();
  for await (const checkpoint of simulate(session, image, {
    ...graph.simulation!,
    timeSteps,
    at: [timeSteps],
    ...changes,
  }))
    outputs = checkpoint.outputs;
  return outputs;
}

function worstError(a: ReadonlyMap<string, FloatTensor>, b: ReadonlyMap<string, FloatTensor>): number {
  return Math.max(...[...b].map(([name, value]) => relativeError(a.get(name)!.data, value.data)));
}

test("folding keeps the outputs, at darknet's ε and at another", async () => {
  for (const epsilon of [1e-5, 1e-2]) {
    const random = seededRandom(3);
    const positive = (tensor: FloatTensor) =>
      floatTensor(
        tensor.shape,
        tensor.data.map((value) => value * value + 0.001),
      );
    const { bias: _, ...bare } = convolution("conv", "input", [7, 3, 3], random);
    const norm: BatchNormLayer = {
      kind: "batchNorm",
      name: "norm",
      inputs: ["conv"],
      scale: randomTensor([7], random),
      bias: randomTensor([7], random),
      mean: randomTensor([7], random),
      variance: positive(randomTensor([7], random, 0.1)),
      epsilon,
    };
    const graph = graphOf([
      { kind: "input", name: "input", inputs: [], shape: [3, 6, 5] },
      bare,
      norm,
      { kind: "activation", name: "act", inputs: ["norm"], activation: { fn: "leaky", slope: 0.1 } },
      convolution("out", "act", [7, 7, 1], random),
      { kind: "region", name: "head", inputs: ["out"], classes: 2, anchors: [1, 1], softmax: true },
    ]);
    const [image] = pictures(graph, 1);
    const folded = foldBatchNorm(graph);
    expect(folded.layers.some(({ kind }) => kind === "batchNorm")).toBe(false);
    expect(worstError(await runDnn(folded, image), await runDnn(graph, image))).toBeLessThan(rounding);
  }
});

test("batch norm that follows no convolution of its own becomes one of each channel by itself", async () => {
  const graph = plainNetwork(1);
  const pool = graph.layers.find(({ name }) => name === "pool1") as Layer;
  const [channels] = inferShapes(graph).get("pool1") as Shape;
  const random = seededRandom(3);
  const values = () =>
    floatTensor(
      [channels],
      Float32Array.from({ length: channels }, () => 0.5 + random()),
    );
  const [scale, bias, mean, variance] = [values(), values(), values(), values()];
  const norm: BatchNormLayer = {
    ...{ kind: "batchNorm", name: "norm", inputs: [pool.name], epsilon: 1e-5 },
    ...{ scale, bias, mean, variance },
  };
  const layers = graph.layers.flatMap((layer): Layer[] => {
    if (layer === pool) return [layer, norm];
    return [{ ...layer, inputs: layer.inputs.map((name) => (name === pool.name ? norm.name : name)) }];
  });
  const normed = { ...graph, layers };
  const folded = foldBatchNorm(normed);
  expect(folded.layers.find(({ name }) => name === "norm")).toMatchObject({ kind: "convolution", groups: channels });
  expect(folded.layers.some(({ kind }) => kind === "batchNorm")).toBe(false);
  const [image] = pictures(normed, 1);
  expect(worstError(await runDnn(folded, image), await runDnn(normed, image))).toBeLessThan(1e-5);
});

test.each([
  ["plain", plainNetwork(5)],
  ["branching", branchingNetwork(5)],
])("normalization keeps what the %s network computes, up to λ", async (_name, graph) => {
  const calibrated = await calibrate(graph, pictures(graph));
  const [image] = pictures(graph, 1);
  const exact = await runDnn(graph, image);
  for (const scope of ["channel", "layer"] as const) {
    const normalized = normalizeWeights(calibrated, { scope, percentile: 99.9, gain: 2 });
    const outputs = await runDnn(normalized, image);
    for (const { name, inputs } of headsOf(normalized)) {
      const readout = normalized.layers.find((layer): layer is ActivationLayer => layer.name === inputs[0])!;
      const value = outputs.get(name)!;
      const area = value.shape[1] * value.shape[2];
      const restored = value.data.map((x, i) => x * readout.lambda!.data[Math.floor(i / area)]);
      expect(relativeError(restored, exact.get(name)!.data)).toBeLessThan(rounding);
    }
  }
});

test("layer-wise and channel-wise normalization are the same where all λ are equal", async () => {
  const calibrated = await calibrate(plainNetwork(6), pictures(plainNetwork(6)));
  const equal: Graph = {
    ...calibrated,
    layers: calibrated.layers.map((layer) =>
      layer.kind === "activation" && layer.statistics
        ? {
            ...layer,
            statistics: {
              ...layer.statistics,
              channel: floatTensor(
                layer.statistics.channel.shape,
                layer.statistics.channel.data.map(() => 2.5),
              ),
              layer: floatTensor(
                layer.statistics.layer.shape,
                layer.statistics.layer.data.map(() => 2.5),
              ),
            },
          }
        : layer,
    ),
  };
  const [channel, layer] = (["channel", "layer"] as const).map(
    (scope) => normalizeWeights(equal, { scope, percentile: 99.9, gain: 1 }).layers,
  );
  expect(channel).toEqual(layer);
});

test("a silent channel stays silent and divides nothing by zero", async () => {
  const graph = plainNetwork(7);
  const silenced: Graph = {
    ...graph,
    layers: graph.layers.map((layer) =>
      layer.name === "conv0" && layer.kind === "convolution"
        ? {
            ...layer,
            weights: floatTensor(
              layer.weights.shape,
              layer.weights.data.map((w, i) => (i < 27 ? 0 : w)) as Float32Array,
            ),
            bias: floatTensor([6], [0, 1, 1, 1, 1, 1]),
          }
        : layer,
    ),
  };
  const snn = toSpiking(await calibrate(silenced, pictures(silenced)), conversionSettings("rate", { bits: 8 }));
  const population = snn.layers.find((layer): layer is IntegrateFireLayer => layer.name === "act0")!;
  expect(population.lambda.data[0]).toBe(0);
  const session = await referenceEngine.open(snn);
  for await (const { recorded } of simulate(session, pictures(graph, 1)[0], {
    ...snn.simulation!,
    at: [32],
    record: { counts: ["act0"] },
  })) {
    expect(
      recorded.counts
        .get("act0")!
        .subarray(0, 99)
        .every((count) => count === 0),
    ).toBe(true);
  }
});

/** What remains after 1,024 steps: rounding of counts, 1 / T in each layer, grows a little through the layers. */
const longRun = 0.02;

test.each([
  ["plain, leaky", plainNetwork(11)],
  ["plain, ReLU", plainNetwork(12, 0)],
  ["plain, linear", plainNetwork(13, 1)],
  ["branching", branchingNetwork(14)],
])("in the long run the spiking network computes what the DNN does: %s", async (_name, graph) => {
  const [image] = pictures(graph, 1);
  // λ at the maximum over this very picture: nothing saturates.
  const calibrated = await calibrate(graph, [image]);
  const exact = await runDnn(graph, image);
  const error = async (timeSteps: number, changes: Partial<ConversionSettings>) =>
    worstError(
      await runSnn(
        toSpiking(calibrated, conversionSettings("rate", { percentile: 100, ...changes })),
        image,
        timeSteps,
      ),
      exact,
    );
  expect(await error(1024, { bits: "float" })).toBeLessThan(longRun);
  expect(await error(1024, { bits: "float", scope: "layer" })).toBeLessThan(longRun);
  expect(await error(1024, { bits: "float", decode: "count" })).toBeLessThan(longRun);
  expect(await error(128, { bits: "float", levels: 7 })).toBeLessThan(longRun);
  expect(await error(64, { bits: "float", delay: 16 })).toBeLessThan(3 * longRun);
  // (64 levels in each of up to ten layers.) 16-bit weights are off by 2⁻¹⁶ of the largest at most: nothing beside 1 / T.
  expect(await error(1024, { bits: 16 })).toBeLessThan(longRun);
  expect(await error(1024, { bits: 8 })).toBeLessThan(2 * longRun);
});

test("delays settle the transient: with enough of them the result is the T-level rounding of every layer, and exact in time", async () => {
  const graph = plainNetwork(15);
  const [image] = pictures(graph, 1);
  const calibrated = await calibrate(graph, [image]);
  const exact = await runDnn(graph, image);
  const at = async (delay: number) =>
    worstError(
      await runSnn(
        toSpiking(calibrated, conversionSettings("rate", { percentile: 100, bits: "float", delay })),
        image,
        8,
      ),
      exact,
    );
  expect(await at(8)).toBeLessThan(await at(0));
  // Beyond T steps there is no more input to wait for.
  expect(await at(8)).toBe(await at(20));
});

test("the paper's mode converges, without IBT the error stays", async () => {
  const graph = plainNetwork(16);
  const [image] = pictures(graph, 1);
  const calibrated = await calibrate(graph, [image]);
  const exact = await runDnn(graph, image);
  const error = async (timeSteps: number, changes: Partial<ConversionSettings> = {}) =>
    worstError(
      await runSnn(
        toSpiking(calibrated, conversionSettings("paper", { bits: "float", percentile: 100, ...changes })),
        image,
        timeSteps,
      ),
      exact,
    );
  const [short, long, without] = [await error(64), await error(2048), await error(2048, { neuron: "if" })];
  expect(long).toBeLessThan(short);
  expect(without).toBeGreaterThan(2 * long);
});

test("Poisson input converges to the same, is reproducible and depends on its seed", async () => {
  const graph = plainNetwork(17);
  const [image] = pictures(graph, 1);
  const snn = toSpiking(
    await calibrate(graph, [image]),
    conversionSettings("rate", { percentile: 100, encoding: "poisson" }),
  );
  const exact = await runDnn(graph, image);
  // The noise of 1,024 coin tosses a pixel, averaged by the first layer's 27 weights.
  expect(worstError(await runSnn(snn, image, 1024), exact)).toBeLessThan(0.1);
  const outputs = async (seed: number) => {
    const session = await referenceEngine.open(snn);
    for await (const { outputs } of simulate(session, image, { ...snn.simulation!, timeSteps: 20, at: [20], seed }))
      return outputs;
    return new Map();
  };
  expect(await outputs(1)).toEqual(await outputs(1));
  expect(await outputs(1)).not.toEqual(await outputs(2));
});

test("quantization at 16 bits stays within a stated bound of float at every step", async () => {
  const graph = plainNetwork(18);
  const [image] = pictures(graph, 1);
  const calibrated = await calibrate(graph, pictures(graph));
  const heads = async (bits: number | "float") => {
    const snn = toSpiking(calibrated, conversionSettings("rate", { bits, levels: 127, gain: 127 }));
    return runSnn(snn, image, 64);
  };
  // Fine-grained spikes (λ = 127) leave little but the weights' rounding, 2⁻¹⁵ of each row's largest.
  expect(worstError(await heads(16), await heads("float"))).toBeLessThan(0.002);
});

test("calibration without pictures is refused, and so is an unmeasured percentile", async () => {
  await expect(calibrate(plainNetwork(1), [])).rejects.toThrow(/no pictures to calibrate on/);
  const calibrated = await calibrate(plainNetwork(1), pictures(plainNetwork(1), 1));
  expect(() => normalizeWeights(calibrated, { scope: "channel", percentile: 97, gain: 1 })).toThrow(
    /97 was not measured/,
  );
});

test("a gate on each channel, a product of two maps and a transposed convolution follow the DNN in spikes", async () => {
  const random = seededRandom(11);
  const up = spreadConvolution({
    ...{ shape: [8, 6, 2, 2], weights: randomTensor([8, 6, 2, 2], random, 0.3).data, strides: [2, 2] },
    ...{ dilations: [1, 1], pads: [0, 0, 0, 0], outputPadding: [0, 0], groups: 1 },
  });
  if (typeof up === "string") throw new Error(up);
  const act = (name: string, input: string, fn: "silu" | "sigmoid"): Layer => ({
    ...{ kind: "activation", name, inputs: [input], activation: { fn } },
  });
  const dnn = graphOf([
    { kind: "input", name: "input", inputs: [], shape: [3, 8, 12] },
    convolution("stem", "input", [8, 3, 3], random),
    act("map", "stem", "silu"),
    convolution("squeeze", "map", [8, 8, 8, 12], random, { padding: 0 }),
    act("gate", "squeeze", "sigmoid"),
    { kind: "product", name: "excited", inputs: ["map", "gate"] },
    { kind: "insertZeros", name: "zeros", inputs: ["excited"], factor: up.factor },
    { kind: "convolution", name: "up", inputs: ["zeros"], ...up.convolution },
    act("fine", "up", "silu"),
    convolution("attention", "fine", [1, 6, 1], random),
    act("where", "attention", "sigmoid"),
    { kind: "product", name: "seen", inputs: ["fine", "where"] },
    convolution("out", "seen", [7, 6, 1], random),
    { kind: "region", name: "head", inputs: ["out"], classes: 2, anchors: [1, 1], softmax: true },
  ]);
  const calibrated = await calibrate(dnn, pictures(dnn));
  const [image] = pictures(dnn);
  const expected = await runDnn(dnn, image);
  const error = async (timeSteps: number) => {
    const graph = toSpiking(calibrated, {
      ...conversionSettings("fast"),
      bits: 12,
      timeSteps,
      phases: timeSteps,
      rounding: 0,
    });
    return worstError(await runSnn(graph, image, timeSteps, { phases: timeSteps }), expected);
  };
  // Each step doubles the units, so three steps more are an eighth of the error; what float32 and 12-bit weights leave is less than 1 %.
  const [coarse, fine] = [await error(6), await error(9)];
  expect(coarse).toBeLessThan(0.15);
  expect(fine).toBeLessThan(0.02);
});

test("only trackers follow a product", async () => {
  const random = seededRandom(2);
  const dnn = graphOf([
    { kind: "input", name: "input", inputs: [], shape: [3, 6, 6] },
    convolution("first", "input", [6, 3, 3], random),
    { kind: "activation", name: "act", inputs: ["first"], activation: { fn: "relu" } },
    { kind: "product", name: "squares", inputs: ["act", "act"] },
    convolution("out", "squares", [7, 6, 1], random),
    { kind: "region", name: "head", inputs: ["out"], classes: 2, anchors: [1, 1], softmax: true },
  ]);
  const calibrated = await calibrate(dnn, pictures(dnn));
  expect(() => toSpiking(calibrated, conversionSettings("paper"))).toThrow(
    /squares.*only trackers can follow a product/,
  );
  const neurons = toSpiking(calibrated, conversionSettings("rate")).layers.flatMap((layer) =>
    layer.kind === "integrateFire" ? [layer.neuron] : [],
  );
  expect(new Set(neurons)).toEqual(new Set(["tracker"]));
});
