/**
 * The layer kinds, as one discriminated union. A DNN and its SNN are both made of these: conversion replaces
 * `activation` layers by `integrateFire` populations (and by `readout` populations before the heads).
 *
 * Signals: an `input`, `activation`, `integrateFire`, `maxPool` carries values (in an SNN: spikes, small signed integers
 * per step); a `convolution`, a `sum` and a `product` carry currents; `concat`, `slice`, `upsample`, `insertZeros` carry what they are given.
 */

import type { FloatTensor, Tensor } from "../core/tensor.ts";
import type { Activation } from "../functions/function.ts";
import type { DflHead, GaussianYoloHead, HeadKind, RegionHead, TailHead, YoloHead } from "../heads/head.ts";
import { headKinds } from "../heads/heads.ts";
import type { Pads, Pair, Window } from "./windows.ts";

interface LayerBase {
  /** Unique in the graph; letters, digits, `_`, `-`. */
  readonly name: string;
  /** Names of the layers that feed this one, in order; all stand before it in the graph. */
  readonly inputs: readonly string[];
}

/** The picture: values in [0, 1]. */
export interface InputLayer extends LayerBase {
  readonly kind: "input";
  /** [channels, height, width]. */
  readonly shape: readonly [number, number, number];
}

/** Cross-correlation. In an integer graph: current = (Σ W·s)·2^shift + bias. */
export interface ConvolutionLayer extends LayerBase {
  readonly kind: "convolution";
  /** [outC, inC / groups, kH, kW]; float32, or int8 / int16 after quantization. */
  readonly weights: Tensor;
  /** [outC]; float32, or int32 (already scaled by 2^shift) after quantization; absent before batch norm. */
  readonly bias?: Tensor;
  readonly strides: Pair;
  readonly dilations: Pair;
  /** Zeros beyond each edge. */
  readonly pads: Pads;
  readonly groups: number;
  /** Extra fractional bits of the integer current; absent in float graphs. */
  readonly shift?: number;
  /** Factor of the `insertZeros` layer that this convolution of stride 1 reads: multiplications by its zeros are no work. */
  readonly insertedZeros?: number;
  /** Mean of each input channel over calibration pictures [inC]; in fractions of λ after normalization. For the rounding of weights. */
  readonly inputMean?: FloatTensor;
}

/** Inference batch normalization: scale·(x − mean)/√(variance + ε) + bias, per channel. All tensors [C]. */
export interface BatchNormLayer extends LayerBase {
  readonly kind: "batchNorm";
  readonly scale: FloatTensor;
  readonly bias: FloatTensor;
  readonly mean: FloatTensor;
  readonly variance: FloatTensor;
  readonly epsilon: number;
}

/** A function of every value by itself; `src/functions` holds what is known of each. */
export interface ActivationLayer extends LayerBase {
  readonly kind: "activation";
  readonly activation: Activation;
  /** What calibration saw of |f(x)|; the source of λ. */
  readonly statistics?: ActivationStatistics;
  /** λ [C] that training rounded with: what stands for it are all units of a frame. */
  readonly trainedLambda?: FloatTensor;
  /** λ [C], set by weight normalization: from then on the layer's values are fractions of it. */
  readonly lambda?: FloatTensor;
}

/** Percentiles of |f(x)| over calibration pictures. */
export interface ActivationStatistics {
  /** Which values were counted. */
  readonly sample: "all" | "nonzero";
  /** In percent, rising. */
  readonly percentiles: readonly number[];
  /** [C, percentiles]. */
  readonly channel: FloatTensor;
  /** [percentiles]. */
  readonly layer: FloatTensor;
  /** Values that were counted of each channel; absent, as what follows, in files of earlier versions. */
  readonly count?: number;
  /** Means of f′(x)² and of f(x)² [C]. */
  readonly slope?: FloatTensor;
  readonly power?: FloatTensor;
}

/** The greatest value of each window; beyond the edges lie cells of −∞. */
export interface MaxPoolLayer extends LayerBase {
  readonly kind: "maxPool";
  readonly size: Pair;
  readonly strides: Pair;
  readonly pads: Pads;
  /** How spikes are pooled; set when neurons are assigned. */
  readonly pooling?: SpikePooling;
}

/** The mean of each window. A convolution with equal weights: conversion makes it one. */
export interface AveragePoolLayer extends LayerBase {
  readonly kind: "averagePool";
  readonly size: Pair;
  readonly strides: Pair;
  readonly pads: Pads;
  /** Whether cells beyond the edges count as zeros; otherwise the mean is of those within. */
  readonly countsPads: boolean;
}

/** `delta`: the change of the greatest count. `winner`: the spikes of the neuron with the greatest count. */
export type SpikePooling = "delta" | "winner";

/** Nearest-neighbour enlargement. */
export interface UpsampleLayer extends LayerBase {
  readonly kind: "upsample";
  readonly factor: number;
}

/**
 * Each value becomes the first cell of `factor`² cells, and all others are zeros. A convolution of what comes of it is a transposed
 * convolution (fractionally strided: Dumoulin & Visin 2016, section 4).
 */
export interface InsertZerosLayer extends LayerBase {
  readonly kind: "insertZeros";
  readonly factor: number;
}

/** Along channels. */
export interface ConcatLayer extends LayerBase {
  readonly kind: "concat";
}

/** Channels [start, start + count). */
export interface SliceLayer extends LayerBase {
  readonly kind: "slice";
  readonly start: number;
  readonly count: number;
}

