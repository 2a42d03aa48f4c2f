import { expect, test } from "vitest";
import { normalTensor, runTape } from "../../../test/run-tape.ts";
import { type Detection, intersectionOverUnion } from "../../core/box.ts";
import { seededRandom } from "../../core/random.ts";
import { type FloatTensor, relativeError } from "../../core/tensor.ts";
import type { AnchorHead, HeadSpec } from "../../heads/head.ts";
import { headKinds } from "../../heads/heads.ts";
import { add } from "./arithmetic.ts";
import { darknetLoss, headLoss, type LossSettings } from "./loss.ts";
import { type HeadGrid, makeTargets, type TrainingObject } from "./targets.ts";

const region: AnchorHead = { kind: "region", classes: 3, anchors: [0.6, 0.8, 2, 1.5], softmax: true };
const yolo: AnchorHead = { kind: "yolo", classes: 3, anchors: [20, 26, 64, 48], scaleXY: 1.1 };
const gridOf = (head: AnchorHead): HeadGrid => ({
  name: "head",
  head,
  rows: 3,
  columns: 4,
  inputWidth: 128,
  inputHeight: 96,
});

const pictures: readonly (readonly TrainingObject[])[] = [
  [
    { classIndex: 0, isIgnored: false, xMin: 0.1, yMin: 0.1, xMax: 0.3, yMax: 0.4 },
    { classIndex: 2, isIgnored: false, xMin: 0.4, yMin: 0.35, xMax: 0.95, yMax: 0.9 },
    { classIndex: 1, isIgnored: true, xMin: 0.7, yMin: 0, xMax: 0.9, yMax: 0.2 },
  ],
  [],
];

interface Sums {
  box: number;
  objectness: number;
  classes: number;
}

/**
 * The loss as its definition says, one cell after the other in float64. `overlaps` are given, since nothing is learned
 * through them: finite differences hold them where they are.
 */
function reference(grid: HeadGrid, raw: ArrayLike<number>, settings: LossSettings, overlaps: Overlaps): Sums {
  const { head, rows, columns } = grid;
  const cells = rows * columns;
  const anchors = head.anchors.length / 2;
  const sums: Sums = { box: 0, objectness: 0, classes: 0 };
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  const entropy = (x: number, t: number) => -(t * Math.log(sigmoid(x)) + (1 - t) * Math.log(1 - sigmoid(x)));
  const stretch = head.kind === "yolo" ? head.scaleXY : 1;
  pictures.forEach((objects, n) => {
    for (let a = 0; a < anchors; a++) {
      for (let cell = 0; cell < cells; cell++) {
        const at = (entry: number) => raw[((n * anchors + a) * (5 + head.classes) + entry) * cells + cell];
        const object = objects.find((candidate) => !candidate.isIgnored && isAssigned(grid, candidate, a, cell));
        const { withTruth, withAny } = overlaps(n, a, cell, object);
        if (!object) {
          if (withAny <= settings.ignoreOverlap) sums.objectness += settings.noObjectScale * objectness(at(4), 0);
          continue;
        }
        const [w, h] = [object.xMax - object.xMin, object.yMax - object.yMin];
        const scale = settings.boxScale * (2 - w * h);
        const [unitX, unitY] = head.kind === "region" ? [columns, rows] : [grid.inputWidth, grid.inputHeight];
        const x = (((object.xMin + object.xMax) / 2) * columns) % 1;
        const y = (((object.yMin + object.yMax) / 2) * rows) % 1;
        for (const [entry, within] of [x, y].entries()) {
          const wanted = (within + (stretch - 1) / 2) / stretch;
          sums.box +=
            scale * (head.kind === "region" ? (sigmoid(at(entry)) - wanted) ** 2 / 2 : entropy(at(entry), wanted));
        }
        sums.box += (scale * (at(2) - Math.log((w * unitX) / head.anchors[2 * a])) ** 2) / 2;
        sums.box += (scale * (at(3) - Math.log((h * unitY) / head.anchors[2 * a + 1])) ** 2) / 2;
        sums.objectness += settings.objectScale * objectness(at(4), head.kind === "region" ? withTruth : 1);
        const logits = Array.from({ length: head.classes }, (_, i) => at(5 + i));
        sums.classes +=
          settings.classScale *
          (head.kind === "region"
            ? Math.log(logits.reduce((sum, value) => sum + Math.exp(value), 0)) - logits[object.classIndex]
            : logits.reduce((sum, value, i) => sum + entropy(value, i === object.classIndex ? 1 : 0), 0));
      }
    }
  });
  function objectness(x: number, t: number): number {
    return settings.objectness === "squared" ? (sigmoid(x) - t) ** 2 / 2 : entropy(x, t);
  }
  return { box: sums.box / 2, objectness: sums.objectness / 2, classes: sums.classes / 2 };
}

type Overlaps = (
  n: number,
  anchor: number,
  cell: number,
  object?: TrainingObject,
) => { withTruth: number; withAny: number };

/** By hand for these anchors: the small object is nearest to anchor 0, the large one to anchor 1. */
function isAssigned({ rows, columns }: HeadGrid, object: TrainingObject, anchor: number, cell: number): boolean {
  const column = Math.floor(((object.xMin + object.xMax) / 2) * columns);
  const row = Math.floor(((object.yMin + object.yMax) / 2) * rows);
  return cell === row * columns + column && anchor === (object.classIndex === 0 ? 0 : 1);
}

