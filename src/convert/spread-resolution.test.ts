import { expect, test } from "vitest";
import { branchingNetwork, plainNetwork, randomPicture } from "../../test/graphs.ts";
import type { FloatTensor } from "../core/tensor.ts";
import { openDnn } from "../dnn/dnn-session.ts";
import { consumersOf, type Graph, headsOf, inferShapes, inputOf } from "../graph/graph.ts";
import { isPopulation } from "../graph/layers.ts";
import { calibrate, toSpiking } from "./convert.ts";
import { conversionSettings } from "./modes.ts";
import { noiseGains } from "./noise-gains.ts";
import { coarserLambda, coarsestDigits } from "./spread-resolution.ts";

const pictures = (graph: Graph) => [1, 2, 3].map((seed) => randomPicture(inputOf(graph).shape, seed));

test("a bit more buys the same for its accumulates in every channel, and all noise comes to what was allowed", async () => {
  const network = plainNetwork(3);
  const graph = await calibrate(network, pictures(network));
  const rounding = 0.02;
  const digits = coarsestDigits(graph, rounding);
  const noise = noiseGains(graph);
  const shapes = inferShapes(graph);
  const ratios: number[] = [];
  let power = 0;
  for (const [name, values] of digits) {
    const { gain, fanOut } = noise.get(name)!;
    const [, height, width] = shapes.get(name)!;
    for (const [c, digit] of values.entries()) {
      if (digit === 0) continue;
      ratios.push((digit ** 2 * gain[c]) / fanOut[c]);
      power += (height * width * gain[c] * digit ** 2) / 12;
    }
  }
  for (const ratio of ratios) expect(ratio / ratios[0]).toBeCloseTo(1, 9);
  // The heads' power by another way: from the DNN's outputs on the pictures that calibrated.
  const session = await openDnn(network);
  let heads = 0;
  for (const picture of pictures(network)) {
    const [{ data }] = [...(await session.run(picture)).values()] as FloatTensor[];
    heads += data.reduce((sum, value) => sum + value ** 2, 0) / 3;
  }
  await session.dispose();
  expect(Math.sqrt(power / heads)).toBeCloseTo(rounding, 5);
});

test("what heads read keeps its resolution, and nothing is spread without slopes or allowance", async () => {
  const network = branchingNetwork(2);
  const graph = await calibrate(network, pictures(network));
  const consumers = consumersOf(graph);
  const digits = coarsestDigits(graph, 0.02);
  for (const [name, values] of digits) {
    const isRead = consumers.get(name)?.some((layer) => headsOf(graph).includes(layer as never));
    expect([name, values.every((value) => value === 0)]).toEqual([name, isRead]);
  }
  const old = {
    ...graph,
    layers: graph.layers.map((layer) => {
      if (layer.kind !== "activation" || !layer.statistics) return layer;
      const { slope: _, ...statistics } = layer.statistics;
      return { ...layer, statistics };
    }),
  };
  expect(coarsestDigits(old, 0.02).size).toBe(0);
  expect(toSpiking(old, conversionSettings("fast", { rounding: 0.02 })).provenance.join()).toContain(
    "calibrated without slopes",
  );
  expect(coarsestDigits(graph, 0).size).toBe(0);
  expect([coarserLambda(2, 0.001, 256), coarserLambda(2, 1 / 64, 256), coarserLambda(2, 1, 256)]).toEqual([2, 4, 32]);
});

test("λ only grows", async () => {
  const network = plainNetwork(4);
  const graph = await calibrate(network, pictures(network));
  const lambdas = (rounding: number) =>
    toSpiking(graph, conversionSettings("fast", { rounding }))
      .layers.filter(isPopulation)
      .map(({ lambda }) => [...lambda.data]);
  const [alike, spread] = [lambdas(0), lambdas(0.05)];
  expect(spread.flat().some((value, i) => value > alike.flat()[i])).toBe(true);
  expect(spread.flat().every((value, i) => value >= alike.flat()[i])).toBe(true);
});
