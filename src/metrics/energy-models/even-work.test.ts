import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { conversionSettings } from "../../convert/modes.ts";
import { importDarknet } from "../../importers/darknet/import-darknet.ts";
import { supposedGraph } from "../../targets/supposed.ts";
import { evenWork } from "./even-work.ts";
import { estimateEnergy } from "./model.ts";
import { energyModels } from "./models.ts";

const cfg = readFileSync(new URL("../../../models/scenes.cfg", import.meta.url), "utf8");
const graph = supposedGraph(importDarknet({ cfg }), conversionSettings("fast"));

test("as many accumulates as asked for, by inputs that are all alike busy", () => {
  const work = evenWork(graph, 1.5);
  expect(work.acs / work.macs).toBeCloseTo(1.5, 12);
  expect(work.macs).toBe(144_405_504);
  const ofSpikes = work.connections.filter(({ from }) => from === "spikes");
  const rates = ofSpikes.map(({ spikesIn, inputs }) => spikesIn / inputs);
  for (const rate of rates) expect(rate).toBeCloseTo(rates[0], 12);
  const sent = work.populations.map(({ spikesOut, neurons }) => spikesOut / neurons);
  for (const rate of sent) expect(rate).toBeCloseTo(rates[0], 12);
  expect(work.connections.filter(({ from }) => from === "picture").map(({ acs }) => acs)).toEqual([0]);
});

test("where a verdict turns does not depend on how busy they are", () => {
  for (const model of energyModels().filter(({ dense }) => dense)) {
    const [little, much] = [0.25, 4].map((ratio) => estimateEnergy(model, evenWork(graph, ratio)));
    expect(little.quantizedBreakEvenRatio).toBeCloseTo(much.quantizedBreakEvenRatio as number, 9);
    expect(little.breakEvenRatio).toBeCloseTo(much.breakEvenRatio as number, 9);
  }
});
