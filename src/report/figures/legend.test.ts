import { expect, test } from "vitest";
import { legend } from "./legend.ts";
import { lookOf } from "./look.ts";

const entries = ["layer", "channel"].map((name, i) => ({ name, look: lookOf(i) }));
const room = { widthPx: 300, heightPx: 200, abovePx: 26, leftPx: 50 };

test("stands in a corner that no line passes through, and needs no room of its own", () => {
  const rising = [
    { x: 0, y: 200 },
    { x: 300, y: 0 },
  ];
  expect(legend(entries, { ...room, lines: [rising] }).heightPx).toBe(0);
});

test("goes above the plot where every corner is taken, a line passing between its ends included", () => {
  const cross = [
    [
      { x: 0, y: 200 },
      { x: 300, y: 0 },
    ],
    [
      { x: 0, y: 0 },
      { x: 300, y: 200 },
    ],
  ];
  const { heightPx } = legend(entries, { ...room, lines: cross });
  expect(heightPx).toBeGreaterThan(0);
  expect(legend(entries, { ...room, widthPx: 100, leftPx: 0, lines: cross }).heightPx).toBe(2 * heightPx);
});
