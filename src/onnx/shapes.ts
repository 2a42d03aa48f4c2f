/**
 * What shape an operator's outputs have. All operators that a network may hold are here, those that only a tail or an island
 * runs included: so every value's size is known, and bounded, before anything is computed.
 */
import { integer, integers, text } from "./attributes.ts";
import type { ReadNode } from "./read-onnx.ts";
import { numbersOf, type OnnxTensor } from "./tensors.ts";
import { windowFacts } from "./window-facts.ts";

/** What is known of a value before it is computed. */
export interface ValueInfo {
  /** Undefined where it depends on the picture, as the number of boxes after suppression. */
  readonly shape: readonly number[] | undefined;
  /** Present where it is the same for every picture. */
  readonly constant?: OnnxTensor | undefined;
  /** Why its shape is not known, where something before it does not fit. */
  readonly problem?: Error;
}

export interface ShapeContext {
  readonly node: ReadNode;
  readonly operatorSet: number;
  /** Of each input; undefined where it is left out. */
  readonly inputs: readonly (ValueInfo | undefined)[];
  fail(what: string): never;
}

type Extents = readonly number[];
type Rule = (context: ShapeContext) => readonly (Extents | undefined)[];

/** A list that newer operator sets take as an input, older ones as an attribute; undefined where it is in neither. */
export function listOf(context: ShapeContext, input: number, attribute: string): readonly number[] | undefined {
  const given = context.inputs[input];
  if (!given) return integers(context.node, attribute);
  if (!given.constant) return context.fail(`its ${attribute} depend on the picture`);
  return [...numbersOf(given.constant)];
}

/** An axis counted from the front. */
export function axisOf(axis: number, rank: number, fail: (what: string) => never): number {
  const index = axis < 0 ? axis + rank : axis;
  return Number.isInteger(index) && index >= 0 && index < rank ? index : fail(`axis ${axis} is none of ${rank}`);
}

function shapeOf({ inputs, fail }: ShapeContext, index = 0): Extents {
  return inputs[index]?.shape ?? fail(`the shape of its input ${index + 1} is not known`);
}

function broadcast(shapes: readonly Extents[], fail: (what: string) => never): Extents {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, i) => {
    const extents = shapes.map((shape) => shape[i - rank + shape.length] ?? 1);
    const extent = extents.find((value) => value !== 1) ?? 1;
    if (extents.some((value) => value !== 1 && value !== extent))
      fail(`shapes ${shapes.map((shape) => `[${shape.join(", ")}]`).join(" and ")} do not fit`);
    return extent;
  });
}

const same: Rule = (context) => [context.inputs[0]?.shape];

const elementwise: Rule = ({ inputs, fail }) => {
  const shapes = inputs.filter((input) => input !== undefined).map(({ shape }) => shape);
  return [shapes.some((shape) => !shape) ? undefined : broadcast(shapes as Extents[], fail)];
};

function slide(context: ShapeContext, kernel: Extents): Extents {
  const { node, fail } = context;
  const plane = shapeOf(context).slice(2);
  const { strides, dilations, pads } = windowFacts(node, plane, kernel, fail);
  return plane.map((extent, i) => {
    const room = extent + pads[i] + pads[i + plane.length] - (kernel[i] - 1) * dilations[i] - 1;
    const isCeil = integer(node, "ceil_mode", 0) === 1;
    let count = (isCeil ? Math.ceil(room / strides[i]) : Math.floor(room / strides[i])) + 1;
    // A window that would begin in the padding behind is left out.
    if (isCeil && (count - 1) * strides[i] >= extent + pads[i]) count -= 1;
    return count >= 1 ? count : fail("its input is smaller than its window");
  });
}

const pool: Rule = (context) => {
  const [batch, channels] = shapeOf(context);
  const kernel = integers(context.node, "kernel_shape") ?? context.fail("it has no kernel_shape");
  const shape = [batch, channels, ...slide(context, kernel)];
  return [shape, shape];
};

const conv: Rule = (context) => {
  const weights = shapeOf(context, 1);
  return [[shapeOf(context)[0], weights[0], ...slide(context, weights.slice(2))]];
};

const convTranspose: Rule = (context) => {
  const { node, fail } = context;
  const [input, weights] = [shapeOf(context), shapeOf(context, 1)];
  const plane = input.slice(2);
  const { strides, dilations, pads } = windowFacts(
    { ...node, attributes: { ...node.attributes, auto_pad: "" } },
    plane,
    weights.slice(2),
    fail,
  );
  const given = integers(node, "output_shape");
  const extra = integers(node, "output_padding") ?? plane.map(() => 0);
  const isSame = text(node, "auto_pad", "NOTSET").startsWith("SAME");
  const out =
    given ??
    plane.map((extent, i) =>
      isSame
        ? extent * strides[i]
        : (extent - 1) * strides[i] +
          extra[i] +
          (weights[2 + i] - 1) * dilations[i] +
          1 -
          pads[i] -
          pads[i + plane.length],
    );
  return [[input[0], weights[1] * integer(node, "group", 1), ...out]];
};

