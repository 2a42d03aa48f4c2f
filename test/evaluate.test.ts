/** `evaluate` as a user meets it: the built program, threads, interruptions, damaged pictures; in processes of its own where these are what counts. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { encodePng } from "#platform";
import { seededRandom } from "../src/core/random.ts";
import { writeCocoDataSet } from "../src/data/coco.ts";
import type { LabelledImage } from "../src/data/dataset.ts";
import { writeVocDataSet } from "../src/data/voc.ts";
import type { EvaluationReport } from "../src/evaluate/report.ts";
import { darknetCfg } from "./darknet-cfg.ts";
import { program, runInProcess, runProgram } from "./program.ts";

let folder: string;

type Json = EvaluationReport & Pick<EvaluationReport["configurations"][number], "snn">;

const run = (...args: readonly string[]) => runInProcess(folder, ...args);

const model = [
  "tiny.cfg",
  "--weights",
  "tiny.weights",
  "--names",
  "names.txt",
  "--calibrate",
  "voc/VOC2007/JPEGImages",
];
const start = (...args: string[]) => runProgram(folder, "evaluate", ...model, ...args, "--json");
const evaluate = (...args: string[]) => run("evaluate", ...model, ...args, "--json");

/** A network of random weights that sees something everywhere: enough to have detections to lose. */
const cfg = darknetCfg(
  "net width=24 height=24 channels=3",
  "convolutional filters=8 size=3 pad=1 activation=leaky",
  "maxpool size=2 stride=2",
  "convolutional filters=14 size=1 activation=linear",
  "region anchors=2,2,6,4 classes=2 num=2 softmax=1",
);

function weights(): Uint8Array {
  const random = seededRandom(3);
  const values = Float32Array.from({ length: 8 + 8 * 27 + 14 + 14 * 8 }, () => (random() - 0.5) * 0.8);
  const bytes = new Uint8Array(20 + values.byteLength);
  new Int32Array(bytes.buffer, 0, 3).set([0, 2, 0]);
  bytes.set(new Uint8Array(values.buffer), 20);
  return bytes;
}

const pictures = 14;

