import { describe, expect, it } from "vitest";
import { plainNetwork, randomPicture } from "../../test/graphs.ts";
import { calibrate, toSpiking } from "../convert/convert.ts";
import { conversionSettings } from "../convert/modes.ts";
import { fingerprint } from "../core/fingerprint.ts";
import type { DataSet, ObjectAnnotation } from "../data/dataset.ts";
import { inputOf } from "../graph/graph.ts";
import type { EvaluationSetup, PictureResult, SpikingReading } from "./picture.ts";
import { type CheckpointScores, reportEvaluation, stepsToShare } from "./report.ts";

const object = (xMin: number): ObjectAnnotation => ({
  ...{ xMin, yMin: 0, xMax: xMin + 10, yMax: 10 },
  ...{ classIndex: 1, difficult: false, crowd: false, area: 100 },
});
const dataSet: DataSet = {
  ...{ format: "voc", rule: "voc", name: "two pictures", classNames: ["cat", "dog"], remarks: [] },
  images: ["a", "b"].map((id, index) => ({ id, path: "", objects: [object(10 * index)] })),
};
/** The model's class 0 is the data set's dog; its class 1 nobody knows. */
const classes = { toDataSet: [1, -1], onlyInModel: ["yeti"], onlyInDataSet: ["cat"] };
const found = (xMin: number, score: number) => [0, score, xMin, 0, xMin + 10, 10];
const reading = (t: number, detections: readonly number[], work: number): SpikingReading => ({
  ...{ t, detections, spikes: work, synOps: 10 * work, outputError: 1 / work },
});

const never = { meanSteps: 6, maxSteps: 6, settledShare: 0 };

async function setupOf(): Promise<EvaluationSetup> {
  const graph = plainNetwork(1);
  const dnn = await calibrate(graph, [randomPicture(inputOf(graph).shape, 1)]);
  const snn = toSpiking(dnn, conversionSettings("fast"));
  return { dnn, seed: 1, configurations: [{ name: "one", graph: snn, decodings: ["vmem", "count"], at: [2, 4] }] };
}

describe("reportEvaluation", () => {
  it("matches classes, keeps rows and checkpoints apart, and averages work over the pictures", async () => {
    const results: PictureResult[] = [
      {
        dnn: found(0, 0.9),
        snn: [
          [reading(2, [], 1), reading(4, found(0, 0.5), 2)],
          [reading(2, [], 1), reading(4, [], 2)],
        ],
      },
      {
        dnn: [...found(10, 0.8), 1, 0.99, 0, 0, 5, 5],
        snn: [
          [reading(2, found(10, 0.5), 3), reading(4, found(10, 0.5), 4)],
          [reading(2, found(30, 0.9), 3), reading(4, found(10, 0.9), 4)],
        ],
      },
    ];
    const report = reportEvaluation(dataSet, classes, await setupOf(), results);
    expect(report.dnn).toMatchObject({
      map50: 1,
      perClass: [{ positives: 0 }, { positives: 2, detections: 2, ap50: 1 }],
    });
    const [vmem, count] = report.configurations;
    expect(vmem.snn.map(({ t, map50 }) => [t, map50])).toEqual([
      [2, 0.5],
      [4, 1],
    ]);
    expect(count.snn.map(({ t, map50 }) => [t, map50])).toEqual([
      [2, 0],
      [4, 0.5],
    ]);
    // The DNN finds everything in every draw; an SNN that does, too, has its whole mAP in each.
    // (Eleven elevenths add up to a bit more than 1.)
    const whole = expect.closeTo(1, 12);
    expect(report.dnn?.interval).toEqual({ low: whole, high: whole });
    expect(vmem.snn[1].share).toEqual({ value: 1, low: 1, high: 1 });
    // Found in one of two pictures, so at six of VOC 2007's eleven recalls; draws hold that picture twice, once or never.
    expect(vmem.snn[0].share).toEqual({ value: expect.closeTo(6 / 11, 12), low: 0, high: 1 });
    expect(vmem.snn[0]).toMatchObject({ spikes: 2, synOps: 20, outputError: 2 / 3 });
    expect([vmem.stepsTo98Percent, count.stepsTo98Percent]).toEqual([4, null]);
  });

  it("misses the objects of pictures that could not be read, and takes no part of them into the means", async () => {
    const failure = { code: "E_IMAGE", message: "b.jpg is not a picture" };
    const rows = [
      [reading(2, found(0, 0.5), 1), reading(4, found(0, 0.5), 2)],
      [reading(2, [], 1), reading(4, [], 2)],
    ];
    const report = reportEvaluation(dataSet, classes, await setupOf(), [
      { dnn: found(0, 0.9), snn: rows },
      { failure },
    ]);
    expect(report.failures).toEqual([{ image: "b", ...failure }]);
    expect(report).toMatchObject({ images: 2, dnn: { map50: 0.5 } });
    expect(report.configurations[0].snn[0]).toMatchObject({ map50: 0.5, spikes: 1 });
  });

  it("counts the first layer's MACs once, and 0.9 or 0.1 picojoules an accumulate", async () => {
    const setup = await setupOf();
    const row = [reading(2, [], 1), reading(4, [], 2)];
    const { dnn, configurations } = reportEvaluation(
      { ...dataSet, images: dataSet.images.slice(0, 1) },
      classes,
      setup,
      [{ dnn: [], snn: [row, row] }],
    );
    const [two, four] = configurations[0].snn;
    expect(four.energy.float32Picojoules - two.energy.float32Picojoules).toBeCloseTo(10 * 0.9, 9);
    expect(four.energy.int32Picojoules - two.energy.int32Picojoules).toBeCloseTo(10 * 0.1, 9);
    const firstLayerMacs = (two.energy.float32Picojoules - 10 * 0.9) / 4.6;
    expect(firstLayerMacs).toBeGreaterThan(0);
    expect(firstLayerMacs).toBeLessThan(dnn!.macs);
  });
});

