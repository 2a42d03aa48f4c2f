/**
 * Cars, trucks and buses from the side and from ahead. Metres; x to the right from the middle, y up from the ground;
 * side views look to the right. Shapes are ordered back to front.
 */
import type { Random } from "../../core/random.ts";
import { anyColor, between, chance, hsl, integerBetween, pick } from "./dice.ts";
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
  white,
} from "./shapes.ts";

const glassTop: Color = [150, 182, 200];
const glassBottom: Color = [58, 78, 96];
const tyre: Color = [30, 30, 33];
const headlight: Color = [255, 244, 200];
const taillight: Color = [214, 36, 32];
const amber: Color = [246, 160, 40];

function glass(points: readonly number[], radius: number): Shape[] {
  return [rounded(points, radius, glassTop, { below: glassBottom })];
}

function wheel(x: number, radius: number, rim: Color): Shape[] {
  return [
    ellipse(x, radius, radius, radius, tyre),
    ellipse(x, radius, radius * 0.62, radius * 0.62, rim),
    ellipse(x, radius, radius * 0.2, radius * 0.2, darker(rim, 0.5)),
  ];
}

function groundShadow(width: number): Shape {
  return ellipse(0, 0.02, width * 0.53, 0.16, black, { opacity: 0.35 });
}

/** Paint that is lighter above, as under an open sky. */
function painted(points: readonly number[], radius: number, paint: Color): Shape {
  return rounded(points, radius, lighter(paint, 0.18), { below: darker(paint, 0.22) });
}

interface CarBody {
  readonly length: number;
  readonly height: number;
  readonly beltline: number;
  /** x of the cabin's feet and roof, rear to front. */
  readonly cabin: readonly [number, number, number, number];
}

const carBodies: readonly CarBody[] = [
  { length: 4.5, height: 1.42, beltline: 0.88, cabin: [-1.65, -0.95, 0.45, 1.2] },
  { length: 3.8, height: 1.5, beltline: 0.9, cabin: [-1.85, -1.6, 0.35, 1.1] },
  { length: 4.6, height: 1.75, beltline: 1.05, cabin: [-2.2, -2.0, 0.5, 1.1] },
  { length: 4.3, height: 1.28, beltline: 0.82, cabin: [-1.5, -0.55, 0.15, 1.15] },
];

export function carFromSide(random: Random): Shape[] {
  const body = pick(random, carBodies);
  const paint = anyColor(random);
  const half = body.length / 2;
  const [rearFoot, rearRoof, frontRoof, frontFoot] = body.cabin;
  const belt = body.beltline;
  const hood = belt - between(random, 0.02, 0.12);
  const rim = pick(random, [lighter(black, 0.7), lighter(black, 0.45), darker(paint, 0.3)]);
  const pillar = between(random, -0.45, -0.15);
  const inset = 0.09;
  const shapes = [
    groundShadow(body.length),
    painted(
      [rearFoot - 0.1, belt - 0.1, rearRoof, body.height, frontRoof, body.height, frontFoot + 0.1, belt - 0.1],
      0.22,
      paint,
    ),
    painted(
      [
        -half,
        0.32,
        -half + 0.03,
        belt - 0.08,
        rearFoot,
        belt,
        frontFoot,
        belt,
        half - 0.15,
        hood - 0.08,
        half,
        0.5,
        half - 0.02,
        0.28,
      ],
      0.16,
      paint,
    ),
    rectangle(-half + 0.15, 0.26, body.length - 0.3, 0.12, darker(paint, 0.6)),
    ...glass(
      [
        rearFoot + 0.2,
        belt,
        rearRoof + 0.12,
        body.height - inset,
        pillar - 0.04,
        body.height - inset,
        pillar - 0.04,
        belt,
      ],
      0.08,
    ),
    ...glass(
      [
        pillar + 0.04,
        belt,
        pillar + 0.04,
        body.height - inset,
        frontRoof - 0.06,
        body.height - inset,
        frontFoot - 0.18,
        belt,
      ],
      0.08,
    ),
    rectangle(pillar - 0.01, 0.4, 0.02, belt - 0.42, darker(paint, 0.45)),
    rectangle(frontFoot - 0.28, 0.42, 0.02, belt - 0.44, darker(paint, 0.45)),
    rectangle(pillar + 0.1, belt - 0.13, 0.2, 0.04, darker(paint, 0.5)),
    rounded(
      [half - 0.32, hood - 0.12, half - 0.14, hood - 0.12, half - 0.04, hood - 0.28, half - 0.3, hood - 0.26],
      0.04,
      headlight,
      { emissive: true },
    ),
    roundedRectangle(-half + 0.02, belt - 0.32, 0.16, 0.2, 0.04, taillight, { emissive: true }),
    rectangle(-half + 0.3, belt - 0.17, body.length - 0.8, 0.025, white, { opacity: 0.35 }),
  ];
  if (chance(random, 0.12)) {
    // A taxi, or a car with a box on its roof.
    shapes.push(roundedRectangle(-0.4, body.height - 0.02, 0.6, 0.2, 0.05, pick(random, [amber, paint, black])));
  }
  const axle = half * 0.64;
  const radius = between(random, 0.3, 0.36);
  return [
    ...shapes,
    arch(-axle, radius),
    arch(axle, radius),
    ...wheel(-axle, radius, rim),
    ...wheel(axle, radius, rim),
  ];
}

