/** Operators that only say which channels stand where: they cost nothing. */

import { integer } from "../../../onnx/attributes.ts";
import { axisOf, cutsOf, partsOf, type ShapeContext } from "../../../onnx/shapes.ts";
import { elementTypes, numbersOf } from "../../../onnx/tensors.ts";
import { constantAt, type Operator, type OperatorContext, refuse, signalAt } from "../operator.ts";
import { joinPlanes, maxPlanes, pickPlanes } from "../signals.ts";

export const Identity: Operator = (context) => [signalAt(context)];

/** Between types of fractions only: a cast to whole numbers rounds. */
export const Cast: Operator = (context) => {
  const to = integer(context.node, "to", 0);
  const isFraction = (["float32", "float16", "bfloat16", "float64"] as const).some(
    (dtype) => elementTypes[dtype].code === to,
  );
  return isFraction ? [signalAt(context)] : refuse("it makes whole numbers of values");
};

export const Concat: Operator = (context) => {
  const signals = context.signals.map((_, i) => signalAt(context, i));
  const [{ height, width }] = signals;
  expectChannels(context, integer(context.node, "axis", 1));
  if (signals.some((signal) => signal.height !== height || signal.width !== width)) refuse("its planes differ in size");
  const planes = signals.reduce((sum, signal) => sum + signal.planes.length, 0);
  if (planes > maxPlanes) refuse(`it joins ${planes} channels; at most ${maxPlanes} are supported`);
  return [joinPlanes(signals) ?? refuse("it joins the picture with what was made of it")];
};

export const Split: Operator = (context) => {
  expectChannels(context, integer(context.node, "axis", 0));
  let start = 0;
  return partsOf(shapeContext(context)).map((count) => {
    const part = range(start, count);
    start += count;
    return pickPlanes(signalAt(context), part);
  });
};

export const Slice: Operator = (context) => {
  const shape = context.infos[0]?.shape ?? [];
  let signal = signalAt(context);
  for (const { axis, start, step, count } of cutsOf(shapeContext(context))) {
    if (start === 0 && step === 1 && count === shape[axis]) continue;
    if (axis !== 1) refuse("it cuts planes");
    signal = pickPlanes(signal, range(start, count, step));
  }
  return [signal];
};

export const Gather: Operator = (context) => {
  expectChannels(context, integer(context.node, "axis", 0));
  const indices = constantAt(context, 1);
  const channels = signalAt(context).planes.length;
  if (indices.shape.length !== 1) refuse("it takes away or adds an axis");
  if (indices.shape[0] > maxPlanes) refuse(`it asks for ${indices.shape[0]} channels`);
  const places = Array.from(numbersOf(indices), (index) => (index < 0 ? index + channels : index));
  if (places.some((place) => !(place >= 0 && place < channels))) refuse("it asks for channels that are not there");
  return [pickPlanes(signalAt(context), places)];
};

/** Another shape for what stays a list of planes, or of single values. */
export const Reshape: Operator = (context) => {
  const signal = signalAt(context);
  const [batch, channels, ...plane] = context.shapes[0];
  const isPlanes = plane.length === 2 && plane[0] === signal.height && plane[1] === signal.width;
  const isValues = signal.height === 1 && signal.width === 1 && plane.every((extent) => extent === 1);
  if (batch !== 1 || channels !== signal.planes.length || !(isPlanes || isValues)) refuse("it makes other planes");
  return [signal];
};

function expectChannels({ infos }: OperatorContext, axis: number): void {
  const rank = infos[0]?.shape?.length ?? 0;
  if (axisOf(axis, rank, refuse) !== 1) refuse("it works along another axis than channels");
}

function range(start: number, count: number, step = 1): readonly number[] {
  return Array.from({ length: count }, (_, i) => start + i * step);
}

function shapeContext({ node, operatorSet, infos }: OperatorContext): ShapeContext {
  return { node, operatorSet, inputs: infos, fail: refuse };
}
