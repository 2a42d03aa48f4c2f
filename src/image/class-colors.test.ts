import { expect, test } from "vitest";
import { colorOf } from "./draw.ts";

type Rgb = readonly [number, number, number];

const linear = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
const rgbOf = (hex: string) => [1, 3, 5].map((at) => linear(Number.parseInt(hex.slice(at, at + 2), 16) / 255));

/** Machado, Oliveira and Fernandes 2009, deuteranopia (severity 1), on linear RGB. */
const deuteranopia = [
  [0.367322, 0.860646, -0.227968],
  [0.280085, 0.672501, 0.047413],
  [-0.01182, 0.04294, 0.968881],
];
const asSeen = (rgb: readonly number[]) =>
  deuteranopia.map((row) =>
    Math.max(
      0,
      Math.min(
        1,
        row.reduce((sum, m, i) => sum + m * rgb[i], 0),
      ),
    ),
  ) as unknown as Rgb;

/** CIE L*a*b* under D65. */
function lab([r, g, b]: readonly number[]): Rgb {
  const f = (t: number) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047);
  const y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

const colors = Array.from({ length: 10 }, (_, i) => colorOf(i));
const distance = (a: Rgb, b: Rgb) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

test("ten classes are 20 units of CIE76 apart or more, for trichromats and for people with deuteranopia", () => {
  // A difference of 2.3 can just be seen; swatches this small want some times as much.
  for (const [i, a] of colors.entries()) {
    for (const b of colors.slice(0, i)) {
      expect(distance(lab(rgbOf(a)), lab(rgbOf(b))), `${a} ${b}`).toBeGreaterThan(20);
      expect(distance(lab(asSeen(rgbOf(a))), lab(asSeen(rgbOf(b)))), `${a} ${b} seen`).toBeGreaterThan(20);
    }
  }
});

test("white text has the contrast that WCAG wants", () => {
  for (const color of colors) {
    const [r, g, b] = rgbOf(color);
    expect(1.05 / (0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05), color).toBeGreaterThanOrEqual(4.5);
  }
});
