/** Inputs as people have them, and files that broke something: what is expected of each, by the built program. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { dataPath, describeWithData } from "./data.ts";
import type { WildCase } from "./wild/case.ts";
import { cfgs } from "./wild/cfgs.ts";
import { coco } from "./wild/coco.ts";
import { dead } from "./wild/dead.ts";
import { faults } from "./wild/faults.ts";
import { names } from "./wild/names.ts";
import { pictures } from "./wild/pictures.ts";
import { run } from "./wild/run.ts";
import { scores } from "./wild/scores.ts";
import { training } from "./wild/training.ts";
import { voc } from "./wild/voc.ts";
import { weights } from "./wild/weights.ts";
import { yolo } from "./wild/yolo.ts";

const detectors = [...cfgs, ...weights, ...names, ...training, ...dead];
const dataSets = [...coco, ...scores, ...voc, ...pictures, ...yolo];
const groups: Readonly<Record<"wild" | "faults", readonly WildCase[]>> = { wild: [...detectors, ...dataSets], faults };

describeWithData("inputs as people have them", () => {
  describe.each(Object.entries(groups))("%s", (group, cases) => {
    test.each(cases)("$folder: $expects", { timeout: 300_000 }, async ({ folder, check }) => {
      const scratch = mkdtempSync(join(tmpdir(), "wild-"));
      try {
        await check(dataPath(`${group}/${folder}`), scratch);
      } finally {
        rmSync(scratch, { recursive: true, force: true });
      }
    });

    test("every folder has a case", () => {
      const folders = readdirSync(dataPath(group), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name);
      const covered = new Set(cases.map(({ folder }) => folder.split("/")[0]));
      expect(folders.filter((name) => !covered.has(name))).toEqual([]);
    });
  });
});

test.skipIf(process.platform === "win32")("devices are refused as models, cfgs, weights and names", async () => {
  for (const args of [
    ["inspect", "/dev/zero"],
    ["detect", join(import.meta.dirname, "../examples/street.png"), "--model", "/dev/zero"],
    ["inspect", "/dev/zero", "--names", "/dev/zero"],
  ]) {
    const { code, stderr, peakMiB } = await run(30, ...args);
    expect(stderr).toMatch(/^error \[E_(FILE|USAGE)\] [^\n]+$/);
    expect(code).toBe(2);
    expect(peakMiB).toBeLessThan(512);
  }
});
