import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dataPath, describeWithData } from "../../test/data.ts";
import type { ScoredBox } from "./rows.ts";
import { evaluateVoc, type VocTruth } from "./voc.ts";

type Numbers = readonly [number, number, number, number];

/**
 * A second implementation, written from the rules alone: objects are picked by filtering, each point of the curve is
 * counted anew, and the maxima are taken over plain lists.
 */
function naive(truth: readonly VocTruth[], detections: readonly ScoredBox[], classIndex: number, threshold: number) {
  const objects = truth
    .filter((object) => object.classIndex === classIndex)
    .map((object) => ({ ...object, taken: false }));
  const positives = objects.filter(({ difficult }) => !difficult).length;
  if (positives === 0) return { elevenPoint: null, area: null };
  const side = (min: number, max: number) => Math.max(0, max - min + 1);
  const surface = ([a, b, c, d]: Numbers) => side(a, c) * side(b, d);
  const overlap = (p: Numbers, q: Numbers) => {
    const common = surface([Math.max(p[0], q[0]), Math.max(p[1], q[1]), Math.min(p[2], q[2]), Math.min(p[3], q[3])]);
    return common / (surface(p) + surface(q) - common);
  };
  const sorted = detections
    .map((detection, order) => ({ ...detection, order }))
    .filter((detection) => detection.classIndex === classIndex)
    .sort((a, b) => (a.score === b.score ? a.order - b.order : b.score - a.score));
  const outcomes = sorted.map(({ image, box }): "tp" | "fp" | "skip" => {
    const overlaps = objects
      .filter((object) => object.image === image)
      .map((object) => ({ object, iou: overlap(box, object.box) }));
    const greatest = Math.max(0, ...overlaps.map(({ iou }) => iou));
    const best = overlaps.find(({ iou }) => iou === greatest);
    if (!best || greatest === 0 || greatest < threshold) return "fp";
    if (best.object.difficult) return "skip";
    if (best.object.taken) return "fp";
    best.object.taken = true;
    return "tp";
  });
  const points = outcomes.map((_, index) => {
    const until = outcomes.slice(0, index + 1);
    const right = until.filter((outcome) => outcome === "tp").length;
    const wrong = until.filter((outcome) => outcome === "fp").length;
    return { recall: right / positives, precision: right + wrong === 0 ? 0 : right / (right + wrong) };
  });
  const bestFrom = (recall: number) => Math.max(0, ...points.filter((p) => p.recall >= recall).map((p) => p.precision));
  const levels = [...new Set(points.map(({ recall }) => recall))].filter((recall) => recall > 0).sort((a, b) => a - b);
  return {
    elevenPoint: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10].reduce((sum, i) => sum + bestFrom(i * 0.1) / 11, 0),
    area: levels.reduce((sum, recall, i) => sum + (recall - (levels[i - 1] ?? 0)) * bestFrom(recall), 0),
  };
}

/** Few places, sizes and scores, so that ties, equal overlaps and an IoU of exactly 0.5 come up all the time. */
const corner = fc.integer({ min: 1, max: 5 });
const side = fc.constantFrom(1, 2, 4, 8);
const box = fc.tuple(corner, corner, side, side).map(([x, y, w, h]): Numbers => [x, y, x + w - 1, y + h - 1]);
const where = { image: fc.integer({ min: 0, max: 2 }), classIndex: fc.integer({ min: 0, max: 2 }), box };
const truths = fc.array(fc.record({ ...where, difficult: fc.boolean() }), { maxLength: 16 });
const detected = fc.array(fc.record({ ...where, score: fc.constantFrom(0.1, 0.5, 0.5, 0.9, 1) }), { maxLength: 40 });

