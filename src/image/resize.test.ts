import fc from "fast-check";
import { expect, test } from "vitest";
import { type Filter, filters } from "../core/preprocessing.ts";
import { type FloatTensor, floatTensor } from "../core/tensor.ts";
import { preprocess } from "./preprocess.ts";
import { resizePixels } from "./resize.ts";
import { tapsFor } from "./taps.ts";

/** Resampling in as few lines as it takes: [C, H, W] to [C, height, width]; `resizePixels` is this, to the last bit. */
function resize(image: FloatTensor, width: number, height: number, filter: Filter): FloatTensor {
  const [channels, fromHeight, fromWidth] = image.shape;
  const [along, across] = [tapsFor(filter, fromWidth, width), tapsFor(filter, fromHeight, height)];
  const out = floatTensor([channels, height, width]);
  for (let channel = 0; channel < channels; channel++) {
    for (const [y, { start: top, weights: down }] of across.entries()) {
      for (const [x, { start: left, weights }] of along.entries()) {
        const inRow = (row: number) => {
          const from = (channel * fromHeight + row) * fromWidth + left;
          return Math.fround(weights.reduce((sum, weight, k) => sum + weight * image.data[from + k], 0));
        };
        const sum = down.reduce((total, weight, k) => Math.fround(total + weight * inRow(top + k)), 0);
        out.data[(channel * height + y) * width + x] = Math.min(1, Math.max(0, sum));
      }
    }
  }
  return out;
}

const picture = floatTensor([1, 3, 5], [0, 0.1, 0.9, 0.4, 0.3, 1, 0.2, 0.6, 0.5, 0.7, 0.25, 0.75, 0.05, 0.95, 0.15]);
/** Both sides are float32, summed in another order. */
const rounding = 6;

function expectRows(actual: Float32Array, rows: number[][]): void {
  for (const [i, value] of rows.flat().entries()) expect(actual[i], `pixel ${i}`).toBeCloseTo(value, rounding - 1);
  expect(actual).toHaveLength(rows.flat().length);
}

test("antialiased bilinear equals Pillow's (Image.resize, mode F)", () => {
  expectRows(resize(picture, 2, 2, "bilinear").data, [
    [0.374432, 0.507386],
    [0.485227, 0.515909],
  ]);
  expectRows(resize(picture, 7, 4, "bilinear").data, [
    [0, 0.057143, 0.328571, 0.9, 0.542857, 0.357143, 0.3],
    [0.625, 0.360714, 0.319643, 0.7125, 0.533929, 0.5, 0.55],
    [0.71875, 0.540179, 0.402679, 0.39375, 0.590179, 0.59375, 0.49375],
    [0.25, 0.535714, 0.55, 0.05, 0.692857, 0.607143, 0.15],
  ]);
});

test("Lanczos equals Pillow's, with overshoot cut off", () => {
  expectRows(resize(picture, 3, 2, "lanczos").data, [
    [0.259368, 0.566041, 0.468687],
    [0.555531, 0.440472, 0.560093],
  ]);
  expectRows(resize(picture, 7, 4, "lanczos").data.subarray(0, 7), [
    [0, 0, 0.374269, 0.908931, 0.609413, 0.261245, 0.260383],
  ]);
});

test("darknet's bilinear aligns corners and does not antialias", () => {
  // Columns 0, 2, 4 of rows 0 and 2: with aligned corners a 3×2 picture takes input pixels as they are.
  expectRows(resize(picture, 3, 2, "darknet").data, [
    [0, 0.9, 0.3],
    [0.25, 0.05, 0.15],
  ]);
  // Between columns: 5 → 4 steps by 4/3.
  const [a, b] = [0.1 * (2 / 3) + 0.9 / 3, 0.9 / 3 + (0.4 * 2) / 3];
  expectRows(resize(picture, 4, 1, "darknet").data, [
    [0.25, 0.75 * (2 / 3) + 0.05 / 3, 0.05 / 3 + (0.95 * 2) / 3, 0.15],
  ]);
  expectRows(resize(picture, 4, 3, "darknet").data.subarray(0, 4), [[0, a, b, 0.3]]);
});

test("letterbox keeps the aspect, pads with 0.5 and maps boxes back", () => {
  const white = { width: 4, height: 2, data: new Uint8Array(24).fill(255) };
  const { image, toPicture } = preprocess(white, [3, 8, 8], { fit: "letterbox", filter: "darknet" });
  const rows = Array.from({ length: 8 }, (_, y) => [...new Set(image.data.subarray(8 * y, 8 * y + 8))]);
  expect(rows).toEqual([[0.5], [0.5], [1], [1], [1], [1], [0.5], [0.5]]);
  expect(toPicture({ xMin: 0.25, yMin: 0.25, xMax: 1, yMax: 1 })).toEqual({ xMin: 1, yMin: 0, xMax: 4, yMax: 2 });
});

test("letterbox of a very flat picture keeps at least one row", () => {
  const flat = { width: 1000, height: 1, data: new Uint8Array(3000).fill(255) };
  expect(
    preprocess(flat, [3, 8, 8], { fit: "letterbox", filter: "bilinear" }).image.data.filter((value) => value > 0.99),
  ).toHaveLength(24);
});

test("stretch maps boxes back and clips them", () => {
  const picture = { width: 10, height: 20, data: new Uint8Array(600) };
  const { toPicture } = preprocess(picture, [3, 4, 4], { fit: "stretch", filter: "darknet" });
  expect(toPicture({ xMin: -0.5, yMin: 0.5, xMax: 0.5, yMax: 7 })).toEqual({ xMin: 0, yMin: 10, xMax: 5, yMax: 20 });
});

test("white stays within [0, 1]: weights that sum to 1 only up to rounding must not brighten it", () => {
  const white = { width: 500, height: 333, data: new Uint8Array(3 * 333 * 500).fill(255) };
  for (const filter of ["darknet", "bilinear", "lanczos"] as const) {
    expect(resizePixels(white, 224, 224, filter).data.every((value) => value <= 1 && value > 0.999999)).toBe(true);
  }
});

test("linear: pixel areas coincide, two taps however much smaller: 5 → 2", () => {
  // Middles lie at (i + ½)·2.5 − ½ = 0.75 and 3.25.
  const image = floatTensor([1, 1, 5], [0.1, 0.5, 0.9, 0.3, 0.7]);
  const [left, right] = resize(image, 2, 1, "linear").data;
  expect(left).toBeCloseTo(0.25 * 0.1 + 0.75 * 0.5, 6);
  expect(right).toBeCloseTo(0.75 * 0.3 + 0.25 * 0.7, 6);
});

test("a picture of bytes is resampled as its planes are, to the last bit", () => {
  const extent = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(
      extent,
      extent,
      extent,
      extent,
      fc.constantFrom(...filters),
      fc.nat(),
      (width, height, w, h, filter, seed) => {
        const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => (i * i + seed) % 251);
        const planes = Float32Array.from(data, (_, i) => {
          const area = width * height;
          return data[3 * (i % area) + Math.floor(i / area)] / 255;
        });
        const isSame = w === width && h === height;
        const expected = isSame ? planes : resize(floatTensor([3, height, width], planes), w, h, filter).data;
        expect(resizePixels({ width, height, data }, w, h, filter).data).toEqual(expected);
        expect(resizePixels({ width, height, data }, width, height, filter).data).toEqual(planes);
      },
    ),
  );
});
