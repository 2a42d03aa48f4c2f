/**
 * One table of what is true of each layer kind: arity, shape, parameters, multiply-accumulates, and the schema that a
 * model file's layer must satisfy. Whoever adds a kind adds a row; nothing else branches on kinds to learn these.
 */
import { z } from "zod";
import { sizeOf, type Tensor } from "../core/tensor.ts";
import { activationSchema } from "../functions/functions.ts";
import type { HeadKind } from "../heads/head.ts";
import { headKinds } from "../heads/heads.ts";
import { onnxSchema } from "../heads/tail.ts";
import { checkPart } from "../onnx/part.ts";
import { type LayerKind, type LayerOf, neuronKinds, windowOf } from "./layers.ts";
import { type Window, windowCounts, windowExtent } from "./windows.ts";

/** [channels, height, width]. */
export type Shape = readonly [number, number, number];

export interface LayerKindSpec<K extends LayerKind> {
  /** Least and greatest number of inputs. */
  readonly arity: readonly [number, number];
  /** Output shape; calls `fail` with what is wrong where the layer does not fit its inputs. */
  readonly inferShape: (layer: LayerOf<K>, inputs: readonly Shape[], fail: (what: string) => never) => Shape;
  readonly parameters: (layer: LayerOf<K>) => number;
  readonly macs: (layer: LayerOf<K>, output: Shape) => number;
  /** Fields besides name, kind and inputs. */
  readonly schema: z.ZodRawShape;
}

/** Output of layers that slide windows over each channel. */
function pooledShape(window: Window, [channels, height, width]: Shape): Shape {
  return [channels, ...windowCounts(window, [height, width])];
}

/** Layers that multiply nothing and hold no parameters. */
const free = { parameters: () => 0, macs: () => 0 };

/** Output positions of a convolution; behind inserted zeros, input positions that hold values. */
function positionsOf(layer: LayerOf<"convolution">, [, height, width]: Shape): number {
  const { insertedZeros: factor } = layer;
  if (factor === undefined) return height * width;
  const window = windowOf(layer);
  const extent = windowExtent(window);
  const [top, left, bottom, right] = window.pads;
  return ((height + extent[0] - 1 - top - bottom) * (width + extent[1] - 1 - left - right)) / factor ** 2;
}

const factor = z.int().min(1).max(64);
const positive = z.int().min(1).max(65_536);
const pair = z.tuple([positive, positive]);
const pad = z.int().min(0).max(1024);
const pads = z.tuple([pad, pad, pad, pad]);
const tensorSchema = z.custom<Tensor>(
  (value) => typeof value === "object" && value !== null && "dtype" in value && "data" in value,
  "a tensor is missing",
);
const floatSchema = tensorSchema.refine((value) => value?.dtype === "float32", "a tensor must be float32");
const populationSchema = {
  neuron: z.enum(neuronKinds),
  activation: activationSchema,
  lambda: floatSchema,
  vTh: tensorSchema,
  vThNeg: tensorSchema.nullable(),
  vInit: z.number().min(-1).max(1),
  firingThreshold: z.number().min(0.5).max(1),
  leadingThreshold: z.number().min(0.5).max(1).optional(),
  levels: z.int().min(1).max(127),
};

function perChannel(
  tensors: Record<string, Tensor | null | undefined>,
  channels: number,
  fail: (what: string) => never,
): void {
  for (const [name, value] of Object.entries(tensors)) {
    if (value && (value.shape.length !== 1 || value.shape[0] !== channels)) {
      fail(`${name} has shape [${value.shape.join(", ")}]; one value for each of ${channels} channels expected`);
    }
  }
}

const population = {
  ...free,
  arity: [1, 1],
  inferShape: (
    layer: LayerOf<"integrateFire" | "readout">,
    [input]: readonly Shape[],
    fail: (what: string) => never,
  ): Shape => {
    perChannel({ lambda: layer.lambda, vTh: layer.vTh, vThNeg: layer.vThNeg }, input[0], fail);
    return input;
  },
} as const;

