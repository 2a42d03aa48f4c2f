/** What every energy model says of a network's work so far. */
import {
  type EnergyParts,
  energyModels,
  estimateEnergy,
  type Graph,
  type LayerActivity,
  networkWork,
  totalOf,
  type Verdict,
} from "../../../src/index.ts";

export interface ModelEnergy {
  readonly name: string;
  readonly label: string;
  /** Picojoules; null where no DNN runs there. */
  readonly dnn: number | null;
  readonly quantized: number | null;
  readonly snn: number;
  readonly verdict: Verdict;
}

const models = energyModels();

/** @param activity by layer, up to step t of T. */
export function modelEnergies(
  graph: Graph,
  activity: ReadonlyMap<string, LayerActivity>,
  elapsed: { readonly t: number; readonly timeSteps: number },
): readonly ModelEnergy[] {
  const work = networkWork(graph, activity, elapsed);
  const total = (parts: EnergyParts | null) => parts && totalOf(parts);
  return models.map((model) => {
    const { dnn, quantized, snn, verdict } = estimateEnergy(model, work);
    const { name, label } = model;
    return { name, label, dnn: total(dnn), quantized: total(quantized), snn: totalOf(snn), verdict };
  });
}
