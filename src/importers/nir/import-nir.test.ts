import { describe, expect, test } from "vitest";
import { runOnce } from "../../../test/engine-contract.ts";
import { randomPicture } from "../../../test/graphs.ts";
import {
  asPoisson,
  blackAndWhite,
  digested,
  plainSpiking,
  pooledNetwork,
  portable,
} from "../../../test/portable-networks.ts";
import { runNir } from "../../../test/run-nir.ts";
import { gaussian, seededRandom } from "../../core/random.ts";
import { floatTensor, sizeOf } from "../../core/tensor.ts";
import { exportNir, nirGraphOf } from "../../exporters/nir/export-nir.ts";
import { type Graph, headsOf, inputOf } from "../../graph/graph.ts";
import { isPopulation } from "../../graph/layers.ts";
import type { NirGraph, NirNode, NodeOf, Reals } from "../../nir/nodes.ts";
import { writeNir } from "../../nir/write-nir.ts";
import type { Checkpoint } from "../../snn/engine.ts";
import { openSession } from "../../snn/engines/open-session.ts";
import { importNir, spikingGraphOf } from "./import-nir.ts";

/** One run, in the engine that a user would get: counts of all neurons, and what heads read. */
async function run(graph: Graph, seed: number): Promise<Checkpoint> {
  const session = await openSession(graph, { threads: 1 });
  const names = graph.layers.filter(isPopulation).map(({ name }) => name);
  const image = blackAndWhite(randomPicture(inputOf(graph).shape, seed));
  const encoding = graph.simulation?.encoding ?? "constant";
  const [end] = await runOnce(session, image, { timeSteps: 8, at: [8], encoding, seed: 3, record: { counts: names } });
  await session.dispose();
  return end;
}

async function expectSameAfterRoundTrip(graph: Graph): Promise<Graph> {
  const { bytes } = await exportNir(graph);
  const again = await importNir(bytes);
  const [expected, found] = [await run(graph, 4), await run(again, 4)];
  for (const [name, counts] of expected.recorded.counts) {
    const other = found.recorded.counts.get(name) as Int32Array;
    expect(
      counts.findIndex((count, i) => count !== other[i]),
      name,
    ).toBe(-1);
  }
  expect([...found.heads.keys()]).toEqual([...expected.heads.keys()]);
  for (const [name, reading] of expected.heads) {
    expect(found.heads.get(name)?.vmem.data).toEqual(reading.vmem.data);
    expect(found.heads.get(name)?.count.data).toEqual(reading.count.data);
  }
  // A second time nothing is written out any more that was not.
  const { layers } = spikingGraphOf(nirGraphOf(again).graph);
  expect(digested(layers)).toEqual(digested(again.layers));
  return again;
}

describe("graph → NIR → graph: the same counts and readings in the engine", () => {
  test.each(["if", "signed", "ibt"] as const)("%s neurons: random networks in integers", async (neuron) => {
    for (const graph of portable({ ...plainSpiking, neuron }, 2)) await expectSameAfterRoundTrip(graph);
  });

  test("Poisson spikes as input, 16 bits", async () => {
    for (const graph of portable({ ...plainSpiking, neuron: "signed", bits: 16 }, 2, asPoisson))
      await expectSameAfterRoundTrip(graph);
  });

  test.each([
    { bits: 8 },
    { bits: "float" },
    { bits: 8, neuron: "signed", decode: "count" },
    { bits: "float", encoding: "poisson", decode: "count" },
  ] as const)("mean pools, %j: layer by layer the same", async (settings) => {
    const graph = await pooledNetwork(settings);
    const again = await expectSameAfterRoundTrip(graph);
    expect(again.layers).toEqual(
      graph.layers.map((layer) => ("inputMean" in layer ? { ...layer, inputMean: undefined } : layer)),
    );
    expect(headsOf(again)).toEqual(headsOf(graph));
    const { phases: _, ...simulation } = graph.simulation;
    const facts = { layers: [], provenance: [] };
    expect({ ...again, ...facts }).toEqual({ ...graph, simulation, ...facts });
  });
});

