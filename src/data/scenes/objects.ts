/** The things that stand in a scene: a class and a spot become drawn items. */
import type { Random } from "../../core/random.ts";
import { busFromAhead, busFromSide } from "./buses.ts";
import { carFromAhead, carFromSide } from "./cars.ts";
import { type SceneClass, sceneClasses } from "./classes.ts";
import { clutter, lampPost } from "./clutter.ts";
import { between, chance, pick } from "./dice.ts";
import { rectangle, type Shape } from "./shapes.ts";
import { billboard, otherSign, stopSign, trafficLight } from "./signs.ts";
import { truckFromAhead, truckFromSide } from "./trucks.ts";
import { groundY, lit, type Pose, place, type View } from "./view.ts";
import type { Item } from "./visibility.ts";
import { bicycle, dog, person, rider } from "./walkers.ts";

/** Things that will stand in the scene; drawn from far to near. */
export interface Standing {
  readonly scale: number;
  readonly items: readonly Item[];
}

export interface Spot {
  readonly scale: number;
  readonly x: number;
  /** Whether a vehicle there shows its side. */
  readonly sideways: boolean;
  /** Which way it looks, −1 to the left and 1 to the right; left to chance where it stands still. */
  readonly heading?: -1 | 1;
}

export function halfWidthOf(kind: SceneClass, sideways: boolean): number {
  if (kind === "car") return sideways ? 2.2 : 0.9;
  if (kind === "bus") return sideways ? 5 : 1.25;
  if (kind === "truck") return sideways ? 4 : 1.25;
  return { person: 0.3, bicycle: 0.85, dog: 0.5, "traffic light": 0.25, "stop sign": 0.4 }[kind];
}

function distortion(random: Random): Pick<Pose, "mirrored" | "stretch" | "tilt" | "shear"> {
  return {
    mirrored: chance(random, 0.5),
    stretch: between(random, 0.88, 1.12),
    tilt: between(random, -0.035, 0.035),
    shear: between(random, -0.06, 0.06),
  };
}

export function standing(kind: SceneClass, spot: Spot, view: View, random: Random): Standing {
  const { scale, x, sideways, heading } = spot;
  const classIndex = sceneClasses.indexOf(kind);
  const y = groundY(view, scale);
  const distorted = distortion(random);
  const pose: Pose = { x, y, scale, ...distorted, mirrored: heading ? heading < 0 : (distorted.mirrored ?? false) };
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

export function oneClutter(view: View, random: Random, spot: Spot): Standing {
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
