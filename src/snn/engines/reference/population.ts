/** A population of neurons [C, H, W]: their state, one step, and what is recorded of them. */
import type { Shape } from "../../../graph/layer-kinds.ts";
import type { Population } from "../../../graph/layers.ts";
import { integrate, isIntegerTensor, neuronModels, neuronParameters } from "../../neuron.ts";
import type { Frame } from "./frames.ts";

/** Counts and membranes after the step of a checkpoint. */
export interface Snapshot {
  readonly counts: Int32Array;
  readonly membranes: Float64Array;
  readonly spikes: number;
}

export interface PopulationState {
  /** Adds the currents of a step of this weight to the membranes. */
  integrate(currents: Frame, weight: number): void;
  /** Fires and resets every neuron once, in a step of this weight; gives the spikes. */
  fire(weight: number): Frame;
  snapshot(): Snapshot;
}

export function populationState(population: Population, [channels, height, width]: Shape): PopulationState {
  const parameters = neuronParameters(population);
  const { fire, given } = neuronModels[population.neuron];
  const isInteger = isIntegerTensor(population.vTh);
  const area = height * width;
  const vMem = Float64Array.from({ length: channels * area }, (_, i) => parameters[Math.floor(i / area)].vStart);
  const netCount = new Int32Array(channels * area);
  let total = 0;
  return {
    integrate(currents, weight) {
      for (let i = 0; i < vMem.length; i++) vMem[i] = integrate(vMem[i], weight * currents[i], isInteger);
    },
    // A step of weight w is a step of weight 1 in which V and n are counted in w: exact, since w is a power of two.
    fire(weight) {
      const spikes = new Float64Array(vMem.length);
      for (let i = 0; i < vMem.length; i++) {
        const channel = parameters[Math.floor(i / area)];
        const n = netCount[i] / weight;
        const spike = fire(vMem[i] / weight, n, channel);
        if (spike === 0) continue;
        vMem[i] -= weight * given(n, spike, channel);
        netCount[i] += weight * spike;
        spikes[i] = spike;
        total += Math.abs(spike);
      }
      return spikes;
    },
    snapshot: () => ({ counts: netCount.slice(), membranes: vMem.slice(), spikes: total }),
  };
}