/** Networks as others write them, run by NIR's own equations. */
describe("foreign graphs", () => {
  const random = seededRandom(11);
  const numbers = (...shape: readonly number[]): Reals => {
    // Few binary digits, so that sums are exact in any order.
    const data = Float32Array.from({ length: sizeOf(shape) }, () => Math.round(gaussian(random) * 8) / 16);
    return { dtype: "float32", shape, data };
  };
  const all = (value: number, ...shape: readonly number[]): Reals => ({
    ...{ dtype: "float32", shape },
    data: new Float32Array(sizeOf(shape)).fill(value),
  });
  const fire = (...shape: readonly number[]) =>
    ({
      type: "IF",
      r: all(1, ...shape),
      v_threshold: all(1, ...shape),
      v_reset: undefined,
      metadata: { reset: "subtract" },
    }) as const;
  const conv = (weight: Reals, options: Partial<NodeOf<"Conv2d">> = {}) =>
    ({
      ...{ type: "Conv2d", input_shape: undefined, stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 },
      ...{ weight, bias: numbers(weight.shape[0]), ...options },
    }) as NodeOf<"Conv2d">;
  const input = { type: "Input", shape: [2, 8, 8] } as const;
  const pool = (type: "SumPool2d" | "AvgPool2d", size: number) =>
    ({ type, kernel_size: [size, size], stride: [size, size], padding: [0, 0] }) as const;

  /** In a row, under the names that are given. */
  function chain(nodes: Readonly<Record<string, NirNode>>): NirGraph {
    const names = Object.keys(nodes);
    return {
      nodes: new Map(Object.entries(nodes)),
      edges: names.slice(1).map((name, i) => [names[i], name]),
      metadata: {},
    };
  }

  const cases: Readonly<Record<string, NirGraph>> = {
    "as sinabs writes them: sum pools, groups, flattening, a linear layer, spikes as output": chain({
      ...{ input, conv1: conv(numbers(4, 2, 3, 3)), if1: fire(4, 8, 8), pool1: pool("SumPool2d", 2) },
      ...{ conv2: conv(numbers(6, 2, 3, 3), { groups: 2 }), if2: fire(6, 4, 4) },
      ...{ flat: { type: "Flatten", input_type: [6, 4, 4], start_dim: 0, end_dim: -1 } },
      ...{
        fc: { type: "Affine", weight: numbers(5, 96), bias: numbers(5) },
        if3: fire(5),
        output: { type: "Output", shape: [5] },
      },
    }),
    "mean pools between a convolution with stride and scales on both sides": chain({
      ...{
        input,
        conv1: conv(numbers(4, 2, 3, 3), { stride: [1, 2] }),
        if1: fire(4, 8, 4),
        pool1: pool("AvgPool2d", 2),
      },
      ...{ scale1: { type: "Scale", scale: all(0.5, 4, 4, 2) }, conv2: conv(numbers(3, 4, 3, 1), { padding: [1, 0] }) },
      ...{
        scale2: { type: "Scale", scale: all(2, 3, 4, 2) },
        if2: fire(3, 4, 2),
        output: { type: "Output", shape: [3, 4, 2] },
      },
    }),
    "a linear layer without biases, right behind a pool, whose currents are the output": chain({
      ...{ input, conv1: conv(numbers(4, 2, 3, 3)), if1: fire(4, 8, 8), pool1: pool("SumPool2d", 4) },
      ...{ flat: { type: "Flatten", input_type: [4, 2, 2], start_dim: 0, end_dim: -1 } },
      ...{ fc: { type: "Linear", weight: numbers(7, 16) }, output: { type: "Output", shape: [7] } },
    }),
  };

  test.each(Object.entries(cases))("%s", async (_, nir) => {
    const graph = await importNir(await writeNir(nir));
    const image = randomPicture([2, 8, 8], 5);
    const rounded = floatTensor(
      image.shape,
      image.data.map((value) => Math.round(value * 16) / 16),
    );
    const { totals } = runNir(nir, 9, () => rounded.data);
    const populations = graph.layers.filter(isPopulation).map(({ name }) => name);
    const session = await openSession(graph);
    const run = { timeSteps: 9, at: [9], encoding: "constant", seed: 1, record: { counts: populations } } as const;
    const [end] = await runOnce(session, rounded, run);
    for (const name of populations.filter((each) => each.startsWith("if")))
      expect([...(end.recorded.counts.get(name) as Int32Array)], name).toEqual([...(totals.get(name) as Float64Array)]);
    expect(populations.length).toBeGreaterThan(1);
    expect(end.recorded.counts.get(populations[0])?.some((count) => count > 0)).toBe(true);
  });

  test("IF neurons that do not say how they are reset: refused, unless one does", async () => {
    const [[, nir]] = Object.entries(cases);
    const nodes = new Map([...nir.nodes].map(([name, node]) => [name, { ...node, metadata: {} }]));
    const bytes = await writeNir({ ...nir, nodes });
    await expect(importNir(bytes)).rejects.toMatchObject({ code: "E_RESET", message: expect.stringContaining("if1") });
    await expect(importNir(bytes, { reset: "subtract" })).resolves.toMatchObject({ classNames: [] });
  });

  /** A loop whose threshold reaches its membrane directly, too. */
  function twice(): NirGraph {
    const { graph } = nirGraphOf(portable({ ...plainSpiking, neuron: "ibt" }, 1)[0]);
    const membrane = [...graph.nodes.keys()].find((name) => name.endsWith("_membrane")) as string;
    return { ...graph, edges: [...graph.edges, [membrane.replace("_membrane", "_up"), membrane]] };
  }
  const [, sinabs] = Object.entries(cases)[0];
  const changed = (name: string, node: NirNode): NirGraph => ({
    ...sinabs,
    nodes: new Map([...sinabs.nodes, [name, node]]),
  });
  const linked = (from: string, to: string): NirGraph => ({ ...sinabs, edges: [...sinabs.edges, [from, to]] });
  test.each([
    ["an integrator that is given back to by two ways", twice(), /integrator .*membrane.* no neuron known here/],
    ["spikes that come back", linked("if2", "conv2"), /goes round in a circle/],
    [
      "neurons of a channel that differ",
      changed("if1", { ...fire(4, 8, 8), v_threshold: numbers(4, 8, 8) }),
      /node if1: neurons of one channel differ/,
    ],
    ["another r for some", changed("if3", { ...fire(5), r: all(2, 5) }), /r = 1 and 2/],
    [
      "a reset to something",
      changed("if1", { ...fire(4, 8, 8), v_reset: all(0.5, 4, 8, 8) }),
      /node if1: v_reset is not 0/,
    ],
    [
      "weights for other channels",
      changed("conv2", conv(numbers(6, 3, 3, 3))),
      /node conv2: its weights read 3 channels/,
    ],
    [
      "a linear layer for another length",
      changed("fc", { type: "Linear", weight: numbers(5, 95) }),
      /node fc: its weights read 95 values; 96 come in/,
    ],
    [
      "a lone threshold",
      changed("if1", { type: "Threshold", threshold: all(1, 4, 8, 8) }),
      /node if1: Threshold stands by itself/,
    ],
    ["a lone integrator", changed("if1", { type: "I", r: all(1, 4, 8, 8) }), /integrator if1 .* 0 thresholds read if1/],
    [
      "padding that would meet what a pool leaves over",
      changed("pool1", { ...pool("SumPool2d", 3) }),
      /node conv2: the pool before it leaves cells over/,
    ],
    ["two convolutions without neurons", changed("if1", conv(numbers(4, 4, 3, 3))), /node if1: it reads currents/],
    [
      "enormous padding",
      changed("conv2", conv(numbers(6, 2, 3, 3), { groups: 2, padding: [2 ** 23, 2 ** 23] })),
      /node conv2: it would give more than/,
    ],
  ] as const)("%s: one line", (_, nir, message) => {
    const refusal = expect.objectContaining({ code: "E_NIR", message: expect.stringMatching(message) });
    expect(() => spikingGraphOf(nir, { fileName: "x.nir" })).toThrowError(refusal);
    expect(() => spikingGraphOf(nir, { fileName: "x.nir" })).toThrowError(/^x\.nir.*$/);
  });
});