function arch(x: number, radius: number): Shape {
  return ellipse(x, radius + 0.02, radius * 1.16, radius * 1.16, [24, 24, 28]);
}

export function carFromAhead(random: Random): Shape[] {
  const rear = chance(random, 0.5);
  const paint = anyColor(random);
  const width = between(random, 1.7, 1.95);
  const half = width / 2;
  const height = between(random, 1.35, 1.8);
  const belt = height * 0.6;
  const light = rear ? taillight : headlight;
  const lightY = rear ? belt - 0.22 : belt - 0.28;
  const shapes = [
    groundShadow(width * 1.05),
    roundedRectangle(-half + 0.06, 0, 0.24, 0.45, 0.05, tyre),
    roundedRectangle(half - 0.3, 0, 0.24, 0.45, 0.05, tyre),
    painted(
      [-half + 0.08, belt - 0.05, -half + 0.3, height, half - 0.3, height, half - 0.08, belt - 0.05],
      0.14,
      paint,
    ),
    ...glass([-half + 0.2, belt, -half + 0.36, height - 0.09, half - 0.36, height - 0.09, half - 0.2, belt], 0.07),
    painted(
      [
        -half,
        0.24,
        -half,
        belt - 0.12,
        -half + 0.1,
        belt + 0.02,
        half - 0.1,
        belt + 0.02,
        half,
        belt - 0.12,
        half,
        0.24,
      ],
      0.12,
      paint,
    ),
    roundedRectangle(-half + 0.05, lightY, 0.36, 0.17, 0.06, light, { emissive: true }),
    roundedRectangle(half - 0.41, lightY, 0.36, 0.17, 0.06, light, { emissive: true }),
    rectangle(-half + 0.04, 0.22, width - 0.08, 0.1, darker(paint, 0.6)),
    rectangle(-0.26, rear ? 0.5 : 0.34, 0.52, 0.12, [232, 232, 224]),
    roundedRectangle(-half - 0.14, belt - 0.02, 0.2, 0.14, 0.05, darker(paint, 0.3)),
    roundedRectangle(half - 0.06, belt - 0.02, 0.2, 0.14, 0.05, darker(paint, 0.3)),
  ];
  if (!rear) shapes.push(roundedRectangle(-half + 0.5, lightY - 0.06, width - 1, 0.18, 0.04, [38, 40, 44]));
  return shapes;
}

export function truckFromSide(random: Random): Shape[] {
  const paint = anyColor(random);
  const length = between(random, 6, 9.5);
  const half = length / 2;
  const cab = between(random, 1.7, 2.1);
  const cabHeight = between(random, 2.4, 2.9);
  const rim = lighter(black, between(random, 0.3, 0.7));
  const nose = half - cab;
  const windscreen = between(random, 0.15, 0.4);
  return [
    groundShadow(length),
    rectangle(-half, 0.5, length - 0.2, 0.3, [48, 50, 54]),
    ...load(random, -half, nose - 0.15),
    painted(
      [nose, 0.45, nose, cabHeight, half - windscreen - 0.1, cabHeight, half - 0.02, 1.45, half, 0.45],
      0.14,
      paint,
    ),
    ...glass(
      [nose + 0.5, 1.5, nose + 0.5, cabHeight - 0.25, half - windscreen - 0.16, cabHeight - 0.25, half - 0.14, 1.5],
      0.08,
    ),
    rectangle(nose + 0.44, 0.6, 0.03, cabHeight - 0.9, darker(paint, 0.4)),
    rectangle(nose, 0.38, cab + 0.02, 0.22, [56, 58, 62]),
    roundedRectangle(half - 0.26, 0.68, 0.24, 0.2, 0.05, headlight, { emissive: true }),
    rectangle(-half, 0.62, 0.12, 0.2, taillight, { emissive: true }),
    ...wheel(half - 1, 0.48, rim),
    ...wheel(-half + 0.9, 0.48, rim),
    ...(length > 7.4 ? wheel(-half + 1.95, 0.48, rim) : []),
  ];
}

