/** Moving scenes as a data set, and `evaluate` on it: the built program, frames in their order through neurons that keep their state. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { movingScene } from "../src/data/scenes/moving.ts";
import type { EvaluationReport } from "../src/evaluate/report.ts";
import { runInProcess } from "./program.ts";

let folder: string;
const run = (...args: readonly string[]) => runInProcess(folder, ...args);
const small = ["--width", "160", "--height", "120"];
const dataset = ["--dataset", "coco:moving/instances.json", "--at", "8", "--threads", "1"];

async function evaluate(
  ...args: readonly string[]
): Promise<EvaluationReport["configurations"][number]["snn"][number]> {
  const { stdout, stderr, code } = await run("evaluate", "scenes", ...dataset, "--json", ...args);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout).snn[0];
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "moving-"));
  const scenes = ["scenes", "--format", "coco", "--count", "2", "--frames", "4", "--seed", "3", ...small];
  const { code, stderr } = await run(...scenes, "-o", "moving");
  expect(code, stderr).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the data set says which video each frame is of, and what is seen in it", () => {
  const { videos, images, annotations } = JSON.parse(readFileSync(join(folder, "moving/instances.json"), "utf8"));
  expect(videos).toEqual([
    { id: 1, name: "000000" },
    { id: 2, name: "000001" },
  ]);
  const frames = images.map((image: Record<string, unknown>) => [image.video_id, image.frame_id, image.file_name]);
  expect(frames[0]).toEqual([1, 0, "000000-00000.png"]);
  expect(frames[7]).toEqual([2, 3, "000001-00003.png"]);
  const { objects } = movingScene(3, 1, { width: 160, height: 120 }).frame(3);
  const stated = annotations.filter(({ image_id }: { image_id: number }) => image_id === 8);
  expect(stated.map(({ bbox }: { bbox: number[] }) => bbox)).toEqual(
    objects.map(({ xMin, yMin, xMax, yMax }) => [xMin, yMin, xMax - xMin, yMax - yMin]),
  );
});

test("frames are gone through in their order: as `detect` on each video finds and counts", async () => {
  const kept = await evaluate();
  const files = [0, 1].map((video) =>
    Array.from({ length: 4 }, (_, frame) => `moving/images/00000${video}-0000${frame}.png`),
  );
  const costs: number[][] = [];
  for (const frames of files) {
    const { stdout } = await run("detect", ...frames, "--video", "--model", "scenes", "--json", "--threads", "1");
    costs.push(JSON.parse(stdout).videos[0].frames.map(({ snn }: { snn: { synOps: number } }) => snn.synOps));
  }
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(kept.synOps).toBeCloseTo(mean(costs.flat()), 6);
  expect(kept.frames?.videos).toBe(2);
  expect(kept.frames?.first).toBeCloseTo(mean(costs.map(([first]) => first)), 6);
  expect(kept.frames?.later).toBeCloseTo(mean(costs.flatMap(([, ...later]) => later)), 6);
  expect(kept.frames?.later).toBeLessThan((kept.frames?.first ?? 0) / 2);

  const fromRest = await evaluate("--reset");
  expect(fromRest.frames).toBeUndefined();
  expect(fromRest.synOps).toBeGreaterThan(1.5 * kept.synOps);
});

test("threads work on several videos at a time, to the same figures, also where they go on from a journal", async () => {
  const one = await evaluate("--resume", "one.jsonl");
  for (const threads of ["2", "4"]) expect(await evaluate("--threads", threads)).toEqual(one);
  const kept = readFileSync(join(folder, "one.jsonl"), "utf8").split("\n").slice(0, 4);
  writeFileSync(join(folder, "one.jsonl"), `${kept.join("\n")}\n`);
  expect(await evaluate("--resume", "one.jsonl", "--threads", "2")).toEqual(one);
});

test("an interrupted evaluation goes on to the same figures, although its frames rest on those before", async () => {
  const whole = await evaluate("--resume", "run.jsonl");
  const journal = readFileSync(join(folder, "run.jsonl"), "utf8").trimEnd().split("\n");
  expect(journal).toHaveLength(9);
  // The header, and the first two frames of each video: 0, 1, 4, 5.
  const kept = journal.filter((_, line) => line === 0 || [1, 2, 5, 6].includes(line));
  writeFileSync(join(folder, "run.jsonl"), `${kept.join("\n")}\n`);
  expect(await evaluate("--resume", "run.jsonl")).toEqual(whole);
  const { code, stderr } = await run("evaluate", "scenes", ...dataset, "--reset", "--resume", "run.jsonl");
  expect([code, stderr]).toEqual([2, expect.stringMatching(/E_JOURNAL/)]);
});

test.each([
  [["evaluate", "scenes", ...dataset, "--shard", "1/2", "--resume", "s.jsonl"], /E_USAGE.*--reset/],
  [["scenes", "--frames", "3", "-o", "voc"], /only coco says which video.*--format coco/],
  [["scenes", "--camera", "pan", "-o", "voc"], /--camera goes with scenes that move/],
  [["scenes", "--frames", "3", "--format", "coco", "--noise", "x", "-o", "voc"], /0 to 64 grey levels/],
])("%j: one line, exit code 2", async (args, message) => {
  const { code, stderr } = await run(...args);
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
});

test("neurons that keep nothing are evaluated from rest, and that is said", async () => {
  const { code, stderr, stdout } = await run(
    "evaluate",
    "scenes",
    ...dataset,
    "--mode",
    "rate",
    "--limit",
    "2",
    "--json",
  );
  expect(code).toBe(0);
  expect(stderr).toContain("each from rest: only trackers keep their state");
  expect(JSON.parse(stdout).snn[0].frames).toBeUndefined();
});

test("a frame that is missing is a failure, and those after it go on from the one before", async () => {
  rmSync(join(folder, "moving/images/000000-00002.png"));
  const { stdout, code } = await run("evaluate", "scenes", ...dataset, "--json");
  expect(code).toBe(0);
  const { failures, snn } = JSON.parse(stdout);
  expect(failures).toHaveLength(1);
  expect(snn[0].frames.later).toBeLessThan(snn[0].frames.first / 2);
});
