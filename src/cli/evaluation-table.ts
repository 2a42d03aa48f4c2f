/** An evaluation for people: one configuration in detail, several as a table of mAP against steps. */
import type { CheckpointScores, ConfigurationScores, DnnScores, EvaluationReport, Share } from "../evaluate/report.ts";
import { mainMap, type Scores } from "../evaluate/score.ts";
import { printColumns } from "./columns.ts";
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

/** What terminals are wide at least. */
const lineColumns = 80;
const cellColumns = 8;

/** Rows are configurations, columns steps, in blocks that fit a terminal; the mAP is VOC 2007's on VOC, AP50 on COCO. */
function printTable(configurations: readonly ConfigurationScores[]): void {
  const steps = [...new Set(configurations.flatMap(({ snn }) => snn.map(({ t }) => t)))].sort((a, b) => a - b);
  const names = configurations.map(({ name, decode }) => `${name}, ${decode}`);
  const perBlock = Math.floor((lineColumns - Math.max(...names.map((name) => name.length))) / cellColumns);
  for (let from = 0; from < steps.length; from += perBlock) {
    const shown = steps.slice(from, from + perBlock);
    print();
    printColumns([
      ["T", ...shown.map((t) => String(t).padStart(cellColumns - 2))],
      ...configurations.map(({ snn }, row) => {
        const at = new Map(snn.map((scores) => [scores.t, percent(mainMap(scores))]));
        return [names[row], ...shown.map((t) => at.get(t) ?? "")];
      }),
    ]);
  }
  print();
  const isSettling = configurations.some(({ settled }) => settled);
  printColumns([
    ["", "98 % of DNN at T", ...(isSettling ? ["settled (mean T)"] : [])],
    ...configurations.map(({ stepsTo98Percent, settled }, row) => [
      names[row],
      stepsTo98Percent === null ? "not reached" : String(stepsTo98Percent),
      ...(settled ? [`${percent(mainMap(settled))} (${settled.meanSteps.toFixed(1)})`] : []),
    ]),
  ]);
}

function printDetails(
  { name, decode, stepsTo98Percent, snn, settled }: ConfigurationScores,
  dnn: DnnScores | undefined,
): void {
  print();
  const goal = stepsTo98Percent === null ? "not reached" : `T = ${stepsTo98Percent}`;
  print(`SNN, ${name}, ${decode}${dnn ? `; 98 % of the DNN's mAP: ${goal}` : ""}`);
  const rows = [
    ...snn.map((scores) => ({ ...scores, at: String(scores.t) })),
    ...(settled ? [{ ...settled, at: "settled" }] : []),
  ];
  const columns = detailColumns.filter(({ cell }) => rows.some((row) => cell(row) !== undefined));
  printColumns(
    [
      ["T", ...columns.map(({ head }) => head)],
      ...rows.map((row) => [row.at, ...columns.map(({ cell }) => cell(row) ?? "")]),
    ],
    "  ",
  );
  const frames = snn.at(-1)?.frames;
  if (frames) {
    const cost = (acs: number) =>
      dnn ? `${(acs / dnn.macs).toFixed(3)} accumulates a MAC` : `${(acs / 1e6).toFixed(1)} M accumulates`;
    print(`  ${frames.videos} videos: first frames take ${cost(frames.first)}, later ones ${cost(frames.later)}`);
  }
  if (!settled) return;
  const { meanSteps, maxSteps, settledShare } = settled;
  print(
    `  settled: ${meanSteps.toFixed(1)} steps on average, ${maxSteps} at most; ${(100 * settledShare).toFixed(1)} % of the pictures`,
  );
}

type Details = Omit<CheckpointScores, "t">;

/** Columns without a single cell are left out. */
const detailColumns: readonly { readonly head: string; readonly cell: (row: Details) => string | undefined }[] = [
  { head: "VOC07", cell: ({ voc07Map }) => (voc07Map === undefined ? undefined : percent(voc07Map)) },
  { head: "AP50", cell: ({ map50 }) => percent(map50) },
  { head: "AP50:95", cell: ({ map50To95 }) => (map50To95 === undefined ? undefined : percent(map50To95)) },
  { head: "% of DNN (95 %)", cell: ({ share }) => share && describeShare(share) },
  // ‖output − DNN's‖ / ‖DNN's‖, mean over pictures.
  {
    head: "outputs off",
    cell: ({ outputError }) => (outputError === undefined ? undefined : `${(100 * outputError).toFixed(1)} %`),
  },
  { head: "accumulates", cell: ({ synOps }) => `${(synOps / 1e6).toFixed(1)} M` },
];

/** The interval is 95 %, over pictures drawn anew. */
function describeShare({ value, low, high }: Share): string {
  const [share, ...ends] = [value, low, high].map((part) => (100 * part).toFixed(1));
  return `${share} (${ends.join("–")})`;
}

function describe({ voc07Map, map50, map50To95 }: Scores): string {
  const parts = [
    ...(voc07Map === undefined ? [] : [`VOC07 ${percent(voc07Map)}`]),
    `AP50 ${percent(map50)}`,
    ...(map50To95 === undefined ? [] : [`AP50:95 ${percent(map50To95)}`]),
  ];
  return parts.join("  ");
}