/** Heads give what they are given; what is true of them stands in their own table. */
function headLayer<K extends HeadKind>(kind: K): LayerKindSpec<K> {
  const { arity, check, schema } = headKinds[kind];
  return {
    ...free,
    arity,
    inferShape: (layer, inputs, fail) => {
      check(layer as never, inputs, fail);
      return inputs[0];
    },
    schema,
  };
}

export const layerKinds: { readonly [K in LayerKind]: LayerKindSpec<K> } = {
  input: {
    ...free,
    arity: [0, 0],
    inferShape: (layer) => layer.shape,
    schema: { shape: z.tuple([positive, positive, positive]) },
  },
  convolution: {
    arity: [1, 1],
    inferShape: (layer, [[channels, height, width]], fail) => {
      const [outC, inC] = layer.weights.shape;
      if (layer.weights.shape.length !== 4)
        fail(`weights have shape [${layer.weights.shape.join(", ")}]; [outC, inC, kH, kW] expected`);
      if (inC * layer.groups !== channels) {
        fail(
          `input has ${channels} channels; the weights read ${inC * layer.groups} (${layer.groups} groups of ${inC})`,
        );
      }
      if (layer.insertedZeros !== undefined && layer.strides.some((stride) => stride !== 1))
        fail("it reads inserted zeros, but its stride is not 1");
      if (outC % layer.groups !== 0) fail(`${outC} filters do not divide into ${layer.groups} groups`);
      perChannel({ bias: layer.bias }, outC, fail);
      perChannel({ inputMean: layer.inputMean }, channels, fail);
      return [outC, ...windowCounts(windowOf(layer), [height, width])];
    },
    parameters: (layer) => sizeOf(layer.weights.shape) + (layer.bias ? layer.bias.shape[0] : 0),
    macs: (layer, output) => sizeOf(layer.weights.shape) * positionsOf(layer, output),
    schema: {
      weights: tensorSchema,
      bias: tensorSchema.optional(),
      strides: pair,
      dilations: pair,
      pads,
      groups: positive,
      shift: z.int().min(0).max(30).optional(),
      insertedZeros: factor.optional(),
      inputMean: floatSchema.optional(),
    },
  },
  batchNorm: {
    arity: [1, 1],
    inferShape: (layer, [input], fail) => {
      const { scale, bias, mean, variance } = layer;
      perChannel({ scale, bias, mean, variance }, input[0], fail);
      return input;
    },
    parameters: (layer) => 4 * layer.scale.shape[0],
    macs: () => 0,
    schema: {
      scale: floatSchema,
      bias: floatSchema,
      mean: floatSchema,
      variance: floatSchema,
      epsilon: z.number().positive().max(1),
    },
  },
  activation: {
    ...free,
    arity: [1, 1],
    inferShape: (layer, [input], fail) => {
      const { statistics } = layer;
      if (statistics && statistics.channel.shape[0] !== input[0]) {
        fail(`statistics hold ${statistics.channel.shape[0]} channels; the input has ${input[0]}`);
      }
      perChannel({ trainedLambda: layer.trainedLambda }, input[0], fail);
      return input;
    },
    schema: {
      activation: activationSchema,
      statistics: z
        .object({
          sample: z.enum(["all", "nonzero"]),
          percentiles: z.array(z.number().min(0).max(100)).min(1).max(64),
          channel: floatSchema,
          layer: floatSchema,
          count: z.number().min(1).optional(),
          slope: floatSchema.optional(),
          power: floatSchema.optional(),
        })
        .optional(),
      trainedLambda: floatSchema.optional(),
      lambda: floatSchema.optional(),
    },
  },
  maxPool: {
    ...free,
    arity: [1, 1],
    inferShape: (layer, [input]) => pooledShape(windowOf(layer), input),
    schema: { size: pair, strides: pair, pads, pooling: z.enum(["delta", "winner"]).optional() },
  },
  averagePool: {
    ...free,
    arity: [1, 1],
    inferShape: (layer, [input]) => pooledShape(windowOf(layer), input),
    schema: { size: pair, strides: pair, pads, countsPads: z.boolean() },
  },
  upsample: {
    ...free,
    arity: [1, 1],
    inferShape: (layer, [[channels, height, width]]) => [channels, height * layer.factor, width * layer.factor],
    schema: { factor },
  },
  insertZeros: {
    ...free,
    arity: [1, 1],
    inferShape: (layer, [[channels, height, width]]) => [channels, height * layer.factor, width * layer.factor],
    schema: { factor },
  },
  concat: {
    ...free,
    arity: [1, 1024],
    inferShape: (_layer, inputs, fail) => {
      const [[, height, width]] = inputs;
      if (!inputs.every(([, h, w]) => h === height && w === width)) {
        fail(`inputs have different heights or widths: ${inputs.map((shape) => shape.join("×")).join(", ")}`);
      }
      return [inputs.reduce((sum, [channels]) => sum + channels, 0), height, width];
    },
    schema: {},
  },
  slice: {
    ...free,
    arity: [1, 1],
    inferShape: (layer, [[channels, height, width]], fail) => {
      if (layer.start + layer.count > channels) {
        fail(`channels ${layer.start} to ${layer.start + layer.count - 1} are asked of an input that has ${channels}`);
      }
      return [layer.count, height, width];
    },
    schema: { start: z.int().min(0), count: positive },
  },
  sum: {
    ...free,
    arity: [2, 1024],
    inferShape: (layer, inputs, fail) => {
      if (!inputs.every((shape) => shape.join() === inputs[0].join())) {
        fail(`inputs have different shapes: ${inputs.map((shape) => shape.join("×")).join(", ")}`);
      }
      if (layer.scales && layer.scales.length !== inputs.length)
        fail(`${layer.scales.length} scales for ${inputs.length} inputs`);
      for (const scale of layer.scales ?? []) perChannel({ scale }, inputs[0][0], fail);
      return inputs[0];
    },
    schema: { scales: z.array(tensorSchema.nullable()).optional(), shift: z.int().min(0).max(30).optional() },
  },
  product: {
    ...free,
    arity: [2, 2],
    inferShape: (layer, [first, second], fail) => {
      const [channels, height, width] = second;
      const isAlike = second.join() === first.join();
      const isGate = channels === first[0] && height === 1 && width === 1;
      const isMask = channels === 1 && height === first[1] && width === first[2];
      if (!isAlike && !isGate && !isMask)
        fail(`inputs of ${first.join("×")} and ${second.join("×")} have no product of the first one's shape`);
      perChannel({ factors: layer.factors }, first[0], fail);
      return first;
    },
    schema: { factors: tensorSchema.optional(), shift: z.int().min(0).max(30).optional() },
  },
  integrateFire: { ...population, schema: { ...populationSchema, delay: z.int().min(0).max(1024) } },
  readout: { ...population, schema: populationSchema },
  island: {
    arity: [1, 64],
    inferShape: (layer, inputs, fail) => {
      if (layer.inputNames.length !== inputs.length)
        fail(`${layer.inputNames.length} inputs are named; it reads ${inputs.length}`);
      for (const [i, lambda] of (layer.inputLambdas ?? []).entries()) perChannel({ lambda }, inputs[i][0], fail);
      checkPart({ ...layer, outputNames: [layer.outputName] }, inputs, [layer.shape], fail);
      return layer.shape;
    },
    parameters: () => 0,
    macs: (layer) => layer.macs,
    schema: {
      shape: z.tuple([positive, positive, positive]),
      model: onnxSchema,
      inputNames: z.array(z.string().max(1024)).min(1).max(64),
      outputName: z.string().max(1024),
      inputLambdas: z.array(floatSchema).max(64).optional(),
      operators: z.array(z.string().max(128)).max(256),
      macs: z
        .number()
        .min(0)
        .max(2 ** 40),
    },
  },
  region: headLayer("region"),
  yolo: headLayer("yolo"),
  gaussianYolo: headLayer("gaussianYolo"),
  dfl: headLayer("dfl"),
  tail: headLayer("tail"),
};
