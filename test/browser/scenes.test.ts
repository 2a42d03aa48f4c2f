/** A browser draws the same scenes as Node, from the built package: pictures (as SVG), boxes and grain. */
import type { Server } from "node:http";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { generateScene } from "../../src/data/scenes/scene.ts";
import { addressOf, servePackage } from "./built-package.ts";
import { describeInBrowser, launchBrowser } from "./chromium.ts";

/** The page's program; a text, since the test runner would rewrite a function's imports. */
const program = `
  import { generateScene } from "/dist/data/scenes/scene.js";
  globalThis.scenesOf = (seed, count) => Array.from({ length: count }, (_, i) => JSON.stringify(generateScene(seed, i)));
`;

describeInBrowser("generated scenes in a browser", () => {
  let browser: Browser;
  let server: Server;
  beforeAll(async () => {
    [browser, server] = await Promise.all([launchBrowser(), servePackage(program, false)]);
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  test("are those that Node generates", async () => {
    const tab = await browser.newPage();
    await tab.goto(addressOf(server));
    for (const seed of [1, 7, 2027]) {
      const theirs: readonly string[] = await tab.evaluate(`scenesOf(${seed}, 20)`);
      for (const [index, scene] of theirs.entries())
        expect(scene === JSON.stringify(generateScene(seed, index)), `scene ${index} of seed ${seed}`).toBe(true);
    }
    await tab.close();
  });
});
