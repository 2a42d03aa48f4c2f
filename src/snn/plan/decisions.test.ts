import { expect, test } from "vitest";
import { randomSpikingGraph } from "../../../test/random-spiking.ts";
import { floatTensor } from "../../core/tensor.ts";
import { decide } from "./decisions.ts";
import type { PopulationStage } from "./network.ts";
import { plainOptions, plansOf } from "./plan.ts";

const graph = randomSpikingGraph({
  ...{ seed: 6, layers: 12, neuron: "tracker", pool: "delta", levels: 1, phases: 8, delay: 0 },
  ...{ vInit: 0, firingThreshold: 0.5, bits: 8 },
});
const [{ network }] = plansOf(graph, plainOptions(graph));
const populations = network.stages.filter((stage): stage is PopulationStage => stage.kind === "population");

/** Its neurons' kernel where λ is `least` in one channel of each eight, and `usual` in all others. */
function neuronsWhere(stage: PopulationStage, least: number, usual: number): string {
  const { layer } = stage;
  const lambda = floatTensor(
    layer.lambda.shape,
    layer.lambda.data.map((_, c) => (c % 8 === 0 ? least : usual)),
  );
  return decide({ ...stage, layer: { ...layer, lambda } } as PopulationStage, network).neurons;
}

test("trackers are estimated where channels are alike, and looked up where one in eight is too small for the others' table", () => {
  // As many channels as there are λ: the smallest of a single channel would be the greatest, too.
  const several = populations.filter(({ layer }) => layer.lambda.data.length > 8);
  expect(several.length).toBeGreaterThan(0);
  for (const stage of several) {
    expect(["lines", "curve"], stage.layer.name).toContain(neuronsWhere(stage, 4, 4));
    expect(neuronsWhere(stage, 0.02, 4), stage.layer.name).toBe("tracker");
  }
});
