import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { dataPath, describeWithData } from "../../../test/data.ts";
import { formatCocoDetections } from "../../data/coco-detections.ts";
import { type DataSet, stateDetection } from "../../data/dataset.ts";
import { openDataSet } from "../../data/open.ts";
import { writeVocDataSet } from "../../data/voc.ts";
import { formatVocDetections } from "../../data/voc-detections.ts";
import type { Scores } from "../../evaluate/score.ts";
import { declare } from "./score.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "score-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** What the command prints to stdout. */
async function run(...args: readonly string[]): Promise<string> {
  const written: string[] = [];
  const spy = vi.spyOn(process.stdout, "write").mockImplementation((text) => written.push(String(text)) > 0);
  try {
    const command = new Command().exitOverride();
    declare(command);
    await command.parseAsync(args, { from: "user" });
  } finally {
    spy.mockRestore();
  }
  return written.join("");
}

/** Two pictures, two classes, each object found exactly. */
const objects = [
  { classIndex: 0, xMin: 0, yMin: 0, xMax: 10.5, yMax: 10 },
  { classIndex: 1, xMin: 5, yMin: 5, xMax: 25, yMax: 20 },
].map((object) => ({ ...object, difficult: false, crowd: false, area: 100 }));
const picture = { bytes: new Uint8Array(), extension: "jpg", width: 32, height: 32, objects } as const;

async function vocSet(): Promise<{ spec: string; dataSet: DataSet }> {
  await writeVocDataSet(
    [
      { id: "a", ...picture },
      { id: "b", ...picture },
    ],
    ["red_disc", "bar"],
    { root },
  );
  return { spec: `voc:${root}`, dataSet: await openDataSet(`voc:${root}`) };
}

function perfect(dataSet: DataSet) {
  return [0, 1].flatMap((image) => objects.map((object) => stateDetection(dataSet, image, { ...object, score: 0.5 })));
}

