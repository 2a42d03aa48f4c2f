import fc from "fast-check";
import { expect, test } from "vitest";
import { type Detection, intersectionOverUnion } from "../core/box.ts";
import { seededRandom } from "../core/random.ts";
import { floatTensor } from "../core/tensor.ts";
import { decodeHead } from "./heads.ts";
import { nonMaxSuppression } from "./nms.ts";

const logit = (p: number) => Math.log(p / (1 - p));

test("region: one cell of two, by hand", async () => {
  const far = -30;
  // Two cells side by side, one anchor of 1×2 cells, two classes; the first cell is empty.
  const cells = [
    [0, logit(0.25)],
    [0, logit(0.5)],
    [0, Math.log(2)],
    [0, Math.log(0.25)],
    [far, logit(0.8)],
    [0, Math.log(3)],
    [0, 0],
  ];
  const output = floatTensor([7, 1, 2], cells.flat());
  const head = { kind: "region", classes: 2, anchors: [1, 2], softmax: true } as const;
  const found = await decodeHead(head, [output], { width: 64, height: 32, scoreThreshold: 0.1 });
  expect(found).toHaveLength(2);
  const [first, second] = found;
  // Centre (1.25/2, .5); width 1·2/2 = 1, height 2·.25/1 = .5; classes 3 : 1.
  expect(first.classIndex).toBe(0);
  expect(first.score).toBeCloseTo(0.6, 6);
  expect(second.score).toBeCloseTo(0.2, 6);
  expect(first.xMin).toBeCloseTo(0.125, 6);
  expect(first.xMax).toBeCloseTo(1.125, 6);
  expect(first.yMin).toBeCloseTo(0.25, 6);
  expect(first.yMax).toBeCloseTo(0.75, 6);
});

test("yolo: sigmoid classes, anchors in pixels, x and y stretched", async () => {
  const output = floatTensor([6, 1, 1], [logit(0.75), logit(0.5), 0, 0, logit(0.5), logit(0.5)]);
  const head = { kind: "yolo", classes: 1, anchors: [16, 8], scaleXY: 2 } as const;
  const [box] = await decodeHead(head, [output], { width: 64, height: 32, scoreThreshold: 0.1 });
  // x = 2·.75 − .5 = 1; width 16/64, height 8/32.
  expect(box.score).toBeCloseTo(0.25, 6);
  expect([box.xMin, box.xMax, box.yMin, box.yMax].map((value) => value.toFixed(4))).toEqual([
    "0.8750",
    "1.1250",
    "0.3750",
    "0.6250",
  ]);
});

test("yolo with squared sizes: (2·σ(t))² times the anchor", async () => {
  const output = floatTensor([6, 1, 1], [0, 0, logit(0.75), logit(0.25), logit(0.5), logit(0.5)]);
  const head = { kind: "yolo", classes: 1, anchors: [16, 8], scaleXY: 1, sizes: "squared" } as const;
  const [box] = await decodeHead(head, [output], { width: 64, height: 32, scoreThreshold: 0.1 });
  expect(box.xMax - box.xMin).toBeCloseTo((2.25 * 16) / 64, 6);
  expect(box.yMax - box.yMin).toBeCloseTo((0.25 * 8) / 32, 6);
});

test("gaussianYolo: each number with its uncertainty, whose mean lowers the score", async () => {
  // x, its uncertainty, y, …; objectness ½, class ½; uncertainties .1, .2, .3, .4.
  const raw = [logit(0.75), logit(0.1), 0, logit(0.2), Math.log(2), logit(0.3), 0, logit(0.4), 0, 0];
  const head = { kind: "gaussianYolo", classes: 1, anchors: [16, 8], scaleXY: 1 } as const;
  const context = { width: 64, height: 32, scoreThreshold: 0.1 };
  const [box] = await decodeHead(head, [floatTensor([10, 1, 1], raw)], context);
  expect(box.score).toBeCloseTo(0.25 * 0.75, 6);
  expect([box.xMin, box.xMax, box.yMin, box.yMax].map((value) => value.toFixed(4))).toEqual([
    "0.5000",
    "1.0000",
    "0.3750",
    "0.6250",
  ]);
});

const coordinate = fc.integer({ min: 0, max: 20 });
const detections: fc.Arbitrary<Detection[]> = fc.array(
  fc
    .tuple(
      coordinate,
      coordinate,
      fc.integer({ min: 1, max: 10 }),
      fc.integer({ min: 1, max: 10 }),
      fc.integer({ min: 0, max: 2 }),
      fc.integer({ min: 0, max: 5 }),
    )
    .map(([x, y, w, h, classIndex, score]) => ({
      xMin: x,
      yMin: y,
      xMax: x + w,
      yMax: y + h,
      classIndex,
      score: score / 5,
    })),
);

test("non-maximum suppression: kept ones do not overlap, each dropped one overlaps a better one, twice is once", () => {
  fc.assert(
    fc.property(detections, (all) => {
      const kept = nonMaxSuppression(all, 0.45);
      const overlaps = (a: Detection, b: Detection) =>
        a.classIndex === b.classIndex && intersectionOverUnion(a, b) > 0.45;
      for (const [i, a] of kept.entries()) for (const b of kept.slice(0, i)) expect(overlaps(a, b)).toBe(false);
      for (const dropped of all.filter((one) => !kept.includes(one))) {
        expect(kept.some((better) => better.score >= dropped.score && overlaps(better, dropped))).toBe(true);
      }
      expect(nonMaxSuppression(kept, 0.45)).toEqual(kept);
    }),
  );
});

