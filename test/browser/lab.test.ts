/** The lab in a real browser, with a small random network: everything that does not depend on what it finds. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join, resolve } from "node:path";
import type { Page } from "playwright-core";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { decodeImage } from "#platform";
import { describeInBrowser } from "./chromium.ts";
import {
  andRun,
  type CommandCheckpoint,
  chooseMode,
  commandJson,
  dropFiles,
  expectSameCheckpoint,
  hostLab,
  type LabPage,
  type NamedFile,
  openLab,
  pause,
  type Served,
  shownBoxes,
  shownCounts,
  showStep,
} from "./lab-page.ts";
import { smallModel, smallPicture, smallSpikingModel } from "./small-model.ts";

describeInBrowser("the lab", () => {
  const host = hostLab();
  let model: NamedFile;
  let picture: NamedFile;
  let lab: LabPage;

  beforeAll(async () => {
    [model, picture] = await Promise.all([smallModel(), smallPicture()]);
  });
  beforeEach(async () => {
    lab = await host.open({ builtIn: model });
    await andRun(lab.page, () => dropFiles(lab.page, [model, picture]));
  });
  afterEach(() => lab.close());

  const clock = (page: Page) => page.locator(".clock b").textContent();

  test("loads without a complaint of the browser, from its own server only, with shared memory", async () => {
    expect(lab.complaints).toEqual([]);
    expect(lab.strangers).toEqual([]);
    expect(await lab.page.evaluate(() => crossOriginIsolated)).toBe(true);
    // With a graphics processor it may be the other one; either way it says why.
    expect(await lab.page.locator(".status").textContent()).toMatch(
      /Engine: (event, .*; .*WebGPU|WebGPU; \d+ steps took)/,
    );
  });

  test("finds what the command line finds, spike by spike", async () => {
    const folder = mkdtempSync(join(tmpdir(), "lab-"));
    try {
      for (const { name, bytes } of [model, picture]) writeFileSync(join(folder, name), bytes);
      const files = [join(folder, picture.name), "--model", join(folder, model.name)];
      for (const [mode, at] of [
        ["fast", "1,2,3,5,8"],
        ["rate", "1,2,5,16,32"],
        ["graded", "1,3,4"],
      ]) {
        if (mode !== "fast") await chooseMode(lab.page, mode);
        const report = (await commandJson("detect", ...files, "--mode", mode, "--at", at, "--json")) as {
          images: [{ snn: CommandCheckpoint[] }];
        };
        const { snn } = report.images[0];
        expect(snn.some(({ detections }) => detections.length > 0)).toBe(true);
        for (const checkpoint of snn) await expectSameCheckpoint(lab.page, checkpoint);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("runs a file's own spiking network as it was made to run", async () => {
    const folder = mkdtempSync(join(tmpdir(), "lab-"));
    try {
      const spiking = await smallSpikingModel();
      for (const { name, bytes } of [spiking, picture]) writeFileSync(join(folder, name), bytes);
      const files = [join(folder, picture.name), "--model", join(folder, spiking.name)];
      const report = (await commandJson("detect", ...files, "--at", "1,2,4,5", "--json")) as {
        images: [{ snn: CommandCheckpoint[] }];
      };
      await andRun(lab.page, () => dropFiles(lab.page, [spiking]));
      expect(await lab.page.locator('[data-mark="a"] .note').textContent()).toContain("of 5");
      for (const checkpoint of report.images[0].snn) await expectSameCheckpoint(lab.page, checkpoint);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("plays, pauses, steps, and goes back to what it showed before", async () => {
    const { page } = lab;
    await chooseMode(page, "rate");
    await showStep(page, 3);
    const early = await shownBoxes(page, "a");
    const line = page.locator(".trace .line polyline");
    const trace = await line.getAttribute("points");
    await showStep(page, 32);
    await showStep(page, 3);
    expect(await shownBoxes(page, "a")).toEqual(early);
    expect(await line.getAttribute("points")).toBe(trace);

    await page.getByRole("button", { name: "One step on" }).click();
    expect(await clock(page)).toBe("4");
    await page.getByRole("button", { name: "One step back" }).click();
    expect(await clock(page)).toBe("3");

    await page.getByLabel("Speed").selectOption("4");
    await page.getByRole("button", { name: "Play" }).click();
    await page.waitForFunction(() => Number(document.querySelector(".clock b")?.textContent) >= 6);
    await pause(page);
    const paused = Number(await clock(page));
    await page.waitForTimeout(500);
    expect(Number(await clock(page))).toBe(paused);
    await page.getByRole("button", { name: "Play" }).click();
    await page.waitForFunction(() => document.querySelector(".clock b")?.textContent === "32");
    await page.getByRole("button", { name: "Play" }).waitFor();
  });

  test("draws its rasters in the colours of the scheme that is asked for, also when that changes", async () => {
    const { page } = lab;
    await showStep(page, 8);
    /** The colour of +1 in the style sheet, and whether the raster holds it. */
    const isDrawn = () =>
      page.evaluate(() => {
        const canvas = document.querySelector(".raster canvas") as HTMLCanvasElement;
        const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
        const hex = getComputedStyle(canvas).getPropertyValue("--spike").trim();
        const [r, g, b] = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
        return data.some((_, i) => i % 4 === 0 && data[i] === r && data[i + 1] === g && data[i + 2] === b);
      });
    for (const colorScheme of ["light", "dark", "light"] as const) {
      await page.emulateMedia({ colorScheme });
      await expect.poll(isDrawn, { message: colorScheme }).toBe(true);
    }
  });

  test("knows the error at every step, whenever the DNN's answer comes", async () => {
    const { page } = lab;
    // Between two steps, or while one is made: at another moment each time.
    for (let repeat = 0; repeat < 6; repeat++) {
      await andRun(page, () => dropFiles(page, [picture]));
      await showStep(page, 8);
      const card = page.getByRole("region", { name: "Error of the output" });
      expect((await card.locator(".line polyline").getAttribute("points"))!.split(" ")).toHaveLength(8);
      expect(await card.locator("dd").textContent()).not.toBe("–");
    }
  });

  test("keeps time at hand while the page scrolls", async () => {
    const { page } = lab;
    await pause(page);
    const { height } = page.viewportSize()!;
    for (const part of [0, 0.5, 1]) {
      await page.evaluate((of) => scrollTo(0, of * document.documentElement.scrollHeight), part);
      const { y, height: own } = (await page.locator(".transport").boundingBox())!;
      expect(y).toBeGreaterThanOrEqual(0);
      expect(y + own).toBeLessThanOrEqual(height);
    }
  });

  test("runs two configurations in step and shows both at the same t", async () => {
    const { page } = lab;
    await andRun(page, () => page.getByLabel("Show").selectOption("scope"));
    await showStep(page, 64);
    expect(await page.locator(".picture h2").allTextContents()).toEqual(["DNN", "Spiking A", "Spiking B"]);
    for (const mark of ["a", "b"]) {
      expect(await page.locator(`[data-mark="${mark}"] .note`).textContent()).toContain("t = 64");
    }
    const errors = await page.locator(".readings dd").allTextContents();
    expect(errors).toHaveLength(2);
    expect(errors[0]).not.toBe(errors[1]);
    await andRun(page, () => page.getByLabel("Show").selectOption("one"));
    expect(await page.locator(".picture h2").allTextContents()).toEqual(["DNN", "Spiking network"]);
  });

  test("lets a network that is done stand still while the other goes on", async () => {
    const { page } = lab;
    await showStep(page, 8);
    const [boxes, counts] = [await shownBoxes(page, "a"), await shownCounts(page)];
    await andRun(page, () => page.getByLabel("Show").selectOption("modes"));
    await showStep(page, 7);
    expect(await shownCounts(page)).not.toBe(counts);
    for (const t of [8, 9, 128]) {
      await showStep(page, t);
      expect(await shownBoxes(page, "a")).toEqual(boxes);
      expect(await shownCounts(page)).toBe(counts);
      expect(await page.locator('[data-mark="a"] .note').textContent()).toMatch(/^fast · t = 8 of 8, \d+ with delays$/);
      expect(await page.locator('[data-mark="b"] .note').textContent()).toBe(`paper · t = ${t} of 128`);
      const trace = page.locator(".trace");
      // Before and after each of its eight decisions, a mark at each.
      const points = (await trace.locator(".line polyline").getAttribute("points"))!.split(" ");
      expect(points).toHaveLength(16);
      const marks = trace.locator("circle");
      expect(await marks.count()).toBe(8);
      const end = Number(await marks.last().getAttribute("cx"));
      expect(end, "the last mark stands at the line's end").toBeCloseTo(Number(points[15].split(",")[0]), 0);
    }
  });

  test("says how much spikes weigh, where they do not weigh the same", async () => {
    const { page } = lab;
    const key = page.locator('[data-tour="raster"] .key');
    expect(await key.textContent()).toContain("spikes weigh 128, 64, 32, 16, 8, 4, 2, 1");
    await chooseMode(page, "rate");
    expect(await key.textContent()).not.toContain("weigh");
  });

  test("changes one part of a configuration", async () => {
    const { page } = lab;
    await page.getByText("Settings", { exact: true }).click();
    await showStep(page, 6);
    const before = await page.locator(".readings dd").textContent();
    await andRun(page, () => page.locator("fieldset.a").getByLabel("Neuron").selectOption("if"));
    await showStep(page, 6);
    expect(await page.locator(".readings dd").textContent()).not.toBe(before);
    expect(await page.locator('[data-mark="a"] .note').textContent()).toContain("unsigned");
  });

  test("shares memory among threads, with the same result", async () => {
    const { page } = lab;
    await page.getByText("Settings", { exact: true }).click();
    const seen: unknown[] = [];
    for (const threads of ["1", "2"]) {
      await andRun(page, () => page.getByLabel("Threads").selectOption(threads));
      expect(await page.locator(".status").textContent()).toContain(threads === "1" ? "one thread" : "2 threads");
      await showStep(page, 5);
      seen.push([await shownBoxes(page, "a"), await shownCounts(page)]);
    }
    expect(seen[1]).toEqual(seen[0]);
  });

  test("shares what is shown by its address", async () => {
    const { page } = lab;
    // A picture of one's own cannot be shared; a scene can.
    await andRun(page, () => page.getByRole("button", { name: "Next scene" }).click());
    await andRun(page, () => page.getByLabel("Show").selectOption("modes"));
    await showStep(page, 16);
    await page.waitForFunction(() => location.hash.includes("t=16"));
    const hash = await page.evaluate(() => location.hash);
    const other = await host.open({ hash, builtIn: model });
    try {
      await andRun(other.page, () => dropFiles(other.page, [model]));
      expect(await clock(other.page)).toBe("16");
      expect(await other.page.getByLabel("Show").inputValue()).toBe("modes");
      expect(await shownBoxes(other.page, "b")).toEqual(await shownBoxes(page, "b"));
    } finally {
      await other.close();
    }
  });

  test("goes back and forward between what was shown, and follows an address put into the browser's line", async () => {
    const { page } = lab;
    const scene = page.getByRole("button", { name: /^Scene \d/ });
    await andRun(page, () => page.getByRole("button", { name: "Next scene" }).click());
    await showStep(page, 6);
    await page.waitForFunction(() => location.hash.includes("scene=3"));
    await andRun(page, () => page.getByRole("button", { name: "Next scene" }).click());
    await showStep(page, 6);
    await page.waitForFunction(() => location.hash.includes("scene=4"));
    await andRun(page, () => page.goBack());
    expect(await scene.textContent()).toBe("Scene 3");
    await showStep(page, 6);
    await andRun(page, () => page.goForward());
    expect(await scene.textContent()).toBe("Scene 4");
    await andRun(page, () =>
      page.evaluate(() => {
        location.hash = "#scene=7&a=graded&step=1";
      }),
    );
    expect(await scene.textContent()).toBe("Scene 7");
    expect(await page.locator('[data-mark="a"] .note').textContent()).toContain("graded");
    expect(await page.getByRole("alert").textContent()).toMatch(/E_ADDRESS.*step=1/);
    expect(lab.complaints).toEqual([]);
  });

  test("plays by the space bar, and closes explanations by Escape and by a click elsewhere, one being open at a time", async () => {
    const { page } = lab;
    await showStep(page, 6);
    await page.keyboard.press(" ");
    await page.getByRole("button", { name: "Pause" }).waitFor();
    await page.keyboard.press(" ");
    await page.getByRole("button", { name: "Play" }).waitFor();
    const open = page.locator(".explain[open]");
    const [first, second] = [page.locator(".explain summary").nth(0), page.locator(".explain summary").nth(1)];
    await first.click();
    await second.click();
    expect(await open.count()).toBe(1);
    await page.keyboard.press("Escape");
    expect(await open.count()).toBe(0);
    expect(await second.evaluate((summary) => document.activeElement === summary)).toBe(true);
    await first.click();
    await page.locator("h1").click();
    expect(await open.count()).toBe(0);
  });

  test("explains a neuron: what reached it, what it was held against, what it sent", async () => {
    const { page } = lab;
    await showStep(page, 6);
    const decision = page.locator(".decision p").first();
    await decision.waitFor();
    // A tracker in the mode that is shown first: what its function makes of the charge, and what it has sent.
    expect(await decision.textContent()).toMatch(
      /^Step 6, where a spike counts 4: of all charge so far, [+−][\d.]+ Vₜₕ, its function makes a count of/,
    );
    await chooseMode(page, "rate");
    await showStep(page, 6);
    await page.waitForFunction(() => document.querySelector(".neuron")?.textContent?.includes("take-back"));
    expect(await decision.textContent()).toMatch(/^Step 6: it holds [+−][\d.]+ Vₜₕ and would send \+1 from/);
    // Of the channel that is shown on the picture (11 × 9), the place that is clicked: the middle.
    await page.getByRole("slider", { name: /Channel of/ }).focus();
    await page.keyboard.press("ArrowRight");
    await page.waitForSelector(".spike-map canvas");
    await page.locator(".spike-map canvas").click();
    await page.waitForFunction(() =>
      /^layer 1, channel 1, x 4, y 5:/.test(document.querySelector(".neuron")?.textContent ?? ""),
    );
    await decision.waitFor();
    expect(await page.locator(".neuron").textContent()).toContain(
      "a take-back neuron that follows leaky, with 0 inputs",
    );
    expect(await page.locator(".inputs").textContent()).toContain("picture and bias");
    // Another kind of neuron in the same place: the first network's neuron stays chosen.
    await chooseMode(page, "paper");
    await page.waitForFunction(() => document.querySelector(".neuron")?.textContent?.includes("imbalanced thresholds"));
    expect(lab.complaints).toEqual([]);
  });

  test("takes every control from the keyboard", async () => {
    const { page } = lab;
    await pause(page);
    const reached = new Set<string>();
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press("Tab");
      const name = await page.evaluate(() => {
        const element = document.activeElement as HTMLElement;
        return element.ariaLabel ?? element.closest("label")?.textContent ?? element.textContent ?? "";
      });
      reached.add(name.trim());
    }
    for (const control of [
      "Guided tour",
      "Next scene",
      "Open files…",
      "Camera",
      "Play",
      "Time step",
      "Settings",
      "Neuron",
    ])
      expect([...reached], control).toContain(control);

    await page.getByRole("slider", { name: "Time step" }).focus();
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowRight");
    expect(await clock(page)).toBe("2");
    await page.getByRole("slider", { name: "Neuron" }).focus();
    const neuron = await page.locator(".neuron").textContent();
    await page.keyboard.press("ArrowDown");
    expect(await page.locator(".neuron").textContent()).not.toBe(neuron);
    await page.getByRole("slider", { name: /Channel of/ }).focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await page.waitForSelector(".spike-map canvas");
    expect(await page.locator("p.chosen").textContent()).toContain("channel 2");
    await page.keyboard.press("Escape");
    await page.waitForSelector(".spike-map", { state: "detached" });
  });

  test("draws the report's figure of a channel, to be kept", async () => {
    const { page } = lab;
    await page.getByRole("slider", { name: /Channel of/ }).focus();
    await page.keyboard.press("ArrowRight");
    await page.getByRole("button", { name: "Distribution…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.waitFor();
    expect(await dialog.locator("img").getAttribute("alt")).toMatch(/Firing rates of channel 1 of act0.*% silent/);
    expect(await dialog.locator("img").evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(100);
    expect(await dialog.getByText("Save as SVG").getAttribute("download")).toBe("figure-2.svg");
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    expect(lab.complaints).toEqual([]);
  });

  test("leads through the tour and lets go of it with Escape", async () => {
    const { page } = lab;
    await page.getByRole("button", { name: "Guided tour" }).click();
    const dialog = page.getByRole("dialog");
    const titles = new Set<string | null>();
    for (let step = 1; step <= 5; step++) {
      expect(await dialog.locator(".count").textContent()).toBe(`${step} of 5`);
      titles.add(await dialog.locator("h2").textContent());
      expect(await page.locator(".toured").count()).toBe(1);
      if (step < 5) await dialog.getByRole("button", { name: "Next" }).click();
    }
    expect(titles.size).toBe(5);
    await page.keyboard.press("Escape");
    expect(await dialog.count()).toBe(0);
    expect(await page.locator(".toured").count()).toBe(0);
    // Whoever opened it goes on from where they were.
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Guided tour");
    expect(await page.locator(".spike-map").count()).toBe(0);
  });

  test.each([
    [1440, 900],
    [1024, 768],
    [390, 844],
  ])("the tour acts, and never covers what it speaks of: %i×%i", async (width, height) => {
    const { page } = lab;
    await page.setViewportSize({ width, height });
    await showStep(page, 3);
    await page.getByRole("button", { name: "Guided tour" }).click();
    const dialog = page.getByRole("dialog");
    for (let step = 1; step <= 5; step++) {
      await page.waitForFunction((k) => document.querySelector(".tour .count")?.textContent === `${k} of 5`, step);
      const [panel, target] = [await dialog.boundingBox(), await page.locator(".toured").boundingBox()];
      if (!panel || !target) throw new Error("the panel or its target cannot be seen");
      const across = Math.min(panel.x + panel.width, target.x + target.width) - Math.max(panel.x, target.x);
      const down = Math.min(panel.y + panel.height, target.y + target.height) - Math.max(panel.y, target.y);
      expect(Math.min(across, down), `step ${step} covers its target`).toBeLessThanOrEqual(0);
      expect(panel.y + panel.height).toBeLessThanOrEqual(height);
      expect(target.y, `step ${step}: its target begins on the page`).toBeGreaterThan(-1);
      if (step === 4) await page.waitForSelector(".spike-map canvas");
      if (step < 5) await dialog.getByRole("button", { name: "Next" }).click();
    }
    // The last step shows the run's end.
    await page.waitForFunction(() => document.querySelector(".clock b")?.textContent === "8");
    await dialog.getByRole("button", { name: "Done" }).click();
    expect(await page.locator(".spike-map").count()).toBe(0);
  });

  test("the tour finds another place when the window changes: every step, from every size to every other", async () => {
    const { page } = lab;
    const sizes = [
      [1440, 900],
      [1024, 768],
      [390, 844],
      [1024, 600],
    ] as const;
    const dialog = page.getByRole("dialog");
    await page.getByRole("button", { name: "Guided tour" }).click();
    for (let step = 1; step <= 5; step++) {
      await page.waitForFunction((k) => document.querySelector(".tour .count")?.textContent === `${k} of 5`, step);
      for (const [width, height] of [...sizes, ...sizes.toReversed()]) {
        await page.setViewportSize({ width, height });
        await page
          .waitForFunction(
            () => {
              const [panel, target] = [".tour", ".toured"].map((one) =>
                document.querySelector(one)!.getBoundingClientRect(),
              );
              const across = Math.min(panel.right, target.right) - Math.max(panel.left, target.left);
              const down = Math.min(panel.bottom, target.bottom) - Math.max(panel.top, target.top);
              const isInside =
                panel.top >= 0 && panel.bottom <= innerHeight && panel.left >= 0 && panel.right <= innerWidth;
              return isInside && Math.min(across, down) <= 0 && target.top > -1 && target.top < innerHeight;
            },
            null,
            { timeout: 5000 },
          )
          .catch(() => expect.fail(`step ${step} at ${width}×${height}: the panel covers its target, or sticks out`));
      }
      if (step < 5) await dialog.getByRole("button", { name: "Next" }).click();
    }
  });

  test("speaks of the neurons that are shown", async () => {
    const { page } = lab;
    const said = async () => {
      await page.getByRole("button", { name: "Guided tour" }).click();
      for (let step = 1; step < 3; step++) await page.getByRole("dialog").getByRole("button", { name: "Next" }).click();
      const text = await page.locator("#tour-text").textContent();
      await page.keyboard.press("Escape");
      return text;
    };
    expect(await said()).toMatch(/take back what was too much\. Wider marks/);
    await chooseMode(page, "paper");
    expect(await said()).toMatch(/ten times as much as \+1/);
  });

  /** What a click downloads. A page may start ten downloads, then Chromium asks its user. */
  async function downloaded(page: Page, act: () => Promise<unknown>) {
    const [download] = await Promise.all([page.waitForEvent("download"), act()]);
    return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
  }

  test("each view is kept as a drawing and as numbers", async () => {
    const { page } = lab;
    await showStep(page, 4);
    const tables = new Map<string, string[][]>();
    const views = [
      "Spikes of single neurons",
      "Energy so far",
      "Error of the output",
      "Activity of each layer",
      "Firing rate",
    ];
    for (const view of views) {
      const card = page.getByRole("region", { name: view });
      const drawing = await downloaded(page, () => card.getByRole("button", { name: "Save as SVG" }).click());
      expect(drawing.name).toMatch(/\.svg$/);
      // As another program sees it: alone, without the page's style sheets.
      const size = await page.evaluate(async (text) => {
        const image = new Image();
        image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
        await image.decode();
        return [image.naturalWidth, image.naturalHeight];
      }, drawing.bytes.toString());
      expect(Math.min(...size), view).toBeGreaterThan(40);
      const { name, bytes } = await downloaded(page, () => card.getByRole("button", { name: "CSV" }).click());
      expect(name).toMatch(/\.csv$/);
      const rows = bytes
        .toString()
        .trim()
        .split("\r\n")
        .map((line) => line.split(","));
      expect(rows[0].slice(0, 2)).toEqual(["network", "t"]);
      expect(rows.length, view).toBeGreaterThan(2);
      for (const row of rows) expect(row).toHaveLength(rows[0].length);
      tables.set(view, rows);
    }
    // Accumulates up to step 4 are those that the page counts.
    const acs = tables.get("Energy so far")?.at(-1)?.[2];
    expect(await page.locator("table td[title]").first().getAttribute("title")).toContain(`${acs} accumulates`);
    expect(lab.complaints).toEqual([]);
  });

  test("the pictures are kept as PNG, and the run as a film", async () => {
    const { page } = lab;
    await showStep(page, 4);
    const png = await downloaded(page, () => page.getByRole("button", { name: "Save picture" }).click());
    expect(png.name).toBe("detections-t4.png");
    const { width, height, data } = await decodeImage(png.bytes, png.name);
    expect(width).toBeGreaterThan(1.5 * height);
    expect(new Set(data).size, "it is a picture, and no plain one").toBeGreaterThan(100);
    await page.getByRole("button", { name: "Record run" }).click();
    const film = await downloaded(page, () => page.getByRole("link", { name: "Save film" }).click());
    expect(film.name).toMatch(/^run\.(webm|mp4)$/);
    // A page of its own, whose policy lets a film be read from memory.
    const player = await host.browser.newPage();
    const [seconds, wide] = await player.evaluate(async (base64) => {
      const video = document.createElement("video");
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      video.src = URL.createObjectURL(new Blob([bytes]));
      await new Promise((resolve, reject) => {
        video.onloadeddata = resolve;
        video.onerror = () => reject(new Error("the film cannot be played"));
      });
      // A recorder's file does not say how long it is before it has been gone through.
      video.currentTime = 1e6;
      await new Promise((resolve) => {
        video.onseeked = resolve;
      });
      return [video.currentTime, video.videoWidth];
    }, film.bytes.toString("base64"));
    await player.close();
    expect(seconds).toBeGreaterThan(3);
    expect(wide).toBe(width);
    expect(lab.complaints).toEqual([]);
  });

  test("networks of different length have ticks of their own", async () => {
    const { page } = lab;
    await andRun(page, () => page.getByLabel("Show").selectOption("modes"));
    const chart = page.getByRole("region", { name: "Error of the output" }).locator("svg");
    const last = (slot: string) => chart.locator(`.ticks.${slot} text`).last();
    expect(await last("a").textContent()).toBe("8");
    expect(await last("b").textContent()).toBe("128");
    // Both end at the right edge.
    const ends = await Promise.all(["a", "b"].map((slot) => last(slot).getAttribute("x")));
    expect(Number(ends[0])).toBeCloseTo(Number(ends[1]), 3);
    await showStep(page, 128);
    const [a, b] = await Promise.all(
      ["a", "b"].map((slot) => chart.locator(`.line.${slot} circle`).getAttribute("cx")),
    );
    expect(Number(a)).toBeCloseTo(Number(b), 3);
  });

  test("takes a picture with the camera", async () => {
    const { page } = lab;
    await page.getByRole("button", { name: "Camera", exact: true }).click();
    await page.getByRole("button", { name: "Take picture" }).waitFor({ state: "visible" });
    await andRun(page, () => page.getByRole("button", { name: "Take picture" }).click());
    expect(await page.locator("dialog").count()).toBe(0);
    // The fake camera's picture is 640 wide; the noise was 40.
    expect(await page.locator('[data-mark="a"] canvas').first().getAttribute("width")).toBe("640");
  });

  test("answers each file that it cannot use with a message, and goes on", async () => {
    const { page } = lab;
    const text = (what: string) => new TextEncoder().encode(what);
    await showStep(page, 6);
    const before = await shownBoxes(page, "a");
    for (const [name, bytes, code] of [
      ["small.safetensors", model.bytes.slice(0, model.bytes.length / 2), "E_MODEL_FILE"],
      // It claims a huge header.
      ["huge.safetensors", new Uint8Array(64).fill(255), "E_MODEL_FILE"],
      ["broken.png", text("no picture"), "E_IMAGE"],
      // Without its weights.
      ["tiny.cfg", text("[net]\n"), "E_DROP"],
      ["notes.pdf", new Uint8Array(10), "E_DROP"],
    ] as const) {
      await dropFiles(page, [{ name, bytes }]);
      const alert = page.getByRole("alert");
      await alert.waitFor();
      expect(await alert.textContent(), name).toContain(code);
      await alert.getByRole("button", { name: "Dismiss" }).click();
      await alert.waitFor({ state: "detached" });
      await andRun(page, () => dropFiles(page, [model, picture]));
      await showStep(page, 6);
      expect(await shownBoxes(page, "a"), name).toEqual(before);
    }
    expect(lab.complaints).toEqual([]);
  });

  test("shows hostile class names as text", async () => {
    const { page } = lab;
    const names = { name: "evil.names", bytes: new TextEncoder().encode("<img src=x onerror=alert(1)>\n<b>b</b>\n") };
    await andRun(page, () => dropFiles(page, [model, names, picture]));
    await showStep(page, 1);
    expect(await page.locator(".found").allTextContents()).toEqual(
      expect.arrayContaining([expect.stringMatching(/<img src=x|<b>b/)]),
    );
    expect(await page.locator(".found img, .found b b, .picture svg img").count()).toBe(0);
    expect(lab.complaints).toEqual([]);
  });

  test("runs without shared memory, saying so, with the same result", async () => {
    const plain = await servePlainly();
    const page = await openLab(host.browser, plain.url, { builtIn: model });
    try {
      await andRun(page.page, () => dropFiles(page.page, [model, picture]));
      expect(await page.page.evaluate(() => crossOriginIsolated)).toBe(false);
      expect(await page.page.locator(".status").textContent()).toContain(
        "one thread (this page is served without COOP",
      );
      await showStep(page.page, 6);
      await showStep(lab.page, 6);
      expect(await shownBoxes(page.page, "a")).toEqual(await shownBoxes(lab.page, "a"));
      expect(page.complaints).toEqual([]);
    } finally {
      await page.close();
      await plain.stop();
    }
  });
});

/** The built files by a host that sets no headers. */
async function servePlainly(): Promise<Served> {
  const folder = resolve(import.meta.dirname, "../../dist/lab");
  const types: Record<string, string> = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".wasm": "application/wasm",
  };
  const server = createServer((request, response) => {
    const path = request.url === "/" ? "/index.html" : (request.url as string);
    readFile(join(folder, path)).then(
      (bytes) => response.writeHead(200, { "Content-Type": types[extname(path)] ?? "image/svg+xml" }).end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    stop: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
