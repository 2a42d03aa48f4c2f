import fc from "fast-check";
import { expect, test } from "vitest";
import type { Pixels } from "../core/pixels.ts";
import { seededRandom } from "../core/random.ts";
import { augment, defaultAugmentation, noAugmentation, type Sample } from "./augment.ts";

const [width, height] = [40, 30];

/** A red rectangle on black, and its box. */
function marked(xMin: number, yMin: number, xMax: number, yMax: number): Sample {
  const data = new Uint8Array(width * height * 3);
  for (let y = yMin; y < yMax; y++) for (let x = xMin; x < xMax; x++) data[3 * (y * width + x)] = 255;
  const box = { xMin: xMin / width, yMin: yMin / height, xMax: xMax / width, yMax: yMax / height };
  const pixels: Pixels = { width, height, data };
  return { pixels, objects: [{ ...box, classIndex: 4, isIgnored: false }] };
}

test("without augmentation the picture comes as it is", () => {
  const sample = marked(10, 6, 20, 18);
  const image = new Float32Array(3 * width * height);
  expect(augment(sample, seededRandom(1), noAugmentation, image, width, height)).toEqual(sample.objects);
  for (let i = 0; i < width * height; i++) {
    for (let channel = 0; channel < 3; channel++) {
      // The colour matrix there and back is rounded to three digits.
      expect(image[channel * width * height + i]).toBeCloseTo(sample.pixels.data[3 * i + channel] / 255, 1);
    }
  }
});

test("boxes go where the pixels go", () => {
  const settings = { ...noAugmentation, mirror: 0.5, jitter: 0.3 };
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 4, max: 24 }), fc.integer({ min: 4, max: 16 }), (seed, x, y) => {
      const [outWidth, outHeight] = [80, 60];
      const image = new Float32Array(3 * outWidth * outHeight);
      const sample = marked(x, y, x + 10, y + 8);
      const [object] = augment(sample, seededRandom(seed), settings, image, outWidth, outHeight);
      if (!object) return;
      const isRed = (i: number) => image[i] > 0.75 && image[i + outWidth * outHeight] < 0.25;
      const red = Array.from({ length: outWidth * outHeight }, (_, i) => i).filter(isRed);
      const [xs, ys] = [red.map((i) => i % outWidth), red.map((i) => Math.floor(i / outWidth))];
      const seen = [Math.min(...xs), Math.min(...ys), Math.max(...xs) + 1, Math.max(...ys) + 1];
      const box = [object.xMin * outWidth, object.yMin * outHeight, object.xMax * outWidth, object.yMax * outHeight];
      // One pixel of the picture is up to five of the crop; interpolation blurs half of one.
      for (let k = 0; k < 4; k++) expect(Math.abs(box[k] - seen[k])).toBeLessThanOrEqual(3);
    }),
    { numRuns: 60 },
  );
});

test("what the crop leaves nothing of is gone, what it leaves little of is ignored", () => {
  const sample = marked(0, 0, 10, 30);
  const settings = { ...noAugmentation, jitter: 0.4 };
  const found = { kept: 0, ignored: 0, gone: 0 };
  for (let seed = 0; seed < 300; seed++) {
    const objects = augment(sample, seededRandom(seed), settings, new Float32Array(3 * 100), 10, 10);
    if (objects.length === 0) found.gone++;
    else if (objects[0].isIgnored) found.ignored++;
    else found.kept++;
  }
  expect(found.kept).toBeGreaterThan(150);
  expect(found.ignored).toBeGreaterThan(10);
  expect(found.gone).toBeGreaterThan(10);
});

test("colours change, grey stays grey, values stay in [0, 1]", () => {
  const data = new Uint8Array(width * height * 3).fill(90);
  const sample: Sample = { pixels: { width, height, data }, objects: [] };
  const settings = { ...defaultAugmentation, jitter: 0 };
  const greys = Array.from({ length: 40 }, (_, seed) => {
    const image = new Float32Array(3 * 64);
    augment(sample, seededRandom(seed), settings, image, 8, 8);
    const [r, g, b] = [image[0], image[64], image[128]];
    expect(Math.abs(r - g)).toBeLessThan(0.01);
    expect(Math.abs(r - b)).toBeLessThan(0.01);
    return r;
  });
  expect(Math.max(...greys)).toBeGreaterThan(0.42);
  expect(Math.max(...greys)).toBeLessThan((90 / 255) * 1.52);
  expect(Math.min(...greys)).toBeLessThan(0.3);
  const bright: Sample = { pixels: { width, height, data: new Uint8Array(data.length).fill(255) }, objects: [] };
  const image = new Float32Array(3 * 64);
  for (let seed = 0; seed < 20; seed++) {
    augment(bright, seededRandom(seed), settings, image, 8, 8);
    expect(image.every((value) => value >= 0 && value <= 1)).toBe(true);
  }
});
