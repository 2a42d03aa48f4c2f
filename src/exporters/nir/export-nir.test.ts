import { describe, expect, test } from "vitest";
import { runOnce } from "../../../test/engine-contract.ts";
import { randomPicture } from "../../../test/graphs.ts";
import {
  asPoisson,
  blackAndWhite,
  digested,
  plainSpiking,
  pooledCfg,
  pooledNetwork,
  portable,
} from "../../../test/portable-networks.ts";
import { randomSpikingGraph, type SpikingOptions } from "../../../test/random-spiking.ts";
import { runNir } from "../../../test/run-nir.ts";
import { withStatistics } from "../../../test/with-statistics.ts";
import { calibrate, toSpiking } from "../../convert/convert.ts";
import { conversionSettings } from "../../convert/modes.ts";
import type { FloatTensor } from "../../core/tensor.ts";
import { type Graph, headsOf, inputOf } from "../../graph/graph.ts";
import { isPopulation, type LayerKind, type ReadoutLayer } from "../../graph/layers.ts";
import { importDarknet } from "../../importers/darknet/import-darknet.ts";
import { readNir } from "../../nir/read-nir.ts";
import type { HeadReading } from "../../snn/engine.ts";
import { referenceEngine } from "../../snn/engines/reference/reference-engine.ts";
import { poissonSpikes } from "../../snn/input-coding.ts";
import type { ExportOptions } from "../exporter.ts";
import { exportNir, nirGraphOf } from "./export-nir.ts";

/**
 * Holds the file's graph, run by NIR's equations, against the reference engine: net counts of every neuron, and what heads read.
 * @param tolerance of heads, as a part of the greatest value: 0 where all numbers are whole.
 */
async function expectSameRun(
  graph: Graph,
  image: FloatTensor,
  options: ExportOptions = {},
  tolerance = 0,
): Promise<void> {
  const { bytes } = await exportNir(graph, options);
  const nir = await readNir(bytes, "test.nir");
  expect(digested(nir)).toEqual(digested(nirGraphOf(graph, options).graph));
  const timeSteps = 8;
  const encoding = graph.simulation?.encoding ?? "constant";
  const { totals, magnitudes } = runNir(nir, timeSteps, (t) =>
    encoding === "constant" ? image.data : poissonSpikes(image, 7, t),
  );
  const neurons = graph.layers.filter((layer) => layer.kind === "integrateFire").map(({ name }) => name);
  const session = await referenceEngine.open(graph);
  const run = { timeSteps, at: [timeSteps], encoding, seed: 7, record: { counts: neurons } };
  const [end] = await runOnce(session, image, run);
  for (const name of neurons) {
    const counts = end.recorded.counts.get(name) as Int32Array;
    const total = totals.get(name) as Float64Array;
    expect(
      counts.findIndex((count, i) => count !== total[i]),
      name,
    ).toBe(-1);
    expect(magnitudes.get(name), name).toBe(end.activity.get(name)?.spikes);
  }
  const readouts = graph.layers.filter((layer) => layer.kind === "readout");
  for (const head of headsOf(graph)) {
    const readout = readouts.find(({ name }) => name === head.inputs[0]) as ReadoutLayer;
    const output = totals.get(readouts.length > 1 ? `output_${readout.name}` : "output") as Float64Array;
    const { data } = (end.heads.get(head.name) as HeadReading).vmem;
    const area = data.length / readout.vTh.data.length;
    const value = (i: number) => {
      const c = Math.floor(i / area);
      return Math.fround((readout.lambda.data[c] * output[i]) / (readout.vTh.data[c] * timeSteps));
    };
    const greatest = data.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
    for (const [i, expected] of data.entries())
      expect(Math.abs(value(i) - expected)).toBeLessThanOrEqual(tolerance * greatest);
  }
}

describe("random networks in integers: NIR's equations give every neuron's count, and what heads read, exactly", () => {
  test.each(["if", "signed", "ibt"] as const)(
    "%s neurons, groups, uneven windows, sums, parts of channels",
    async (neuron) => {
      for (const [i, graph] of portable({ ...plainSpiking, neuron, bits: neuron === "signed" ? 16 : 8 }, 3).entries())
        await expectSameRun(graph, blackAndWhite(randomPicture(inputOf(graph).shape, i)));
    },
  );

  test("plain neurons as loops", async () => {
    for (const [i, graph] of portable(plainSpiking, 2).entries())
      await expectSameRun(graph, blackAndWhite(randomPicture(inputOf(graph).shape, i)), { loops: true });
  });

  test("Poisson spikes as input", async () => {
    for (const [i, graph] of portable({ ...plainSpiking, neuron: "ibt" }, 2, asPoisson).entries())
      await expectSameRun(graph, randomPicture(inputOf(graph).shape, i));
  });
});

