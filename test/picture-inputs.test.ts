/** Pictures and data sets as a user gives them to the built program: folders, patterns, bad ones among good, every format. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Result, runInProcess } from "./program.ts";
import { run as runMeasured } from "./wild/run.ts";

let folder: string;

const run = (...args: readonly string[]) => runInProcess(folder, ...args);

const errorsOf = ({ stderr }: Result) => stderr.split("\n").filter((line) => line.startsWith("error"));

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "pictures-"));
  for (const format of ["voc", "coco", "yolo"])
    await run("scenes", "--format", format, "--count", "6", "--seed", "3", "-o", format);
  const scenes = join(folder, "voc/VOC2007/JPEGImages");
  mkdirSync(join(folder, "trip/day 2"), { recursive: true });
  cpSync(join(scenes, "000000.png"), join(folder, "trip/a.PNG"));
  cpSync(join(scenes, "000001.png"), join(folder, "trip/day 2/b[1].png"));
  await sharp(join(scenes, "000002.png")).jpeg().toFile(join(folder, "trip/c.jpg"));
  for (const name of ["._a.PNG", ".DS_Store", "Thumbs.db", "notes.txt"]) writeFileSync(join(folder, "trip", name), "x");
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("detect", () => {
  const detect = (...words: string[]) => run("detect", ...words, "--model", "scenes", "--at", "1", "--json");
  const paths = ({ stdout }: Result) =>
    (JSON.parse(stdout) as { images: { path: string }[] }).images.map(({ path }) => path);

  test("goes through folders with those below, patterns, and files, each picture once", async () => {
    const inFolder = await detect("trip");
    expect([inFolder.code, paths(inFolder)]).toEqual([0, ["trip/a.PNG", "trip/c.jpg", "trip/day 2/b[1].png"]]);
    const mixed = await detect("trip/c.jpg", "trip/**/*.png", "trip", "trip/day 2/b[1].png");
    expect(paths(mixed)).toEqual(["trip/c.jpg", "trip/day 2/b[1].png", "trip/a.PNG"]);
  });

  test("does the others where one is bad, names it, and ends with exit code 2", async () => {
    writeFileSync(join(folder, "bad.jpg"), "no picture");
    const result = await detect("bad.jpg", "trip/c.jpg", "gone.jpg");
    expect([result.code, paths(result)]).toEqual([2, ["trip/c.jpg"]]);
    expect(JSON.parse(result.stdout).failures).toMatchObject([
      { path: "bad.jpg", code: "E_IMAGE" },
      { path: "gone.jpg", code: "E_FILE" },
    ]);
    expect(errorsOf(result)).toEqual([
      expect.stringMatching(
        /^error \[E_IMAGE\] 2 of 3 pictures could not be read \(bad\.jpg, gone\.jpg\)\. The first: bad/,
      ),
    ]);
  });

  test("finds out before a model is opened that there is no picture", async () => {
    for (const [words, line] of [
      [["bad.jpg"], /^error \[E_IMAGE\] bad\.jpg is not a picture that can be decoded \(it is none of JPEG/],
      [["bad.jpg", "gone.jpg"], /^error \[E_IMAGE\] 2 of 2 pictures could not be read/],
      [["voc/VOC2007/Annotations"], /^error \[E_NO_IMAGES\]/],
      [["trip/*.gif"], /^error \[E_NO_IMAGES\] no pictures match trip\/\*\.gif/],
    ] as const) {
      const result = await run("detect", ...words, "--model", "no-such-model");
      expect([result.code, result.stdout, errorsOf(result)]).toEqual([2, "", [expect.stringMatching(line)]]);
    }
  });
});

/** A file whose header speaks of so many pixels, and that has hardly any. */
function boast(kind: "webp" | "bmp" | "png" | "gif", width: number, height: number): Uint8Array {
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  const write = (at: number, text: string) => bytes.set(Buffer.from(text, "latin1"), at);
  if (kind === "webp") {
    write(0, "RIFF____WEBPVP8L____/");
    view.setUint32(4, 28, true);
    view.setUint32(16, 16, true);
    view.setUint32(21, (width - 1) | ((height - 1) << 14), true);
    return bytes.subarray(0, 36);
  }
  if (kind === "bmp") {
    write(0, "BM");
    for (const [at, value] of [
      [10, 54],
      [14, 40],
      [18, width],
      [22, height],
      [28, 24],
    ])
      view.setInt32(at, value, true);
    return bytes;
  }
  if (kind === "gif") {
    write(0, "GIF89a");
    view.setUint16(6, width, true);
    view.setUint16(8, height, true);
    write(13, ",");
    view.setUint16(18, width, true);
    view.setUint16(20, height, true);
    write(23, "\x02\x01\x00\x00;");
    return bytes;
  }
  write(0, "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR");
  view.setUint32(16, width);
  view.setUint32(20, height);
  write(24, "\x08\x02");
  view.setUint32(29, crc32(bytes.subarray(12, 29)));
  write(33, "\0\0\0\0IDAT");
  view.setUint32(41, crc32(bytes.subarray(37, 41)));
  return bytes;
}

