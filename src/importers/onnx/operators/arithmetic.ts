/** Sums, products and norms. Constants go into the layer before; sums and products of signals are layers. */
import { floatTensor } from "../../../core/tensor.ts";
import { float, integer } from "../../../onnx/attributes.ts";
import { numbersOf } from "../../../onnx/tensors.ts";
import { unitConvolution } from "../builder.ts";
import { constantAt, type Operator, type OperatorContext, perChannel, refuse, signalAt } from "../operator.ts";
import { runsOf, type Signal } from "../signals.ts";

export const Add: Operator = (context) => {
  const constant = context.infos.findIndex((info) => info?.constant);
  if (constant < 0) return [sum(context, [signalAt(context, 0), signalAt(context, 1)])];
  const { offsets, signal } = operands(context, constant);
  return [
    scale(
      context,
      signal,
      1 - constant,
      offsets.map(() => 1),
      offsets,
    ),
  ];
};

export const Sum: Operator = (context) =>
  context.signals.length === 1
    ? [signalAt(context)]
    : [
        sum(
          context,
          context.signals.map((_, i) => signalAt(context, i)),
        ),
      ];

export const Sub: Operator = (context) => {
  const constant = context.infos.findIndex((info) => info?.constant);
  if (constant < 0) {
    const [first, second] = [signalAt(context, 0), signalAt(context, 1)];
    const zeros = new Float64Array(second.planes.length);
    return [
      sum(context, [
        first,
        scale(
          context,
          second,
          1,
          zeros.map(() => -1),
          zeros,
        ),
      ]),
    ];
  }
  const { offsets, signal } = operands(context, constant);
  const sign = constant === 1 ? 1 : -1;
  return [
    scale(
      context,
      signal,
      1 - constant,
      offsets.map(() => sign),
      offsets.map((value) => -sign * value),
    ),
  ];
};

export const Mul: Operator = (context) => {
  const constant = context.infos.findIndex((info) => info?.constant);
  if (constant < 0) return [product(context, signalAt(context, 0), signalAt(context, 1))];
  const { offsets: factors, signal } = operands(context, constant);
  return [
    scale(
      context,
      signal,
      1 - constant,
      factors,
      factors.map(() => 0),
    ),
  ];
};

export const Div: Operator = (context) => {
  if (!context.infos[1]?.constant) refuse("it divides by what depends on the picture");
  const { offsets: divisors, signal } = operands(context, 1);
  return [
    scale(
      context,
      signal,
      0,
      divisors.map((value) => 1 / value),
      divisors.map(() => 0),
    ),
  ];
};

/** γ·(x − μ)/√(σ² + ε) + β: kept as a layer behind a convolution of its own, else scale and offset of each channel. */
export const BatchNormalization: Operator = (context) => {
  const { builder, wanted, node } = context;
  const signal = signalAt(context);
  const channels = signal.planes.length;
  if (integer(node, "training_mode", 0) === 1) refuse("it is a batch norm in training");
  const epsilon = float(node, "epsilon", 1e-5);
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((i) => numbersOf(constantAt(context, i)));
  if ([gamma, beta, mean, variance].some((values) => values.length !== channels)) refuse("its channels do not fit");
  if (variance.some((value) => !(value + epsilon > 0))) refuse("its variance is negative");
  const source = ownLayer(context, signal, 0);
  if (source?.kind === "convolution" && epsilon > 0 && epsilon <= 1) {
    const vector = (values: Float64Array) => floatTensor([channels], Float32Array.from(values));
    const [scales, bias, means, variances] = [gamma, beta, mean, variance].map(vector);
    const facts = { scale: scales, bias, mean: means, variance: variances, epsilon };
    return [builder.add(wanted, { kind: "batchNorm", inputs: [source.name], ...facts })];
  }
  const factors = gamma.map((value, i) => value / Math.sqrt(variance[i] + epsilon));
  return [
    scale(
      context,
      signal,
      0,
      factors,
      beta.map((value, i) => value - mean[i] * factors[i]),
    ),
  ];
};