describe("mean pools", () => {
  test("in float the neurons behind hold their factor, and the pool is a SumPool2d that every reader knows", async () => {
    const graph = await pooledNetwork({ bits: "float" });
    const types = [...nirGraphOf(graph).graph.nodes.values()].map(({ type }) => type);
    expect(types.filter((type) => type === "SumPool2d").length).toBe(2);
    expect(new Set(types)).toEqual(new Set(["Input", "Conv2d", "IF", "SumPool2d", "Output"]));
    // Sums of float64 in another order; what heads read is rounded to float32.
    await expectSameRun(graph, randomPicture(inputOf(graph).shape, 9), {}, 1e-6);
  });

  test("in integers a scale keeps them exact, unless the threshold holds the factor", async () => {
    const graph = await pooledNetwork({ bits: 8 });
    const types = [...nirGraphOf(graph).graph.nodes.values()].map(({ type }) => type);
    expect(types.filter((type) => type === "SumPool2d").length).toBe(2);
    await expectSameRun(graph, blackAndWhite(randomPicture(inputOf(graph).shape, 9)));
  });
});

describe("what NIR has no word for", () => {
  const refused = (graph: Graph, options?: ExportOptions) =>
    expect(() => nirGraphOf(graph, options)).toThrowError(expect.objectContaining({ code: "E_NOT_PORTABLE" }));
  const random = (changes: Partial<SpikingOptions>) =>
    portable(plainSpiking, 1).map(() => randomSpikingGraph({ ...plainSpiking, seed: seedOfPortable(), ...changes }))[0];

  test.each([
    ["take-back", { neuron: "takeback" }, /take-back neurons/],
    ["graded spikes", { levels: 3 }, /spikes of up to 3/],
    ["a delay", { delay: 2 }, /wait 2 steps/],
    ["membranes that begin elsewhere", { vInit: 0.5 }, /begin at 0\.5/],
  ] as const)("%s: refused by the layer's name, or written and listed", (_, changes, what) => {
    const graph = random(changes);
    const first = graph.layers.find(isPopulation)?.name as string;
    expect(() => nirGraphOf(graph)).toThrowError(what);
    expect(() => nirGraphOf(graph)).toThrowError(first);
    expect(nirGraphOf(graph, { lossy: true }).losses.join("\n")).toMatch(what);
  });

  test("trackers and phases, unless no neuron with thresholds follows the function", async () => {
    const graph = await pooledNetwork({ neuron: "tracker", phases: 3, delay: 2 });
    expect(() => nirGraphOf(graph)).toThrowError(/first 3 steps weigh more/);
    const { losses } = nirGraphOf(graph, { lossy: true });
    expect(losses.join("\n")).toMatch(/constants that come at every step, a 7th each/);
    const layers = graph.layers.map((layer) =>
      isPopulation(layer) ? { ...layer, activation: { fn: "silu" } as const } : layer,
    );
    refused({ ...graph, layers }, { lossy: true });
  });

  test("a DNN, and an enlargement even with lossy", () => {
    refused(importDarknet({ cfg: pooledCfg }), { lossy: true });
    refused(withKind("upsample"), { lossy: true });
  });

  test("a max-pool: the mean of its window with lossy", async () => {
    refused(withKind("maxPool"));
    const dnn = withStatistics(importDarknet({ cfg: pooledCfg.replaceAll("local_avgpool", "maxpool") }), 5);
    const images = [1, 2, 3].map((seed) => randomPicture(inputOf(dnn).shape, seed));
    const graph = toSpiking(await calibrate(dnn, images), conversionSettings("rate", { neuron: "if" }));
    const { graph: nir, losses } = nirGraphOf(graph, { lossy: true });
    expect(losses.join()).toMatch(/mean of the window/);
    const scales = [...nir.nodes.values()].filter((node) => node.type === "Scale");
    expect(scales.map(({ scale }) => scale.data[0])).toEqual([0.25, 0.25]);
  });
});

function withKind(kind: LayerKind): Graph {
  const graphs = Array.from({ length: 60 }, (_, seed) => randomSpikingGraph({ ...plainSpiking, seed }));
  return graphs.find(({ layers }) => layers.some((layer) => layer.kind === kind)) as Graph;
}

/** A seed whose plain network NIR can say. */
function seedOfPortable(): number {
  for (let seed = 1; ; seed++) {
    try {
      nirGraphOf(randomSpikingGraph({ ...plainSpiking, seed }));
      return seed;
    } catch {}
  }
}
