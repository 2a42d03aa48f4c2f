/** What stands in a street besides the objects: sky, houses, ground, trees, lamps, clutter. None of it has a box. */
import type { Random } from "../../core/random.ts";
import { anyColor, between, chance, hsl, integerBetween } from "./dice.ts";
import {
  black,
  type Color,
  darker,
  ellipse,
  lighter,
  mix,
  polygon,
  rectangle,
  ring,
  type Shape,
  stroke,
  white,
} from "./shapes.ts";
import { groundY, lit, type View } from "./view.ts";

export const lampLight: Color = [255, 214, 130];

/** Sky with its sun or moon and clouds, in pixels. */
export function sky(view: View, random: Random): Shape[] {
  const { width, horizon, light } = view;
  const top = light.isNight
    ? hsl(between(random, 215, 250), 0.5, between(random, 0.05, 0.14))
    : hsl(between(random, 195, 225), between(random, 0.1, 0.7), between(random, 0.5, 0.75));
  const low = light.isNight
    ? mix(top, [90, 80, 110], 0.4)
    : mix(lighter(top, 0.6), hsl(between(random, 10, 50), 0.8, 0.75), between(random, 0, 0.6));
  const shapes = [
    rectangle(0, 0, width, horizon + 4, mix(top, light.haze, light.hazeDensity * 0.5), {
      below: mix(low, light.haze, light.hazeDensity * 0.5),
    }),
  ];
  if (chance(random, 0.5)) {
    const radius = between(random, 7, 16);
    const color: Color = light.isNight ? [232, 232, 214] : [255, 240, 190];
    const [x, y] = [between(random, 0, width), between(random, 0, horizon * 0.6)];
    shapes.push(
      ellipse(x, y, radius * 1.7, radius * 1.7, color, { opacity: 0.25 }),
      ellipse(x, y, radius, radius, color, { opacity: 0.9 }),
    );
  }
  for (let clouds = integerBetween(random, 0, 4); clouds > 0; clouds--) {
    const [x, y, size] = [between(random, 0, width), between(random, 0, horizon * 0.7), between(random, 8, 22)];
    const color = light.isNight ? mix(top, white, 0.15) : mix(low, white, 0.7);
    for (let puff = 0; puff < 4; puff++) {
      const wide = between(random, 0.8, 1.6);
      shapes.push(
        ellipse(
          x + between(random, -1.6, 1.6) * size,
          y + between(random, -0.3, 0.3) * size,
          size * wide,
          size * wide * 0.45,
          color,
          { opacity: 0.5 },
        ),
      );
    }
  }
  return shapes;
}

/** A row of house fronts across the picture, standing at `scale` pixels a metre. */
export function houseRow(view: View, random: Random, scale: number): Shape[] {
  const shapes: Shape[] = [];
  const base = groundY(view, scale);
  for (let x = between(random, -60, 0); x < view.width; ) {
    const width = between(random, 5, 14) * scale;
    if (chance(random, 0.12)) x += width * 0.5;
    else {
      const height = between(random, 5, 16) * scale;
      shapes.push(
        ...front(
          random,
          (across, up) => [x + across * width, base - up * height],
          width / scale,
          height / scale,
          view.light.isNight,
        ),
      );
      x += width + (chance(random, 0.2) ? between(random, 4, 20) : 0);
    }
  }
  return shapes.map((shape) => lit(shape, view.light, scale));
}

/** House fronts on both sides of a street that runs away from the camera, `offset` metres from the vanishing line. */
export function streetCanyon(view: View, random: Random, offset: number): Shape[] {
  const shapes: Shape[] = [];
  for (const side of [-1, 1]) {
    const distance = side * (offset + between(random, 0, 5));
    for (let far = 3.2; far < 60; ) {
      const near = far * between(random, 1.25, 1.6);
      const height = between(random, 5, 14);
      const at = (across: number, up: number): [number, number] => {
        // Depth is 1 / scale: what is evenly spaced along the street is evenly spaced in depth.
        const scale = 1 / ((1 - across) / far + across / near);
        return [view.vanishingX + distance * scale, groundY(view, scale) - up * height * scale];
      };
      if (!chance(random, 0.1)) {
        const depth = view.width * (1 / far - 1 / near);
        const house = front(random, at, Math.max(4, depth), height, view.light.isNight);
        shapes.push(...house.map((shape) => lit(shape, view.light, far * 1.2)));
      }
      far = near;
    }
  }
  return shapes;
}

