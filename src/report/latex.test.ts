import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { reportData, smallStudy } from "../../test/report-study.ts";
import { composeReport } from "./compose-report.ts";
import { latexText, toLatex } from "./latex.ts";
import { nodeCanvas } from "./node-canvas.ts";

test("what LaTeX takes for commands is text, and what its fonts lack is written by commands", () => {
  expect(latexText("a_b & 50 % {x} \\ #1 $ ^ ~")).toBe(
    "a\\_b \\& 50 \\% \\{x\\} \\textbackslash{} \\#1 \\$ \\textasciicircum{} \\textasciitilde{}",
  );
  expect(latexText("V_mem: 2× ≈ 3 µJ, 1–2")).toBe("$V_\\mathrm{mem}$: 2$\\times$ $\\approx$ 3 $\\mu$J, 1--2");
});

test("a table's cells stand as on the page, a line a row", () => {
  const table = {
    ...{ id: "table-9", label: "Table 9", title: "T", caption: "C." },
    columns: [
      { key: "name", label: "Name" },
      { key: "share", label: "%", format: (share: number) => `${100 * share} %` },
    ],
    rows: [
      { name: "a_1", share: 0.5 },
      { name: "b", share: null },
    ],
  };
  const text = toLatex(table);
  expect(text).toContain("\\begin{tabular}{lr}");
  expect(text).toContain("  Name & \\% \\\\\n  \\midrule\n  a\\_1 & 50 \\% \\\\\n  b & -- \\\\\n  \\bottomrule");
});

const hasLatex = spawnSync("kpsewhich", ["booktabs.sty"]).status === 0;

test.skipIf(!hasLatex)(
  "LaTeX takes all tables of a report (skipped where texlive with booktabs is not there)",
  async () => {
    const { study, snn } = await smallStudy();
    const { files } = composeReport({ ...reportData(study, snn), model: "50 % of a_model & more" }, nodeCanvas());
    const folder = await mkdtemp(join(tmpdir(), "latex-"));
    try {
      const tables = [...files].filter(([path]) => path.endsWith(".tex")).map(([, text]) => text);
      expect(tables).toHaveLength(4);
      const text = `\\documentclass{article}\\usepackage[utf8]{inputenc}\\usepackage{booktabs,graphicx}\\begin{document}\n${tables.join("\n")}\\end{document}\n`;
      await writeFile(join(folder, "paper.tex"), text);
      const { status, stdout } = spawnSync("pdflatex", ["-interaction=nonstopmode", "-halt-on-error", "paper.tex"], {
        cwd: folder,
        encoding: "utf8",
      });
      expect(status, stdout?.slice(-1500)).toBe(0);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);