async function layOut(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(root, name);
  await mkdir(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
  return folder;
}

describe("score", () => {
  it("gives perfect marks to the annotations themselves, written as VOC detections", async () => {
    const { spec, dataSet } = await vocSet();
    const files = formatVocDetections(dataSet, perfect(dataSet), "test");
    const texts = Object.fromEntries(files.map(({ name, text }) => [name, text]));
    const folder = await layOut("perfect", { ...texts, "notes.md": "other things lie here too" });
    const scores = JSON.parse(await run("--dataset", spec, "--detections", folder, "--json")) as Scores;
    // Eleven elevenths add up to 1 but for rounding.
    expect(scores.voc07Map).toBeCloseTo(1, 12);
    expect(scores.map50).toBe(1);
    expect(scores.perClass).toMatchObject([{ label: "red_disc", positives: 2, detections: 2 }, { label: "bar" }]);
    const one = JSON.parse(
      await run("--dataset", spec, "--detections", join(folder, "comp4_det_test_bar.txt"), "--json"),
    ) as Scores;
    expect(one.map50).toBe(0.5);
    expect(await run("--dataset", spec, "--detections", folder)).toMatch(/mean +100\.00 +100\.00/);
  });

  it("reads what we write of classes whose names are no files' names", async () => {
    const names = ["x/../../../../escaped", "a:b", ".."];
    const spec = { root: join(root, "hostile"), year: "2007", split: "test" };
    const labelled = names.map((_, classIndex) => ({ ...objects[0], classIndex }));
    await writeVocDataSet([{ id: "a", ...picture, objects: labelled }], names, spec);
    const dataSet = await openDataSet(`voc:${spec.root}`);
    const perfect = labelled.map((object) => stateDetection(dataSet, 0, { ...object, score: 0.5 }));
    const files = formatVocDetections(dataSet, perfect, "test");
    for (const { name } of files) expect(basename(name)).toBe(name);
    const folder = await layOut("hostile-results", Object.fromEntries(files.map(({ name, text }) => [name, text])));
    const scores = JSON.parse(await run("--dataset", `voc:${spec.root}`, "--detections", folder, "--json")) as Scores;
    expect(scores.perClass.map(({ label, ap50 }) => [label, ap50])).toEqual(names.map((name) => [name, 1]));
  });

  it.each([
    ["an unknown class", { "comp4_det_test_cat.txt": "" }, /has no class cat/],
    ["an unknown picture", { "comp4_det_test_bar.txt": "a 0.5 1 1 9 9\nc 0.5 1 1 9 9\n" }, /line 2: .* no picture c/],
    ["a line of words", { "comp4_det_test_bar.txt": "a high 1 1 9 9" }, /line 1: expected/],
    ["a line cut short", { "comp4_det_test_bar.txt": "a 0.5 1 1 9" }, /line 1: expected/],
    ["two files of a class", { "comp3_det_test_bar.txt": "", "comp4_det_test_bar.txt": "" }, /both hold class bar/],
    ["a folder without detections", { "readme.txt": "" }, /no file is named/],
  ])("refuses %s", async (name, files, reason) => {
    const { spec } = await vocSet();
    const folder = await layOut(name.replaceAll(" ", "-"), files);
    await expect(run("--dataset", spec, "--detections", folder)).rejects.toMatchObject({
      code: "E_DETECTIONS",
      message: expect.stringMatching(reason),
    });
  });

  it("says so where COCO results are held against a VOC data set, or nothing is there", async () => {
    const { spec } = await vocSet();
    const folder = await layOut("coco", { "results.json": "[]" });
    await expect(run("--dataset", spec, "--detections", join(folder, "results.json"))).rejects.toThrow(
      /not a COCO data set/,
    );
    await expect(run("--dataset", spec, "--detections", join(root, "nowhere"))).rejects.toMatchObject({
      code: "E_FILE",
    });
  });

  const instances = {
    images: [{ id: 5, file_name: "5.jpg", width: 9, height: 9 }],
    annotations: [],
    categories: [{ id: 2, name: "bar" }],
  };
  const result = { image_id: 5, category_id: 2, bbox: [0, 0, 4, 4], score: 1 };
  it("reads ids as text, and a list inside of an object", async () => {
    const folder = await layOut("coco-text", {
      "instances.json": JSON.stringify({
        ...instances,
        annotations: [{ image_id: 5, category_id: 2, bbox: [0, 0, 4, 4] }],
      }),
      "results.json": JSON.stringify({ annotations: [{ ...result, image_id: "5", category_id: "2" }] }),
    });
    const args = ["--dataset", `coco:${folder}/instances.json`, "--detections", join(folder, "results.json")];
    expect(JSON.parse(await run(...args, "--json"))).toMatchObject({
      map50: expect.closeTo(1, 12),
      perClass: [{ positives: 1, detections: 1 }],
    });
  });

  it.each([
    ["an unknown picture", [{ ...result, image_id: 6 }], "E_DETECTIONS", /entry 0: .* no picture 6/],
    [
      "an unknown category",
      [result, { ...result, category_id: 1 }],
      "E_DETECTIONS",
      /entry 1: no category 1.*run from 2 to 2/,
    ],
    ["a score of words", [{ ...result, score: "high" }], "E_COCO", /0\.score/],
    ["no list", result, "E_COCO", /an object without detections/],
  ])("refuses COCO results with %s", async (_, results, code, reason) => {
    const folder = await layOut("coco-results", {
      "instances.json": JSON.stringify(instances),
      "results.json": JSON.stringify(results),
    });
    await expect(
      run("--dataset", `coco:${folder}/instances.json`, "--detections", join(folder, "results.json")),
    ).rejects.toMatchObject({ code, message: expect.stringMatching(reason) });
  });
});

describeWithData("score on COCO's own example", () => {
  it("prints the twelve numbers of the reference, and the same for what we write", async () => {
    const spec = `coco:${dataPath("fixtures/coco-instances_val2014_100.json")}`;
    const results = dataPath("fixtures/coco-fakebbox100_results.json");
    const { stats, map50To95, map50 } = JSON.parse(
      await run("--dataset", spec, "--detections", results, "--json"),
    ) as Scores;
    const expected = [
      ...[0.504581, 0.696973, 0.572982, 0.585626, 0.5194, 0.501398],
      ...[0.386813, 0.59368, 0.595353, 0.639811, 0.566421, 0.564291],
    ];
    expect(stats!.map((value) => Number(value.toFixed(6)))).toEqual(expected);
    expect([map50To95, map50]).toEqual(stats!.slice(0, 2));
    const dataSet = await openDataSet(spec);
    const { readCocoDetections } = await import("../../data/coco-detections.ts");
    const { readFile } = await import("#platform");
    const detections = [...readCocoDetections(dataSet, await readFile(results), results)];
    const folder = await layOut("rewritten", { "results.json": formatCocoDetections(dataSet, detections) });
    const again = JSON.parse(
      await run("--dataset", spec, "--detections", join(folder, "results.json"), "--json"),
    ) as Scores;
    expect(again.stats).toEqual(stats);
    expect(await run("--dataset", spec, "--detections", results)).toMatch(/AP {3}IoU \.50 +all +0\.696973/);
  });
});
