/**
 * From metres on a street to pixels: a level camera, so that a thing that is drawn `scale` pixels a metre stands on the
 * line horizon + cameraHeight · scale. Light and haze are part of the view.
 */
import { type Color, mix, type Shape } from "./shapes.ts";

export interface View {
  readonly width: number;
  readonly height: number;
  /** y of the horizon, px. */
  readonly horizon: number;
  /** x at which what runs away from the camera vanishes, px. */
  readonly vanishingX: number;
  /** Of the camera above the street, m. */
  readonly cameraHeight: number;
  readonly light: Light;
}

export interface Light {
  /** Factor on red, green and blue of what gives no light itself. */
  readonly ambient: Color;
  readonly haze: Color;
  /** 0: clear; 1: what stands at 10 px a metre is half hidden. */
  readonly hazeDensity: number;
  readonly isNight: boolean;
}

/** Where and how a sprite stands. */
export interface Pose {
  /** Of the sprite's origin, px. */
  readonly x: number;
  readonly y: number;
  /** Pixels a metre. */
  readonly scale: number;
  readonly mirrored?: boolean;
  /** Factor on widths. */
  readonly stretch?: number;
  /** Radians, clockwise. */
  readonly tilt?: number;
  /** Horizontal shift per height. */
  readonly shear?: number;
  /** Relative change of height per metre to the right: the nearer end looks taller. */
  readonly taper?: number;
}

/** y on which something stands that is drawn at `scale` pixels a metre. */
export function groundY(view: View, scale: number): number {
  return view.horizon + view.cameraHeight * scale;
}

/** The sprite's shapes in pixels (y down), its colours as the light shows them. */
export function place(shapes: readonly Shape[], pose: Pose, light: Light): Shape[] {
  const { x, y, scale, mirrored = false, stretch = 1, tilt = 0, shear = 0, taper = 0 } = pose;
  const [cos, sin] = [Math.cos(tilt), Math.sin(tilt)];
  return shapes.map((shape) => {
    const points = new Array<number>(shape.points.length);
    for (let i = 0; i < points.length; i += 2) {
      const across = shape.points[i] * stretch * (mirrored ? -1 : 1);
      const up = shape.points[i + 1] * (1 + taper * across);
      const sheared = across + shear * up;
      points[i] = x + scale * (sheared * cos + up * sin);
      points[i + 1] = y - scale * (up * cos - sheared * sin);
    }
    return { ...lit(shape, light, scale), points };
  });
}

/** The shape's colours under the light, seen from where a metre is `scale` pixels. */
export function lit(shape: Shape, light: Light, scale: number): Shape {
  const show = (color: Color) => shade(color, light, scale, shape.emissive);
  return { ...shape, fill: show(shape.fill), ...(shape.fillBelow ? { fillBelow: show(shape.fillBelow) } : {}) };
}

function shade(color: Color, light: Light, scale: number, emissive: boolean): Color {
  const [r, g, b] = light.ambient;
  const shown: Color = emissive ? color : [color[0] * r, color[1] * g, color[2] * b];
  return mix(shown, light.haze, 1 - 2 ** ((-10 * light.hazeDensity) / scale));
}
