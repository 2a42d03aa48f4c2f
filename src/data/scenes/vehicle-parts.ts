/** What vehicles are made of. Metres; y up from the ground; shapes are ordered back to front. */
import { black, type Color, darker, ellipse, lighter, rounded, type Shape } from "./shapes.ts";

const glassTop: Color = [150, 182, 200];
const glassBottom: Color = [58, 78, 96];
export const tyre: Color = [30, 30, 33];
export const headlight: Color = [255, 244, 200];
export const taillight: Color = [214, 36, 32];
export const amber: Color = [246, 160, 40];

export function glass(points: readonly number[], radius: number): Shape[] {
  return [rounded(points, radius, glassTop, { below: glassBottom })];
}

export function wheel(x: number, radius: number, rim: Color): Shape[] {
  return [
    ellipse(x, radius, radius, radius, tyre),
    ellipse(x, radius, radius * 0.62, radius * 0.62, rim),
    ellipse(x, radius, radius * 0.2, radius * 0.2, darker(rim, 0.5)),
  ];
}

export function groundShadow(width: number): Shape {
  return ellipse(0, 0.02, width * 0.53, 0.16, black, { opacity: 0.35 });
}

/** Paint that is lighter above, as under an open sky. */
export function painted(points: readonly number[], radius: number, paint: Color): Shape {
  return rounded(points, radius, lighter(paint, 0.18), { below: darker(paint, 0.22) });
}

export function arch(x: number, radius: number): Shape {
  return ellipse(x, radius + 0.02, radius * 1.16, radius * 1.16, [24, 24, 28]);
}

export function box(x: number, y: number, width: number, height: number): number[] {
  return [x, y, x, y + height, x + width, y + height, x + width, y];
}
