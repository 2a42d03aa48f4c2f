/** Constants of neurons with thresholds, channel by channel, and what a step's weight does to them. */
import type { Tensor } from "../../core/tensor.ts";
import type { Population } from "../../graph/layers.ts";
import type { NeuronModel } from "./neuron-model.ts";

/** One channel's constants. */
export interface NeuronParameters {
  readonly vTh: number;
  /** Infinity where nothing negative is sent. */
  readonly vThNeg: number;
  /** Take-back neurons fire at these: `firingThreshold` times the cost of a positive or negative spike. */
  readonly fireAt: number;
  readonly fireAtNeg: number;
  /** Greatest spike of a step. */
  readonly levels: number;
  /** Membrane potential at the start. */
  readonly vStart: number;
}

/** What such a neuron does in a step of weight 1. */
export interface UnitStep {
  readonly fire: (v: number, n: number, parameters: NeuronParameters) => number;
  readonly given: (n: number, spike: number, parameters: NeuronParameters) => number;
}

/** A step of weight w is a step of weight 1 in which V and n are counted in w: exact, since w is a power of two. */
export function thresholdNeurons({ fire, given }: UnitStep): NeuronModel["neurons"] {
  return (population) =>
    neuronParameters(population).map((parameters) => ({
      start: parameters.vStart,
      target: null,
      fire: (v, n, weight) => fire(v / weight, n / weight, parameters),
      given: (n, spike, weight) => weight * given(n / weight, spike, parameters),
    }));
}

/** The constants of every channel of a population. */
export function neuronParameters(population: Population): readonly NeuronParameters[] {
  const { levels, vInit, firingThreshold } = population;
  const isInteger = isIntegerTensor(population.vTh);
  const scaled = (factor: number, value: number) =>
    isInteger && Number.isFinite(value) ? Math.round(factor * value) : factor * value;
  return Array.from(population.vTh.data, (vTh, channel) => {
    const vThNeg = population.vThNeg ? population.vThNeg.data[channel] : Number.POSITIVE_INFINITY;
    const fireAt = scaled(firingThreshold, vTh);
    return {
      levels,
      vTh,
      vThNeg,
      fireAt,
      fireAtNeg: scaled(firingThreshold, vThNeg),
      vStart: scaled(vInit, vTh),
    };
  });
}

export function isIntegerTensor({ dtype }: Tensor): boolean {
  return dtype !== "float32" && dtype !== "float64";
}
