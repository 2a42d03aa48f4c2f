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

test("networks of two straight lines are converted by fast, others by track, unless another mode is asked for", async () => {
  expect(defaultMode(plainNetwork(3))).toBe("fast");
  const silu = withFunction({ fn: "silu" });
  expect(defaultMode(silu)).toBe("track");
  const calibrated = await calibrate(silu, pictures);
  const spiking = toSpiking(calibrated);
  expect(isSpiking(spiking)).toBe(true);
  expect(spiking.simulation).toMatchObject({ timeSteps: 7, phases: 8, frameUnits: 255 });
  const neurons = new Set(
    spiking.layers.filter(isPopulation).map(({ neuron, leadingThreshold }) => `${neuron} ${leadingThreshold}`),
  );
  expect(neurons).toEqual(new Set([`tracker ${2 / 3}`]));
  // Take-back neurons cannot follow SiLU; trackers stand for them, in the mode's own settings.
  expect(toSpiking(calibrated, modes.fast).simulation).toMatchObject({ timeSteps: 6, frameUnits: 63 });
  expect(() => toSpiking(calibrated, modes.paper)).toThrow(
    /silu; ibt neurons follow functions of two straight lines only/,
  );
});

test("a mode's headroom above λ stays, until spikes have other levels", () => {
  expect(conversionSettings("track").gain).toBe(0.7);
  expect(conversionSettings("track", { delay: 1 }).gain).toBe(0.7);
  expect(conversionSettings("track", { levels: 3 }).gain).toBe(2);
  expect(conversionSettings("graded").gain).toBe(4);
  expect(conversionSettings("graded", { levels: 7 }).gain).toBe(4);
  expect(conversionSettings("fast", { levels: 7, gain: 3 }).gain).toBe(3);
});
