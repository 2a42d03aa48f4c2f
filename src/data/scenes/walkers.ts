/** People, bicycles and dogs. Metres; x to the right from the middle, y up from the ground; they look to the right. */
import type { Random } from "../../core/random.ts";
import { anyColor, between, chance, hsl, pick } from "./dice.ts";
import {
  black,
  type Color,
  darker,
  ellipse,
  lighter,
  polygon,
  ring,
  rounded,
  roundedRectangle,
  type Shape,
  stroke,
} from "./shapes.ts";

const skins: readonly Color[] = [
  [243, 208, 177],
  [224, 172, 132],
  [186, 128, 88],
  [134, 86, 56],
  [88, 56, 38],
];
const hairs: readonly Color[] = [
  [34, 26, 22],
  [92, 58, 32],
  [176, 130, 70],
  [150, 146, 142],
  [120, 52, 30],
];

interface Looks {
  readonly skin: Color;
  readonly hair: Color;
  readonly top: Color;
  readonly trousers: Color;
  readonly shoes: Color;
}

function looks(random: Random): Looks {
  return {
    skin: pick(random, skins),
    hair: pick(random, hairs),
    top: anyColor(random),
    trousers: chance(random, 0.5)
      ? hsl(between(random, 200, 240), 0.35, between(random, 0.18, 0.45))
      : anyColor(random),
    shoes: chance(random, 0.6) ? [36, 32, 32] : anyColor(random),
  };
}

function limb(points: readonly number[], thickness: number, color: Color): Shape[] {
  return stroke(points, thickness, color);
}

function head(x: number, y: number, person: Looks, random: Random): Shape[] {
  const shapes = [ellipse(x, y, 0.115, 0.14, person.skin)];
  const style = random();
  if (style < 0.55)
    shapes.push(
      polygon(
        [
          x - 0.125,
          y - 0.01,
          x - 0.12,
          y + 0.1,
          x - 0.04,
          y + 0.165,
          x + 0.06,
          y + 0.155,
          x + 0.11,
          y + 0.07,
          x,
          y + 0.06,
          x - 0.06,
          y,
        ],
        person.hair,
      ),
    );
  else if (style < 0.8)
    shapes.unshift(
      rounded([x - 0.15, y - 0.22, x - 0.15, y + 0.17, x + 0.08, y + 0.17, x + 0.04, y - 0.12], 0.1, person.hair),
    );
  else
    shapes.push(
      rounded([x - 0.13, y + 0.04, x - 0.11, y + 0.17, x + 0.1, y + 0.17, x + 0.2, y + 0.05], 0.05, person.top),
    );
  return shapes;
}

/** About 1.7 m tall, walking or standing. */
export function person(random: Random): Shape[] {
  const who = looks(random);
  const stride = chance(random, 0.75) ? between(random, 0.12, 0.34) : 0.07;
  const swing = chance(random, 0.75) ? between(random, 0.1, 0.26) : 0.03;
  const broad = between(random, 0.9, 1.25);
  const shoulder = 1.38;
  const back = darker(who.trousers, 0.25);
  const skirt = chance(random, 0.22);
  const legs = (foot: number, knee: number, color: Color): Shape[] => [
    ...limb([0, 0.82, knee, 0.44, foot, 0.07], 0.15, color),
    rounded([foot - 0.08, 0, foot - 0.07, 0.1, foot + 0.06, 0.1, foot + 0.19, 0.02, foot + 0.19, 0], 0.03, who.shoes),
  ];
  const shapes = [
    ellipse(0, 0.01, 0.34, 0.06, black, { opacity: 0.35 }),
    ...limb([0, shoulder - 0.04, -swing * 0.6, 1.08, -swing, 0.86], 0.1, darker(who.top, 0.25)),
    ...legs(-stride, -stride * 0.3, back),
    ...legs(stride, stride * 0.65, who.trousers),
  ];
  if (skirt)
    shapes.push(rounded([-0.13 * broad, 0.98, -0.26, 0.48, 0.26, 0.48, 0.13 * broad, 0.98], 0.05, who.trousers));
  if (chance(random, 0.2)) shapes.push(roundedRectangle(-0.33, 0.98, 0.22, 0.42, 0.08, anyColor(random)));
  shapes.push(
    rounded(
      [-0.17 * broad, 0.84, -0.2 * broad, 1.36, -0.08, 1.46, 0.08, 1.46, 0.18 * broad, 1.36, 0.16 * broad, 0.84],
      0.08,
      lighter(who.top, 0.08),
      {
        below: darker(who.top, 0.15),
      },
    ),
    roundedRectangle(-0.045, 1.42, 0.09, 0.1, 0.02, darker(who.skin, 0.1)),
    ...head(0.02, 1.6, who, random),
    ...limb([0.02, shoulder - 0.05, swing * 0.5, 1.1, swing + 0.05, 0.88], 0.1, darker(who.top, 0.1)),
    ellipse(swing + 0.06, 0.84, 0.05, 0.05, who.skin),
  );
  if (chance(random, 0.15)) shapes.push(roundedRectangle(swing - 0.08, 0.5, 0.3, 0.28, 0.04, anyColor(random)));
  return shapes;
}

