/** Random quantized spiking graphs for engine tests: every layer kind and option, sizes that are multiples of nothing. */

import { assignNeurons } from "../src/convert/assign-neurons.ts";
import { placePopulations } from "../src/convert/place-populations.ts";
import { quantizeWeights } from "../src/convert/quantize-weights.ts";
import { type Random, seededRandom } from "../src/core/random.ts";
import { floatTensor, tensor } from "../src/core/tensor.ts";
import type { Activation, FunctionName } from "../src/functions/function.ts";
import { twoSloped } from "../src/functions/two-sloped.ts";
import { type Graph, inferShapes, layersByName } from "../src/graph/graph.ts";
import type { Shape } from "../src/graph/layer-kinds.ts";
import type { ConvolutionLayer, Layer, NeuronKind, SpikePooling } from "../src/graph/layers.ts";
import { darknetPool } from "../src/graph/windows.ts";
import { encodeOnnx } from "../src/onnx/onnx.ts";
import { frameUnitsOf } from "../src/snn/phases.ts";
import { convolution, graphOf } from "./graphs.ts";

export interface SpikingOptions {
  readonly seed: number;
  /** Layers besides input and heads, about. */
  readonly layers: number;
  readonly neuron: NeuronKind;
  readonly pool: SpikePooling;
  readonly levels: number;
  readonly delay: number;
  readonly vInit: number;
  readonly firingThreshold: number;
  readonly bits: number;
  /** 1 where absent. */
  readonly phases?: number;
}

interface Output {
  readonly name: string;
  readonly shape: Shape;
}

const integer = (random: Random, min: number, max: number) => min + Math.floor(random() * (max - min + 1));
const pick = <T>(random: Random, choices: readonly T[]): T => choices[Math.floor(random() * choices.length)];

