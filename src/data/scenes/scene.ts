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
import { between, chance, integerBetween, pick, pickWeighted } from "./dice.ts";
import { clutter, crossingGround, houseRow, lampPost, recedingGround, sky, streetCanyon, weather } from "./scenery.ts";
import { type Color, rectangle, type Shape } from "./shapes.ts";
import { billboard, otherSign, stopSign, trafficLight } from "./signs.ts";
import { toSvg } from "./svg.ts";
import { busFromAhead, busFromSide, carFromAhead, carFromSide, truckFromAhead, truckFromSide } from "./vehicles.ts";
import { groundY, type Light, lit, type Pose, place, type View } from "./view.ts";
import { type Item, visibleObjects } from "./visibility.ts";
import { bicycle, dog, person, rider } from "./walkers.ts";

/** Class names by index. */
export const sceneClasses = ["person", "bicycle", "car", "bus", "truck", "dog", "traffic light", "stop sign"] as const;
export type SceneClass = (typeof sceneClasses)[number];

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
const difficultSide = 8;

/** Scene number `index` of the set with that seed. Scenes of different seeds share nothing. */
export function generateScene(seed: number, index: number, options: SceneOptions = {}): Scene {
  const width = expectInteger("width", options.width ?? 320, 64, 2048);
  const height = expectInteger("height", options.height ?? 240, 64, 2048);
  const random = seededRandom(Math.imul(seed ^ 0x5bd1e995, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b));
  for (let i = 0; i < 3; i++) random();
  // Everything is laid out on a canvas 240 high; only the last step knows pixels.
  const zoom = height / 240;
  const view = anyView(random, width / zoom, 240);
  const items = chance(random, 0.55) ? crossingStreet(view, random) : recedingStreet(view, random);
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
    grain: { seed: Math.floor(random() * 2 ** 31), sigma: between(random, 0, chance(random, 0.25) ? 16 : 7) },
  };
}

function* shapesOf(items: readonly Item[]): Iterable<Shape> {
  for (const item of items) yield* item.shapes;
}

