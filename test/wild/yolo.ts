/** YOLO data sets as people have them. */
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { WildCase } from "./case.ts";
import { runHere } from "./run.ts";
import { briefly, smallDetector } from "./small-detector.ts";

export const yolo: readonly WildCase[] = [
  {
    folder: "y01-yolo",
    expects:
      "darknet's description is read, paths relative to where darknet was started; the file of names that is missing is named",
    async check(path, scratch) {
      const evaluate = (root: string) =>
        runHere(
          ...["evaluate", ...smallDetector(path, scratch)],
          ...["--dataset", `yolo:${root}/data/obj.data`, ...briefly, "--json"],
        );
      const nameless = await evaluate(path);
      expect(nameless.stderr).toMatch(/^files of class names that are not there.*: 1 \(data\/obj\.names\)$/m);
      expect(nameless.stderr).toMatch(/^error \[E_CLASSES\] the model's classes \(cat, dog, …\) are not/m);
      expect(nameless.code).toBe(2);
      cpSync(path, join(scratch, "set"), { recursive: true });
      writeFileSync(join(scratch, "set/data/obj.names"), "cat\ndog\n");
      const named = await evaluate(join(scratch, "set"));
      expect(named.code, named.stderr).toBe(0);
      const { images, failures, dnn } = JSON.parse(named.stdout);
      expect([images, failures]).toEqual([1, []]);
      expect(dnn.perClass).toMatchObject([
        { label: "cat", positives: 1 },
        { label: "dog", positives: 0 },
      ]);
    },
  },
];
