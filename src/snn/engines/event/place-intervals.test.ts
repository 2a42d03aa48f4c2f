import fc from "fast-check";
import { expect, test } from "vitest";
import { placeIntervals } from "./place-intervals.ts";

const requests = fc.array(
  fc
    .record({ bytes: fc.integer({ min: 1, max: 100 }), from: fc.nat(9), length: fc.nat(5) })
    .map(({ bytes, from, length }) => ({
      bytes,
      from,
      to: from + length,
    })),
  { maxLength: 20 },
);

test("areas that are needed at the same time do not overlap, and all lie between start and end", () => {
  fc.assert(
    fc.property(requests, (areas) => {
      const { places, end } = placeIntervals(areas, 64);
      for (const a of areas) {
        const at = places.get(a)!;
        expect(at).toBeGreaterThanOrEqual(64);
        expect(at + a.bytes).toBeLessThanOrEqual(end);
        for (const b of areas) {
          if (a === b || a.to < b.from || b.to < a.from) continue;
          expect(at + a.bytes <= places.get(b)! || places.get(b)! + b.bytes <= at).toBe(true);
        }
      }
    }),
  );
});

test("areas of different times share addresses", () => {
  const areas = [0, 1, 2, 3].map((k) => ({ bytes: 100, from: k, to: k }));
  expect(placeIntervals(areas, 64).end).toBe(164);
});
