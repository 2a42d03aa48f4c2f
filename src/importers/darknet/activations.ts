/** Activation functions by the names that darknet and its forks have for them. Source: activations.c and activations.h. */
import type { Activation } from "../../functions/function.ts";

/** Darknet's GELU is an approximation by tanh, and no row of ours: it is refused, as are its stairs and channel norms. */
export const darknetActivations: ReadonlyMap<string, Activation> = new Map<string, Activation>([
  ["linear", { fn: "linear" }],
  ["leaky", { fn: "leaky", slope: 0.1 }],
  ["relu", { fn: "relu" }],
  ["relie", { fn: "leaky", slope: 0.01 }],
  ["relu6", { fn: "clip", min: 0, max: 6 }],
  ["hardtan", { fn: "clip", min: -1, max: 1 }],
  ["ramp", { fn: "ramp" }],
  ["elu", { fn: "elu", alpha: 1 }],
  ["selu", { fn: "selu" }],
  ["logistic", { fn: "sigmoid" }],
  ["loggy", { fn: "loggy" }],
  ["tanh", { fn: "tanh" }],
  ["swish", { fn: "silu" }],
  ["silu", { fn: "silu" }],
  ["mish", { fn: "mish" }],
  ["hard_mish", { fn: "hardMish" }],
  ["h_swish", { fn: "hardSwish" }],
  ["hswish", { fn: "hardSwish" }],
  ["hard_swish", { fn: "hardSwish" }],
]);
