/** Differentiable arithmetic on values of the tape: what a loss is written in. Shapes broadcast as ONNX's do. */
import { sizeOf } from "../../core/tensor.ts";
import type { Tape, Value } from "./tape.ts";

export function add(tape: Tape, a: Value, b: Value): Value {
  return tape.record(tape.emit("Add", [a, b], broadcast(a.shape, b.shape)), [a, b], (g) => [
    a.isTracked ? unbroadcast(tape, g, a.shape) : undefined,
    b.isTracked ? unbroadcast(tape, g, b.shape) : undefined,
  ]);
}

export function subtract(tape: Tape, a: Value, b: Value): Value {
  return tape.record(tape.emit("Sub", [a, b], broadcast(a.shape, b.shape)), [a, b], (g) => [
    a.isTracked ? unbroadcast(tape, g, a.shape) : undefined,
    b.isTracked ? unbroadcast(tape, tape.emit("Neg", [g], g.shape), b.shape) : undefined,
  ]);
}

export function multiply(tape: Tape, a: Value, b: Value): Value {
  const shape = broadcast(a.shape, b.shape);
  return tape.record(tape.emit("Mul", [a, b], shape), [a, b], (g) => [
    a.isTracked ? unbroadcast(tape, tape.emit("Mul", [g, b], shape), a.shape) : undefined,
    b.isTracked ? unbroadcast(tape, tape.emit("Mul", [g, a], shape), b.shape) : undefined,
  ]);
}

export function scale(tape: Tape, a: Value, factor: number): Value {
  return factor === 1 ? a : multiply(tape, a, tape.scalar(factor));
}

export function square(tape: Tape, a: Value): Value {
  return tape.record(tape.emit("Mul", [a, a], a.shape), [a], (g) => [
    tape.emit("Mul", [tape.emit("Mul", [g, a], a.shape), tape.scalar(2)], a.shape),
  ]);
}

export function sigmoid(tape: Tape, a: Value): Value {
  const y = tape.emit("Sigmoid", [a], a.shape);
  return tape.record(y, [a], (g) => {
    const slope = tape.emit("Mul", [y, tape.emit("Sub", [tape.scalar(1), y], a.shape)], a.shape);
    return [tape.emit("Mul", [g, slope], a.shape)];
  });
}

/** log(1 + eˣ); softplus(x) − t·x is the cross entropy of σ(x) with the target t. */
export function softplus(tape: Tape, a: Value): Value {
  return tape.record(tape.emit("Softplus", [a], a.shape), [a], (g) => [
    tape.emit("Mul", [g, tape.emit("Sigmoid", [a], a.shape)], a.shape),
  ]);
}

/** Logarithm of the softmax along the last axis. */
export function logSoftmax(tape: Tape, a: Value): Value {
  return tape.record(tape.emit("LogSoftmax", [a], a.shape, { axis: -1 }), [a], (g) => {
    const sumShape = [...a.shape.slice(0, -1), 1];
    const sum = tape.emit("ReduceSum", [g, tape.constant([1], [-1], "int64")], sumShape, { keepdims: 1 });
    const shares = tape.emit("Softmax", [a], a.shape, { axis: -1 });
    return [tape.emit("Sub", [g, tape.emit("Mul", [shares, sum], a.shape)], a.shape)];
  });
}

/** Sum of everything, as one number. */
export function total(tape: Tape, a: Value): Value {
  const sum = tape.emit("ReduceSum", [a], [], { keepdims: 0 });
  return tape.record(sum, [a], (g) => [
    tape.emit("Expand", [g, tape.constant([a.shape.length], a.shape, "int64")], a.shape),
  ]);
}

export function reshape(tape: Tape, a: Value, shape: readonly number[]): Value {
  return tape.record(reshaped(tape, a, shape), [a], (g) => [reshaped(tape, g, a.shape)]);
}

