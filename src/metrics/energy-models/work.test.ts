import { expect, test } from "vitest";
import { darknetCfg, scenesHead } from "../../../test/darknet-cfg.ts";
import { randomPicture } from "../../../test/graphs.ts";
import { calibrate, toSpiking } from "../../convert/convert.ts";
import { conversionSettings } from "../../convert/modes.ts";
import { inputOf } from "../../graph/graph.ts";
import { isPopulation } from "../../graph/layers.ts";
import { importDarknet } from "../../importers/darknet/import-darknet.ts";
import type { Checkpoint } from "../../snn/engine.ts";
import { referenceEngine } from "../../snn/engines/reference/reference-engine.ts";
import { simulate } from "../../snn/simulate.ts";
import { dnnOperations, remainingMacs, spikingOperations } from "../operations.ts";
import { networkWork, withSpikes } from "./work.ts";

const cfg = darknetCfg(
  "net width=24 height=24 channels=3",
  "convolutional filters=6 size=3 stride=2 pad=1 activation=leaky",
  "convolutional filters=8 size=1 stride=1 activation=leaky",
  "convolutional filters=10 size=3 stride=1 pad=1 activation=leaky",
  ...scenesHead,
);

async function spikingRun(mode: "fast" | "rate") {
  const dnn = importDarknet({ cfg, cfgName: "small.cfg" });
  const { shape } = inputOf(dnn);
  const snn = toSpiking(
    await calibrate(dnn, [randomPicture(shape, 1), randomPicture(shape, 2)]),
    conversionSettings(mode),
  );
  const session = await referenceEngine.open(snn);
  const { simulation } = snn;
  const { timeSteps } = simulation;
  let last: Checkpoint | undefined;
  for await (const checkpoint of simulate(session, randomPicture(shape, 3), { ...simulation, at: [timeSteps] }))
    last = checkpoint;
  await session.dispose();
  return { snn, activity: last!.activity, elapsed: { t: timeSteps, timeSteps } };
}

test.each(["fast", "rate"] as const)("work of a run, mode %s: what engines count, by layer", async (mode) => {
  const { snn, activity, elapsed } = await spikingRun(mode);
  const work = networkWork(snn, activity, elapsed);
  const counted = spikingOperations(snn, activity, elapsed);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  expect(work.macs).toBe(dnnOperations(snn).macs);
  expect(work.acs).toBe(counted.acs);
  expect(sum(work.connections.map(({ remainingMacs: macs }) => macs))).toBe(remainingMacs(snn));
  expect(sum(work.populations.map(({ spikesOut }) => spikesOut))).toBe(counted.spikes);
  expect(sum(work.populations.map(({ updates }) => updates))).toBe(counted.neuronUpdates);
  const lookups = sum(work.populations.map((population) => population.lookups));
  expect(lookups).toBe(mode === "fast" ? counted.neuronUpdates : 0);

  // A kernel of one position reaches the same everywhere: what comes in is what the population before has sent, spike by spike.
  const conv = snn.layers.find((layer) => layer.kind === "convolution" && layer.weights.shape[0] === 8)!;
  const before = snn.layers.find((layer) => isPopulation(layer) && layer.name === conv.inputs[0])!;
  const { spikesIn } = work.connections.find(({ name }) => name === conv.name)!;
  expect(spikesIn).toBeCloseTo(activity.get(before.name)!.spikes, 6);
});

test("of a frame of a video only what is new of the picture is multiplied", async () => {
  const { snn, activity, elapsed } = await spikingRun("fast");
  const [whole, part] = [1, 0.25].map((newPart) => networkWork(snn, activity, { ...elapsed, newPart }));
  const [picture] = part.connections.filter(({ from }) => from === "picture");
  expect(picture.remainingMacs).toBe(whole.connections.find(({ name }) => name === picture.name)!.remainingMacs / 4);
});

test("a network without spikes keeps its neurons and its picture", async () => {
  const { snn, activity, elapsed } = await spikingRun("fast");
  const work = networkWork(snn, activity, elapsed);
  const silent = withSpikes(work, 0);
  expect(silent.acs).toBe(0);
  expect(silent.populations.map(({ updates }) => updates)).toEqual(work.populations.map(({ updates }) => updates));
});
