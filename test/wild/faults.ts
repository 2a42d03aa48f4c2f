/** Files that broke something once: each ends in a result or in one line, within time and memory. */
import { copyFileSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { WildCase } from "./case.ts";
import { type Outcome, run } from "./run.ts";
import { smallDetector } from "./small-detector.ts";

/** One line that says why, exit code 2, nothing printed as a result, little memory. */
function expectRefused({ code, stdout, stderr, peakMiB }: Outcome, message: RegExp): void {
  expect(stderr.trimEnd()).toMatch(/^error \[E_(?!INTERNAL)[A-Z_]+\] \P{Cc}+$/u);
  expect(stderr).toMatch(message);
  expect([code, stdout]).toEqual([2, ""]);
  expect(peakMiB).toBeLessThan(512);
}

const detect = (path: string, model: string, engine: string) =>
  run(30, "detect", join(path, "../11c-head/a.jpg"), "--model", join(path, model), "--engine", engine, "--at", "1");

/** By both engines, each with its reason where they differ. */
const modelsRefused =
  (models: Readonly<Record<string, RegExp | { readonly event: RegExp; readonly reference: RegExp }>>) =>
  async (path: string): Promise<void> => {
    for (const [model, reason] of Object.entries(models)) {
      for (const engine of ["event", "reference"] as const)
        expectRefused(await detect(path, model, engine), reason instanceof RegExp ? reason : reason[engine]);
    }
  };

const pictureRefused = (name: string) => async (path: string) =>
  expectRefused(
    await run(30, "detect", join(path, name), "--model", "scenes", "--at", "1"),
    /\[E_IMAGE\] .*\(it is an SVG drawing/,
  );

const cfgsRefused = (cfgs: Readonly<Record<string, RegExp>>) => async (path: string) => {
  for (const [cfg, message] of Object.entries(cfgs)) expectRefused(await run(30, "inspect", join(path, cfg)), message);
};

/** The file is copied, named to a command that would go on from it, refused, and left as it was. */
async function expectKept(file: string, copy: string, message: RegExp, args: readonly string[]): Promise<void> {
  copyFileSync(file, copy);
  expectRefused(await run(60, ...args), message);
  expect(readFileSync(copy)).toEqual(readFileSync(file));
}

const bombs: readonly WildCase[] = [
  { folder: "06-svg-huge", expects: "an SVG drawing is no picture", check: pictureRefused("huge.jpg") },
  { folder: "06-svg-morph", expects: "an SVG drawing is no picture", check: pictureRefused("morph.jpg") },
  { folder: "06-svg-turb", expects: "an SVG drawing is no picture", check: pictureRefused("turb.jpg") },
  {
    folder: "07-model-bomb-dnn-concat18",
    expects: "a network of too many values is refused before anything is allocated",
    check: modelsRefused({
      "m.safetensors": /the network has 1073744896 values in all layers' outputs together; at most/,
    }),
  },
  {
    folder: "07-model-bomb-float-concat16",
    expects: "a network that an engine cannot hold is refused with the memory it would take",
    check: modelsRefused({
      "m.safetensors": {
        event: /E_FLOAT_GRAPH/,
        reference: /E_MEMORY\] the reference engine would take 6\.0 GiB/,
      },
    }),
  },
  {
    folder: "07-model-bomb-int-input1400",
    expects: "a network of two million candidates is run, within 2 GiB",
    async check(path) {
      const model = join(path, "m.safetensors");
      const { code, stderr, peakMiB } = await run(
        100,
        ...["detect", join(path, "a.jpg"), "--model", model, "--at", "1"],
      );
      // A slow machine is told of progress.
      expect(stderr).not.toMatch(/error/);
      expect(code).toBe(0);
      expect(peakMiB).toBeLessThan(2048);
    },
  },
  {
    folder: "07-model-bomb-sums300x1024",
    expects: "a sum of one layer many times is refused",
    check: modelsRefused({ "m.safetensors": /used twice/ }),
  },
];

const misread: readonly WildCase[] = [
  {
    folder: "09-prototype-names",
    expects: "names that every JavaScript object has are names like any other: unknown ones",
    async check(path) {
      await cfgsRefused({
        "proto.cfg": /\[E_CFG\] .*line 4 \[__proto__\]: this section is not supported/,
        "constructor.cfg": /\[E_CFG\] .*line 4 \[constructor\]: this section is not supported/,
        "silent.cfg": /\[E_CFG\] .*line 10 \[constructor\]: this section is not supported/,
        "activation.cfg": /\[E_CFG\] .*activation=toString is not supported/,
      })(path);
      await modelsRefused({ "broken.safetensors": /E_MODEL_FILE/ })(path);
    },
  },
  {
    folder: "10-engines-differ",
    expects: "what engines would read differently is no model",
    check: modelsRefused({
      "float-bias.safetensors": /conv2 \[convolution\]: bias is float32/,
      "float-vthneg.safetensors": /leaky0 \[integrateFire\]: vThNeg is float32/,
      "int32-weights.safetensors": /conv2 \[convolution\]: weights is int32/,
    }),
  },
  {
    folder: "11a-header-of-strings",
    expects: "a header whose tensors are text is no model",
    check: modelsRefused({
      "m.safetensors": /tensor t has no type, shape and offsets/,
      "n.safetensors": /tensor t has no type, shape and offsets/,
    }),
  },
  {
    folder: "11b-weights-16-bytes",
    expects: "weights that end within their header are refused by their length",
    check: async (path) =>
      expectRefused(
        await run(30, "inspect", join(path, "a.cfg"), "--weights", join(path, "w.weights")),
        /\[E_WEIGHTS[A-Z_]*\] .*w\.weights/,
      ),
  },
  {
    folder: "11c-head",
    expects: "a head that reads no readout, and a network without a head, are refused",
    check: modelsRefused({
      "head-if.safetensors": /region5 \[region\]: it reads region5_readout \[integrateFire\]/,
      "no-head.safetensors": /no detection head/,
    }),
  },
  {
    folder: "15-control-characters",
    expects: "what moves a terminal's cursor is escaped in an error's one line",
    check: cfgsRefused({
      "cr.cfg": /line 4: expected .* found "foo"$/m,
      "esc.cfg": /line 4: expected .* found "\\u001b\[2J\\u001b\[31mfoo"/,
    }),
  },
];

const files: readonly WildCase[] = [
  {
    folder: "11d-journal",
    expects: "journals without checksums, whole or changed, are refused and left as they are",
    async check(path, scratch) {
      const wild = join(path, "../../wild/v00-base");
      for (const name of readdirSync(path)) {
        const journal = join(scratch, name);
        const args = ["evaluate", ...smallDetector(wild, scratch), "--dataset", `voc:${wild}/devkit`];
        await expectKept(join(path, name), journal, /\[E_JOURNAL\]/, [...args, "--resume", journal]);
      }
    },
  },
  {
    folder: "11f-output-below-a-file",
    expects: "a path through a file is no place for output",
    async check(path) {
      const below = join(path, "afile/x");
      expectRefused(await run(30, "scenes", "--out", below), /\[E_EXISTS\] .*afile/);
      const picture = join(path, "../11c-head/a.jpg");
      const { code, stderr } = await run(30, "detect", picture, "--model", "scenes", "--at", "1", "--out", below);
      expect(stderr).toMatch(/^error \[E_EXISTS\] .*a part of the path is a file/m);
      expect(code).toBe(2);
    },
  },
  {
    folder: "13-empty-values",
    expects: "an empty option or operand is no way to leave it out",
    async check(path, scratch) {
      const cfg = join(path, "a.cfg");
      const calibrate = ["--calibrate", join(path, "../09-prototype-names/cal")];
      const out = ["--out", join(scratch, "m.safetensors")];
      expectRefused(await run(30, "convert", cfg, "", ...calibrate, ...out), /\[E_(USAGE|FILE)\]/);
      expectRefused(await run(30, "scenes", "--out", ""), /\[E_USAGE\] the value of -o, --out <dir> is empty/);
      expect(readdirSync(scratch)).toEqual([]);
    },
  },
  {
    folder: "16-same-name",
    expects: "pictures that differ in their extension alone get a file each",
    async check(path, scratch) {
      const pictures = [join(path, "a.jpg"), join(path, "a.png")];
      const args = ["--model", "scenes", "--at", "1", "--out", join(scratch, "out")];
      const { code, stderr } = await run(60, "detect", ...pictures, ...args);
      expect(code, stderr).toBe(0);
      expect(readdirSync(join(scratch, "out"))).toHaveLength(2);
    },
  },
  {
    folder: "17-checkpoint-nan",
    expects: "a checkpoint of NaN is refused and left as it is",
    async check(path, scratch) {
      const wild = join(path, "../../wild");
      const checkpoint = join(scratch, "nan.checkpoint");
      await expectKept(join(path, "nan.checkpoint"), checkpoint, /\[E_CHECKPOINT\]/, [
        ...["train", "--cfg", join(wild, "t03-full/base.cfg"), "--dataset", `voc:${wild}/v00-base/devkit`],
        ...["--checkpoint", checkpoint, "--resume", "--out", join(scratch, "trained")],
      ]);
    },
  },
];

export const faults: readonly WildCase[] = [...bombs, ...misread, ...files];
