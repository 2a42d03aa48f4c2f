import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { convolution, graphOf, plainNetwork } from "../../test/graphs.ts";
import { conversionSettings } from "../convert/modes.ts";
import { seededRandom } from "../core/random.ts";
import { floatTensor } from "../core/tensor.ts";
import type { Graph } from "../graph/graph.ts";
import type { Layer } from "../graph/layers.ts";
import { importDarknet } from "../importers/darknet/import-darknet.ts";
import { fitTo } from "./fit.ts";
import type { ChipNetwork, Stage, StageNeurons, StagePool } from "./stages.ts";
import { supposedStages } from "./supposed.ts";
import { type TargetName, targetNames, targets } from "./targets.ts";

const plain: StageNeurons = {
  name: "neurons",
  activation: { fn: "relu" },
  neuron: "if",
  levels: 1,
  isReadout: false,
};

/** A stage that fits every chip, with changes. */
function stage(changes: Partial<Stage> = {}): Stage {
  const window = { size: [3, 3], strides: [1, 1], dilations: [1, 1], pads: [1, 1, 1, 1] } as const;
  const shapes = { input: [3, 16, 16], output: [4, 16, 16] } as const;
  const facts = { name: "conv", kind: "convolution", groups: 1, hasBias: true, weightBits: 2, neurons: plain } as const;
  return { ...window, ...shapes, ...facts, pools: [], sources: [], ...changes };
}

function network(stages: readonly Stage[], changes: Partial<ChipNetwork> = {}): ChipNetwork {
  return { input: stages[0].input, stages, others: [], weightBits: 2, phases: 1, timeSteps: 1, ...changes };
}

const one = (changes: Partial<Stage> = {}, facts: Partial<ChipNetwork> = {}) => network([stage(changes)], facts);
const neurons = (changes: Partial<StageNeurons>) => one({ neurons: { ...plain, ...changes } });
const pooled = (changes: Partial<StagePool> = {}) =>
  one({ pools: [{ name: "pool", kind: "mean", size: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0], ...changes }] });
/** The changed stage behind another. */
const second = (changes: Partial<Stage>) =>
  network([stage({ name: "first" }), stage({ input: [4, 16, 16], sources: ["first"], ...changes })]);
const readers = (count: number) =>
  network([
    stage({ name: "first" }),
    ...Array.from({ length: count }, (_, i) => stage({ name: `reader${i}`, input: [4, 16, 16], sources: ["first"] })),
  ]);
const manyLayers = (count: number) =>
  network(
    Array.from({ length: count }, (_, i) =>
      stage({ name: `conv${i}`, input: [i ? 4 : 3, 16, 16], sources: i ? [`conv${i - 1}`] : [] }),
    ),
  );

type Sides = readonly [kept: ChipNetwork, broken: ChipNetwork];
const spikes: Sides = [one(), neurons({ neuron: "takeback" })];
const relu: Sides = [one(), neurons({ activation: { fn: "leaky", slope: 0.1 } })];
const phases: Sides = [one(), one({}, { phases: 6 })];
const maxPool: Sides = [pooled(), pooled({ kind: "max" })];
const steps: Sides = [one(), one({}, { timeSteps: 2 })];
const layers: Sides = [one(), one({}, { others: [{ name: "up", kind: "upsample" }] })];
const dilation: Sides = [one(), one({ dilations: [2, 2] })];
const square: Sides = [one(), one({ size: [3, 1] })];
const bits = (kept: number): Sides => [one({}, { weightBits: kept }), one({}, { weightBits: kept * 2 })];
const filters = (most: number): Sides => [
  one({ output: [most, 1, 1], size: [1, 1] }),
  one({ output: [most + 1, 1, 1], size: [1, 1] }),
];

