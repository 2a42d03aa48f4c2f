import fc from "fast-check";
import { expect, test } from "vitest";
import { overlap, placePanel } from "./place-panel.ts";

const panel = { width: 300, height: 200 };
const page = { width: 1000, height: 700 };

test("the lower right, unless what is spoken of stands there", () => {
  expect(placePanel({ left: 0, top: 0, right: 400, bottom: 300 }, panel, page)).toEqual({ left: 688, top: 488 });
  expect(placePanel({ left: 600, top: 300, right: 990, bottom: 690 }, panel, page)).toEqual({ left: 12, top: 488 });
  expect(placePanel({ left: 0, top: 400, right: 1000, bottom: 690 }, panel, page)).toEqual({ left: 688, top: 12 });
});

test("no corner covers less", () => {
  const side = fc.integer({ min: -200, max: 1200 });
  fc.assert(
    fc.property(
      side,
      side,
      fc.integer({ min: 1, max: 900 }),
      fc.integer({ min: 1, max: 900 }),
      (left, top, wide, high) => {
        const target = { left, top, right: left + wide, bottom: top + high };
        const chosen = overlap(target, placePanel(target, panel, page), panel);
        for (const x of [12, 688])
          for (const y of [12, 488]) expect(overlap(target, { left: x, top: y }, panel)).toBeGreaterThanOrEqual(chosen);
      },
    ),
  );
});
