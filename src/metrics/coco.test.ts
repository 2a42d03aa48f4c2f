import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dataPath, describeWithData } from "../../test/data.ts";
import { seededRandom } from "../core/random.ts";
import { type CocoScores, evaluateCoco, statsInOrder } from "./coco.ts";
import type { CocoTruth } from "./coco-match.ts";
import type { ScoredBox } from "./rows.ts";

type Numbers = readonly [number, number, number, number];
const perClassOf = (scores: CocoScores) => scores.perClass.map(({ ap, ap50 }) => [ap ?? -1, ap50 ?? -1]);

/**
 * A second implementation, written from the definition: one (category, range, threshold, limit) at a time, everything
 * counted anew, interpolated precision as a maximum over plain lists.
 */
function naive(truth: readonly CocoTruth[], detections: readonly ScoredBox[], classes: number): number[] {
  const ranges = { all: [0, 1e10], small: [0, 1024], medium: [1024, 9216], large: [9216, 1e10] } as const;
  const within = (area: number, [low, high]: readonly [number, number]) => low <= area && area <= high;
  const overlap = (d: Numbers, g: CocoTruth) => {
    const covered = (low: number, size: number, otherLow: number, otherSize: number) =>
      Math.max(0, Math.min(low + size, otherLow + otherSize) - Math.max(low, otherLow));
    const common = covered(d[0], d[2], g.box[0], g.box[2]) * covered(d[1], d[3], g.box[1], g.box[3]);
    if (common === 0) return 0;
    return common / (g.crowd ? d[2] * d[3] : d[2] * d[3] + g.box[2] * g.box[3] - common);
  };

  const curve = (category: number, range: readonly [number, number], threshold: number, limit: number) => {
    const mine = truth.filter((g) => g.classIndex === category);
    const counts = (g: CocoTruth) => !g.crowd && within(g.area, range);
    const positives = mine.filter(counts).length;
    if (positives === 0) return null;
    const images = [...new Set(detections.map(({ image }) => image))].sort((a, b) => a - b);
    const judged = images.flatMap((image) => {
      const free = new Set(mine.filter((g) => g.image === image));
      const best = detections.filter((d) => d.image === image && d.classIndex === category);
      best.sort((a, b) => b.score - a.score);
      return best.slice(0, limit).map(({ score, box: d }) => {
        const candidates = [...free].filter((g) => overlap(d, g) >= Math.min(threshold, 1 - 1e-10));
        const pool = candidates.some(counts) ? candidates.filter(counts) : candidates;
        const greatest = Math.max(...pool.map((g) => overlap(d, g)));
        const chosen = pool.filter((g) => overlap(d, g) === greatest).at(-1);
        if (!chosen) return { score, verdict: within(d[2] * d[3], range) ? "wrong" : "ignored" };
        if (!chosen.crowd) free.delete(chosen);
        return { score, verdict: counts(chosen) ? "right" : "ignored" };
      });
    });
    const ranked = judged.filter(({ verdict }) => verdict !== "ignored").sort((a, b) => b.score - a.score);
    const points = ranked.map((_, i) => {
      const right = ranked.slice(0, i + 1).filter(({ verdict }) => verdict === "right").length;
      return { recall: right / positives, precision: right / (i + 1) };
    });
    const ap = Array.from({ length: 101 }, (_, r) =>
      Math.max(0, ...points.filter(({ recall }) => recall >= r * 0.01).map(({ precision }) => precision)),
    ).reduce((sum, precision) => sum + precision / 101, 0);
    return { ap, recall: Math.max(0, ...points.map(({ recall }) => recall)) };
  };

  const thresholds = [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95];
  const average = (range: keyof typeof ranges, limit: number, what: "ap" | "recall", over = thresholds) => {
    const values = Array.from({ length: classes }, (_, k) =>
      over.map((t) => curve(k, ranges[range], t, limit)?.[what] ?? -1),
    );
    const defined = values.flat().filter((value) => value >= 0);
    return defined.length === 0 ? -1 : defined.reduce((sum, value) => sum + value, 0) / defined.length;
  };
  return [
    ...[average("all", 100, "ap"), average("all", 100, "ap", [0.5]), average("all", 100, "ap", [0.75])],
    ...[average("small", 100, "ap"), average("medium", 100, "ap"), average("large", 100, "ap")],
    ...[average("all", 1, "recall"), average("all", 10, "recall"), average("all", 100, "recall")],
    ...[average("small", 100, "recall"), average("medium", 100, "recall"), average("large", 100, "recall")],
  ];
}