/** The signal, and the constant's value for each of its channels. */
function operands(context: OperatorContext, constant: number): { offsets: Float64Array; signal: Signal } {
  const { infos, shapes } = context;
  const signal = signalAt(context, 1 - constant);
  const shape = infos[1 - constant]?.shape ?? [];
  if (shape.join() !== shapes[0].join()) refuse("its constant is larger than its signal");
  return { signal, offsets: perChannel(constantAt(context, constant), shape.length, signal.planes.length) };
}

/** The layer that a signal is the whole of, where nothing else reads it. */
function ownLayer({ builder, node, isOnlyReader }: OperatorContext, signal: Signal, input: number) {
  const [run, ...more] = runsOf(signal) ?? [];
  if (!run || more.length > 0 || signal.affine || !isOnlyReader(input)) return undefined;
  if (builder.madeFor(run.layer) !== node.inputs[input]) return undefined;
  const layer = builder.layer(run.layer);
  return run.count === builder.shapeOf(run.layer)[0] && run.start === 0 ? layer : undefined;
}

/** factor·x + offset, by channel. */
function scale(
  context: OperatorContext,
  signal: Signal,
  input: number,
  factors: Float64Array,
  offsets: Float64Array,
): Signal {
  const { builder, wanted } = context;
  const { affine } = signal;
  if (affine) {
    const both = {
      scale: affine.scale.map((value, i) => value * factors[i]),
      offset: affine.offset.map((value, i) => value * factors[i] + offsets[i]),
    };
    return { ...signal, affine: both };
  }
  const channels = signal.planes.length;
  const source = ownLayer(context, signal, input);
  if (source?.kind === "convolution") {
    const row = source.weights.data.length / channels;
    const weights = Float32Array.from(source.weights.data, (weight, i) => weight * factors[Math.floor(i / row)]);
    const bias = Float32Array.from(factors, (factor, i) => (source.bias?.data[i] ?? 0) * factor + offsets[i]);
    builder.replace({
      ...source,
      weights: floatTensor(source.weights.shape, weights),
      bias: floatTensor([channels], bias),
    });
    return signal;
  }
  if (source?.kind === "batchNorm") {
    const scales = Float32Array.from(factors, (factor, i) => source.scale.data[i] * factor);
    const bias = Float32Array.from(factors, (factor, i) => source.bias.data[i] * factor + offsets[i]);
    builder.replace({ ...source, scale: floatTensor([channels], scales), bias: floatTensor([channels], bias) });
    return signal;
  }
  return builder.add(wanted, {
    ...unitConvolution(builder.exactly(signal, wanted), channels),
    weights: floatTensor([channels, 1, 1, 1], Float32Array.from(factors)),
    bias: floatTensor([channels], Float32Array.from(offsets)),
  });
}

/** Of the smaller signal every value stands for a whole channel, or for all channels of a position. */
function product({ builder, wanted }: OperatorContext, first: Signal, second: Signal): Signal {
  const cellsOf = ({ planes, height, width }: Signal) => planes.length * height * width;
  const [map, gate] = cellsOf(first) < cellsOf(second) ? [second, first] : [first, second];
  const isOfChannels = gate.planes.length === map.planes.length && gate.height === 1 && gate.width === 1;
  const isOfPlaces = gate.height === map.height && gate.width === map.width;
  if (!isOfChannels && !(isOfPlaces && [1, map.planes.length].includes(gate.planes.length)))
    refuse("it multiplies signals of different shapes");
  if (map.affine || gate.affine) refuse("it multiplies the picture");
  return builder.add(wanted, { kind: "product", inputs: [map, gate].map((signal) => builder.exactly(signal, wanted)) });
}

function sum({ builder, wanted }: OperatorContext, signals: readonly Signal[]): Signal {
  const [{ height, width, planes }] = signals;
  if (
    signals.some(
      (signal) => signal.height !== height || signal.width !== width || signal.planes.length !== planes.length,
    )
  )
    refuse("it adds signals of different shapes");
  return builder.add(wanted, { kind: "sum", inputs: signals.map((signal) => builder.exactly(signal, wanted)) });
}
