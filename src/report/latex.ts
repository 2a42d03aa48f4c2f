/** A table of the report in LaTeX, with the rules of `booktabs`. */
import { cellText, type Table } from "./tables/table.ts";

export function toLatex(table: Table): string {
  const { id, caption, columns, rows, title } = table;
  const isText = (key: string) => rows.some((row) => typeof row[key] === "string");
  const line = (cells: readonly string[]) => `  ${cells.join(" & ")} \\\\`;
  return [
    "% \\usepackage{booktabs,graphicx}",
    "\\begin{table*}",
    "\\centering",
    `\\caption{${latexText(`${title}. ${caption}`)}}`,
    `\\label{tab:${id}}`,
    "\\resizebox{\\textwidth}{!}{%",
    `\\begin{tabular}{${columns.map(({ key }) => (isText(key) ? "l" : "r")).join("")}}`,
    "  \\toprule",
    line(columns.map(({ label }) => latexText(label))),
    "  \\midrule",
    ...rows.map((row) => line(columns.map((column) => latexText(cellText(column, row))))),
    "  \\bottomrule",
    "\\end{tabular}}",
    "\\end{table*}",
    "",
  ].join("\n");
}

/** What LaTeX takes for commands, and what fonts of plain LaTeX lack. */
const inLatex: ReadonlyMap<string, string> = new Map([
  ["\\", "\\textbackslash{}"],
  ["{", "\\{"],
  ["}", "\\}"],
  ["%", "\\%"],
  ["&", "\\&"],
  ["#", "\\#"],
  ["$", "\\$"],
  ["_", "\\_"],
  ["^", "\\textasciicircum{}"],
  ["~", "\\textasciitilde{}"],
  ["–", "--"],
  ["−", "$-$"],
  ["×", "$\\times$"],
  ["·", "$\\cdot$"],
  ["≈", "$\\approx$"],
  ["µ", "$\\mu$"],
  ["λ", "$\\lambda$"],
  ["\u00a0", "~"],
]);

export function latexText(text: string): string {
  return text.replace(/V_mem/g, "\0").replace(/./gsu, (character) => {
    if (character === "\0") return "$V_\\mathrm{mem}$";
    return inLatex.get(character) ?? character;
  });
}
