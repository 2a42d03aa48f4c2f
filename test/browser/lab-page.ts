/** The lab as tests drive it: the command that serves it, a page in a browser, and what can be read off that page. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { basename, resolve } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { launchBrowser } from "./chromium.ts";

const program = resolve(import.meta.dirname, "../../dist/cli/main.js");

export interface Served {
  readonly url: string;
  stop(): Promise<void>;
}

/** `spiking-yolo lab` on any free port. */
export function serveWithCommand(): Promise<Served> {
  const child: ChildProcess = spawn(process.execPath, [program, "lab", "--port", "0", "--no-open"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  return new Promise((started, failed) => {
    child.once("exit", (code) => failed(new Error(`the lab command ended with ${code}`)));
    child.stdout?.once("data", (line: Buffer) =>
      started({
        url: line.toString().trim(),
        stop: () => {
          child.kill("SIGTERM");
          return ended;
        },
      }),
    );
  });
}

export interface LabHost {
  /** Once the tests have begun. */
  readonly browser: Browser;
  readonly url: string;
  open(options?: LabOptions): Promise<LabPage>;
}

/** A browser and a server for all tests of a `describe`, closed after them. */
export function hostLab(): LabHost {
  let browser: Browser;
  let served: Served;
  beforeAll(async () => {
    [browser, served] = await Promise.all([launchBrowser(), serveWithCommand()]);
  });
  afterAll(async () => {
    await browser?.close();
    await served?.stop();
  });
  return {
    get browser() {
      return browser;
    },
    get url() {
      return served.url;
    },
    open: (options) => openLab(browser, served.url, options),
  };
}

/** The JSON document of a command. */
export function commandJson(...args: string[]): Promise<unknown> {
  return new Promise((done, failed) => {
    execFile(process.execPath, [program, ...args], { maxBuffer: 2 ** 28 }, (error, stdout) =>
      error ? failed(error) : done(JSON.parse(stdout)),
    );
  });
}

export interface LabPage {
  readonly page: Page;
  /** What the browser complained of: errors, refused requests, breaches of the security policy. */
  readonly complaints: readonly string[];
  /** Addresses outside the server that the page asked for. */
  readonly strangers: readonly string[];
  close(): Promise<void>;
}

export interface LabOptions extends BrowserContextOptions {
  readonly hash?: string;
  /** Stands in for the built-in model, where what is found does not matter: the page is ready in a fraction of the time. */
  readonly builtIn?: NamedFile;
}

export async function openLab(
  browser: Browser,
  url: string,
  { hash = "", builtIn, ...options }: LabOptions = {},
): Promise<LabPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  if (builtIn)
    await context.route("**/scenes-*.safetensors", (route) => route.fulfill({ body: Buffer.from(builtIn.bytes) }));
  const page = await context.newPage();
  // Patience for machines that have other things to do; a test that waits in vain still fails.
  page.setDefaultTimeout(100_000);
  const complaints: string[] = [];
  const strangers: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => {
    const address = request.url();
    if (!address.startsWith(url) && !/^(data|blob):/.test(address)) strangers.push(address);
  });
  await page.goto(`${url}${hash}`);
  // The built-in model's run, or word that this build has none: what a test does then comes after it.
  await page.waitForSelector('.page[data-done="true"], [role="alert"]');
  return { page, complaints, strangers, close: () => context.close() };
}

export interface NamedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Drops files onto the page, as from a file manager. */
export async function dropFiles(page: Page, files: readonly NamedFile[]): Promise<void> {
  const encoded = files.map(({ name, bytes }) => ({
    name: basename(name),
    base64: Buffer.from(bytes).toString("base64"),
  }));
  const dataTransfer = await page.evaluateHandle((list) => {
    const transfer = new DataTransfer();
    for (const { name, base64 } of list) {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      transfer.items.add(new File([bytes], name));
    }
    return transfer;
  }, encoded);
  await page.dispatchEvent(".page", "drop", { dataTransfer });
}