/** A house front on a plane given by `at`, which maps [0, 1]² (across, up) to pixels. */
function front(
  random: Random,
  at: (across: number, up: number) => [number, number],
  width: number,
  height: number,
  isNight: boolean,
): Shape[] {
  const wall = hsl(between(random, 0, 50), between(random, 0.02, 0.45), between(random, 0.3, 0.8));
  const quad = (x0: number, y0: number, x1: number, y1: number, fill: Color, emissive = false) =>
    polygon([...at(x0, y0), ...at(x1, y0), ...at(x1, y1), ...at(x0, y1)], fill, { emissive });
  const shapes = [quad(0, 0, 1, 1, wall), quad(0, 0.97, 1, 1, darker(wall, 0.35))];
  const columns = Math.max(2, Math.round(width / between(random, 1.8, 3.2)));
  const floors = Math.max(2, Math.round(height / between(random, 2.6, 3.4)));
  const [padX, padY] = [between(random, 0.16, 0.3), between(random, 0.2, 0.3)];
  const pane = chance(random, 0.5)
    ? lighter(darker(wall, 0.6), 0.12)
    : hsl(between(random, 195, 225), 0.25, between(random, 0.3, 0.6));
  for (let floor = 1; floor < floors; floor++) {
    for (let column = 0; column < columns; column++) {
      const glows = isNight && chance(random, 0.35);
      shapes.push(
        quad(
          (column + padX) / columns,
          (floor + padY) / floors - 0.02,
          (column + 1 - padX) / columns,
          (floor + 1 - padY) / floors - 0.02,
          glows ? lampLight : pane,
          glows,
        ),
      );
    }
  }
  const shop = chance(random, 0.6);
  if (shop) {
    const sign = anyColor(random);
    const glows = isNight && chance(random, 0.6);
    shapes.push(
      quad(0.06, 0.1 / floors, 0.94, 0.72 / floors, glows ? mix(lampLight, pane, 0.3) : darker(pane, 0.2), glows),
      quad(0.03, 0.74 / floors, 0.97, 0.95 / floors, sign, glows && chance(random, 0.5)),
    );
  } else shapes.push(quad(0.4, 0, 0.6, 0.7 / floors, darker(wall, 0.6)));
  return shapes;
}

/** Pavement, road and their markings, in pixels. `roadFrom`, `roadTo`: scales between which a crossing road lies. */
export function crossingGround(view: View, random: Random, roadFrom: number, roadTo: number): Shape[] {
  const { width, height } = view;
  const pavement = hsl(between(random, 20, 60), between(random, 0, 0.15), between(random, 0.5, 0.7));
  const asphalt = hsl(between(random, 200, 260), between(random, 0, 0.08), between(random, 0.22, 0.42));
  const verge = chance(random, 0.35) ? hsl(between(random, 80, 120), 0.4, between(random, 0.28, 0.42)) : pavement;
  const [from, to] = [groundY(view, roadFrom), groundY(view, roadTo)];
  const shapes = [
    rectangle(0, view.horizon, width, height - view.horizon, verge, { below: darker(pavement, 0.1) }),
    rectangle(0, from, width, to - from, asphalt, { below: darker(asphalt, 0.15) }),
    rectangle(0, from - 1.5, width, 2, lighter(pavement, 0.35)),
    rectangle(0, to - 1, width, 3, lighter(pavement, 0.3), { below: darker(pavement, 0.3) }),
  ];
  const lane = groundY(view, Math.sqrt(roadFrom * roadTo));
  for (let x = between(random, -30, 0); x < width; x += 40)
    shapes.push(polygon([x, lane, x + 20, lane, x + 18, lane + 2.5, x - 3, lane + 2.5], white, { opacity: 0.85 }));
  if (chance(random, 0.3)) {
    const at = between(random, 0, width);
    for (let stripe = 0; stripe < 6; stripe++) {
      const [top, bottom] = [
        at + stripe * 9,
        view.vanishingX + ((at + stripe * 9 - view.vanishingX) * roadTo) / roadFrom,
      ];
      shapes.push(
        polygon([top, from + 1, top + 5, from + 1, bottom + (5 * roadTo) / roadFrom, to - 2, bottom, to - 2], white, {
          opacity: 0.8,
        }),
      );
    }
  }
  return [...shapes, ...speckles(view, random)].map((shape) => lit(shape, view.light, 30));
}

