/** What an operator's function is given, and how it says that it has no layer for what it sees. */

import type { ReadNode } from "../../onnx/read-onnx.ts";
import type { ValueInfo } from "../../onnx/shapes.ts";
import type { OnnxTensor } from "../../onnx/tensors.ts";
import { numbersOf } from "../../onnx/tensors.ts";
import type { Builder } from "./builder.ts";
import type { Signal } from "./signals.ts";

/** Why a node becomes no layer: it is left to an island or to the tail, or named in an error. */
export class Refusal extends Error {}

export function refuse(why: string): never {
  throw new Refusal(why);
}

export interface OperatorContext {
  readonly node: ReadNode;
  readonly operatorSet: number;
  readonly builder: Builder;
  /** What the node's layers are to be named like. */
  readonly wanted: string;
  /** Signals among the inputs; undefined where one is constant, or left out. */
  readonly signals: readonly (Signal | undefined)[];
  readonly infos: readonly (ValueInfo | undefined)[];
  /** Of each output. */
  readonly shapes: readonly (readonly number[])[];
  /** Whether nothing else reads that input: then it may be changed instead of copied. */
  isOnlyReader(input: number): boolean;
  /** Takes a mean off the picture: false where another has been taken off already. */
  takeMean(channels: readonly number[], means: readonly number[]): boolean;
}

/** Gives the outputs. @throws Refusal. */
export type Operator = (context: OperatorContext) => readonly Signal[];

/** The signal at an input. */
export function signalAt({ signals }: OperatorContext, input = 0): Signal {
  return signals[input] ?? refuse("its input is constant");
}

export function constantAt({ infos, node }: OperatorContext, input: number): OnnxTensor {
  return infos[input]?.constant ?? refuse(`input ${node.inputs[input]?.slice(0, 40) ?? input + 1} is not constant`);
}

/** Values of a constant that holds one for each channel, or one for all; nothing else is a channel's own. */
export function perChannel(tensor: OnnxTensor, rank: number, channels: number): Float64Array {
  const values = numbersOf(tensor);
  const shape = [...new Array(Math.max(0, rank - tensor.shape.length)).fill(1), ...tensor.shape];
  const isChannels = shape.every((extent, axis) => extent === 1 || (axis === 1 && extent === channels && rank > 1));
  if (!isChannels || shape.length > rank)
    refuse(`a constant of shape [${tensor.shape.join(", ")}] differs within a plane`);
  return values.length === channels ? values : new Float64Array(channels).fill(values[0]);
}
