import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "vitest";
import { dataPath, describeWithData } from "./data.ts";
import { cfgs } from "./wild/cfgs.ts";
import { dead } from "./wild/dead.ts";
import { names } from "./wild/names.ts";
import { training } from "./wild/training.ts";
import { weights } from "./wild/weights.ts";

describeWithData("wild cfgs, weights and names, and what is trained and calibrated on", () => {
  test.each([...cfgs, ...weights, ...names, ...training, ...dead])(
    "$folder: $expects",
    { timeout: 120_000 },
    async ({ folder, check }) => {
      const scratch = mkdtempSync(join(tmpdir(), "wild-"));
      try {
        await check(dataPath(`wild/${folder}`), scratch);
      } finally {
        rmSync(scratch, { recursive: true, force: true });
      }
    },
  );
});
