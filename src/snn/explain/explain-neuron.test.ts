import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { graphOf, randomPicture } from "../../../test/graphs.ts";
import { randomSpikingGraph, type SpikingOptions } from "../../../test/random-spiking.ts";
import { SpikingYoloError } from "../../core/errors.ts";
import { floatTensor } from "../../core/tensor.ts";
import { type Encoding, type Graph, inferShapes, inputOf } from "../../graph/graph.ts";
import { isPopulation, type Layer } from "../../graph/layers.ts";
import { eventEngine } from "../engines/event/event-engine.ts";
import { referenceEngine } from "../engines/reference/reference-engine.ts";
import { explainNeuron } from "./explain-neuron.ts";

const options: fc.Arbitrary<SpikingOptions> = fc.record({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  layers: fc.integer({ min: 1, max: 9 }),
  neuron: fc.constantFrom("takeback", "ibt", "signed", "if", "tracker"),
  pool: fc.constantFrom("delta", "winner"),
  levels: fc.constantFrom(1, 3),
  phases: fc.constantFrom(1, 4),
  delay: fc.constantFrom(0, 1, 2),
  vInit: fc.constantFrom(0, 0.5),
  firingThreshold: fc.constantFrom(0.5, 0.65),
  bits: fc.constant(8),
});

const timeSteps = 6;
const every = Array.from({ length: timeSteps }, (_, i) => i + 1);

/** What the engine itself says of one neuron of each population: membranes after, and spikes at, every step. */
async function recorded(graph: Graph, encoding: Encoding, seed: number, place: number) {
  const shapes = inferShapes(graph);
  const image = randomPicture(inputOf(graph).shape, seed);
  const neurons = graph.layers.filter(isPopulation).map((layer) => {
    const [channels, height, width] = shapes.get(layer.name) as readonly [number, number, number];
    const index = place % (channels * height * width);
    const [channel, rest] = [Math.floor(index / (height * width)), index % (height * width)];
    return {
      layer: layer.name,
      index,
      cell: { layer: layer.name, channel, y: Math.floor(rest / width), x: rest % width },
    };
  });
  const record = {
    membranes: neurons.map(({ layer }) => layer),
    rasters: neurons.map(({ layer, index }) => ({ layer, neurons: [index] })),
  };
  const session = await referenceEngine.open(graph);
  const membranes: ReadonlyMap<string, Float64Array>[] = [];
  let rasters: ReadonlyMap<string, Int8Array> = new Map();
  for await (const checkpoint of session.run(image, { timeSteps, at: every, encoding, seed, record })) {
    membranes.push(checkpoint.recorded.membranes);
    rasters = checkpoint.recorded.rasters;
  }
  const told = neurons.map(({ layer, index, cell }) => ({
    cell,
    after: membranes.map((of) => of.get(layer)?.[index]),
    spikes: [...(rasters.get(layer) ?? [])],
  }));
  return { image, told };
}

describe("explainNeuron", () => {
  it("comes to the spikes and membranes that the reference engine has, by way of the event engine's spikes", async () => {
    let explained = 0;
    await fc.assert(
      fc.asyncProperty(
        options,
        fc.constantFrom<Encoding>("constant", "constant", "poisson"),
        fc.nat(1_000_000),
        async (o, encoding, place) => {
          const graph = randomSpikingGraph(o);
          const { image, told } = await recorded(graph, encoding, o.seed, place);
          const session = await eventEngine({ threads: 1 }).open(graph);
          try {
            for (const { cell, after, spikes } of told) {
              const run = { timeSteps, encoding, seed: o.seed };
              const explanation = await explainNeuron(graph, session, image, run, cell).catch((error) => {
                // Behind an island there are no spikes to tell of.
                if (error instanceof SpikingYoloError && error.code === "E_EXPLAIN") return undefined;
                throw error;
              });
              if (!explanation) continue;
              explained++;
              expect(explanation.steps.map(({ spike }) => spike)).toEqual(spikes);
              expect(explanation.steps.map(({ charge, given }) => charge - given)).toEqual(after);
              for (const step of explanation.steps) {
                const { charge, firesFrom, firesFromNeg, spike, target, reach, sent } = step;
                if (target !== null && reach !== null) {
                  expect(Math.abs(target - sent) >= reach).toBe(spike !== 0);
                  continue;
                }
                expect(firesFrom !== null && charge >= firesFrom).toBe(spike > 0);
                expect(firesFromNeg !== null && charge <= firesFromNeg).toBe(spike < 0);
              }
            }
          } finally {
            await session.dispose();
          }
        },
      ),
      { numRuns: 25, seed: 5 },
    );
    expect(explained).toBeGreaterThan(40);
  });

  it("tells of the paper's neuron what is computed by hand", async () => {
    // Two pixels of .5 and .25 with weights 1 and −2, bias .25: I = .5 − .5 + .25 a step; V_th = 1, V_th,neg = 8.
    const one = floatTensor([1], Float32Array.of(1));
    const layers: readonly Layer[] = [
      { kind: "input", name: "image", inputs: [], shape: [2, 1, 1] },
      {
        ...{ kind: "convolution", name: "conv", inputs: ["image"], strides: [1, 1], dilations: [1, 1] },
        ...{ pads: [0, 0, 0, 0], groups: 1, bias: floatTensor([1], Float32Array.of(0.25)) },
        weights: floatTensor([1, 2, 1, 1], Float32Array.of(1, -2)),
      },
      {
        ...{ kind: "integrateFire", name: "neuron", inputs: ["conv"], neuron: "ibt", lambda: one, vTh: one },
        ...{ activation: { fn: "leaky", slope: 0.125 }, vThNeg: floatTensor([1], Float32Array.of(8)), vInit: 0 },
        ...{ firingThreshold: 0.5, levels: 1, delay: 0 },
      },
    ];
    const graph = { ...graphOf(layers), simulation: { timeSteps: 5, encoding: "constant", decode: "vmem" } } as const;
    const image = floatTensor([2, 1, 1], Float32Array.of(0.5, 0.25));
    const session = await referenceEngine.open(graph);
    const run = { timeSteps: 5, encoding: "constant", seed: 1 } as const;
    const { steps, inputs } = await explainNeuron(graph, session, image, run, {
      ...{ layer: "neuron", channel: 0, y: 0, x: 0 },
    });
    expect(inputs).toEqual({ perStep: 0.25, once: 0 });
    // V: .25, .5, .75, 1 → fires and is 0 again, .25
    expect(steps.map(({ charge }) => charge)).toEqual([0.25, 0.5, 0.75, 1, 0.25]);
    expect(steps.map(({ spike }) => spike)).toEqual([0, 0, 0, 1, 0]);
    expect(steps[3]).toMatchObject({ given: 1, sent: 0, weight: 1, target: null });
    expect(steps[4].sent).toBe(1);
    // Found by halving, to 2^−20.
    expect(steps[0].firesFrom).toBeCloseTo(1, 5);
    expect(steps[0].firesFromNeg).toBeCloseTo(-8, 5);
  });
});
