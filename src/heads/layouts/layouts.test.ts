/** Each layout on one or two boxes, computed by hand. */
import { expect, test } from "vitest";
import type { KeptOutput } from "../../onnx/onnx-session.ts";
import type { Layout } from "./layout.ts";
import { classesOfLayout, layoutSchema, readLayout } from "./layouts.ts";

const input = { width: 64, height: 32 };

function output(dims: readonly number[], set: Readonly<Record<number, number>> = {}): KeptOutput {
  const data = new Float32Array(dims.reduce((a, b) => a * b, 1));
  for (const [at, value] of Object.entries(set)) data[Number(at)] = value;
  return { dims, data };
}

/** As rows: box in pixels of 64 × 32, class and score. */
function read(layout: Layout, outputs: readonly KeptOutput[], classes: number) {
  const found = readLayout(layout, outputs, { ...input, scoreThreshold: 0.25, classes });
  return found.map(({ xMin, yMin, xMax, yMax, classIndex, score }) =>
    [xMin * 64, yMin * 32, xMax * 64, yMax * 32, classIndex, score].map((value) => Number(value.toFixed(3)) + 0),
  );
}

const classes = (layout: Layout, outputs: readonly KeptOutput[]) =>
  classesOfLayout(
    layout,
    outputs.map(({ dims }) => dims),
    input,
  );

test("columns: middles, sizes and scores in columns", () => {
  const layout = { name: "columns" } as const;
  // Box 1 of 9: middle 20, 10, size 8 × 4, class 1 of 2.
  const outputs = [output([1, 6, 9], { 1: 20, 10: 10, 19: 8, 28: 4, 46: 0.75 })];
  expect(classes(layout, outputs)).toBe(2);
  expect(read(layout, outputs, 2)).toEqual([[16, 8, 24, 12, 1, 0.75]]);
});

test("objectness: a row a box, objectness times score", () => {
  const layout = { name: "objectness" } as const;
  const outputs = [output([1, 9, 7], { 7: 20, 8: 10, 9: 8, 10: 4, 11: 0.5, 13: 0.8, 18: 0.2, 20: 1 })];
  expect(classes(layout, outputs)).toBe(2);
  expect(read(layout, outputs, 2)).toEqual([[16, 8, 24, 12, 1, 0.4]]);
});

test("yolox: middles and logarithms of sizes by cells", () => {
  const layout = { name: "yolox", strides: [8, 16] } as const;
  // 8 × 4 cells of 8 pixels, then 4 × 2 of 16. Cell (2, 1) of the second: index 32 + 4 + 2.
  const at = (32 + 6) * 6;
  const outputs = [
    output([1, 40, 6], {
      [at]: 0.5,
      [at + 1]: 0.25,
      [at + 2]: 0,
      [at + 3]: Math.log(0.5),
      [at + 4]: 0.9,
      [at + 5]: 0.5,
    }),
  ];
  expect(classes(layout, outputs)).toBe(1);
  // Middle (2.5·16, 1.25·16) = (40, 20), size 16 × 8.
  expect(read(layout, outputs, 1)).toEqual([[32, 16, 48, 24, 0, 0.45]]);
});

test("rows: corners, score, class", () => {
  const layout = { name: "rows" } as const;
  const outputs = [{ dims: [1, 2, 6], data: Float32Array.of(1, 2, 3, 4, 0.5, 7, 1, 2, 3, 4, 0.1, 7) }];
  expect(classes(layout, outputs)).toBe(65_536);
  expect(read(layout, outputs, 80)).toEqual([[1, 2, 3, 4, 7, 0.5]]);
});

test("scoresAndBoxes: in either order, the background left out", () => {
  const layout = { name: "scoresAndBoxes" } as const;
  const scores = { dims: [1, 2, 3], data: Float32Array.of(0.9, 0.05, 0.05, 0.1, 0.3, 0.6) };
  const boxes = { dims: [1, 2, 4], data: Float32Array.of(0, 0, 1, 1, 0.25, 0.5, 0.5, 1) };
  const expected = [
    [16, 16, 32, 32, 0, 0.3],
    [16, 16, 32, 32, 1, 0.6],
  ];
  for (const outputs of [
    [scores, boxes],
    [boxes, scores],
  ]) {
    expect(classes(layout, outputs)).toBe(2);
    expect(read(layout, outputs, 2)).toEqual(expected);
  }
});

