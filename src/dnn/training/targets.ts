/**
 * What a detection head is to learn from a batch of pictures: each object is given to the anchor whose shape is nearest
 * (over all heads) in the cell that holds its middle, as darknet does.
 */
import type { Box } from "../../core/box.ts";
import { type FloatTensor, floatTensor } from "../../core/tensor.ts";
import { type AnchorHead, anchorCount } from "../../heads/head.ts";

/** An object in fractions of the network's input. */
export interface TrainingObject extends Box {
  readonly classIndex: number;
  /** Neither to be found nor to be missed: boxes on it are not told that they are wrong. */
  readonly isIgnored: boolean;
}

/** A head, the grid that it predicts on, and the network's input in pixels. */
export interface HeadGrid {
  readonly name: string;
  readonly head: AnchorHead;
  readonly rows: number;
  readonly columns: number;
  readonly inputWidth: number;
  readonly inputHeight: number;
}

/** Most objects of a picture that are told to the loss. */
export const maxObjects = 32;

/** Entries per anchor and cell before the classes: x, y, w, h, 1 where assigned, weight of the box. */
export const targetEntries = 6;

export interface Targets {
  /** By head name: [N, anchors, 6 + classes, rows·columns]. */
  readonly heads: ReadonlyMap<string, FloatTensor>;
  /** Middle and size of every object in fractions of the input [N, maxObjects, 4]; zeros where there is none. */
  readonly objects: FloatTensor;
}

/** Anchor sizes in fractions of the network's input. */
export function anchorSizes({ head, rows, columns, inputWidth, inputHeight }: HeadGrid): [number, number][] {
  const [unitX, unitY] = head.kind === "region" ? [columns, rows] : [inputWidth, inputHeight];
  return Array.from({ length: anchorCount(head) }, (_, i) => [
    head.anchors[2 * i] / unitX,
    head.anchors[2 * i + 1] / unitY,
  ]);
}

/** @param pictures objects of each picture of the batch. */
export function makeTargets(grids: readonly HeadGrid[], pictures: readonly (readonly TrainingObject[])[]): Targets {
  const heads = new Map(
    grids.map((grid) => {
      const entries = targetEntries + grid.head.classes;
      return [grid.name, floatTensor([pictures.length, anchorCount(grid.head), entries, grid.rows * grid.columns])];
    }),
  );
  const objects = floatTensor([pictures.length, maxObjects, 4]);
  const anchors = grids.flatMap((grid) => anchorSizes(grid).map((size, anchor) => ({ grid, size, anchor })));
  pictures.forEach((picture, n) => {
    picture.slice(0, maxObjects).forEach((object, k) => {
      const size = [object.xMax - object.xMin, object.yMax - object.yMin] as const;
      const middle = [(object.xMin + object.xMax) / 2, (object.yMin + object.yMax) / 2] as const;
      objects.data.set([...middle, ...size], (n * maxObjects + k) * 4);
      if (object.isIgnored) return;
      const nearest = anchors.reduce((best, candidate) =>
        shapeOverlap(candidate.size, size) > shapeOverlap(best.size, size) ? candidate : best,
      );
      const target = heads.get(nearest.grid.name) as FloatTensor;
      assign(target, nearest.grid, n, nearest.anchor, nearest.size, middle, size, object.classIndex);
    });
  });
  return { heads, objects };
}

/** Intersection over union of two boxes with the same middle. */
function shapeOverlap(a: readonly [number, number], b: readonly [number, number]): number {
  const intersection = Math.min(a[0], b[0]) * Math.min(a[1], b[1]);
  return intersection / (a[0] * a[1] + b[0] * b[1] - intersection);
}

/** Writes one object into `target`; a later object of the same cell and anchor takes the place of an earlier one. */
function assign(
  target: FloatTensor,
  { head, rows, columns }: HeadGrid,
  n: number,
  anchor: number,
  anchorSize: readonly [number, number],
  middle: readonly [number, number],
  size: readonly [number, number],
  classIndex: number,
): void {
  const column = Math.min(columns - 1, Math.max(0, Math.floor(middle[0] * columns)));
  const row = Math.min(rows - 1, Math.max(0, Math.floor(middle[1] * rows)));
  const [, anchors, entries, cells] = target.shape;
  const stretch = head.kind === "yolo" ? head.scaleXY : 1;
  const within = (value: number) => Math.min(1, Math.max(0, (value + (stretch - 1) / 2) / stretch));
  const values = [
    within(middle[0] * columns - column),
    within(middle[1] * rows - row),
    Math.log(size[0] / anchorSize[0]),
    Math.log(size[1] / anchorSize[1]),
    1,
    // Darknet's: an error of a pixel weighs more in a small box.
    2 - size[0] * size[1],
    ...Array.from({ length: head.classes }, (_, i) => (i === classIndex ? 1 : 0)),
  ];
  const base = (n * anchors + anchor) * entries * cells + row * columns + column;
  values.forEach((value, entry) => {
    target.data[base + entry * cells] = value;
  });
}
