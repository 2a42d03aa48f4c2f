import { expect, test } from "vitest";
import { ink, lookOf, muted } from "./look.ts";

/** WCAG 2.2's contrast ratio with white. */
function contrastWithWhite(color: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 1.05 / (0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05);
}

const looks = Array.from({ length: 6 }, (_, i) => lookOf(i));

test("all that is written in colour can be read on white", () => {
  expect(contrastWithWhite("#767676")).toBeCloseTo(4.54, 2);
  for (const color of [ink, muted, ...looks.map((look) => look.color)])
    expect(contrastWithWhite(color), color).toBeGreaterThan(4.5);
});

test("series can be told apart without colour", () => {
  expect(new Set(looks.map(({ symbol }) => symbol)).size).toBe(looks.length);
  expect(new Set(looks.map(({ dash }) => dash)).size).toBe(looks.length);
});
