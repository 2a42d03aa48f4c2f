import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { float32Cost, int8Cost } from "../energy.ts";
import { arithmeticModel } from "./arithmetic.ts";
import { lemaireEquations, memoryBySize, memoryBySteps, memoryByWord } from "./lemaire.ts";
import { loihi } from "./loihi.ts";
import { type EnergyModel, estimateEnergy, totalOf } from "./model.ts";
import { energyModels } from "./models.ts";
import { pricedModel } from "./priced.ts";
import type { Connection, NetworkWork, NeuronWork } from "./work.ts";

const steps = 8;

/** A convolution of spikes and its neurons: channels, size, output channels, kernel, stride; spikes a neuron that come in and go out. */
function layer(
  [channels, size, outChannels, kernel, stride]: readonly number[],
  rateIn: number,
  rateOut: number,
): { readonly connection: Connection; readonly population: NeuronWork } {
  const out = size / stride;
  const [inputs, outputs] = [channels * size ** 2, outChannels * out ** 2];
  const macs = outputs * channels * kernel ** 2;
  const spikesIn = rateIn * inputs;
  const connection: Connection = {
    ...{ name: "conv", from: "spikes", macs, remainingMacs: 0, weights: channels * outChannels * kernel ** 2 },
    ...{ biases: outChannels, inputs, outputs, kernel: [kernel, kernel], strides: [stride, stride] },
    ...{ fanOutChannels: outChannels, spikesIn, acs: (spikesIn * macs) / inputs },
  };
  const population: NeuronWork = {
    ...{ name: "neurons", neurons: outputs, updates: steps * outputs, lookups: 0 },
    ...{ biases: outChannels, biasReads: steps * outputs, spikesOut: rateOut * outputs },
  };
  return { connection, population };
}

function network(layers: readonly (readonly number[])[], rateIn: number, rateOut: number): NetworkWork {
  const all = layers.map((shape) => layer(shape, rateIn, rateOut));
  const connections = all.map(({ connection }) => connection);
  const total = (of: "macs" | "acs") => connections.reduce((sum, connection) => sum + connection[of], 0);
  return { macs: total("macs"), acs: total("acs"), connections, populations: all.map(({ population }) => population) };
}

const networks = {
  tinyYolo: [
    [16, 208, 32, 3, 1],
    [32, 104, 64, 3, 1],
    [64, 52, 128, 3, 1],
    [128, 26, 256, 3, 1],
    [256, 13, 512, 3, 1],
    [512, 13, 1024, 3, 1],
    [1024, 13, 1024, 3, 1],
    [1024, 13, 125, 1, 1],
  ],
  strided: [
    [8, 40, 24, 3, 2],
    [24, 20, 16, 1, 1],
    [16, 20, 32, 5, 2],
  ],
} as const;

describe("the published code of Lemaire et al. says the same (bench/peers/lemaire_energy.py)", () => {
  // Network, memory; picojoules of the DNN with 32 and with 8 bits, of the spiking network with 32, of its potentials and weights.
  test.each([
    [
      "tinyYolo",
      "by size",
      6989417774134.898,
      1813003793553.2397,
      2630127219227.7896,
      278506556976.5547,
      2351153973240.3975,
    ],
    ["tinyYolo", "by word", 45053327394.7, 9319237749.990002, 18404961058.38, 12181630864, 5968831232],
    ["strided", "by size", 76067511.01056, 60257282.91264, 137999713.639424, 89850770.2272, 45728489.734144],
    ["strided", "by word", 28246183.2, 5850750.96, 44778320, 29670400, 14067200],
  ] as const)("%s, memory %s", (name, memory, dnn, quantized, snn, potentials, weights) => {
    const equations = lemaireEquations({
      memory: memory === "by size" ? memoryBySize : memoryByWord,
      widths: { weights: 32, potentials: 32 },
      keepsNear: false,
      queue: 1000,
    });
    const model: EnergyModel = { name, label: name, source: "", remark: "", ...equations };
    const work = network(networks[name], 0.35, 0.2);
    const estimate = estimateEnergy(model, work);
    // Sums of some dozen float64 in another order.
    const expectNear = (value: number, wanted: number) => expect(value / wanted).toBeCloseTo(1, 11);
    expectNear(totalOf(estimate.dnn!), dnn);
    expectNear(totalOf(estimate.quantized!), quantized);
    // The authors' last layer has neurons that send, too: ours are given the same spikes.
    expectNear(totalOf(estimate.snn), snn);
    expectNear(estimate.snn.states, potentials);
    const read = work.connections.reduce((sum, connection) => sum + equations.synapses(connection).weights, 0);
    expectNear(read, weights);
  });
});

test("memories: a line, words of 64 bits, and straight lines between Horowitz's three sizes", () => {
  expect(memoryBySize(65536, 32)).toBeCloseTo(1.09e-5 * 2 ** 21 + 13.2, 9);
  expect([32, 8].map((bits) => memoryByWord(1e6, bits))).toEqual([5, 1.25]);
  expect([0, 2048, 8192, 262_144, 1e7].map((values) => memoryBySteps(values, 32))).toEqual([0, 10, 20, 100, 100]);
  expect(memoryBySteps(5120, 32)).toBeCloseTo(15, 12);
  expect(memoryBySteps(8192, 8)).toBeCloseTo(10 / 4, 12);
});

