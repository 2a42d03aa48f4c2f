/** Differentiable layers of a detector, each as forward nodes and a pullback. Values are [N, C, H, W]. */
import type { Activation, OnnxEmitter } from "../../functions/function.ts";
import { emitActivation, emitActivationGradient } from "../../functions/functions.ts";
import { padded, reshaped, strided, summed, transposed } from "./arithmetic.ts";
import type { Tape, Value } from "./tape.ts";

export interface ConvolutionSettings {
  readonly stride: number;
  readonly padding: number;
  readonly groups: number;
}

/** @param weights [outC, inC / groups, k, k]. @param bias [outC]. */
export function convolution(
  tape: Tape,
  x: Value,
  weights: Value,
  bias: Value | undefined,
  settings: ConvolutionSettings,
): Value {
  const { stride, padding, groups } = settings;
  const [batch, , height, width] = x.shape;
  const [outC, , size] = weights.shape;
  const out = (extent: number) => Math.floor((extent + 2 * padding - size) / stride) + 1;
  const attributes = {
    kernel_shape: [size, size],
    strides: [stride, stride],
    pads: [padding, padding, padding, padding],
    group: groups,
  };
  const inputs = bias ? [x, weights, bias] : [x, weights];
  const y = tape.emit("Conv", inputs, [batch, outC, out(height), out(width)], attributes);
  return tape.record(y, inputs, (g) => [
    x.isTracked ? inputGradient(tape, g, weights, x.shape, settings) : undefined,
    weights.isTracked ? weightGradient(tape, g, x, weights.shape, settings) : undefined,
    bias?.isTracked ? reshaped(tape, summed(tape, g, [0, 2, 3]), bias.shape) : undefined,
  ]);
}

/** With stride 1, a convolution of the output's gradient with the turned kernels; else the transposed convolution. */
function inputGradient(
  tape: Tape,
  g: Value,
  weights: Value,
  shape: readonly number[],
  settings: ConvolutionSettings,
): Value {
  const { stride, padding, groups } = settings;
  const size = weights.shape[2];
  if (stride === 1 && groups === 1 && padding < size) {
    const swapped = transposed(tape, weights, [1, 0, 2, 3]);
    const turned =
      size === 1
        ? swapped
        : tape.emit(
            "Slice",
            [
              swapped,
              tape.constant([2], [-1, -1], "int64"),
              tape.constant([2], [-size - 1, -size - 1], "int64"),
              tape.constant([2], [2, 3], "int64"),
              tape.constant([2], [-1, -1], "int64"),
            ],
            swapped.shape,
          );
    const pad = size - 1 - padding;
    return tape.emit("Conv", [g, turned], shape, { kernel_shape: [size, size], pads: [pad, pad, pad, pad] });
  }
  const missing = (axis: number) => (shape[axis] + 2 * padding - size) % stride;
  return tape.emit("ConvTranspose", [g, weights], shape, {
    kernel_shape: [size, size],
    strides: [stride, stride],
    pads: [padding, padding, padding, padding],
    output_padding: [missing(2), missing(3)],
    group: groups,
  });
}

/** Input channels from which on a matrix product for each tap is as fast as one for all, and saves stacking them. */
const wideChannels = 16;

/** Shifted slices of the input, one for each tap of the kernel, and a matrix product with each; few channels are stacked first. */
function weightGradient(
  tape: Tape,
  g: Value,
  x: Value,
  shape: readonly number[],
  settings: ConvolutionSettings,
): Value {
  const { stride, padding, groups } = settings;
  const [outC, groupC, size] = shape;
  const [batch, , outH, outW] = g.shape;
  const count = batch * outH * outW;
  const channelsFirst = padded(tape, transposed(tape, x, [1, 0, 2, 3]), [
    0,
    0,
    padding,
    padding,
    0,
    0,
    padding,
    padding,
  ]);
  const taps: Value[] = [];
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const ends = [row + stride * (outH - 1) + 1, column + stride * (outW - 1) + 1];
      const tap = strided(tape, channelsFirst, [2, 3], [row, column], ends, [stride, stride]);
      taps.push(reshaped(tape, tap, [groups * groupC, 1, count]));
    }
  }
  const columns = size * size;
  const left = transposed(tape, g, [1, 0, 2, 3]);
  const rowsTimes = (right: Value, width: number) =>
    tape.emit("Gemm", [reshaped(tape, left, [outC, count]), right], [outC, width], { transB: 1 });
  if (groups === 1 && groupC >= wideChannels) {
    const products = taps.map((tap) => rowsTimes(reshaped(tape, tap, [groupC, count]), groupC));
    const apart = products.map((product) => reshaped(tape, product, [outC, groupC, 1]));
    return reshaped(tape, tape.emit("Concat", apart, [outC, groupC, columns], { axis: 2 }), shape);
  }
  const stacked = columns === 1 ? taps[0] : tape.emit("Concat", taps, [groups * groupC, columns, count], { axis: 1 });
  if (groups === 1) {
    const product = rowsTimes(reshaped(tape, stacked, [groupC * columns, count]), groupC * columns);
    return reshaped(tape, product, shape);
  }
  const rows = reshaped(tape, left, [groups, outC / groups, count]);
  const turned = transposed(tape, reshaped(tape, stacked, [groups, groupC * columns, count]), [0, 2, 1]);
  return reshaped(tape, tape.emit("MatMul", [rows, turned], [groups, outC / groups, groupC * columns]), shape);
}

