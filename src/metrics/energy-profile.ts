/** A DNN's energy beside its spiking network's over time, in any number of arithmetics, and the steps at which they meet. */
import { type BreakEven, breakEvenSteps } from "./break-even.ts";
import { energyPicojoules, type OperationCost, type SpikingEnergy, spikingEnergy } from "./energy.ts";
import type { DnnOperations, SpikingOperations } from "./operations.ts";

/** Mean work of a picture up to step t. */
export interface OperationsAt extends SpikingOperations {
  readonly t: number;
}

export interface CostProfile {
  readonly cost: OperationCost;
  readonly dnnPicojoules: number;
  readonly snn: readonly (SpikingEnergy & { readonly t: number })[];
  /** Up to this step the spiking network spends no more than the DNN: all of its operations counted. */
  readonly breakEven: BreakEven;
  /** The same for synaptic accumulates alone, which is what the field usually counts. */
  readonly breakEvenSynapses: BreakEven;
}

/**
 * A DNN's energy beside its spiking network's over time, in each arithmetic, and the steps at which they meet.
 * @param at rising in t.
 */
export function profileEnergy(
  dnn: Pick<DnnOperations, "macs">,
  at: readonly OperationsAt[],
  costs: readonly OperationCost[],
): readonly CostProfile[] {
  return costs.map((cost) => {
    const dnnPicojoules = energyPicojoules({ macs: dnn.macs, acs: 0 }, cost);
    const snn = at.map((operations) => ({ t: operations.t, ...spikingEnergy(operations, cost) }));
    const curve = (of: keyof SpikingEnergy) => snn.map((point) => ({ t: point.t, picojoules: point[of] }));
    return {
      cost,
      dnnPicojoules,
      snn,
      breakEven: breakEvenSteps(curve("totalPicojoules"), snn[0]?.inputPicojoules ?? 0, dnnPicojoules),
      breakEvenSynapses: breakEvenSteps(curve("synapsesPicojoules"), 0, dnnPicojoules),
    };
  });
}

/** The mean of each count over pictures, step by step: [picture][checkpoint] → [checkpoint]. */
export function meanOperations(pictures: readonly (readonly OperationsAt[])[]): readonly OperationsAt[] {
  return (pictures[0] ?? []).map(({ t }, checkpoint) => {
    const mean = (of: keyof SpikingOperations) =>
      pictures.reduce((sum, at) => sum + at[checkpoint][of], 0) / pictures.length;
    return { t, spikes: mean("spikes"), acs: mean("acs"), macs: mean("macs"), neuronUpdates: mean("neuronUpdates") };
  });
}