const expectStats = (truth: readonly CocoTruth[], detections: readonly ScoredBox[], classes: number) => {
  const actual = statsInOrder(evaluateCoco(truth, detections, { classes }).stats);
  naive(truth, detections, classes).forEach((value, i) => {
    // The reference adds 2⁻⁵² below the fraction and sums in another order: rounding only.
    expect(actual[i], `number ${i + 1} of 12`).toBeCloseTo(value, 12);
  });
};

/** Sides at and about 32 and 96 (areas at the ranges' ends) on few places: ties, equal overlaps, IoU of exactly 0.5. */
const place = fc.constantFrom(0, 8, 16, 48);
const side = fc.constantFrom(16, 31, 32, 64, 96, 97);
const box = fc.tuple(place, place, side, side) as fc.Arbitrary<Numbers>;
const where = { image: fc.integer({ min: 0, max: 2 }), classIndex: fc.integer({ min: 0, max: 2 }), box };
const truths = fc.array(
  fc.record({
    ...where,
    crowd: fc.boolean(),
    area: fc.constantFrom(1023, 1024, 1024.5, 9215, 9216, 9217, 40_000),
  }),
  { maxLength: 14 },
);
const detected = fc.array(fc.record({ ...where, score: fc.constantFrom(0.1, 0.5, 0.5, 0.9, 1) }), { maxLength: 40 });

