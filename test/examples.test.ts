/** The examples run as they stand, against the built package under its own name, and say what they are there to show. */
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");

function output(example: string): Promise<string> {
  return new Promise((done, fail) => {
    execFile(process.execPath, [`examples/${example}`], { cwd: root }, (error, stdout, stderr) =>
      error ? fail(new Error(stderr)) : done(stdout),
    );
  });
}

/** By file: what its output must hold. */
const examples: Readonly<Record<string, (text: string) => void>> = {
  "convert.mjs": (text) => {
    expect(text).toContain("measureActivations images=16");
    expect(text).toContain("written to out/examples/scenes.safetensors");
  },
  "choose.mjs": (text) => {
    expect(text.match(/← chosen/g)).toHaveLength(1);
  },
  "energy.mjs": (text) => {
    const ratios = [...text.matchAll(/T = \d: .*, ([\d.]+) accumulates a MAC/g)].map(([, ratio]) => Number(ratio));
    expect(ratios).toHaveLength(8);
    expect(ratios).toEqual([...ratios].sort((a, b) => a - b));
  },
  "one-neuron.mjs": (text) => {
    expect(text.match(/^step \d/gm)).toHaveLength(12);
    expect(text).toContain("neuron kind ibt, with");
  },
  "video.mjs": (text) => {
    const [first, same, ...changed] = [...text.matchAll(/: ([\d.]+) accumulates/g)].map(([, ratio]) => Number(ratio));
    // A frame that shows what the last one showed only settles what was left; one with a small change costs a little.
    expect(same).toBeLessThan(first / 5);
    for (const ratio of changed) expect(ratio).toBeLessThan(first / 5);
  },
};

test("every example has its expectation", () => {
  const files = readdirSync(resolve(root, "examples")).filter((name) => name.endsWith(".mjs"));
  expect(files.sort()).toEqual(Object.keys(examples).sort());
});

test.each(Object.entries(examples))("%s", async (name, check) => {
  check(await output(name));
});