/** A DNN of random topology; activations have no λ yet. @param hasProducts which only trackers can follow. */
function randomNetwork(seed: number, layerCount: number, hasProducts: boolean): Graph {
  const random = seededRandom(seed);
  const layers: Layer[] = [];
  const outputs: Output[] = [];
  const channels = () => pick(random, [1, 3, 5, 8, 12, 17, 31, 40, 67]);

  function add(layer: Layer): Output {
    layers.push(layer);
    const shape = inferShapes(graphOf(layers)).get(layer.name) as Shape;
    return { name: layer.name, shape };
  }
  function convolve(source: Output, groups: number, outC: number, name: string): Output {
    const room = Math.min(source.shape[1], source.shape[2]);
    const size = pick(
      random,
      [1, 3, 3, 2, 5].filter((extent) => extent <= room + 2),
    );
    const padding = integer(random, Math.max(0, Math.ceil((size - room) / 2)), Math.floor(size / 2));
    const stride = pick(random, [1, 1, 1, 2, 3]);
    return add(convolution(name, source.name, [outC, source.shape[0], size], random, { stride, padding, groups }));
  }
  /** Kernels, dilations and pads that differ from side to side; the output is never empty. */
  function convolveUnevenly(source: Output, groups: number, outC: number, name: string): Output {
    const [kH, kW] = [integer(random, 1, 4), integer(random, 1, 4)];
    const dilations = [integer(random, 1, 2), integer(random, 1, 3)] as const;
    const lacking = [kH, kW].map((k, axis) => Math.max(0, (k - 1) * dilations[axis] + 1 - source.shape[axis + 1]));
    const pad = (axis: 0 | 1) => lacking[axis] + integer(random, 0, 2);
    const stride = pick(random, [1, 1, 2]);
    const pads = [pad(0), pad(1), integer(random, 0, 2), integer(random, 0, 2)] as const;
    const window = { strides: [stride, stride] as const, dilations, pads, groups };
    return add(convolution(name, source.name, [outC, source.shape[0], kH, kW], random, window));
  }
  function activate(source: Output): Output {
    const slope = pick(random, [0, 0.1, 0.25, 1]);
    return add({ kind: "activation", name: `${source.name}_act`, inputs: [source.name], activation: twoSloped(slope) });
  }

  const input = add({
    kind: "input",
    name: "input",
    inputs: [],
    shape: [pick(random, [1, 3, 4]), integer(random, 5, 14), integer(random, 5, 14)],
  });
  outputs.push(activate(convolve(input, 1, channels(), "first")));
  if (random() < 0.3) outputs.push(activate(convolve(input, 1, channels(), "second")));

  for (let k = 0; k < layerCount; k++) {
    const source = pick(random, outputs);
    const [c, height, width] = source.shape;
    const name = `layer${k}`;
    const alike = outputs.filter(({ shape }) => shape[1] === height && shape[2] === width);
    const kind = pick(random, [
      "conv",
      "conv",
      "conv",
      "uneven",
      "depthwise",
      "grouped",
      "pool",
      "upsample",
      "insertZeros",
      "concat",
      "slice",
      "sum",
      ...(hasProducts ? ["product", "product"] : []),
    ]);
    if (kind === "conv") outputs.push(activate(convolve(source, 1, channels(), name)));
    else if (kind === "uneven") outputs.push(activate(convolveUnevenly(source, 1, channels(), name)));
    else if (kind === "depthwise")
      outputs.push(activate((random() < 0.7 ? convolve : convolveUnevenly)(source, c, c, name)));
    else if (kind === "grouped") {
      const groups = pick(random, [1, 2, 3, 4, 5].filter((count) => count === 1 || c % count === 0).slice(-2));
      const perGroup = pick(random, [1, 3, 8, 16]);
      outputs.push(activate(convolve(source, groups, groups * perGroup, name)));
    } else if (kind === "pool") {
      const size = integer(random, 1, 4);
      const padding = integer(random, Math.max(0, size - Math.min(height, width)), size - 1);
      const stride = integer(random, 1, 3);
      // Darknet's rule may leave a last window wholly outside.
      const isEmpty = [height, width].some((extent) => {
        const out = Math.floor((extent + padding - size) / stride) + 1;
        return (out - 1) * stride - Math.floor(padding / 2) >= extent;
      });
      if (!isEmpty)
        outputs.push(add({ kind: "maxPool", name, inputs: [source.name], ...darknetPool(size, stride, padding) }));
    } else if (kind === "upsample" && height * width < 100) {
      outputs.push(add({ kind: "upsample", name, inputs: [source.name], factor: integer(random, 2, 3) }));
    } else if (kind === "insertZeros" && height * width < 100) {
      const factor = integer(random, 2, 3);
      const spread = add({ kind: "insertZeros", name: `${name}_zeros`, inputs: [source.name], factor });
      const transposed = convolution(name, spread.name, [channels(), c, integer(random, 1, 3)], random, { stride: 1 });
      outputs.push(activate(add({ ...transposed, insertedZeros: factor })));
    } else if (kind === "product") {
      // By a signal of the same shape, by a gate of each channel, or by a map of all channels.
      const same = outputs.filter(({ shape }) => shape.join() === source.shape.join());
      const factors = [
        () => pick(random, same),
        () => activate(add(convolution(`${name}_gate`, source.name, [c, c, height, width], random, { padding: 0 }))),
        () => activate(add(convolution(`${name}_map`, source.name, [1, c, 1], random))),
      ];
      const other = pick(random, factors)();
      if (other.shape[1] === 1 || other.shape[1] === height)
        outputs.push(activate(add({ kind: "product", name, inputs: [source.name, other.name] })));
    } else if (kind === "concat") {
      const inputs = Array.from({ length: integer(random, 1, 3) }, () => pick(random, alike).name);
      outputs.push(add({ kind: "concat", name, inputs }));
    } else if (kind === "slice") {
      const start = integer(random, 0, c - 1);
      outputs.push(add({ kind: "slice", name, inputs: [source.name], start, count: integer(random, 1, c - start) }));
    } else if (kind === "sum") {
      // A shortcut around a convolution whose current goes to the sum's neurons directly, or a sum of spikes only.
      const same = outputs.filter(({ shape }) => shape.join() === source.shape.join());
      const terms = [source.name, pick(random, same).name];
      if (random() < 0.7) {
        const groups = random() < 0.3 ? c : 1;
        terms.push(add(convolution(`${name}_conv`, source.name, [c, c, 3], random, { groups })).name);
      }
      outputs.push(activate(add({ kind: "sum", name, inputs: terms })));
    }
  }
  const heads = random() < 0.4 ? 2 : 1;
  for (let k = 0; k < heads; k++) {
    const source = outputs[outputs.length - 1 - k] ?? outputs[0];
    const classes = integer(random, 1, 4);
    const raw = add(convolution(`raw${k}`, source.name, [5 + classes, source.shape[0], 1], random));
    add({ kind: "region", name: `head${k}`, inputs: [raw.name], classes, anchors: [1, 1], softmax: true });
  }
  return graphOf(layers);
}

/** One of each kind, so that a function without an example does not compile. */
export const exampleActivations: { readonly [F in FunctionName]: Activation } = {
  linear: { fn: "linear" },
  relu: { fn: "relu" },
  leaky: { fn: "leaky", slope: 0.1 },
  sigmoid: { fn: "sigmoid" },
  tanh: { fn: "tanh" },
  silu: { fn: "silu" },
  mish: { fn: "mish" },
  gelu: { fn: "gelu" },
  elu: { fn: "elu", alpha: 1 },
  clip: { fn: "clip", min: 0, max: 1.5 },
  hardSigmoid: { fn: "hardSigmoid", alpha: 1 / 6, beta: 0.5 },
  hardSwish: { fn: "hardSwish" },
  ramp: { fn: "ramp" },
  selu: { fn: "selu" },
  loggy: { fn: "loggy" },
  hardMish: { fn: "hardMish" },
};

