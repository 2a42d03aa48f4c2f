/** Pools, padding and resizing. */
import { floatTensor } from "../../../core/tensor.ts";
import type { Pads, Pair } from "../../../graph/windows.ts";
import { float, integer, integers, text } from "../../../onnx/attributes.ts";
import { axisOf, listOf, type ShapeContext } from "../../../onnx/shapes.ts";
import { numbersOf } from "../../../onnx/tensors.ts";
import { windowFacts } from "../../../onnx/window-facts.ts";
import { unitConvolution } from "../builder.ts";
import { constantAt, type Operator, type OperatorContext, refuse, signalAt } from "../operator.ts";
import type { Signal } from "../signals.ts";

export const MaxPool: Operator = (context) => {
  if (context.node.outputs[1]) refuse("it gives the places of its maxima");
  const { size, strides, pads } = poolWindow(context);
  return eachPlane(context, (name) => ({ kind: "maxPool", inputs: [name], size, strides, pads }));
};

export const AveragePool: Operator = (context) => {
  const { size, strides, pads, isBeyond } = poolWindow(context);
  const countsPads = integer(context.node, "count_include_pad", 0) === 1;
  if (isBeyond && countsPads) refuse("its last windows reach beyond its padding, which it counts");
  return eachPlane(context, (name) => ({ kind: "averagePool", inputs: [name], size, strides, pads, countsPads }));
};

export const GlobalAveragePool: Operator = (context) => [average(context)];

export const ReduceMean: Operator = (context) => {
  const rank = context.infos[0]?.shape?.length ?? 0;
  const axes = listOf(shapeContext(context), 1, "axes")?.map((axis) => axisOf(axis, rank, refuse)) ?? [];
  if (rank !== 4 || [...axes].sort().join() !== "2,3") refuse("it takes means of other axes than height and width");
  return [average(context)];
};

/** Zeros around the planes: a convolution of one cell that copies, with pads. */
export const Pad: Operator = (context) => {
  const { node, builder, wanted } = context;
  const pads = listOf(shapeContext(context), 1, "pads") ?? refuse("it has no pads");
  const axes = context.infos[3] ? numbersOf(constantAt(context, 3)) : undefined;
  if (axes) refuse("it names its axes");
  if (pads.every((pad) => pad === 0)) return [signalAt(context)];
  const value = context.infos[2] ? numbersOf(constantAt(context, 2))[0] : float(node, "value", 0);
  if (text(node, "mode", "constant") !== "constant" || value !== 0) refuse("it pads with other values than zero");
  if (pads.length !== 8 || [0, 1, 4, 5].some((i) => pads[i] !== 0) || pads.some((pad) => pad < 0 || pad > 1024))
    refuse("it pads other axes than height and width, or cuts");
  const signal = signalAt(context);
  const channels = signal.planes.length;
  const weights = floatTensor([channels, 1, 1, 1], new Float32Array(channels).fill(1));
  const window = { weights, pads: [pads[2], pads[3], pads[6], pads[7]] as const };
  return [builder.eachChannel(signal, wanted, ({ name }) => ({ ...unitConvolution(name, channels), ...window }))];
};

/** Enlargement by a whole factor to the nearest cell, however a file says so. */
export const Resize: Operator = (context) => {
  const { node, operatorSet, shapes } = context;
  const signal = signalAt(context);
  const [, channels, height, width] = shapes[0];
  if (channels !== signal.planes.length) refuse("it resizes channels");
  const [factorY, factorX] = [height / signal.height, width / signal.width];
  if (factorY === 1 && factorX === 1) return [signal];
  const mode = text(node, "mode", "nearest");
  if (mode !== "nearest") refuse(`it resizes ${mode.slice(0, 20)}`);
  if (factorY !== factorX || !Number.isInteger(factorX) || factorX > 64)
    refuse(`its factors are ${factorY} and ${factorX}`);
  const isOld = node.op === "Upsample" || operatorSet < 11;
  const place = isOld ? "asymmetric" : text(node, "coordinate_transformation_mode", "half_pixel");
  const rounding = isOld ? "floor" : text(node, "nearest_mode", "round_prefer_floor");
  if (!isNearest(place, rounding, factorX, signal.width) || !isNearest(place, rounding, factorX, signal.height))
    refuse(`it takes cells by ${place.slice(0, 40)} and ${rounding.slice(0, 40)}, which are not the nearest`);
  return eachPlane(context, (name) => ({ kind: "upsample", inputs: [name], factor: factorX }));
};

/** Whether output cell i is input cell ⌊i / factor⌋ everywhere. */
function isNearest(place: string, rounding: string, factor: number, extent: number): boolean {
  const places: Readonly<Record<string, (i: number) => number>> = {
    asymmetric: (i) => i / factor,
    half_pixel: (i) => (i + 0.5) / factor - 0.5,
    pytorch_half_pixel: (i) => (extent * factor > 1 ? (i + 0.5) / factor - 0.5 : 0),
    tf_half_pixel_for_nn: (i) => (i + 0.5) / factor,
    align_corners: (i) => (extent * factor > 1 ? (i * (extent - 1)) / (extent * factor - 1) : 0),
  };
  const roundings: Readonly<Record<string, (at: number) => number>> = {
    floor: Math.floor,
    ceil: Math.ceil,
    round_prefer_floor: (at) => Math.ceil(at - 0.5),
    round_prefer_ceil: (at) => Math.floor(at + 0.5),
  };
  if (!Object.hasOwn(places, place) || !Object.hasOwn(roundings, rounding)) return false;
  const cell = (i: number) => Math.min(extent - 1, Math.max(0, roundings[rounding](places[place](i))));
  for (let i = 0; i < extent * factor; i++) if (cell(i) !== Math.floor(i / factor)) return false;
  return true;
}

function average({ builder, wanted, ...context }: OperatorContext): Signal {
  const signal = signalAt({ builder, wanted, ...context });
  const size = [signal.height, signal.width] as const;
  const window = { size, strides: [1, 1], pads: [0, 0, 0, 0], countsPads: false } as const;
  return builder.eachChannel(signal, wanted, ({ name }) => ({ kind: "averagePool", inputs: [name], ...window }));
}

function eachPlane(
  context: OperatorContext,
  layerOf: (name: string) => Parameters<OperatorContext["builder"]["add"]>[1],
) {
  return [context.builder.eachChannel(signalAt(context), context.wanted, ({ name }) => layerOf(name))];
}

/** The window, with as much padding behind as windows that are rounded up reach beyond the edge. */
function poolWindow(context: OperatorContext): { size: Pair; strides: Pair; pads: Pads; isBeyond: boolean } {
  const { node, shapes } = context;
  const signal = signalAt(context);
  const plane = [signal.height, signal.width];
  const { kernel, strides, dilations, pads } = windowFacts(node, plane, integers(node, "kernel_shape") ?? [], refuse);
  if (dilations.some((dilation) => dilation !== 1)) refuse("its windows are dilated");
  const behind = [0, 1].map((axis) => {
    const reach = (shapes[0][2 + axis] - 1) * strides[axis] + kernel[axis];
    return Math.max(pads[2 + axis], reach - plane[axis] - pads[axis]);
  });
  const isBeyond = behind.some((pad, axis) => pad > pads[2 + axis]);
  return {
    size: [kernel[0], kernel[1]],
    strides: [strides[0], strides[1]],
    pads: [pads[0], pads[1], behind[0], behind[1]],
    isBeyond,
  };
}

function shapeContext({ node, operatorSet, infos }: OperatorContext): ShapeContext {
  return { node, operatorSet, inputs: infos, fail: refuse };
}
