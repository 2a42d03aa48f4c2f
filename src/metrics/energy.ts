/**
 * Energy of operations. Prices are data with their source; a user adds others.
 *
 * Prices are of arithmetic alone. Moving weights and spikes through memories costs more than that on real machines, for
 * both kinds of network, and is not in these numbers.
 */
import type { SpikingOperations } from "./operations.ts";

/** What operations cost in one arithmetic. */
export interface OperationCost {
  /** Unique among the costs of a report; letters, digits, `_`, `-`. */
  readonly name: string;
  /** For people. */
  readonly label: string;
  /** One multiply-accumulate. */
  readonly macPicojoules: number;
  /** One accumulate; a neuron's update is priced as one. */
  readonly acPicojoules: number;
  readonly source: string;
}

const horowitz = "M. Horowitz, Computing's energy problem, ISSCC 2014 (45 nm, 0.9 V)";

/** The paper's two (its figure 7): multiplication 3.7 + addition 0.9, and 3.1 + 0.1. */
export const float32Cost: OperationCost = {
  name: "float32",
  label: "32-bit float",
  macPicojoules: 4.6,
  acPicojoules: 0.9,
  source: horowitz,
};

/** The same source's for integers: multiplication 3.1 + addition 0.1, and 0.1. */
export const int32Cost: OperationCost = {
  name: "int32",
  label: "32-bit integer",
  macPicojoules: 3.2,
  acPicojoules: 0.1,
  source: horowitz,
};

/** What an integer network competes with in practice: 8-bit factors (0.2), 32-bit sums (0.1). */
export const int8Cost: OperationCost = {
  name: "int8",
  label: "8-bit integer, 32-bit sums",
  macPicojoules: 0.3,
  acPicojoules: 0.1,
  source: horowitz,
};

export const operationCosts: readonly OperationCost[] = [float32Cost, int32Cost, int8Cost];

/** A network's arithmetic for one picture. */
export interface OperationCounts {
  /** Multiply-accumulates. */
  readonly macs: number;
  /** Accumulates, such as synaptic operations. */
  readonly acs: number;
}

/** Energy of so many operations, in picojoules. */
export function energyPicojoules({ macs, acs }: OperationCounts, cost: OperationCost): number {
  return macs * cost.macPicojoules + acs * cost.acPicojoules;
}

/** The same operations in the paper's two arithmetics. */
export interface Energy {
  readonly float32Picojoules: number;
  readonly int32Picojoules: number;
}

export function energyOf(counts: OperationCounts): Energy {
  return {
    float32Picojoules: energyPicojoules(counts, float32Cost),
    int32Picojoules: energyPicojoules(counts, int32Cost),
  };
}

/** Where a spiking network's energy goes, for one picture up to some step. */
export interface SpikingEnergy {
  readonly synapsesPicojoules: number;
  /** The constant picture's multiply-accumulates. */
  readonly inputPicojoules: number;
  readonly neuronsPicojoules: number;
  readonly totalPicojoules: number;
}

/** Energy of a spiking network's work at one price an operation, by what it is spent for. */
export function spikingEnergy({ acs, macs, neuronUpdates }: SpikingOperations, cost: OperationCost): SpikingEnergy {
  const synapsesPicojoules = energyPicojoules({ macs: 0, acs }, cost);
  const inputPicojoules = energyPicojoules({ macs, acs: 0 }, cost);
  const neuronsPicojoules = energyPicojoules({ macs: 0, acs: neuronUpdates }, cost);
  const totalPicojoules = synapsesPicojoules + inputPicojoules + neuronsPicojoules;
  return { synapsesPicojoules, inputPicojoules, neuronsPicojoules, totalPicojoules };
}

/** Accumulates per multiply-accumulate of the DNN at which both cost the same: 5.1 in float, 32 in integers. */
export function breakEvenRatio({ macPicojoules, acPicojoules }: OperationCost): number {
  return macPicojoules / acPicojoules;
}