/** The network with half of its functions drawn anew from all that there are, and here and there an island before a convolution. */
function withAnyFunction(graph: Graph, random: Random): Graph {
  const all = Object.values(exampleActivations);
  const shapes = inferShapes(graph);
  const byName = layersByName(graph);
  const layers = graph.layers.flatMap((layer): Layer[] => {
    if (layer.kind === "activation" && random() < 0.5) return [{ ...layer, activation: pick(random, all) }];
    const source = byName.get(layer.inputs[0]);
    if (layer.kind !== "convolution" || source?.kind === "input" || source?.kind === "insertZeros" || random() > 0.12)
      return [layer];
    const island = softmaxIsland(`${layer.name}_island`, layer.inputs[0], shapes.get(layer.inputs[0]) as Shape);
    return [island, { ...layer, inputs: [island.name] }];
  });
  return { ...graph, layers };
}

/** A softmax over channels: what no neuron computes. */
function softmaxIsland(name: string, input: string, shape: Shape): Layer {
  const bytes = encodeOnnx({
    nodes: [{ op: "Softmax", inputs: ["x"], outputs: ["y"], attributes: { axis: 1 } }],
    constants: [],
    inputs: [{ name: "x", shape: [1, ...shape] }],
    outputs: [{ name: "y", shape: [1, ...shape] }],
  });
  const model = tensor("int8", [bytes.length], new Int8Array(bytes));
  const names = { inputNames: ["x"], outputName: "y", operators: ["Softmax"], macs: 0 };
  return { kind: "island", name, inputs: [input], shape, model, ...names };
}

/** λ of random size for every activation, and scales for what enters sums as spikes: what normalization would give. */
function normalized(graph: Graph, random: Random): Graph {
  const byName = layersByName(graph);
  const shapes = inferShapes(graph);
  const perChannel = (name: string, low: number, high: number) => {
    const [channels] = shapes.get(name) as Shape;
    return floatTensor(
      [channels],
      Float32Array.from({ length: channels }, () => low + (high - low) * random()),
    );
  };
  const layers = graph.layers.map((layer): Layer => {
    if (layer.kind === "activation") {
      const greatest = pick(random, [2, 2, 0.1, 30]);
      return { ...layer, lambda: perChannel(layer.name, greatest * pick(random, [0.25, 0.001, 0]), greatest) };
    }
    if (layer.kind === "product") return { ...layer, factors: perChannel(layer.name, pick(random, [0, 0.1, 1]), 3) };
    if (layer.kind === "island")
      return { ...layer, inputLambdas: layer.inputs.map((name) => perChannel(name, 0.5, 2)) };
    if (layer.kind !== "sum") return layer;
    const scales = layer.inputs.map((name) =>
      byName.get(name)?.kind === "convolution" ? null : perChannel(layer.name, 0.2, 1),
    );
    return { ...layer, scales };
  });
  return { ...graph, layers };
}

export function randomSpikingGraph(options: SpikingOptions): Graph {
  const { seed, layers, neuron } = options;
  const network = randomNetwork(seed, layers, neuron === "tracker");
  return spikingOf(neuron === "tracker" ? withAnyFunction(network, seededRandom(seed + 2)) : network, options);
}

/** A DNN whose activations have no λ yet, as a spiking network with random ones. */
export function spikingOf(network: Graph, options: SpikingOptions): Graph {
  const { seed, layers: _, bits, phases = 1, ...given } = options;
  const isTracker = given.neuron === "tracker";
  // Trackers start from nothing.
  const neurons = isTracker ? { ...given, vInit: 0 } : given;
  const placed = normalized(placePopulations(network), seededRandom(seed + 1));
  const frame = isTracker ? { frameUnits: frameUnitsOf(8, phases) } : {};
  const simulation = { timeSteps: 8, encoding: "constant", decode: "vmem", phases, ...frame } as const;
  return quantizeWeights(assignNeurons(placed, { ...neurons, simulation }), bits);
}

/** One of them, for tests that are about something else. */
export function smallSpikingGraph(): Graph {
  return randomSpikingGraph({
    seed: 21,
    layers: 4,
    neuron: "takeback",
    pool: "delta",
    levels: 1,
    delay: 0,
    vInit: 0,
    firingThreshold: 0.5,
    bits: 8,
  });
}

/** Weights drawn anew at the edges of what `bits` allow: sums reach what int16 lanes must be emptied for. */
export function withExtremeWeights(graph: Graph, bits: number, random: Random): Graph {
  const limit = 2 ** (bits - 1) - 1;
  const extreme = (layer: ConvolutionLayer): ConvolutionLayer => ({
    ...layer,
    weights: { ...layer.weights, data: layer.weights.data.map(() => (random() < 0.9 ? limit : -limit)) },
  });
  return { ...graph, layers: graph.layers.map((layer) => (layer.kind === "convolution" ? extreme(layer) : layer)) };
}
