import { expect, test } from "vitest";
import { plainNetwork, randomPicture } from "../../test/graphs.ts";
import type { Activation } from "../functions/function.ts";
import { type Graph, isSpiking } from "../graph/graph.ts";
import { isPopulation } from "../graph/layers.ts";
import { calibrate, defaultMode, toSpiking } from "./convert.ts";
import { conversionSettings, modes } from "./modes.ts";

function withFunction(activation: Activation): Graph {
  const graph = plainNetwork(3);
  return {
    ...graph,
    layers: graph.layers.map((layer) => (layer.kind === "activation" ? { ...layer, activation } : layer)),
  };
}

const pictures = [1, 2, 3].map((seed) => randomPicture([3, 11, 9], seed));

test("networks of any function are converted by the same mode; others are refused by neurons that cannot follow", async () => {
  const silu = withFunction({ fn: "silu" });
  for (const network of [plainNetwork(3), silu]) {
    expect(defaultMode(network)).toBe("fast");
    const spiking = toSpiking(await calibrate(network, pictures));
    expect(isSpiking(spiking)).toBe(true);
    expect(spiking.simulation).toMatchObject({ timeSteps: 8, phases: 8, frameUnits: 255 });
    const neurons = spiking.layers.filter(isPopulation);
    expect(new Set(neurons.map(({ neuron, firingThreshold }) => `${neuron} ${firingThreshold}`))).toEqual(
      new Set(["tracker 0.75"]),
    );
  }
  const calibrated = await calibrate(silu, pictures);
  // Take-back neurons cannot follow SiLU; trackers stand for them, in the mode's own settings.
  expect(toSpiking(calibrated, modes.graded).simulation).toMatchObject({ timeSteps: 4, frameUnits: 105 });
  expect(() => toSpiking(calibrated, modes.paper)).toThrow(
    /silu; ibt neurons follow functions of two straight lines only/,
  );
});

test("the fast mode of before is reached by its options", () => {
  const before = conversionSettings("rate", { percentile: 99.95, phases: 6, delay: 1, timeSteps: 6 });
  expect(before).toMatchObject({
    neuron: "takeback",
    gain: 1,
    rounding: 0,
    clipping: "percentile",
    firingThreshold: 0.5,
  });
});

test("a mode's headroom above λ stays, until spikes have other levels", () => {
  expect(conversionSettings("fast").gain).toBe(1);
  expect(conversionSettings("fast", { levels: 3 }).gain).toBe(2);
  expect(conversionSettings("graded").gain).toBe(4);
  expect(conversionSettings("graded", { levels: 7 }).gain).toBe(4);
  expect(conversionSettings("fast", { levels: 7, gain: 3 }).gain).toBe(3);
});
