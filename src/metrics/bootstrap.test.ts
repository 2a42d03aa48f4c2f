import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drawnMaps, drawPictures, intervalOf } from "./bootstrap.ts";
import { evaluateCoco, interpolatedAp } from "./coco.ts";
import type { ScoredBox } from "./rows.ts";
import { elevenPointAp, evaluateVoc, type VocTruth } from "./voc.ts";

type Numbers = readonly [number, number, number, number];

const coordinate = fc.integer({ min: 1, max: 5 });
const box = fc
  .tuple(coordinate, coordinate, fc.constantFrom(2, 4, 8))
  .map(([x, y, side]): Numbers => [x, y, x + side, y + side]);
const pictures = 4;
const where = { image: fc.nat(pictures - 1), classIndex: fc.nat(1), box };
const truths = fc.array(fc.record({ ...where, difficult: fc.boolean() }), { maxLength: 12 });
/** All scores differ: of equal ones the copies of a picture would change the order. */
const detections = fc.array(fc.record(where), { maxLength: 30 }).chain((rows) =>
  fc
    .shuffledSubarray(
      rows.map((_, i) => i / 100),
      { minLength: rows.length },
    )
    .map((scores) => rows.map((row, i) => ({ ...row, score: scores[i] }))),
);
const weights = fc.array(fc.nat(3), { minLength: pictures, maxLength: pictures });

/** The set in which each picture stands as often as its weight says, copies under numbers of their own. */
function repeat<T extends { readonly image: number }>(rows: readonly T[], times: readonly number[]): T[] {
  return rows.flatMap((row) =>
    Array.from({ length: times[row.image] }, (_, copy) => ({ ...row, image: row.image + pictures * copy })),
  );
}

describe("drawnMaps", () => {
  it("is what the evaluators say of a set with copies of its pictures", () => {
    fc.assert(
      fc.property(truths, detections, weights, (truth, found, times) => {
        const { judged } = evaluateVoc(truth, found, { classes: 2 });
        const [map] = drawnMaps(judged, { epsilon: 0, averagePrecision: elevenPointAp }, [times]);
        const copies = evaluateVoc(repeat(truth, times), repeat(found, times), { classes: 2 });
        // Sums of eleven precisions are equal to the bit; only an empty set has another word for nothing.
        expect(Number.isNaN(map) ? null : map).toBe(copies.elevenPointMap);
      }),
    );
    fc.assert(
      fc.property(truths, detections, weights, (truth, found, times) => {
        const asCoco = (rows: readonly VocTruth[]) =>
          rows.map(({ difficult, ...rest }) => ({ ...rest, crowd: difficult, area: rest.box[2] * rest.box[3] }));
        const { judged } = evaluateCoco(asCoco(truth), found, { classes: 2 });
        const [map] = drawnMaps(judged, { epsilon: Number.EPSILON, averagePrecision: interpolatedAp }, [times]);
        const copies = evaluateCoco(asCoco(repeat(truth, times)), repeat(found, times), { classes: 2 });
        expect(Number.isNaN(map) ? null : map).toBe(copies.stats.ap50);
      }),
    );
  });
});

describe("intervalOf", () => {
  it("holds a proportion as the normal approximation says", () => {
    // One object and one detection a picture, right in 60 of 100: recall, and here AP at recall 0.6, is a proportion.
    const truth = Array.from(
      { length: 100 },
      (_, image): VocTruth => ({
        ...{ image, classIndex: 0, difficult: false, box: [1, 1, 9, 9] },
      }),
    );
    const found = truth
      .slice(0, 60)
      .map(({ image, box }): ScoredBox => ({ image, classIndex: 0, score: 1 - image / 100, box }));
    const { judged } = evaluateVoc(truth, found, { classes: 1 });
    const area = ({ recall }: { recall: readonly number[] }) => recall.at(-1) ?? 0;
    const drawn = drawPictures(100);
    const interval = intervalOf(drawnMaps(judged, { epsilon: 0, averagePrecision: area }, drawn));
    // ± 1.96 · √(.6 · .4 / 100) = .096; 1,000 draws know an end to about .006, and proportions come in steps of .01.
    expect(interval?.low).toBeGreaterThan(0.484);
    expect(interval?.low).toBeLessThan(0.524);
    expect(interval?.high).toBeGreaterThan(0.676);
    expect(interval?.high).toBeLessThan(0.716);
  });

  it("draws the same pictures again, as many as there are", () => {
    const [first, again, other] = [drawPictures(7), drawPictures(7), drawPictures(7, 2)];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    for (const times of first) expect(Array.from(times).reduce((sum, n) => sum + n, 0)).toBe(7);
  });

  it("is nothing where no draw has an object", () => {
    expect(intervalOf(Float64Array.of(Number.NaN, Number.NaN))).toBeNull();
    expect(intervalOf(Float64Array.of(Number.NaN, 0.5))).toEqual({ low: 0.5, high: 0.5 });
  });
});
