import { beforeAll, expect, test } from "vitest";
import { smallStudy, studyInputs, studySteps } from "../../../test/report-study.ts";
import { modes } from "../../convert/modes.ts";
import { openDnn } from "../../dnn/dnn-session.ts";
import type { Graph } from "../../graph/graph.ts";
import { dnnOperations } from "../../metrics/operations.ts";
import { referenceEngine } from "../../snn/engines/reference/reference-engine.ts";
import { stepWeight } from "../../snn/phases.ts";
import { simulate } from "../../snn/simulate.ts";
import { chooseFocus } from "./activations.ts";
import type { Study } from "./study.ts";

let result: Study;
let dnn: Graph;
let snn: Graph;

beforeAll(async () => {
  ({ study: result, dnn, snn } = await smallStudy());
});

const timeSteps = studySteps[studySteps.length - 1];
const fast = () => result.networks[2];

test("λ by channel is the greatest activation that the DNN has on the pictures", async () => {
  const session = await openDnn(dnn, { outputs: ["act0"] });
  const greatest = new Array(6).fill(0);
  for (const { image } of studyInputs(dnn)) {
    const { data } = (await session.run(image)).get("act0")!;
    for (const [i, value] of data.entries()) {
      const channel = Math.floor(i / 99);
      greatest[channel] = Math.max(greatest[channel], Math.abs(value));
    }
  }
  await session.dispose();
  expect(result.layers.map(({ layer }) => layer)).toEqual(["act0", "act2"]);
  expect(result.layers[0].channels).toEqual(greatest);
  expect(result.layers[0].whole).toBe(Math.max(...greatest));
});

test("the channel in focus has the least part of its layer's range, silent ones left out", () => {
  const parts = result.layers.flatMap(({ channels, whole }) => channels.map((value) => value / whole));
  expect(result.focusChannel.part).toBe(Math.min(...parts.filter((part) => part >= 0.01)));
  const layers = [{ layer: "a", channels: [1, 0.3, 0.001], whole: 1 }];
  expect(chooseFocus(layers)).toEqual({ layer: "a", channel: 1, part: 0.3 });
  expect(chooseFocus([{ layer: "a", channels: [0], whole: 1 }])).toMatchObject({ layer: "a", channel: 0 });
});

test("rates, spikes and accumulates are means of what single simulations count", async () => {
  const session = await referenceEngine.open(snn);
  const inputs = studyInputs(snn);
  let [acs, spikes] = [0, 0];
  const rates = new Array(6).fill(0);
  for (const { image } of inputs) {
    for await (const checkpoint of simulate(session, image, {
      ...snn.simulation!,
      timeSteps,
      at: [timeSteps],
      record: { counts: ["act0"] },
    })) {
      acs += checkpoint.synOps / inputs.length;
      spikes += checkpoint.activity.get("act0")!.spikes / inputs.length;
      for (const [i, count] of checkpoint.recorded.counts.get("act0")!.entries())
        rates[Math.floor(i / 99)] += Math.abs(count) / (99 * checkpoint.unitSteps * inputs.length);
    }
  }
  expect(fast().operations.map(({ t }) => t)).toEqual(studySteps);
  expect(fast().operations.at(-1)!.acs).toBe(acs);
  expect(fast().spikes.get("act0")).toBe(spikes);
  // Sums of fractions in another order.
  for (const [channel, rate] of rates.entries()) expect(fast().channelRates[channel]).toBeCloseTo(rate, 12);
  expect(result.dnn).toEqual(dnnOperations(dnn));
  expect([...result.neurons]).toEqual([
    ["act0", 6 * 99],
    ["act2", 10 * 30],
    ["region5_readout", 7 * 30],
  ]);
});

test("a first layer on a constant current is off by half a spike at most, and its error falls with time", () => {
  const errors = fast().errors.map(({ t, byLayer }) => ({ t, error: byLayer.get("act0")! }));
  // λ/2t a neuron, against a root mean square activation of λ/10 and more: measured λ's are the very maxima.
  for (const { t, error } of errors) expect(error).toBeLessThan(10 / (2 * t));
  expect(errors.at(-1)!.error).toBeLessThan(errors[0].error / 4);
});

test("rasters hold every step of the neurons drawn, which are active in the DNN", () => {
  const { neurons, layer } = result.focus.raster;
  expect(layer).toBe("act2");
  expect(neurons).toHaveLength(20);
  expect([...neurons].sort((a, b) => a - b)).toEqual(neurons);
  expect(new Set(neurons).size).toBe(20);
  for (const { raster } of result.networks) expect(raster).toHaveLength(20 * timeSteps);
  const net = (i: number) =>
    fast()
      .raster.filter((_, at) => at % 20 === i)
      .reduce((sum, spike, step) => sum + spike * stepWeight(step + 1, modes.fast.phases), 0);
  // Active in the DNN on that picture: nearly all have a positive count in the end.
  expect(neurons.filter((_, i) => net(i) > 0).length).toBeGreaterThan(14);
});
