/** The report in a real browser: opened from disk, checked for accessibility, on screen and on paper. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { composeReport } from "../src/report/compose-report.ts";
import { nodeCanvas } from "../src/report/node-canvas.ts";
import { reportData, smallStudy } from "./report-study.ts";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const hasBrowser = existsSync(executablePath);
const name = hasBrowser
  ? "the report in a browser"
  : `the report in a browser (skipped: no ${executablePath}; set CHROMIUM)`;

describe.skipIf(!hasBrowser)(name, () => {
  let folder: string;
  let browser: Browser;
  let page: Page;
  const requested: string[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "report-"));
    const { study, snn } = await smallStudy();
    const { files } = composeReport(reportData(study, snn), nodeCanvas());
    writeFileSync(join(folder, "report.html"), files.get("report.html")!);
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    page = await browser.newPage({ viewport: { width: 1100, height: 800 } });
    page.on("request", (request) => requested.push(request.url()));
    page.on("console", (message) => complaints.push(message.text()));
    await page.goto(`file://${folder}/report.html`);
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  test("opens from disk and asks for nothing else", () => {
    expect(requested.filter((url) => !url.startsWith("data:"))).toEqual([`file://${folder}/report.html`]);
    expect(complaints).toEqual([]);
  });

  test("axe finds nothing to complain about", async () => {
    const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
    await page.evaluate(axe);
    const found = (await page.evaluate("axe.run()")) as {
      passes: unknown[];
      violations: { id: string; help: string; nodes: { html: string }[] }[];
    };
    expect(found.violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes[0].html}`)).toEqual([]);
    expect(found.passes.length).toBeGreaterThan(15);
  });

  test("every drawing has a name and a description that assistive technology reads", async () => {
    const unnamed = await page.evaluate(`Array.from(document.querySelectorAll("svg")).filter((svg) => {
      const texts = svg.getAttribute("aria-labelledby").split(" ").map((id) => document.getElementById(id)?.textContent);
      return texts.length < 2 || texts.some((text) => !text);
    }).length`);
    expect(unnamed).toBe(0);
    expect(await page.getByRole("img").count()).toBe(11);
    expect(await page.getByRole("table").count()).toBe(4);
  });

  test("text in drawings does not run out of its drawing", async () => {
    const outside = await page.evaluate(`Array.from(document.querySelectorAll("svg text")).flatMap((text) => {
      const [inner, outer] = [text.getBoundingClientRect(), text.closest("svg").getBoundingClientRect()];
      if (inner.width === 0) return [];
      const over = Math.max(outer.left - inner.left, inner.right - outer.right, outer.top - inner.top, inner.bottom - outer.bottom);
      return over > 2 ? [text.closest("svg").getAttribute("aria-labelledby") + ": " + text.textContent] : [];
    })`);
    expect(outside).toEqual([]);
  });

  test("nothing scrolls sideways on screen, and on paper nothing is cut off", async () => {
    const overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
    expect(await page.evaluate(overflow)).toBe(0);
    // A4 less margins, at 96 pixels an inch.
    await page.emulateMedia({ media: "print" });
    await page.setViewportSize({ width: 688, height: 1017 });
    const cut = await page.evaluate(`Array.from(document.querySelectorAll("table, svg")).filter(
      (part) => part.getBoundingClientRect().right > document.documentElement.clientWidth + 1).length`);
    expect(cut).toBe(0);
    expect((await page.pdf({ format: "A4" })).length).toBeGreaterThan(10_000);
    await page.emulateMedia({ media: "screen" });
  });
});
