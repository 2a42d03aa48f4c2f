/** Results as people have them, scored against the ground truth beside them. */
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { WildCase } from "./case.ts";
import { runHere } from "./run.ts";

const score = (path: string) =>
  runHere("score", "--dataset", `coco:${path}/coco/ann.json`, "--detections", `${path}/coco/dets.json`, "--json");

const scoresTo = (map50: number) => async (path: string) => {
  const { code, stdout, stderr } = await score(path);
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout).map50).toBeCloseTo(map50, 9);
};

const refuses = (line: RegExp) => async (path: string) => {
  const { code, stdout, stderr } = await score(path);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr.trim()).toMatch(line);
};

export const scores: readonly WildCase[] = [
  { folder: "s00-good", expects: "right detections score 1", check: scoresTo(1) },
  { folder: "s01-empty", expects: "an empty list of results scores 0", check: scoresTo(0) },
  {
    folder: "s02-strid",
    expects: "ids of pictures may be text, though those of the data set are numbers",
    check: scoresTo(1),
  },
  {
    folder: "s03-unkimg",
    expects: "a detection of a picture that the data set lacks is refused by name",
    check: refuses(/^error \[E_DETECTIONS\] .*dets\.json: entry 2: the data set has no picture 77$/),
  },
  {
    folder: "s04-nan",
    expects: "a score of NaN is refused by name",
    check: refuses(/^error \[E_COCO\] .*dets\.json: 0\.score: is no number$/),
  },
  { folder: "s05-dict", expects: "results may stand under the key annotations", check: scoresTo(1) },
  { folder: "s06-crowdless", expects: "ground truth needs no iscrowd and no area", check: scoresTo(1) },
  {
    folder: "s07-0cat",
    expects: "class indices in the place of category ids are refused with a hint",
    check: refuses(/^error \[E_DETECTIONS\] .*no category 0; .* Write category ids, not contiguous class indices$/),
  },
  {
    folder: "s08-darknet-json",
    expects: "darknet's own JSON is refused with the command that writes COCO's",
    check: refuses(/^error \[E_COCO\] .*dets\.json is what darknet writes with -ext_output.*detector valid/),
  },
  { folder: "s09-dupann", expects: "ids of annotations need not differ", check: scoresTo(1) },
  { folder: "s10-annid0", expects: "an annotation whose id is 0 is an object like any other", check: scoresTo(1) },
  {
    folder: "s11-many",
    expects: "only the 100 best of a picture and class count: the right one comes too late",
    check: scoresTo(0.5),
  },
  {
    folder: "s20-voc-spaces",
    expects:
      "VOC results with spaces in class names, CRLF, blank lines and empty files score; a class that is unknown is refused",
    async check(path, scratch) {
      const voc = ["score", "--dataset", `voc:${path}/devkit`, "--json", "--detections"];
      const whole = await runHere(...voc, `${path}/res`);
      expect(whole.stderr).toMatch(
        /^error \[E_DETECTIONS\] comp4_det_test_bird\.txt: VOC2007 test has no class bird\n?$/,
      );
      expect(whole.code).toBe(2);
      const some = join(scratch, "res");
      cpSync(join(path, "res"), some, { recursive: true });
      rmSync(join(some, "comp4_det_test_bird.txt"));
      const { code, stdout, stderr } = await runHere(...voc, some);
      expect(code, stderr).toBe(0);
      const found = JSON.parse(stdout).perClass.map(({ label, ap50 }: { label: string; ap50: number }) => [
        label,
        ap50,
      ]);
      expect(found).toEqual([
        ["cat", 1],
        ["dog", 0],
        ["traffic light", 1],
      ]);
      const other = await runHere(...voc, `${path}/res2`);
      expect(other.stderr).toMatch(/^error \[E_DETECTIONS\] no file is named comp…_det_…_<class>\.txt/);
    },
  },
];
