/** Things to stand about in a street that are none of the classes. Metres from their foot, y up. */
import type { Random } from "../../core/random.ts";
import { anyColor, between, hsl, pick } from "./dice.ts";
import { lampLight } from "./scenery.ts";
import {
  black,
  type Color,
  darker,
  ellipse,
  lighter,
  mix,
  polygon,
  rectangle,
  rounded,
  roundedRectangle,
  type Shape,
  stroke,
  white,
} from "./shapes.ts";

/** Drawn in equal shares. */
export const clutter: readonly ((random: Random, isNight: boolean) => Shape[])[] = [
  tree,
  tree,
  lampPost,
  bin,
  bush,
  fence,
  hydrant,
  bench,
  letterBox,
  cone,
];

function tree(random: Random): Shape[] {
  const leaf = hsl(between(random, 60, 130), between(random, 0.25, 0.6), between(random, 0.2, 0.42));
  const trunk = hsl(between(random, 20, 35), 0.35, between(random, 0.18, 0.34));
  const height = between(random, 2.2, 4.5);
  const shapes: Shape[] = [polygon([-0.16, 0, 0.16, 0, 0.09, height, -0.09, height], trunk)];
  const crown = between(random, 0.9, 1.6);
  for (let i = 0; i < 9; i++) {
    const [x, y] = [between(random, -1, 1) * crown, height + between(random, -0.4, 1.3) * crown * 0.8];
    const size = between(random, 0.45, 0.8) * crown;
    shapes.push(ellipse(x, y, size, size * 0.85, mix(leaf, i < 4 ? black : white, between(random, 0, 0.22))));
  }
  return shapes;
}

export function lampPost(_random: Random, isNight: boolean): Shape[] {
  const steel: Color = [64, 68, 74];
  return [
    rectangle(-0.12, 0, 0.24, 0.5, steel),
    rectangle(-0.06, 0, 0.12, 5.4, steel),
    ...stroke([0, 5.35, 0.9, 5.6], 0.09, steel),
    roundedRectangle(0.7, 5.48, 0.6, 0.16, 0.06, isNight ? lampLight : lighter(steel, 0.4), { emissive: isNight }),
    ...(isNight ? [ellipse(1, 5.4, 0.9, 0.7, lampLight, { opacity: 0.25, emissive: true })] : []),
  ];
}

function bin(random: Random): Shape[] {
  const paint = anyColor(random);
  return [
    rounded([-0.28, 0, -0.34, 0.95, 0.34, 0.95, 0.28, 0], 0.05, lighter(paint, 0.1), { below: darker(paint, 0.3) }),
    roundedRectangle(-0.38, 0.92, 0.76, 0.14, 0.05, darker(paint, 0.45)),
  ];
}

function bush(random: Random): Shape[] {
  const leaf = hsl(between(random, 70, 130), between(random, 0.3, 0.55), between(random, 0.2, 0.38));
  const shapes: Shape[] = [];
  for (let i = 0; i < 7; i++)
    shapes.push(
      ellipse(
        between(random, -0.9, 0.9),
        between(random, 0.2, 0.6),
        between(random, 0.3, 0.5),
        between(random, 0.25, 0.45),
        mix(leaf, i % 2 ? black : white, between(random, 0, 0.2)),
      ),
    );
  return shapes;
}

function fence(random: Random): Shape[] {
  const paint = pick(random, [
    [60, 64, 68],
    [230, 230, 224],
    [120, 84, 52],
  ] as readonly Color[]);
  const length = between(random, 1.5, 4);
  const shapes: Shape[] = [
    rectangle(-length / 2, 0.85, length, 0.07, paint),
    rectangle(-length / 2, 0.25, length, 0.06, paint),
  ];
  for (let x = -length / 2; x <= length / 2; x += 0.28) shapes.push(rectangle(x - 0.03, 0, 0.06, 1, paint));
  return shapes;
}

function hydrant(random: Random): Shape[] {
  const paint = pick(random, [
    [196, 40, 36],
    [230, 180, 40],
    [60, 90, 170],
  ] as readonly Color[]);
  return [
    roundedRectangle(-0.14, 0, 0.28, 0.62, 0.04, paint),
    ellipse(0, 0.62, 0.15, 0.14, lighter(paint, 0.15)),
    rectangle(-0.24, 0.36, 0.48, 0.13, darker(paint, 0.2)),
    rectangle(-0.2, 0, 0.4, 0.08, darker(paint, 0.4)),
  ];
}

function bench(): Shape[] {
  const wood: Color = [134, 92, 56];
  return [
    rectangle(-0.75, 0, 0.08, 0.45, black),
    rectangle(0.67, 0, 0.08, 0.45, black),
    rectangle(-0.9, 0.42, 1.8, 0.08, wood),
    rectangle(-0.9, 0.62, 1.8, 0.1, wood),
    rectangle(-0.9, 0.78, 1.8, 0.1, lighter(wood, 0.12)),
  ];
}

function letterBox(random: Random): Shape[] {
  const paint = pick(random, [
    [204, 34, 38],
    [244, 200, 40],
    [38, 76, 150],
  ] as readonly Color[]);
  return [
    rectangle(-0.05, 0, 0.1, 0.7, [70, 72, 76]),
    roundedRectangle(-0.28, 0.65, 0.56, 0.75, 0.1, lighter(paint, 0.1), { below: darker(paint, 0.2) }),
    rectangle(-0.18, 1.15, 0.36, 0.06, black),
  ];
}

function cone(): Shape[] {
  const orange: Color = [240, 104, 32];
  return [
    polygon([-0.06, 0.72, 0.06, 0.72, 0.24, 0.06, -0.24, 0.06], orange),
    polygon([-0.13, 0.5, 0.13, 0.5, 0.18, 0.3, -0.18, 0.3], white),
    rectangle(-0.3, 0, 0.6, 0.08, darker(orange, 0.3)),
  ];
}
