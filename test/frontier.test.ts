/** The methods of comparison in bench/frontier: their neurons by hand, what stands around them by the DNN and by this project's own counts. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { meanReadout, multiThresholdNeurons, nearestThreshold } from "../bench/frontier/multi-threshold.js";
import { fanOuts, maxPoolOf, poolsBeforeNeurons, populationsOf } from "../bench/frontier/populations.js";
import { type Method, openMethod } from "../bench/frontier/simulator.js";
import { balance, balancedNeurons, chargePool, delayedReadout } from "../bench/frontier/threshold-balancing.js";
import { placePopulations } from "../src/convert/place-populations.ts";
import { type FloatTensor, floatTensor } from "../src/core/tensor.ts";
import { outputError } from "../src/detections/detections.ts";
import { openDnn } from "../src/dnn/dnn-session.ts";
import { graphToOnnx } from "../src/dnn/graph-to-onnx.ts";
import { isMonotone, slopeBelow, valueAt } from "../src/functions/functions.ts";
import { type Graph, headsOf, inferShapes, inputOf } from "../src/graph/graph.ts";
import type { ConvolutionLayer, Layer } from "../src/graph/layers.ts";
import { outputNames } from "../src/heads/heads.ts";
import { convolutionSynapses } from "../src/snn/engines/reference/synapses.ts";
import { simulate } from "../src/snn/simulate.ts";
import { branchingNetwork, plainNetwork, randomPicture } from "./graphs.ts";

const library = { headsOf, inferShapes, outputNames, graphToOnnx };
const identity = (x: number) => x;

describe("multi-threshold neurons", () => {
  test.each([
    [0.18, 0],
    [0.19, 0.25],
    [0.37, 0.25],
    [0.375, 0.5],
    [0.74, 0.5],
    [0.75, 1],
    [9, 1],
    [-0.18, 0],
    [-0.5, -0.5],
    [-9, -1],
  ])("of 1, ½ and ¼ the nearest to %d is %d", (v, nearest) => {
    expect(nearestThreshold(v, 0.25, 4)).toBe(nearest);
  });

  test("a silent channel stays silent", () => {
    expect(nearestThreshold(5, 0, 4)).toBe(0);
  });

  test("0.6 given once is sent as ½, ¼ and nothing: the mean of the rates is 0.5, then 0.625", () => {
    const neurons = multiThresholdNeurons({ thetas: [1], count: 3, at: identity, pool: null });
    const readout = meanReadout();
    const spikes = new Float32Array(1);
    neurons.begin(Float32Array.of(0));
    readout.begin(Float32Array.of(0));
    const seen = [0.6, 0, 0].map((current, i) => {
      neurons.step(i + 1, Float32Array.of(current), spikes);
      readout.step(i + 1, spikes);
      return [spikes[0], readout.value(i + 1)[0]];
    });
    expect(seen).toEqual([
      [0.5, 0.5],
      [0.25, 0.625],
      [0, 0.625],
    ]);
  });

  test("constants are there from the first step on: current 0.5 of which all is bias", () => {
    const neurons = multiThresholdNeurons({ thetas: [1], count: 3, at: identity, pool: null });
    const spikes = new Float32Array(1);
    neurons.begin(Float32Array.of(0.5));
    neurons.step(1, Float32Array.of(0.5), spikes);
    expect(spikes[0]).toBe(0.5);
  });

  test("after T steps the mean is θ/2T from the value at most", () => {
    fc.assert(
      fc.property(fc.double({ min: -1, max: 1, noNaN: true }), fc.integer({ min: 1, max: 40 }), (value, steps) => {
        const neurons = multiThresholdNeurons({ thetas: [1], count: 6, at: identity, pool: null });
        const spikes = new Float32Array(1);
        neurons.begin(Float32Array.of(0));
        let mean = 0;
        for (let t = 1; t <= steps; t++) {
          neurons.step(t, Float32Array.of(t === 1 ? value : 0), spikes);
          mean += spikes[0] / t;
        }
        expect(Math.abs(mean - value)).toBeLessThan(0.5 / steps + 1e-5);
      }),
    );
  });
});

describe("threshold balancing", () => {
  test("thresholds rise by twice the mean excess, and values are clipped to them", () => {
    const values = Float32Array.of(4, 0, -2, 0, /* second channel */ 1, 1, 1, 1);
    const thresholds = { above: Float64Array.of(0, 2), below: Float64Array.of(0, 0) };
    balance(values, thresholds);
    expect(thresholds).toEqual({ above: Float64Array.of(2, 2), below: Float64Array.of(1, 0) });
    expect([...values]).toEqual([2, 0, -1, 0, 1, 1, 1, 1]);
  });

  test("a neuron of threshold 1 that begins at ½ fires at 0.4 a step in steps 2, 4, 7 and 9", () => {
    const thresholds = { above: Float64Array.of(1), below: Float64Array.of(0) };
    expect(train({ thresholds, slope: 0, pool: null }, 0.4, 10)).toEqual([0, 1, 0, 1, 0, 0, 1, 0, 1, 0]);
  });

  test("−5 a step under a slope of 0.1 is −½: every other step, from the second on", () => {
    const thresholds = { above: Float64Array.of(1), below: Float64Array.of(1) };
    expect(train({ thresholds, slope: 0.1, pool: null }, -5, 6)).toEqual([0, -1, 0, -1, 0, -1]);
  });

  function train(options: Parameters<typeof balancedNeurons>[0], current: number, steps: number) {
    const neurons = balancedNeurons(options);
    const spikes = new Float32Array(1);
    neurons.begin(new Float32Array(1));
    return Array.from({ length: steps }, (_, i) => {
      neurons.step(i + 1, Float32Array.of(current), spikes);
      return spikes[0];
    });
  }

  test("a pool of charges passes on what the greatest charge has gained", () => {
    const pool = chargePool((values) => Float32Array.of(Math.max(...values)));
    pool.begin();
    const seen = [
      [1, 0],
      [0, 3],
      [-4, -1],
    ].map((currents) => pool.step(Float32Array.from(currents))[0]);
    expect(seen).toEqual([1, 2, -1]);
  });

  test("an evaluation from step 2 on leaves out what came before: (1 + 2 + 3 + 4 − 1 − 2)/2", () => {
    const readout = delayedReadout((t) => t / 2, [2, 4]);
    readout.begin(new Float32Array(1));
    for (const t of [1, 2, 3, 4]) readout.step(t, Float32Array.of(t));
    expect([...readout.value(4)]).toEqual([3.5]);
  });
});

