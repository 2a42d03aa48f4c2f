/** Functions of every value by itself. */
import { floatTensor } from "../../../core/tensor.ts";
import type { Activation } from "../../../functions/function.ts";
import { twoSloped } from "../../../functions/two-sloped.ts";
import { float } from "../../../onnx/attributes.ts";
import { numbersOf } from "../../../onnx/tensors.ts";
import { unitConvolution } from "../builder.ts";
import { constantAt, type Operator, type OperatorContext, perChannel, refuse, signalAt } from "../operator.ts";
import { type Signal, wholeLayer } from "../signals.ts";

function activate(context: OperatorContext, activation: Activation): readonly Signal[] {
  const signal = signalAt(context);
  if (activation.fn === "linear") return [signal];
  const layerOf = ({ name }: { readonly name: string }) =>
    ({ kind: "activation", inputs: [name], activation }) as const;
  return [context.builder.eachChannel(signal, context.wanted, layerOf)];
}

export const Relu: Operator = (context) => activate(context, { fn: "relu" });
export const Sigmoid: Operator = (context) => activate(context, { fn: "sigmoid" });
export const Tanh: Operator = (context) => activate(context, { fn: "tanh" });
export const Mish: Operator = (context) => activate(context, { fn: "mish" });
export const HardSwish: Operator = (context) => activate(context, { fn: "hardSwish" });

export const Swish: Operator = (context) =>
  float(context.node, "alpha", 1) === 1 ? activate(context, { fn: "silu" }) : refuse("its alpha is not 1");

export const Gelu: Operator = (context) => {
  const { approximate } = context.node.attributes;
  return approximate === "tanh" ? refuse("it is an approximation by tanh") : activate(context, { fn: "gelu" });
};

export const Elu: Operator = (context) => {
  const alpha = float(context.node, "alpha", 1);
  return alpha > 0 && alpha <= 16 ? activate(context, { fn: "elu", alpha }) : refuse(`its alpha is ${alpha}`);
};

export const HardSigmoid: Operator = (context) => {
  const [alpha, beta] = [float(context.node, "alpha", 0.2), float(context.node, "beta", 0.5)];
  if (!(alpha > 0 && alpha <= 16 && Math.abs(beta) <= 16)) refuse(`its slope is ${alpha} around ${beta}`);
  return activate(context, { fn: "hardSigmoid", alpha, beta });
};

export const LeakyRelu: Operator = (context) => {
  const slope = float(context.node, "alpha", 0.01);
  return slope >= 0 && slope <= 1 ? activate(context, twoSloped(slope)) : refuse(`its slope below zero is ${slope}`);
};

export const Clip: Operator = (context) => {
  const bound = (input: number, attribute: string, none: number) =>
    context.infos[input] ? numbersOf(constantAt(context, input))[0] : float(context.node, attribute, none);
  // Float32's greatest stands for none in older files.
  const [min, max] = [bound(1, "min", Number.NEGATIVE_INFINITY), bound(2, "max", Number.POSITIVE_INFINITY)];
  if (min < -1e6 && max > 1e6) return activate(context, { fn: "linear" });
  if (min === 0 && max > 1e6) return activate(context, { fn: "relu" });
  if (!(min <= 0 && min >= -1e6 && max > 0 && max <= 1e6)) refuse(`it keeps values between ${min} and ${max}`);
  return activate(context, { fn: "clip", min, max });
};

/** One slope for all channels is a leaky ReLU; with a slope for each, y = relu(x) − slope·relu(−x). */
export const PRelu: Operator = (context) => {
  const { builder, wanted } = context;
  const signal = signalAt(context);
  const rank = context.infos[0]?.shape?.length ?? 4;
  const channels = signal.planes.length;
  const slopes = perChannel(constantAt(context, 1), rank, channels);
  const [slope] = slopes;
  if (slopes.every((value) => value === slope) && slope >= 0 && slope <= 1) return activate(context, twoSloped(slope));
  const input = builder.exactly(signal, wanted);
  const scaled = (name: string, from: string, factors: ArrayLike<number>) => {
    const weights = floatTensor([channels, 1, 1, 1], Float32Array.from(factors));
    return builder.add(`${wanted}_${name}`, { ...unitConvolution(from, channels), weights }).planes[0].layer;
  };
  const relu = (name: string, from: string) =>
    builder.add(`${wanted}_${name}`, { kind: "activation", inputs: [from], activation: { fn: "relu" } }).planes[0]
      .layer;
  const negative = relu("below", scaled("negated", input, new Float64Array(channels).fill(-1)));
  const parts = [
    relu("above", input),
    scaled(
      "slopes",
      negative,
      slopes.map((value) => -value),
    ),
  ];
  const sum = builder.add(wanted, { kind: "sum", inputs: parts });
  return [wholeLayer(sum.planes[0].layer, [channels, signal.height, signal.width])];
};
