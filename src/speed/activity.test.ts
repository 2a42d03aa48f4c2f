import { expect, test } from "vitest";
import { randomPicture } from "../../test/graphs.ts";
import { randomSpikingGraph } from "../../test/random-spiking.ts";
import { inferShapes } from "../graph/graph.ts";
import { isPopulation } from "../graph/layers.ts";
import { dnnOperations } from "../metrics/operations.ts";
import { eventEngine } from "../snn/engines/event/event-engine.ts";
import { referenceEngine } from "../snn/engines/reference/reference-engine.ts";
import { activityOf, tuneActivity } from "./activity.ts";

const spiking = {
  seed: 5,
  layers: 7,
  pool: "delta",
  levels: 1,
  delay: 0,
  vInit: 0,
  firingThreshold: 0.5,
  bits: 8,
} as const;
const timeSteps = 32;
const open = (graph: Parameters<ReturnType<typeof eventEngine>["open"]>[0]) => eventEngine({ threads: 1 }).open(graph);

test.each([
  ["takeback", 0.05],
  ["takeback", 0.25],
  ["ibt", 0.05],
  ["ibt", 0.15],
] as const)("%s neurons come to an activity of %d, as the reference engine counts it", async (neuron, activity) => {
  const snn = randomSpikingGraph({ ...spiking, neuron });
  const image = randomPicture(inferShapes(snn).get("input")!, 1);
  const tuned = await tuneActivity(snn, { activity, image, timeSteps, open });
  const session = await referenceEngine.open(tuned);
  for await (const checkpoint of session.run(image, { timeSteps, at: [timeSteps], encoding: "constant", seed: 1 })) {
    const reached = activityOf(checkpoint.activity, timeSteps, dnnOperations(snn).macs);
    expect(Math.abs(reached / activity - 1)).toBeLessThan(0.03);
  }
  // Only thresholds differ, and the two of a population by one factor.
  for (const [i, layer] of tuned.layers.entries()) {
    const before = snn.layers[i];
    if (!isPopulation(layer) || !isPopulation(before)) expect(layer).toBe(before);
    else {
      const factor = layer.vTh.data[0] / before.vTh.data[0];
      const negative = layer.vThNeg ? layer.vThNeg.data[0] / before.vThNeg!.data[0] : factor;
      expect(negative / factor).toBeCloseTo(1, 1);
    }
  }
});

test("an activity that cannot be had is refused with its reason", async () => {
  const snn = randomSpikingGraph({ ...spiking, neuron: "takeback" });
  const image = randomPicture(inferShapes(snn).get("input")!, 1);
  await expect(tuneActivity(snn, { activity: 5, image, timeSteps: 2, open })).rejects.toMatchObject({
    code: "E_ACTIVITY",
    message: expect.stringMatching(/does not come to an activity of 500 % in 2 steps/),
  });
});
