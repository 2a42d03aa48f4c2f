import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainNetwork, randomPicture } from "../../test/graphs.ts";
import { convert } from "../convert/convert.ts";
import { conversionSettings } from "../convert/modes.ts";
import type { FloatTensor } from "../core/tensor.ts";
import { openDnn } from "../dnn/dnn-session.ts";
import { headsOf, inputOf } from "../graph/graph.ts";
import { eventEngine } from "../snn/engines/event/event-engine.ts";
import { referenceEngine } from "../snn/engines/reference/reference-engine.ts";
import { bestOf, type Candidate, chooseSettings, combinations, mostJudged, splitPictures } from "./choose-settings.ts";

const dnn = plainNetwork(3);
const picture = (seed: number) => randomPicture(inputOf(dnn).shape, seed);
const pictures = { calibration: [1, 2, 3].map(picture), judged: [4, 5].map(picture) };
const openSession = eventEngine({ threads: 1 }).open;
const space = { percentile: [50, 99, 99.9], firingThreshold: [0.5, 0.8] };

describe("chooseSettings", () => {
  /** By another way: converted whole, run in the reference engine, one step asked for, errors and accumulates by hand. */
  async function judgeByHand(changes: Partial<ReturnType<typeof conversionSettings>>) {
    const settings = conversionSettings("fast", { timeSteps: 12, ...changes });
    const snn = await convert(dnn, pictures.calibration, settings);
    const session = await referenceEngine.open(snn);
    const exact = await openDnn(dnn);
    const [{ name }] = headsOf(dnn);
    let error = 0;
    let synOps = 0;
    for (const image of pictures.judged) {
      const wanted = (await exact.run(image)).get(name) as FloatTensor;
      for await (const { heads, activity } of session.run(image, { ...settings, at: [12], seed: 1 })) {
        const values = heads.get(name)!.vmem.data;
        error += Math.hypot(...values.map((value, i) => value - wanted.data[i])) / Math.hypot(...wanted.data) / 2;
        for (const layer of activity.values()) synOps += layer.synOps;
      }
    }
    await exact.dispose();
    // Convolutions of 11×9, 6×5 (halved, rounded up) twice: 27·6, 54·10, 10·7 weights.
    return { error, acPerMac: synOps / 2 / (99 * 162 + 30 * 540 + 30 * 70) };
  }

  it("judges each combination on the judged pictures alone, and chooses by the rule; twice the same", async () => {
    const runs: number[][] = [];
    const options = { given: { timeSteps: 12 }, space, openSession };
    const choice = await chooseSettings(dnn, pictures, { ...options, onRun: (...run) => runs.push(run) });
    expect(choice.candidates.map(({ searched }) => searched)).toEqual(combinations(space));
    for (const { searched, outputError, acPerMac } of choice.candidates) {
      const expected = await judgeByHand(searched);
      // Batch norm there is none to fold, but ONNX Runtime's sums may differ in their last bits.
      expect(outputError).toBeCloseTo(expected.error, 5);
      expect(acPerMac).toBeCloseTo(expected.acPerMac, 9);
    }
    expect(choice.chosen).toBe(bestOf(choice.candidates));
    expect(choice.settings).toEqual(conversionSettings("fast", { timeSteps: 12, ...choice.chosen.searched }));
    expect(runs).toEqual(Array.from({ length: 12 }, (_, i) => [i + 1, 12]));
    expect(await chooseSettings(dnn, pictures, options)).toEqual(choice);
  });

  it("keeps what is given, and lets the mode's defaults follow what is searched", async () => {
    const { settings, candidates } = await chooseSettings(dnn, pictures, {
      ...{ mode: "paper", openSession },
      given: { timeSteps: 4, percentile: 99.5 },
      space: { percentile: [50, 99], levels: [3] },
    });
    expect(candidates.map(({ searched }) => searched)).toEqual([{ levels: 3 }]);
    expect(settings).toEqual(conversionSettings("paper", { timeSteps: 4, percentile: 99.5, levels: 3 }));
    expect(settings.gain).toBe(2);
  });
});

