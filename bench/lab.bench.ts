/**
 * The lab as it is opened: time until the DNN's and the spiking network's first boxes, bytes loaded, and the longest task
 * of the page's main thread, while opening and from the run's start until it has been played to its end: what a user
 * would feel as a hitch. Wall and processor time: on a busy machine only the second tells of the page.
 *
 *   npm run build && npx vitest bench --run bench/lab.bench.ts
 */
import { bench, describe } from "vitest";
import { launchBrowser } from "../test/browser/chromium.ts";
import { serveWithCommand } from "../test/browser/lab-page.ts";

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds. */
  readonly ts: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

describe("the lab", () => {
  bench(
    "opened, until the run of the built-in model is done",
    async () => {
      const served = await serveWithCommand();
      const browser = await launchBrowser();
      try {
        const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
        await page.addInitScript(markRunStart, runStart);
        const bytes = new Map<string, number>();
        page.on("response", async (response) => {
          const name = new URL(response.url()).pathname;
          bytes.set(name, Number(response.headers()["content-length"] ?? 0));
        });
        const session = await page.context().newCDPSession(page);
        const events: TraceEvent[] = [];
        session.on("Tracing.dataCollected", ({ value }) => events.push(...(value as unknown as TraceEvent[])));
        await session.send("Tracing.start", {
          traceConfig: {
            includedCategories: [
              "toplevel",
              "disabled-by-default-devtools.timeline",
              "blink.user_timing",
              "__metadata",
            ],
          },
        });

        // A browser that has just been started is busy with windows of its own.
        await new Promise((settled) => setTimeout(settled, 3000));
        const start = performance.now();
        const seen = (mark: string) =>
          page
            .waitForSelector(`[data-mark="${mark}"] g.box`, { state: "attached" })
            .then(() => Math.round(performance.now() - start));
        await page.goto(served.url);
        const [dnn, snn] = await Promise.all([seen("dnn"), seen("a")]);
        await page.waitForSelector('.page[data-done="true"]');
        const done = Math.round(performance.now() - start);
        await page.waitForFunction(() => document.querySelector(".play")?.textContent === "Play");

        const complete = new Promise((resolve) => session.once("Tracing.tracingComplete", resolve));
        await session.send("Tracing.end");
        await complete;
        const started = events.find(({ name }) => name === runStart)?.ts ?? Number.NaN;
        const opening = longestTask(events, ({ ts }) => ts < started);
        const simulating = longestTask(events, ({ ts }) => ts >= started);
        const kilobytes = (pattern: RegExp) =>
          Math.round([...bytes].reduce((sum, [name, size]) => sum + (pattern.test(name) ? size : 0), 0) / 1000);
        console.log(
          JSON.stringify({
            firstDnnMs: dnn,
            firstSnnMs: snn,
            runDoneMs: done,
            longestTaskOpening: opening,
            longestTaskSimulating: simulating,
            onnxRuntimeKb: kilobytes(/ort/),
            modelKb: kilobytes(/safetensors/),
            restKb: kilobytes(/^(?!.*(ort|safetensors))/),
          }),
        );
      } finally {
        await browser.close();
        await served.stop();
      }
    },
    { iterations: 3, warmupIterations: 0, time: 0, warmupTime: 0 },
  );
});

const runStart = "run starts";

/** In the page: a mark in the trace as soon as there is a run. */
function markRunStart(mark: string): void {
  const observer = new MutationObserver(() => {
    if (!document.querySelector(".page[data-run]")) return;
    performance.mark(mark);
    observer.disconnect();
  });
  observer.observe(document, { subtree: true, childList: true, attributes: true });
}

/** Of the page's main thread, among those that are meant. */
function longestTask(
  events: readonly TraceEvent[],
  isMeant: (task: TraceEvent) => boolean,
): { readonly wallMs: number; readonly processorMs: number } {
  const mains = new Set(
    events
      .filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain")
      .map(({ pid, tid }) => `${pid}.${tid}`),
  );
  const tasks = events.filter(
    (event) =>
      /RunTask$/.test(event.name) && event.ph === "X" && mains.has(`${event.pid}.${event.tid}`) && isMeant(event),
  );
  const greatest = (of: "dur" | "tdur") => Math.max(0, ...tasks.map((task) => task[of] ?? 0)) / 1000;
  return { wallMs: Math.round(greatest("dur")), processorMs: Math.round(greatest("tdur")) };
}
