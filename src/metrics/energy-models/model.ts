/** An energy model: what it says of a DNN, of its 8-bit twin and of the spiking network, and at which activity the verdict turns. */
import { type Connection, type NetworkWork, type NeuronWork, withSpikes } from "./work.ts";

/** Picojoules by what they are spent for. */
export interface EnergyParts {
  readonly operations: number;
  /** Weights and biases read; tables of functions. */
  readonly weights: number;
  /** Membranes and counts read and written. */
  readonly states: number;
  /** Values or spikes read, written or sent. */
  readonly signals: number;
  /** Finding out where things are. */
  readonly addresses: number;
}

export interface EnergyModel {
  /** Unique; letters, digits, `-`. */
  readonly name: string;
  /** For people. */
  readonly label: string;
  /** Publication and equations. */
  readonly source: string;
  /** What it leaves out, or how it reads its source; empty where nothing is to be said. */
  readonly remark: string;
  /** A layer of the DNN with 32-bit or 8-bit values; null where the model knows spiking networks only. */
  readonly dense: ((layer: Connection, bits: 8 | 32) => EnergyParts) | null;
  /** Synapses of the spiking network, whose picture and islands are multiplied as by a DNN. */
  readonly synapses: (layer: Connection) => EnergyParts;
  readonly neurons: (layer: NeuronWork) => EnergyParts;
}

/** `wins`: less than the DNN and less than its 8-bit twin; `loses`: more than both; `depends`: in between, or there is nothing to compare with. */
export type Verdict = "wins" | "loses" | "depends";

export interface LayerEnergy {
  readonly name: string;
  /** Null for neurons, which a DNN's layers hold already. */
  readonly dnnPicojoules: number | null;
  readonly quantizedPicojoules: number | null;
  readonly snnPicojoules: number;
}

export interface EnergyEstimate {
  readonly model: EnergyModel;
  /** The DNN in 32 bits and in 8; null where the model knows spiking networks only. */
  readonly dnn: EnergyParts | null;
  readonly quantized: EnergyParts | null;
  readonly snn: EnergyParts;
  readonly layers: readonly LayerEnergy[];
  /**
   * Accumulates for each multiply-accumulate at which the spiking network costs as much as the DNN, and as its 8-bit twin, with its
   * spikes where they are now; 0 where what it costs without any spike is more. Null as above, and where it sends none.
   */
  readonly breakEvenRatio: number | null;
  readonly quantizedBreakEvenRatio: number | null;
  readonly verdict: Verdict;
}

export const noEnergy: EnergyParts = { operations: 0, weights: 0, states: 0, signals: 0, addresses: 0 };

/** All parts together, in picojoules. */
export function totalOf({ operations, weights, states, signals, addresses }: EnergyParts): number {
  return operations + weights + states + signals + addresses;
}

export function plus(a: EnergyParts, b: EnergyParts): EnergyParts {
  return {
    operations: a.operations + b.operations,
    weights: a.weights + b.weights,
    states: a.states + b.states,
    signals: a.signals + b.signals,
    addresses: a.addresses + b.addresses,
  };
}

/** What an energy model says of a network's work: of the DNN, of its 8-bit twin, of the spiking network, and where the verdict turns. */
export function estimateEnergy(model: EnergyModel, work: NetworkWork): EnergyEstimate {
  const dense = (bits: 8 | 32) =>
    model.dense ? sum(work.connections.map((layer) => model.dense!(layer, bits))) : null;
  const [dnn, quantized] = [dense(32), dense(8)];
  const snn = spikingEnergy(model, work);
  const [spent, silent] = [totalOf(snn), totalOf(spikingEnergy(model, withSpikes(work, 0)))];
  const turnsAt = (budget: EnergyParts | null) => {
    if (!budget || work.acs === 0 || work.macs === 0) return null;
    return Math.max(0, ((totalOf(budget) - silent) / (spent - silent)) * (work.acs / work.macs));
  };
  return {
    ...{ model, dnn, quantized, snn },
    layers: [
      ...work.connections.map((layer) => ({
        name: layer.name,
        dnnPicojoules: model.dense ? totalOf(model.dense(layer, 32)) : null,
        quantizedPicojoules: model.dense ? totalOf(model.dense(layer, 8)) : null,
        snnPicojoules: totalOf(model.synapses(layer)),
      })),
      ...work.populations.map((layer) => ({
        name: layer.name,
        ...{ dnnPicojoules: null, quantizedPicojoules: null },
        snnPicojoules: totalOf(model.neurons(layer)),
      })),
    ],
    breakEvenRatio: turnsAt(dnn),
    quantizedBreakEvenRatio: turnsAt(quantized),
    verdict: dnn && quantized ? verdictOn(spent, totalOf(dnn), totalOf(quantized)) : "depends",
  };
}

function verdictOn(snn: number, dnn: number, quantized: number): Verdict {
  if (snn < Math.min(dnn, quantized)) return "wins";
  return snn > Math.max(dnn, quantized) ? "loses" : "depends";
}

function spikingEnergy(model: EnergyModel, { connections, populations }: NetworkWork): EnergyParts {
  return plus(sum(connections.map(model.synapses)), sum(populations.map(model.neurons)));
}

function sum(parts: readonly EnergyParts[]): EnergyParts {
  return parts.reduce(plus, noEnergy);
}
