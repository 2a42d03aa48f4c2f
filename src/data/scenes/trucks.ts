/** Trucks from the side and from ahead (or behind). Metres; x to the right from the middle, y up from the ground; side views look to the right. */
import type { Random } from "../../core/random.ts";
import { anyColor, between, chance, hsl } from "./dice.ts";
import { black, darker, lighter, polygon, rectangle, roundedRectangle, type Shape } from "./shapes.ts";
import { glass, groundShadow, headlight, painted, taillight, tyre, wheel } from "./vehicle-parts.ts";

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
