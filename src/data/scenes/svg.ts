/** Shapes to an SVG document. */
import type { Color, Shape } from "./shapes.ts";

export function toSvg(shapes: Iterable<Shape>, width: number, height: number): string {
  const gradients = new Map<string, string>();
  const body: string[] = [];
  for (const shape of shapes) {
    const opacity = shape.opacity < 1 ? ` fill-opacity="${+shape.opacity.toFixed(2)}"` : "";
    body.push(`<path d="${pathOf(shape.points)}" fill="${paint(shape, gradients)}"${opacity}/>`);
  }
  const definitions = [...gradients].map(
    ([stops, id]) => `<linearGradient id="${id}" x1="0" y1="0" x2="0" y2="1">${stops}</linearGradient>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" fill-rule="evenodd"><defs>${definitions.join("")}</defs>${body.join("")}</svg>`;
}

function paint(shape: Shape, gradients: Map<string, string>): string {
  if (!shape.fillBelow) return hex(shape.fill);
  const stops = `<stop offset="0" stop-color="${hex(shape.fill)}"/><stop offset="1" stop-color="${hex(shape.fillBelow)}"/>`;
  const id = gradients.get(stops) ?? `g${gradients.size}`;
  gradients.set(stops, id);
  return `url(#${id})`;
}

function hex(color: Color): string {
  return `#${color
    .map((value) =>
      Math.max(0, Math.min(255, Math.round(value)))
        .toString(16)
        .padStart(2, "0"),
    )
    .join("")}`;
}

/** Hundredths of a pixel: finer than any rasterizer shows. */
function pathOf(points: readonly number[]): string {
  let path = "";
  for (let i = 0; i < points.length; i += 2) {
    path += `${i === 0 ? "M" : "L"}${Math.round(points[i] * 100) / 100} ${Math.round(points[i + 1] * 100) / 100}`;
  }
  return `${path}Z`;
}
