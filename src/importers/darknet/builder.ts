/** What a section's function works with, and what several of them do. */
import { floatTensor, tensor } from "../../core/tensor.ts";
import type { Shape } from "../../graph/layer-kinds.ts";
import type { BatchNormLayer, Layer } from "../../graph/layers.ts";
import { encodeOnnx, type OnnxConstant, type OnnxNode } from "../../onnx/onnx.ts";
import { darknetActivations } from "./activations.ts";
import type { SectionReader } from "./cfg.ts";
import type { ParameterSource } from "./weights.ts";

export interface Builder {
  readonly reader: SectionReader;
  readonly parameters: ParameterSource;
  readonly epsilon: number;
  /** The previous section's output. */
  readonly previous: Output;
  /** Output of another section, by darknet's number: negative counts back from this one. */
  output(reference: number): Output;
  /** Appends a layer and gives its output. */
  add(layer: Layer): Output;
  /** A layer that stands before, by its name. */
  layer(name: string): Layer;
}

export interface Output {
  readonly name: string;
  readonly shape: Shape;
}

/** Appends the activation that the section names. @param fallback darknet's where none is named. */
export function addActivation({ reader, add }: Builder, input: Output, fallback: string): Output {
  const { index } = reader.section;
  const name = reader.text("activation", fallback);
  const activation = darknetActivations.get(name);
  if (activation === undefined)
    return reader.fail(
      `activation=${name} is not supported; supported are ${[...darknetActivations.keys()].join(", ")}`,
    );
  if (activation.fn === "linear") return input;
  return add({ kind: "activation", name: `${name}${index}`, inputs: [input.name], activation });
}

export type Norm = Pick<BatchNormLayer, "scale" | "mean" | "variance">;

/** Next in the weights: scales, means and variances. */
export function readNorm({ reader, parameters }: Builder, channels: number, where: string): Norm {
  const [scale, mean, variance] = [1, 2, 3].map(() => parameters.next([channels], where));
  // Training leaves denormals on both sides of zero; what is clearly below is another model's data.
  if (variance.data.some((value) => value < -1e-6)) {
    reader.fail(`the weights hold a negative variance for ${where}. Check that cfg and weights belong together`);
  }
  return { scale, mean, variance };
}

/** What an island computes: reads `x0`, `x1`, … and gives `y`. */
export interface IslandBody {
  readonly nodes: readonly OnnxNode[];
  readonly constants?: readonly OnnxConstant[];
  readonly macs?: number;
}

/** An island's ONNX model, of inputs of these shapes. */
export function encodeIsland(inputs: readonly Shape[], shape: Shape, { nodes, constants = [] }: IslandBody) {
  return encodeOnnx({
    nodes,
    constants,
    inputs: inputs.map((input, i) => ({ name: `x${i}`, shape: [1, ...input] })),
    outputs: [{ name: "y", shape: [1, ...shape] }],
  });
}

/** Appends what no neuron computes: run densely, also by the spiking network, on the values that its inputs stand for. */
export function addIsland({ reader, add }: Builder, inputs: readonly Output[], shape: Shape, body: IslandBody): Output {
  const { nodes, macs = 0 } = body;
  const bytes = encodeIsland(
    inputs.map((input) => input.shape),
    shape,
    body,
  );
  return add({
    kind: "island",
    name: `${reader.section.type}${reader.section.index}`,
    inputs: inputs.map(({ name }) => name),
    shape,
    model: tensor("int8", [bytes.length], new Int8Array(bytes)),
    inputNames: inputs.map((_, i) => `x${i}`),
    outputName: "y",
    operators: [...new Set(nodes.map(({ op }) => op))].sort(),
    macs,
  });
}

/** Appends a convolution of each channel by itself. */
export function addDepthwise(
  { add }: Builder,
  name: string,
  input: Output,
  size: readonly [number, number],
  kernel: Float32Array,
  bias: number,
): Output {
  const [channels] = input.shape;
  const weights = new Float32Array(channels * kernel.length);
  for (let channel = 0; channel < channels; channel++) weights.set(kernel, channel * kernel.length);
  return add({
    kind: "convolution",
    name,
    inputs: [input.name],
    weights: floatTensor([channels, 1, ...size], weights),
    bias: floatTensor([channels], new Float32Array(channels).fill(bias)),
    strides: [1, 1],
    dilations: [1, 1],
    pads: [0, 0, 0, 0],
    groups: channels,
  });
}
