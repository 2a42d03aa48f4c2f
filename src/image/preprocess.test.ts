import fc from "fast-check";
import { expect, test } from "vitest";
import { preprocess } from "./preprocess.ts";

test("letterbox rounds as darknet does, and boxes go with the pixels: 100 × 37 into 64 × 64", () => {
  // 37·64/100 = 23.68: 23 rows, (64 − 23)/2 = 20.5: 20 above.
  const pixels = { width: 100, height: 37, data: new Uint8Array(3 * 100 * 37).fill(255) };
  const { image, toInput, toPicture } = preprocess(pixels, [3, 64, 64], { fit: "letterbox", filter: "darknet" });
  const rows = Array.from({ length: 64 }, (_, y) => image.data[y * 64]);
  expect(rows.indexOf(1)).toBe(20);
  expect(rows.lastIndexOf(1)).toBe(42);
  const whole = { xMin: 0, yMin: 0, xMax: 100, yMax: 37 };
  expect(toInput(whole)).toEqual({ xMin: 0, yMin: 20 / 64, xMax: 1, yMax: 43 / 64 });
  expect(toPicture(toInput(whole))).toEqual(whole);
});

test("to the network's input and back is the same box, whatever the sizes", () => {
  const extent = fc.integer({ min: 2, max: 90 });
  const part = fc.double({ min: 0, max: 1, noNaN: true });
  const fit = fc.constantFrom("letterbox" as const, "stretch" as const, "corner" as const);
  fc.assert(
    fc.property(extent, extent, extent, extent, fit, part, part, (width, height, inW, inH, how, x, y) => {
      const pixels = { width, height, data: new Uint8Array(3 * width * height) };
      const { toInput, toPicture } = preprocess(pixels, [3, inH, inW], { fit: how, filter: "darknet" });
      const box = { xMin: (x * width) / 2, yMin: (y * height) / 2, xMax: width, yMax: height };
      const back = toPicture(toInput(box));
      for (const side of ["xMin", "yMin", "xMax", "yMax"] as const) expect(back[side]).toBeCloseTo(box[side], 9);
    }),
    { numRuns: 200 },
  );
});

test("corner, BGR, pad and mean: 2 × 1 into 4 × 4", () => {
  const pixels = { width: 2, height: 1, data: Uint8Array.of(255, 0, 51, 255, 0, 51) };
  const { image, toPicture } = preprocess(pixels, [3, 4, 4], {
    fit: "corner",
    filter: "linear",
    order: "bgr",
    pad: 0.25,
    mean: [0.1, 0.25, 0.5],
  });
  const channel = (c: number) =>
    Array.from(image.data.subarray(16 * c, 16 * c + 16), (value) => Number(value.toFixed(6)));
  const rows = (inside: number, outside: number) => [...Array(8).fill(inside), ...Array(8).fill(outside)];
  expect(channel(0)).toEqual(rows(0.1, 0.15));
  expect(channel(1)).toEqual(rows(-0.25, 0));
  expect(channel(2)).toEqual(rows(0.5, -0.25));
  expect(toPicture({ xMin: 0, yMin: 0, xMax: 1, yMax: 0.5 })).toEqual({ xMin: 0, yMin: 0, xMax: 2, yMax: 1 });
});

test("one channel is the brightness, from bytes as darknet's decoder has it", () => {
  const pixels = { width: 3, height: 1, data: Uint8Array.of(255, 0, 0, 10, 200, 30, 255, 255, 255) };
  const { image } = preprocess(pixels, [1, 1, 3], { fit: "stretch", filter: "darknet" });
  expect(image.shape).toEqual([1, 1, 3]);
  // (77·R + 150·G + 29·B) / 256, rounded down.
  expect(Array.from(image.data, (value) => Math.round(value * 255))).toEqual([76, 123, 255]);
  const wide = preprocess(pixels, [1, 4, 4], { fit: "letterbox", filter: "darknet", pad: 0.25 }).image;
  expect([wide.shape, wide.data[0], wide.data[15]]).toEqual([[1, 4, 4], 0.25, 0.25]);
});