it("makes its networks of the calibrating pictures alone: those that judge change figures, and nothing else", async () => {
  async function chooseBy(calibrating: number, judging: number) {
    const opened: string[] = [];
    const { candidates } = await chooseSettings(
      dnn,
      { calibration: [picture(calibrating)], judged: [picture(judging)] },
      {
        space: { rounding: [0.01, 0.1] },
        openSession: (graph) => {
          opened.push(JSON.stringify(graph.layers));
          return openSession(graph);
        },
      },
    );
    return { opened, errors: candidates.map(({ outputError }) => outputError) };
  }
  const [one, other, third] = [await chooseBy(1, 4), await chooseBy(1, 5), await chooseBy(2, 4)];
  expect(other.opened).toEqual(one.opened);
  expect(other.errors).not.toEqual(one.errors);
  expect(third.opened).not.toEqual(one.opened);
});

describe("bestOf", () => {
  const candidate = (outputError: number, acPerMac: number): Candidate => ({ searched: {}, outputError, acPerMac });

  it("takes the cheapest of those that are nearly as good as the best", () => {
    const best = candidate(0.1, 9);
    const cheaper = candidate(0.1099, 5);
    const tooFar = candidate(0.111, 1);
    expect(bestOf([best, cheaper, tooFar])).toBe(cheaper);
    expect(bestOf([best, tooFar])).toBe(best);
    expect(bestOf([tooFar, candidate(0.2, 0)])).toBe(tooFar);
  });

  it("meets a target: the cheapest at an error, the best at a cost, or says how near it came", () => {
    const [fine, middle, coarse] = [candidate(0.02, 1.6), candidate(0.05, 1.2), candidate(0.1, 0.9)];
    const all = [fine, middle, coarse];
    expect(bestOf(all, { error: 0.06 })).toBe(middle);
    expect(bestOf(all, { error: 1 })).toBe(coarse);
    expect(bestOf(all, { cost: 1.2 })).toBe(middle);
    expect(bestOf(all, { cost: 9 })).toBe(fine);
    expect(() => bestOf(all, { error: 0.01 })).toThrow(/meets an error of 0.01; the nearest has an error of 0.0200/);
    expect(() => bestOf(all, { cost: 0.5 })).toThrow(/0.5 accumulates .* the nearest has .* at 0.900/);
  });

  it("takes the first of equals", () => {
    const [first, second] = [candidate(0.105, 5), candidate(0.1, 5)];
    expect(bestOf([first, second])).toBe(first);
  });
});

describe("splitPictures", () => {
  it("calibrates on every second and judges by others, 16 at most, spread over all", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 200 }), (count) => {
        const { calibration, judged } = splitPictures(Array.from({ length: count }, (_, i) => i));
        expect(calibration).toHaveLength(Math.ceil(count / 2));
        expect(judged).toHaveLength(Math.min(Math.floor(count / 2), mostJudged));
        expect(new Set([...calibration, ...judged]).size).toBe(calibration.length + judged.length);
        const gaps = judged.map((index, i) => index - (judged[i - 1] ?? -1));
        expect(Math.max(...gaps)).toBeLessThanOrEqual(count / judged.length + 3);
      }),
    );
  });

  it("refuses one picture", () => {
    expect(() => splitPictures(["one"])).toThrow(expect.objectContaining({ code: "E_CALIBRATION" }));
  });
});

describe("combinations", () => {
  it("is all of them in order, without what is given", () => {
    expect(combinations({ delay: [0, 1], bits: [8, "float"] })).toEqual([
      { delay: 0, bits: 8 },
      { delay: 0, bits: "float" },
      { delay: 1, bits: 8 },
      { delay: 1, bits: "float" },
    ]);
    expect(combinations({ delay: [0, 1], bits: [8] }, { delay: 7 })).toEqual([{ bits: 8 }]);
    expect(combinations({ delay: [0, 1] }, { delay: 7 })).toEqual([{}]);
  });
});