/** Overlaps of the boxes that our decoder, which is tested on its own, reads from the raw output. */
function overlapsOf(grid: HeadGrid, raw: FloatTensor): Overlaps {
  const { head, rows, columns } = grid;
  const anchors = head.anchors.length / 2;
  const size = (raw.data.length / 2) | 0;
  return (n, a, cell, object) => {
    const only = new Float32Array(size).fill(-100);
    const entries = 5 + head.classes;
    for (let entry = 0; entry < 4; entry++) {
      const index = (a * entries + entry) * rows * columns + cell;
      only[index] = raw.data[n * size + index];
    }
    only[(a * entries + 4) * rows * columns + cell] = 100;
    for (let i = 0; i < head.classes; i++) only[(a * entries + 5 + i) * rows * columns + cell] = 0;
    const output = { dtype: "float32", shape: [anchors * entries, rows, columns], data: only } as const;
    const context = { width: grid.inputWidth, height: grid.inputHeight, scoreThreshold: 0.1 };
    const [box] = (headKinds[head.kind] as HeadSpec<AnchorHead>).decode(head, [output], context) as Detection[];
    const withAny = Math.max(0, ...pictures[n].map((candidate) => intersectionOverUnion(box, candidate)));
    return { withTruth: object ? intersectionOverUnion(box, object) : 0, withAny };
  };
}

const cases = [
  { name: "region, as darknet has it", head: region, settings: darknetLoss("region") },
  {
    name: "region, cross entropy",
    head: region,
    settings: { ...darknetLoss("region"), objectness: "crossEntropy", objectScale: 2 },
  },
  { name: "yolo", head: yolo, settings: darknetLoss("yolo") },
  {
    name: "yolo, low ignore overlap",
    head: yolo,
    settings: { ...darknetLoss("yolo"), ignoreOverlap: 0.1, boxScale: 3 },
  },
] as const satisfies readonly { name: string; head: AnchorHead; settings: LossSettings }[];

test.each(cases)("$name: values and gradients", async ({ head, settings }) => {
  const grid = gridOf(head);
  const shape = [2, 2 * (5 + head.classes), 3, 4];
  const raw = normalTensor(shape, seededRandom(11));
  const targets = makeTargets([grid], pictures);
  const target = targets.heads.get("head") as FloatTensor;
  const results = await runTape({ raw, target, objects: targets.objects }, (tape) => {
    const parameter = tape.parameter("raw", shape);
    const loss = headLoss(
      tape,
      grid,
      parameter,
      tape.input("target", target.shape),
      tape.input("objects", targets.objects.shape),
      settings,
    );
    for (const part of ["box", "objectness", "classes"] as const) tape.output(part, loss[part]);
    const sum = add(tape, add(tape, loss.box, loss.objectness), loss.classes);
    tape.output("gradient", tape.gradients(sum, [parameter])[0]);
  });

  const overlaps = overlapsOf(grid, raw);
  const expected = reference(grid, raw.data, settings, overlaps);
  for (const part of ["box", "objectness", "classes"] as const) {
    expect(expected[part], part).toBeGreaterThan(0.1);
    // Float32 against float64.
    expect(results[part].data[0] / expected[part], part).toBeCloseTo(1, 5);
  }

  const sumAt = (values: ArrayLike<number>) =>
    Object.values(reference(grid, values, settings, overlaps)).reduce((a, b) => a + b);
  const step = 1e-4;
  const differences = Float64Array.from(raw.data, (value, i) => {
    const moved = Float64Array.from(raw.data);
    moved[i] = value + step;
    const above = sumAt(moved);
    moved[i] = value - step;
    return (above - sumAt(moved)) / (2 * step);
  });
  expect(differences.filter((value) => value !== 0).length).toBeGreaterThan(40);
  // Central differences in float64 are good to 1e-8; what is left is float32.
  expect(relativeError(results.gradient.data, differences)).toBeLessThan(1e-5);
});

test("an object takes the anchor of the nearest shape over all heads, in the cell of its middle", () => {
  const coarse: HeadGrid = { ...gridOf({ ...yolo, anchors: [64, 48] }), name: "coarse" };
  const fine: HeadGrid = { ...gridOf({ ...yolo, anchors: [16, 16] }), name: "fine", rows: 6, columns: 8 };
  const small: TrainingObject = { classIndex: 1, isIgnored: false, xMin: 0.55, yMin: 0.5, xMax: 0.65, yMax: 0.66 };
  const { heads, objects } = makeTargets([coarse, fine], [[small]]);
  expect(heads.get("coarse")?.data.every((value) => value === 0)).toBe(true);
  const data = heads.get("fine")?.data as Float32Array;
  const cell = 3 * 8 + 4;
  expect(data[4 * 48 + cell]).toBe(1);
  expect(data[0 * 48 + cell]).toBeCloseTo((0.6 * 8 - 4 + 0.05) / 1.1, 5);
  expect(data[2 * 48 + cell]).toBeCloseTo(Math.log(12.8 / 16), 5);
  expect(data[(6 + 1) * 48 + cell]).toBe(1);
  expect(data.filter((value) => value !== 0)).toHaveLength(7);
  expect(Array.from(objects.data.subarray(0, 4))).toEqual(
    [0.6, 0.58, 0.1, 0.16].map((value) => expect.closeTo(value, 5)),
  );
});