/** Of every rule two networks, one on each side of its limit. */
const sides: Readonly<Record<TargetName, Readonly<Record<string, Sides>>>> = {
  speck: {
    "input size": [one({ input: [1, 128, 128] }), one({ input: [1, 129, 128] })],
    "map size": [one({ output: [1, 64, 64] }), one({ output: [1, 64, 65] })],
    "input channels": [one({ input: [1024, 4, 4] }), one({ input: [1025, 4, 4] })],
    filters: filters(1024),
    "kernel size": [one({ size: [16, 16] }), one({ size: [17, 17] })],
    "square kernel": square,
    stride: [one({ strides: [4, 4] }), one({ strides: [3, 3] })],
    padding: [one({ pads: [7, 7, 7, 7] }), one({ pads: [8, 8, 8, 8] })],
    dilation,
    groups: [one(), one({ groups: 3 })],
    biases: filters(1024),
    pool: [pooled({ size: [4, 4], strides: [4, 4] }), pooled({ size: [3, 3], strides: [3, 3] })],
    destinations: [readers(2), readers(3)],
    "max-pool": maxPool,
    function: relu,
    spikes,
    phases,
    "weight bits": bits(8),
    layers,
    // 64 · 2^(4 + 6) words are the 64 Ki of the greatest core; a channel more is too much.
    "core memory": [one({ input: [64, 8, 8], output: [64, 8, 8] }), one({ input: [65, 8, 8], output: [64, 8, 8] })],
    cores: [manyLayers(9), manyLayers(10)],
  },
  akida1: {
    "input size": [one({}, { input: [3, 256, 5] }), one({}, { input: [3, 257, 5] })],
    "input channels": [one(), one({}, { input: [4, 16, 16] })],
    "square kernel": square,
    "first kernel": [one({ size: [7, 7] }), one({ size: [1, 1] })],
    "first stride": [one({ strides: [3, 3] }), one({ strides: [4, 4] })],
    "first filters": [one({ output: [192, 16, 16] }), one({ output: [193, 16, 16] })],
    "kernel size": [second({ size: [7, 7], pads: [3, 3, 3, 3] }), second({ size: [2, 2] })],
    stride: [second({ strides: [2, 2] }), second({ strides: [3, 3] })],
    padding: [second({}), second({ pads: [0, 0, 0, 0] })],
    dilation,
    "dense inputs": [
      second({ input: [57_334, 1, 1], size: [1, 1], pads: [0, 0, 0, 0] }),
      second({ input: [57_335, 1, 1], size: [1, 1], pads: [0, 0, 0, 0] }),
    ],
    pool: [pooled({ kind: "max" }), pooled({ kind: "max", strides: [1, 1] })],
    function: relu,
    spikes: [neurons({ levels: 15 }), neurons({ levels: 16 })],
    phases,
    steps,
    "weight bits": [
      network([
        stage({ name: "first", weightBits: 8 }),
        stage({ input: [4, 16, 16], sources: ["first"], weightBits: 4 }),
      ]),
      network([
        stage({ name: "first", weightBits: 8 }),
        stage({ input: [4, 16, 16], sources: ["first"], weightBits: 5 }),
      ]),
    ],
    layers,
  },
  akida2: {
    "map size": [one({ output: [1, 4096, 1] }), one({ output: [1, 4097, 1] })],
    filters: filters(2048),
    "square kernel": square,
    dilation,
    "look-up function and max-pool": [
      pooled({ kind: "max" }),
      network([{ ...pooled({ kind: "max" }).stages[0], neurons: { ...plain, activation: { fn: "silu" } } }]),
    ],
    spikes: [neurons({ levels: 15 }), neurons({ neuron: "tracker" })],
    phases,
    steps,
    "weight bits": bits(8),
    layers,
  },
  loihi1: {
    // A neuron reads at most what a core receives.
    core: [one({ input: [4096, 16, 16], size: [1, 1] }), one({ input: [4097, 16, 16], size: [1, 1] })],
    function: relu,
    spikes,
    phases,
    "max-pool": maxPool,
    "weight bits": bits(8),
  },
  loihi2: {
    core: [one({ input: [131_072, 1, 1], size: [1, 1] }), one({ input: [131_073, 1, 1], size: [1, 1] })],
    "graded spikes": [neurons({ levels: 127 }), neurons({ levels: 2 ** 32 })],
    "max-pool": maxPool,
    "weight bits": bits(8),
  },
  spinnaker2: {
    // 8 bytes of the neuron and its weights make 128,000.
    core: [one({ input: [127_992, 1, 1], size: [1, 1] }), one({ input: [127_993, 1, 1], size: [1, 1] })],
    "weight bits": bits(8),
  },
  truenorth: {
    core: [one({ input: [256, 16, 16], size: [1, 1] }), one({ input: [257, 16, 16], size: [1, 1] })],
    function: relu,
    spikes,
    phases,
    "max-pool": maxPool,
    "weight bits": bits(2),
  },
};