/** 1.75 m long, with thin tubes: what is behind it shows through. */
export function bicycle(random: Random): Shape[] {
  const paint = anyColor(random);
  const tyre: Color = [34, 34, 38];
  const [rear, front, radius] = [-0.53, 0.53, 0.34];
  const spokes = (x: number): Shape[] => {
    const shapes: Shape[] = [];
    const start = random() * Math.PI;
    for (let i = 0; i < 5; i++) {
      const angle = start + (i * Math.PI) / 5;
      const [dx, dy] = [Math.cos(angle) * radius, Math.sin(angle) * radius];
      shapes.push(...stroke([x - dx, radius - dy, x + dx, radius + dy], 0.012, [150, 152, 156], { solid: false }));
    }
    return shapes;
  };
  const tube = 0.055;
  return [
    ellipse(0, 0.01, 0.85, 0.05, black, { opacity: 0.3 }),
    ...spokes(rear),
    ...spokes(front),
    ring(rear, radius, radius, 0.055, tyre),
    ring(front, radius, radius, 0.055, tyre),
    ...stroke([rear, radius, -0.1, 0.3, -0.22, 0.8, rear, radius], tube, paint),
    ...stroke([-0.2, 0.74, 0.36, 0.76, -0.1, 0.3], tube, paint),
    ...stroke([front, radius, 0.34, 0.95], tube, paint),
    ...stroke([0.34, 0.93, 0.3, 1.02, 0.46, 1.04], 0.045, [48, 48, 52]),
    ...stroke([-0.22, 0.78, -0.24, 0.88], 0.045, [90, 92, 96]),
    rounded([-0.38, 0.93, -0.36, 0.87, -0.12, 0.88, -0.1, 0.93], 0.03, [40, 36, 36]),
    ellipse(-0.1, 0.3, 0.09, 0.09, [70, 72, 76]),
    ...stroke([-0.1, 0.3, -0.04, 0.16], 0.035, [70, 72, 76]),
    ...(chance(random, 0.3) ? [rounded([0.42, 0.72, 0.4, 0.98, 0.78, 0.98, 0.72, 0.72], 0.04, anyColor(random))] : []),
    ...(chance(random, 0.3) ? stroke([-0.3, 0.76, -0.72, 0.74], 0.04, [60, 62, 66]) : []),
  ];
}

/** Somebody on the bicycle above; a sprite of its own, since it is another object. */
export function rider(random: Random): Shape[] {
  const who = looks(random);
  const lean = between(random, 0.1, 0.26);
  const shoulderX = -0.22 + lean;
  const pedal = between(random, 0.12, 0.3);
  return [
    ...limb([-0.24, 0.95, 0.02, 0.72, -0.14, pedal + 0.22], 0.12, darker(who.trousers, 0.3)),
    ...limb([-0.24, 0.95, 0.1, 0.68, -0.04, pedal], 0.14, who.trousers),
    rounded([-0.1, pedal - 0.06, -0.1, pedal + 0.04, 0.03, pedal + 0.04, 0.12, pedal - 0.05], 0.03, who.shoes),
    rounded(
      [-0.38, 0.9, shoulderX - 0.14, 1.42, shoulderX + 0.06, 1.48, shoulderX + 0.12, 1.36, -0.1, 0.9],
      0.08,
      lighter(who.top, 0.08),
      {
        below: darker(who.top, 0.15),
      },
    ),
    ...limb([shoulderX + 0.02, 1.36, 0.16, 1.14, 0.4, 1.06], 0.09, darker(who.top, 0.12)),
    ...head(shoulderX + 0.12, 1.6, who, random),
  ];
}

/** About 0.9 m long. */
export function dog(random: Random): Shape[] {
  const coat = pick(random, [...hairs, [222, 196, 152], [236, 232, 224]] as readonly Color[]);
  const under = darker(coat, 0.25);
  const step = between(random, 0.02, 0.12);
  const up = between(random, -0.05, 0.22);
  const leg = (x: number, foot: number, color: Color): Shape[] =>
    limb([x, 0.34, x + foot * 0.4, 0.16, x + foot, 0.03], 0.075, color);
  return [
    ellipse(0, 0.01, 0.42, 0.04, black, { opacity: 0.35 }),
    ...leg(-0.25, step, under),
    ...leg(0.22, -step, under),
    ...stroke([-0.32, 0.48, -0.46, 0.52 + up * 0.5, -0.52, 0.6 + up], 0.06, coat),
    rounded([-0.38, 0.3, -0.38, 0.56, 0.3, 0.6, 0.36, 0.32, 0.1, 0.26], 0.13, lighter(coat, 0.1), { below: under }),
    ...leg(-0.3, -step, coat),
    ...leg(0.27, step, coat),
    ...limb([0.24, 0.5, 0.4, 0.68], 0.17, coat),
    rounded([0.3, 0.62, 0.32, 0.82, 0.48, 0.84, 0.66, 0.7, 0.64, 0.63, 0.46, 0.62], 0.07, coat),
    rounded([0.32, 0.86, 0.26, 0.6, 0.36, 0.62, 0.4, 0.82], 0.04, darker(coat, 0.45)),
    ellipse(0.64, 0.69, 0.035, 0.03, black),
    ellipse(0.47, 0.76, 0.018, 0.02, black),
  ];
}