/** Sum of inputs of one shape. */
export interface SumLayer extends LayerBase {
  readonly kind: "sum";
  /** Per input a factor per channel [C], or null for 1: λ_branch/λ_sum after normalization; integers after quantization. */
  readonly scales?: readonly (Tensor | null)[];
  /** As in a convolution: scaled inputs are shifted left by so many bits. */
  readonly shift?: number;
}

/**
 * Product of two inputs: the first has the output's shape, the second has it too, or one value a channel [C, 1, 1] (a gate, as in
 * squeeze-and-excitation), or one a position [1, H, W]. In a spiking graph a current: what changes of the product of both net counts.
 */
export interface ProductLayer extends LayerBase {
  readonly kind: "product";
  /**
   * [C], set by weight normalization: λ_a·λ_b/λ_product, divided by a frame's units once neurons are assigned. After quantization 1 (0
   * where a channel is silent), since the threshold holds the rest.
   */
  readonly factors?: Tensor;
  /** As in a convolution: products are shifted left by so many bits. */
  readonly shift?: number;
}

/** How a neuron fires; `src/snn/neurons` defines each. */
export const neuronKinds = ["takeback", "ibt", "signed", "if", "tracker"] as const;
export type NeuronKind = (typeof neuronKinds)[number];

/** What an `integrateFire` and a `readout` population share. */
export interface Population {
  readonly neuron: NeuronKind;
  /** The function that the population stands for. */
  readonly activation: Activation;
  /** Normalization constant λ [C]: a net firing rate r stands for the activation λ·r. */
  readonly lambda: FloatTensor;
  /** Threshold V_th [C]: 1 in float graphs, an integer (int32) after quantization. */
  readonly vTh: Tensor;
  /** Magnitude of the negative threshold [C], V_th / slope for a slope below zero; null where nothing negative can be sent. */
  readonly vThNeg: Tensor | null;
  /** Initial membrane potential as a part of V_th. */
  readonly vInit: number;
  /** Part of the threshold at which take-back neurons and trackers fire: 0.5 rounds to nearest, more is hysteresis. */
  readonly firingThreshold: number;
  /** The same for steps that weigh more than 1, of trackers; absent: no other. 2/3 gives canonical digits, a quarter fewer spikes. */
  readonly leadingThreshold?: number | undefined;
  /** Greatest spike per step: 1 for binary signed spikes. */
  readonly levels: number;
}

/** A population of neurons: currents in, spikes out. */
export interface IntegrateFireLayer extends LayerBase, Population {
  readonly kind: "integrateFire";
  /** Steps of input that the population integrates before it fires for the first time. */
  readonly delay: number;
}

/** Output neurons: their charge is read as it is (V_mem decoding), their spikes are counted beside it. */
export interface ReadoutLayer extends LayerBase, Population {
  readonly kind: "readout";
}

/**
 * What no neuron computes (attention, interpolation), kept as the ONNX that it was: run densely, once a picture, on the values that its
 * inputs stand for when they have sent all that they send. Its own values enter the next layers as a picture does.
 */
export interface IslandLayer extends LayerBase {
  readonly kind: "island";
  /** [channels, height, width] of its output. */
  readonly shape: readonly [number, number, number];
  /** Bytes of a ModelProto [bytes]. */
  readonly model: Tensor<"int8">;
  /** In the ONNX model, of each input in order, and of the output. */
  readonly inputNames: readonly string[];
  readonly outputName: string;
  /** λ of each input [C], set by weight normalization: net counts stand for λ·n/U of it. */
  readonly inputLambdas?: readonly FloatTensor[];
  /** ONNX operators in it, each once. */
  readonly operators: readonly string[];
  /** Multiply-accumulates of its products of matrices and convolutions. */
  readonly macs: number;
}

export interface DflLayer extends LayerBase, DflHead {}
export interface TailLayer extends LayerBase, TailHead {}
export interface RegionLayer extends LayerBase, RegionHead {}
export interface YoloLayer extends LayerBase, YoloHead {}
export interface GaussianYoloLayer extends LayerBase, GaussianYoloHead {}

export type Layer =
  | InputLayer
  | ConvolutionLayer
  | BatchNormLayer
  | ActivationLayer
  | MaxPoolLayer
  | AveragePoolLayer
  | UpsampleLayer
  | InsertZerosLayer
  | ConcatLayer
  | SliceLayer
  | SumLayer
  | ProductLayer
  | IntegrateFireLayer
  | ReadoutLayer
  | IslandLayer
  | RegionLayer
  | YoloLayer
  | GaussianYoloLayer
  | DflLayer
  | TailLayer;

export type LayerKind = Layer["kind"];
export type LayerOf<K extends LayerKind> = Extract<Layer, { kind: K }>;
export type HeadLayer = LayerOf<HeadKind>;

export function isHead(layer: Layer): layer is HeadLayer {
  return Object.hasOwn(headKinds, layer.kind);
}

export function isPopulation(layer: Layer): layer is IntegrateFireLayer | ReadoutLayer {
  return layer.kind === "integrateFire" || layer.kind === "readout";
}

/** Layers whose spikes meet synapses: currents for the neurons behind, whose operations are counted. */
export function isSynaptic(layer: Layer): layer is ConvolutionLayer | SumLayer | ProductLayer {
  return layer.kind === "convolution" || layer.kind === "sum" || layer.kind === "product";
}

/** The windows that a layer slides over its input. */
export function windowOf(layer: ConvolutionLayer | MaxPoolLayer | AveragePoolLayer): Window {
  if (layer.kind !== "convolution") return { ...layer, dilations: [1, 1] };
  const { weights, strides, dilations, pads } = layer;
  return { size: [weights.shape[2], weights.shape[3]], strides, dilations, pads };
}