test("priors: offsets from boxes that are fixed in each cell", () => {
  const layout = { name: "priors", strides: [32], sizes: [[16, 8]], centerVariance: 0.1, sizeVariance: 0.2 } as const;
  // 2 × 1 cells of 2 boxes; the third: middle (48, 16), 16 × 16; moved by 0.1·16 and doubled in height.
  const boxes = output([1, 4, 4], { 8: 1, 11: Math.log(2) / 0.2 });
  const scores = output([1, 4, 2], { 5: 0.9 });
  expect(classes(layout, [boxes, scores])).toBe(1);
  expect(read(layout, [boxes, scores], 1)).toEqual([[41.6, 0, 57.6, 32, 0, 0.9]]);
});

test("distribution: sides as means of distributions, apart or in one output", () => {
  const layout = { name: "distribution", strides: [16], center: 0.5 } as const;
  // Cell (1, 1) of 4 × 2: middle (24, 24). Bins 0 and 1, of which one is certain.
  const sides = { 0: 50, 3: 50, 5: 50, 6: 50 };
  const shifted = (by: number) =>
    Object.fromEntries(Object.entries(sides).map(([at, value]) => [Number(at) + by, value]));
  const apart = [output([1, 8, 2], { 11: 0.8 }), output([1, 8, 8], shifted(40))];
  expect(classes(layout, apart)).toBe(2);
  const expected = [[24, 8, 40, 24, 1, 0.8]];
  expect(read(layout, apart, 2)).toEqual(expected);
  expect(read(layout, [output([1, 8, 10], { 51: 0.8, ...shifted(52) })], 2)).toEqual(expected);
});

test("fastestdet: objectness^0.6·class^0.4, tanh and sigmoid of the box", () => {
  const layout = { name: "fastestdet" } as const;
  // Cell (1, 0) of 4 × 2, class 1 of 2: σ(0) = ½ of the input.
  const outputs = [output([1, 7, 2, 4], { 1: 0.5, 49: 0.5 })];
  expect(classes(layout, outputs)).toBe(2);
  expect(read(layout, outputs, 2)).toEqual([[0, -8, 32, 8, 1, 0.5]]);
});

test("yunet: the root of class times objectness, logarithms of sizes in strides", () => {
  const layout = { name: "yunet", strides: [16, 32] } as const;
  const boxes = output([1, 8, 4], { 4: 0.5, 5: 0.5, 6: Math.log(2), 7: 0 });
  const outputs = [
    output([1, 8, 1], { 1: 0.5 }),
    output([1, 2, 1]),
    output([1, 8, 1], { 1: 0.5 }),
    output([1, 2, 1]),
    boxes,
    output([1, 2, 4]),
  ];
  expect(classes(layout, outputs)).toBe(1);
  expect(read(layout, outputs, 1)).toEqual([[8, 0, 40, 16, 0, 0.5]]);
});

test("anchors: YOLOv5's sigmoids around anchors", () => {
  const layout = { name: "anchors", anchors: [[8, 4, 16, 16]], others: 2 } as const;
  // Anchor 1 (16 × 16), cell (2, 1) of 4 × 2; zeros are σ = ½, so the middle is the cell's, the size the anchor's.
  const at = (8 + 4 + 2) * 8;
  const far = Object.fromEntries(Array.from({ length: 16 }, (_, cell) => [cell * 8 + 4, -20]));
  const outputs = [output([1, 2, 2, 4, 8], { ...far, [at + 4]: 20, [at + 7]: Math.log(3) })];
  expect(classes(layout, outputs)).toBe(1);
  expect(read(layout, outputs, 1)).toEqual([[32, 16, 48, 32, 0, 0.75]]);
});

test("outputs of other shapes are of no layout, and schemas take what is stated", () => {
  const layouts: readonly Layout[] = [
    { name: "columns" },
    { name: "objectness" },
    { name: "yolox", strides: [8] },
    { name: "rows" },
    { name: "scoresAndBoxes" },
    { name: "priors", strides: [8], sizes: [[10]], centerVariance: 0.1, sizeVariance: 0.2 },
    { name: "distribution", strides: [8], center: 0 },
    { name: "fastestdet" },
    { name: "yunet", strides: [8] },
    { name: "anchors", anchors: [[1, 1]], others: 0 },
  ];
  for (const layout of layouts) {
    expect(layoutSchema.parse(layout)).toEqual(layout);
    expect(() => layoutSchema.parse({ ...layout, more: 1 })).toThrow();
    for (const shapes of [[], [undefined], [[1, 2]], [[1, 3, 4, 5, 6, 7]]])
      expect(classesOfLayout(layout, shapes, input)).toBeUndefined();
  }
});
