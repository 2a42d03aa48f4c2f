/**
 * A user's own model: a price for each kind of operation and of access, of the counts that every model prices. An access costs the same whatever the memory's
 * size, or base + perByte · bytes of the memory.
 *
 *     DNN    MAC·mac + MAC·weight + N·weight (biases) + MAC·value (inputs read) + N·value (outputs written)
 *     SNN    synapses: AC·(ac + synapseWeight + synapseState), θ_in·spikeRead;  neurons: T·N·(update + updateState), biases·synapseWeight, θ_out·spikeSent, look-ups·lookup
 *            the picture and islands: MAC·(mac + weight + value)
 *
 * θ: spikes; N: outputs or neurons; T: steps. Values are 4 bytes wide in the DNN and 1 in its 8-bit twin; the spiking network has 1-byte weights and 4-byte membranes.
 */
import { type EnergyModel, noEnergy } from "./model.ts";

/** Picojoules of an access: always the same, or by the size of the memory that holds all values of its kind in a layer. */
export type AccessPrice = number | { readonly base: number; readonly perByte: number };

/** Picojoules. `weight`: a weight or bias read. `value`: an input read or an output written. */
export interface DensePrices {
  readonly mac: number;
  readonly weight?: AccessPrice | undefined;
  readonly value?: AccessPrice | undefined;
}

/** Picojoules; what is left out costs nothing. */
export interface SpikingPrices extends DensePrices {
  readonly ac: number;
  /** Of an accumulate: the weight read; the membrane read and written. */
  readonly synapseWeight?: AccessPrice | undefined;
  readonly synapseState?: AccessPrice | undefined;
  /** A neuron's step: its arithmetic; its membrane read and written. */
  readonly update: number;
  readonly updateState?: AccessPrice | undefined;
  /** A spike, where it comes in and where it is sent. */
  readonly spikeRead?: number | undefined;
  readonly spikeSent?: number | undefined;
  /** A tracker's table read. */
  readonly lookup?: number | undefined;
}

export interface PricedModel {
  readonly name: string;
  readonly label: string;
  readonly source: string;
  /** The DNN's and its 8-bit twin's; both or none. */
  readonly dnn?: DensePrices | undefined;
  readonly dnn8?: DensePrices | undefined;
  readonly snn: SpikingPrices;
}

const accesses = ["weight", "value"] as const;
const spikingAccesses = [
  ...accesses,
  "synapseWeight",
  "synapseState",
  "updateState",
  "spikeRead",
  "spikeSent",
  "lookup",
] as const;
const [narrow, wide] = [1, 4];

export function pricedModel({ name, label, source, dnn, dnn8, snn }: PricedModel): EnergyModel {
  const free = [
    ...(dnn ? accesses.filter((key) => dnn[key] === undefined).map((key) => `dnn.${key}`) : []),
    ...(dnn8 ? accesses.filter((key) => dnn8[key] === undefined).map((key) => `dnn8.${key}`) : []),
    ...spikingAccesses.filter((key) => snn[key] === undefined).map((key) => `snn.${key}`),
  ];
  return {
    ...{ name, label, source },
    remark: free.length === 0 ? "" : `free: ${free.join(", ")}`,
    dense:
      dnn && dnn8
        ? ({ macs, weights, biases, inputs, outputs }, bits) => {
            const [prices, bytes] = bits === 8 ? [dnn8, narrow] : [dnn, wide];
            const { mac, weight, value } = prices;
            return {
              ...noEnergy,
              operations: macs * mac,
              weights:
                macs * access(weight, weights * bytes) + (biases > 0 ? outputs * access(weight, biases * bytes) : 0),
              signals: macs * access(value, inputs * bytes) + outputs * access(value, outputs * bytes),
            };
          }
        : null,
    synapses: ({ acs, spikesIn, remainingMacs, weights, inputs, outputs }) => ({
      ...noEnergy,
      operations: acs * snn.ac + remainingMacs * snn.mac,
      weights: acs * access(snn.synapseWeight, weights * narrow) + remainingMacs * access(snn.weight, weights * narrow),
      states: acs * access(snn.synapseState, outputs * wide),
      signals: spikesIn * (snn.spikeRead ?? 0) + remainingMacs * access(snn.value, inputs * wide),
    }),
    neurons: ({ neurons, updates, biases, biasReads, lookups, spikesOut }) => ({
      ...noEnergy,
      operations: updates * snn.update,
      weights: biasReads * access(snn.synapseWeight, biases * narrow) + lookups * (snn.lookup ?? 0),
      states: updates * access(snn.updateState, neurons * wide),
      signals: spikesOut * (snn.spikeSent ?? 0),
    }),
  };
}

function access(price: AccessPrice | undefined, bytes: number): number {
  if (price === undefined) return 0;
  return typeof price === "number" ? price : price.base + price.perByte * bytes;
}
