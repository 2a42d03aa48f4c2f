/**
 * From a stored picture to one that the network has not seen quite so: another crop, another scale, mirrored, in another
 * light. A pure function of the random stream.
 */
import type { Box } from "../core/box.ts";
import { areaOf } from "../core/box.ts";
import type { Pixels } from "../core/pixels.ts";
import type { Random } from "../core/random.ts";
import type { TrainingObject } from "../dnn/training/targets.ts";

export interface Augmentation {
  /** Probability of mirroring. */
  readonly mirror: number;
  /** Greatest part by which each side of the crop is moved, inwards or outwards (darknet's jitter). */
  readonly jitter: number;
  /** Brightness and saturation are multiplied by up to this, or divided. */
  readonly exposure: number;
  readonly saturation: number;
  /** Greatest turn of the hue, as a part of the circle. */
  readonly hue: number;
}

/** Darknet's usual settings. */
export const defaultAugmentation: Augmentation = { mirror: 0.5, jitter: 0.2, exposure: 1.5, saturation: 1.5, hue: 0.1 };
export const noAugmentation: Augmentation = { mirror: 0, jitter: 0, exposure: 1, saturation: 1, hue: 0 };

/** An object of which less than this is left in the crop is not to be found; of which less than a fifth of it is gone. */
const ignoredShare = 0.35;

/** A stored picture that the network's input is cut from, and its objects in fractions of it. */
export interface Sample {
  readonly pixels: Pixels;
  readonly objects: readonly TrainingObject[];
}

/**
 * Writes one picture into `image`, planes [3, height, width] in [0, 1], and gives its objects in fractions of it.
 * What lies outside the stored picture is 0.5.
 */
export function augment(
  sample: Sample,
  random: Random,
  settings: Augmentation,
  image: Float32Array,
  width: number,
  height: number,
): TrainingObject[] {
  const crop = anyCrop(random, settings.jitter);
  const isMirrored = random() < settings.mirror;
  sampleCrop(sample.pixels, crop, isMirrored, anyColors(random, settings), image, width, height);
  const [cropWidth, cropHeight] = [crop.xMax - crop.xMin, crop.yMax - crop.yMin];
  return sample.objects.flatMap((object) => {
    const seen = {
      xMin: Math.max(object.xMin, crop.xMin),
      yMin: Math.max(object.yMin, crop.yMin),
      xMax: Math.min(object.xMax, crop.xMax),
      yMax: Math.min(object.yMax, crop.yMax),
    };
    if (seen.xMax <= seen.xMin || seen.yMax <= seen.yMin) return [];
    const share = areaOf(seen) / areaOf(object);
    if (share < ignoredShare / 5) return [];
    const x = (value: number) => {
      const within = (value - crop.xMin) / cropWidth;
      return isMirrored ? 1 - within : within;
    };
    const y = (value: number) => (value - crop.yMin) / cropHeight;
    const [left, right] = [x(seen.xMin), x(seen.xMax)];
    return [
      {
        classIndex: object.classIndex,
        isIgnored: object.isIgnored || share < ignoredShare,
        xMin: Math.min(left, right),
        xMax: Math.max(left, right),
        yMin: y(seen.yMin),
        yMax: y(seen.yMax),
      },
    ];
  });
}

/** In fractions of the picture; may reach outside. Three of ten pictures are taken whole. */
function anyCrop(random: Random, jitter: number): Box {
  const side = () => (2 * random() - 1) * jitter;
  const crop = { xMin: side(), yMin: side(), xMax: 1 + side(), yMax: 1 + side() };
  return random() < 0.3 ? { xMin: 0, yMin: 0, xMax: 1, yMax: 1 } : crop;
}

/** 3 × 3, row by row, on red, green and blue. */
type ColorMatrix = Float64Array;

