/** What each energy model says, for people and as JSON. */
import { type EnergyEstimate, type EnergyModel, estimateEnergy, totalOf } from "../metrics/energy-models/model.ts";
import type { NetworkWork } from "../metrics/energy-models/work.ts";
import { digits, joules } from "../report/format.ts";
import { turnText } from "../report/tables/energy-models-table.ts";
import { printColumns } from "./columns.ts";
import { print } from "./io.ts";

/** @param what "a picture", "a later frame of the video". */
export function printModels(what: string, work: NetworkWork, models: readonly EnergyModel[]): void {
  print(`Energy of ${what} by model, at ${digits(work.acs / work.macs)} accumulates a MAC`);
  const rows = models.map((model) => {
    const { dnn, quantized, snn, breakEvenRatio, quantizedBreakEvenRatio, verdict } = estimateEnergy(model, work);
    return [
      model.name,
      dnn ? joules(totalOf(dnn)) : "–",
      quantized ? joules(totalOf(quantized)) : "–",
      joules(totalOf(snn)),
      breakEvenRatio === null ? "–" : turnText(breakEvenRatio),
      quantizedBreakEvenRatio === null ? "–" : turnText(quantizedBreakEvenRatio),
      dnn ? verdict : "–",
    ];
  });
  printColumns([["", "DNN", "8-bit DNN", "SNN", "turns at", "8-bit", ""], ...rows], "  ");
  print("  float… and int…: arithmetic alone. The others count memory, or a chip's events");
  print("  turns at: accumulates a MAC up to which the SNN costs less than the DNN (8-bit:");
  print("  than the DNN in 8 bits). It wins where it costs less than both");
}

/** Of the models that know a DNN, too: the spiking network's joules for each of the DNN's in 32 bits, and in 8. */
export function ratiosOf(work: NetworkWork, models: readonly EnergyModel[]) {
  return models.flatMap((model) => {
    const { dnn, quantized, snn } = estimateEnergy(model, work);
    if (!dnn || !quantized) return [];
    const joules = totalOf(snn);
    return [
      { name: model.name, label: model.label, ofDnn: joules / totalOf(dnn), ofQuantized: joules / totalOf(quantized) },
    ];
  });
}

export function modelsJson(work: NetworkWork, models: readonly EnergyModel[]) {
  return models.map((model) => {
    const estimate: EnergyEstimate = estimateEnergy(model, work);
    const { dnn, quantized, snn, layers, breakEvenRatio, quantizedBreakEvenRatio, verdict } = estimate;
    const { name, label, source, remark } = model;
    return {
      ...{ name, label, source, remark },
      dnnJoules: dnn && 1e-12 * totalOf(dnn),
      quantizedJoules: quantized && 1e-12 * totalOf(quantized),
      snnJoules: 1e-12 * totalOf(snn),
      ...{ breakEvenRatio, quantizedBreakEvenRatio, verdict },
      picojoules: { dnn, quantized, snn },
      layers,
    };
  });
}