describe("evaluateCoco", () => {
  it("agrees with an independent implementation", () => {
    fc.assert(
      fc.property(truths, detected, (truth, detections) => expectStats(truth, detections, 4)),
      { numRuns: 150 },
    );
  });

  it("agrees with it where a picture has more than 100 detections", () => {
    const random = seededRandom(4);
    const pick = (values: readonly number[]) => values[Math.floor(random() * values.length)];
    const drawBox = (): Numbers => [pick([0, 8, 16]), pick([0, 8, 16]), pick([16, 32, 64, 97]), pick([16, 32, 64, 97])];
    const truth = Array.from({ length: 24 }, (_, i): CocoTruth => {
      const numbers = drawBox();
      return { image: i % 2, classIndex: 0, crowd: i === 5, area: numbers[2] * numbers[3], box: numbers };
    });
    const detections = Array.from({ length: 300 }, (_, i): ScoredBox => {
      return { image: i % 2, classIndex: 0, score: pick([0.1, 0.2, 0.3, 0.4]), box: drawBox() };
    });
    expectStats(truth, detections, 1);
    const all = statsInOrder(evaluateCoco(truth, detections, { classes: 1 }).stats);
    const falling = detections.toSorted((a, b) => b.score - a.score);
    const kept = falling.filter((d, i) => falling.slice(0, i).filter(({ image }) => image === d.image).length < 100);
    expect(kept).toHaveLength(200);
    expect(statsInOrder(evaluateCoco(truth, kept, { classes: 1 }).stats)).toEqual(all);
  });

  const at = (numbers: Numbers, score = 0.5): ScoredBox => ({ image: 0, classIndex: 0, score, box: numbers });
  const one = (numbers: Numbers, crowd = false): CocoTruth => ({
    ...{ image: 0, classIndex: 0, crowd, box: numbers },
    area: numbers[2] * numbers[3],
  });
  const ap50 = (truth: readonly CocoTruth[], detections: readonly ScoredBox[]) =>
    evaluateCoco(truth, detections, { classes: 1 }).perClass[0].ap50;

  it("lets a crowd be found again and again, by detections that lie in it", () => {
    const truth = [one([0, 0, 100, 100], true), one([200, 200, 50, 50])];
    const inCrowd = [at([0, 0, 10, 10], 0.9), at([50, 50, 10, 10], 0.9), at([95, 0, 10, 10], 0.8)];
    expect(ap50(truth, [...inCrowd, at([200, 200, 50, 50], 0.1)])).toBeCloseTo(1, 12);
    // Less than half of it lies in the crowd.
    expect(ap50(truth, [at([96, 0, 10, 10], 0.9), at([200, 200, 50, 50], 0.1)])).toBeCloseTo(0.5, 12);
  });

  it("counts both ends of an area range as inside", () => {
    const { stats } = evaluateCoco([one([0, 0, 32, 32])], [at([0, 0, 32, 32])], { classes: 1 });
    expect([stats.apSmall, stats.apMedium, stats.apLarge]).toEqual([
      expect.closeTo(1, 12),
      expect.closeTo(1, 12),
      null,
    ]);
  });

  it("has nothing to say where there is nothing to find", () => {
    expect(statsInOrder(evaluateCoco([], [at([0, 0, 9, 9])], { classes: 2 }).stats)).toEqual(Array(12).fill(-1));
    expect(statsInOrder(evaluateCoco([one([0, 0, 9, 9])], [], { classes: 2 }).stats).slice(0, 3)).toEqual([0, 0, 0]);
  });

  it("refuses a class that there is not", () => {
    expect(() => evaluateCoco([], [{ ...at([0, 0, 9, 9]), classIndex: 2 }], { classes: 2 })).toThrow(/classIndex/);
    expect(() => evaluateCoco([{ ...one([0, 0, 9, 9]), classIndex: -1 }], [], { classes: 2 })).toThrow(/classIndex/);
  });

  it("does not depend on the order of categories", () => {
    fc.assert(
      fc.property(truths, detected, (truth, detections) => {
        const turn = <T extends { readonly classIndex: number }>(rows: readonly T[]) =>
          rows.map((row) => ({ ...row, classIndex: 2 - row.classIndex }));
        const straight = perClassOf(evaluateCoco(truth, detections, { classes: 3 }));
        expect(perClassOf(evaluateCoco(turn(truth), turn(detections), { classes: 3 }))).toEqual(straight.reverse());
      }),
    );
  });
});

interface Instances {
  readonly annotations: { image_id: number; category_id: number; bbox: Numbers; area: number; iscrowd: number }[];
}
interface Result {
  readonly image_id: number;
  readonly category_id: number;
  readonly bbox: Numbers;
  readonly score: number;
}

describeWithData("evaluateCoco on the reference's own example", () => {
  it("gives the twelve numbers that the reference prints", () => {
    const read = (file: string): unknown => JSON.parse(readFileSync(dataPath(`fixtures/${file}`), "utf8"));
    const { annotations } = read("coco-instances_val2014_100.json") as Instances;
    const results = read("coco-fakebbox100_results.json") as Result[];
    const truth = annotations.map(
      ({ image_id, category_id, bbox, area, iscrowd }): CocoTruth => ({
        ...{ image: image_id, classIndex: category_id, crowd: iscrowd === 1, area, box: bbox },
      }),
    );
    const detections = results.map(
      ({ image_id, category_id, bbox, score }): ScoredBox => ({
        ...{ image: image_id, classIndex: category_id, score, box: bbox },
      }),
    );
    const expected = [
      ...[0.504581, 0.696973, 0.572982, 0.585626, 0.5194, 0.501398],
      ...[0.386813, 0.59368, 0.595353, 0.639811, 0.566421, 0.564291],
    ];
    const actual = statsInOrder(evaluateCoco(truth, detections, { classes: 91 }).stats);
    // Printed with six digits.
    expected.forEach((value, i) => {
      expect(Math.abs(actual[i] - value), `number ${i + 1} of 12`).toBeLessThan(1e-6);
    });
  });
});