const globalPool: Rule = (context) => {
  const [batch, channels, ...plane] = shapeOf(context);
  return [[batch, channels, ...plane.map(() => 1)]];
};

const reduce: Rule = (context) => {
  const { node, fail } = context;
  const shape = shapeOf(context);
  const axes =
    listOf(context, 1, "axes") ?? (integer(node, "noop_with_empty_axes", 0) === 1 ? [] : shape.map((_, i) => i));
  const reduced = new Set(axes.map((axis) => axisOf(axis, shape.length, fail)));
  const keeps = integer(node, "keepdims", 1) === 1;
  return [shape.flatMap((extent, i) => (reduced.has(i) ? (keeps ? [1] : []) : [extent]))];
};

const argReduce: Rule = (context) => {
  const shape = shapeOf(context);
  const axis = axisOf(integer(context.node, "axis", 0), shape.length, context.fail);
  const keeps = integer(context.node, "keepdims", 1) === 1;
  return [shape.flatMap((extent, i) => (i === axis ? (keeps ? [1] : []) : [extent]))];
};

/** Start, end and step along each axis that is cut. */
export function cutsOf(context: ShapeContext): readonly { axis: number; start: number; step: number; count: number }[] {
  const shape = shapeOf(context);
  const starts = listOf(context, 1, "starts") ?? [];
  const ends = listOf(context, 2, "ends") ?? [];
  const axes = listOf(context, 3, "axes") ?? starts.map((_, i) => i);
  const steps = (context.inputs[4] ? listOf(context, 4, "steps") : undefined) ?? starts.map(() => 1);
  return starts.map((from, i) => {
    const axis = axisOf(axes[i], shape.length, context.fail);
    const [extent, step] = [shape[axis], steps[i]];
    if (!step) context.fail("its step is 0");
    const clamp = (value: number, least: number, most: number) =>
      Math.min(most, Math.max(least, value < 0 ? value + extent : value));
    const start = step > 0 ? clamp(from, 0, extent) : clamp(from, 0, extent - 1);
    const end = step > 0 ? clamp(ends[i], 0, extent) : clamp(ends[i], -1, extent - 1);
    return { axis, start, step, count: Math.max(0, Math.ceil((end - start) / step)) };
  });
}

const slice: Rule = (context) => {
  const shape = [...shapeOf(context)];
  for (const { axis, count } of cutsOf(context)) shape[axis] = count;
  return [shape];
};

/** Extents of the parts along the axis. */
export function partsOf(context: ShapeContext): readonly number[] {
  const { node, fail } = context;
  const shape = shapeOf(context);
  const extent = shape[axisOf(integer(node, "axis", 0), shape.length, fail)];
  const count = node.outputs.length;
  const size = Math.ceil(extent / count);
  const parts =
    listOf(context, 1, "split") ?? node.outputs.map((_, i) => (i < count - 1 ? size : extent - size * (count - 1)));
  const isWhole = parts.length === count && parts.reduce((sum, part) => sum + part, 0) === extent;
  return isWhole && parts.every((part) => part >= 0)
    ? parts
    : fail(`its parts ${parts.join(", ")} do not make ${extent}`);
}

const split: Rule = (context) => {
  const shape = shapeOf(context);
  const axis = axisOf(integer(context.node, "axis", 0), shape.length, context.fail);
  return partsOf(context).map((part) => shape.map((extent, i) => (i === axis ? part : extent)));
};

const concat: Rule = (context) => {
  const { node, inputs, fail } = context;
  if (inputs.some((input) => !input?.shape)) return [undefined];
  const shapes = inputs.map((_, i) => shapeOf(context, i));
  const axis = axisOf(integer(node, "axis", 1), shapes[0].length, fail);
  if (
    shapes.some(
      (shape) => shape.length !== shapes[0].length || shape.some((extent, i) => i !== axis && extent !== shapes[0][i]),
    )
  )
    fail(`its inputs ${shapes.map((shape) => `[${shape.join(", ")}]`).join(", ")} do not fit`);
  return [shapes[0].map((extent, i) => (i === axis ? shapes.reduce((sum, shape) => sum + shape[i], 0) : extent))];
};

