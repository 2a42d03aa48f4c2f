/**
 * Street scenes with ground truth, a pure function of the seed: a picture as SVG and the boxes of what is seen in it.
 *
 * The rule for boxes: a box is the exact extent of the object's visible pixels (VOC's rule: what cannot be seen is not
 * boxed). Of which less than `hiddenShare` or fewer than `minPixels` are seen has no box; what is less than
 * `difficultShare` seen, or under `difficultSide` pixels in one direction, is marked difficult.
 */
import type { Box } from "../../core/box.ts";
import { expectInteger } from "../../core/errors.ts";
import { type Random, seededRandom } from "../../core/random.ts";
import { between, chance } from "./dice.ts";
import type { Color, Shape } from "./shapes.ts";
import { peopledStreet } from "./street.ts";
import { toSvg } from "./svg.ts";
import type { Light, View } from "./view.ts";
import { type Item, visibleObjects } from "./visibility.ts";

export interface SceneObject extends Box {
  readonly classIndex: number;
  readonly visibleShare: number;
  readonly truncated: boolean;
  readonly difficult: boolean;
}

export interface Scene {
  readonly svg: string;
  readonly width: number;
  readonly height: number;
  readonly objects: readonly SceneObject[];
  /** Noise of the sensor, added to the pixels after rasterizing: seed and standard deviation in 0..255. */
  readonly grain: { readonly seed: number; readonly sigma: number };
}

export interface SceneOptions {
  /** Pixels; 320 × 240 unless told. */
  readonly width?: number;
  readonly height?: number;
}

const hiddenShare = 0.12;
const difficultShare = 0.35;
const minPixels = 12;
const difficultSide = 12;

/**
 * Scene number `index` of the set with that seed. Scenes of different seeds share nothing.
 * @example
 * ```js
 * import { generateScene } from "spiking-yolo";
 *
 * const { width, height, objects } = generateScene(5, 0);
 * console.log(width, height, objects.length > 0); // 320 240 true
 * ```
 */
export function generateScene(seed: number, index: number, options: SceneOptions = {}): Scene {
  const width = expectInteger("width", options.width ?? 320, 64, 2048);
  const height = expectInteger("height", options.height ?? 240, 64, 2048);
  const random = seededRandom(Math.imul(seed ^ 0x5bd1e995, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b));
  for (let i = 0; i < 3; i++) random();
  // Everything is laid out on a canvas 240 high; only the last step knows pixels.
  const zoom = height / 240;
  const view = anyView(random, width / zoom, 240);
  const seen = seenOf(peopledStreet(view, random), zoom, width, height);
  return {
    ...seen,
    grain: { seed: Math.floor(random() * 2 ** 31), sigma: between(random, 0, chance(random, 0.25) ? 16 : 7) },
  };
}

/**
 * What is drawn and what is seen of items in pixels of a picture that is 240 high.
 * @param zoom pixels to one of these.
 */
export function seenOf(items: readonly Item[], zoom: number, width: number, height: number): Omit<Scene, "grain"> {
  const scaled =
    zoom === 1
      ? items
      : items.map((item) => ({
          ...item,
          shapes: item.shapes.map((shape) => ({ ...shape, points: shape.points.map((value) => value * zoom) })),
        }));
  const objects = visibleObjects(scaled, width, height)
    .filter(
      ({ box, visibleShare }) =>
        visibleShare >= hiddenShare && visibleShare > 0 && (box.xMax - box.xMin) * (box.yMax - box.yMin) >= minPixels,
    )
    .map(({ classIndex, box, visibleShare, truncated }) => ({
      ...box,
      classIndex,
      visibleShare,
      truncated,
      difficult:
        visibleShare < difficultShare || Math.min(box.xMax - box.xMin, box.yMax - box.yMin) < difficultSide * zoom,
    }));
  return {
    svg: toSvg(shapesOf(scaled), width, height),
    width,
    height,
    objects,
  };
}

function* shapesOf(items: readonly Item[]): Iterable<Shape> {
  for (const item of items) yield* item.shapes;
}

export function anyView(random: Random, width: number, height: number): View {
  return {
    width,
    height,
    horizon: between(random, 0.3, 0.48) * height,
    vanishingX: between(random, 0.25, 0.75) * width,
    cameraHeight: between(random, 1.9, 3.4),
    light: anyLight(random),
  };
}

function anyLight(random: Random): Light {
  const kind = random();
  const foggy = chance(random, 0.12) ? between(random, 0.5, 1.2) : between(random, 0, 0.25);
  if (kind < 0.6) {
    const bright = between(random, 0.82, 1.08);
    return { ambient: [bright, bright, bright], haze: [206, 214, 222], hazeDensity: foggy, isNight: false };
  }
  if (kind < 0.75) {
    const ambient: Color = [between(random, 0.85, 1.05), between(random, 0.7, 0.85), between(random, 0.58, 0.8)];
    return { ambient, haze: [226, 170, 130], hazeDensity: foggy, isNight: false };
  }
  const dim = between(random, 0.28, 0.55);
  return { ambient: [dim, dim, dim * 1.25], haze: [44, 48, 66], hazeDensity: foggy * 0.7, isNight: true };
}
