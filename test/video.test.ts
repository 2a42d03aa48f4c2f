/** `detect` on videos: by the built program, with frames of a folder, and with ffmpeg where there is one. */
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "./wild/run.ts";

const model = ["--model", "scenes", "--neuron", "tracker"];
const street = resolve(import.meta.dirname, "../examples/street.png");
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "video-"));
  for (const name of ["a", "b", "c"]) copyFileSync(street, join(folder, `${name}.png`));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a folder of frames: the second costs a fraction of the first, and from rest as much", async () => {
  const kept = JSON.parse((await run(60, "detect", folder, "--video", ...model, "--json")).stdout);
  expect(kept.images).toEqual([]);
  const [{ frames, totals }] = kept.videos;
  expect(frames).toHaveLength(3);
  expect(frames[0].snn.detections.length).toBeGreaterThan(0);
  expect(frames[0].snn.macs).toBeGreaterThan(0);
  expect(frames[2].snn.macs).toBe(0);
  expect(frames[2].snn.synOps).toBeLessThan(frames[0].snn.synOps / 10);
  expect(frames[2].snn.outputError).toBeLessThan(2 * frames[0].snn.outputError);
  expect(totals.synOps).toBe(
    frames.reduce((sum: number, frame: { snn: { synOps: number } }) => sum + frame.snn.synOps, 0),
  );
  const reset = JSON.parse((await run(60, "detect", folder, "--video", "--reset", ...model, "--json")).stdout);
  const costs = reset.videos[0].frames.map((frame: { snn: { synOps: number } }) => frame.snn.synOps);
  expect(new Set(costs)).toEqual(new Set([frames[0].snn.synOps]));
});

test.each([
  ["neurons that keep nothing", ["--video", "--model", "scenes", "--mode", "rate"], /E_STATE.*trackers/],
  ["options of single pictures", ["--video", ...model, "--settle"], /--settle goes with single pictures/],
])("%s: one line, exit code 2", async (_name, args, message) => {
  const { code, stderr } = await run(60, "detect", folder, ...args);
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
  expect(
    stderr
      .trim()
      .split("\n")
      .filter((line) => line.startsWith("error")),
  ).toHaveLength(1);
});

const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;

describe.skipIf(!hasFfmpeg)("video files (skipped where there is no ffmpeg)", () => {
  test("frames of a file that ffmpeg wrote, and some of them", async () => {
    const file = join(folder, "clip.mkv");
    const size = ["-vf", "scale=320:240"];
    execFileSync("ffmpeg", [
      "-v",
      "error",
      "-loop",
      "1",
      "-i",
      street,
      "-t",
      "1",
      "-r",
      "5",
      ...size,
      "-c:v",
      "ffv1",
      file,
    ]);
    const { stdout } = await run(60, "detect", file, ...model, "--every", "2", "--json");
    const [{ width, height, fps, frames }] = JSON.parse(stdout).videos;
    expect({ width, height, fps }).toEqual({ width: 320, height: 240, fps: 5 });
    expect(frames.map((frame: { index: number }) => frame.index)).toEqual([0, 2, 4]);
    expect(frames[2].snn.synOps).toBeLessThan(frames[0].snn.synOps / 10);

    // What `energy` counts is what `detect` counts, and a scene that rests costs less by every model.
    const energy = JSON.parse((await run(60, "energy", "scenes", file, "--neuron", "tracker", "--json")).stdout).video;
    expect(energy.frames).toBe(5);
    expect(energy.perFrame).toHaveLength(5);
    expect(energy.perFrame[0].acs).toBe(frames[0].snn.synOps);
    // Of each model what it says of the first frame, as a part of what it says of the DNN.
    for (const { name, ofDnn, ofQuantized } of energy.perFrame[0].models) {
      const { dnnJoules, quantizedJoules, snnJoules } = energy.first.models.find(
        (model: { name: string }) => model.name === name,
      );
      expect(ofDnn).toBeCloseTo(snnJoules / dnnJoules, 9);
      expect(ofQuantized).toBeCloseTo(snnJoules / quantizedJoules, 9);
    }
    expect(energy.first.acs).toBe(frames[0].snn.synOps);
    expect(energy.later.acs).toBeLessThan(energy.first.acs / 5);
    const compared = (models: { dnnJoules: number | null; snnJoules: number }[]) =>
      models.filter(({ dnnJoules }) => dnnJoules !== null);
    expect(compared(energy.later.models)).toHaveLength(8);
    for (const [i, { snnJoules }] of compared(energy.later.models).entries())
      expect(snnJoules).toBeLessThan(compared(energy.first.models)[i].snnJoules / 2);
  });

  test("a file that is no video: one line, exit code 2", async () => {
    const file = join(folder, "broken.mp4");
    writeFileSync(file, "no video at all");
    const { code, stderr } = await run(60, "detect", file, ...model);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error \[E_VIDEO\] .*broken\.mp4 cannot be read as a video/m);
    expect(readdirSync(folder)).toContain("broken.mp4");
  });
});
