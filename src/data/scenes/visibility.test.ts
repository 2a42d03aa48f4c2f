import { expect, test } from "vitest";
import { rasterizeSvg } from "#platform";
import { type Random, seededRandom } from "../../core/random.ts";
import { type Color, ellipse, polygon, rectangle, regular, ring, rounded, type Shape, stroke } from "./shapes.ts";
import { toSvg } from "./svg.ts";
import { type Item, visibleObjects } from "./visibility.ts";

const grey: Color = [128, 128, 128];

test("a box is the extent of what is seen, counted in whole pixels", () => {
  const items: Item[] = [
    { classIndex: 3, shapes: [rectangle(10, 10, 20, 10, grey)] },
    { classIndex: 1, shapes: [rectangle(-5, 30, 10, 4, grey)] },
    { shapes: [rectangle(0, 0, 16, 40, grey, { solid: true }), rectangle(20, 0, 5, 5, grey)] },
    { classIndex: 0, shapes: [rectangle(50, 2, 10, 10, grey, { opacity: 0.5 }), rectangle(52, 4, 4, 4, grey)] },
  ];
  expect(visibleObjects(items, 64, 48)).toEqual([
    { classIndex: 3, box: { xMin: 16, yMin: 10, xMax: 30, yMax: 20 }, visibleShare: 0.7, truncated: false },
    { classIndex: 0, box: { xMin: 52, yMin: 4, xMax: 56, yMax: 8 }, visibleShare: 1, truncated: false },
  ]);
});

test("what the edge of the picture cuts is truncated, and its share counts what lies outside", () => {
  const [object] = visibleObjects([{ classIndex: 2, shapes: [rectangle(54, 40, 20, 10, grey)] }], 64, 48);
  expect(object).toEqual({
    classIndex: 2,
    box: { xMin: 54, yMin: 40, xMax: 64, yMax: 48 },
    visibleShare: 0.4,
    truncated: true,
  });
});

/** Overlapping shapes of every kind, one item each, in a colour of its own. */
function anyItems(random: Random): Item[] {
  return Array.from({ length: 12 }, (_, i) => {
    const color: Color = [20 * (i + 1), 255 - 20 * i, 7 * i];
    const [x, y, size] = [random() * 120 - 10, random() * 90 - 10, 4 + random() * 24];
    const corners = () => Array.from({ length: 10 }, (_, k) => (k % 2 === 0 ? x : y) + (random() - 0.5) * 2 * size);
    const kinds: (() => Shape[])[] = [
      () => [ellipse(x, y, size, size * 0.6, color)],
      () => [ring(x, y, size, size * 0.3, color)],
      () => [polygon(corners(), color)],
      () => [rounded(corners(), 4, color)],
      () => [regular(x, y, size, 8, color)],
      () => stroke(corners(), 2.5, color),
    ];
    return { classIndex: i, shapes: kinds[i % kinds.length]() };
  });
}

test.each([1, 2, 3, 4, 5])("boxes agree with what an independent rasterizer draws (seed %i)", async (seed) => {
  const [width, height] = [100, 70];
  const items = anyItems(seededRandom(seed));
  const svg = toSvg(
    items.flatMap(({ shapes }) => shapes),
    width,
    height,
  ).replace("<svg ", '<svg shape-rendering="crispEdges" ');
  const { data } = await rasterizeSvg(svg);
  const seen = visibleObjects(items, width, height);
  for (const [index, { shapes }] of items.entries()) {
    const [r, g, b] = shapes[0].fill;
    const pixels = Array.from({ length: width * height }, (_, i) => i).filter(
      (i) => data[3 * i] === r && data[3 * i + 1] === g && data[3 * i + 2] === b,
    );
    const object = seen.find(({ classIndex }) => classIndex === index);
    if (pixels.length < 5) continue;
    const [xs, ys] = [pixels.map((i) => i % width), pixels.map((i) => Math.floor(i / width))];
    const drawn = [Math.min(...xs), Math.min(...ys), Math.max(...xs) + 1, Math.max(...ys) + 1];
    const box = object ? [object.box.xMin, object.box.yMin, object.box.xMax, object.box.yMax] : [];
    // The rasterizer rounds coverage where we sample centres: a pixel each way.
    box.forEach((value, k) => {
      expect(Math.abs(value - drawn[k]), `item ${index}: ${box} against ${drawn}`).toBeLessThanOrEqual(1);
    });
    expect(box).toHaveLength(4);
  }
});