/** Brightness, saturation and a turn of the hue, as one linear map (the turn is in the plane of the YIQ chroma). */
function anyColors(random: Random, { exposure, saturation, hue }: Augmentation): ColorMatrix {
  const factor = (most: number) => {
    const value = 1 + random() * (most - 1);
    return random() < 0.5 ? value : 1 / value;
  };
  const gain = factor(exposure);
  const chroma = factor(saturation);
  const turn = (2 * random() - 1) * hue * 2 * Math.PI;
  const [c, s] = [Math.cos(turn) * chroma, Math.sin(turn) * chroma];
  const toYiq = [0.299, 0.587, 0.114, 0.596, -0.274, -0.322, 0.211, -0.523, 0.312];
  const toRgb = [1, 0.956, 0.621, 1, -0.272, -0.647, 1, -1.106, 1.703];
  const turned = product([1, 0, 0, 0, c, -s, 0, s, c], toYiq);
  return product(toRgb, turned).map((value) => value * gain);
}

function product(a: ArrayLike<number>, b: ArrayLike<number>): ColorMatrix {
  return Float64Array.from({ length: 9 }, (_, i) => {
    const [row, column] = [3 * Math.floor(i / 3), i % 3];
    return a[row] * b[column] + a[row + 1] * b[column + 3] + a[row + 2] * b[column + 6];
  });
}

/** Bilinear; writes `image`. */
function sampleCrop(
  { width: fromWidth, height: fromHeight, data }: Pixels,
  crop: Box,
  isMirrored: boolean,
  colors: ColorMatrix,
  image: Float32Array,
  width: number,
  height: number,
): void {
  const area = width * height;
  const columns = taps(crop.xMin, crop.xMax, width, fromWidth);
  const rows = taps(crop.yMin, crop.yMax, height, fromHeight);
  const [m0, m1, m2, m3, m4, m5, m6, m7, m8] = colors;
  const scale = 1 / 255;
  for (let y = 0; y < height; y++) {
    const top = rows.start[y] * fromWidth;
    const below = rows.next[y] * fromWidth;
    const down = rows.part[y];
    for (let x = 0; x < width; x++) {
      const at = y * width + (isMirrored ? width - 1 - x : x);
      if (rows.start[y] < 0 || columns.start[x] < 0) {
        image[at] = 0.5;
        image[at + area] = 0.5;
        image[at + 2 * area] = 0.5;
        continue;
      }
      const right = columns.part[x];
      const [a, b] = [3 * (top + columns.start[x]), 3 * (top + columns.next[x])];
      const [c, d] = [3 * (below + columns.start[x]), 3 * (below + columns.next[x])];
      const wa = (1 - down) * (1 - right) * scale;
      const wb = (1 - down) * right * scale;
      const wc = down * (1 - right) * scale;
      const wd = down * right * scale;
      const red = wa * data[a] + wb * data[b] + wc * data[c] + wd * data[d];
      const green = wa * data[a + 1] + wb * data[b + 1] + wc * data[c + 1] + wd * data[d + 1];
      const blue = wa * data[a + 2] + wb * data[b + 2] + wc * data[c + 2] + wd * data[d + 2];
      image[at] = clip(m0 * red + m1 * green + m2 * blue);
      image[at + area] = clip(m3 * red + m4 * green + m5 * blue);
      image[at + 2 * area] = clip(m6 * red + m7 * green + m8 * blue);
    }
  }
}

/** For each output pixel of one axis the two input pixels between which it lies; −1 outside. */
function taps(from: number, to: number, count: number, extent: number) {
  const start = new Int32Array(count);
  const next = new Int32Array(count);
  const part = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const position = (from + ((i + 0.5) / count) * (to - from)) * extent - 0.5;
    if (position < -0.5 || position > extent - 0.5) {
      start[i] = -1;
      continue;
    }
    const low = Math.max(0, Math.floor(position));
    start[i] = low;
    next[i] = Math.min(extent - 1, low + 1);
    part[i] = Math.max(0, position - low);
  }
  return { start, next, part };
}

function clip(value: number): number {
  return Math.min(1, Math.max(0, value));
}