const reshape: Rule = (context) => {
  const { node, fail } = context;
  const shape = shapeOf(context);
  const wanted = listOf(context, 1, "shape") ?? fail("it has no shape");
  const keepsZeros = integer(node, "allowzero", 0) === 1;
  const known = wanted.map((extent, i) =>
    extent === 0 && !keepsZeros ? (shape[i] ?? fail("its shape has a 0 too far")) : extent,
  );
  const size = sizeOfShape(shape);
  const rest = known.reduce((product, extent) => (extent === -1 ? product : product * extent), 1);
  const result = known.map((extent) => (extent === -1 ? size / rest : extent));
  if (sizeOfShape(result) !== size || result.some((extent) => !Number.isInteger(extent) || extent < 0))
    fail(
      `[${shape.join(", ")}] cannot become [${wanted.join(", ")}]. Where --size was given: this file allows its own size only`,
    );
  return [result];
};

const resize: Rule = (context) => {
  const { node, inputs, operatorSet, fail } = context;
  const shape = shapeOf(context);
  if (text(node, "keep_aspect_ratio_policy", "stretch") !== "stretch")
    fail("it keeps the aspect, which is not supported");
  if (text(node, "coordinate_transformation_mode", "") === "tf_crop_and_resize") fail("it cuts and resizes in one");
  const isOld = node.op === "Upsample" || operatorSet < 11;
  const sizes = !isOld && inputs[3] ? listOf(context, 3, "sizes") : undefined;
  const scales = sizes ? undefined : listOf(context, isOld ? 1 : 2, "scales");
  const axes = integers(node, "axes") ?? shape.map((_, i) => i);
  if ((sizes ?? scales)?.length !== axes.length) fail("it has no scales or sizes that fit");
  const result = [...shape];
  for (const [i, axis] of axes.entries())
    result[axisOf(axis, shape.length, fail)] = sizes ? sizes[i] : Math.floor(shape[axis] * (scales as Extents)[i]);
  return [result];
};

const pad: Rule = (context) => {
  const shape = shapeOf(context);
  const pads = listOf(context, 1, "pads") ?? context.fail("it has no pads");
  const axes = (context.inputs[3] ? listOf(context, 3, "axes") : undefined) ?? shape.map((_, i) => i);
  const result = [...shape];
  for (const [i, axis] of axes.entries())
    result[axisOf(axis, shape.length, context.fail)] += pads[i] + pads[i + axes.length];
  return [result];
};

const matMul: Rule = (context) => {
  const [a, b] = [shapeOf(context), shapeOf(context, 1)];
  const [left, right] = [a.length === 1 ? [1, a[0]] : a, b.length === 1 ? [b[0], 1] : b];
  if (left[left.length - 1] !== right[right.length - 2])
    context.fail(`[${a.join(", ")}] and [${b.join(", ")}] do not fit`);
  const batch = broadcast([left.slice(0, -2), right.slice(0, -2)], context.fail);
  return [[...batch, ...(a.length === 1 ? [] : left.slice(-2, -1)), ...(b.length === 1 ? [] : right.slice(-1))]];
};

const gemm: Rule = (context) => {
  const [a, b] = [shapeOf(context), shapeOf(context, 1)];
  const [rows, inner] = integer(context.node, "transA", 0) ? [a[1], a[0]] : a;
  const [inB, columns] = integer(context.node, "transB", 0) ? [b[1], b[0]] : b;
  if (inner !== inB) context.fail(`[${a.join(", ")}] and [${b.join(", ")}] do not fit`);
  return [[rows, columns]];
};

const transpose: Rule = (context) => {
  const shape = shapeOf(context);
  const perm = integers(context.node, "perm") ?? shape.map((_, i) => shape.length - 1 - i);
  if ([...perm].sort((a, b) => a - b).join() !== shape.map((_, i) => i).join())
    context.fail(`perm ${perm.join(", ")} is none`);
  return [perm.map((axis) => shape[axis])];
};

const squeeze: Rule = (context) => {
  const shape = shapeOf(context);
  const axes = listOf(context, 1, "axes")?.map((axis) => axisOf(axis, shape.length, context.fail));
  return [shape.filter((extent, i) => (axes ? !axes.includes(i) : extent !== 1))];
};

const unsqueeze: Rule = (context) => {
  const shape = shapeOf(context);
  const axes = listOf(context, 1, "axes") ?? context.fail("it has no axes");
  const rank = shape.length + axes.length;
  const added = new Set(axes.map((axis) => axisOf(axis, rank, context.fail)));
  let at = 0;
  return [Array.from({ length: rank }, (_, i) => (added.has(i) ? 1 : shape[at++]))];
};

