/**
 * The losses of YOLOv2 and YOLOv3, per picture: box, objectness and class, written in differentiable arithmetic.
 *
 * Region (darknet's region_layer.c): squared errors of σ(x), σ(y), w, h and of objectness, whose target is the overlap
 * with the object; cross entropy of the softmax. Yolo (yolo_layer.c): cross entropy of x, y, objectness (target 1) and
 * each class. Cells whose box overlaps any object by more than `ignoreOverlap` are not told that they are empty.
 */
import type { AnchorHead } from "../../heads/head.ts";
import {
  add,
  logSoftmax,
  multiply,
  reshape,
  scale,
  sigmoid,
  sliceOf,
  softplus,
  square,
  subtract,
  total,
  transpose,
  transposed,
} from "./arithmetic.ts";
import type { Tape, Value } from "./tape.ts";
import { anchorSizes, type HeadGrid, targetEntries } from "./targets.ts";

export interface LossSettings {
  readonly boxScale: number;
  readonly objectScale: number;
  readonly noObjectScale: number;
  readonly classScale: number;
  readonly ignoreOverlap: number;
  /** `squared` is YOLOv2's, `crossEntropy` YOLOv3's; the latter does not lose its gradient where σ is far off. */
  readonly objectness: "squared" | "crossEntropy";
}

/** Darknet's own settings for the kind of head. */
export function darknetLoss(kind: AnchorHead["kind"]): LossSettings {
  return kind === "region"
    ? { boxScale: 1, objectScale: 5, noObjectScale: 1, classScale: 1, ignoreOverlap: 0.6, objectness: "squared" }
    : { boxScale: 1, objectScale: 1, noObjectScale: 1, classScale: 1, ignoreOverlap: 0.7, objectness: "crossEntropy" };
}

export interface HeadLoss {
  readonly box: Value;
  readonly objectness: Value;
  readonly classes: Value;
}

/**
 * @param raw the head's input [N, anchors·(5 + classes), rows, columns].
 * @param target as `makeTargets` gives it. @param objects likewise [N, M, 4].
 * @returns sums over the batch, divided by N.
 */
export function headLoss(
  tape: Tape,
  grid: HeadGrid,
  raw: Value,
  target: Value,
  objects: Value,
  settings: LossSettings,
): HeadLoss {
  const { head } = grid;
  const [batch, anchors, entries, cells] = target.shape;
  const output = reshape(tape, raw, [batch, anchors, 5 + head.classes, cells]);
  const part = (from: Value, start: number, end: number) => sliceOf(tape, from, 2, start, end);
  const [xy, wh, objectness, classes] = [
    part(output, 0, 2),
    part(output, 2, 4),
    part(output, 4, 5),
    part(output, 5, 5 + head.classes),
  ];
  const [xyTarget, whTarget] = [part(target, 0, 2), part(target, 2, 4)];
  const [assigned, weight, classTarget] = [
    part(target, 4, 5),
    part(target, 5, 6),
    part(target, targetEntries, entries),
  ];
  const isRegion = head.kind === "region";
  const mean = (value: Value, factor: number) => scale(tape, total(tape, value), factor / batch);

  const middle = sigmoid(tape, xy);
  const xyError = isRegion
    ? scale(tape, square(tape, subtract(tape, middle, xyTarget)), 0.5)
    : crossEntropy(tape, xy, xyTarget);
  const whError = scale(tape, square(tape, subtract(tape, wh, whTarget)), 0.5);
  const box = mean(multiply(tape, add(tape, xyError, whError), weight), settings.boxScale);

  // What the network says now, as plain numbers: overlaps are targets, nothing is learned through them.
  const predicted = decode(tape, grid, untracked(middle), tape.emit("Exp", [wh], wh.shape));
  const truth = decode(tape, grid, xyTarget, tape.emit("Exp", [whTarget], whTarget.shape));
  const found = overlapsAny(tape, predicted, objects, settings.ignoreOverlap);
  const one = tape.scalar(1);
  const not = (value: Value) => tape.emit("Sub", [one, value], value.shape);
  const empty = tape.emit("Mul", [not(assigned), not(found)], assigned.shape);
  const wanted = isRegion ? tape.emit("Mul", [overlap(tape, predicted, truth), assigned], assigned.shape) : assigned;
  const objectnessWeight = tape.emit(
    "Add",
    [
      tape.emit("Mul", [assigned, tape.scalar(settings.objectScale)], assigned.shape),
      tape.emit("Mul", [empty, tape.scalar(settings.noObjectScale)], assigned.shape),
    ],
    assigned.shape,
  );
  const objectnessError =
    settings.objectness === "squared"
      ? scale(tape, square(tape, subtract(tape, sigmoid(tape, objectness), wanted)), 0.5)
      : crossEntropy(tape, objectness, wanted);

  return {
    box,
    objectness: mean(multiply(tape, objectnessError, objectnessWeight), 1),
    classes: mean(classError(tape, head, classes, classTarget, assigned), settings.classScale),
  };
}

