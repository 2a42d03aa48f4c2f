/**
 * E. Lemaire, L. Cordone, A. Castagnetti, P.-E. Novac, J. Courtois, B. Miramond: "An Analytical Estimation of Spiking Neural Networks
 * Energy Efficiency", ICONIP 2022 (arXiv:2210.13107): every operand is fetched from a memory of its own, and a potential is read and
 * written for each synapse that a spike reaches. θ: spikes; K²: kernel positions; C_o: output channels; N: neurons; T: steps.
 *
 *     DNN    reads of inputs MAC (eq. 3), of weights MAC and biases N (6.1), writes N (11); MAC and N additions (1); addresses C_i·H·W + N + C_o·K² (16.1)
 *     SNN    reads of spikes θ_in (5), of weights θ_in·C_o·K² and biases T·N (7); potentials read and written θ_in·C_o·K² + T·N (9, 14); writes θ_out (13)
 *            θ_in·⌈K/S⌉²·C_o + T·N + θ_out additions (1.4); addresses 2·θ_in multiply-accumulates and θ_in·K² additions (16.2, 16.3)
 *
 * The picture, and islands, are multiplied as by a DNN, as the authors' code (qualia-plugin-snn, EnergyEstimationMetric) does with layers that do not
 * spike. A step of a tracker reads its function's table once.
 */
import { type EnergyModel, type EnergyParts, noEnergy } from "./model.ts";
import type { Connection, NeuronWork } from "./work.ts";

/** Picojoules of one access to a memory of so many values of so many bits. */
export type MemoryCost = (values: number, bits: number) => number;

/** Bits of the spiking network's weights and potentials. */
export interface Widths {
  readonly weights: number;
  readonly potentials: number;
}

export interface LemaireOptions {
  readonly memory: MemoryCost;
  readonly widths: Widths;
  /** Potentials stay in registers, and a DNN reads a value once for all output channels. */
  readonly keepsNear: boolean;
  /** Values that the queue of spikes between two layers holds. */
  readonly queue: number;
}

/** Addition and multiplication in picojoules: Horowitz 2014, as the authors. */
const add = { 8: 0.03, 32: 0.1 } as const;
const multiply = { 8: 0.2, 32: 3.1 } as const;

/** Entries of a tracker's table, two words of 32 bits each (`src/snn/neurons/integer-target.ts`). */
const tableValues = 2 * 2048;

export function lemaireEquations({
  memory,
  widths,
  keepsNear,
  queue,
}: LemaireOptions): Pick<EnergyModel, "dense" | "synapses" | "neurons"> {
  function multiplied(layer: Connection, macs: number, bits: 8 | 32): EnergyParts {
    const { inputs, outputs, weights, biases, kernel, fanOutChannels } = layer;
    const reads = keepsNear ? macs / fanOutChannels : macs;
    return {
      operations: macs * (multiply[bits] + add[bits]) + outputs * add[bits],
      weights: macs * memory(weights, bits) + (biases > 0 ? outputs * memory(biases, bits) : 0),
      states: 0,
      signals: reads * memory(inputs, bits) + outputs * memory(outputs, bits),
      addresses: (inputs + outputs + fanOutChannels * kernel[0] * kernel[1]) * add[bits],
    };
  }

  function synapses(layer: Connection): EnergyParts {
    const { spikesIn, kernel, strides, fanOutChannels, outputs, weights, remainingMacs, macs } = layer;
    if (layer.from !== "spikes") {
      // A DNN's layer, of which only what is new is computed.
      const all = multiplied(layer, macs, 32);
      return macs === 0 ? noEnergy : scaled(all, remainingMacs / macs);
    }
    const area = kernel[0] * kernel[1];
    const reached = spikesIn * fanOutChannels * area;
    const added = spikesIn * fanOutChannels * Math.ceil(kernel[0] / strides[0]) * Math.ceil(kernel[1] / strides[1]);
    return {
      operations: added * add[32],
      weights: reached * memory(weights, widths.weights),
      states: keepsNear ? 0 : 2 * reached * memory(outputs, widths.potentials),
      signals: spikesIn * memory(queue, widths.potentials),
      addresses: 2 * spikesIn * (multiply[32] + add[32]) + spikesIn * area * add[32],
    };
  }

  function neurons({ neurons: count, updates, lookups, biases, biasReads, spikesOut }: NeuronWork): EnergyParts {
    return {
      operations: (updates + spikesOut) * add[32],
      weights: biasReads * memory(biases, widths.weights) + lookups * memory(tableValues, 32),
      states: keepsNear ? 0 : 2 * updates * memory(count, widths.potentials),
      signals: spikesOut * memory(queue, widths.potentials),
      addresses: 0,
    };
  }
  return { dense: (layer, bits) => multiplied(layer, layer.macs, bits), synapses, neurons };
}

function scaled(parts: EnergyParts, factor: number): EnergyParts {
  const { operations, weights, states, signals, addresses } = parts;
  return {
    operations: factor * operations,
    weights: factor * weights,
    states: factor * states,
    signals: factor * signals,
    addresses: factor * addresses,
  };
}

/** The paper's: a line through Horowitz's SRAM of 8 KiB, 32 KiB and 1 MiB, so that an access to a large memory costs more. */
export const memoryBySize: MemoryCost = (values, bits) => 1.09e-5 * values * bits + 13.2;

/** The authors' code's other one: blocks of 8 KiB whatever the size, 10 pJ for 64 bits, shared by what they hold. */
export const memoryByWord: MemoryCost = (_, bits) => (10 * bits) / 64;

/**
 * SpikingJelly 2.0 (`LemaireEnergyCostConfig`): straight lines between 10, 20 and 100 pJ at 8 KiB, 32 KiB and 1 MiB, each for 4 bytes; 0 for
 * nothing, and no more beyond the last.
 */
export const memoryBySteps: MemoryCost = (values, bits) => {
  const bytes = (values * bits) / 8;
  const points = [
    [0, 0],
    [8192, 10],
    [32_768, 20],
    [1_048_576, 100],
  ] as const;
  const to = points.findIndex(([size]) => bytes <= size);
  const perWord =
    to < 0
      ? points[3][1]
      : to === 0
        ? 0
        : points[to - 1][1] +
          ((points[to][1] - points[to - 1][1]) * (bytes - points[to - 1][0])) / (points[to][0] - points[to - 1][0]);
  return (perWord * bits) / 32;
};
