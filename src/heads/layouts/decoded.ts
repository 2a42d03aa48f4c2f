/** Layouts in which boxes stand as they are: the export holds the decoding. */
import type { Detection } from "../../core/box.ts";
import { cornersOf, pushDetections } from "./boxes.ts";
import type { ColumnsLayout, LayoutSpec, ObjectnessLayout, RowsLayout, ScoresAndBoxesLayout } from "./layout.ts";

export const columns: LayoutSpec<ColumnsLayout> = {
  classesOf: (_, [first, ...more]) =>
    more.length === 0 && first?.length === 3 && first[0] === 1 && first[1] > 4 && first[2] > first[1]
      ? first[1] - 4
      : undefined,
  read: (_, [{ dims: shape, data }], context) => {
    const [, , count] = shape;
    const detections: Detection[] = [];
    for (let i = 0; i < count; i++) {
      const at = (row: number) => data[row * count + i];
      pushDetections(detections, cornersOf(at(0), at(1), at(2), at(3)), (index) => at(4 + index), context);
    }
    return detections;
  },
  schema: {},
};

export const objectness: LayoutSpec<ObjectnessLayout> = {
  classesOf: (_, [first, ...more]) =>
    more.length === 0 && first?.length === 3 && first[0] === 1 && first[2] > 5 && first[1] > first[2]
      ? first[2] - 5
      : undefined,
  read: (_, [{ dims: shape, data }], context) => {
    const [, count, entries] = shape;
    const detections: Detection[] = [];
    for (let i = 0; i < count; i++) {
      const at = (column: number) => data[i * entries + column];
      if (!(at(4) > context.scoreThreshold)) continue;
      pushDetections(detections, cornersOf(at(0), at(1), at(2), at(3)), (index) => at(4) * at(5 + index), context);
    }
    return detections;
  },
  schema: {},
};

export const rows: LayoutSpec<RowsLayout> = {
  // How many classes there are is not seen here: names say it, else each index is taken.
  classesOf: (_, [first, ...more]) =>
    more.length === 0 && first?.at(-1) === 6 && first.length <= 3 ? 65_536 : undefined,
  read: (_, [{ data }], { width, height, scoreThreshold }) => {
    const detections: Detection[] = [];
    for (let i = 0; i + 6 <= data.length; i += 6) {
      const [xMin, yMin, xMax, yMax, score, label] = data.subarray(i, i + 6);
      if (!(score > scoreThreshold)) continue;
      const box = { xMin: xMin / width, yMin: yMin / height, xMax: xMax / width, yMax: yMax / height };
      detections.push({ ...box, classIndex: Math.max(0, Math.round(label)), score });
    }
    return detections;
  },
  schema: {},
};

/** Boxes and scores in either order: boxes have four columns; where scores have as many, boxes are named so, or come first. */
export function boxesAndScores<T extends { readonly dims: readonly number[] }>(
  outputs: readonly T[],
): readonly [T, T] | undefined {
  const [a, b] = outputs;
  if (outputs.length !== 2 || a.dims.length !== 3 || b.dims.length !== 3 || a.dims[1] !== b.dims[1]) return undefined;
  if (a.dims[2] === 4) return [a, b];
  return b.dims[2] === 4 ? [b, a] : undefined;
}

export const scoresAndBoxes: LayoutSpec<ScoresAndBoxesLayout> = {
  classesOf: (_, shapes) => {
    const pair = boxesAndScores(shapes.map((shape) => ({ dims: shape ?? [] })));
    return pair && pair[1].dims[2] > 1 ? pair[1].dims[2] - 1 : undefined;
  },
  read: (_, outputs, context) => {
    const [boxes, scores] = boxesAndScores(outputs) ?? [outputs[0], outputs[1]];
    const [, count, columns] = scores.dims;
    const detections: Detection[] = [];
    for (let i = 0; i < count; i++) {
      const [left, top, right, bottom] = boxes.data.subarray(4 * i, 4 * i + 4);
      const box = [left * context.width, top * context.height, right * context.width, bottom * context.height] as const;
      pushDetections(detections, box, (index) => scores.data[i * columns + 1 + index], context);
    }
    return detections;
  },
  schema: {},
};
