import { beforeAll, expect, test } from "vitest";
import { reportData, smallStudy } from "../../test/report-study.ts";
import { composeReport, type Report, type ReportData } from "./compose-report.ts";
import { nodeCanvas } from "./node-canvas.ts";
import { cellText } from "./tables/table.ts";

let data: ReportData;
let report: Report;
let page: string;

beforeAll(async () => {
  const { study, snn } = await smallStudy();
  data = reportData(study, snn);
  report = composeReport(data, nodeCanvas());
  page = report.files.get("report.html")!;
});

test("every figure and table of the paper is there, and what it lacks", () => {
  const headings = [...page.matchAll(/<h3 id="([^"]+)">/g)].map(([, id]) => id).sort();
  const figures = ["1", "2", "3", "4", "5", "6-1", "6-2", "7", "8", "9", "10"].map((number) => `figure-${number}`);
  expect(headings).toEqual([...figures, "table-1", "table-2", "table-3", "table-4"].sort());
});

test("drawings and data lie beside the page, and every link leads somewhere", () => {
  const links = [...page.matchAll(/<a href="([^"#][^"]*)"/g)].map(([, path]) => path);
  expect(new Set(links)).toEqual(new Set([...report.files.keys()].filter((path) => path !== "report.html")));
  for (const [, anchor] of page.matchAll(/href="#([^"]+)"/g)) expect(page).toContain(`id="${anchor}"`);
});

test("the page needs nothing but itself", () => {
  expect(page).not.toMatch(/<script|<link|<iframe|@import|src="/);
  const addresses = [...page.matchAll(/https?:\/\/[^"'\s<)]+/g)].map(([address]) => address);
  // Names of SVG's own namespaces, which nobody fetches.
  expect(new Set(addresses)).toEqual(new Set(["http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"]));
});

test("no id stands twice", () => {
  const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
  expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
});

test("Table 2 has the paper's numbers and, beside them, what its counts amount to", () => {
  const row = (name: string) => {
    const found = new RegExp(`<tr><th scope="row" class="text">${name}</th>(.*?)</tr>`).exec(page)!;
    return [...found[1].matchAll(/<td[^>]*>(.*?)<\/td>/g)].map(([, cell]) => cell);
  };
  expect(row("Tiny YOLO").slice(1)).toEqual(["6.97 G", "1", "0.12 J", "–", "0.1245 J", "–"]);
  expect(row("Spiking-YOLO, layer").slice(1)).toEqual(["52.8 M", "8,000", "1.06e-3 J", "113×", "1.056 J", "0.118×"]);
  expect(row("Spiking-YOLO, channel").slice(1)).toEqual(["49.0 M", "3,500", "4.29e-4 J", "280×", "0.429 J", "0.290×"]);
});

test("Table 3 marks what lies beyond the steps that were run", () => {
  const { columns, rows } = report.tables.find(({ id }) => id === "table-3")!;
  const column = columns.find(({ key }) => key === "breakEvenSteps")!;
  for (const extrapolated of ["yes", "no"]) {
    const text = cellText(column, { ...rows[0], breakEvenSteps: 1234, extrapolated });
    expect(text).toBe(extrapolated === "yes" ? "≈ 1,234" : "1,234");
  }
});

test("Table 4 prices what Table 3 does, at 32-bit prices to the same sum, and counts memory besides", () => {
  const [table3, table4] = ["table-3", "table-4"].map((wanted) => report.tables.find(({ id }) => id === wanted)!);
  const networks = new Set(table3.rows.map(({ network }) => network));
  expect(new Set(table4.rows.map(({ network }) => network))).toEqual(networks);
  for (const network of networks) {
    const of = (model: string) => table4.rows.find((row) => row.network === network && row.model === model)!;
    const other = table3.rows.find((row) => row.network === network && row.price === "32-bit float")!;
    expect((of("float32").snnPicojoules as number) / (other.totalPicojoules as number)).toBeCloseTo(1, 9);
    expect((of("float32").dnnPicojoules as number) / (other.dnnPicojoules as number)).toBeCloseTo(1, 9);
    expect(of("lemaire").snnPicojoules).toBeGreaterThan(of("int32").snnPicojoules as number);
    expect(of("loihi")).toMatchObject({ dnnPicojoules: null, breakEvenRatio: null, verdict: null });
  }
  const turns = table4.columns.find(({ key }) => key === "breakEvenRatio")!;
  expect(cellText(turns, { breakEvenRatio: 0 })).toBe("never");
});

test("a drawing's title stands in the page's heading alone; the file beside it has its own", () => {
  for (const { id, title, svg } of report.figures.filter(({ id }) => !id.startsWith("figure-6"))) {
    expect(svg).toMatch(/<text class="title"/);
    const [, height] = /height="(\d+)"/.exec(svg)!;
    const [drawing] = new RegExp(`<h3 id="${id}">[\\s\\S]*?</svg>`).exec(page)!;
    expect(drawing.match(/<text class="title"/), id).toBeNull();
    expect(drawing, title).toContain(` height="${Number(height) - 30}" viewBox="0 30 `);
  }
});

test("data as JSON and CSV hold the same rows", () => {
  for (const { id, rows } of [...report.figures, ...report.tables]) {
    expect(JSON.parse(report.files.get(`data/${id}.json`)!).rows).toEqual(JSON.parse(JSON.stringify(rows)));
    expect(report.files.get(`data/${id}.csv`)!.split("\r\n").length).toBe(rows.length + 2);
    for (const row of rows) expect(Object.keys(row), id).toEqual(Object.keys(rows[0]));
  }
});

test("same inputs, same bytes: studied and composed anew", async () => {
  const { study, snn } = await smallStudy();
  expect(composeReport(reportData(study, snn), nodeCanvas()).files).toEqual(report.files);
});

test("a date is printed only where it is given; names are escaped", () => {
  expect(page).not.toMatch(/20\d\d-\d\d-\d\d/);
  const dated = composeReport({ ...data, date: "2020-02-07" }, nodeCanvas()).files.get("report.html");
  expect(dated).toContain("<p>2020-02-07</p>");
  expect(page).toContain("small &#60;network&#62;");
  expect(page).not.toContain("<network>");
});
