/** Every energy model that is known, in the order in which they are told: each counts more than the ones before. */
import type { OperationCost } from "../energy.ts";
import { arithmeticCosts, arithmeticModel } from "./arithmetic.ts";
import { type LemaireOptions, lemaireEquations, memoryBySize, memoryBySteps, memoryByWord } from "./lemaire.ts";
import { loihi } from "./loihi.ts";
import type { EnergyModel } from "./model.ts";

const paper = "Lemaire et al., ICONIP 2022";

/** The spiking network's weights are 8 bits wide, its potentials 32; queues hold 1,000 spikes, as in the authors' experiments. */
const usual: Omit<LemaireOptions, "memory"> = {
  widths: { weights: 8, potentials: 32 },
  keepsNear: false,
  queue: 1000,
};

export const memoryModels: readonly EnergyModel[] = [
  {
    name: "lemaire-registers",
    label: "memory, states in registers",
    source: paper,
    remark:
      "its equations without potentials' accesses, a DNN's inputs read once for all output channels; 10 pJ for 64 bits",
    ...lemaireEquations({ ...usual, memory: memoryByWord, keepsNear: true }),
  },
  {
    name: "lemaire-words",
    label: "memory, 8 KiB blocks",
    source: paper,
    remark: "10 pJ for 64 bits whatever a memory's size: the later estimate in the authors' code",
    ...lemaireEquations({ ...usual, memory: memoryByWord }),
  },
  {
    name: "spikingjelly",
    label: "memory, by size in steps",
    source: `${paper}, with the memories of SpikingJelly 2.0`,
    remark: "a memory beyond 1 MiB costs no more than one of 1 MiB",
    ...lemaireEquations({ ...usual, memory: memoryBySteps }),
  },
  {
    name: "lemaire",
    label: "memory, by size",
    source: paper,
    remark: "as published: an access to a large memory costs as much more as it is larger",
    ...lemaireEquations({ ...usual, memory: memoryBySize }),
  },
  loihi,
];

/**
 * Every energy model that is known, in the order in which they are told.
 * @param costs prices of arithmetic that a user adds. @param own models that a user adds. What has a known name takes its place.
 */
export function energyModels(
  costs: readonly OperationCost[] = [],
  own: readonly EnergyModel[] = [],
): readonly EnergyModel[] {
  const prices = new Map([...arithmeticCosts, ...costs].map((cost) => [cost.name, cost]));
  const names = new Set([...prices.keys(), ...own.map(({ name }) => name)]);
  const replaced = new Map(own.map((model) => [model.name, model]));
  return [
    ...[...prices.values()].map(arithmeticModel).filter(({ name }) => !replaced.has(name)),
    ...memoryModels.filter(({ name }) => !names.has(name)),
    ...own,
  ];
}
