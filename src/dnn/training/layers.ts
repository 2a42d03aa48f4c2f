/** Differentiable layers of a detector, each as forward nodes and a pullback. Values are [N, C, H, W]. */
import type { Activation, OnnxEmitter } from "../../functions/function.ts";
import { emitActivation, emitActivationGradient } from "../../functions/functions.ts";
import { type Pads, type Pair, type Window, windowCounts, windowExtent } from "../../graph/windows.ts";
import { multiply, padded, reshaped, strided, summed, transposed } from "./arithmetic.ts";
import type { Tape, Value } from "./tape.ts";

export interface ConvolutionSettings extends Omit<Window, "size"> {
  readonly groups: number;
}

/** @param weights [outC, inC / groups, kH, kW]. @param bias [outC]. */
export function convolution(
  tape: Tape,
  x: Value,
  weights: Value,
  bias: Value | undefined,
  settings: ConvolutionSettings,
): Value {
  const [batch, , height, width] = x.shape;
  const window = windowWith(weights, settings);
  const { size, strides, dilations, pads } = window;
  const attributes = { kernel_shape: size, strides, dilations, pads, group: settings.groups };
  const inputs = bias ? [x, weights, bias] : [x, weights];
  const shape = [batch, weights.shape[0], ...windowCounts(window, [height, width])];
  const y = tape.emit("Conv", inputs, shape, attributes);
  return tape.record(y, inputs, (g) => [
    x.isTracked ? inputGradient(tape, g, weights, x.shape, settings) : undefined,
    weights.isTracked ? weightGradient(tape, g, x, weights.shape, settings) : undefined,
    bias?.isTracked ? reshaped(tape, summed(tape, g, [0, 2, 3]), bias.shape) : undefined,
  ]);
}

function windowWith(weights: Value, { strides, dilations, pads }: ConvolutionSettings): Window {
  return { size: [weights.shape[2], weights.shape[3]], strides, dilations, pads };
}

