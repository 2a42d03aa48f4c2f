/** Streets: a backdrop, and who stands where on it. */
import type { Random } from "../../core/random.ts";
import { type SceneClass, sceneClasses } from "./classes.ts";
import { between, chance, integerBetween, pick, pickWeighted } from "./dice.ts";
import { halfWidthOf, oneClutter, type Spot, type Standing, standing } from "./objects.ts";
import { crossingGround, houseRow, recedingGround, sky, streetCanyon, weather } from "./scenery.ts";
import type { Shape } from "./shapes.ts";
import type { View } from "./view.ts";
import type { Item } from "./visibility.ts";

/** A street before anybody is on it. */
export interface Street {
  readonly backdrop: readonly Shape[];
  readonly spots: Spots;
  /** Whether it runs across the picture; else it runs away from the camera. */
  readonly isCrossing: boolean;
}

/** Where things of a kind may stand; each call gives another spot. */
export interface Spots {
  readonly vehicle: () => Spot;
  readonly walker: () => Spot;
}

/** A street, things on it, and the weather before them. */
export function peopledStreet(view: View, random: Random): Item[] {
  const { backdrop, spots } = anyStreet(view, random);
  return [{ shapes: backdrop }, ...populate(view, random, spots), { shapes: weather(view, random) }];
}

export function anyStreet(view: View, random: Random): Street {
  return chance(random, 0.55) ? crossingStreet(view, random) : recedingStreet(view, random);
}

/** A street across the picture, seen from its side. */
function crossingStreet(view: View, random: Random): Street {
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
  return { backdrop, spots, isCrossing: true };
}

/** A street that runs away from the camera. */
function recedingStreet(view: View, random: Random): Street {
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
  return { backdrop, spots, isCrossing: false };
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
  for (let i = integerBetween(random, 1, 6); i > 0; i--) things.push(oneClutter(view, random, spots.walker()));
  return byDistance(things);
}

export function byDistance(things: readonly Standing[]): Item[] {
  return [...things].sort((a, b) => a.scale - b.scale).flatMap(({ items }) => items);
}

export function spotFor(kind: SceneClass, spots: Spots, view: View, random: Random): Spot {
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
