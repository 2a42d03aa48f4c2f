/** NeuroBench's metrics against its own code (networks, pictures and figures of bench/peers/neurobench.js), and against what engines count. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { plainNetwork, randomPicture } from "../../test/graphs.ts";
import { calibrate, toSpiking } from "../convert/convert.ts";
import { conversionSettings } from "../convert/modes.ts";
import { floatTensor, tensor } from "../core/tensor.ts";
import { inputOf, type SpikingGraph } from "../graph/graph.ts";
import { decodeModel } from "../graph/model-file.ts";
import { referenceEngine } from "../snn/engines/reference/reference-engine.ts";
import { simulate } from "../snn/simulate.ts";
import { neuroBench } from "./neurobench.ts";

describe("equal to the Python package", () => {
  const folder = join(import.meta.dirname, "../../test/neurobench");
  const theirs = JSON.parse(readFileSync(join(folder, "neurobench.json"), "utf8"));
  const values = new Float32Array(new Uint8Array(readFileSync(join(folder, "pictures.bin"))).buffer);
  const shape = [3, 24, 32];
  const size = 3 * 24 * 32;
  const pictures = [0, 1].map((i) => floatTensor(shape, values.slice(i * size, (i + 1) * size)));

  test.each(["plain", "graded"])("%s spikes", async (kind) => {
    const { snn } = decodeModel(readFileSync(join(folder, `${kind}.safetensors`)), kind);
    const { ActivationSparsity, ...ours } = await neuroBench(snn as SpikingGraph, pictures);
    const { ActivationSparsity: sparsity, ...rest } = theirs[kind].results;
    expect(ours).toEqual(rest);
    // Theirs is a mean of quotients, ours a quotient of sums: the last digit may differ.
    expect(ActivationSparsity).toBeCloseTo(sparsity, 14);
  });
});

/** A network of binary signed spikes without a weight of 0. */
async function binaryNetwork(): Promise<SpikingGraph> {
  const graph = plainNetwork(3);
  const dnn = await calibrate(graph, [randomPicture(inputOf(graph).shape, 1)]);
  const snn = toSpiking(dnn, conversionSettings("rate", { timeSteps: 16 }));
  const layers = snn.layers.map((layer) => {
    if (layer.kind !== "convolution") return layer;
    const { shape, data } = layer.weights;
    return {
      ...layer,
      weights: tensor(
        "int8",
        shape,
        Int8Array.from(data, (weight) => weight || 1),
      ),
    };
  });
  return { ...snn, layers };
}

test("where no weight is 0 and spikes are binary, effective accumulates are the engine's synaptic operations", async () => {
  const snn = await binaryNetwork();
  const image = randomPicture(inputOf(snn).shape, 5);
  const session = await referenceEngine.open(snn);
  let counted = { spikes: 0, synOps: 0, hidden: 0 };
  for await (const { activity, spikes, synOps } of simulate(session, image, { ...snn.simulation, at: [16] })) {
    const readouts = snn.layers.filter(({ kind }) => kind === "readout").map(({ name }) => activity.get(name)!.spikes);
    counted = { spikes, synOps, hidden: spikes - readouts.reduce((a, b) => a + b, 0) };
  }
  const { SynapticOperations, ActivationSparsity, MembraneUpdates } = await neuroBench(snn, [image]);
  expect(SynapticOperations.Effective_ACs).toBe(counted.synOps);
  const neurons = 6 * 99 + 10 * 30;
  expect(ActivationSparsity).toBeCloseTo(1 - counted.hidden / (16 * neurons), 12);
  expect(MembraneUpdates).toBeGreaterThanOrEqual(neurons);
  expect(MembraneUpdates).toBeLessThanOrEqual(16 * neurons);
});

test("weights of 0 take operations away, and dense operations stay", async () => {
  const snn = await binaryNetwork();
  const image = randomPicture(inputOf(snn).shape, 5);
  const second = snn.layers.filter(({ kind }) => kind === "convolution")[1];
  const layers = snn.layers.map((layer) =>
    layer === second && layer.kind === "convolution"
      ? { ...layer, weights: tensor("int8", layer.weights.shape, new Int8Array(layer.weights.data.length)) }
      : layer,
  );
  const [whole, part] = [await neuroBench(snn, [image]), await neuroBench({ ...snn, layers }, [image])];
  expect(part.SynapticOperations.Dense).toBe(whole.SynapticOperations.Dense);
  expect(part.SynapticOperations.Effective_ACs).toBeLessThan(whole.SynapticOperations.Effective_ACs);
  expect(part.ConnectionSparsity).toBeGreaterThan(0.5);
});
