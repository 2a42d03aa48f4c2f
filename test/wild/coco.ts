/** COCO instances files as people have them: each is scored with detections that are right, and its pictures are looked for. */
import { cpSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { WildCase } from "./case.ts";
import { runHere } from "./run.ts";
import { briefly, smallDetector } from "./small-detector.ts";

interface Expectation {
  /** Remarks of reading, each once. Default: none. */
  readonly remarks?: readonly RegExp[];
  /** Objects of cat and dog. Default: one each. */
  readonly objects?: readonly [number, number];
  /** What the file calls its pictures and classes. */
  readonly imageIds?: readonly [number | string, number | string];
  readonly categoryIds?: readonly [number, number];
  /** AP50 of detections that are right; null where there is nothing to find. */
  readonly map50?: number | null;
}

/** The file reads with these remarks, right detections score as they should, and every picture is found. */
const reads =
  (expectation: Expectation = {}) =>
  async (path: string, scratch: string): Promise<void> => {
    const { remarks = [], objects = [1, 1], imageIds = [1, 2], categoryIds = [1, 2], map50 = 1 } = expectation;
    const spec = `coco:${path}/coco/ann.json`;
    const detections = join(scratch, "right.json");
    const right = [
      { image_id: imageIds[0], category_id: categoryIds[0], bbox: [2, 1, 46, 32], score: 0.9 },
      { image_id: imageIds[1], category_id: categoryIds[1], bbox: [48, 0, 48, 64], score: 0.8 },
    ];
    writeFileSync(detections, JSON.stringify(right));
    const scored = await runHere("score", "--dataset", spec, "--detections", detections, "--json");
    expect(scored.code, scored.stderr).toBe(0);
    const told = scored.stderr.split("\n").filter((line) => line !== "");
    expect(told).toEqual(remarks.map((remark) => expect.stringMatching(remark)));
    const result = JSON.parse(scored.stdout);
    if (map50 === null) expect(result.map50).toBeNull();
    else expect(result.map50).toBeCloseTo(map50, 9);
    const positives = (name: string) => result.perClass.find((row: { label: string }) => row.label === name)?.positives;
    expect([positives("cat"), positives("dog")]).toEqual(objects);

    const evaluated = await runHere(
      "evaluate",
      ...smallDetector(path, scratch),
      "--dataset",
      spec,
      ...briefly,
      "--json",
    );
    expect(evaluated.code, evaluated.stderr).toBe(0);
    expect(JSON.parse(evaluated.stdout)).toMatchObject({ images: 2, failures: [] });
  };

const empty = /no picture shows an object/;
const noBox = (reason: RegExp) =>
  new RegExp(`^annotations without a usable box, left out: 1 \\(entry 2: ${reason.source}`);
const elsewhere = (count: number) => new RegExp(`^pictures that lie elsewhere than the annotations say: ${count} \\(`);

export const coco: readonly WildCase[] = [
  { folder: "k00-base", expects: "it reads", check: reads() },
  {
    folder: "k01-zero",
    expects: "pictures without annotations have no score, and that is said",
    check: reads({ remarks: [empty], objects: [0, 0], map50: null }),
  },
  {
    folder: "k01b-nokey",
    expects: "a list of pictures without the key annotations is one without objects",
    check: reads({ remarks: [empty], objects: [0, 0], map50: null }),
  },
  {
    folder: "k02-abs",
    expects: "pictures named by paths of another machine are found in the folder of pictures, and that is said",
    check: reads({ remarks: [elsewhere(2)] }),
  },
  { folder: "k03b-prefix", expects: "names with images/ are found beside the file", check: reads() },
  { folder: "k04-strid", expects: "ids of pictures may be text", check: reads() },
  { folder: "k04b-strcat", expects: "ids of categories may be numbers as text", check: reads() },
  { folder: "k05-strbox", expects: "boxes may be numbers as text", check: reads() },
  {
    folder: "k06-nocrowd",
    expects: "without crowd and area all are single objects of their boxes' area",
    check: reads(),
  },
  {
    folder: "k07-roboflow",
    expects: "the root category is no class, and that is said",
    check: reads({ remarks: [/^categories that only head others, taken for no class: 1 \(0 pets\)$/] }),
  },
  {
    folder: "k07b-dupname",
    expects: "a root category that has a class's name is no class",
    check: reads({ remarks: [/^categories that only head others, taken for no class: 1 \(0 dog\)$/] }),
  },
  { folder: "k07c-0based", expects: "categories may count from 0", check: reads({ categoryIds: [1, 0] }) },
  {
    folder: "k07d-dupname-last",
    expects: "two categories of one name are one class, and that is said",
    check: reads({ remarks: [/^categories of one name, taken for one class: 1 \(2 and 3 dog\)$/] }),
  },
  { folder: "k08-minus1", expects: "a size of -1 is none", check: reads() },
  { folder: "k08b-nosize", expects: "a size may be absent", check: reads() },
  { folder: "k08c-strsize", expects: "a size may be numbers as text", check: reads() },
  {
    folder: "k09-dupimg",
    expects: "a picture listed twice counts once, and that is said",
    check: reads({ remarks: [/lists twice, taken once: 1 \(id 1: a\.jpg, a\.jpg\)$/] }),
  },
  { folder: "k09b-dupann", expects: "ids of annotations do not matter", check: reads() },
  {
    folder: "k10-emptybox",
    expects: "an annotation with an empty box is left out, and that is said",
    check: reads({ remarks: [noBox(/bbox/)] }),
  },
  {
    folder: "k10b-nobox",
    expects: "an annotation without a box is left out, and that is said",
    check: reads({ remarks: [noBox(/bbox/)] }),
  },
  {
    folder: "k11-negbox",
    expects: "a box of negative width is left out, and that is said",
    check: reads({ remarks: [noBox(/bbox: a box of -3 by 5 pixels/)] }),
  },
  {
    folder: "k11b-zerobox",
    expects: "a box without area is left out, and that is said",
    check: reads({ remarks: [noBox(/bbox: a box of 0 by 5 pixels/)] }),
  },
  { folder: "k12-nan", expects: "an area of NaN, as Python writes it, is that of the box", check: reads() },
  {
    folder: "k13-missing",
    expects: "an evaluation all of whose pictures are missing is an error, not a result",
    async check(path, scratch) {
      const dataset = ["--dataset", `coco:${path}/coco/ann.json`];
      const result = await runHere("evaluate", ...smallDetector(path, scratch), ...dataset, ...briefly);
      expect(result.stderr).toMatch(
        /^error \[E_FILE\] 2 of 2 pictures could not be read \(1, 2\); at most 1 may fail/m,
      );
      expect([result.code, result.stdout]).toEqual([2, ""]);
    },
  },
  {
    folder: "k14-unicode",
    expects: "names in any script, in a folder that is a link, are found",
    async check(path, scratch) {
      // The link itself did not survive being copied: it is a file that says where it led.
      const copy = join(scratch, "coco");
      cpSync(join(path, "coco"), copy, { recursive: true });
      rmSync(join(copy, "images"), { recursive: true, force: true });
      symlinkSync("real dir", join(copy, "images"));
      const dataset = ["--dataset", `coco:${copy}/ann.json`];
      const result = await runHere("evaluate", ...smallDetector(path, scratch), ...dataset, ...briefly, "--json");
      expect(result.code, result.stderr).toBe(0);
      expect(JSON.parse(result.stdout)).toMatchObject({ images: 2, failures: [] });
      expect(result.stderr).not.toMatch(/elsewhere/);
    },
  },
  {
    folder: "k16-unkcat",
    expects: "an annotation of a category that is not listed is left out, and that is said",
    check: reads({
      remarks: [/^annotations of categories that .* does not list, left out: 1 \(picture 1, category 0\)$/],
      objects: [0, 1],
    }),
  },
  { folder: "k20-strcrowd", expects: "iscrowd may be text", check: reads() },
  { folder: "k20b-nullcrowd", expects: "iscrowd and area may be null", check: reads() },
  {
    folder: "k21-url",
    expects: "a picture named by an address is found by its name, and that is said",
    check: reads({ remarks: [elsewhere(1)] }),
  },
  {
    folder: "k22-bigid",
    expects: "ids of more digits than a number holds are kept to the last one",
    check: reads({ imageIds: ["9007199254740993", 2] }),
  },
];
