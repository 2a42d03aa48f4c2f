/** An evaluation for people: mAP against steps, a column a configuration. */

import { type ConfigurationScores, type EvaluationReport, mainMap } from "../evaluate/report.ts";
import type { Scores } from "../evaluate/score.ts";
import { print } from "./io.ts";
import { percent } from "./scores-table.ts";

export function printEvaluation(
  model: string,
  { dataset, images, failures, dnn, configurations }: EvaluationReport,
): void {
  const unread = failures.length > 0 ? `, ${failures.length} of them could not be read` : "";
  print(`${model} on ${dataset}, ${images} pictures${unread}; mAP in %`);
  print();
  if (dnn) print(`DNN  ${describe(dnn)}  ${(dnn.macs / 1e6).toFixed(1)} M multiply-accumulates`);
  for (const configuration of configurations) printConfiguration(configuration, dnn);
}

function printConfiguration(
  { name, decode, stepsTo98Percent, snn }: ConfigurationScores,
  dnn: Scores | undefined,
): void {
  print();
  const goal = stepsTo98Percent === null ? "not reached" : `T = ${stepsTo98Percent}`;
  print(`SNN, ${name}, ${decode}${dnn ? `; 98 % of the DNN's mAP: ${goal}` : ""}`);
  const reference = dnn && mainMap(dnn);
  for (const scores of snn) {
    const share = reference ? ` (${((100 * (mainMap(scores) ?? 0)) / reference).toFixed(1)} % of the DNN)` : "";
    const error = scores.outputError === undefined ? "" : `  error ${scores.outputError.toFixed(3)}`;
    const work = `${(scores.synOps / 1e6).toFixed(1)} M accumulates`;
    print(`  T = ${String(scores.t).padEnd(6)} ${describe(scores)}${share}${error}  ${work}`);
  }
}

function describe({ voc07Map, map50, map50To95 }: Scores): string {
  const parts = [
    ...(voc07Map === undefined ? [] : [`VOC07 ${percent(voc07Map)}`]),
    `AP50 ${percent(map50)}`,
    ...(map50To95 === undefined ? [] : [`AP50:95 ${percent(map50To95)}`]),
  ];
  return parts.join("  ");
}
