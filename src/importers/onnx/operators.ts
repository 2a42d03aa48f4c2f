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
import { Concat, Gather, Identity, Reshape, Slice, Split } from "./operators/channels.ts";
import { Conv, Gemm, MatMul } from "./operators/convolutions.ts";
import { AveragePool, GlobalAveragePool, MaxPool, Pad, ReduceMean, Resize } from "./operators/windows.ts";

export interface OperatorEntry {
  readonly operator: Operator;
  /** Whether it works on planes, so that what it reads must be some, even where an island made it. */
  readonly isSpatial: boolean;
}

const spatial = { Conv, MaxPool, AveragePool, GlobalAveragePool, Resize, Upsample: Resize, BatchNormalization };

const others = {
  Gemm,
  MatMul,
  Add,
  Sub,
  Mul,
  Div,
  Sum,
  Relu,
  LeakyRelu,
  PRelu,
  Sigmoid,
  Tanh,
  Elu,
  Clip,
  HardSigmoid,
  HardSwish,
  Swish,
  Mish,
  Gelu,
  Pad,
  ReduceMean,
  Concat,
  Split,
  Slice,
  Gather,
  Reshape,
  Flatten: Reshape,
  Squeeze: Reshape,
  Unsqueeze: Reshape,
  Identity,
  Dropout: Identity,
  Cast: Identity,
};

const entries = (table: Readonly<Record<string, Operator>>, isSpatial: boolean) =>
  Object.entries(table).map(([name, operator]) => [name, { operator, isSpatial }] as const);

export const operators: ReadonlyMap<string, OperatorEntry> = new Map([
  ...entries(spatial, true),
  ...entries(others, false),
]);
