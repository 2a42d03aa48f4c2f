/** The documentation site in a real browser, from a host that sets no headers. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildSite, type StaticHost, serveSite, sitePages } from "../site.ts";
import { describeInBrowser, launchBrowser } from "./chromium.ts";

interface AxeViolation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

describeInBrowser("the site", () => {
  let browser: Browser;
  let host: StaticHost;
  let axe: string;
  beforeAll(async () => {
    buildSite();
    host = await serveSite();
    browser = await launchBrowser();
    axe = await readFile(resolve(import.meta.dirname, "../../node_modules/axe-core/axe.min.js"), "utf8");
  });
  afterAll(async () => {
    await browser?.close();
    host?.close();
  });

  const wide = { width: 1440, height: 900 };
  const narrow = { width: 390, height: 844 };

  async function open(path: string, viewport = wide): Promise<Page> {
    const page = await browser.newPage({ viewport, reducedMotion: "reduce" });
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("response", (response) => {
      if (response.status() >= 400) problems.push(`${response.status()} ${response.url()}`);
    });
    await page.goto(host.url + path, { waitUntil: "load" });
    expect(problems, path).toEqual([]);
    return page;
  }

  async function violations(page: Page, options: object = {}): Promise<readonly string[]> {
    return page.evaluate(
      async (given) => {
        const { axe } = globalThis as unknown as {
          axe: { run(options: object): Promise<{ violations: AxeViolation[] }> };
        };
        const found = await axe.run(given);
        return found.violations.map(
          ({ id, nodes }) =>
            `${id}: ${nodes
              .map((node) => node.html)
              .join(" ")
              .slice(0, 300)}`,
        );
      },
      // Of rules that hold nothing more than their count is made.
      { resultTypes: ["violations"], ...options },
    );
  }

  test("every page: accessible by axe's rules and no wider than the screen, wide and narrow, light and dark", async () => {
    const page = await open("index.html");
    const contrast = { runOnly: ["color-contrast"] };
    for (const path of sitePages()) {
      await page.emulateMedia({ colorScheme: "light" });
      await page.goto(host.url + path, { waitUntil: "load" });
      if (path === "concepts/one-neuron.html") await page.waitForSelector(".inputs");
      await page.evaluate(axe);
      const expectFits = async ({ width }: { readonly width: number }) => {
        const own = await page.evaluate(() => document.documentElement.scrollWidth);
        expect(own, `${path} at ${width}`).toBeLessThanOrEqual(width);
      };
      expect(await violations(page), `${path}, wide, light`).toEqual([]);
      await expectFits(wide);
      // In the dark nothing but colours is different; what stands upon what may be, where there is less room.
      await page.emulateMedia({ colorScheme: "dark" });
      expect(await violations(page, contrast), `${path}, wide, dark`).toEqual([]);
      await page.setViewportSize(narrow);
      expect(await violations(page, contrast), `${path}, narrow, dark`).toEqual([]);
      await page.emulateMedia({ colorScheme: "light" });
      expect(await violations(page), `${path}, narrow, light`).toEqual([]);
      await expectFits(narrow);
      await page.setViewportSize(wide);
    }
    await page.close();
  });

  test("on a narrow screen the list of pages that is unfolded there can be read, light and dark", async () => {
    const page = await open("start.html", narrow);
    await page.click(".pages summary");
    await page.evaluate(axe);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await violations(page), colorScheme).toEqual([]);
    }
    await page.close();
  });

  test("by keyboard: past the navigation, through search, to the section that was found", async () => {
    const page = await open("start.html");
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to the text");
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("content");
    await page.focus(".search input");
    await page.keyboard.type("imbalanced");
    await page.waitForSelector(".found a");
    await page.evaluate(axe);
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    const wanted = await page.evaluate(() => (document.activeElement as HTMLAnchorElement).href);
    await page.keyboard.press("Enter");
    await page.waitForURL(wanted);
    expect(await page.evaluate(() => document.body.textContent?.toLowerCase().includes("imbalanced"))).toBe(true);
    await page.focus(".search input");
    await page.keyboard.type("zyzzyva");
    await page.waitForFunction(() => document.querySelector(".found")?.textContent === "Nothing found.");
    await page.keyboard.press("Escape");
    expect(await page.isVisible(".found")).toBe(false);
    await page.close();
  });

  test("on a narrow screen the list of pages unfolds", async () => {
    const page = await open("guides/video.html", narrow);
    expect(await page.isVisible("nav[aria-label=Pages]")).toBe(false);
    await page.click(".pages summary");
    await page.click("nav[aria-label=Pages] >> text=Glossary");
    await page.waitForURL(/concepts\/glossary\.html$/);
    await page.close();
  });

  test("the neuron decides anew when its kind, its inputs or the step change", async () => {
    const page = await open("concepts/one-neuron.html");
    const says = () => page.textContent(".decision p");
    await page.waitForSelector(".decision p");
    expect(await says()).toMatch(/^Step 12: /);
    await page.getByLabel("Step", { exact: true }).fill("7");
    // 0.8 thresholds a spike of A, −0.6 of B: at step 7 one spike was too many.
    await page.waitForFunction(() => document.querySelector(".decision p")?.textContent?.startsWith("Step 7: "));
    expect(await says()).toContain("It sends −1");
    await page.getByLabel("Neuron", { exact: true }).selectOption("if");
    await page.waitForFunction(() => !document.querySelector(".decision p")?.textContent?.includes("sends −1"));
    await page.getByLabel("Spikes", { exact: true }).selectOption("digits");
    await page.waitForFunction(() => document.querySelector(".stands")?.textContent?.includes("in 33 units of time"));
    await page.close();
  });

  test("the lab opens from the site", async () => {
    const page = await open("index.html");
    await page.click("text=Open the lab");
    await page.waitForURL(/lab\/index\.html$/);
    await page.waitForSelector("h1:has-text('spiking-yolo')");
    await page.close();
  });
});
