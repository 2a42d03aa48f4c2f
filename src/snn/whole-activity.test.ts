import { expect, test } from "vitest";
import { randomPicture } from "../../test/graphs.ts";
import { randomSpikingGraph } from "../../test/random-spiking.ts";
import { consumersOf, type Graph, inferShapes, inputOf } from "../graph/graph.ts";
import { isPopulation } from "../graph/layers.ts";
import type { Checkpoint } from "./engine.ts";
import { eventEngine } from "./engines/event/event-engine.ts";
import { stepsNeeded } from "./whole-activity.ts";

const timeSteps = 8;

function delayed(seed: number): Graph {
  return randomSpikingGraph({
    seed,
    layers: 6,
    neuron: "tracker",
    pool: "delta",
    levels: 1,
    delay: 2,
    vInit: 0,
    firingThreshold: 0.5,
    phases: 8,
    bits: 8,
  });
}

/** Most delays on a way from the layer to an end of the graph, by walking every way; an island waits for all steps. */
function delaysBehind(graph: Graph, name: string): number {
  const next = consumersOf(graph).get(name) ?? [];
  return Math.max(
    0,
    ...next.map((layer) => {
      if (layer.kind === "island") return timeSteps;
      return (layer.kind === "integrateFire" ? layer.delay : 0) + delaysBehind(graph, layer.name);
    }),
  );
}

test.each([1, 2, 3])("a checkpoint counts all spikes that were sent for it: graph %d", async (seed) => {
  const graph = delayed(seed);
  const shapes = inferShapes(graph);
  const populations = graph.layers.filter(isPopulation).map(({ name }) => name);
  const rasters = populations.map((layer) => {
    const size = (shapes.get(layer) as readonly number[]).reduce((a, b) => a * b);
    return { layer, neurons: Array.from({ length: size }, (_, i) => i) };
  });
  const session = await eventEngine({ threads: 1 }).open(graph);
  const checkpoints: Checkpoint[] = [];
  const options = { timeSteps, at: [1, 3, 8], encoding: "constant", seed: 1, record: { rasters } } as const;
  for await (const checkpoint of session.run(randomPicture(inputOf(graph).shape, seed), options))
    checkpoints.push(checkpoint);
  await session.dispose();
  expect(checkpoints.map(({ t }) => t)).toEqual([1, 3, 8]);
  const whole = (checkpoints.at(-1) as Checkpoint).recorded.rasters;
  for (const { t, activity } of checkpoints) {
    for (const { layer, neurons } of rasters) {
      const steps = Math.min(timeSteps, t + delaysBehind(graph, layer));
      const sent = (whole.get(layer) as Int8Array).subarray(0, steps * neurons.length);
      expect([layer, t, activity.get(layer)?.spikes]).toEqual([
        layer,
        t,
        sent.reduce((sum, s) => sum + Math.abs(s), 0),
      ]);
    }
  }
  // Not vacuous: what the heads' step 1 rests on is more than each layer's first step.
  const [first] = checkpoints;
  const spikes = (of: Checkpoint) => [...of.activity.values()].reduce((sum, layer) => sum + layer.spikes, 0);
  expect(Math.max(...stepsNeeded(graph, first.t, timeSteps).values())).toBeGreaterThan(1);
  expect(spikes(first)).toBeGreaterThan(0);
});
