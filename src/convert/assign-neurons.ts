/**
 * Replaces activations by neurons: `integrateFire` populations within the network, `readout` populations before heads.
 *
 * V_th = 1. The negative threshold follows from the function's slope below zero, as the kind of neuron has it.
 */
import { ConversionError } from "../core/errors.ts";
import { floatTensor } from "../core/tensor.ts";
import { consumersOf, derive, type Graph, type SimulationSettings } from "../graph/graph.ts";
import {
  type ActivationLayer,
  type ConvolutionLayer,
  isHead,
  type Layer,
  type NeuronKind,
  type Population,
  type ProductLayer,
  type SpikePooling,
} from "../graph/layers.ts";
import { neuronModels } from "../snn/neuron.ts";

export interface NeuronOptions {
  readonly neuron: NeuronKind;
  readonly pool: SpikePooling;
  /** Greatest spike per step. */
  readonly levels: number;
  /** Steps of input before a population's first spike. */
  readonly delay: number;
  /** Initial membrane potential as a part of V_th. */
  readonly vInit: number;
  /** Part of the threshold at which take-back neurons fire. */
  readonly firingThreshold: number;
  /** The same for steps that weigh more than 1; absent: no other. */
  readonly leadingThreshold?: number | undefined;
  readonly simulation: SimulationSettings;
}

/** @throws ConversionError [E_NORMALIZE] where weights are not normalized yet; [E_FUNCTION] where no such neuron follows the function. */
export function assignNeurons(graph: Graph, options: NeuronOptions): Graph {
  const consumers = consumersOf(graph);
  const layers = graph.layers.map((layer): Layer => {
    if (layer.kind === "maxPool") return { ...layer, pooling: options.pool };
    if (layer.kind === "convolution") return withFrameBias(layer, options.simulation.frameUnits);
    if (layer.kind === "product") return withFrameFactors(layer, options.simulation.frameUnits);
    if (layer.kind !== "activation") return layer;
    const { name, inputs } = layer;
    const population = populationFor(layer, options);
    if (consumers.get(name)?.some(isHead)) return { kind: "readout", name, inputs, ...population };
    return { kind: "integrateFire", name, inputs, ...population, delay: options.delay };
  });
  const { neuron, pool, levels, delay, vInit, firingThreshold, leadingThreshold, simulation } = options;
  const line = `assignNeurons neuron=${neuron} pool=${pool} levels=${levels} phases=${simulation.phases ?? 1} delay=${delay} vInit=${vInit} firingThreshold=${firingThreshold}${leadingThreshold === undefined ? "" : ` leadingThreshold=${leadingThreshold}`}`;
  return derive(graph, line, { layers, simulation });
}

/** Where a frame's constants come at once, the bias is all of the frame's. */
function withFrameBias(layer: ConvolutionLayer, frameUnits: number | undefined): ConvolutionLayer {
  if (frameUnits === undefined || !layer.bias) return layer;
  const { shape, data } = layer.bias;
  return {
    ...layer,
    bias: floatTensor(
      shape,
      Float32Array.from(data, (value) => value * frameUnits),
    ),
  };
}

/** Counts n of a frame's units U stand for n/U each, so a product of two counts for 1/U² and what is to be sent of it for 1/U. */
function withFrameFactors(layer: ProductLayer, frameUnits: number | undefined): ProductLayer {
  const { name, factors } = layer;
  if (!factors) throw new ConversionError("E_NORMALIZE", `${name} has no factors: run normalizeWeights first`);
  if (frameUnits === undefined)
    throw new ConversionError(
      "E_FUNCTION",
      `${name} [product] multiplies two signals, which only trackers can follow. Convert with --neuron tracker`,
    );
  return {
    ...layer,
    factors: floatTensor(
      factors.shape,
      Float32Array.from(factors.data, (value) => value / frameUnits),
    ),
  };
}

function populationFor(layer: ActivationLayer, options: NeuronOptions): Population {
  const { name, activation, lambda } = layer;
  if (!lambda) throw new ConversionError("E_NORMALIZE", `${name} has no λ: run normalizeWeights first`);
  const { neuron, levels, vInit, firingThreshold, leadingThreshold } = options;
  const perChannel = (value: number) => floatTensor(lambda.shape, new Float32Array(lambda.data.length).fill(value));
  const model = neuronModels[neuron];
  if (!model.follows(activation)) {
    throw new ConversionError(
      "E_FUNCTION",
      `${name} is ${activation.fn}; ${neuron} neurons follow functions of two straight lines only (linear, relu, leaky). Convert with --neuron tracker`,
    );
  }
  const vThNeg = model.negativeThreshold(activation);
  return {
    neuron,
    activation,
    lambda,
    vTh: perChannel(1),
    vThNeg: vThNeg === null ? null : perChannel(vThNeg),
    vInit,
    firingThreshold,
    ...(leadingThreshold === undefined ? {} : { leadingThreshold }),
    levels,
  };
}