function anyView(random: Random, width: number, height: number): View {
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

/** Things that will stand in the scene; drawn from far to near. */
interface Standing {
  readonly scale: number;
  readonly items: readonly Item[];
}

function byDistance(things: readonly Standing[]): Item[] {
  return [...things].sort((a, b) => a.scale - b.scale).flatMap(({ items }) => items);
}

/** A street across the picture, seen from its side. */
function crossingStreet(view: View, random: Random): Item[] {
  const nearest = (view.height - view.horizon) / view.cameraHeight;
  const houses = between(random, 7, 10);
  const roadFrom = houses * between(random, 1.25, 1.6);
  const roadTo = Math.min(nearest * 0.95, roadFrom * between(random, 2, 3.2));
  const backdrop = [
    ...sky(view, random),
    ...houseRow(view, random, houses * 0.55),
    ...crossingGround(view, random, roadFrom, roadTo),
    ...houseRow(view, random, houses),
  ];
  const spots: Spots = {
    vehicle: () => ({
      scale: geometric(random, roadFrom * 1.08, Math.min(roadTo, 34)),
      x: between(random, -0.05, 1.05) * view.width,
      sideways: chance(random, 0.85),
    }),
    walker: () => ({
      scale: chance(random, 0.35)
        ? between(random, houses * 1.2, roadFrom)
        : geometric(random, roadFrom, nearest * 1.15),
      x: between(random, 0, 1) * view.width,
      sideways: true,
    }),
  };
  return [{ shapes: backdrop }, ...populate(view, random, spots), { shapes: weather(view, random) }];
}

/** A street that runs away from the camera. */
function recedingStreet(view: View, random: Random): Item[] {
  const nearest = (view.height - view.horizon) / view.cameraHeight;
  const halfWidth = between(random, 3.6, 6.5);
  const backdrop = [
    ...sky(view, random),
    ...houseRow(view, random, 2.6),
    ...recedingGround(view, random, halfWidth),
    ...streetCanyon(view, random, halfWidth + between(random, 2.5, 6)),
  ];
  const spots: Spots = {
    vehicle: () => {
      const scale = geometric(random, 10, 36);
      const parked = chance(random, 0.3);
      const offset = (parked ? halfWidth - 1 : between(random, 1.2, halfWidth - 1.4)) * pick(random, [-1, 1]);
      return { scale, x: view.vanishingX + offset * scale, sideways: chance(random, 0.2) };
    },
    walker: () => {
      const scale = geometric(random, 11, nearest * 1.1);
      const offset = chance(random, 0.7)
        ? (halfWidth + between(random, 0.3, 2.4)) * pick(random, [-1, 1])
        : between(random, -halfWidth, halfWidth);
      return { scale, x: view.vanishingX + offset * scale, sideways: true };
    },
  };
  return [{ shapes: backdrop }, ...populate(view, random, spots), { shapes: weather(view, random) }];
}

/** How often each class is drawn, relative to the others. */
const frequency: Readonly<Record<SceneClass, number>> = {
  person: 1.7,
  bicycle: 1.1,
  car: 1.8,
  bus: 0.7,
  truck: 0.8,
  dog: 0.9,
  "traffic light": 1,
  "stop sign": 0.8,
};

interface Spot {
  readonly scale: number;
  readonly x: number;
  /** Whether a vehicle there shows its side. */
  readonly sideways: boolean;
}

interface Spots {
  readonly vehicle: () => Spot;
  readonly walker: () => Spot;
}

function geometric(random: Random, min: number, max: number): number {
  return min * (Math.max(max, min * 1.05) / min) ** random();
}

/** Objects and clutter on the given spots; far ones first. */
function populate(view: View, random: Random, spots: Spots): Item[] {
  const crowded = chance(random, 0.25);
  const count = crowded ? integerBetween(random, 9, 16) : integerBetween(random, 3, 8);
  const weights = sceneClasses.map((name) => frequency[name] * between(random, 0.4, 1.6));
  const things: Standing[] = [];
  const taken: { readonly x: number; readonly scale: number; readonly half: number }[] = [];
  for (let i = 0; i < count; i++) {
    const kind = sceneClasses[pickWeighted(random, weights)];
    // A few tries to stand clear of the others; the last is taken as it comes, which is how things hide each other.
    for (let attempt = 0; attempt < 4; attempt++) {
      const spot = spotFor(kind, spots, view, random);
      const half = halfWidthOf(kind, spot.sideways) * spot.scale;
      const clash = taken.some(
        (other) =>
          Math.abs(other.x - spot.x) < (other.half + half) * 0.7 &&
          Math.max(other.scale, spot.scale) < 1.9 * Math.min(other.scale, spot.scale),
      );
      if (clash && attempt < (crowded ? 2 : 3)) continue;
      if (clash && !crowded && chance(random, 0.5)) break;
      taken.push({ x: spot.x, scale: spot.scale, half });
      things.push(standing(kind, spot, view, random));
      break;
    }
  }
  for (let i = integerBetween(random, 1, 6); i > 0; i--) things.push(oneClutter(view, random, spots));
  return byDistance(things);
}

function halfWidthOf(kind: SceneClass, sideways: boolean): number {
  if (kind === "car") return sideways ? 2.2 : 0.9;
  if (kind === "bus") return sideways ? 5 : 1.25;
  if (kind === "truck") return sideways ? 4 : 1.25;
  return { person: 0.3, bicycle: 0.85, dog: 0.5, "traffic light": 0.25, "stop sign": 0.4 }[kind];
}

function spotFor(kind: SceneClass, spots: Spots, view: View, random: Random): Spot {
  if (kind === "car") return spots.vehicle();
  if (kind === "bus" || kind === "truck") {
    const spot = spots.vehicle();
    return { ...spot, scale: Math.min(spot.scale, spot.sideways ? 19 : 30) };
  }
  if (kind === "traffic light" || kind === "stop sign")
    return {
      scale: geometric(random, kind === "stop sign" ? 20 : 24, kind === "stop sign" ? 62 : 54),
      x: between(random, 0.03, 0.97) * view.width,
      sideways: true,
    };
  const spot = spots.walker();
  return { ...spot, scale: Math.max(spot.scale, kind === "dog" ? 27 : 17) };
}

function distortion(random: Random): Pick<Pose, "mirrored" | "stretch" | "tilt" | "shear"> {
  return {
    mirrored: chance(random, 0.5),
    stretch: between(random, 0.88, 1.12),
    tilt: between(random, -0.035, 0.035),
    shear: between(random, -0.06, 0.06),
  };
}

function standing(kind: SceneClass, spot: Spot, view: View, random: Random): Standing {
  const { scale, x, sideways } = spot;
  const classIndex = sceneClasses.indexOf(kind);
  const y = groundY(view, scale);
  const pose: Pose = { x, y, scale, ...distortion(random) };
  const item = (shapes: readonly Shape[], where: Pose = pose, index = classIndex): Item => ({
    shapes: place(shapes, where, view.light),
    classIndex: index,
  });
  const vehicle = (side: (random: Random) => Shape[], ahead: (random: Random) => Shape[]) =>
    item(sideways ? side(random) : ahead(random), sideways ? { ...pose, taper: between(random, -0.03, 0.03) } : pose);
  switch (kind) {
    case "car":
      return { scale, items: [vehicle(carFromSide, carFromAhead)] };
    case "bus":
      return { scale, items: [vehicle(busFromSide, busFromAhead)] };
    case "truck":
      return { scale, items: [vehicle(truckFromSide, truckFromAhead)] };
    case "person": {
      const size = scale * (chance(random, 0.2) ? between(random, 0.7, 0.88) : between(random, 0.92, 1.1));
      return { scale, items: [item(person(random), { ...pose, scale: size, stretch: between(random, 0.9, 1.2) })] };
    }
    case "dog":
      return { scale, items: [item(dog(random), { ...pose, scale: scale * between(random, 0.8, 1.3) })] };
    case "bicycle": {
      const ridden = chance(random, 0.4);
      return {
        scale,
        items: [item(bicycle(random)), ...(ridden ? [item(rider(random), pose, sceneClasses.indexOf("person"))] : [])],
      };
    }
    case "traffic light":
    case "stop sign": {
      const isLight = kind === "traffic light";
      return onPole(
        view,
        random,
        spot,
        isLight ? trafficLight(random) : stopSign(random),
        isLight ? between(random, 2.3, 3.4) : between(random, 1.7, 2.3),
        classIndex,
      );
    }
    default:
      return kind satisfies never;
  }
}

/** A plate or a housing `above` metres over the street, on a pole that is scenery. */
function onPole(
  view: View,
  random: Random,
  spot: Spot,
  plate: readonly Shape[],
  above: number,
  classIndex?: number,
): Standing {
  const { scale, x } = spot;
  const ground = groundY(view, scale);
  // What would hang above the picture is brought down into it: its pole is shorter, nothing else.
  const y = Math.max(ground - above * scale, between(random, 0.06, 0.2) * view.height);
  const thickness = 0.09 * scale;
  const pole = rectangle(x - thickness / 2, y, thickness, Math.max(0, ground - y), [112, 116, 122], {
    below: [84, 88, 94],
  });
  const shapes = place(plate, { x, y, scale, ...distortion(random), mirrored: false }, view.light);
  return {
    scale,
    items: [{ shapes: [lit(pole, view.light, scale)] }, classIndex === undefined ? { shapes } : { shapes, classIndex }],
  };
}

function oneClutter(view: View, random: Random, spots: Spots): Standing {
  const spot = spots.walker();
  const kind = random();
  if (kind < 0.16)
    return onPole(
      view,
      random,
      { ...spot, scale: Math.max(18, spot.scale) },
      otherSign(random),
      between(random, 1.7, 2.4),
    );
  const draw = kind < 0.24 ? billboard : kind < 0.32 ? lampPost : pick(random, clutter);
  const pose: Pose = { x: spot.x, y: groundY(view, spot.scale), scale: spot.scale, ...distortion(random) };
  return { scale: spot.scale, items: [{ shapes: place(draw(random, view.light.isNight), pose, view.light) }] };
}
