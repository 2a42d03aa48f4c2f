/** A browser draws the same scenes as Node, from the built package: pictures (as SVG), boxes and grain. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { generateScene } from "../../src/data/scenes/scene.ts";
import { describeInBrowser, launchBrowser } from "./chromium.ts";

const root = resolve(import.meta.dirname, "../..");
const origin = "http://scenes.test";

/** The page's program; a text, since the test runner would rewrite a function's imports. */
const page = `<!doctype html>
<script type="module">
  import { generateScene } from "/dist/data/scenes/scene.js";
  globalThis.sceneOf = (seed, index) => JSON.stringify(generateScene(seed, index));
</script>`;

describeInBrowser("generated scenes in a browser", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test("are those that Node generates", async () => {
    const tab = await browser.newPage();
    await tab.route(`${origin}/**`, async (route) => {
      const { pathname } = new URL(route.request().url());
      if (pathname === "/") return route.fulfill({ contentType: "text/html", body: page });
      return route.fulfill({ contentType: "text/javascript", body: await readFile(resolve(root, `.${pathname}`)) });
    });
    await tab.goto(`${origin}/`);
    await tab.waitForFunction("globalThis.sceneOf");
    for (const seed of [1, 7, 2027]) {
      for (let index = 0; index < 20; index++) {
        const theirs = await tab.evaluate(`sceneOf(${seed}, ${index})`);
        expect(theirs === JSON.stringify(generateScene(seed, index)), `scene ${index} of seed ${seed}`).toBe(true);
      }
    }
    await tab.close();
  });
});
