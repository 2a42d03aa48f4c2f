/**
 * Street scenes that move, with ground truth for every frame: cars and walkers with a motion of their own, before a camera that stands,
 * pans or shakes. A pure function of seed, number and frame, by the same rule for boxes as single scenes.
 *
 * Each thing is drawn from a stream of chance of its own, so that it looks the same in every frame, wherever it is by then.
 */
import { expectInteger } from "../../core/errors.ts";
import { type Random, seededRandom } from "../../core/random.ts";
import type { SceneClass } from "./classes.ts";
import { between, chance, integerBetween, pick } from "./dice.ts";
import { oneClutter, type Spot, type Standing, standing } from "./objects.ts";
import { anyView, type Scene, type SceneOptions, seenOf } from "./scene.ts";
import { anyStreet, byDistance, type Street, spotFor } from "./street.ts";
import type { View } from "./view.ts";
import type { Item } from "./visibility.ts";

export type CameraMotion = "still" | "pan" | "shake";

export const cameraMotions: readonly CameraMotion[] = ["still", "pan", "shake"];

export interface MovingSceneOptions extends SceneOptions {
  readonly camera?: CameraMotion;
  /** Frames a second, which decides how far things move from one to the next; 25 unless told. */
  readonly framesPerSecond?: number;
  /** Noise of the sensor, drawn anew for each frame: standard deviation in 0..255; 0 unless told. */
  readonly noise?: number;
}

export interface MovingScene {
  readonly framesPerSecond: number;
  /** @param number 0, 1, … without an end. */
  frame(number: number): Scene;
}

/** On which scenes are laid out: as single scenes, and what a camera that moves may come to see besides. */
const canvasHeight = 240;
const margin = 8;
/** How far a camera pans, as a part of a picture's width, and how long to one side. */
const panRange = 0.6;
const panSeconds = 6;
/** Pixels of a picture that is 240 high. */
const shakePixels = 2.5;

/** Moving scene number `index` of a seed. */
export function movingScene(seed: number, index: number, options: MovingSceneOptions = {}): MovingScene {
  const { camera = "still", framesPerSecond = 25, noise = 0 } = options;
  const width = expectInteger("width", options.width ?? 320, 64, 2048);
  const height = expectInteger("height", options.height ?? 240, 64, 2048);
  const zoom = height / canvasHeight;
  const random = seededRandom(Math.imul(seed ^ 0x2c1b3c6d, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b));
  for (let i = 0; i < 3; i++) random();
  const pictureWidth = width / zoom;
  const canvasWidth = pictureWidth * (camera === "pan" ? 1 + panRange : 1) + 2 * margin;
  const view = anyView(random, canvasWidth, canvasHeight + 2 * margin);
  const street = anyStreet(view, random);
  const things = [...movingThings(street, view, random), ...standingThings(street, view, random)];
  const grain = Math.floor(random() * 2 ** 31);
  const move = cameras[camera](random, canvasWidth - 2 * margin - pictureWidth);
  return {
    framesPerSecond,
    frame(number) {
      const seconds = number / framesPerSecond;
      const [x, y] = move(seconds, number);
      const items = [{ shapes: street.backdrop }, ...byDistance(things.map((thing) => thing(seconds)))];
      const seen = seenOf(shifted(items, -margin - x, -margin - y), zoom, width, height);
      return { ...seen, grain: { seed: grain + number, sigma: noise } };
    },
  };
}

/** A thing at a time, in seconds. */
type Thing = (seconds: number) => Standing;

/** What moves, and how fast it may: metres a second. */
const speeds: readonly (readonly [SceneClass, number, number])[] = [
  ["car", 3, 12],
  ["bus", 2, 8],
  ["truck", 2, 8],
  ["person", 0.7, 1.8],
  ["person", 0.7, 1.8],
  ["bicycle", 2, 5],
  ["dog", 0.8, 2.5],
];

function movingThings(street: Street, view: View, random: Random): Thing[] {
  return Array.from({ length: integerBetween(random, 4, 8) }, () => {
    const [kind, slowest, fastest] = pick(random, speeds);
    const spot = spotFor(kind, street.spots, view, random);
    const speed = between(random, slowest, fastest) * pick(random, [-1, 1]);
    const looks = integerBetween(random, 0, 2 ** 31 - 1);
    const isVehicle = kind === "car" || kind === "bus" || kind === "truck";
    const at = isVehicle && !street.isCrossing ? alongStreet(spot, speed, view) : acrossPicture(spot, speed, view);
    return (seconds) => standing(kind, at(seconds), view, seededRandom(looks));
  });
}

/** Signs, lights, and what else stands about. */
function standingThings(street: Street, view: View, random: Random): Thing[] {
  const kinds = (["traffic light", "stop sign"] as const).filter(() => chance(random, 0.6));
  const signs = kinds.map((kind) => standing(kind, spotFor(kind, street.spots, view, random), view, random));
  const others = Array.from({ length: integerBetween(random, 1, 4) }, () =>
    oneClutter(view, random, street.spots.walker()),
  );
  return [...signs, ...others].map((thing) => () => thing);
}

/** From edge to edge, and in again at the other one. */
function acrossPicture(spot: Spot, speed: number, view: View): (seconds: number) => Spot {
  const reach = 6 * spot.scale;
  const way = view.width + 2 * reach;
  const heading = speed < 0 ? -1 : 1;
  return (seconds) => {
    const x = modulo(spot.x + reach + speed * spot.scale * seconds, way) - reach;
    return { ...spot, x, sideways: true, heading };
  };
}

/** Pixels a metre at which things that come nearer go back, and things that go away come in again. */
const [farthest, nearest] = [8, 42];

/** Along a street that runs away from the camera, which sees as much to each side as it is away. */
function alongStreet(spot: Spot, speed: number, view: View): (seconds: number) => Spot {
  const offset = (spot.x - view.vanishingX) / spot.scale;
  const [shortest, longest] = [view.width / nearest, view.width / farthest];
  return (seconds) => {
    const away = shortest + modulo(view.width / spot.scale - shortest + speed * seconds, longest - shortest);
    const scale = view.width / away;
    return { scale, x: view.vanishingX + offset * scale, sideways: false };
  };
}

/** Where the picture's corner lies within the canvas without its margins, at a time and in a frame. */
type Move = (seconds: number, frame: number) => readonly [number, number];

/** @param room pixels that a camera may pan over. */
const cameras: Readonly<Record<CameraMotion, (random: Random, room: number) => Move>> = {
  still: () => () => [0, 0],
  pan: (random, room) => {
    const start = between(random, 0, 2);
    // To one side and back, turning softly.
    return (seconds) => [(room * (1 - Math.cos(Math.PI * (start + seconds / panSeconds)))) / 2, 0];
  },
  shake: (random) => {
    const seed = integerBetween(random, 0, 2 ** 31 - 1);
    return (_, frame) => {
      const jolt = seededRandom(seed + 7919 * frame);
      return [between(jolt, -shakePixels, shakePixels), between(jolt, -shakePixels, shakePixels)];
    };
  },
};

function shifted(items: readonly Item[], dx: number, dy: number): Item[] {
  return items.map((item) => ({
    ...item,
    shapes: item.shapes.map((shape) => ({
      ...shape,
      points: shape.points.map((value, i) => value + (i % 2 === 0 ? dx : dy)),
    })),
  }));
}

function modulo(value: number, period: number): number {
  return value - period * Math.floor(value / period);
}
