/** The operators that become layers, by ONNX's names; whoever adds one adds its function and a row. */
import type { Operator } from "./operator.ts";
import {
  Clip,
  Elu,
  Gelu,
  HardSigmoid,
  HardSwish,
  LeakyRelu,
  Mish,
  PRelu,
  Relu,
  Sigmoid,
  Swish,
  Tanh,
} from "./operators/activations.ts";
import { Add, BatchNormalization, Div, Mul, Sub, Sum } from "./operators/arithmetic.ts";
import { Cast, Concat, Gather, Identity, Reshape, Slice, Split } from "./operators/channels.ts";
import { Conv, ConvTranspose, Gemm, MatMul } from "./operators/convolutions.ts";
import { AveragePool, GlobalAveragePool, MaxPool, Pad, ReduceMean, Resize } from "./operators/windows.ts";

export interface OperatorEntry {
  readonly operator: Operator;
  /** What it becomes, for the page that lists operators. */
  readonly becomes: string;
  /** Whether it works on planes, so that what it reads must be some, even where an island made it. */
  readonly isSpatial?: boolean;
}

const activation = "an activation";
const moved = "nothing: channels are read where they stand";
const passed = "nothing";

const table: Readonly<Record<string, OperatorEntry>> = {
  Conv: { operator: Conv, becomes: "a convolution: any kernel, strides, dilations, pads, groups", isSpatial: true },
  ConvTranspose: {
    operator: ConvTranspose,
    becomes:
      "a convolution of inputs with zeros between them; with strides that differ, or gaps between windows: an island",
    isSpatial: true,
  },
  Gemm: { operator: Gemm, becomes: "a convolution of one cell, on planes of one cell" },
  MatMul: { operator: MatMul, becomes: "a convolution of one cell, of planes of one cell and a constant" },
  BatchNormalization: {
    operator: BatchNormalization,
    becomes: "a batch norm, or weights and bias by channel",
    isSpatial: true,
  },
  Add: { operator: Add, becomes: "a sum; with a constant, a bias" },
  Sum: { operator: Sum, becomes: "a sum" },
  Sub: { operator: Sub, becomes: "a sum; with a constant, a bias" },
  Mul: {
    operator: Mul,
    becomes:
      "a product, also with one value a channel or a position; with a constant, weights; part of a function (x·σ(x))",
  },
  Div: { operator: Div, becomes: "by a constant, weights" },
  Relu: { operator: Relu, becomes: activation },
  LeakyRelu: { operator: LeakyRelu, becomes: activation },
  PRelu: { operator: PRelu, becomes: "an activation; with a slope a channel, a sum of two" },
  Clip: { operator: Clip, becomes: activation },
  Sigmoid: { operator: Sigmoid, becomes: activation },
  Tanh: { operator: Tanh, becomes: activation },
  Elu: { operator: Elu, becomes: activation },
  HardSigmoid: { operator: HardSigmoid, becomes: activation },
  HardSwish: { operator: HardSwish, becomes: "an activation, also where written as Add, Clip, Mul and Div" },
  Swish: { operator: Swish, becomes: "an activation, also where written as Sigmoid and Mul" },
  Mish: { operator: Mish, becomes: "an activation, also where written as Softplus, Tanh and Mul" },
  Gelu: { operator: Gelu, becomes: "an activation, also where written with Erf" },
  MaxPool: { operator: MaxPool, becomes: "a max-pool: all pads, windows rounded up", isSpatial: true },
  AveragePool: { operator: AveragePool, becomes: "an average pool", isSpatial: true },
  GlobalAveragePool: { operator: GlobalAveragePool, becomes: "an average pool of the whole plane", isSpatial: true },
  ReduceMean: { operator: ReduceMean, becomes: "over height and width, an average pool of the whole plane" },
  Resize: { operator: Resize, becomes: "to the nearest cell by a whole factor, an enlargement", isSpatial: true },
  Upsample: { operator: Resize, becomes: "to the nearest cell by a whole factor, an enlargement", isSpatial: true },
  Pad: { operator: Pad, becomes: "with zeros, a convolution of weights of 1" },
  Concat: { operator: Concat, becomes: moved },
  Split: { operator: Split, becomes: moved },
  Slice: { operator: Slice, becomes: moved },
  Gather: { operator: Gather, becomes: moved },
  Reshape: { operator: Reshape, becomes: passed },
  Flatten: { operator: Reshape, becomes: passed },
  Squeeze: { operator: Reshape, becomes: passed },
  Unsqueeze: { operator: Reshape, becomes: passed },
  Identity: { operator: Identity, becomes: passed },
  Dropout: { operator: Identity, becomes: passed },
  Cast: { operator: Cast, becomes: "nothing, to a type of fractions" },
};

export const operators: ReadonlyMap<string, OperatorEntry> = new Map(Object.entries(table));