/** The definition, word for word. */
function plainSuppression(all: readonly Detection[], iouThreshold: number): Detection[] {
  const overflows = ({ xMin, yMin, xMax, yMax }: Detection) =>
    Math.fround((xMax - xMin) * (yMax - yMin)) === Number.POSITIVE_INFINITY;
  const kept: Detection[] = [];
  for (const candidate of [...all].sort((a, b) => b.score - a.score)) {
    const isDropped = kept.some(
      (better) =>
        better.classIndex === candidate.classIndex &&
        !overflows(better) &&
        !overflows(candidate) &&
        intersectionOverUnion(better, candidate) > iouThreshold,
    );
    if (!isDropped) kept.push(candidate);
  }
  return kept;
}

/** Boxes of any size, empty and inverted ones among them, with few different scores. */
const anyDetections: fc.Arbitrary<Detection[]> = fc.array(
  fc.record({
    xMin: fc.double({ min: -0.5, max: 1, noNaN: true }),
    yMin: fc.double({ min: -0.5, max: 1, noNaN: true }),
    xMax: fc.double({ min: -0.1, max: 1.5, noNaN: true }),
    yMax: fc.double({ min: -0.1, max: 1.5, noNaN: true }),
    classIndex: fc.integer({ min: 0, max: 2 }),
    score: fc.integer({ min: 0, max: 4 }).map((score) => score / 4),
  }),
  { maxLength: 40 },
);

/** Clusters of boxes whose sizes differ by powers of two and by the last bit. */
const manySizes: fc.Arbitrary<Detection[]> = fc.array(
  fc
    .record({
      x: fc.integer({ min: -8, max: 8 }),
      y: fc.integer({ min: -8, max: 8 }),
      width: fc.integer({ min: -6, max: 4 }),
      height: fc.integer({ min: -6, max: 4 }),
      shift: fc.double({ min: 0, max: 1, noNaN: true }),
      stretch: fc.constantFrom(1, 1 - 2 ** -53, 1 + 2 ** -52, 0.7),
      score: fc.integer({ min: 0, max: 9 }),
    })
    .map(({ x, y, width, height, shift, stretch, score }) => {
      const [xMin, yMin] = [(x + shift) / 16, y / 16];
      const [xMax, yMax] = [xMin + stretch * 2 ** width, yMin + stretch * 2 ** height];
      return { xMin, yMin, xMax, yMax, classIndex: 0, score };
    }),
  { maxLength: 60 },
);

/** Corners that are no numbers, infinite, enormous or next to nothing. */
const wildCorner = fc.oneof(
  fc.double(),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 5e-324, 1e-300, 1e300, 1),
);
const wildDetections: fc.Arbitrary<Detection[]> = fc.array(
  fc.record({
    xMin: wildCorner,
    yMin: wildCorner,
    xMax: wildCorner,
    yMax: wildCorner,
    classIndex: fc.constant(0),
    score: fc.integer({ min: 0, max: 9 }),
  }),
  { maxLength: 20 },
);

/** Areas that float64 holds with a digit or two: an IoU of two such boxes may be anything, also more than 1. */
const tinyDetections: fc.Arbitrary<Detection[]> = fc.array(
  fc
    .record({
      x: fc.integer({ min: -3, max: 3 }),
      width: fc.integer({ min: 1, max: 5 }),
      y: fc.double({ min: -1, max: 1, noNaN: true }),
      height: fc.double({ min: 0.1, max: 1.7, noNaN: true }),
      score: fc.integer({ min: 0, max: 9 }),
    })
    .map(({ x, width, y, height, score }) => {
      const [xMin, xMax] = [x * Number.MIN_VALUE, (x + width) * Number.MIN_VALUE];
      return { xMin, yMin: y, xMax, yMax: y + height, classIndex: 0, score };
    }),
  { maxLength: 12 },
);

test("non-maximum suppression keeps the very detections that its definition keeps, in the same order", () => {
  const threshold = fc.constantFrom(0, 0.01, 0.3, 0.45, 0.9, 1);
  fc.assert(
    fc.property(
      fc.oneof(detections, anyDetections, manySizes, wildDetections, tinyDetections),
      threshold,
      (all, iouThreshold) => {
        const kept = nonMaxSuppression(all, iouThreshold);
        const expected = plainSuppression(all, iouThreshold);
        expect(kept).toHaveLength(expected.length);
        for (const [i, detection] of kept.entries()) expect(detection).toBe(expected[i]);
      },
    ),
    { numRuns: 2000 },
  );
});

test("non-maximum suppression of 200,000 candidates that nearly all stay takes seconds, not minutes", () => {
  const random = seededRandom(5);
  const candidates = Array.from({ length: 200_000 }, (): Detection => {
    const [x, y, width, height] = [random(), random(), 0.005 * Math.exp(random()), 0.005 * Math.exp(random())];
    return { xMin: x - width, xMax: x + width, yMin: y - height, yMax: y + height, classIndex: 0, score: random() };
  });
  const start = performance.now();
  expect(nonMaxSuppression(candidates, 0.45).length).toBeGreaterThan(30_000);
  expect(performance.now() - start).toBeLessThan(10_000);
});
