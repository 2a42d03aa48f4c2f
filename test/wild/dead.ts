/** Networks and calibration pictures of which a part, or all, says nothing. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { foldBatchNorm } from "../../src/convert/fold-batch-norm.ts";
import type { LayerOf } from "../../src/graph/layers.ts";
import { importDarknet } from "../../src/importers/darknet/import-darknet.ts";
import type { WildCase } from "./case.ts";
import { runHere } from "./run.ts";
import { smallDetector } from "./small-detector.ts";

/** Conversion error of the last step, by each engine: equal, since networks are of integers. */
async function converted(path: string, scratch: string, cfg: string, weights: string) {
  const [, , , ...others] = smallDetector(path, scratch);
  const calibration = others.at(-1) as string;
  const model = join(scratch, "m.safetensors");
  const made = await runHere("convert", cfg, weights, ...others, "-o", model);
  expect(made.code, made.stderr).toBe(0);
  const errors: number[] = [];
  for (const engine of ["event", "reference"]) {
    const { code, stdout, stderr } = await runHere(
      ...["detect", join(calibration, "a.jpg"), "--model", model, "--engine", engine, "--json"],
    );
    expect(code, stderr).toBe(0);
    errors.push(JSON.parse(stdout).images[0].snn.at(-1).outputError);
  }
  expect(errors[0]).toBe(errors[1]);
  return { error: errors[0], stderr: made.stderr };
}

const bearable = (folder: string, what: string, cfg: string, weights: string, told: RegExp): WildCase => ({
  folder,
  expects: what,
  check: async (path, scratch) => {
    const { error, stderr } = await converted(path, scratch, join(path, cfg), join(path, weights));
    expect(error).toBeLessThan(0.05);
    expect(stderr).toMatch(told);
  },
});

export const dead: readonly WildCase[] = [
  {
    folder: "x01-cal-black",
    expects: "pictures of one colour are nothing to calibrate on",
    check: async (path, scratch) => {
      const [cfg, , weights, ...others] = smallDetector(path, scratch);
      const out = join(scratch, "m.safetensors");
      const given = [...others.slice(0, 3), path];
      const { code, stderr } = await runHere("convert", cfg, weights, ...given, "-o", out);
      expect(stderr).toMatch(/^error \[E_CALIBRATION\] the calibration pictures are each of one colour/m);
      expect(code).toBe(2);
      expect(existsSync(out)).toBe(false);
    },
  },
  bearable(
    "x02-dead-channels",
    "channels of a pruned network stay silent",
    "../t03-full/base.cfg",
    "dead.weights",
    /^$/,
  ),
  bearable(
    "x03-dead-layer",
    "a layer that never fires is named, and the network gives what its DNN gives",
    "relu.cfg",
    "deadlayer.weights",
    /^layers that are silent on all calibration pictures, .*: 1 \(relu0\)$/m,
  ),
  {
    folder: "x04-var0",
    expects: "a variance of 0 in batch norm is folded with epsilon, and stays finite",
    check: async () => {
      const cfg =
        "[net]\nwidth=32\nheight=32\n[convolutional]\nbatch_normalize=1\nfilters=6\nactivation=linear\n[region]\nclasses=1\nanchors=1,1\n";
      // Scale, mean and variance 0, as in a file of zeros; then 1 over the root of 1e-5.
      const folded = foldBatchNorm(importDarknet({ cfg }));
      const [, layer] = folded.layers as readonly LayerOf<"convolution">[];
      expect([...layer.weights.data, ...(layer.bias?.data ?? [])].every(Number.isFinite)).toBe(true);
    },
  },
  {
    folder: "x05-T1",
    expects: "one step of mode rate runs, with the error that it has",
    check: async (path, scratch) => {
      const detector = smallDetector(path, scratch);
      const given = ["--mode", "rate", "--steps", "1", "--json"];
      const picture = join(detector.at(-1) as string, "a.jpg");
      const { code, stdout, stderr } = await runHere("detect", picture, "--model", ...detector, ...given);
      expect(code, stderr).toBe(0);
      const { snn } = JSON.parse(stdout).images[0] as { readonly snn: readonly { t: number; outputError: number }[] };
      expect(snn.map(({ t }) => t)).toEqual([1]);
      expect(snn[0].outputError).toBeGreaterThan(0);
    },
  },
];
