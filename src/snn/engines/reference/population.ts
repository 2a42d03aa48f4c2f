/** A population of neurons [C, H, W]: their state, one step, and what is recorded of them. */
import type { Shape } from "../../../graph/layer-kinds.ts";
import type { Population } from "../../../graph/layers.ts";
import { integrate, neuronModels } from "../../neuron.ts";
import { isIntegerTensor } from "../../neurons/threshold-parameters.ts";
import type { Frame } from "./frames.ts";

/** Counts and membranes after the step of a checkpoint. */
export interface Snapshot {
  readonly counts: Int32Array;
  readonly membranes: Float64Array;
  readonly spikes: number;
}

export interface PopulationState {
  /** Begins a frame: spikes are counted from here on. */
  begin(): void;
  /** Adds the currents of a step of this weight to the membranes. */
  integrate(currents: Frame, weight: number): void;
  /** Adds what comes once, before the first step. */
  receive(constants: Frame | null): void;
  /** Fires and resets every neuron once, in a step of this weight; gives the spikes. */
  fire(weight: number): Frame;
  snapshot(): Snapshot;
}

/** @param frameUnits unit steps of a frame that is given as a whole; of no meaning to others. */
export function populationState(
  population: Population,
  [channels, height, width]: Shape,
  frameUnits: number,
): PopulationState {
  const neurons = neuronModels[population.neuron].neurons(population, frameUnits);
  const isInteger = isIntegerTensor(population.vTh);
  const area = height * width;
  const vMem = Float64Array.from({ length: channels * area }, (_, i) => neurons[Math.floor(i / area)].start);
  const netCount = new Int32Array(channels * area);
  let total = 0;
  return {
    begin() {
      total = 0;
    },
    integrate(currents, weight) {
      for (let i = 0; i < vMem.length; i++) vMem[i] = integrate(vMem[i], weight * currents[i], isInteger);
    },
    receive(constants) {
      if (constants) for (let i = 0; i < vMem.length; i++) vMem[i] = integrate(vMem[i], constants[i], isInteger);
    },
    fire(weight) {
      const spikes = new Float64Array(vMem.length);
      for (let i = 0; i < vMem.length; i++) {
        const neuron = neurons[Math.floor(i / area)];
        const spike = neuron.fire(vMem[i], netCount[i], weight);
        if (spike === 0) continue;
        vMem[i] -= neuron.given(netCount[i], spike, weight);
        netCount[i] += weight * spike;
        spikes[i] = spike;
        total += Math.abs(spike);
      }
      return spikes;
    },
    snapshot: () => ({ counts: netCount.slice(), membranes: vMem.slice(), spikes: total }),
  };
}