async function drawPicture(index: number): Promise<LabelledImage> {
  const random = seededRandom(index);
  const [width, height] = [40 + index, 32];
  const bytes = await encodePng({
    width,
    height,
    data: Uint8Array.from({ length: width * height * 3 }, () => random() * 256),
  });
  const objects = [0, 1].map((classIndex) => {
    const [xMin, yMin] = [Math.floor(random() * 20), Math.floor(random() * 16)];
    const box = { xMin, yMin, xMax: xMin + 6 + 8 * classIndex, yMax: yMin + 9 };
    return { ...box, classIndex, difficult: false, crowd: false, area: (6 + 8 * classIndex) * 9 };
  });
  return { id: `p${index}`, bytes, extension: "png", width, height, objects };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "evaluate-"));
  writeFileSync(join(folder, "tiny.cfg"), cfg);
  writeFileSync(join(folder, "tiny.weights"), weights());
  writeFileSync(join(folder, "names.txt"), "bar\ndisc\n");
  const images = await Promise.all(Array.from({ length: pictures }, (_, index) => drawPicture(index)));
  // Classes in another order than the model's: they are matched by name.
  await writeVocDataSet(images, ["disc", "bar"], { root: join(folder, "voc") });
  await writeCocoDataSet(images, ["disc", "bar"], join(folder, "coco"));
  const jpeg = await sharp(images[9].bytes).jpeg().toBuffer();
  const damaged = images.map((image, i): LabelledImage => {
    if (i === 2) return { ...image, bytes: image.bytes.slice(0, 300) };
    if (i === 9) return { ...image, extension: "jpg", bytes: jpeg.subarray(0, jpeg.length / 2) };
    return image;
  });
  await writeVocDataSet(damaged, ["disc", "bar"], { root: join(folder, "damaged") });
  rmSync(join(folder, "damaged/VOC2007/JPEGImages/p5.png"));
}, 30_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("gives the same result with any number of threads and after being killed again and again", async () => {
  const options = ["--dataset", "voc:voc", "--steps", "250", "--at", "2,250"];
  const whole = await start(...options, "--threads", "1");
  expect(whole.code, whole.stderr).toBe(0);
  const report = JSON.parse(whole.stdout) as Json;
  expect(report).toMatchObject({ images: pictures, failures: [], dataset: "VOC2007 test" });
  expect(report.dnn?.perClass.map(({ label, positives }) => [label, positives])).toEqual([
    ["disc", pictures],
    ["bar", pictures],
  ]);
  expect(report.dnn?.perClass.every(({ detections }) => detections > pictures)).toBe(true);
  expect(report.snn.map(({ t }) => t)).toEqual([2, 250]);
  expect(report.snn[1].synOps).toBeGreaterThan(report.snn[0].synOps);
  expect(report.snn[1].outputError).toBeLessThan(report.snn[0].outputError as number);

  expect((await start(...options, "--threads", "2")).stdout).toBe(whole.stdout);

  const journal = join(folder, "killed.jsonl");
  const finished = () => {
    try {
      return readFileSync(journal, "utf8").split("\n").length - 2;
    } catch {
      return 0;
    }
  };
  for (const threads of ["2", "1"]) {
    const before = Math.max(0, finished());
    const args = [program, "evaluate", ...model, ...options, "--threads", threads, "--resume", "killed.jsonl"];
    const child = spawn(process.execPath, args, { cwd: folder, stdio: "ignore" });
    const ended = new Promise<NodeJS.Signals | null>((done) => child.on("exit", (_, signal) => done(signal)));
    while (child.exitCode === null && finished() < before + 3) await sleep(2);
    child.kill("SIGKILL");
    expect(await ended).toBe("SIGKILL");
    expect(finished()).toBeLessThan(pictures);
    // As if it had been killed in the middle of a line.
    writeFileSync(journal, readFileSync(journal).subarray(0, -9));
  }
  const spared = finished();
  expect(spared).toBeGreaterThanOrEqual(4);
  const resumed = await start(...options, "--threads", "2", "--resume", "killed.jsonl");
  expect(resumed.stdout).toBe(whole.stdout);
  expect(resumed.stderr).toContain(`${spared} pictures were finished before, ${pictures - spared} are left`);

  // Everything is there: nothing is left to do, for fewer pictures too.
  const again = await evaluate(...options, "--resume", "killed.jsonl", "--limit", "6");
  expect(again.stderr).toContain("6 pictures were finished before, 0 are left");
  expect(JSON.parse(again.stdout)).toMatchObject({ images: 6 });
  const other = await evaluate(...options, "--resume", "killed.jsonl", "--bits", "12");
  expect(other).toMatchObject({ code: 2, stdout: "" });
  expect(other.stderr).toMatch(/^error \[E_JOURNAL\] killed\.jsonl belongs to a run with another model/m);
});

test("reports damaged and missing pictures, counts their objects as missed, and goes on", async () => {
  const { code, stdout, stderr } = await evaluate("--dataset", "voc:damaged", "--steps", "4", "--threads", "2");
  expect(code, stderr).toBe(0);
  const report = JSON.parse(stdout) as Json;
  expect(report.images).toBe(pictures);
  expect(report.failures.map(({ image, code: reason }) => [image, reason])).toEqual([
    ["p2", "E_IMAGE"],
    ["p5", "E_FILE"],
    ["p9", "E_IMAGE"],
  ]);
  expect(report.dnn?.perClass.map(({ positives }) => positives)).toEqual([pictures, pictures]);
  expect(stderr).toMatch(/picture p5 could not be read/);
});