describe.each(targetNames)("%s", (name) => {
  const target = targets[name];
  test("every rule is tested, and has a source", () => {
    expect(target.rules.map(({ rule }) => rule).sort()).toEqual(Object.keys(sides[name]).sort());
    for (const { source } of target.rules) expect(source).not.toBe("");
  });

  test.each(Object.entries(sides[name]))("%s: kept on one side, broken on the other", (rule, [kept, broken]) => {
    const findings = (of: ChipNetwork) => fitTo(target, of).rules.filter((found) => found.rule === rule);
    expect(findings(kept).every(({ ok }) => ok)).toBe(true);
    const faults = findings(broken).filter(({ ok }) => !ok);
    expect(faults.length).toBeGreaterThan(0);
    for (const { mend } of faults) expect(mend).toBeTruthy();
    expect(fitTo(target, broken).fits).toBe(false);
  });

  test("a small network of plain neurons fits", () => {
    expect(fitTo(target, one()).rules.filter(({ ok }) => !ok)).toEqual([]);
  });
});

const settings = conversionSettings("rate", { neuron: "if" });

test("stages of a network: who sends to whom, where pools are, what reads the head", () => {
  const { stages, others } = supposedStages(plainNetwork(1), settings);
  expect(others).toEqual([]);
  expect(stages.every(({ kind }) => kind === "convolution")).toBe(true);
  expect(stages[0].sources).toEqual([]);
  for (const [i, { sources }] of stages.slice(1).entries()) expect(sources).toEqual([stages[i].name]);
  expect(stages.map(({ neurons: of }) => of?.isReadout)).toEqual(stages.map((_, i) => i === stages.length - 1));
  expect(stages.flatMap(({ pools }) => pools).every(({ kind }) => kind === "max")).toBe(true);
});

/** Convolution, ReLU, a mean of 2×2 written as `pool` says, convolution, head. */
function withMean(pool: Layer): Graph {
  const random = seededRandom(3);
  return graphOf([
    { kind: "input", name: "input", inputs: [], shape: [3, 8, 8] },
    convolution("conv0", "input", [4, 3, 3], random),
    { kind: "activation", name: "relu0", inputs: ["conv0"], activation: { fn: "relu" } },
    pool,
    convolution("conv1", "pool", [7, 4, 1], random),
    { kind: "region", name: "head", inputs: ["conv1"], classes: 2, anchors: [1, 1], softmax: true },
  ]);
}

test("a mean pool and the convolution that conversion makes of it are the same pool", () => {
  const window = { size: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0] } as const;
  const mean = withMean({ kind: "averagePool", name: "pool", inputs: ["relu0"], ...window, countsPads: true });
  const averaging = {
    ...convolution("pool", "relu0", [4, 4, 2], seededRandom(1), { stride: 2, padding: 0, groups: 4 }),
    weights: floatTensor([4, 1, 2, 2], new Float32Array(16).fill(0.25)),
    bias: floatTensor([4], new Float32Array(4)),
  };
  const [ofMean, ofConvolution] = [mean, withMean(averaging)].map((graph) => supposedStages(graph, settings));
  expect(ofMean.stages).toHaveLength(2);
  expect(ofMean.stages[0].pools).toEqual([{ name: "pool", kind: "mean", ...window }]);
  expect(ofConvolution.stages.map(({ name, pools }) => ({ name, pools }))).toEqual(
    ofMean.stages.map(({ name, pools }) => ({ name, pools })),
  );
});

test("cores of Loihi 2 for Tiny YOLO's 5.8 million neurons: at least 708, on 6 chips", () => {
  // 13 × 13 up to 416 × 416 with 16 to 1,024 channels, as the cfg of Tiny YOLO (VOC) has them.
  const rows = [
    [3, 16, 416],
    [16, 32, 208],
    [32, 64, 104],
    [64, 128, 52],
    [128, 256, 26],
    [256, 512, 13],
    [512, 1024, 13],
    [1024, 1024, 13],
    [1024, 125, 13],
  ];
  const stages = rows.map(([inC, outC, size], i) =>
    stage({
      name: `conv${i}`,
      input: [inC, size, size],
      output: [outC, size, size],
      sources: i ? [`conv${i - 1}`] : [],
    }),
  );
  const { cores, chips } = fitTo(targets.loihi2, network(stages));
  expect(cores).toBeGreaterThanOrEqual(708);
  expect(chips).toBeGreaterThanOrEqual(6);
});

test("models/speck.cfg fits a Speck: eight convolutions, seven of them on cores of their own", () => {
  const cfg = readFileSync(new URL("../../models/speck.cfg", import.meta.url), "utf8");
  const { fits, cores, host } = fitTo(targets.speck, supposedStages(importDarknet({ cfg }), settings));
  expect({ fits, cores, host }).toEqual({ fits: true, cores: 7, host: ["conv10"] });
});