export interface BatchStatistics {
  /** Mean and (population) variance of this batch [C]. */
  readonly mean: Value;
  readonly variance: Value;
}

/**
 * Batch normalization by the batch's own statistics: scale·(x − mean)/√(variance + ε) + bias. The caller keeps running
 * averages of what comes back beside the output.
 */
export function batchNormalization(
  tape: Tape,
  x: Value,
  scale: Value,
  bias: Value,
  epsilon: number,
): BatchStatistics & { readonly output: Value } {
  const [batch, channels, height, width] = x.shape;
  const part = tape.scalar(1 / (batch * height * width));
  // With no momentum the operator's new running averages are the batch's own statistics. It writes them over the old
  // ones, which therefore must be nobody else's: neither a constant nor an input.
  const attributes = { epsilon: { float: epsilon }, momentum: { float: 0 }, training_mode: 1 };
  const anything = [scale, bias].map((value) => tape.emit("Mul", [value, tape.scalar(0)], [channels]));
  const outputs = [x.shape, [channels], [channels]];
  const [y, mean, variance] = tape.emitMany("BatchNormalization", [x, scale, bias, ...anything], outputs, attributes);
  const output = tape.record(y, [x, scale, bias], (g) => {
    const op = (name: string, a: Value, b: Value) => tape.emit(name, [a, b], [channels]);
    const sumOf = (value: Value) => reshaped(tape, summed(tape, value, [0, 2, 3]), [channels]);
    const varianceAbove = op("Add", variance, tape.scalar(epsilon));
    const deviation = tape.emit("Sqrt", [varianceAbove], [channels]);
    const sum = sumOf(g);
    // Σ g·(x − mean)
    const correlation = op("Sub", sumOf(tape.emit("Mul", [g, x], x.shape)), op("Mul", sum, mean));
    const scaleGradient = op("Div", correlation, deviation);
    if (!x.isTracked) return [undefined, scaleGradient, sum];
    // dx = factor·(g − Σg/M − (x − mean)·slope), slope = Σ g·(x − mean)/(M·deviation²): that is one number a channel times
    // g, one times x, and one more.
    const factor = op("Div", scale, deviation);
    const slope = op("Div", op("Mul", correlation, part), varianceAbove);
    const level = op("Sub", op("Mul", mean, slope), op("Mul", sum, part));
    const moved = scaledAndShifted(tape, g, factor, op("Mul", factor, level));
    const bent = tape.emit("Mul", [x, reshaped(tape, op("Mul", factor, slope), [1, channels, 1, 1])], x.shape);
    return [tape.emit("Sub", [moved, bent], x.shape), scaleGradient, sum];
  });
  return { output, mean, variance };
}

/** factor·x + shift, by channel: the operator does it in one pass over memory. */
function scaledAndShifted(tape: Tape, x: Value, factor: Value, shift: Value): Value {
  const all = (value: number) => tape.constant(factor.shape, new Array(factor.shape[0]).fill(value));
  return tape.emit("BatchNormalization", [x, factor, shift, all(0), all(1)], x.shape, { epsilon: { float: 0 } });
}

/** f(x), elementwise. */
export function activate(tape: Tape, x: Value, activation: Activation): Value {
  const onnx: OnnxEmitter<Value> = {
    op: (op, inputs, attributes = {}, dtype = "float32") => tape.emit(op, inputs, x.shape, attributes, dtype),
    scalar: (value) => tape.scalar(value),
  };
  const y = emitActivation(activation, x, onnx);
  if (y === x) return x;
  return tape.record(y, [x], (gradient) => [emitActivationGradient(activation, { x, y, gradient }, onnx)]);
}

export interface PoolSettings {
  readonly size: number;
  readonly stride: number;
  /** Cells in all on each axis, ⌊padding / 2⌋ of them before (darknet's rule). */
  readonly padding: number;
}