/** What a truck carries between two x: a box, a tank, or gravel in an open bed. */
function load(random: Random, from: number, to: number): Shape[] {
  const paint = chance(random, 0.45) ? lighter(anyColor(random), 0.8) : anyColor(random);
  const kind = random();
  const width = to - from;
  if (kind < 0.62) {
    const top = between(random, 2.9, 3.5);
    const shapes = [painted([from, 0.78, from, top, to, top, to, 0.78], 0.06, paint)];
    if (chance(random, 0.6))
      shapes.push(
        rectangle(from + 0.3, between(random, 1.3, 2.4), width - 0.6, between(random, 0.15, 0.5), anyColor(random)),
      );
    if (chance(random, 0.5)) {
      for (let x = from + 0.5; x < to - 0.2; x += 0.55)
        shapes.push(rectangle(x, 0.85, 0.04, top - 1, darker(paint, 0.35), { opacity: 0.5 }));
    }
    return shapes;
  }
  if (kind < 0.8) {
    const middle = (from + to) / 2;
    return [
      roundedRectangle(from, 0.85, width, 1.65, 0.7, lighter(paint, 0.3), { below: darker(paint, 0.4) }),
      rectangle(from + 0.3, 1.6, width - 0.6, 0.16, anyColor(random)),
      rectangle(middle - 0.3, 2.45, 0.6, 0.18, [70, 72, 76]),
    ];
  }
  const heap: number[] = [from + 0.1, 1.6];
  for (let i = 1; i < 8; i++)
    heap.push(from + (width * i) / 8, 1.7 + between(random, 0.1, 0.7) * Math.sin((Math.PI * i) / 8));
  heap.push(to - 0.1, 1.6);
  return [
    polygon(heap, hsl(between(random, 20, 45), 0.3, between(random, 0.3, 0.55))),
    painted([from, 0.8, from - 0.05, 1.75, to, 1.75, to, 0.8], 0.05, paint),
  ];
}

export function truckFromAhead(random: Random): Shape[] {
  const rear = chance(random, 0.5);
  const paint = anyColor(random);
  const box = chance(random, 0.5) ? lighter(anyColor(random), 0.75) : anyColor(random);
  const width = between(random, 2.3, 2.6);
  const half = width / 2;
  const height = between(random, 3, 3.6);
  const wheels = [
    roundedRectangle(-half + 0.05, 0, 0.4, 0.7, 0.06, tyre),
    roundedRectangle(half - 0.45, 0, 0.4, 0.7, 0.06, tyre),
  ];
  if (rear) {
    return [
      groundShadow(width),
      ...wheels,
      painted([-half, 0.75, -half, height, half, height, half, 0.75], 0.06, box),
      rectangle(-0.02, 0.9, 0.04, height - 1.05, darker(box, 0.45)),
      rectangle(-half + 0.15, 0.9, 0.04, height - 1.05, darker(box, 0.3)),
      rectangle(half - 0.19, 0.9, 0.04, height - 1.05, darker(box, 0.3)),
      rectangle(-half, 0.5, width, 0.26, [50, 52, 56]),
      rectangle(-half + 0.08, 0.54, 0.34, 0.18, taillight, { emissive: true }),
      rectangle(half - 0.42, 0.54, 0.34, 0.18, taillight, { emissive: true }),
    ];
  }
  const cabHeight = between(random, 2.3, 2.7);
  return [
    groundShadow(width),
    ...wheels,
    painted([-half, 0.8, -half, height, half, height, half, 0.8], 0.06, box),
    painted([-half + 0.06, 0.4, -half + 0.06, cabHeight, half - 0.06, cabHeight, half - 0.06, 0.4], 0.16, paint),
    ...glass([-half + 0.2, 1.5, -half + 0.3, cabHeight - 0.22, half - 0.3, cabHeight - 0.22, half - 0.2, 1.5], 0.08),
    roundedRectangle(-half + 0.55, 0.85, width - 1.1, 0.45, 0.06, [44, 46, 50]),
    roundedRectangle(-half + 0.14, 0.65, 0.34, 0.22, 0.05, headlight, { emissive: true }),
    roundedRectangle(half - 0.48, 0.65, 0.34, 0.22, 0.05, headlight, { emissive: true }),
    rectangle(-half + 0.02, 0.35, width - 0.04, 0.2, [60, 62, 66]),
    roundedRectangle(-half - 0.24, 1.55, 0.2, 0.55, 0.05, [40, 42, 46]),
    roundedRectangle(half + 0.04, 1.55, 0.2, 0.55, 0.05, [40, 42, 46]),
  ];
}

