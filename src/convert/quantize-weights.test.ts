import { expect, test } from "vitest";
import { graphOf, plainNetwork, randomPicture } from "../../test/graphs.ts";
import { seededRandom } from "../core/random.ts";
import { floatTensor } from "../core/tensor.ts";
import { inputOf } from "../graph/graph.ts";
import type { ConvolutionLayer, IntegrateFireLayer, Layer } from "../graph/layers.ts";
import { bitsOf } from "../graph/weight-bits.ts";
import { evenWindow } from "../graph/windows.ts";
import { calibrate, toSpiking } from "./convert.ts";
import { conversionSettings } from "./modes.ts";
import { quantizeWeights } from "./quantize-weights.ts";

test("a channel may have more weights than a call takes arguments", () => {
  const channels = 20_000;
  const input = { kind: "input", name: "input", inputs: [], shape: [channels, 3, 3] } as const;
  const perChannel = (value: number) => floatTensor([1], [value]);
  const weights = floatTensor([1, channels, 3, 3], new Float32Array(channels * 9).fill(2 ** -20));
  const population = {
    neuron: "if",
    activation: { fn: "relu" },
    lambda: perChannel(1),
    vTh: perChannel(1),
    vThNeg: null,
  } as const;
  const layers: Layer[] = [
    input,
    { kind: "convolution", name: "conv", inputs: ["input"], weights, ...evenWindow(1, 1), groups: 1 },
    {
      kind: "integrateFire",
      name: "neurons",
      inputs: ["conv"],
      ...population,
      vInit: 0,
      firingThreshold: 0.5,
      levels: 1,
      delay: 0,
    },
  ];
  const [, convolution] = quantizeWeights(graphOf(layers), 8).layers;
  expect(convolution).toMatchObject({ weights: { dtype: "int8" }, bias: { dtype: "int32" } });
});

test.each([undefined, 255])(
  "rounding does not move the mean of a channel whose inputs' means are known: frame of %s units",
  (frameUnits) => {
    const random = seededRandom(11);
    const values = (count: number, scale: number) =>
      Float32Array.from({ length: count }, () => scale * (random() - 0.3));
    const [outC, inC] = [6, 40];
    const weights = floatTensor([outC, inC, 1, 1], values(outC * inC, 1));
    const bias = floatTensor([outC], values(outC, 2));
    const inputMean = floatTensor([inC], values(inC, 1));
    const ones = floatTensor([outC], new Float32Array(outC).fill(1));
    const layersWith = (means: object): Layer[] => [
      { kind: "input", name: "input", inputs: [], shape: [inC, 1, 1] },
      { kind: "convolution", name: "conv", inputs: ["input"], weights, bias, ...evenWindow(1, 0), groups: 1, ...means },
      {
        kind: "readout",
        name: "neurons",
        inputs: ["conv"],
        neuron: "tracker",
        activation: { fn: "linear" },
        lambda: ones,
        vTh: ones,
        vThNeg: null,
        vInit: 0,
        firingThreshold: 0.5,
        levels: 1,
      },
    ];
    const simulation = { timeSteps: 8, encoding: "constant", decode: "vmem", phases: 8 } as const;
    /** Greatest distance of the integer layer's mean output from the float layer's, in fractions of λ. */
    const movedBy = (means: object) => {
      const graph = {
        ...graphOf(layersWith(means)),
        simulation: { ...simulation, ...(frameUnits ? { frameUnits } : {}) },
      };
      const [, convolution, population] = quantizeWeights(graph, 8).layers;
      if (convolution.kind !== "convolution" || population.kind !== "readout") throw new Error("another layer");
      expect(convolution.inputMean).toBeUndefined();
      const units = frameUnits ?? 1;
      return Math.max(
        ...Array.from({ length: outC }, (_, o) => {
          let [exact, integer] = [bias.data[o], convolution.bias!.data[o]];
          for (let i = 0; i < inC; i++) {
            exact += weights.data[o * inC + i] * inputMean.data[i] * units;
            integer += convolution.weights.data[o * inC + i] * 2 ** convolution.shift! * inputMean.data[i] * units;
          }
          return Math.abs(integer / population.vTh.data[o] - exact) / units;
        }),
      );
    };
    // A bias is rounded to a part in 2^shift·θ; without the means, forty rounded weights move the sum by hundreds of that.
    expect(movedBy({ inputMean })).toBeLessThan(1e-4);
    expect(movedBy({})).toBeGreaterThan(1e-3);
  },
);

test("a mean stays one in integers: weights alike, nothing added, its factor in the threshold alone", () => {
  const factors = [0.25, 0.1, 0.0371];
  const perChannel = (value: number) => floatTensor([3], new Float32Array(3).fill(value));
  const layers: Layer[] = [
    { kind: "input", name: "input", inputs: [], shape: [3, 4, 4] },
    {
      ...{ kind: "convolution", name: "pool", inputs: ["input"], groups: 3, ...evenWindow(2, 0) },
      weights: floatTensor(
        [3, 1, 2, 2],
        factors.flatMap((factor) => [factor, factor, factor, factor]),
      ),
      inputMean: perChannel(0.3),
    },
    {
      ...{ kind: "integrateFire", name: "neurons", inputs: ["pool"], neuron: "if", activation: { fn: "linear" } },
      ...{ lambda: perChannel(1), vTh: perChannel(1), vThNeg: null },
      ...{ vInit: 0, firingThreshold: 0.5, levels: 1, delay: 0 },
    },
  ];
  const [, pool, neurons] = quantizeWeights(graphOf(layers), 8).layers;
  expect(pool).toMatchObject({
    weights: { data: new Int8Array(12).fill(127) },
    bias: { data: new Int32Array(3) },
    shift: 8,
  });
  const { vTh } = neurons as IntegrateFireLayer;
  for (const [c, factor] of factors.entries()) expect((127 * 2 ** 8) / vTh.data[c]).toBeCloseTo(Math.fround(factor), 5);
});

test("4 bits: seven units to each side in every channel, of no whole θ; what reads the picture has 8", async () => {
  const graph = plainNetwork(9);
  const calibrated = await calibrate(graph, [randomPicture(inputOf(graph).shape, 1)]);
  const float = toSpiking(calibrated, conversionSettings("rate", { bits: "float" }));
  const integer = toSpiking(calibrated, conversionSettings("rate", { bits: 4 }));
  const convolutions = integer.layers.filter((layer) => layer.kind === "convolution");
  expect(convolutions.map(({ weights }) => bitsOf(weights))).toEqual([8, 4, 4]);
  for (const layer of convolutions.slice(1)) {
    const exact = float.layers.find(({ name }) => name === layer.name) as ConvolutionLayer;
    const neurons = integer.layers.find(({ inputs }) => inputs[0] === layer.name) as IntegrateFireLayer;
    const [channels] = layer.weights.shape;
    const length = layer.weights.data.length / channels;
    for (let c = 0; c < channels; c++) {
      const whole = [...layer.weights.data.subarray(c * length, (c + 1) * length)];
      expect(Math.max(...whole.map(Math.abs))).toBe(7);
      // What a weight is worth against the threshold lies within half a unit of what it was; V_th has f more digits, which round as well.
      const unit = 2 ** (layer.shift as number) / neurons.vTh.data[c];
      for (const [i, weight] of whole.entries())
        expect(Math.abs(weight * unit - exact.weights.data[c * length + i])).toBeLessThan(0.5 * unit + 0.01 * 7 * unit);
    }
  }
});