/** A street that runs away from the camera, `halfWidth` metres to each side. */
export function recedingGround(view: View, random: Random, halfWidth: number): Shape[] {
  const { width, height, vanishingX, horizon } = view;
  const pavement = hsl(between(random, 20, 60), between(random, 0, 0.15), between(random, 0.5, 0.7));
  const asphalt = hsl(between(random, 200, 260), between(random, 0, 0.08), between(random, 0.22, 0.42));
  const near = ((height - horizon) / view.cameraHeight) * 1.02;
  const strip = (left: number, right: number, fill: Color, from = 2.5, to = near, opacity = 1) =>
    polygon(
      [
        vanishingX + left * from,
        groundY(view, from),
        vanishingX + right * from,
        groundY(view, from),
        vanishingX + right * to,
        groundY(view, to),
        vanishingX + left * to,
        groundY(view, to),
      ],
      fill,
      { opacity },
    );
  const shapes = [
    rectangle(0, horizon, width, height - horizon, pavement, { below: darker(pavement, 0.15) }),
    strip(-halfWidth - 0.3, halfWidth + 0.3, lighter(pavement, 0.3)),
    strip(-halfWidth, halfWidth, asphalt),
  ];
  for (let far = 4; far < near; far *= 1.5) shapes.push(strip(-0.09, 0.09, white, far, far * 1.22, 0.85));
  if (chance(random, 0.4)) {
    const at = between(random, 10, 22);
    for (let stripe = -halfWidth + 0.4; stripe < halfWidth - 0.4; stripe += 1.1)
      shapes.push(strip(stripe, stripe + 0.55, white, at, at * 1.16, 0.85));
  }
  return [...shapes, ...speckles(view, random)].map((shape) => lit(shape, view.light, 30));
}

/** Stains, cracks and litter. */
function speckles(view: View, random: Random): Shape[] {
  const shapes: Shape[] = [];
  for (let i = integerBetween(random, 10, 50); i > 0; i--) {
    const y = between(random, view.horizon, view.height);
    const size = ((y - view.horizon) / view.height) * between(random, 1, 8);
    shapes.push(
      ellipse(between(random, 0, view.width), y, size * 1.6, size * 0.4 + 0.3, chance(random, 0.6) ? black : white, {
        opacity: between(random, 0.06, 0.25),
      }),
    );
  }
  return shapes;
}

/** Rain, snow or nothing, in front of everything, in pixels. */
export function weather(view: View, random: Random): Shape[] {
  const kind = random();
  const shapes: Shape[] = [];
  if (kind < 0.08) {
    const slant = between(random, -3, 3);
    for (let i = 0; i < 90; i++) {
      const [x, y] = [between(random, 0, view.width), between(random, 0, view.height)];
      shapes.push(...stroke([x, y, x + slant, y + between(random, 8, 14)], 0.7, [220, 226, 236], { opacity: 0.4 }));
    }
  } else if (kind < 0.14) {
    for (let i = 0; i < 90; i++) {
      const size = between(random, 0.5, 1.6);
      shapes.push(
        ellipse(between(random, 0, view.width), between(random, 0, view.height), size, size, white, { opacity: 0.75 }),
      );
    }
  } else if (kind < 0.18) {
    const [x, y] = [between(random, 0, view.width), between(random, 0, view.height * 0.5)];
    for (const radius of [60, 34, 16])
      shapes.push(
        ellipse(x, y, radius, radius, [255, 246, 214], { opacity: 0.16 }),
        ring(x, y, radius, 1, white, { opacity: 0.14 }),
      );
  }
  return shapes;
}