test("shards, each by a process of its own, merge into what one run says, to the last digit", async () => {
  const options = ["--dataset", "voc:damaged", "--steps", "12", "--at", "3,12"];
  const whole = await evaluate(...options, "--settle", "1");
  const journals = await Promise.all(
    [1, 2, 3].map(async (index) => {
      const [journal, threads] = [`shard-${index}.jsonl`, String(index === 3 ? 2 : 1)];
      const shard = await start(...options, "--shard", `${index}/3`, "--resume", journal, "--threads", threads);
      expect(shard.code, shard.stderr).toBe(0);
      expect(JSON.parse(shard.stdout)).toMatchObject({ shard: { index, of: 3 }, pictures, done: index === 3 ? 4 : 5 });
      return journal;
    }),
  );
  const merged = await evaluate(...options, "--merge", ...journals, "--settle", "1");
  expect(merged.stdout, merged.stderr).toBe(whole.stdout);
  expect((JSON.parse(merged.stdout) as Json).failures).toHaveLength(3);

  for (const [args, line] of [
    [["--merge", journals[0], journals[2]], /^error \[E_SHARD\] of 3 shards, 1 are missing \(2\)/m],
    [
      ["--merge", ...journals, "--bits", "12"],
      /^error \[E_JOURNAL\] shard-1\.jsonl belongs to a run with another model/m,
    ],
    [["--merge", ...journals, "--resume", "x.jsonl"], /^error \[E_USAGE\] --resume and --merge exclude each other/m],
    [["--shard", "1/3"], /^error \[E_USAGE\] --shard needs --resume FILE/m],
    [["--shard", "4/3", "--resume", "x.jsonl"], /^error \[E_USAGE\].*'4\/3' is invalid. It must be i\/n/m],
    [["--shard", "1/3", "--resume", "x.jsonl", "--out", "x"], /^error \[E_USAGE\] --out and --shard exclude/m],
    [
      ["--shard", "2/3", "--resume", journals[0]],
      /^error \[E_JOURNAL\] shard-1\.jsonl is the journal of shard 1 of 3, not/m,
    ],
  ] as const) {
    const refused = await evaluate(...options, ...args);
    expect(refused.stderr).toMatch(line);
    expect(refused).toMatchObject({ code: 2, stdout: "" });
  }
});

test("detections that it writes score the same by themselves, in both formats", async () => {
  for (const spec of ["voc:voc", "coco:coco/instances.json"]) {
    const out = `out-${spec.slice(0, 4)}`.replace(":", "");
    const { stdout, stderr, code } = await evaluate("--dataset", spec, "--steps", "8", "--at", "8", "--out", out);
    expect(code, stderr).toBe(0);
    const { dnn, snn } = JSON.parse(stdout) as Json;
    for (const [name, expected] of [
      ["dnn", dnn],
      ["as-asked-for-vmem-t8", snn[0]],
    ] as const) {
      const file = spec.startsWith("coco") ? `${out}/${name}/results.json` : `${out}/${name}`;
      const scored = await run("score", "--dataset", spec, "--detections", file, "--json");
      expect(scored.code, scored.stderr).toBe(0);
      expect(expected).toMatchObject(JSON.parse(scored.stdout) as object);
    }
  }
});

test("--configurations compares the rows of Table 1 in one table", async () => {
  const { stdout, stderr, code } = await evaluate(
    "--dataset",
    "voc:voc",
    "--limit",
    "3",
    "--steps",
    "64",
    "--configurations",
  );
  expect(code, stderr).toBe(0);
  const { configurations, snn } = JSON.parse(stdout) as Json;
  expect(configurations.map(({ name, decode }) => `${name}, ${decode}`)).toEqual(
    ["layer, without IBT", "channel, without IBT", "layer, IBT", "channel, IBT", "fast"].flatMap((name) => [
      `${name}, vmem`,
      `${name}, count`,
    ]),
  );
  expect(configurations.map((configuration) => configuration.snn.at(-1)?.t)).toEqual([...Array(8).fill(64), 8, 8]);
  expect(snn).toEqual(configurations[0].snn);
  const table = await run(
    "evaluate",
    ...model,
    "--dataset",
    "voc:voc",
    "--limit",
    "3",
    "--steps",
    "8",
    "--configurations",
    "--settle",
  );
  expect(table.stdout).toMatch(/^T +1 +2 +4 +8$/m);
  expect(table.stdout).toMatch(/^channel, IBT, vmem( +\d+\.\d\d){4}$/m);
  expect(table.stdout).toMatch(/^ +98 % of DNN at T +settled \(mean T\)$/m);
  expect(table.stdout).toMatch(/^channel, IBT, vmem +(\d+|not reached) +\d+\.\d\d \(\d\.\d\)$/m);
});

