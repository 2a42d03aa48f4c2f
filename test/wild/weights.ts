/** Weights as people have them, and what is none. */
import { join } from "node:path";
import { expect } from "vitest";
import type { WildCase } from "./case.ts";
import { run } from "./run.ts";
import { smallDetector } from "./small-detector.ts";

async function converted(path: string, scratch: string) {
  const [, , , ...others] = smallDetector(path, scratch);
  const out = join(scratch, "m.safetensors");
  return run(60, "convert", join(path, "c.cfg"), join(path, "c.weights"), ...others, "-o", out);
}

const taken = (folder: string, what: string, told: RegExp = /^$/): WildCase => ({
  folder,
  expects: what,
  check: async (path, scratch) => {
    const { code, stderr } = await converted(path, scratch);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(told);
  },
});

const refused = (folder: string, what: string, message: RegExp): WildCase => ({
  folder,
  expects: `${what}, in one line`,
  check: async (path, scratch) => {
    const { code, stderr, peakMiB } = await converted(path, scratch);
    expect(stderr).toMatch(/^error \[E_WEIGHTS[A-Z_]*\] c\.weights[^\n]+$/);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
    expect(peakMiB).toBeLessThan(512);
  },
});

export const weights: readonly WildCase[] = [
  taken("w01-16byte", "a header of 16 bytes is read as its version says"),
  taken(
    "w02-zero20",
    "a header of 20 bytes under version 0 is told by the length",
    /^c\.weights says version 0\.0\.0, .* so it is read$/m,
  ),
  refused(
    "w03-trunc",
    "weights cut off after the backbone: which layer is missing",
    /ends early: layer 4 \[convolutional\] needs 56 bytes/,
  ),
  refused("w04-trailing", "four bytes too many", /has 4 bytes more than the cfg's layers hold/),
  refused("w05-html", "a web page is called one", /it is a web page/),
  refused("w06-lfs", "a Git LFS pointer is called one, with what to do", /Git LFS pointer.*git lfs pull/),
  refused("w07-empty", "an empty file is called empty", /it is empty/),
  refused("w08-nan", "values that are no numbers: where", /layer 0 \[convolutional\] holds values that are not finite/),
  refused("w09-pt", "a PyTorch archive is called one, with what to do", /zip archive.*Export that model as ONNX/),
  refused("w10-moreclasses", "weights of more classes", /bytes more than the cfg's layers hold/),
];
