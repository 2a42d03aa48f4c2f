/**
 * A tape: operators are emitted as ONNX nodes and, where a parameter is behind them, recorded with their pullback, so
 * that `gradients` can emit the backward pass into the same graph. Reverse-mode automatic differentiation, with ONNX
 * nodes in the place of numbers. Shapes are constant: every `Value` knows its own.
 */
import { sizeOf } from "../../core/tensor.ts";
import { encodeOnnx, type OnnxConstant, type OnnxNode, type OnnxValue } from "../../onnx/onnx.ts";
import type { OnnxDType } from "../../onnx/tensors.ts";

/** A named tensor of the graph that is being written. */
export interface Value {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: OnnxDType;
  /** Whether a parameter is behind it. */
  readonly isTracked: boolean;
}

/** Gradients of the inputs from the gradient of the output; nothing for an input that has none. */
export type Pullback = (gradient: Value) => readonly (Value | undefined)[];

interface Recorded {
  readonly output: Value;
  readonly inputs: readonly Value[];
  readonly pullback: Pullback;
}

export class Tape {
  readonly #nodes: OnnxNode[] = [];
  readonly #constants = new Map<string, OnnxConstant>();
  readonly #inputs: OnnxValue[] = [];
  readonly #outputs: OnnxValue[] = [];
  readonly #recorded: Recorded[] = [];
  #count = 0;

  /** Something that is fed in every step and has no gradient. */
  input(name: string, shape: readonly number[]): Value {
    this.#inputs.push({ name, shape });
    return { name, shape, dtype: "float32", isTracked: false };
  }

  /** Something that is fed in every step and whose gradient is wanted. */
  parameter(name: string, shape: readonly number[]): Value {
    return { ...this.input(name, shape), isTracked: true };
  }

  /** Numbers written into the graph; equal ones are written once. */
  constant(shape: readonly number[], data: readonly number[], dtype: "float32" | "int64" = "float32"): Value {
    const key = `${dtype}[${shape}]${data.length > 64 ? `#${this.#constants.size}` : data.join()}`;
    const known = this.#constants.get(key);
    const constant = known ?? { name: `constant${this.#constants.size}`, shape, data, dtype };
    if (!known) this.#constants.set(key, constant);
    return { name: constant.name, shape, dtype, isTracked: false };
  }

  scalar(value: number): Value {
    return this.constant([], [value]);
  }

  /** One operator with one output; nothing is recorded. An input that is left out is `undefined`. */
  emit(
    op: string,
    inputs: readonly (Value | undefined)[],
    shape: readonly number[],
    attributes: OnnxNode["attributes"] = {},
    dtype: OnnxDType = "float32",
  ): Value {
    return this.emitMany(op, inputs, [shape], attributes, dtype)[0];
  }

  /** One operator with several outputs of the same type. */
  emitMany(
    op: string,
    inputs: readonly (Value | undefined)[],
    shapes: readonly (readonly number[])[],
    attributes: OnnxNode["attributes"] = {},
    dtype: OnnxDType = "float32",
  ): Value[] {
    const id = this.#count++;
    const outputs = shapes.map((shape, i) => ({ name: `${op}${id}_${i}`, shape, dtype, isTracked: false }));
    this.#nodes.push({
      op,
      inputs: inputs.map((value) => value?.name ?? ""),
      outputs: outputs.map(({ name }) => name),
      attributes,
    });
    return outputs;
  }

  /** Ties an output to the inputs that it was computed from. Gives the output to go on with. */
  record(output: Value, inputs: readonly Value[], pullback: Pullback): Value {
    const isTracked = inputs.some((input) => input.isTracked);
    const tracked = { ...output, isTracked };
    if (isTracked) this.#recorded.push({ output: tracked, inputs, pullback });
    return tracked;
  }

  /** A result of the graph under a name of its own. */
  output(name: string, value: Value): void {
    this.#nodes.push({ op: "Identity", inputs: [value.name], outputs: [name] });
    this.#outputs.push({ name, shape: value.shape, dtype: value.dtype });
  }

  /** Emits the backward pass from a single number; gives the gradient of each of `of`, zeros where it has none. */
  gradients(loss: Value, of: readonly Value[]): Value[] {
    const gradients = new Map<string, Value>([[loss.name, this.constant(loss.shape, [1])]]);
    for (const { output, inputs, pullback } of this.#recorded.toReversed()) {
      const gradient = gradients.get(output.name);
      if (!gradient) continue;
      pullback(gradient).forEach((part, i) => {
        const input = inputs[i];
        if (!part || !input.isTracked) return;
        const known = gradients.get(input.name);
        gradients.set(input.name, known ? this.emit("Add", [known, part], part.shape) : part);
      });
    }
    return of.map(
      (value) => gradients.get(value.name) ?? this.constant(value.shape, new Array(sizeOf(value.shape)).fill(0)),
    );
  }

  /** The graph so far as ONNX model bytes. */
  encode(): Uint8Array {
    return encodeOnnx({
      nodes: this.#nodes,
      constants: [...this.#constants.values()],
      inputs: this.#inputs,
      outputs: this.#outputs,
    });
  }
}
