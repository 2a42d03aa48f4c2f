/** The lab in a real browser: tests that open it in a way of their own. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { encodePng } from "#platform";
import { describeInBrowser, launchBrowser, softwareGpu } from "./chromium.ts";
import { andRun, dropFiles, type NamedFile, openLab, type Served, serveWithCommand, showStep } from "./lab-page.ts";
import { smallModel, smallPicture } from "./small-model.ts";

interface AxeViolation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

describeInBrowser("the lab as it is opened", () => {
  let browser: Browser;
  let served: Served;
  let model: NamedFile;
  let picture: NamedFile;

  beforeAll(async () => {
    [browser, served, model, picture] = await Promise.all([
      launchBrowser(),
      serveWithCommand(),
      smallModel(),
      smallPicture(),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await served?.stop();
  });

  test("does not bother with an adapter that is software, and says so", async () => {
    const other = await launchBrowser(softwareGpu);
    const page = await openLab(other, served.url);
    try {
      const status = await page.page.locator(".status").textContent();
      expect(status).toMatch(/Engine: event, .*; WebGPU has only a software adapter here|no WebGPU here/);
      expect(page.complaints).toEqual([]);
    } finally {
      await page.close();
      await other.close();
    }
  });

  test("opens a model at an address, says how far it is, and stops when asked", async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    let answer = () => {};
    const isReady = new Promise<void>((ready) => {
      answer = ready;
    });
    await page.route("https://models.example/**", async (route) => {
      await isReady;
      const headers = { "access-control-allow-origin": "*" };
      await route.fulfill({ headers, body: Buffer.from(model.bytes) }).catch(() => {});
    });
    try {
      const hash = "#model=https://models.example/deep/small.safetensors";
      await page.goto(`${served.url}${hash}`);
      await page.getByText("Downloading small.safetensors").first().waitFor();
      await page.getByRole("button", { name: "Stop" }).click();
      await page.getByRole("alert").getByText("E_STOPPED").waitFor();
      answer();
      await page.goto("about:blank");
      await page.goto(`${served.url}${hash}`);
      await page.waitForSelector('.page[data-done="true"]', { timeout: 100_000 });
      expect(await page.locator(".model b").textContent()).toBe("small.safetensors");
      expect(await page.evaluate(() => location.hash)).toContain("model=https://models.example/deep/small.safetensors");
    } finally {
      await context.close();
    }
  });

  test("says of a photograph that the built-in model knows only scenes", async () => {
    const other = await openLab(browser, served.url);
    try {
      expect(await other.page.getByRole("note").count()).toBe(0);
      const grey = await encodePng({ width: 40, height: 30, data: new Uint8Array(40 * 30 * 3).fill(128) });
      await andRun(other.page, () => dropFiles(other.page, [{ name: "grey.png", bytes: grey }]));
      expect(await other.page.getByRole("note").textContent()).toContain("drawn street scenes only");
      expect(await other.page.locator('[data-mark="dnn"] .found').textContent()).toBe("nothing surer than 25 %");
      await andRun(other.page, () => other.page.getByRole("button", { name: "Back to scenes" }).click());
      expect(await other.page.getByRole("note").count()).toBe(0);
    } finally {
      await other.close();
    }
  });

  test("stands still for those who ask for reduced motion", async () => {
    const still = await openLab(browser, served.url, { reducedMotion: "reduce", builtIn: model });
    try {
      await andRun(still.page, () => dropFiles(still.page, [model, picture]));
      expect(await still.page.locator(".clock b").textContent()).toBe("8");
      await still.page.getByRole("button", { name: "Play" }).waitFor();
    } finally {
      await still.close();
    }
  });

  test("is accessible by axe's rules: light, dark, and on a phone", async () => {
    const axe = await readFile(resolve(import.meta.dirname, "../../node_modules/axe-core/axe.min.js"), "utf8");
    const shown = await openLab(browser, served.url, { bypassCSP: true, builtIn: model });
    const { page } = shown;
    try {
      await andRun(page, () => dropFiles(page, [model, picture]));
      await andRun(page, () => page.getByLabel("Show").selectOption("modes"));
      await showStep(page, 32);
      await page.getByText("Settings", { exact: true }).click();
      await page.evaluate(axe);
      for (const [width, height, colorScheme] of [
        [1280, 900, "light"],
        [1280, 900, "dark"],
        [390, 844, "light"],
        [390, 844, "dark"],
      ] as const) {
        const where = `${width}×${height}, ${colorScheme}`;
        await page.setViewportSize({ width, height });
        await page.emulateMedia({ colorScheme });
        // It finds a place that suits the width.
        await page.getByRole("button", { name: "Guided tour" }).click();
        await page.locator(".explain summary").first().click();
        const violations = await page.evaluate(async () => {
          const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: AxeViolation[] }> } };
          return (await axe.run()).violations.map(
            ({ id, nodes }) => `${id}: ${nodes[0].html} ${nodes[0].failureSummary}`,
          );
        });
        expect(violations, where).toEqual([]);
        expect(
          await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
          `${where}: nothing sticks out sideways`,
        ).toBe(0);
        await page.keyboard.press("Escape");
        await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
      }
    } finally {
      await shown.close();
    }
  });
});