const gather: Rule = (context) => {
  const [data, indices] = [shapeOf(context), shapeOf(context, 1)];
  const axis = axisOf(integer(context.node, "axis", 0), data.length, context.fail);
  return [[...data.slice(0, axis), ...indices, ...data.slice(axis + 1)]];
};

const flatten: Rule = (context) => {
  const shape = shapeOf(context);
  const given = integer(context.node, "axis", 1);
  const axis = given < 0 ? given + shape.length : given;
  return [[sizeOfShape(shape.slice(0, axis)), sizeOfShape(shape.slice(axis))]];
};

const blocks: Rule = (context) => {
  const [batch, channels, height, width] = shapeOf(context);
  const size = integer(context.node, "blocksize", 1);
  return context.node.op === "DepthToSpace"
    ? [[batch, channels / size ** 2, height * size, width * size]]
    : [[batch, channels * size ** 2, height / size, width / size]];
};

const topK: Rule = (context) => {
  const shape = [...shapeOf(context)];
  const [count] = listOf(context, 1, "k") ?? context.fail("it has no k");
  shape[axisOf(integer(context.node, "axis", -1), shape.length, context.fail)] = count;
  return [shape, shape];
};

const range: Rule = (context) => {
  const [start, limit, delta] = [0, 1, 2].map((i) => listOf(context, i, "start, limit and delta")?.[0] ?? 0);
  return [[Math.max(0, Math.ceil((limit - start) / delta))]];
};

/** The rules by operator; several operators have one where they differ in values only. */
export const shapeRules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ...[
    ..."Relu LeakyRelu PRelu Sigmoid Tanh Softplus Softsign Elu Selu Celu HardSigmoid HardSwish Mish Gelu Swish Clip Erf Exp Log Sqrt".split(
      " ",
    ),
    ..."Neg Abs Floor Ceil Round Reciprocal Sign Sin Cos Not Identity Cast Softmax LogSoftmax BatchNormalization InstanceNormalization".split(
      " ",
    ),
    ..."LayerNormalization GroupNormalization QuantizeLinear DequantizeLinear ScatterND ScatterElements CumSum Trilu LRN ThresholdedRelu".split(
      " ",
    ),
  ].map((op) => [op, same] as const),
  ..."Add Sub Mul Div Pow Max Min Sum Mean Mod Where Equal Less Greater LessOrEqual GreaterOrEqual And Or Xor"
    .split(" ")
    .map((op) => [op, elementwise] as const),
  ..."ReduceMean ReduceSum ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceSumSquare ReduceLogSumExp"
    .split(" ")
    .map((op) => [op, reduce] as const),
  ["Dropout", (context) => [context.inputs[0]?.shape, context.inputs[0]?.shape]],
  ["ArgMax", argReduce],
  ["ArgMin", argReduce],
  ["Conv", conv],
  ["ConvTranspose", convTranspose],
  ["MaxPool", pool],
  ["AveragePool", pool],
  ["GlobalAveragePool", globalPool],
  ["GlobalMaxPool", globalPool],
  ["Slice", slice],
  ["Split", split],
  ["Concat", concat],
  ["Reshape", reshape],
  ["Flatten", flatten],
  ["Transpose", transpose],
  ["Squeeze", squeeze],
  ["Unsqueeze", unsqueeze],
  ["Resize", resize],
  ["Upsample", resize],
  ["Pad", pad],
  ["MatMul", matMul],
  ["Gemm", gemm],
  ["Gather", gather],
  ["GatherElements", (context) => [context.inputs[1]?.shape]],
  ["GatherND", () => [undefined]],
  ["DepthToSpace", blocks],
  ["SpaceToDepth", blocks],
  ["TopK", topK],
  ["Range", range],
  ["Expand", (context) => [broadcast([shapeOf(context), listOf(context, 1, "shape") ?? []], context.fail)]],
  ["Tile", (context) => [shapeOf(context).map((extent, i) => extent * (listOf(context, 1, "repeats")?.[i] ?? 1))]],
  ["ConstantOfShape", (context) => [listOf(context, 0, "shape") ?? []]],
  [
    "Shape",
    (context) => [[shapeOf(context).slice(integer(context.node, "start", 0), integer(context.node, "end", 16)).length]],
  ],
  ["Size", () => [[]]],
  ["Constant", () => [undefined]],
  ["NonMaxSuppression", () => [undefined]],
  ["NonZero", () => [undefined]],
]);

export function sizeOfShape(shape: Extents): number {
  return shape.reduce((product, extent) => product * extent, 1);
}
