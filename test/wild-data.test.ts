import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "vitest";
import { dataPath, describeWithData } from "./data.ts";
import { coco } from "./wild/coco.ts";
import { pictures } from "./wild/pictures.ts";
import { scores } from "./wild/scores.ts";
import { voc } from "./wild/voc.ts";
import { yolo } from "./wild/yolo.ts";

describeWithData("wild data sets and pictures", () => {
  test.each([...coco, ...scores, ...voc, ...pictures, ...yolo])(
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
