/** Model files that took gigabytes or minutes, that engines read differently, or that ended in a crash: each by the built program. */
import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { dataPath, describeWithData } from "./data.ts";

const program = resolve(import.meta.dirname, "../dist/cli/main.js");
const picture = dataPath("faults/11c-head/a.jpg");

interface Outcome {
  readonly code: number | null;
  readonly stderr: string;
  readonly peakMiB: number;
}

/** Runs the program in a process whose greatest memory is told at its end; killed after `seconds`. */
function run(seconds: number, ...args: string[]): Promise<Outcome> {
  const tell = 'process.on("exit", () => process._rawDebug("peak " + process.resourceUsage().maxRSS))';
  const options = ["--import", `data:text/javascript,${encodeURIComponent(tell)}`, program, ...args];
  return new Promise((done) => {
    execFile(process.execPath, options, { timeout: seconds * 1000, maxBuffer: 2 ** 28 }, (error, _stdout, stderr) => {
      const lines = stderr.trimEnd().split("\n");
      const peak = /^peak (\d+)$/.exec(lines.at(-1) ?? "");
      done({
        code: error ? ((error.code as unknown as number) ?? null) : 0,
        stderr: (peak ? lines.slice(0, -1) : lines).join("\n"),
        peakMiB: peak ? Number(peak[1]) / 1024 : Number.NaN,
      });
    });
  });
}

const engines = ["event", "reference"] as const;
type EngineName = (typeof engines)[number];

/** What each file is refused for; by engine where one runs what the other does not. */
const refused: readonly (readonly [string, RegExp, (readonly EngineName[])?])[] = [
  ["07-model-bomb-dnn-concat18/m", /the network has 1073744896 values in all layers' outputs together; at most/],
  ["07-model-bomb-float-concat16/m", /E_FLOAT_GRAPH/, ["event"]],
  ["07-model-bomb-float-concat16/m", /E_MEMORY\] the reference engine would take 6\.0 GiB/, ["reference"]],
  ["07-model-bomb-sums300x1024/m", /used twice/],
  ["09-prototype-names/broken", /E_MODEL_FILE/],
  ["10-engines-differ/float-bias", /conv2 \[convolution\]: bias is float32/],
  ["10-engines-differ/float-vthneg", /leaky0 \[integrateFire\]: vThNeg is float32/],
  ["10-engines-differ/int32-weights", /conv2 \[convolution\]: weights is int32/],
  ["11a-header-of-strings/m", /tensor t has no type, shape and offsets/],
  ["11a-header-of-strings/n", /tensor t has no type, shape and offsets/],
  ["11c-head/head-if", /region5 \[region\]: it reads region5_readout \[integrateFire\]/],
  ["11c-head/no-head", /no detection head/],
];

describeWithData("model files that broke something", () => {
  for (const [file, message, by = engines] of refused) {
    test.each(by)(`${file}, %s engine: one line, exit code 2`, async (engine) => {
      const model = dataPath(`faults/${file}.safetensors`);
      const { code, stderr, peakMiB } = await run(
        30,
        "detect",
        picture,
        "--model",
        model,
        "--engine",
        engine,
        "--at",
        "1",
      );
      expect(stderr).toMatch(message);
      expect(stderr).toMatch(/^error \[E_(?!INTERNAL)[A-Z_]+\] [^\n]+$/);
      expect(code).toBe(2);
      expect(peakMiB).toBeLessThan(512);
    });
  }

  test("a network of two million candidates is run, within 2 GiB", async () => {
    const model = dataPath("faults/07-model-bomb-int-input1400/m.safetensors");
    const { code, stderr, peakMiB } = await run(100, "detect", picture, "--model", model, "--at", "1");
    // A slow machine is told of progress.
    expect(stderr).not.toMatch(/error/);
    expect(code).toBe(0);
    expect(peakMiB).toBeLessThan(2048);
  });
});

test.skipIf(process.platform === "win32")("devices are refused as models, cfgs, weights and names", async () => {
  for (const args of [
    ["inspect", "/dev/zero"],
    ["detect", picture, "--model", "/dev/zero"],
    ["inspect", "/dev/zero", "--names", "/dev/zero"],
  ]) {
    const { code, stderr, peakMiB } = await run(30, ...args);
    expect(stderr).toMatch(/^error \[E_(FILE|USAGE)\] [^\n]+$/);
    expect(code).toBe(2);
    expect(peakMiB).toBeLessThan(512);
  }
});
