/** The report's files from its data: the page, and beside it each drawing as SVG and its rows as JSON and CSV. Pure. */
import type { Graph } from "../graph/graph.ts";
import { toCsv } from "./csv.ts";
import type { Canvas, Figure } from "./figures/figure.ts";
import { findings } from "./findings.ts";
import { whole } from "./format.ts";
import { toLatex } from "./latex.ts";
import { renderPage, type Section } from "./page.ts";
import { type PaperTable1, paperTable1 } from "./paper-results.ts";
import { type ReportFiguresData, reportFigures } from "./report-figures.ts";
import { accuracyTable } from "./tables/accuracy-table.ts";
import { breakEvenTable } from "./tables/break-even-table.ts";
import { energyModelsTable } from "./tables/energy-models-table.ts";
import { machineTable } from "./tables/machine-table.ts";
import type { Table } from "./tables/table.ts";

export interface ReportData extends ReportFiguresData {
  /** For people. */
  readonly model: string;
  /** Which of the paper's results stands beside the measured ones. */
  readonly paper: keyof typeof paperTable1;
  /** The model's own spiking network: how it was made. */
  readonly provenance: Graph["provenance"];
  /** Facts of the run that are worth a line: engine, seed, … */
  readonly remarks: readonly string[];
  readonly date?: string;
}

export interface Report {
  /** Contents by path. */
  readonly files: ReadonlyMap<string, string>;
  readonly figures: readonly Figure[];
  readonly tables: readonly Table[];
}

export function composeReport(data: ReportData, canvas: Canvas): Report {
  const { model, study, accuracy, costs, models, date } = data;
  const figures = reportFigures(data, canvas);
  const tables = [
    accuracyTable(accuracy, paperTable1[data.paper] satisfies PaperTable1),
    machineTable(model, study),
    breakEvenTable(study, costs),
    energyModelsTable(study, costs, models),
  ];
  const title = `${model} as a spiking network`;
  const page = renderPage({
    title,
    facts: factsOf(data),
    findings: findings(accuracy, study, costs),
    sections: arrange(figures, tables),
    method: [...data.provenance, ...data.remarks, ...costs.map(({ label, source }) => `Prices, ${label}: ${source}`)],
    ...(date === undefined ? {} : { date }),
  });
  const files = new Map([["report.html", page]]);
  for (const { id, svg } of figures) files.set(`figures/${id}.svg`, svg);
  for (const { id, label, title, caption, rows } of [...figures, ...tables]) {
    files.set(`data/${id}.json`, `${JSON.stringify({ label, title, caption, rows }, null, 1)}\n`);
    files.set(`data/${id}.csv`, toCsv(rows));
  }
  for (const table of tables) files.set(`data/${table.id}.tex`, toLatex(table));
  return { files, figures, tables };
}

function factsOf({ model, study, accuracy, pictures }: ReportData): readonly (readonly [string, string])[] {
  const neurons = [...study.neurons.values()].reduce((sum, count) => sum + count, 0);
  return [
    ["Model", model],
    ["Evaluated on", accuracy.source],
    ["Studied on", `${pictures.length} of these pictures`],
    ["Multiply-accumulates", whole(study.dnn.macs)],
    ["Neurons", whole(neurons)],
  ];
}

/** The paper's order; what it lacks comes last. */
function arrange(figures: readonly Figure[], tables: readonly Table[]): readonly Section[] {
  const parts = new Map([...figures, ...tables].map((part) => [part.id, part]));
  const pick = (...ids: readonly string[]) => ids.map((id) => parts.get(id)).filter((part) => part !== undefined);
  return [
    {
      id: "firing",
      title: "Normalization and firing",
      text: "A neuron's rate can stand for its activation only if it uses its range. Where one channel's activations are small beside its layer's, normalization by layer leaves its neurons nearly silent, and few spikes carry little information. Normalization by channel mends that.",
      parts: pick("figure-1", "figure-2", "figure-3", "figure-4"),
    },
    {
      id: "accuracy",
      title: "Accuracy over time",
      text: "A spiking network finds more the longer it runs. All configurations are made of the same trained DNN without re-training.",
      parts: [
        ...pick("table-1", "figure-5"),
        ...figures.filter(({ id }) => id.startsWith("figure-6-")),
        ...pick("figure-11"),
      ],
    },
    {
      id: "energy",
      title: "Energy",
      text: "A DNN pays for its multiplications once; a spiking network pays for its spikes at every step. Both are counted from what was simulated, and priced.",
      parts: pick("figure-7", "table-2", "table-3", "table-4", "figure-12"),
    },
    {
      id: "layers",
      title: "Layer by layer, step by step",
      text: "Where accuracy is lost, when the accumulates come, and where the work is done.",
      parts: pick("figure-8", "figure-9", "figure-10"),
    },
  ];
}
