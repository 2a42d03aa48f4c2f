/** Table 4, beyond the paper: energy by every model, memory included, and what is to be said of it. */
import type { OperationCost } from "../../metrics/energy.ts";
import { type EnergyModel, estimateEnergy, totalOf } from "../../metrics/energy-models/model.ts";
import { energyModels } from "../../metrics/energy-models/models.ts";
import type { Study } from "../collect/study.ts";
import { digits, joules } from "../format.ts";
import type { Table } from "./table.ts";

/** @param own models of a user's besides those that are known. */
export function energyModelsTable(
  { networks }: Pick<Study, "networks">,
  costs: readonly OperationCost[],
  own: readonly EnergyModel[] = [],
): Table {
  const rows = networks.flatMap(({ configuration, work }) =>
    energyModels(costs, own).map((model) => {
      const { dnn, quantized, snn, breakEvenRatio, quantizedBreakEvenRatio, verdict } = estimateEnergy(model, work);
      return {
        network: configuration,
        model: model.name,
        dnnPicojoules: dnn && totalOf(dnn),
        quantizedPicojoules: quantized && totalOf(quantized),
        snnPicojoules: totalOf(snn),
        ratio: work.macs > 0 ? work.acs / work.macs : null,
        breakEvenRatio,
        quantizedBreakEvenRatio,
        verdict: dnn ? verdict : null,
      };
    }),
  );
  return {
    id: "table-4",
    label: "Table 4",
    title: "Energy of a picture by model, memory included",
    caption:
      "At the end of each run, mean over the pictures studied. The first models price arithmetic alone, those that follow count memory, the last a chip's events, on which no DNN runs. Turns at: accumulates for each multiply-accumulate up to which the spiking network costs less, than the DNN in 32 bits and than in 8; never: it costs more without any spike. It wins where it costs less than both, and loses where it costs more than both.",
    columns: [
      { key: "network", label: "Network" },
      { key: "model", label: "Model" },
      { key: "dnnPicojoules", label: "DNN", format: joules },
      { key: "quantizedPicojoules", label: "8-bit DNN", format: joules },
      { key: "snnPicojoules", label: "SNN", format: joules },
      { key: "ratio", label: "AC/MAC", format: digits },
      { key: "breakEvenRatio", label: "Turns at", format: turnText },
      { key: "quantizedBreakEvenRatio", label: "In 8 bits", format: turnText },
      { key: "verdict", label: "Verdict" },
    ],
    rows,
  };
}

/** Where a verdict turns, in accumulates a multiply-accumulate. */
export function turnText(ratio: number): string {
  return ratio === 0 ? "never" : digits(ratio);
}
