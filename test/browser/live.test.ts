/** The lab on frames that follow each other, in a real browser: a generated scene, a camera (Chromium's own test picture), a file. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { describeInBrowser } from "./chromium.ts";
import { andRun, dropFiles, hostLab, type LabPage } from "./lab-page.ts";

const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;

describeInBrowser("the lab on video", () => {
  const host = hostLab();
  let lab: LabPage;

  beforeEach(async () => {
    lab = await host.open();
  });
  afterEach(() => lab.close());

  const press = (name: string) => lab.page.getByRole("button", { name, exact: true }).click();

  test("a moving scene: later frames cost less than the first, a frozen one nothing, one from rest as much again", async () => {
    const { page } = lab;
    await press("Moving scene");
    await framesSeen(page, 4);
    expect(await page.locator('.live [data-mark="a"] .note').textContent()).toContain("moving scene 2, mode fast");
    const mean = Number(await reading(page, "mean, from the second on"));
    expect(mean).toBeGreaterThan(0);
    expect(mean).toBeLessThan(0.6);

    await press("Freeze");
    await costComesTo(page, (cost) => cost === 0);
    // It stands still, and nothing is computed any more.
    const still = await lastFrame(page);
    await page.waitForTimeout(300);
    expect(await lastFrame(page)).toBe(still);
    for (const action of ["Next frame", "From rest"]) {
      const shown = await recordCosts(page);
      await press(action);
      // It costs something, and then nothing any more.
      await expect.poll(async () => (await shown()).some((cost) => cost > 0), { timeout: 60_000 }).toBe(true);
      await costComesTo(page, (cost) => cost === 0);
    }

    await andRun(page, () => press("Stop"));
    expect(await page.locator(".live").count()).toBe(0);
    expect(lab.complaints).toEqual([]);
  });

  test("compared with the DNN, it tells how far its outputs are off", async () => {
    const { page } = lab;
    await press("Moving scene");
    await framesSeen(page, 1);
    await page.getByLabel(/Compare with the DNN/).check();
    await page.getByText("outputs off by").waitFor();
    expect(Number.parseFloat(await reading(page, "outputs off by"))).toBeLessThan(20);
    expect(lab.complaints).toEqual([]);
  });

  test("a camera: frames come in, and it is let go when one stops", async () => {
    const { page } = lab;
    await page.evaluate(() => {
      const { mediaDevices } = navigator;
      const open = mediaDevices.getUserMedia.bind(mediaDevices);
      mediaDevices.getUserMedia = async (constraints) => {
        const stream = await open(constraints);
        Object.assign(globalThis, { camera: stream });
        return stream;
      };
    });
    await press("Live camera");
    await framesSeen(page, 3);
    const state = () =>
      page.evaluate(() => (globalThis as unknown as { camera: MediaStream }).camera.getTracks()[0].readyState);
    expect(await state()).toBe("live");
    await andRun(page, () => press("Stop"));
    expect(await state()).toBe("ended");
    expect(lab.complaints).toEqual([]);
  });

  test("a camera that is refused: one line, and the picture is still there", async () => {
    const { page } = lab;
    await page.evaluate(() => {
      navigator.mediaDevices.getUserMedia = () =>
        Promise.reject(new DOMException("Permission denied", "NotAllowedError"));
    });
    await press("Live camera");
    const alert = page.getByRole("alert");
    await alert.waitFor();
    expect(await alert.locator("p").textContent()).toMatch(
      /^E_CAMERA the camera cannot be used: it was refused\. [^\n]*$/,
    );
    expect(await page.locator(".live").count()).toBe(0);
    expect(await page.locator('[data-mark="a"]').count()).toBe(1);
    // Another way to look at frames works after it.
    await press("Moving scene");
    await framesSeen(page, 1);
  });

  test.skipIf(!hasFfmpeg)("a video file that ffmpeg wrote; a scene chosen then ends it", async () => {
    const { page } = lab;
    const folder = mkdtempSync(join(tmpdir(), "live-"));
    const file = join(folder, "test.webm");
    try {
      const source = ["-f", "lavfi", "-i", "testsrc=size=160x120:rate=10:duration=2"];
      execFileSync("ffmpeg", ["-v", "error", ...source, "-c:v", "libvpx", "-b:v", "500k", file]);
      await dropFiles(page, [{ name: "test.webm", bytes: await readFile(file) }]);
    } finally {
      rmSync(folder, { recursive: true });
    }
    await framesSeen(page, 3);
    expect(await page.locator('.live [data-mark="a"] .note').textContent()).toContain("test.webm");
    expect(await page.locator(".live .frame canvas").first().getAttribute("width")).toBe("160");
    await press("Freeze");
    await press("Next frame");
    await andRun(page, () => press("Next scene"));
    expect(await page.locator(".live").count()).toBe(0);
    expect(lab.complaints).toEqual([]);
  });

  test("a file that is no video: one line", async () => {
    const { page } = lab;
    await dropFiles(page, [{ name: "broken.mp4", bytes: new Uint8Array(100) }]);
    const alert = page.getByRole("alert");
    await alert.waitFor();
    expect(await alert.locator("p").textContent()).toMatch(/^E_VIDEO broken\.mp4 cannot be played by this browser: /);
  });
});

const lastFrame = (page: Page) => page.locator(".live").getAttribute("data-frames").then(Number);

async function framesSeen(page: Page, count: number): Promise<void> {
  await page.waitForFunction(
    (wanted) => Number(document.querySelector<HTMLElement>(".live")?.dataset.frames ?? -1) >= wanted,
    count,
  );
}

async function reading(page: Page, name: string): Promise<string> {
  return (await page.locator(".live .readings div", { hasText: name }).locator("dd").textContent()) ?? "";
}

/** All that stands as a frame's cost from now on: between two looks from here it may come and go. */
async function recordCosts(page: Page): Promise<() => Promise<readonly number[]>> {
  const costs = await page.evaluateHandle(() => {
    const seen: number[] = [];
    const term = [...document.querySelectorAll(".live dt")].find(({ textContent }) => textContent === "this frame");
    const value = term?.nextElementSibling as Element;
    new MutationObserver(() => seen.push(Number(value.textContent))).observe(value, {
      characterData: true,
      childList: true,
      subtree: true,
    });
    return seen;
  });
  return () => costs.jsonValue();
}

async function costComesTo(page: Page, isWanted: (cost: number) => boolean): Promise<void> {
  await expect.poll(async () => isWanted(Number(await reading(page, "this frame"))), { timeout: 60_000 }).toBe(true);
}