/** Acts, and waits until a run that follows from it is done, and the DNN's answer is there where there is a DNN. */
export async function andRun(page: Page, act: () => Promise<unknown>): Promise<void> {
  const before = await page.getAttribute(".page", "data-run");
  await act();
  await page.waitForFunction((run) => {
    const { dataset } = document.querySelector(".page") as HTMLElement;
    const dnn = document.querySelector('[data-mark="dnn"] .found')?.textContent ?? "…";
    return dataset.run !== (run ?? undefined) && dataset.done === "true" && !dnn.endsWith("…");
  }, before);
}

/** Chooses a mode for network A in the settings, which this opens. */
export async function chooseMode(page: Page, mode: string): Promise<void> {
  await page.locator("details.settings").evaluate((settings: HTMLDetailsElement) => {
    settings.open = true;
  });
  await andRun(page, () => page.locator("fieldset.a").getByLabel("Mode").selectOption(mode));
}

/** Stops the playback. */
export async function pause(page: Page): Promise<void> {
  await page.evaluate(() => {
    const button = document.querySelector<HTMLElement>(".transport .play");
    if (button?.textContent === "Pause") button.click();
  });
}

/** Shows the checkpoint at t, as a user who drags the slider. */
export async function showStep(page: Page, t: number): Promise<void> {
  await pause(page);
  await page.locator(".slider input").fill(String(t));
  await page.waitForFunction((step) => document.querySelector(".clock b")?.textContent === String(step), t);
}

export interface ShownBox {
  readonly classIndex: number;
  readonly score: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The boxes that a network's picture shows: `dnn`, `a` or `b`; by falling score. */
export async function shownBoxes(page: Page, mark: string): Promise<readonly ShownBox[]> {
  const boxes = await page.locator(`[data-mark="${mark}"] g.box`).evaluateAll((groups) =>
    groups.map((group) => {
      const number = (element: Element | null, name: string) => Number(element?.getAttribute(name));
      const rect = group.querySelector("rect");
      return {
        classIndex: number(group, "data-class"),
        score: number(group, "data-score"),
        x: number(rect, "x"),
        y: number(rect, "y"),
        width: number(rect, "width"),
        height: number(rect, "height"),
      };
    }),
  );
  return boxes.sort((a, b) => b.score - a.score);
}

/** Work of network A so far, to the last accumulate. */
export async function shownCounts(page: Page): Promise<string> {
  return (await page.locator("tr.a td[title]").getAttribute("title")) ?? "";
}

/** What `detect --json` says of a checkpoint. */
export interface CommandCheckpoint {
  readonly t: number;
  readonly spikes: number;
  readonly synOps: number;
  readonly detections: readonly {
    readonly classIndex: number;
    readonly score: number;
    readonly box: readonly [number, number, number, number];
  }[];
}

/**
 * Whether the page shows what the command found: every spike and accumulate, and every box. The network's outputs are
 * integers and equal to the last bit; scores and corners come of them by Math.exp, whose last bit differs between
 * versions of V8.
 */
export async function expectSameCheckpoint(page: Page, { t, spikes, synOps, detections }: CommandCheckpoint) {
  await showStep(page, t);
  expect(await shownCounts(page), `t = ${t}`).toContain(`${synOps} accumulates, ${spikes} spikes,`);
  const shown = await shownBoxes(page, "a");
  const expected = [...detections].sort((a, b) => b.score - a.score);
  expect(shown.map(({ classIndex }) => classIndex)).toEqual(expected.map(({ classIndex }) => classIndex));
  for (const [i, { score, box }] of expected.entries()) {
    const [x, y, right, bottom] = box;
    const numbers = { score, x, y, width: right - x, height: bottom - y };
    for (const [name, value] of Object.entries(numbers))
      expect(shown[i][name as keyof ShownBox], `${name} of box ${i} at t = ${t}`).toBeCloseTo(value, 9);
  }
}
