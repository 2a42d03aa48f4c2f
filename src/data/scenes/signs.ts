/**
 * Traffic lights and signs. The object is the housing or the plate, whose middle is the origin (metres, y up); poles are
 * scenery, as in the usual data sets.
 */
import type { Random } from "../../core/random.ts";
import { anyColor, between, chance, integerBetween, pick } from "./dice.ts";
import {
  black,
  type Color,
  darker,
  ellipse,
  polygon,
  rectangle,
  regular,
  ring,
  roundedRectangle,
  type Shape,
  stroke,
  white,
} from "./shapes.ts";

const lamps: readonly { readonly lit: Color; readonly dark: Color }[] = [
  { lit: [255, 58, 44], dark: [74, 20, 18] },
  { lit: [255, 190, 40], dark: [78, 58, 16] },
  { lit: [60, 240, 130], dark: [14, 66, 38] },
];

/** 0.42 m × 1.14 m, one lamp lit. */
export function trafficLight(random: Random): Shape[] {
  const housing = pick(random, [
    [28, 30, 32],
    [28, 30, 32],
    [44, 60, 48],
    [206, 160, 30],
  ] as readonly Color[]);
  const lit = integerBetween(random, 0, 2);
  const shapes: Shape[] = [roundedRectangle(-0.21, -0.57, 0.42, 1.14, 0.08, housing)];
  lamps.forEach((lamp, i) => {
    const y = 0.36 - 0.36 * i;
    if (i === lit) shapes.push(ellipse(0, y, 0.3, 0.3, lamp.lit, { opacity: 0.22, emissive: true }));
    shapes.push(
      ellipse(0, y, 0.145, 0.145, darker(housing, 0.5)),
      ellipse(0, y, 0.125, 0.125, i === lit ? lamp.lit : lamp.dark, { emissive: i === lit }),
    );
    if (i === lit) shapes.push(ellipse(-0.03, y + 0.04, 0.045, 0.045, white, { opacity: 0.7, emissive: true }));
  });
  return shapes;
}

/** Letters on a 2 × 4 grid, as lines. */
const letters: Readonly<Record<string, readonly (readonly number[])[]>> = {
  S: [[2, 4, 0, 4, 0, 2, 2, 2, 2, 0, 0, 0]],
  T: [
    [0, 4, 2, 4],
    [1, 4, 1, 0],
  ],
  O: [[0, 0, 0, 4, 2, 4, 2, 0, 0, 0]],
  P: [[0, 0, 0, 4, 2, 4, 2, 2, 0, 2]],
};

/** An octagon 0.8 m across. */
export function stopSign(random: Random): Shape[] {
  const red: Color = [between(random, 178, 214), between(random, 22, 40), between(random, 28, 46)];
  const shapes: Shape[] = [regular(0, 0, 0.433, 8, white), regular(0, 0, 0.39, 8, red)];
  [..."STOP"].forEach((letter, i) => {
    for (const line of letters[letter]) {
      const points = line.map((value, k) =>
        k % 2 === 0 ? -0.305 + i * 0.165 + value * 0.058 : -0.115 + value * 0.0575,
      );
      shapes.push(...stroke(points, 0.04, white));
    }
  });
  return shapes;
}

/** Signs that are none of the classes: what a stop sign must be told from. */
export function otherSign(random: Random): Shape[] {
  const kind = integerBetween(random, 0, 4);
  const red: Color = [200, 34, 40];
  const blue: Color = [32, 84, 170];
  if (kind === 0)
    return [
      ellipse(0, 0, 0.4, 0.4, white),
      ring(0, 0, 0.4, 0.09, red),
      rectangle(-0.14, -0.12, 0.1, 0.24, black),
      ring(0.1, 0, 0.12, 0.05, black),
    ];
  if (kind === 1)
    return [polygon([-0.46, 0.36, 0.46, 0.36, 0, -0.44], red), polygon([-0.28, 0.26, 0.28, 0.26, 0, -0.23], white)];
  if (kind === 2)
    return [
      roundedRectangle(-0.34, -0.34, 0.68, 0.68, 0.06, blue),
      ...stroke([-0.1, -0.22, -0.1, 0.2, 0.12, 0.2, 0.12, 0, -0.1, 0], 0.08, white),
    ];
  if (kind === 3) return [regular(0, 0, 0.42, 4, black), regular(0, 0, 0.38, 4, [240, 190, 40])];
  return [ellipse(0, 0, 0.4, 0.4, red), rectangle(-0.26, -0.07, 0.52, 0.14, white)];
}

/** A board with coloured patches, 2.6 m × 1.5 m above its foot at the origin. */
export function billboard(random: Random): Shape[] {
  const shapes: Shape[] = [
    rectangle(-0.9, 0, 0.12, 1.6, [90, 92, 96]),
    rectangle(0.78, 0, 0.12, 1.6, [90, 92, 96]),
    rectangle(-1.35, 1.5, 2.7, 1.6, [60, 62, 66]),
    rectangle(-1.28, 1.57, 2.56, 1.46, anyColor(random)),
  ];
  for (let i = 0; i < 4; i++) {
    const [x, y] = [between(random, -1.1, 0.6), between(random, 1.7, 2.6)];
    shapes.push(
      chance(random, 0.5)
        ? ellipse(x + 0.2, y, 0.22, 0.22, anyColor(random))
        : rectangle(x, y, between(random, 0.2, 0.6), between(random, 0.1, 0.35), anyColor(random)),
    );
  }
  return shapes;
}
