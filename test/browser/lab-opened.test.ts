/** The lab in a real browser: tests that open it in a way of their own. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { encodePng } from "#platform";
import { describeInBrowser, launchBrowser, softwareGpu } from "./chromium.ts";
import { andRun, dropFiles, hostLab, type NamedFile, openLab, showStep } from "./lab-page.ts";
import { smallModel, smallPicture } from "./small-model.ts";

interface AxeViolation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

const axePath = resolve(import.meta.dirname, "../../node_modules/axe-core/axe.min.js");

describeInBrowser("the lab as it is opened", () => {
  const host = hostLab();
  let model: NamedFile;
  let picture: NamedFile;

  beforeAll(async () => {
    [model, picture] = await Promise.all([smallModel(), smallPicture()]);
  });

  test("does not bother with an adapter that is software, and says so", async () => {
    const other = await launchBrowser(softwareGpu);
    const page = await openLab(other, host.url);
    try {
      const status = await page.page.locator(".status").textContent();
      expect(status).toMatch(/Engine: event, .*; WebGPU has only a software adapter here|no WebGPU here/);
      expect(page.complaints).toEqual([]);
    } finally {
      await page.close();
      await other.close();
    }
  });

  test("says that it loads before its program is there", async () => {
    const context = await host.browser.newContext();
    const page = await context.newPage();
    let release = () => {};
    const isWanted = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route("**/assets/main-*.js", async (route) => {
      await isWanted;
      await route.continue();
    });
    try {
      await page.goto(host.url, { waitUntil: "commit" });
      await page.getByText("Loading the lab…").waitFor();
      release();
      await page.getByRole("heading", { name: "spiking-yolo lab" }).waitFor();
      expect(await page.getByText("Loading the lab…").count()).toBe(0);
    } finally {
      await context.close();
    }
  });

  test("opens a model at an address, says how far it is, and stops when asked", async () => {
    const context = await host.browser.newContext();
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
      await page.goto(`${host.url}${hash}`);
      await page.getByText("Downloading small.safetensors").first().waitFor();
      await page.getByRole("button", { name: "Stop" }).click();
      await page.getByRole("alert").getByText("E_STOPPED").waitFor();
      answer();
      await page.goto("about:blank");
      await page.goto(`${host.url}${hash}`);
      await page.waitForSelector('.page[data-done="true"]', { timeout: 100_000 });
      expect(await page.locator(".model b").textContent()).toBe("small.safetensors");
      expect(await page.evaluate(() => location.hash)).toContain("model=https://models.example/deep/small.safetensors");
    } finally {
      await context.close();
    }
  });

  test("says of a photograph that the built-in model knows only scenes", async () => {
    const other = await host.open();
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
    const still = await host.open({ reducedMotion: "reduce", builtIn: model });
    try {
      await andRun(still.page, () => dropFiles(still.page, [model, picture]));
      expect(await still.page.locator(".clock b").textContent()).toBe("8");
      await still.page.getByRole("button", { name: "Play" }).waitFor();
    } finally {
      await still.close();
    }
  });

  test("is accessible by axe's rules in what comes and goes: a problem, a note, a camera, video, a channel", async () => {
    const axe = await readFile(axePath, "utf8");
    const shown = await host.open({ bypassCSP: true });
    const { page } = shown;
    const press = (name: string) => page.getByRole("button", { name, exact: true }).click();
    const expectAccessible = async (state: string) => {
      for (const [width, colorScheme] of [
        [1280, "light"],
        [390, "dark"],
      ] as const) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme });
        expect(await violationsOf(page), `${state}, ${width}, ${colorScheme}`).toEqual([]);
      }
      await page.setViewportSize({ width: 1280, height: 900 });
    };
    try {
      await page.evaluate(axe);
      await dropFiles(page, [{ name: "notes.pdf", bytes: new Uint8Array(9) }]);
      await page.getByRole("alert").waitFor();
      await expectAccessible("a file that is refused");
      await press("Dismiss");
      await andRun(page, () => dropFiles(page, [picture]));
      await page.getByRole("note").waitFor();
      await expectAccessible("a photograph");
      await page.getByRole("slider", { name: /Channel of/ }).focus();
      await page.keyboard.press("ArrowRight");
      await page.waitForSelector(".spike-map canvas");
      await expectAccessible("a channel on the picture");
      await press("Camera");
      await page.getByRole("button", { name: "Take picture" }).waitFor({ state: "visible" });
      await expectAccessible("the camera");
      await press("Cancel");
      await press("Moving scene");
      await page.waitForSelector(".live .place-map canvas");
      await press("Freeze");
      await expectAccessible("video");
    } finally {
      await shown.close();
    }
  });

  test("is accessible by axe's rules: light, dark, and on a phone", async () => {
    const axe = await readFile(axePath, "utf8");
    const shown = await host.open({ bypassCSP: true, builtIn: model });
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
        expect(await violationsOf(page), where).toEqual([]);
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

/** Of a page that axe has been put into. */
function violationsOf(page: Page): Promise<readonly string[]> {
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: AxeViolation[] }> } };
    return (await axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes[0].html} ${nodes[0].failureSummary}`);
  });
}
