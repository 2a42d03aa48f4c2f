/**
 * Networks that have not settled, or with weights of another model, give sizes beyond all numbers. What darknet then keeps follows from its
 * arithmetic in float32: written out here after box.c, and compared.
 */
import { expect, test } from "vitest";
import type { Detection } from "../core/box.ts";
import { gaussian, seededRandom } from "../core/random.ts";
import { floatTensor } from "../core/tensor.ts";
import { decodeHead } from "./heads.ts";
import { nonMaxSuppression } from "./nms.ts";

const f = Math.fround;

interface FloatBox {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
  readonly score: number;
  readonly classIndex: number;
}

function overlap(x1: number, w1: number, x2: number, w2: number): number {
  const left = Math.max(f(x1 - f(w1 / 2)), f(x2 - f(w2 / 2)));
  const right = Math.min(f(x1 + f(w1 / 2)), f(x2 + f(w2 / 2)));
  return f(right - left);
}

/** `box_iou`: NaN where infinities meet, which is greater than nothing. */
function iou(a: FloatBox, b: FloatBox): number {
  const [w, h] = [overlap(a.x, a.w, b.x, b.w), overlap(a.y, a.h, b.y, b.h)];
  const intersection = w < 0 || h < 0 ? 0 : f(w * h);
  return f(intersection / f(f(f(a.w * a.h) + f(b.w * b.h)) - intersection));
}

/** `do_nms_sort`, class by class. */
function suppressed(boxes: readonly FloatBox[], threshold: number): number {
  const sorted = boxes.toSorted((a, b) => b.score - a.score);
  const isKept = sorted.map(() => true);
  for (const [i, a] of sorted.entries()) {
    if (!isKept[i]) continue;
    for (let j = i + 1; j < sorted.length; j++)
      if (sorted[j].classIndex === a.classIndex && iou(a, sorted[j]) > threshold) isKept[j] = false;
  }
  return isKept.filter(Boolean).length;
}

const sigmoid = (x: number) => f(1 / (1 + Math.exp(-x)));

test.each([5, 40, 100, 400])("sizes of e^(gauss·%i): as many boxes are kept as darknet keeps", async (scale) => {
  const random = seededRandom(scale);
  const [grids, classes, anchors] = [[6, 12], 2, [10, 14, 81, 82]];
  const ours: Detection[] = [];
  const theirs: FloatBox[] = [];
  for (const grid of grids) {
    const area = grid * grid;
    const rows = 5 + classes;
    const output = floatTensor(
      [2 * rows, grid, grid],
      // Scores stay apart, so that no order among equals decides.
      Float32Array.from(
        { length: 2 * rows * area },
        (_, i) => gaussian(random) * ([2, 3].includes(Math.floor(i / area) % rows) ? scale : 2),
      ),
    );
    const context = { width: 192, height: 192, scoreThreshold: 0.005 };
    const head = { kind: "yolo", classes, anchors, scaleXY: 1 } as const;
    ours.push(...(await decodeHead(head, [output], context)));
    for (let anchor = 0; anchor < 2; anchor++)
      for (let cell = 0; cell < area; cell++) {
        const at = (entry: number) => output.data[(anchor * rows + entry) * area + cell];
        const objectness = sigmoid(at(4));
        for (let classIndex = 0; classIndex < classes; classIndex++) {
          const score = f(objectness * sigmoid(at(5 + classIndex)));
          if (objectness <= 0.005 || score <= 0.005) continue;
          theirs.push({
            x: f(f((cell % grid) + sigmoid(at(0))) / grid),
            y: f(f(Math.floor(cell / grid) + sigmoid(at(1))) / grid),
            w: f(f(f(Math.exp(at(2))) * anchors[2 * anchor]) / 192),
            h: f(f(f(Math.exp(at(3))) * anchors[2 * anchor + 1]) / 192),
            score,
            classIndex,
          });
        }
      }
  }
  const infinite = theirs.filter(({ w, h }) => f(w * h) === Number.POSITIVE_INFINITY).length;
  expect(ours.length).toBe(theirs.length);
  expect(infinite > 0).toBe(scale >= 40);
  expect(nonMaxSuppression(ours, 0.45).length).toBe(suppressed(theirs, 0.45));
});
