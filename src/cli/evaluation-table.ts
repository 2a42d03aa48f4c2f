/** An evaluation for people: one configuration in detail, several as a table of mAP against steps. */
import type { CheckpointScores, ConfigurationScores, DnnScores, EvaluationReport, Share } from "../evaluate/report.ts";
import { mainMap, type Scores } from "../evaluate/score.ts";
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
  if (configurations.length > 1) printTable(configurations);
  else for (const configuration of configurations) printDetails(configuration, dnn);
}

/** Rows are configurations, columns steps; the mAP is VOC 2007's on VOC, AP50 on COCO. */
function printTable(configurations: readonly ConfigurationScores[]): void {
  const steps = [...new Set(configurations.flatMap(({ snn }) => snn.map(({ t }) => t)))].sort((a, b) => a - b);
  const names = configurations.map(({ name, decode }) => `${name}, ${decode}`);
  const width = Math.max(...names.map((name) => name.length));
  const row = (name: string, cells: readonly string[]) =>
    print(name.padEnd(width) + cells.map((cell) => cell.padStart(7)).join(""));
  print();
  const isSettling = configurations.some(({ settled }) => settled);
  const settledHead = "  settled (mean T)";
  row("T", [...steps.map(String), ...(isSettling ? [settledHead] : []), "  98 % of DNN"]);
  for (const [index, { snn, stepsTo98Percent, settled }] of configurations.entries()) {
    const at = new Map(snn.map((scores) => [scores.t, percent(mainMap(scores))]));
    const adaptive = settled ? [`${percent(mainMap(settled))} (${settled.meanSteps.toFixed(1)})`] : [];
    row(names[index], [
      ...steps.map((t) => at.get(t) ?? ""),
      ...adaptive.map((cell) => cell.padStart(settledHead.length)),
      `  ${stepsTo98Percent ?? "not reached"}`,
    ]);
  }
}

function printDetails(
  { name, decode, stepsTo98Percent, snn, settled }: ConfigurationScores,
  dnn: DnnScores | undefined,
): void {
  print();
  const goal = stepsTo98Percent === null ? "not reached" : `T = ${stepsTo98Percent}`;
  print(`SNN, ${name}, ${decode}${dnn ? `; 98 % of the DNN's mAP: ${goal}` : ""}`);
  const describeAll = (scores: Omit<CheckpointScores, "t">) => {
    const share = scores.share ? ` (${describeShare(scores.share)} % of the DNN's)` : "";
    const error = scores.outputError === undefined ? "" : `  error ${scores.outputError.toFixed(3)}`;
    return `${describe(scores)}${share}${error}  ${(scores.synOps / 1e6).toFixed(1)} M accumulates`;
  };
  for (const scores of snn) print(`  T = ${String(scores.t).padEnd(6)} ${describeAll(scores)}`);
  if (!settled) return;
  const { meanSteps, maxSteps, settledShare } = settled;
  print(`  settled    ${describeAll(settled)}`);
  print(
    `             ${meanSteps.toFixed(1)} steps on average, ${maxSteps} at most; ${(100 * settledShare).toFixed(1)} % of the pictures settled`,
  );
}

/** The interval is 95 %, over pictures drawn anew. */
function describeShare({ value, low, high }: Share): string {
  const [share, ...ends] = [value, low, high].map((part) => (100 * part).toFixed(1));
  return `${share}, ${ends.join(" to ")}`;
}

function describe({ voc07Map, map50, map50To95 }: Scores): string {
  const parts = [
    ...(voc07Map === undefined ? [] : [`VOC07 ${percent(voc07Map)}`]),
    `AP50 ${percent(map50)}`,
    ...(map50To95 === undefined ? [] : [`AP50:95 ${percent(map50To95)}`]),
  ];
  return parts.join("  ");
}
