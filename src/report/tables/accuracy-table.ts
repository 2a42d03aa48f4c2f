/** Table 1: mAP of every configuration at the end of its run, beside the paper's. */
import { type AccuracyCurve, type AccuracyData, namesExplained } from "../figures/accuracy.ts";
import type { Cell } from "../figures/figure.ts";
import { percent } from "../format.ts";
import type { PaperTable1 } from "../paper-results.ts";
import type { Table } from "./table.ts";

export function accuracyTable({ metric, dnn, curves, source }: AccuracyData, paper: PaperTable1): Table {
  const names = [...new Set(curves.map(({ configuration }) => configuration))];
  const end = (name: string, decode: AccuracyCurve["decode"]) =>
    curves.find((curve) => curve.configuration === name && curve.decode === decode)?.points.at(-1);
  const share = (value: number | undefined, of: number | null) => (value === undefined || !of ? null : value / of);
  const rows = names.map((name) => {
    const [vmem, count] = [end(name, "vmem"), end(name, "count")];
    const printed = paper.configurations[name];
    return {
      configuration: name,
      timeSteps: (vmem ?? count)?.t ?? null,
      vmem: vmem?.map ?? null,
      vmemOfDnn: share(vmem?.map, dnn),
      vmemLow: vmem?.share?.low ?? null,
      vmemHigh: vmem?.share?.high ?? null,
      count: count?.map ?? null,
      countOfDnn: share(count?.map, dnn),
      countLow: count?.share?.low ?? null,
      countHigh: count?.share?.high ?? null,
      paperVmem: printed?.vmem ?? null,
      paperVmemOfDnn: share(printed?.vmem, paper.dnn),
      paperCount: printed?.count ?? null,
      paperCountOfDnn: share(printed?.count, paper.dnn),
    };
  });
  const none = {
    timeSteps: null,
    vmemLow: null,
    vmemHigh: null,
    count: null,
    countOfDnn: null,
    countLow: null,
    countHigh: null,
    paperCount: null,
    paperCountOfDnn: null,
  };
  return {
    id: "table-1",
    label: "Table 1",
    title: `${metric} of DNN and spiking networks`,
    caption: `Measured on ${source}, at the end of each run; beside it what the paper prints for ${paper.data}. Shares are of the DNN's mAP, the measured one or the paper's; after a measured share its 95 % interval, over pictures drawn anew. ${namesExplained}`,
    columns: [
      { key: "configuration", label: "Network" },
      { key: "timeSteps", label: "Steps" },
      { key: "vmem", label: "V_mem", format: percent },
      { key: "vmemOfDnn", label: "of DNN", format: (of, { vmemLow, vmemHigh }) => shareText(of, vmemLow, vmemHigh) },
      { key: "count", label: "Spike count", format: percent },
      {
        key: "countOfDnn",
        label: "of DNN",
        format: (of, { countLow, countHigh }) => shareText(of, countLow, countHigh),
      },
      { key: "paperVmem", label: "Paper, V_mem", format: percent },
      { key: "paperVmemOfDnn", label: "of its DNN", format: percent },
      { key: "paperCount", label: "Paper, spike count", format: percent },
      { key: "paperCountOfDnn", label: "of its DNN", format: percent },
    ],
    rows: [
      ...rows,
      {
        configuration: "DNN",
        vmem: dnn,
        vmemOfDnn: dnn === null ? null : 1,
        paperVmem: paper.dnn,
        paperVmemOfDnn: 1,
        ...none,
      },
    ].map((row) => ordered(row, rows[0])),
  };
}

/** The row's cells in the order of the model row's, so that the data's columns do not depend on how a row was made. */
function ordered<R extends object>(row: R, model: R | undefined): R {
  return model ? (Object.fromEntries(Object.keys(model).map((key) => [key, row[key as keyof R]])) as R) : row;
}

function shareText(of: number, low: Cell, high: Cell): string {
  return typeof low === "number" && typeof high === "number" && high > low
    ? `${percent(of)} (${(100 * low).toFixed(1)}–${(100 * high).toFixed(1)})`
    : percent(of);
}
