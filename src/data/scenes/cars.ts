/** Cars from the side and from ahead (or behind). Metres; x to the right from the middle, y up from the ground; side views look to the right. */
import type { Random } from "../../core/random.ts";
import { anyColor, between, chance, pick } from "./dice.ts";
import {
  black,
  type Color,
  darker,
  lighter,
  rectangle,
  rounded,
  roundedRectangle,
  type Shape,
  white,
} from "./shapes.ts";
import { amber, arch, glass, groundShadow, headlight, painted, taillight, tyre, wheel } from "./vehicle-parts.ts";

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
  const [, , , frontFoot] = body.cabin;
  const belt = body.beltline;
  const hood = belt - between(random, 0.02, 0.12);
  const rim = pick(random, [lighter(black, 0.7), lighter(black, 0.45), darker(paint, 0.3)]);
  const pillar = between(random, -0.45, -0.15);
  const shapes = [
    groundShadow(body.length),
    ...carShell(body, hood, paint),
    ...carWindows(body, pillar),
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

/** Cabin and hull, with the sill below. */
function carShell({ length, height, beltline: belt, cabin }: CarBody, hood: number, paint: Color): Shape[] {
  const [rearFoot, rearRoof, frontRoof, frontFoot] = cabin;
  const half = length / 2;
  return [
    painted(
      [rearFoot - 0.1, belt - 0.1, rearRoof, height, frontRoof, height, frontFoot + 0.1, belt - 0.1],
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
    rectangle(-half + 0.15, 0.26, length - 0.3, 0.12, darker(paint, 0.6)),
  ];
}

/** A window on each side of the pillar between the doors. */
function carWindows({ height, beltline: belt, cabin }: CarBody, pillar: number): Shape[] {
  const [rearFoot, rearRoof, frontRoof, frontFoot] = cabin;
  const inset = 0.09;
  return [
    ...glass(
      [rearFoot + 0.2, belt, rearRoof + 0.12, height - inset, pillar - 0.04, height - inset, pillar - 0.04, belt],
      0.08,
    ),
    ...glass(
      [pillar + 0.04, belt, pillar + 0.04, height - inset, frontRoof - 0.06, height - inset, frontFoot - 0.18, belt],
      0.08,
    ),
  ];
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