describe("reportEvaluation with a patience", () => {
  const setup = async (): Promise<EvaluationSetup> => {
    const { configurations, ...rest } = await setupOf();
    return { ...rest, configurations: [{ ...configurations[0], decodings: ["vmem"], at: [2, 4, 6] }] };
  };
  /** A finds its object from step 2 on; B not before the last step, after it has seen another twice that scores too low to be shown. */
  const results: PictureResult[] = [
    { dnn: found(0, 0.9), snn: [[2, 4, 6].map((t) => reading(t, found(0, 0.5), t))] },
    {
      dnn: found(10, 0.9),
      snn: [[reading(2, found(40, 0.2), 20), reading(4, found(40, 0.2), 40), reading(6, found(10, 0.5), 60)]],
    },
  ];

  it("reads each picture where it settled, and the others at the end", async () => {
    const { configurations } = reportEvaluation(dataSet, classes, await setup(), results, { patience: 1 });
    const [{ settled, snn }] = configurations;
    expect(settled).toMatchObject({ patience: 1, meanSteps: 5, maxSteps: 6, settledShare: 0.5, map50: 1 });
    expect(settled).toMatchObject({ spikes: (4 + 60) / 2, synOps: 10 * ((4 + 60) / 2) });
    expect(snn.map(({ map50 }) => map50)).toEqual([0.5, 0.5, 1]);
    const longer = reportEvaluation(dataSet, classes, await setup(), results, { patience: 3 });
    expect(longer.configurations[0].settled).toEqual({ ...snn[2], t: undefined, patience: 3, ...never });
  });

  it("leaves pictures that could not be read out of the steps, but not their objects out of the mAP", async () => {
    const failure = { code: "E_IMAGE", message: "b.jpg is not a picture" };
    const mixed = [results[0], { failure }];
    const { configurations } = reportEvaluation(dataSet, classes, await setup(), mixed, { patience: 1 });
    expect(configurations[0].settled).toMatchObject({ meanSteps: 4, settledShare: 1, map50: 0.5, spikes: 4 });
  });

  it("says nothing of settling unless it was asked to", async () => {
    const { configurations } = reportEvaluation(dataSet, classes, await setup(), results);
    expect(configurations[0]).not.toHaveProperty("settled");
  });
});

describe("stepsToShare", () => {
  const at = (...maps: readonly number[]) =>
    maps.map((map50, i) => ({ t: 2 ** i, map50, perClass: [] })) as unknown as CheckpointScores[];
  const dnn = { map50: 0.5, perClass: [] };

  it("is the checkpoint from which on the share is kept", () => {
    expect(stepsToShare(at(0.1, 0.49, 0.5), dnn, 0.98)).toBe(2);
    expect(stepsToShare(at(0.1, 0.5, 0.4, 0.49), dnn, 0.98)).toBe(8);
    expect(stepsToShare(at(0.1, 0.5, 0.4), dnn, 0.98)).toBeNull();
    expect(stepsToShare(at(0.6), { map50: null, perClass: [] }, 0.98)).toBeNull();
    expect(stepsToShare(at(0, 0.1), { map50: 0, perClass: [] }, 0.98)).toBeNull();
  });
});

describe("fingerprint", () => {
  it("is that of the data, not of the order of keys, and sees every part", async () => {
    const one = await fingerprint({ a: 1, b: [new Float32Array([1, 2])], c: undefined });
    expect(one).toMatch(/^[0-9a-f]{64}$/);
    expect(await fingerprint({ b: [new Float32Array([1, 2])], a: 1 })).toBe(one);
    const others = [
      { a: 1, b: [new Float32Array([1, 3])] },
      { a: 1, b: [new Int32Array([1, 2])] },
      { a: null, b: [new Float32Array([1, 2])] },
      { a: Number.POSITIVE_INFINITY, b: [new Float32Array([1, 2])] },
    ];
    const names = await Promise.all(others.map(fingerprint));
    expect(new Set([one, ...names]).size).toBe(5);
  });
});