describe("evaluateVoc", () => {
  it("agrees with an independent implementation", () => {
    fc.assert(
      fc.property(truths, detected, fc.constantFrom(0.3, 0.5, 0.75), (truth, detections, iouThreshold) => {
        const scores = evaluateVoc(truth, detections, { classes: 4, iouThreshold });
        for (let classIndex = 0; classIndex < 4; classIndex++) {
          const expected = naive(truth, detections, classIndex, iouThreshold);
          const { elevenPointAp, areaAp } = scores.perClass[classIndex];
          if (expected.elevenPoint === null) {
            expect([elevenPointAp, areaAp]).toEqual([null, null]);
          } else {
            // Sums of the same terms in another order: rounding only.
            expect(elevenPointAp).toBeCloseTo(expected.elevenPoint, 12);
            expect(areaAp).toBeCloseTo(expected.area, 12);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });

  const at = (numbers: Numbers, score = 0.5): ScoredBox => ({ image: 0, classIndex: 0, score, box: numbers });
  const one = (numbers: Numbers, difficult = false): VocTruth => ({ image: 0, classIndex: 0, difficult, box: numbers });
  const areaAp = (truth: readonly VocTruth[], detections: readonly ScoredBox[]) =>
    evaluateVoc(truth, detections, { classes: 1 }).perClass[0].areaAp;

  it("counts the last pixel and accepts an IoU of exactly one half", () => {
    // 2 × 1 pixels in 4 × 1 pixels.
    expect(areaAp([one([1, 1, 4, 1])], [at([1, 1, 2, 1])])).toBe(1);
    expect(areaAp([one([1, 1, 5, 1])], [at([1, 1, 2, 1])])).toBe(0);
  });

  it("does not try a second choice", () => {
    const truth = [one([1, 1, 10, 10]), one([1, 1, 10, 9])];
    expect(areaAp(truth, [at([1, 1, 10, 10], 0.9), at([1, 1, 10, 10], 0.8)])).toBe(0.5);
  });

  it("ignores what finds a difficult object, again and again, even beside another object", () => {
    const truth = [one([1, 1, 10, 10], true), one([1, 1, 10, 8])];
    const onDifficult = at([1, 1, 10, 10], 0.9);
    expect(areaAp(truth, [onDifficult, onDifficult, at([1, 1, 10, 8], 0.1)])).toBe(1);
  });

  it("takes the recall points as multiples of 0.1, which 3 of 10 does not reach", () => {
    const truth = Array.from({ length: 10 }, (_, i): VocTruth => ({ ...one([1, 1, 9, 9]), image: i }));
    const detections = [0, 1, 2].map((image) => ({ ...at([1, 1, 9, 9]), image }));
    const { elevenPointAp } = evaluateVoc(truth, detections, { classes: 1 }).perClass[0];
    // Recall 0, 0.1 and 0.2 have precision 1; 3 * 0.1 is 0.30000000000000004.
    expect(elevenPointAp).toBeCloseTo(3 / 11, 15);
  });

  it("leaves classes without positives out of the mean, and has no mean without any", () => {
    const scores = evaluateVoc([one([1, 1, 9, 9]), { ...one([1, 1, 9, 9], true), classIndex: 1 }], [at([1, 1, 9, 9])], {
      classes: 3,
    });
    expect(scores.perClass.map((scored) => scored.areaAp)).toEqual([1, null, null]);
    expect(scores.areaMap).toBe(1);
    expect(evaluateVoc([], [at([1, 1, 9, 9])], { classes: 1 }).elevenPointMap).toBeNull();
  });
});

interface ApCase {
  readonly groundTruth: Record<string, Numbers[]>;
  readonly detections: Record<string, { score: number; box: Numbers }[]>;
  readonly expected: Record<"elevenPoint" | "everyPoint", Record<string, number>>;
}

describeWithData("evaluateVoc on a published case", () => {
  it("gives the published precisions at four thresholds", () => {
    const { groundTruth, detections, expected } = JSON.parse(
      readFileSync(dataPath("fixtures/voc-ap-case.json"), "utf8"),
    ) as ApCase;
    // The case's own program reads x + width as the last pixel.
    const corners = ([x, y, width, height]: Numbers): Numbers => [x, y, x + width, y + height];
    const truth = Object.entries(groundTruth).flatMap(([id, boxes]) =>
      boxes.map((numbers): VocTruth => ({ image: Number(id), classIndex: 0, difficult: false, box: corners(numbers) })),
    );
    const scored = Object.entries(detections).flatMap(([id, list]) =>
      list.map(
        ({ score, box: numbers }): ScoredBox => ({ image: Number(id), classIndex: 0, score, box: corners(numbers) }),
      ),
    );
    for (const threshold of Object.keys(expected.elevenPoint)) {
      const scores = evaluateVoc(truth, scored, { classes: 1, iouThreshold: Number(threshold) });
      // The case states ten digits.
      expect(Math.abs(scores.elevenPointMap! - expected.elevenPoint[threshold])).toBeLessThan(1e-9);
      expect(Math.abs(scores.areaMap! - expected.everyPoint[threshold])).toBeLessThan(1e-9);
    }
  });
});
