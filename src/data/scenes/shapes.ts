/**
 * The drawing vocabulary of the scenes: everything is a filled polygon. Curves are flattened, so that any distortion is
 * a function on points, and so that what is seen of an object can be computed from the same points that are drawn.
 */

/** Red, green, blue in 0..255. */
export type Color = readonly [number, number, number];

export interface Shape {
  /** x0, y0, x1, y1, … Filled by the even-odd rule. */
  readonly points: readonly number[];
  readonly fill: Color;
  /** Colour at the lowest point where the fill runs from top to bottom. */
  readonly fillBelow?: Color;
  readonly opacity: number;
  /** Whether the shape belongs to the silhouette: hides what is behind it and counts towards a box. */
  readonly solid: boolean;
  /** Gives light: is not darkened by night. */
  readonly emissive: boolean;
}

export interface Finish {
  readonly below?: Color;
  readonly opacity?: number;
  readonly solid?: boolean;
  readonly emissive?: boolean;
}

export function polygon(points: readonly number[], fill: Color, finish: Finish = {}): Shape {
  const opacity = finish.opacity ?? 1;
  return {
    points,
    fill,
    ...(finish.below ? { fillBelow: finish.below } : {}),
    opacity,
    solid: finish.solid ?? opacity === 1,
    emissive: finish.emissive ?? false,
  };
}

export function rectangle(
  x: number,
  y: number,
  width: number,
  height: number,
  fill: Color,
  finish: Finish = {},
): Shape {
  return polygon([x, y, x + width, y, x + width, y + height, x, y + height], fill, finish);
}

/** A polygon whose corners are rounded off within `radius` of each corner (less where an edge is short). */
export function rounded(points: readonly number[], radius: number, fill: Color, finish: Finish = {}): Shape {
  const out: number[] = [];
  const count = points.length / 2;
  for (let i = 0; i < count; i++) {
    const [x, y] = [points[2 * i], points[2 * i + 1]];
    const before = (i + count - 1) % count;
    const after = (i + 1) % count;
    const [x0, y0] = towards(x, y, points[2 * before], points[2 * before + 1], radius);
    const [x1, y1] = towards(x, y, points[2 * after], points[2 * after + 1], radius);
    for (let step = 0; step <= 4; step++) {
      const t = step / 4;
      const [a, b, c] = [(1 - t) * (1 - t), 2 * t * (1 - t), t * t];
      out.push(a * x0 + b * x + c * x1, a * y0 + b * y + c * y1);
    }
  }
  return polygon(out, fill, finish);
}

function towards(x: number, y: number, toX: number, toY: number, distance: number): [number, number] {
  const length = Math.hypot(toX - x, toY - y) || 1;
  const part = Math.min(distance / length, 0.5);
  return [x + (toX - x) * part, y + (toY - y) * part];
}

export function roundedRectangle(
  x: number,
  y: number,
  width: number,
  height: number,
  radius: number,
  fill: Color,
  finish: Finish = {},
): Shape {
  return rounded([x, y, x + width, y, x + width, y + height, x, y + height], radius, fill, finish);
}

export function ellipse(
  x: number,
  y: number,
  radiusX: number,
  radiusY: number,
  fill: Color,
  finish: Finish = {},
): Shape {
  return polygon(arc(x, y, radiusX, radiusY, 20, 0), fill, finish);
}

/** A regular polygon, its first edge level. */
export function regular(
  x: number,
  y: number,
  radius: number,
  corners: number,
  fill: Color,
  finish: Finish = {},
): Shape {
  return polygon(arc(x, y, radius, radius, corners, Math.PI / corners), fill, finish);
}

/** A circle line; one contour that runs out and back, which the even-odd rule fills as a ring. */
export function ring(x: number, y: number, radius: number, thickness: number, fill: Color, finish: Finish = {}): Shape {
  const outer = arc(x, y, radius, radius, 24, 0);
  const inner = arc(x, y, radius - thickness, radius - thickness, 24, 0);
  return polygon([...outer, outer[0], outer[1], inner[0], inner[1], ...reversed(inner)], fill, finish);
}

/** A line of the given thickness through points: one quadrilateral a segment, its ends lengthened to close the joints. */
export function stroke(points: readonly number[], thickness: number, fill: Color, finish: Finish = {}): Shape[] {
  const shapes: Shape[] = [];
  for (let i = 0; i + 3 < points.length; i += 2) {
    const [x0, y0, x1, y1] = points.slice(i, i + 4);
    const length = Math.hypot(x1 - x0, y1 - y0) || 1;
    const [ux, uy] = [((x1 - x0) / length) * thickness * 0.5, ((y1 - y0) / length) * thickness * 0.5];
    const [ax, ay, bx, by] = [x0 - ux * 0.6, y0 - uy * 0.6, x1 + ux * 0.6, y1 + uy * 0.6];
    shapes.push(polygon([ax - uy, ay + ux, bx - uy, by + ux, bx + uy, by - ux, ax + uy, ay - ux], fill, finish));
  }
  return shapes;
}

function arc(x: number, y: number, radiusX: number, radiusY: number, corners: number, start: number): number[] {
  const points: number[] = [];
  for (let i = 0; i < corners; i++) {
    const angle = start + (2 * Math.PI * i) / corners;
    points.push(x + radiusX * Math.sin(angle), y - radiusY * Math.cos(angle));
  }
  return points;
}

function reversed(points: readonly number[]): number[] {
  const out: number[] = [];
  for (let i = points.length - 2; i >= 0; i -= 2) out.push(points[i], points[i + 1]);
  return out;
}

/** `a` at 0, `b` at 1. */
export function mix(a: Color, b: Color, part: number): Color {
  return [a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part, a[2] + (b[2] - a[2]) * part];
}

export const black: Color = [16, 16, 20];
export const white: Color = [250, 250, 248];

export function darker(color: Color, part: number): Color {
  return mix(color, black, part);
}

export function lighter(color: Color, part: number): Color {
  return mix(color, white, part);
}
