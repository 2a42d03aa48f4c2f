/** Buses from the side and from ahead (or behind). Metres; x to the right from the middle, y up from the ground; side views look to the right. */
import type { Random } from "../../core/random.ts";
import { between, chance, hsl, integerBetween, pick } from "./dice.ts";
import { black, darker, lighter, mix, rectangle, roundedRectangle, type Shape, white } from "./shapes.ts";
import { amber, arch, box, glass, groundShadow, headlight, painted, taillight, tyre, wheel } from "./vehicle-parts.ts";

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