export function busFromSide(random: Random): Shape[] {
  const paint = hsl(between(random, 0, 360), between(random, 0.35, 0.9), between(random, 0.32, 0.6));
  const trim = pick(random, [white, lighter(paint, 0.6), darker(paint, 0.5), amber]);
  const length = between(random, 8.5, 11.5);
  const half = length / 2;
  const top = between(random, 2.8, 3.2);
  const doubleDecker = chance(random, 0.2);
  const height = doubleDecker ? top + 1.3 : top;
  const rim = lighter(black, 0.55);
  const shapes = [
    groundShadow(length),
    painted([-half, 0.34, -half, height, half - 0.12, height, half, height - 0.9, half, 0.34], 0.2, paint),
    rectangle(-half + 0.05, chance(random, 0.5) ? 0.55 : 1.1, length - 0.1, between(random, 0.12, 0.3), trim),
  ];
  for (const floor of doubleDecker ? [1.45, 2.85] : [1.45]) {
    const count = integerBetween(random, 5, 7);
    const pane = (length - 1.5) / count;
    for (let i = 0; i < count; i++) {
      shapes.push(
        ...glass(box(-half + 0.25 + i * pane, floor, pane - 0.12, Math.min(1.05, height - floor - 0.3)), 0.07),
      );
    }
    shapes.push(...glass(box(half - 0.95, floor, 0.85, Math.min(1.05, height - floor - 0.3)), 0.07));
  }
  const door = half - 2.3;
  shapes.push(
    rectangle(door, 0.4, 1, 2.05, darker(paint, 0.35)),
    ...glass(box(door + 0.08, 0.55, 0.38, 1.8), 0.04),
    ...glass(box(door + 0.54, 0.55, 0.38, 1.8), 0.04),
    rectangle(half - 1.9, height - 0.28, 1.5, 0.2, black),
    rectangle(half - 1.8, height - 0.24, 1.1, 0.12, amber, { emissive: true }),
    roundedRectangle(half - 0.2, 0.6, 0.2, 0.2, 0.05, headlight, { emissive: true }),
    rectangle(-half, 0.7, 0.1, 0.35, taillight, { emissive: true }),
  );
  return [
    ...shapes,
    arch(-half + 2.3, 0.48),
    arch(half - 2.9, 0.48),
    ...wheel(-half + 2.3, 0.48, rim),
    ...wheel(half - 2.9, 0.48, rim),
  ];
}

export function busFromAhead(random: Random): Shape[] {
  const rear = chance(random, 0.4);
  const paint = hsl(between(random, 0, 360), between(random, 0.35, 0.9), between(random, 0.32, 0.6));
  const width = 2.5;
  const half = width / 2;
  const height = between(random, 2.9, 3.2);
  const light = rear ? taillight : headlight;
  return [
    groundShadow(width),
    roundedRectangle(-half + 0.08, 0, 0.36, 0.6, 0.06, tyre),
    roundedRectangle(half - 0.44, 0, 0.36, 0.6, 0.06, tyre),
    painted([-half, 0.3, -half, height, half, height, half, 0.3], 0.22, paint),
    ...glass(box(-half + 0.12, rear ? 1.7 : 1.2, width - 0.24, height - (rear ? 2.4 : 1.75)), 0.12),
    ...(rear ? [] : [rectangle(-0.02, 1.2, 0.04, height - 1.75, darker(paint, 0.5))]),
    rectangle(-half + 0.3, height - 0.45, width - 0.6, 0.3, black),
    rectangle(-half + 0.5, height - 0.38, width - 1, 0.16, amber, { emissive: true }),
    rectangle(-half + 0.02, 0.36, width - 0.04, 0.16, mix(paint, black, 0.5)),
    roundedRectangle(-half + 0.12, 0.62, 0.4, 0.24, 0.08, light, { emissive: true }),
    roundedRectangle(half - 0.52, 0.62, 0.4, 0.24, 0.08, light, { emissive: true }),
    rectangle(-0.3, 0.56, 0.6, 0.14, white),
    roundedRectangle(-half - 0.2, height - 1.2, 0.18, 0.5, 0.05, black),
    roundedRectangle(half + 0.02, height - 1.2, 0.18, 0.5, 0.05, black),
  ];
}

function box(x: number, y: number, width: number, height: number): number[] {
  return [x, y, x, y + height, x + width, y + height, x + width, y];
}
