import fc from "fast-check";
import { expect, test } from "vitest";
import { placeLabels } from "./place-labels.ts";

const picture = { width: 100, height: 100 };
const box = (xMin: number, yMin: number, xMax: number, yMax: number) => ({ xMin, yMin, xMax, yMax });

test("over the box where there is room, else under its upper edge", () => {
  expect(placeLabels([box(20, 30, 60, 60), box(5, 4, 50, 25)], [30, 30], 10, picture)).toEqual([
    { x: 20, y: 20 },
    { x: 5, y: 4 },
  ]);
});

test("the surer box chooses first; the other's label goes where it hides nothing", () => {
  const same = [box(20, 30, 60, 60), box(20, 30, 60, 60), box(20, 30, 60, 60)];
  // Over the box, then from its upper edge down, then below it.
  expect(placeLabels(same, [38, 38, 38], 10, picture).map((place) => place?.y)).toEqual([20, 30, 60]);
  // Two short ones find room side by side.
  expect(placeLabels(same, [15, 15, 15], 10, picture).slice(0, 2)).toEqual([
    { x: 20, y: 20 },
    { x: 45, y: 20 },
  ]);
});

test("labels stay within the picture that they fit into, and none lies upon another", () => {
  const corner = fc.integer({ min: 0, max: 100 });
  const boxes = fc
    .array(fc.tuple(corner, corner, corner, corner), { maxLength: 12 })
    .map((corners) =>
      corners.map(([a, b, c, d]) => box(Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d))),
    );
  fc.assert(
    fc.property(boxes, (all) => {
      const places = placeLabels(all, Array(all.length).fill(40), 10, picture).filter((place) => place !== null);
      for (const [i, { x, y }] of places.entries()) {
        expect(x >= 0 && x + 40 <= 100 && y >= 0 && y + 10 <= 100).toBe(true);
        for (const other of places.slice(0, i))
          expect(Math.abs(x - other.x) >= 40 || Math.abs(y - other.y) >= 10).toBe(true);
      }
      if (all.length > 0) expect(places.length).toBeGreaterThan(0);
    }),
  );
});