/** The gradient goes to the cell that was greatest, in equal parts where several were. */
export function maxPool(tape: Tape, x: Value, settings: PoolSettings): Value {
  const { size, stride, padding } = settings;
  const [batch, channels, height, width] = x.shape;
  const before = Math.floor(padding / 2);
  const after = padding - before;
  const out = (extent: number) => Math.floor((extent + padding - size) / stride) + 1;
  const shape = [batch, channels, out(height), out(width)];
  const y = tape.emit("MaxPool", [x], shape, {
    kernel_shape: [size, size],
    strides: [stride, stride],
    pads: [before, before, after, after],
  });
  const isTiling = size === stride && before === 0 && height === shape[2] * stride && width === shape[3] * stride;
  return tape.record(y, [x], (g) => [
    isTiling ? tiledPoolGradient(tape, x, y, g, size) : overlappingPoolGradient(tape, x, y, g, settings),
  ]);
}

/** Windows that tile the plane: output and gradient are enlarged and compared with the input, cell by cell. */
function tiledPoolGradient(tape: Tape, x: Value, y: Value, g: Value, size: number): Value {
  const isGreatest = tape.emit("Equal", [x, enlarged(tape, y, size)], x.shape, {}, "bool");
  const mask = tape.emit("Cast", [isGreatest], x.shape, { to: 1 });
  const windows = { kernel_shape: [size, size], strides: [size, size] };
  const part = tape.emit("AveragePool", [mask], y.shape, windows);
  const share = tape.emit("Div", [g, tape.emit("Mul", [part, tape.scalar(size * size)], y.shape)], y.shape);
  return tape.emit("Mul", [mask, enlarged(tape, share, size)], x.shape);
}

/** Any windows: cell [row, column] of every window is a strided slice; what each receives is put back in its place. */
function overlappingPoolGradient(
  tape: Tape,
  x: Value,
  y: Value,
  g: Value,
  { size, stride, padding }: PoolSettings,
): Value {
  const { shape } = y;
  const before = Math.floor(padding / 2);
  const after = padding - before;
  const cells = padded(tape, x, [0, 0, before, before, 0, 0, after, after], -3.4e38);
  const masks: Value[] = [];
  const places: (readonly [number, number])[] = [];
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const ends = [row + stride * (shape[2] - 1) + 1, column + stride * (shape[3] - 1) + 1];
      const cell = strided(tape, cells, [2, 3], [row, column], ends, [stride, stride]);
      masks.push(tape.emit("Cast", [tape.emit("Equal", [cell, y], shape, {}, "bool")], shape, { to: 1 }));
      places.push([row, column]);
    }
  }
  const share = tape.emit("Div", [g, tape.emit("Sum", masks, shape)], shape);
  const spread = masks.map((mask, i) =>
    placed(tape, tape.emit("Mul", [share, mask], shape), places[i], stride, cells.shape),
  );
  const sum = tape.emit("Sum", spread, cells.shape);
  const [, , height, width] = x.shape;
  return strided(tape, sum, [2, 3], [before, before], [before + height, before + width], [1, 1]);
}

/** `part` at every `stride`-th cell from `place` on, zeros elsewhere. */
function placed(
  tape: Tape,
  part: Value,
  place: readonly [number, number],
  stride: number,
  shape: readonly number[],
): Value {
  const [batch, channels, rows, columns] = part.shape;
  let spread = part;
  if (stride > 1) {
    const apart = reshaped(tape, part, [batch, channels, rows, 1, columns, 1]);
    const zeros = padded(tape, apart, [0, 0, 0, 0, 0, 0, 0, 0, 0, stride - 1, 0, stride - 1]);
    const wide = reshaped(tape, zeros, [batch, channels, rows * stride, columns * stride]);
    spread = strided(tape, wide, [2, 3], [0, 0], [(rows - 1) * stride + 1, (columns - 1) * stride + 1], [1, 1]);
  }
  const pads = [0, 0, ...place, 0, 0, ...place.map((start, i) => shape[2 + i] - start - spread.shape[2 + i])];
  return padded(tape, spread, pads);
}

/** Nearest-neighbour enlargement. */
export function upsample(tape: Tape, x: Value, factor: number): Value {
  const [batch, channels, height, width] = x.shape;
  return tape.record(enlarged(tape, x, factor), [x], (g) => {
    const blocks = reshaped(tape, g, [batch, channels, height, factor, width, factor]);
    return [reshaped(tape, summed(tape, blocks, [3, 5]), x.shape)];
  });
}

function enlarged(tape: Tape, x: Value, factor: number): Value {
  const [batch, channels, height, width] = x.shape;
  const scales = tape.constant([4], [1, 1, factor, factor]);
  const attributes = { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" };
  return tape.emit("Resize", [x, undefined, scales], [batch, channels, height * factor, width * factor], attributes);
}