test("--settle reads every picture where it settled, from the journal of a run that did not know of it", async () => {
  const options = ["--dataset", "voc:voc", "--steps", "40", "--at", "1..40", "--resume", "settled.jsonl"];
  const plain = JSON.parse((await evaluate(...options)).stdout) as Json;
  const { stdout, stderr } = await evaluate(...options, "--settle", "1");
  expect(stderr).toContain(`${pictures} pictures were finished before, 0 are left`);
  const { settled, ...rest } = JSON.parse(stdout);
  expect(rest).toEqual(plain);
  expect(plain).not.toHaveProperty("settled");
  // No picture does more than a whole run of all does, and what is counted lies between the first step and the last.
  expect(settled).toMatchObject({ patience: 1, map50: expect.any(Number), perClass: expect.any(Array) });
  expect(settled.maxSteps).toBeLessThanOrEqual(40);
  expect(settled.meanSteps).toBeLessThanOrEqual(settled.maxSteps);
  expect(settled.synOps).toBeLessThanOrEqual(plain.snn[39].synOps);
  expect(settled.synOps).toBeGreaterThan(plain.snn[0].synOps);
  const text = await run("evaluate", ...model, ...options, "--settle", "1");
  expect(text.stdout).toMatch(/^ {2}settled +\d.* M\n {2}settled: \d+\.\d steps on average, \d+ at most; /m);
});

test("--dnn-only needs no simulation", async () => {
  const { stdout } = await evaluate("--dataset", "voc:voc", "--dnn-only");
  expect(JSON.parse(stdout)).toMatchObject({ images: pictures, snn: [], dnn: { voc07Map: expect.any(Number) } });
});

test.each([
  ["no data set of that kind", ["--dataset", "imagenet:x"], /E_DATASET/],
  ["no data set there", ["--dataset", "voc:nowhere"], /E_FILE.*nowhere/],
  ["options that contradict", ["--dataset", "voc:voc", "--configurations", "--neuron", "ibt"], /E_USAGE.*--neuron/],
  ["checkpoints beyond the end", ["--dataset", "voc:voc", "--steps", "4", "--at", "8"], /E_USAGE.*--at 8/],
  ["a journal that is none", ["--dataset", "voc:voc", "--resume", "tiny.cfg"], /E_JOURNAL.*tiny\.cfg is not a journal/],
  ["no threads", ["--dataset", "voc:voc", "--threads", "0"], /E_USAGE.*threads/],
])("refuses %s with one line and exit code 2", async (_, args, line) => {
  const { code, stdout, stderr } = await evaluate(...args);
  expect([code, stdout]).toEqual([2, ""]);
  expect(
    stderr
      .trim()
      .split("\n")
      .filter((text) => text.startsWith("error")),
  ).toEqual([expect.stringMatching(line)]);
  expect(readFileSync(join(folder, "tiny.cfg"), "utf8")).toBe(cfg);
});

test("classes that have nothing to do with each other are refused", async () => {
  writeFileSync(join(folder, "other.txt"), "cat\ndog\n");
  const args = model.map((word) => (word === "names.txt" ? "other.txt" : word));
  const { code, stderr } = await run("evaluate", ...args, "--dataset", "voc:voc");
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /error \[E_CLASSES\] the model's classes \(cat, dog, …\) are not the data set's \(disc, bar, …\)/,
  );
});
