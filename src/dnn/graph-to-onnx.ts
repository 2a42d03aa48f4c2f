/** Graph → ONNX: one function a layer kind, each giving the nodes that compute it. Batch size 1, NCHW, float32. */
import { EngineError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import type { OnnxEmitter } from "../functions/function.ts";
import { emitActivation } from "../functions/functions.ts";
import { type Graph, inferShapes, inputOf, type Shapes } from "../graph/graph.ts";
import type { Shape } from "../graph/layer-kinds.ts";
import { type Layer, type LayerKind, type LayerOf, windowOf } from "../graph/layers.ts";
import type { Window } from "../graph/windows.ts";
import { encodeOnnx, type OnnxConstant, type OnnxNode } from "../onnx/onnx.ts";

interface Emitted {
  readonly nodes: readonly OnnxNode[];
  readonly constants?: readonly OnnxConstant[];
}

type Emit<K extends LayerKind> = (layer: LayerOf<K>, shapes: Shapes) => Emitted;

const emitters: { readonly [K in LayerKind]: Emit<K> } = {
  input: () => ({ nodes: [] }),
  convolution: (layer) => {
    const constants = [constant(layer, "weights", layer.weights)];
    if (layer.bias) constants.push(constant(layer, "bias", layer.bias));
    return {
      constants,
      nodes: [
        node(layer, "Conv", [layer.inputs[0], ...constants.map(({ name }) => name)], {
          ...windowAttributes(windowOf(layer)),
          dilations: layer.dilations,
          group: layer.groups,
        }),
      ],
    };
  },
  batchNorm: (layer) => {
    const constants = (["scale", "bias", "mean", "variance"] as const).map((field) =>
      constant(layer, field, layer[field]),
    );
    const inputs = [layer.inputs[0], ...constants.map(({ name }) => name)];
    return { constants, nodes: [node(layer, "BatchNormalization", inputs, { epsilon: { float: layer.epsilon } })] };
  },
  activation: (layer) => {
    const [input] = layer.inputs;
    const emitted = emitElementwise(layer.name, (onnx) => emitActivation(layer.activation, input, onnx));
    return emitted.result === input ? { nodes: [node(layer, "Identity", layer.inputs)] } : emitted;
  },
  maxPool: (layer) => ({ nodes: [node(layer, "MaxPool", layer.inputs, windowAttributes(windowOf(layer)))] }),
  averagePool: (layer) => ({
    nodes: [
      node(layer, "AveragePool", layer.inputs, {
        ...windowAttributes(windowOf(layer)),
        count_include_pad: layer.countsPads ? 1 : 0,
      }),
    ],
  }),
  upsample: (layer) => {
    const scales = { name: `${layer.name}.scales`, shape: [4], data: [1, 1, layer.factor, layer.factor] };
    const attributes = { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" };
    return { constants: [scales], nodes: [node(layer, "Resize", [layer.inputs[0], "", scales.name], attributes)] };
  },
  // A transposed convolution of one cell for each channel.
  insertZeros: (layer, shapes) => {
    const [channels] = shapes.get(layer.name) as Shape;
    const ones = { name: `${layer.name}.ones`, shape: [channels, 1, 1, 1], data: new Float32Array(channels).fill(1) };
    const { factor } = layer;
    const attributes = { strides: [factor, factor], output_padding: [factor - 1, factor - 1], group: channels };
    return { constants: [ones], nodes: [node(layer, "ConvTranspose", [layer.inputs[0], ones.name], attributes)] };
  },
  concat: (layer) => ({ nodes: [node(layer, "Concat", layer.inputs, { axis: 1 })] }),
  slice: (layer) => {
    const bounds = { start: layer.start, end: layer.start + layer.count, axis: 1 };
    const constants = Object.entries(bounds).map(([name, value]) => ({
      name: `${layer.name}.${name}`,
      shape: [1],
      data: [value],
      dtype: "int64" as const,
    }));
    return { constants, nodes: [node(layer, "Slice", [layer.inputs[0], ...constants.map(({ name }) => name)])] };
  },
  sum: (layer) => {
    const constants: OnnxConstant[] = [];
    const nodes: OnnxNode[] = [];
    const terms = layer.inputs.map((input, i) => {
      const scale = layer.scales?.[i];
      if (!scale) return input;
      constants.push({ ...constant(layer, `scales.${i}`, scale), shape: [1, scale.shape[0], 1, 1] });
      const output = `${layer.name}.term${i}`;
      nodes.push({ op: "Mul", inputs: [input, `${layer.name}.scales.${i}`], outputs: [output] });
      return output;
    });
    return { constants, nodes: [...nodes, node(layer, "Sum", terms)] };
  },
  product: (layer) => {
    if (!layer.factors) return { nodes: [node(layer, "Mul", layer.inputs)] };
    const factors = { ...constant(layer, "factors", layer.factors), shape: [1, layer.factors.shape[0], 1, 1] };
    const unscaled = `${layer.name}.unscaled`;
    const nodes = [
      { op: "Mul", inputs: layer.inputs, outputs: [unscaled] },
      node(layer, "Mul", [unscaled, factors.name]),
    ];
    return { constants: [factors], nodes };
  },
  // Run by themselves: `dnn-session.ts`.
  island: () => ({ nodes: [] }),
  region: () => ({ nodes: [] }),
  yolo: () => ({ nodes: [] }),
  gaussianYolo: () => ({ nodes: [] }),
  dfl: () => ({ nodes: [] }),
  tail: () => ({ nodes: [] }),
  integrateFire: spikes,
  readout: spikes,
};

/** ONNX's names of what a window is. */
function windowAttributes({ size, strides, pads }: Window): Record<string, readonly number[]> {
  return { kernel_shape: size, strides, pads };
}

/** Layers of a DNN that are run as one ONNX model, and the layers before whose values are given to it. */
export interface DnnPart {
  readonly layers: readonly Layer[];
  readonly inputs: readonly string[];
  /** What the file is to say of itself. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * The DNN, or a part of it, as ONNX model bytes.
 * @param outputs names of the layers whose values are wanted.
 * @throws EngineError [E_NOT_A_DNN] where the graph spikes or is quantized.
 */
export function graphToOnnx(graph: Graph, outputs: readonly string[], part?: DnnPart): Uint8Array {
  const shapes = inferShapes(graph);
  const { layers, inputs, metadata = {} } = part ?? { layers: graph.layers, inputs: [inputOf(graph).name] };
  const emitted = layers.map((layer) => emit(layer, shapes));
  return encodeOnnx({
    nodes: emitted.flatMap(({ nodes }) => nodes),
    constants: emitted.flatMap(({ constants }) => constants ?? []),
    inputs: inputs.map((name) => ({ name, shape: [1, ...(shapes.get(name) as Shape)] })),
    outputs: outputs.map((name) => {
      const shape = shapes.get(name);
      if (!shape) throw new EngineError("E_ENGINE", `there is no layer ${name} whose values could be read`);
      return { name, shape: [1, ...shape] };
    }),
    metadata,
  });
}

function emit(layer: Layer, shapes: Shapes): Emitted {
  return (emitters[layer.kind] as (layer: Layer, shapes: Shapes) => Emitted)(layer, shapes);
}

function spikes({ name, kind }: Layer): never {
  throw new EngineError("E_NOT_A_DNN", `${name} [${kind}] spikes; the DNN engine runs graphs before conversion`);
}

/** Emits elementwise operators; the last is named as the layer. */
function emitElementwise(name: string, write: (onnx: OnnxEmitter<string>) => string): Emitted & { result: string } {
  const nodes: OnnxNode[] = [];
  const constants: OnnxConstant[] = [];
  const result = write({
    op: (op, inputs, attributes = {}) => {
      const output = `${name}.${nodes.length}`;
      nodes.push({ op, inputs, outputs: [output], attributes });
      return output;
    },
    scalar: (value) => {
      const constant = { name: `${name}.constant${constants.length}`, shape: [], data: [value] };
      constants.push(constant);
      return constant.name;
    },
  });
  const last = nodes.pop();
  return { constants, nodes: last ? [...nodes, { ...last, outputs: [name] }] : [], result };
}

function node(layer: Layer, op: string, inputs: readonly string[], attributes: OnnxNode["attributes"] = {}): OnnxNode {
  return { op, inputs, outputs: [layer.name], attributes };
}

function constant(layer: Layer, field: string, { dtype, shape, data }: Tensor): OnnxConstant {
  if (!(data instanceof Float32Array)) {
    throw new EngineError("E_NOT_A_DNN", `${layer.name}.${field} is ${dtype}; the DNN engine runs float32 graphs`);
  }
  return { name: `${layer.name}.${field}`, shape, data };
}
