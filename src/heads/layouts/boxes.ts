/** What layouts have in common: detections of a box by its scores, cells of grids. */
import { z } from "zod";
import type { Detection } from "../../core/box.ts";
import type { ReadContext } from "./layout.ts";

export const stridesSchema = z.array(z.int().min(1).max(1024)).min(1).max(8);

/** A box in pixels of the input with a score for each class, as detections: those above the threshold. */
export function pushDetections(
  into: Detection[],
  corners: readonly [number, number, number, number],
  scoreOf: (classIndex: number) => number,
  { width, height, scoreThreshold, classes }: ReadContext,
): void {
  for (let classIndex = 0; classIndex < classes; classIndex++) {
    const score = scoreOf(classIndex);
    if (!(score > scoreThreshold)) continue;
    const [xMin, yMin, xMax, yMax] = corners;
    into.push({ xMin: xMin / width, yMin: yMin / height, xMax: xMax / width, yMax: yMax / height, classIndex, score });
  }
}

export function cornersOf(x: number, y: number, width: number, height: number): [number, number, number, number] {
  return [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
}

interface Extent {
  readonly width: number;
  readonly height: number;
}

/** Columns and rows of a stride's grid: as many as begin within the input. */
export function gridOf({ width, height }: Extent, stride: number): { readonly columns: number; readonly rows: number } {
  return { columns: Math.ceil(width / stride), rows: Math.ceil(height / stride) };
}

export function cellsOf(input: Extent, strides: readonly number[]): number {
  return strides.reduce((sum, stride) => {
    const { columns, rows } = gridOf(input, stride);
    return sum + columns * rows;
  }, 0);
}

/** Calls `visit` for each cell of the grids, one after the other, row by row. */
export function visitCells(
  input: Extent,
  strides: readonly number[],
  visit: (index: number, column: number, row: number, stride: number) => void,
): void {
  let index = 0;
  for (const stride of strides) {
    const { columns, rows } = gridOf(input, stride);
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) visit(index++, column, row, stride);
  }
}

/** Mean of a softmax's distribution over 0 … bins − 1. */
export function meanOfSoftmax(data: Float32Array, from: number, bins: number): number {
  let greatest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < bins; i++) greatest = Math.max(greatest, data[from + i]);
  let [sum, mean] = [0, 0];
  for (let i = 0; i < bins; i++) {
    const weight = Math.exp(data[from + i] - greatest);
    sum += weight;
    mean += i * weight;
  }
  return mean / sum;
}