/** With stride 1, a convolution of the output's gradient with the turned kernels; else the transposed convolution. */
function inputGradient(
  tape: Tape,
  g: Value,
  weights: Value,
  shape: readonly number[],
  settings: ConvolutionSettings,
): Value {
  const window = windowWith(weights, settings);
  const { size, strides, dilations, pads } = window;
  const { groups } = settings;
  const extent = windowExtent(window);
  // Beyond the gradient's edges lie as many zeros as the kernel reached into the plane from outside.
  const outside = pads.map((pad, side) => extent[side % 2] - 1 - pad);
  if (strides.every((stride) => stride === 1) && groups === 1 && outside.every((pad) => pad >= 0)) {
    const swapped = transposed(tape, weights, [1, 0, 2, 3]);
    const turned =
      size[0] === 1 && size[1] === 1
        ? swapped
        : tape.emit(
            "Slice",
            [
              swapped,
              tape.constant([2], [-1, -1], "int64"),
              tape.constant([2], [-size[0] - 1, -size[1] - 1], "int64"),
              tape.constant([2], [2, 3], "int64"),
              tape.constant([2], [-1, -1], "int64"),
            ],
            swapped.shape,
          );
    return tape.emit("Conv", [g, turned], shape, { kernel_shape: size, dilations, pads: outside });
  }
  const missing = (axis: 0 | 1) => (shape[axis + 2] + pads[axis] + pads[axis + 2] - extent[axis]) % strides[axis];
  const output_padding = [missing(0), missing(1)];
  const attributes = { kernel_shape: size, strides, dilations, pads, output_padding, group: groups };
  return tape.emit("ConvTranspose", [g, weights], shape, attributes);
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
  const { strides, dilations, pads, groups } = settings;
  const [outC, groupC, kH, kW] = shape;
  const [batch, , outH, outW] = g.shape;
  const count = batch * outH * outW;
  const channelsFirst = padded(tape, transposed(tape, x, [1, 0, 2, 3]), aroundPlane(pads));
  const taps: Value[] = [];
  for (let row = 0; row < kH; row++) {
    for (let column = 0; column < kW; column++) {
      const starts = [row * dilations[0], column * dilations[1]];
      const ends = [starts[0] + strides[0] * (outH - 1) + 1, starts[1] + strides[1] * (outW - 1) + 1];
      const tap = strided(tape, channelsFirst, [2, 3], starts, ends, strides);
      taps.push(reshaped(tape, tap, [groups * groupC, 1, count]));
    }
  }
  const columns = kH * kW;
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

/** Pads of a plane as pads of [N, C, H, W], begins before ends. */
function aroundPlane([top, left, bottom, right]: Pads): readonly number[] {
  return [0, 0, top, left, 0, 0, bottom, right];
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
  readonly size: Pair;
  readonly strides: Pair;
  readonly pads: Pads;
}

/** The gradient goes to the cell that was greatest, in equal parts where several were. */
export function maxPool(tape: Tape, x: Value, settings: PoolSettings): Value {
  const { size, strides, pads } = settings;
  const [batch, channels, height, width] = x.shape;
  const counts = windowCounts({ ...settings, dilations: [1, 1] }, [height, width]);
  const y = tape.emit("MaxPool", [x], [batch, channels, ...counts], { kernel_shape: size, strides, pads });
  const isTiling =
    size[0] === size[1] &&
    [0, 1].every((axis) => size[axis] === strides[axis] && pads[axis] === 0) &&
    height === counts[0] * size[0] &&
    width === counts[1] * size[1];
  return tape.record(y, [x], (g) => [
    isTiling ? tiledPoolGradient(tape, x, y, g, size[0]) : overlappingPoolGradient(tape, x, y, g, settings),
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
  { size, strides, pads }: PoolSettings,
): Value {
  const { shape } = y;
  const cells = padded(tape, x, aroundPlane(pads), -3.4e38);
  const masks: Value[] = [];
  const places: (readonly [number, number])[] = [];
  for (let row = 0; row < size[0]; row++) {
    for (let column = 0; column < size[1]; column++) {
      const ends = [row + strides[0] * (shape[2] - 1) + 1, column + strides[1] * (shape[3] - 1) + 1];
      const cell = strided(tape, cells, [2, 3], [row, column], ends, strides);
      masks.push(tape.emit("Cast", [tape.emit("Equal", [cell, y], shape, {}, "bool")], shape, { to: 1 }));
      places.push([row, column]);
    }
  }
  const share = tape.emit("Div", [g, tape.emit("Sum", masks, shape)], shape);
  const spread = masks.map((mask, i) =>
    placed(tape, tape.emit("Mul", [share, mask], shape), places[i], strides, cells.shape),
  );
  const sum = tape.emit("Sum", spread, cells.shape);
  const [, , height, width] = x.shape;
  return strided(tape, sum, [2, 3], [pads[0], pads[1]], [pads[0] + height, pads[1] + width], [1, 1]);
}

/** `part` at every `strides`-th cell from `place` on, zeros elsewhere. */
function placed(
  tape: Tape,
  part: Value,
  place: readonly [number, number],
  [strideY, strideX]: Pair,
  shape: readonly number[],
): Value {
  const [batch, channels, rows, columns] = part.shape;
  let spread = part;
  if (strideY > 1 || strideX > 1) {
    const apart = reshaped(tape, part, [batch, channels, rows, 1, columns, 1]);
    const zeros = padded(tape, apart, [0, 0, 0, 0, 0, 0, 0, 0, 0, strideY - 1, 0, strideX - 1]);
    const wide = reshaped(tape, zeros, [batch, channels, rows * strideY, columns * strideX]);
    spread = strided(tape, wide, [2, 3], [0, 0], [(rows - 1) * strideY + 1, (columns - 1) * strideX + 1], [1, 1]);
  }
  const pads = [0, 0, ...place, 0, 0, ...place.map((start, i) => shape[2 + i] - start - spread.shape[2 + i])];
  return padded(tape, spread, pads);
}

/** Each cell's part of the mean goes back to it: a convolution with equal weights, and where pads do not count, more near the edges. */
export function averagePool(tape: Tape, x: Value, settings: PoolSettings & { readonly countsPads: boolean }): Value {
  const { size, strides, pads, countsPads } = settings;
  const channels = x.shape[1];
  const area = size[0] * size[1];
  const weights = tape.constant([channels, 1, ...size], new Array(channels * area).fill(1 / area));
  const window = { strides, dilations: [1, 1], pads, groups: channels } as const;
  const mean = convolution(tape, x, weights, undefined, window);
  if (countsPads || pads.every((pad) => pad === 0)) return mean;
  const [, , height, width] = mean.shape;
  const share = (axis: 0 | 1, at: number) => {
    const first = at * strides[axis] - pads[axis];
    return size[axis] / (Math.min(x.shape[2 + axis], first + size[axis]) - Math.max(0, first));
  };
  const shares = Array.from(
    { length: height * width },
    (_, i) => share(0, Math.floor(i / width)) * share(1, i % width),
  );
  return multiply(tape, mean, tape.constant([1, 1, height, width], shares));
}

/** Nearest-neighbour enlargement. */
export function upsample(tape: Tape, x: Value, factor: number): Value {
  const [batch, channels, height, width] = x.shape;
  return tape.record(enlarged(tape, x, factor), [x], (g) => {
    const blocks = reshaped(tape, g, [batch, channels, height, factor, width, factor]);
    return [reshaped(tape, summed(tape, blocks, [3, 5]), x.shape)];
  });
}

/** Zeros between values: each becomes the first of factor² cells. */
export function insertZeros(tape: Tape, x: Value, factor: number): Value {
  const [batch, channels, height, width] = x.shape;
  const cells = reshaped(tape, x, [batch, channels, height, 1, width, 1]);
  const squares = padded(tape, cells, [0, 0, 0, 0, 0, 0, 0, 0, 0, factor - 1, 0, factor - 1]);
  const [rows, columns] = [height * factor, width * factor];
  const spread = reshaped(tape, squares, [batch, channels, rows, columns]);
  return tape.record(spread, [x], (g) => [strided(tape, g, [2, 3], [0, 0], [rows, columns], [factor, factor])]);
}

function enlarged(tape: Tape, x: Value, factor: number): Value {
  const [batch, channels, height, width] = x.shape;
  const scales = tape.constant([4], [1, 1, factor, factor]);
  const attributes = { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" };
  return tape.emit("Resize", [x, undefined, scales], [batch, channels, height * factor, width * factor], attributes);
}
