/** What people train on and start from. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { WildCase } from "./case.ts";
import { runHere } from "./run.ts";

interface From {
  readonly cfg?: string;
  readonly weights?: string;
  readonly devkit?: string;
  readonly isNamed?: boolean;
}

async function trained(path: string, scratch: string, { cfg, weights, devkit, isNamed = true }: From) {
  const names = join(scratch, "names");
  writeFileSync(names, "cat\ndog\n");
  return runHere(
    ...["train", "--steps", "2", "--batch", "2", "-o", join(scratch, "net")],
    ...["--dataset", `voc:${join(path, devkit ?? "../v00-base/devkit")}:2007:test`],
    ...["--cfg", join(path, cfg ?? "../t00-scratch/base.cfg")],
    ...(weights ? ["--weights", join(path, weights)] : []),
    ...(isNamed ? ["--names", names] : []),
  );
}

const trains = (folder: string, what: string, from: From, told = /^2 steps in /m): WildCase => ({
  folder,
  expects: what,
  check: async (path, scratch) => {
    const { code, stdout, stderr } = await trained(path, scratch, from);
    expect(code, stderr).toBe(0);
    expect(`${stderr}\n${stdout}`).toMatch(told);
    expect(existsSync(join(scratch, "net.weights")) && existsSync(join(scratch, "net.safetensors"))).toBe(true);
  },
});

const refused = (folder: string, what: string, from: From, message: RegExp): WildCase => ({
  folder,
  expects: what,
  check: async (path, scratch) => {
    const { code, stderr } = await trained(path, scratch, from);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/E_INTERNAL/);
    expect(code).toBe(2);
    expect(existsSync(join(scratch, "net.weights"))).toBe(false);
  },
});

const base = { cfg: "base.cfg" };
const devkit = { devkit: "devkit", isNamed: false };

export const training: readonly WildCase[] = [
  trains("t00-scratch", "training begins at random", base),
  trains(
    "t01-backbone",
    "of weights that end after a layer the part is taken that is there",
    { ...base, weights: "trunc.weights" },
    /trunc\.weights ends after layer 2 \[convolutional\]: so far it is taken; 1 later layers begin at random/,
  ),
  trains(
    "t02-otherclasses",
    "of weights of other classes all is taken but the layer before the head",
    { ...base, weights: "c20.weights" },
    /c20\.weights is of 20 classes instead of 2: all is taken but layer 4/,
  ),
  trains("t03-full", "whole weights are where training begins", { ...base, weights: "base.weights" }),
  trains("t06-train-zerobox", "a box without area is passed over", devkit),
  refused(
    "t07-train-noobj",
    "pictures without any object are nothing to train on",
    devkit,
    /error \[E_DATASET\] .* needs at least one/,
  ),
  trains("t08-train-outside", "boxes over the border are cut", devkit),
  refused(
    "t09-train-classes",
    "a class more than the cfg has: what to change",
    devkit,
    /error \[E_NAMES\] region5 tells 2 classes apart; .* has 3/,
  ),
];