test("arithmetic alone, and Loihi's events, by hand", () => {
  const { connection, population } = layer([2, 4, 3, 3, 1], 0.5, 0.25);
  const work = { macs: connection.macs, acs: connection.acs, connections: [connection], populations: [population] };
  expect(connection.macs).toBe(864);
  // 16 spikes, each to 27 synapses; 48 neurons in 8 steps.
  expect(connection.acs).toBe(432);
  const float = estimateEnergy(arithmeticModel(float32Cost), work);
  expect(totalOf(float.dnn!)).toBeCloseTo(864 * 4.6, 9);
  expect(totalOf(float.quantized!)).toBeCloseTo(864 * 0.3, 9);
  expect(totalOf(float.snn)).toBeCloseTo(432 * 0.9 + 384 * 0.9, 9);
  // (864·4.6 − 384·0.9) / 0.9 accumulates.
  expect(float.breakEvenRatio).toBeCloseTo((864 * 4.6 - 345.6) / 0.9 / 864, 9);
  expect(float.verdict).toBe("depends");
  const chip = estimateEnergy(loihi, work);
  expect(chip.dnn).toBeNull();
  expect(totalOf(chip.snn)).toBeCloseTo(432 * 24 + 384 * 72.8 + 12 * 180.3, 9);
  expect(chip.verdict).toBe("depends");
});

test("of the picture only what is new is multiplied, as by a DNN", () => {
  const { connection } = layer([3, 8, 4, 3, 1], 0, 0);
  const picture: Connection = { ...connection, from: "picture", remainingMacs: connection.macs / 4 };
  for (const model of energyModels().filter(({ dense }) => dense)) {
    const whole = totalOf(model.synapses({ ...picture, remainingMacs: connection.macs }));
    expect(totalOf(model.synapses(picture)), model.name).toBeCloseTo(whole / 4, 6);
  }
});

test("at the ratio where a verdict turns, both cost the same; with fewer spikes the network wins, with more it does not", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), fc.constantFrom(...Object.values(networks)), (percent, layers) => {
      const work = network(layers, percent / 100, percent / 100);
      for (const model of energyModels().filter(({ dense }) => dense)) {
        const { breakEvenRatio, dnn } = estimateEnergy(model, work);
        if (breakEvenRatio === null || breakEvenRatio === 0) continue;
        const rate = (percent / 100) * (breakEvenRatio / (work.acs / work.macs));
        const there = estimateEnergy(model, network(layers, rate, rate));
        expect(totalOf(there.snn) / totalOf(dnn!), model.name).toBeCloseTo(1, 6);
        const fewer = estimateEnergy(model, network(layers, 0.9 * rate, 0.9 * rate));
        expect(totalOf(fewer.snn), model.name).toBeLessThan(totalOf(dnn!));
      }
    }),
    { numRuns: 20 },
  );
});

test("names are unique, and a user's prices take the place of those of the same name", () => {
  const own = { ...int8Cost, label: "mine", macPicojoules: 7 };
  const models = energyModels([own]);
  expect(new Set(models.map(({ name }) => name)).size).toBe(models.length);
  expect(models.find(({ name }) => name === "int8")?.label).toContain("mine");
  expect(energyModels().length).toBe(models.length);
});

test("a user's model: every price of one network, by hand", () => {
  const prices = { mac: 2, weight: { base: 1, perByte: 0.5 }, value: 3 };
  const own = pricedModel({
    ...{ name: "own", label: "Own", source: "a data sheet" },
    dnn: prices,
    dnn8: { mac: 1 },
    snn: {
      mac: 2,
      ac: 0.5,
      synapseWeight: 4,
      synapseState: 6,
      update: 0.25,
      updateState: 7,
      spikeRead: 8,
      spikeSent: 9,
    },
  });
  // Two channels of 4 × 4, three out, kernels of 1: 96 multiply-accumulates, 6 weights, 3 biases, 48 outputs; 16 spikes in, 48 accumulates, 12 spikes out.
  const work = network([[2, 4, 3, 1, 1]], 0.5, 0.25);
  const { dnn, quantized, snn } = estimateEnergy(own, work);
  expect(dnn).toEqual({
    ...{ operations: 96 * 2, weights: 96 * (1 + 0.5 * 24) + 48 * (1 + 0.5 * 12), states: 0 },
    ...{ signals: 96 * 3 + 48 * 3, addresses: 0 },
  });
  expect(quantized).toEqual({ operations: 96, weights: 0, states: 0, signals: 0, addresses: 0 });
  const updates = 48 * steps;
  expect(snn).toEqual({
    ...{ operations: 48 * 0.5 + updates * 0.25, weights: 48 * 4 + updates * 4, states: 48 * 6 + updates * 7 },
    ...{ signals: 16 * 8 + 12 * 9, addresses: 0 },
  });
  expect(own.remark).toBe("free: dnn8.weight, dnn8.value, snn.weight, snn.value, snn.lookup");
  expect(energyModels([], [{ ...own, name: "loihi" }]).filter(({ name }) => name === "loihi")).toMatchObject([
    { label: "Own" },
  ]);
});
