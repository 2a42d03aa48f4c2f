/** What a lane tells of a network does not depend on how much its spikes weigh. */
import { describe, expect, test } from "vitest";
import {
  calibrate,
  energyModels,
  estimateEnergy,
  inputOf,
  networkWork,
  referenceEngine,
  simulate,
  toSpiking,
  totalOf,
} from "../../../src/index.ts";
import { plainNetwork, randomPicture } from "../../../test/graphs.ts";
import { configurationOf } from "../state/configuration.ts";
import { openLane } from "./lane.ts";
import type { CheckpointView, Configuration, PopulationInfo } from "./protocol.ts";

const network = plainNetwork(5);
const { shape } = inputOf(network);
const image = randomPicture(shape, 9);
const dnn = await calibrate(
  network,
  [1, 2, 3, 4].map((seed) => randomPicture(shape, seed)),
);

/** Of 63 unit steps a few may be wrong after some layers; counted by the six steps, rates would be ten times as great. */
const roundingOfPhases = 0.1;

/** The same neurons and λ as of `rate`, in phases. */
const phased = configurationOf("rate", { percentile: 99.95, phases: 6, delay: 1, timeSteps: 6 });

async function lastOf(configuration: Configuration) {
  const { timeSteps } = configuration;
  const input = { image, toPicture: <T>(box: T) => box, toInput: <T>(box: T) => box };
  const options = { timeSteps, at: [timeSteps], seed: 1 };
  const lane = await openLane("a", toSpiking(dnn, configuration), referenceEngine, input, options);
  const checkpoint = (await lane.next()) as CheckpointView;
  return { lane, checkpoint };
}

test("tells what every energy model says of the work so far: the library's estimate of the same run", async () => {
  const { lane, checkpoint } = await lastOf(phased);
  const snn = toSpiking(dnn, phased);
  const session = await referenceEngine.open(snn);
  for await (const { t, activity } of simulate(session, image, { ...snn.simulation, at: [phased.timeSteps] })) {
    const work = networkWork(snn, activity, { t, timeSteps: phased.timeSteps });
    const estimates = energyModels().map((model) => estimateEnergy(model, work));
    expect(checkpoint.energies.map(({ name }) => name)).toEqual(estimates.map(({ model }) => model.name));
    expect(checkpoint.energies.map(({ snn: spent }) => spent)).toEqual(estimates.map((each) => totalOf(each.snn)));
    expect(checkpoint.energies.map(({ verdict }) => verdict)).toEqual(estimates.map(({ verdict }) => verdict));
  }
  expect(checkpoint.energies.find(({ name }) => name === "loihi")!.dnn).toBeNull();
  await Promise.all([lane.dispose(), session.dispose()]);
});

describe("a network in phases", () => {
  test("fires at the rates of one whose spikes weigh the same", async () => {
    const [fast, rate] = [
      await lastOf(phased),
      await lastOf(configurationOf("rate", { timeSteps: 256, percentile: 99.95 })),
    ];
    expect(Math.max(...rate.checkpoint.rates)).toBeGreaterThan(0.2);
    for (const [i, value] of rate.checkpoint.rates.entries())
      expect(Math.abs(fast.checkpoint.rates[i] - value), `channel ${i}`).toBeLessThan(roundingOfPhases);
    await Promise.all([fast.lane.dispose(), rate.lane.dispose()]);
  });

  test("has maps whose mean is the channel's rate, none beyond firing always", async () => {
    const { lane, checkpoint } = await lastOf(configurationOf("fast"));
    for (const {
      name,
      shape: [channels],
      firstChannel,
    } of lane.info.populations as readonly PopulationInfo[]) {
      for (let channel = 0; channel < channels; channel++) {
        const { rates } = lane.channelMaps(name, channel)!;
        const magnitudes = [...rates].map(Math.abs);
        expect(Math.max(...magnitudes)).toBeLessThanOrEqual(1);
        const mean = magnitudes.reduce((sum, rate) => sum + rate, 0) / rates.length;
        expect(checkpoint.rates[firstChannel + channel]).toBeCloseTo(mean, 5);
      }
    }
    await lane.dispose();
  });
});