/** PNG's checksum, bit by bit. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

describe("pictures that are larger than they can be", () => {
  const cases = [
    ["webp", 16_383, 16_383],
    ["bmp", 60_000, 60_000],
    ["png", 2 ** 31 - 1, 2 ** 31 - 1],
    ["png", 30_000, 30_000],
    ["gif", 65_535, 65_535],
  ] as const;

  test.each(cases)("%s of %i × %i pixels ends in one line, within 2 GiB", async (kind, width, height) => {
    const file = join(folder, `boast-${width}.${kind}`);
    writeFileSync(file, boast(kind, width, height));
    const { code, stdout, stderr, peakMiB } = await runMeasured(60, "detect", file, "--model", "scenes", "--at", "1");
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^error \[E_IMAGE\] [^\n]+$/);
    expect(peakMiB).toBeLessThan(256);
  });

  test("the largest that are read stay within 2 GiB, several at once in threads", async () => {
    // Of one colour: 36 bytes.
    const red = { width: 8192, height: 8192, channels: 3, background: "red" } as const;
    const webp = await sharp({ create: red }).webp({ lossless: true, effort: 0 }).toBuffer();

    const set = join(folder, "large");
    mkdirSync(join(set, "images"), { recursive: true });
    mkdirSync(join(set, "labels"));
    for (let i = 0; i < 4; i++) {
      writeFileSync(join(set, `images/${i}.webp`), webp);
      writeFileSync(join(set, `labels/${i}.txt`), "0 0.5 0.5 0.5 0.5\n");
    }
    writeFileSync(join(set, "data.yaml"), "val: images\nnames: [car, bus]\n");
    const args = ["evaluate", "scenes", "--dataset", `yolo:${set}/data.yaml`, "--dnn-only", "--threads", "2"];
    const { code, stderr, peakMiB } = await runMeasured(120, ...args);
    expect(code, stderr).toBe(0);
    expect(peakMiB).toBeLessThan(2048);
  });
});

describe("evaluate", () => {
  const evaluate = (spec: string, ...more: string[]) =>
    run("evaluate", "scenes", "--dataset", spec, "--dnn-only", ...more);

  test("finds the same in every format, by the rule of each", async () => {
    const scores = async (spec: string) => JSON.parse((await evaluate(spec, "--json")).stdout).dnn;
    const coco = await scores("coco:coco/instances.json");
    const yolo = await scores("yolo:yolo/data.yaml:test");
    const voc = await scores("voc:voc");
    expect(coco.map50).toBeGreaterThan(0.5);
    expect(voc).toMatchObject({ voc07Map: expect.any(Number) });
    expect(coco).not.toHaveProperty("voc07Map");
    // YOLO's format has no difficult objects: finding one is an error there.
    const positives = (dnn: typeof coco) => dnn.perClass.map((row: { positives: number }) => row.positives);
    expect(positives(yolo)).toEqual(positives(coco));
    expect(yolo.stats).toHaveLength(12);
    expect(yolo.map50To95).toBeLessThanOrEqual(coco.map50To95);
    expect(yolo.map50).toBeGreaterThan(coco.map50 - 0.15);
  });

  test("writes results of a YOLO data set that score reads to the same numbers", async () => {
    const result = await evaluate("yolo:yolo/data.yaml:test", "--out", "found", "--json");
    expect(result.code, result.stderr).toBe(0);
    const files = ["--dataset", "yolo:yolo/data.yaml:test", "--detections", "found/dnn/results.json", "--json"];
    const scored = await run("score", ...files);
    expect(JSON.parse(result.stdout).dnn).toMatchObject(JSON.parse(scored.stdout));
  });

  test("tells in its first line how many pictures could not be read; too many are an error without a result", async () => {
    cpSync(join(folder, "voc"), join(folder, "lost"), { recursive: true });
    const pictures = join(folder, "lost/VOC2007/JPEGImages");
    rmSync(join(pictures, "000002.png"));
    const one = await evaluate("voc:lost");
    expect([one.code, one.stdout.split("\n")[0]]).toEqual([
      0,
      "scenes on VOC2007 test, 6 pictures, 1 of them could not be read; mAP in %",
    ]);
    rmSync(join(pictures, "000003.png"));
    for (const format of [[], ["--json"]]) {
      const two = await evaluate("voc:lost", ...format);
      expect([two.code, two.stdout]).toEqual([2, ""]);
      expect(errorsOf(two)).toEqual([
        expect.stringMatching(
          /^error \[E_FILE\] 2 of 6 pictures could not be read \(000002, 000003\); at most 1 may fail/,
        ),
      ]);
    }
  });

  test("matches classes by VOC's and COCO's names, and says so; one that the model lacks is in the mean with 0", async () => {
    const models = resolve(import.meta.dirname, "../models/scenes");
    const names = ["person", "bicycle", "sofa", "bus", "truck", "dog", "traffic light", "stop sign"];
    writeFileSync(join(folder, "scenes.names"), names.join("\n"));
    cpSync(join(folder, "voc"), join(folder, "renamed"), { recursive: true });
    const annotations = join(folder, "renamed/VOC2007/Annotations");
    for (const file of readdirSync(annotations)) {
      const text = readFileSync(join(annotations, file), "utf8");
      const other = text.replaceAll("<name>car<", "<name>Couch<").replaceAll("<name>person<", "<name>yeti<");
      writeFileSync(join(annotations, file), other);
    }
    rmSync(join(folder, "renamed/VOC2007/classes.txt"));
    const args = ["--weights", `${models}.weights`, "--names", "scenes.names", "--calibrate", "trip"];
    const dataset = ["--dataset", "voc:renamed", "--dnn-only", "--json"];
    const result = await run("evaluate", `${models}.cfg`, ...args, ...dataset);
    expect(result.code, result.stderr).toBe(0);
    expect(result.stderr).toContain("classes taken for the same, model's name = data set's: sofa = Couch");
    expect(result.stderr).toContain(
      "the model does not know yeti: its objects are missed, and it is in the mean with 0",
    );
    const { perClass, map50 } = JSON.parse(result.stdout).dnn;
    const aps = perClass.map(({ ap50 }: { ap50: number | null }) => ap50).filter((ap: number | null) => ap !== null);
    const of = (label: string) => perClass.find((row: { label: string }) => row.label === label);
    expect([of("yeti").ap50, of("yeti").positives > 0, of("Couch").ap50 > 0.3]).toEqual([0, true, true]);
    expect(map50).toBeCloseTo(aps.reduce((sum: number, ap: number) => sum + ap, 0) / aps.length, 9);
  });

  test("tells of JPEG files without their end and of sizes that are wrong, counted and named", async () => {
    cpSync(join(folder, "voc"), join(folder, "odd"), { recursive: true });
    const pictures = join(folder, "odd/VOC2007/JPEGImages");
    for (const name of readdirSync(pictures).slice(0, 2)) {
      const bytes = await sharp(join(pictures, name)).jpeg().toBuffer();
      writeFileSync(join(pictures, name.replace("png", "jpg")), bytes.subarray(0, -2));
      rmSync(join(pictures, name));
    }
    await sharp(join(pictures, "000004.png")).resize(100, 50).toFile(join(pictures, "small.png"));
    renameSync(join(pictures, "small.png"), join(pictures, "000004.png"));
    for (const threads of ["1", "2"]) {
      const { code, stderr } = await evaluate("voc:odd", "--threads", threads);
      expect(code, stderr).toBe(0);
      expect(stderr).toContain("JPEG files without their end marker, whole but for that: 2 (000000, 000001)");
      expect(stderr).toContain("pictures of another size than the annotations state: 1 (000004)");
    }
  });
});

describe("calibration", () => {
  const convert = (where: string, out: string) =>
    run(
      "convert",
      resolve(import.meta.dirname, "../models/scenes.cfg"),
      resolve(import.meta.dirname, "../models/scenes.weights"),
      "--calibrate",
      where,
      "-o",
      out,
    );

  test("takes folders with those below, and data sets; leaves bad pictures out, and says so", async () => {
    const whole = await convert("trip", "a.safetensors");
    expect(whole.stdout).toContain("measureActivations images=3");
    expect((await convert("yolo:yolo/data.yaml:test", "b.safetensors")).stdout).toContain(
      "measureActivations images=6",
    );
    writeFileSync(join(folder, "trip/d.jpg"), "no picture");
    const less = await convert("trip", "c.safetensors");
    expect([less.code, less.stdout]).toEqual([0, expect.stringContaining("measureActivations images=3")]);
    expect(less.stderr).toMatch(/pictures that could not be read, left out: 1 \(trip\/d\.jpg is not/);
    writeFileSync(join(folder, "trip/e.jpg"), "no picture");
    const bad = await convert("trip", "d.safetensors");
    expect([bad.code, errorsOf(bad)]).toEqual([
      2,
      [expect.stringMatching(/2 of 5 pictures could not be read .*at most 1/)],
    ]);
    expect(readdirSync(folder)).not.toContain("d.safetensors");
  });
});
