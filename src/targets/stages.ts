/**
 * A network as chips see it: stages, each a convolution with the neurons behind it and the pools behind those, and who sends to
 * whom. What is none of this (concatenation, enlargement, …) is listed by name, since few chips do it.
 */
import { sizeOf } from "../core/tensor.ts";
import type { Activation } from "../functions/function.ts";
import { type Graph, inferShapes } from "../graph/graph.ts";
import type { Shape } from "../graph/layer-kinds.ts";
import {
  type AveragePoolLayer,
  type ConvolutionLayer,
  isHead,
  isPopulation,
  type Layer,
  type LayerKind,
  type MaxPoolLayer,
  type NeuronKind,
  windowOf,
} from "../graph/layers.ts";
import { isMeanPool } from "../graph/mean-pool.ts";
import { bitsOf } from "../graph/weight-bits.ts";
import type { Window } from "../graph/windows.ts";

export interface StagePool extends Pick<Window, "size" | "strides" | "pads"> {
  readonly name: string;
  /** `mean` stands for a sum too: the factor goes into the next layer's weights. */
  readonly kind: "max" | "mean";
}

/** What the neurons of a stage are; before conversion what stands for them is the function alone. */
export interface StageNeurons {
  readonly name: string;
  readonly activation: Activation;
  readonly neuron: NeuronKind;
  /** Greatest spike of a step. */
  readonly levels: number;
  /** Whether a head reads them: their charge is the result, their spikes go nowhere. */
  readonly isReadout: boolean;
}

export interface Stage extends Window {
  /** The convolution's, or the sum's. */
  readonly name: string;
  readonly kind: "convolution" | "sum";
  readonly input: Shape;
  /** Of the neurons, before pools. */
  readonly output: Shape;
  readonly groups: number;
  readonly hasBias: boolean;
  /** That its weights take; 32 where they are float. */
  readonly weightBits: number;
  /** Absent where the currents go straight to a sum's neurons. */
  readonly neurons: StageNeurons | undefined;
  readonly pools: readonly StagePool[];
  /** Stages whose spikes come here; none: the picture does. */
  readonly sources: readonly string[];
}

/** A layer that is no convolution, neuron or pool. */
export interface OtherLayer {
  readonly name: string;
  readonly kind: LayerKind;
}

export interface ChipNetwork {
  readonly input: Shape;
  readonly stages: readonly Stage[];
  readonly others: readonly OtherLayer[];
  /** Bits of a weight; 32 where they are float. */
  readonly weightBits: number;
  /** Leading steps whose spikes weigh more; 1: none. */
  readonly phases: number;
  readonly timeSteps: number;
}

/** Synapses that end at a neuron of the stage. */
export function fanIn({ kind, size, input, groups, sources }: Stage): number {
  return kind === "sum" ? sources.length : (size[0] * size[1] * input[0]) / groups;
}

/** Weights that are stored once for all places. */
export function weightCount(stage: Stage): number {
  return stage.output[0] * fanIn(stage);
}

export function neuronCount({ neurons, output }: Stage): number {
  return neurons ? sizeOf(output) : 0;
}

type Draft = { -readonly [K in keyof Stage]: Stage[K] };

/** What a layer's output is made of: stages that send it, and the one that a pool or neurons may still be added to. */
interface Signal {
  readonly from: readonly Draft[];
  readonly open: Draft | undefined;
}

/** The network of a spiking graph, which says what its neurons are. */
export function stagesOf(graph: Graph): ChipNetwork {
  const shapes = inferShapes(graph);
  const shapeOf = (name: string) => shapes.get(name) as Shape;
  const signals = new Map<string, Signal>();
  const stages: Draft[] = [];
  const others: OtherLayer[] = [];
  let weightBits = 0;
  const begin = (draft: Draft): Signal => {
    stages.push(draft);
    return { from: [draft], open: draft };
  };
  for (const layer of graph.layers) {
    if (isHead(layer)) continue;
    const inputs = layer.inputs.map((name) => signals.get(name) as Signal);
    const merged = { from: [...new Set(inputs.flatMap(({ from }) => from))], open: undefined };
    const open = inputs.length === 1 ? inputs[0].open : undefined;
    const pool = poolOf(layer);
    if (layer.kind === "convolution") weightBits = Math.max(weightBits, bitsOf(layer.weights));
    if (layer.kind === "input") signals.set(layer.name, { from: [], open: undefined });
    else if (isPopulation(layer) && open && (!open.neurons || isAfterPool(open, layer.inputs[0]))) {
      if (!open.neurons) open.neurons = neuronsOf(layer);
      signals.set(layer.name, { from: [open], open });
    } else if (pool && open?.neurons) {
      open.pools = [...open.pools, pool];
      signals.set(layer.name, { from: [open], open });
    } else if (layer.kind === "convolution") {
      const sources = merged.from.map(({ name }) => name);
      signals.set(layer.name, begin(convolutionStage(layer, shapeOf(layer.inputs[0]), shapeOf(layer.name), sources)));
    } else if (layer.kind === "sum" || layer.kind === "product") {
      others.push({ name: layer.name, kind: layer.kind });
      const sources = merged.from.map(({ name }) => name);
      signals.set(layer.name, begin(sumStage(layer.name, shapeOf(layer.name), sources)));
    } else {
      others.push({ name: layer.name, kind: layer.kind });
      signals.set(layer.name, merged);
    }
  }
  const input = graph.layers.find(({ kind }) => kind === "input") as Layer;
  const { phases = 1, timeSteps = 1 } = graph.simulation ?? {};
  return { input: shapeOf(input.name), stages, others, weightBits, phases, timeSteps };
}

/** Whether these neurons only pass on what a mean pool gives: conversion puts linear ones behind each. */
function isAfterPool({ pools }: Draft, input: string): boolean {
  return pools.at(-1)?.name === input && pools.at(-1)?.kind === "mean";
}

function neuronsOf(layer: Layer & { kind: "integrateFire" | "readout" }): StageNeurons {
  const { name, activation, neuron, levels, kind } = layer;
  return { name, activation, neuron, levels, isReadout: kind === "readout" };
}

/** A pool, or the convolution of each channel by equal weights that conversion makes of a mean. */
function poolOf(layer: Layer): StagePool | undefined {
  if (layer.kind === "maxPool") return fields(layer, "max");
  if (layer.kind === "averagePool") return fields(layer, "mean");
  if (layer.kind !== "convolution" || !isMeanPool(layer)) return undefined;
  const { name, strides, pads } = layer;
  return { name, kind: "mean", size: windowOf(layer).size, strides, pads };
}

function fields({ name, size, strides, pads }: MaxPoolLayer | AveragePoolLayer, kind: "max" | "mean"): StagePool {
  return { name, kind, size, strides, pads };
}

function convolutionStage(layer: ConvolutionLayer, input: Shape, output: Shape, sources: readonly string[]): Draft {
  const { name, groups, bias } = layer;
  const hasBias = bias?.data.some((value) => value !== 0) ?? false;
  return {
    ...windowOf(layer),
    name,
    kind: "convolution",
    input,
    output,
    groups,
    hasBias,
    weightBits: bitsOf(layer.weights),
    neurons: undefined,
    pools: [],
    sources,
  };
}

function sumStage(name: string, shape: Shape, sources: readonly string[]): Draft {
  const window = { size: [1, 1], strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] } as const;
  const facts = { groups: shape[0], hasBias: false, weightBits: 0, neurons: undefined, pools: [], sources };
  return { ...window, name, kind: "sum", input: shape, output: shape, ...facts };
}