function classError(tape: Tape, head: AnchorHead, classes: Value, target: Value, assigned: Value): Value {
  if (head.kind === "yolo" || !head.softmax) return multiply(tape, crossEntropy(tape, classes, target), assigned);
  const last = [0, 1, 3, 2];
  const logarithms = logSoftmax(tape, transpose(tape, classes, last));
  return scale(tape, multiply(tape, logarithms, transposed(tape, target, last)), -1);
}

/** Of σ(x) with a target in [0, 1]. */
function crossEntropy(tape: Tape, x: Value, target: Value): Value {
  return subtract(tape, softplus(tape, x), multiply(tape, x, target));
}

function untracked(value: Value): Value {
  return { ...value, isTracked: false };
}

/** Middle and size of boxes, each of one shape, in fractions of the input. */
interface Boxes {
  readonly x: Value;
  readonly y: Value;
  readonly width: Value;
  readonly height: Value;
}

/** @param middle in the cell [N, A, 2, cells]. @param size in anchors [N, A, 2, cells]. */
function decode(tape: Tape, grid: HeadGrid, middle: Value, size: Value): Boxes {
  const { rows, columns, head } = grid;
  const cells = rows * columns;
  const stretch = head.kind === "yolo" ? head.scaleXY : 1;
  const shape = middle.shape.with(2, 1);
  const cell = (of: (index: number) => number) =>
    tape.constant(
      [1, 1, 1, cells],
      Array.from({ length: cells }, (_, i) => of(i)),
    );
  const anchors = anchorSizes(grid);
  const anchor = (axis: 0 | 1) =>
    tape.constant(
      [1, anchors.length, 1, 1],
      anchors.map((pair) => pair[axis]),
    );
  const position = (axis: number, extent: number, start: Value) => {
    const at = sliceOf(tape, middle, 2, axis, axis + 1);
    const within = tape.emit("Mul", [at, tape.scalar(stretch / extent)], shape);
    return tape.emit("Add", [within, start], shape);
  };
  const offset = (stretch - 1) / 2;
  const extent = (axis: 0 | 1) =>
    tape.emit("Mul", [sliceOf(tape, untracked(size), 2, axis, axis + 1), anchor(axis)], shape);
  return {
    x: position(
      0,
      columns,
      cell((i) => ((i % columns) - offset) / columns),
    ),
    y: position(
      1,
      rows,
      cell((i) => (Math.floor(i / columns) - offset) / rows),
    ),
    width: extent(0),
    height: extent(1),
  };
}

/** Intersection over union, box by box. */
function overlap(tape: Tape, a: Boxes, b: Boxes): Value {
  const shape = broadcastShape(a.x.shape, b.x.shape);
  const op = (name: string, x: Value, y: Value) => tape.emit(name, [x, y], broadcastShape(x.shape, y.shape));
  const half = tape.scalar(0.5);
  const side = (middle: Value, size: Value, name: "Add" | "Sub") => op(name, middle, op("Mul", size, half));
  const shared = (middle: "x" | "y", size: "width" | "height") => {
    const end = op("Min", side(a[middle], a[size], "Add"), side(b[middle], b[size], "Add"));
    const start = op("Max", side(a[middle], a[size], "Sub"), side(b[middle], b[size], "Sub"));
    return tape.emit("Relu", [op("Sub", end, start)], shape);
  };
  const intersection = op("Mul", shared("x", "width"), shared("y", "height"));
  const union = op("Sub", op("Add", op("Mul", a.width, a.height), op("Mul", b.width, b.height)), intersection);
  return op("Div", intersection, op("Max", union, tape.scalar(1e-12)));
}

/** 1 where a box overlaps any of the picture's objects by more than `least`, else 0; of the boxes' shape. */
function overlapsAny(tape: Tape, boxes: Boxes, objects: Value, least: number): Value {
  const [batch, anchors, , cells] = boxes.x.shape;
  const count = objects.shape[1];
  const flat = (value: Value) => reshape(tape, value, [batch, anchors * cells, 1]);
  const field = (i: number) => reshape(tape, sliceOf(tape, objects, 2, i, i + 1), [batch, 1, count]);
  const all = overlap(
    tape,
    { x: flat(boxes.x), y: flat(boxes.y), width: flat(boxes.width), height: flat(boxes.height) },
    { x: field(0), y: field(1), width: field(2), height: field(3) },
  );
  const best = tape.emit("ReduceMax", [all], [batch, anchors * cells, 1], { axes: [2], keepdims: 1 });
  const isOver = tape.emit("Greater", [best, tape.scalar(least)], best.shape, {}, "bool");
  return reshape(tape, tape.emit("Cast", [isOver], best.shape, { to: 1 }), boxes.x.shape);
}

function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  if (b.length === 0) return [...a];
  return a.map((extent, i) => Math.max(extent, b[i]));
}