export function transpose(tape: Tape, a: Value, order: readonly number[]): Value {
  const back = order.map((_, i) => order.indexOf(i));
  return tape.record(transposed(tape, a, order), [a], (g) => [transposed(tape, g, back)]);
}

/** [start, end) along one axis. */
export function sliceOf(tape: Tape, a: Value, axis: number, start: number, end: number): Value {
  return tape.record(strided(tape, a, [axis], [start], [end], [1]), [a], (g) => {
    const pads = new Array<number>(2 * a.shape.length).fill(0);
    pads[axis] = start;
    pads[a.shape.length + axis] = a.shape[axis] - end;
    return [padded(tape, g, pads)];
  });
}

/** Joined along one axis. */
export function concatenate(tape: Tape, parts: readonly Value[], axis: number): Value {
  const shape = parts[0].shape.with(
    axis,
    parts.reduce((sum, part) => sum + part.shape[axis], 0),
  );
  return tape.record(tape.emit("Concat", parts, shape, { axis }), parts, (g) => {
    let start = 0;
    return parts.map((part) => {
      const end = start + part.shape[axis];
      const gradient = part.isTracked ? strided(tape, g, [axis], [start], [end], [1]) : undefined;
      start = end;
      return gradient;
    });
  });
}

// What follows records nothing: it is for pullbacks and for what has no gradient.

export function reshaped(tape: Tape, a: Value, shape: readonly number[]): Value {
  if (a.shape.join() === shape.join()) return a;
  return tape.emit("Reshape", [a, tape.constant([shape.length], shape, "int64")], shape);
}

export function transposed(tape: Tape, a: Value, order: readonly number[]): Value {
  return tape.emit(
    "Transpose",
    [a],
    order.map((axis) => a.shape[axis]),
    { perm: order },
  );
}

/** Slice with steps; an `end` may lie outside. */
export function strided(
  tape: Tape,
  a: Value,
  axes: readonly number[],
  starts: readonly number[],
  ends: readonly number[],
  steps: readonly number[],
): Value {
  const shape = [...a.shape];
  axes.forEach((axis, i) => {
    shape[axis] = Math.ceil((Math.min(ends[i], a.shape[axis]) - starts[i]) / steps[i]);
  });
  if (shape.join() === a.shape.join()) return a;
  const int64 = (values: readonly number[]) => tape.constant([values.length], values, "int64");
  return tape.emit("Slice", [a, int64(starts), int64(ends), int64(axes), int64(steps)], shape);
}

/** `pads`: before each axis, then after each axis. */
export function padded(tape: Tape, a: Value, pads: readonly number[], value = 0): Value {
  if (pads.every((pad) => pad === 0)) return a;
  const rank = a.shape.length;
  const shape = a.shape.map((extent, axis) => extent + pads[axis] + pads[rank + axis]);
  return tape.emit("Pad", [a, tape.constant([2 * rank], pads, "int64"), tape.scalar(value)], shape);
}

/** Sum over axes, which become 1. */
export function summed(tape: Tape, a: Value, axes: readonly number[]): Value {
  const shape = a.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  return tape.emit("ReduceSum", [a, tape.constant([axes.length], axes, "int64")], shape, { keepdims: 1 });
}

function broadcast(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => Math.max(a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1));
}

/** The gradient of something that was broadcast: summed over where it was repeated. */
function unbroadcast(tape: Tape, gradient: Value, shape: readonly number[]): Value {
  if (gradient.shape.join() === shape.join()) return gradient;
  if (sizeOf(shape) === 1) return reshaped(tape, tape.emit("ReduceSum", [gradient], [], { keepdims: 0 }), shape);
  const lead = gradient.shape.length - shape.length;
  const axes = gradient.shape.flatMap((extent, axis) => (extent !== (shape[axis - lead] ?? 1) ? [axis] : []));
  return reshaped(tape, axes.length > 0 ? summed(tape, gradient, axes) : gradient, shape);
}
