/**
 * Arithmetic alone, at the prices of one kind of number: M. Horowitz, "Computing's energy problem (and what we can do about it)", ISSCC
 * 2014, 45 nm. Nothing is paid for memory, so that spiking networks look their best here: that is how most publications compare.
 *
 *     E_dnn = MAC · e_mac,   E_snn = AC · e_ac + MAC_picture · e_mac + updates · e_ac
 */
import { float32Cost, int8Cost, int32Cost, type OperationCost } from "../energy.ts";
import { type EnergyModel, noEnergy } from "./model.ts";

/** Multiplication 1.1 + addition 0.4. */
export const float16Cost: OperationCost = {
  name: "float16",
  label: "16-bit float",
  macPicojoules: 1.5,
  acPicojoules: 0.4,
  source: float32Cost.source,
};

/** A DNN at these prices; its 8-bit twin at those of 8-bit integers, where these are not cheaper still. */
export function arithmeticModel({ name, label, macPicojoules, acPicojoules, source }: OperationCost): EnergyModel {
  const twin = Math.min(macPicojoules, int8Cost.macPicojoules);
  return {
    ...{ name, label: `${label}, arithmetic alone`, source, remark: "memory is free" },
    dense: ({ macs }, bits) => ({ ...noEnergy, operations: macs * (bits === 8 ? twin : macPicojoules) }),
    synapses: ({ acs, remainingMacs }) => ({
      ...noEnergy,
      operations: acs * acPicojoules + remainingMacs * macPicojoules,
    }),
    neurons: ({ updates }) => ({ ...noEnergy, operations: updates * acPicojoules }),
  };
}

export const arithmeticCosts: readonly OperationCost[] = [float32Cost, float16Cost, int32Cost, int8Cost];
