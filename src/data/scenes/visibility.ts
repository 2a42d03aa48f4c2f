/**
 * What is seen of each object, from the polygons that are drawn: every pixel belongs to the last solid silhouette that
 * covers its centre. A box is the exact extent of an object's own pixels, as somebody who labels pixel by pixel would draw it.
 */
import type { Box } from "../../core/box.ts";
import type { Shape } from "./shapes.ts";

/** Something drawn as one: an object, or scenery. */
export interface Item {
  readonly shapes: readonly Shape[];
  /** Index of the class; absent for scenery. */
  readonly classIndex?: number;
}

export interface Visible {
  readonly classIndex: number;
  /** Extent of the pixels that are seen. */
  readonly box: Box;
  /** Seen pixels as a part of all the object's pixels, those outside the picture included. */
  readonly visibleShare: number;
  /** Whether the picture's edge cuts it. */
  readonly truncated: boolean;
}

/** The objects of which something is seen, in drawing order. */
export function visibleObjects(items: readonly Item[], width: number, height: number): Visible[] {
  const owner = new Int32Array(width * height).fill(-1);
  const areas: number[] = [];
  const truncated: boolean[] = [];
  items.forEach((item, index) => {
    const silhouette = rasterize(item.shapes);
    areas.push(0);
    truncated.push(false);
    if (!silhouette) return;
    const { x0, y0, columns, rows, mask } = silhouette;
    for (let row = 0, i = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++, i++) {
        if (mask[i] === 0) continue;
        areas[index]++;
        const [x, y] = [x0 + column, y0 + row];
        if (x < 0 || y < 0 || x >= width || y >= height) truncated[index] = true;
        else owner[y * width + x] = index;
      }
    }
  });
  const extents = items.map(() => ({ xMin: width, yMin: height, xMax: 0, yMax: 0, pixels: 0 }));
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (owner[i] < 0) continue;
      const extent = extents[owner[i]];
      extent.pixels++;
      if (x < extent.xMin) extent.xMin = x;
      if (y < extent.yMin) extent.yMin = y;
      if (x >= extent.xMax) extent.xMax = x + 1;
      if (y >= extent.yMax) extent.yMax = y + 1;
    }
  }
  return items.flatMap((item, index) => {
    const { pixels, ...box } = extents[index];
    if (item.classIndex === undefined || pixels === 0) return [];
    return [{ classIndex: item.classIndex, box, visibleShare: pixels / areas[index], truncated: truncated[index] }];
  });
}

interface Silhouette {
  readonly x0: number;
  readonly y0: number;
  readonly columns: number;
  readonly rows: number;
  /** 1 where the centre of the pixel is covered. */
  readonly mask: Uint8Array;
}

/** Pixels whose centres lie in a solid shape, over the shapes' own extent (bounded: nothing is drawn larger than 4096 px). */
function rasterize(shapes: readonly Shape[]): Silhouette | undefined {
  const solid = shapes.filter((shape) => shape.solid);
  let [xMin, yMin, xMax, yMax] = [4096, 4096, -4096, -4096];
  for (const { points } of solid) {
    for (let i = 0; i < points.length; i += 2) {
      xMin = Math.min(xMin, points[i]);
      xMax = Math.max(xMax, points[i]);
      yMin = Math.min(yMin, points[i + 1]);
      yMax = Math.max(yMax, points[i + 1]);
    }
  }
  const [x0, y0] = [Math.max(-4096, Math.floor(xMin)), Math.max(-4096, Math.floor(yMin))];
  const [columns, rows] = [Math.min(4096, Math.ceil(xMax)) - x0, Math.min(4096, Math.ceil(yMax)) - y0];
  if (columns <= 0 || rows <= 0) return undefined;
  const mask = new Uint8Array(columns * rows);
  for (const { points } of solid) fillPolygon(points, x0, y0, columns, rows, mask);
  return { x0, y0, columns, rows, mask };
}

/** Even-odd scanline fill, sampled at pixel centres. Writes `mask`. */
function fillPolygon(
  points: readonly number[],
  x0: number,
  y0: number,
  columns: number,
  rows: number,
  mask: Uint8Array,
): void {
  let [top, bottom] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 1; i < points.length; i += 2) {
    top = Math.min(top, points[i]);
    bottom = Math.max(bottom, points[i]);
  }
  const count = points.length / 2;
  const crossings: number[] = [];
  for (let row = Math.max(0, Math.floor(top - y0)); row < Math.min(rows, Math.ceil(bottom - y0)); row++) {
    const y = y0 + row + 0.5;
    crossings.length = 0;
    for (let i = 0, j = count - 1; i < count; j = i++) {
      const [yi, yj] = [points[2 * i + 1], points[2 * j + 1]];
      if (yi > y === yj > y) continue;
      crossings.push(points[2 * i] + ((y - yi) / (yj - yi)) * (points[2 * j] - points[2 * i]));
    }
    crossings.sort((a, b) => a - b);
    for (let k = 0; k + 1 < crossings.length; k += 2) {
      const from = Math.max(0, Math.ceil(crossings[k] - x0 - 0.5));
      const to = Math.min(columns, Math.ceil(crossings[k + 1] - x0 - 0.5));
      if (to > from) mask.fill(1, row * columns + from, row * columns + to);
    }
  }
}