describe("what stands around the neurons", () => {
  const graph = placePopulations(plainNetwork(5));
  const pooled = poolsBeforeNeurons(graph, isMonotone);

  test("pools before neurons compute what the DNN does, and every pool is read by neurons", async () => {
    expect(graph.layers.some(({ kind }) => kind === "maxPool")).toBe(true);
    for (const { name, kind } of pooled.layers) {
      const readers = pooled.layers.filter(({ inputs }) => inputs.includes(name));
      if (kind === "maxPool") expect(readers.map((reader) => reader.kind)).toEqual(["activation"]);
    }
    expect(await errorOf(pooled, graph)).toBeLessThan(1e-6);
  });

  test("a function that falls keeps its neurons before the pool, and linear ones come after it", async () => {
    const layers = graph.layers.map(
      (layer): Layer =>
        layer.kind === "activation" && layer.activation.fn !== "linear"
          ? { ...layer, activation: { fn: "silu" } }
          : layer,
    );
    const falling = { ...graph, layers };
    const after = poolsBeforeNeurons(falling, isMonotone);
    expect(populationsOf(after).length).toBeGreaterThan(populationsOf(pooled).length);
    expect(await errorOf(after, falling)).toBeLessThan(1e-6);
  });

  async function errorOf(one: Graph, other: Graph) {
    const picture = pictureOf(graph);
    const [a, b] = await Promise.all([one, other].map(async (network) => (await openDnn(network)).run(picture)));
    return outputError(a, b);
  }

  test("a spike reaches as many synapses as the reference engine's convolution counts, at borders too", () => {
    const shapes = inferShapes(pooled);
    const reached = fanOuts(pooled, shapes);
    const convolutions = pooled.layers.filter((layer) => layer.kind === "convolution" && reached.has(layer.inputs[0]));
    expect(convolutions.length).toBe(2);
    for (const layer of convolutions as ConvolutionLayer[]) {
      const own = reached.get(layer.inputs[0])!;
      for (let i = 0; i < own.length; i++) {
        const synapses = convolutionSynapses(layer, shapes.get(layer.inputs[0])!, shapes.get(layer.name)!);
        synapses.accumulate(Float64Array.from(own, (_, j) => (j === i ? 1 : 0)));
        expect(own[i], `${layer.name}, ${i}`).toBe(synapses.synOps());
      }
    }
  });

  test("through slices, sums, concatenation and upsampling, by hand", () => {
    const branching = poolsBeforeNeurons(placePopulations(branchingNetwork(5)), isMonotone);
    const reached = fanOuts(branching, inferShapes(branching));
    const most = (name: string) => Math.max(...reached.get(name)!);
    // 8 outputs of a 1 × 1 convolution, and a sum.
    expect(most("act0")).toBe(9);
    // 6 outputs; the slice goes to a pool, whose neurons fire themselves.
    expect(most("act2")).toBe(6);
    // 7 outputs, and 5 at each of 4 positions after upsampling.
    expect(most("act3")).toBe(7 + 4 * 5);
    // 7 outputs at each of 4 positions, after upsampling and concatenation.
    expect(most("wide")).toBe(4 * 7);
  });

  test("a max-pool is that of ONNX Runtime, at borders too", async () => {
    const pool = {
      kind: "maxPool",
      name: "p",
      inputs: ["c"],
      size: [3, 2],
      strides: [2, 1],
      pads: [1, 0, 1, 1],
    } as const;
    const weights = floatTensor([2, 2, 1, 1], Float32Array.of(1, 0, 0, 1));
    const window = { strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0], groups: 1 } as const;
    const layers: Layer[] = [
      { kind: "input", name: "i", inputs: [], shape: [2, 5, 4] as never },
      { kind: "convolution", name: "c", inputs: ["i"], weights, ...window },
      pool,
    ];
    const picture = randomPicture([2, 5, 4], 3);
    const network = { ...graph, layers };
    const wanted = (await (await openDnn(network, { outputs: ["p"] })).run(picture)).get("p")!;
    const pooledHere = maxPoolOf(pool, [2, 5, 4], wanted.shape)(picture.data);
    expect([...pooledHere]).toEqual([...wanted.data]);
  });
});

