/** Where the labels of boxes go, so that as many as possible can be read. */
import type { Box } from "../core/box.ts";

export interface LabelPlace {
  readonly x: number;
  readonly y: number;
}

/**
 * The upper left corner of each box's label. The first box chooses first: over it, under its upper edge, below it, over
 * its lower edge, or a row or two further off, from its left corner or up to its right one. Null where every place touches a label
 * that is there already: two labels upon each other say less than one.
 * @param boxes the surest first, in the drawing's units, as the size of the picture and of labels.
 * @param labelWidths of each box's label.
 */
export function placeLabels(
  boxes: readonly Box[],
  labelWidths: readonly number[],
  labelHeight: number,
  picture: { readonly width: number; readonly height: number },
): (LabelPlace | null)[] {
  const placed: Box[] = [];
  return boxes.map(({ xMin, yMin, xMax, yMax }, i) => {
    const width = labelWidths[i];
    const further = [1, 2].flatMap((row) => [yMin - (row + 1) * labelHeight, yMax + row * labelHeight]);
    const rows = [yMin - labelHeight, yMin, yMax, yMax - labelHeight, ...further];
    const columns = [xMin, xMax - width];
    const candidates = rows
      .filter((y) => y >= 0 && y + labelHeight <= picture.height)
      .flatMap((y) => columns.map((x) => ({ x: Math.max(0, Math.min(x, picture.width - width)), y })))
      .map(({ x, y }) => ({ xMin: x, yMin: y, xMax: x + width, yMax: y + labelHeight }));
    // A box beyond both edges has no row of its own.
    const fallback = { xMin: Math.max(0, xMin), yMin: 0, xMax: Math.max(0, xMin) + width, yMax: labelHeight };
    const free = (candidates.length > 0 ? candidates : [fallback]).find(
      (label) => !placed.some((other) => commonArea(label, other) > 0),
    );
    if (!free) return null;
    placed.push(free);
    return { x: free.xMin, y: free.yMin };
  });
}

function commonArea(a: Box, b: Box): number {
  const width = Math.min(a.xMax, b.xMax) - Math.max(a.xMin, b.xMin);
  const height = Math.min(a.yMax, b.yMax) - Math.max(a.yMin, b.yMin);
  return width > 0 && height > 0 ? width * height : 0;
}