describe("time steps", async () => {
  const graph = poolsBeforeNeurons(placePopulations(plainNetwork(5)), isMonotone);
  const picture = pictureOf(graph);
  const dnn = await openDnn(graph, { outputs: populationsOf(graph).map(({ layer }) => layer.name) });
  const wanted = await dnn.run(picture);
  const heads = new Map(
    [...wanted].filter(([name]) => headsOf(graph).some((head) => outputNames(head).includes(name))),
  );
  const greatest = (name: string) => {
    const { data, shape } = wanted.get(name)!;
    const area = data.length / shape[0];
    return Float64Array.from({ length: shape[0] }, (_, c) =>
      data.subarray(c * area, (c + 1) * area).reduce((most, value) => Math.max(most, Math.abs(value)), 0),
    );
  };

  async function run(method: Method, at: readonly number[]) {
    const session = await openMethod(graph, method, library);
    const options = { timeSteps: at.at(-1)!, at, encoding: "constant", decode: "vmem" } as const;
    const seen: { error: number; synOps: number }[] = [];
    for await (const { outputs, synOps } of simulate(session, picture, options))
      seen.push({ error: outputError(outputs, heads), synOps });
    return seen;
  }

  test("with differential coding the heads come to the DNN's, and what is right already costs little", async () => {
    const method: Method = {
      name: "multi-threshold",
      picture: "once",
      readout: meanReadout,
      neurons: ({ layer: { name, activation } }, pool) =>
        multiThresholdNeurons({ thetas: greatest(name), count: 8, at: (x) => valueAt(activation, x), pool }),
    };
    const [first, second, , , last, end] = await run(method, [1, 2, 4, 8, 16, 32]);
    expect(end.error).toBeLessThan(0.005);
    expect(end.error).toBeLessThan(first.error);
    expect((end.synOps - last.synOps) / 16).toBeLessThan(0.5 * (second.synOps - first.synOps));
  });

  test("with balanced thresholds they do, more slowly", async () => {
    const method: Method = {
      name: "threshold balancing",
      picture: "steady",
      readout: () => delayedReadout((t) => t / 2, [8, 16, 256, 512]),
      neurons: ({ layer: { name, activation } }, pool) => {
        const thresholds = { above: greatest(name), below: greatest(name) };
        return balancedNeurons({ thresholds, slope: slopeBelow(activation)!, pool });
      },
    };
    const [early, late] = await run(method, [16, 512]);
    expect(late.error).toBeLessThan(0.03);
    expect(late.error).toBeLessThan(early.error);
  });
});

function pictureOf(graph: Graph): FloatTensor {
  return randomPicture(inputOf(graph).shape, 9);
}
