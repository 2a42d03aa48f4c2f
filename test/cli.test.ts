/** The command line as a user meets it: the built program, each command once in a process of its own. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { encodePng } from "#platform";
import { commands } from "../src/cli/program.ts";
import { calibrate, toSpiking } from "../src/convert/convert.ts";
import { conversionSettings } from "../src/convert/modes.ts";
import { inputOf } from "../src/graph/graph.ts";
import { encodeModel } from "../src/graph/model-file.ts";
import { dataPath, describeWithData } from "./data.ts";
import { plainNetwork, randomPicture } from "./graphs.ts";
import { program, type Result, runInProcess, runProgram } from "./program.ts";

let folder: string;

const start = (...args: readonly string[]) => runProgram(folder, ...args);
const run = (...args: readonly string[]) => runInProcess(folder, ...args);

const cfg = `[net]
width=9
height=11
channels=3
[convolutional]
filters=6
size=3
pad=1
activation=leaky
[maxpool]
size=2
stride=2
[convolutional]
filters=7
size=1
activation=linear
[region]
anchors=1,1
classes=2
num=1
softmax=1
`;

function weights(count: number): Uint8Array {
  const values = Float32Array.from({ length: count }, (_, i) => Math.sin(i) / 4);
  const bytes = new Uint8Array(20 + values.byteLength);
  new Int32Array(bytes.buffer, 0, 3).set([0, 2, 0]);
  bytes.set(new Uint8Array(values.buffer), 20);
  return bytes;
}

const parameters = 6 + 6 * 27 + 7 + 7 * 6;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "spiking-yolo-"));
  const write = (name: string, content: string | Uint8Array) => writeFileSync(join(folder, name), content);
  write("tiny.cfg", cfg);
  write("tiny.weights", weights(parameters));
  write("short.weights", weights(parameters - 1));
  write("long.weights", weights(parameters + 1));
  write("names.txt", "cat\ndog\n");
  write("text.png", "this is no picture");
  mkdirSync(join(folder, "empty"));
  mkdirSync(join(folder, "pictures"));
  const picture = await encodePng({
    width: 20,
    height: 16,
    data: Uint8Array.from({ length: 960 }, (_, i) => (i * 37) % 256),
  });
  write("picture.png", picture);
  write("pictures/one.png", picture);
  const graph = plainNetwork(1);
  const dnn = await calibrate(graph, [randomPicture(inputOf(graph).shape, 1)]);
  const model = encodeModel({ dnn, snn: toSpiking(dnn, conversionSettings("fast")) });
  write("model.safetensors", model);
  write("cut.safetensors", model.subarray(0, model.length - 100));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const convertTiny = ["convert", "tiny.cfg", "tiny.weights", "--calibrate", "pictures", "--names", "names.txt"];

test("convert, inspect and detect, end to end", async () => {
  const converted = await start(...convertTiny, "-o", "out/tiny.safetensors", "--json");
  expect(converted).toMatchObject({ code: 0 });
  const { layers, provenance } = JSON.parse(converted.stdout);
  expect(layers.find(({ kind }: { kind: string }) => kind === "integrateFire")).toMatchObject({
    name: "leaky0",
    neuron: "tracker",
  });
  expect(provenance).toHaveLength(7);

  const inspected = JSON.parse((await start("inspect", "tiny.cfg", "--json")).stdout);
  expect(inspected).toMatchObject({ parameters, macs: 27 * 6 * 99 + 42 * 30 });
  expect(inspected.layers[1]).toMatchObject({
    name: "conv0",
    kind: "convolution",
    inShape: [[3, 11, 9]],
    outShape: [6, 11, 9],
  });

  const detected = await start(
    "detect",
    "picture.png",
    "--model",
    "out/tiny.safetensors",
    "--steps",
    "8",
    "--at",
    "2,8",
    "--out",
    "drawn",
    "--score-threshold",
    "0.01",
    "--json",
  );
  expect(detected.code).toBe(0);
  const [image] = JSON.parse(detected.stdout).images;
  expect(image).toMatchObject({ path: "picture.png", width: 20, height: 16 });
  expect(image.snn.map(({ t }: { t: number }) => t)).toEqual([2, 8]);
  expect(image.snn[1].outputError).toBeGreaterThan(0);
  expect(image.snn[1].synOps).toBeGreaterThan(image.snn[0].synOps);
  expect(image.dnn.detections[0]).toMatchObject({
    label: expect.stringMatching(/cat|dog/),
    classIndex: expect.any(Number),
  });
  expect(image.dnn.detections[0].box).toHaveLength(4);
  expect(existsSync(join(folder, "drawn/picture-detections.png"))).toBe(true);

  const onTheFly = await start(
    "detect",
    "picture.png",
    "--model",
    "tiny.cfg",
    "--weights",
    "tiny.weights",
    "--names",
    "names.txt",
    "--calibrate",
    "pictures",
    "--steps",
    "8",
    "--at",
    "2,8",
    "--score-threshold",
    "0.01",
    "--json",
  );
  expect(JSON.parse(onTheFly.stdout).images[0].snn).toEqual(image.snn);
});

test("each part of a mode can be changed by itself, also on a converted model", async () => {
  const outcomes = new Set<string>();
  for (const flags of [
    [],
    ["--mode", "paper"],
    ["--mode", "fast"],
    ["--mode", "graded"],
    ["--scope", "layer"],
    ["--neuron", "if"],
    ["--neuron", "signed"],
    ["--pool", "winner"],
    ["--levels", "3"],
    ["--phases", "4"],
    ["--delay", "2"],
    ["--decode", "count"],
    ["--percentile", "99"],
    ["--input", "poisson"],
    ["--bits", "float"],
    ["--v-init", "0.5"],
  ]) {
    const { code, stdout, stderr } = await run(
      "detect",
      "picture.png",
      "--model",
      "model.safetensors",
      "--steps",
      "16",
      "--at",
      "16",
      "--engine",
      "reference",
      "--json",
      ...(flags.includes("--mode") ? [] : ["--mode", "rate"]),
      ...flags,
    );
    expect(code, stderr).toBe(0);
    outcomes.add(JSON.stringify(JSON.parse(stdout).images[0].snn[0].outputError));
  }
  expect(outcomes.size).toBe(16);
});

test("detect --settle stops a picture when what is shown has settled, and goes on to the next", async () => {
  const detect = (...args: string[]) =>
    run("detect", "picture.png", "pictures/one.png", "--model", "model.safetensors", "--steps", "200", ...args);
  const whole = JSON.parse((await detect("--at", "1..200", "--json")).stdout).images;
  const { code, stdout, stderr } = await detect("--settle", "3", "--threads", "2", "--json");
  expect(code, stderr).toBe(0);
  const { images } = JSON.parse(stdout);
  for (const [index, { settledAt, snn }] of images.entries()) {
    // Every step up to that one, and what they find is what they find in a run that goes on.
    expect(settledAt).toBeGreaterThan(3);
    expect(settledAt).toBeLessThan(200);
    expect(snn).toEqual(whole[index].snn.slice(0, settledAt));
    const counts = snn.slice(-4).map(({ detections }: { detections: unknown[] }) => detections.length);
    expect(new Set(counts).size).toBe(1);
  }
  const [{ settledAt }] = images;
  const text = await detect("--settle", "3");
  expect(text.stdout).toMatch(new RegExp(`^ {2}T = ${settledAt} .*\n {2}settled after ${settledAt} steps$`, "m"));
  expect(text.stdout.match(/T = /g)).toHaveLength(2);

  const [never] = JSON.parse((await detect("--settle", "--at", "2,4", "--json")).stdout).images;
  expect(never.settledAt).toBeNull();
  expect(never.snn.map(({ t }: { t: number }) => t)).toEqual([2, 4]);
  expect((await detect("--settle", "--at", "2,4")).stdout).toMatch(/^ {2}not settled after 4 steps$/m);
  expect(whole[0]).not.toHaveProperty("settledAt");
});

test("convert --auto chooses on the calibration pictures, says how, and keeps what is given", async () => {
  mkdirSync(join(folder, "several"));
  for (const index of [1, 2, 3, 4, 5]) {
    const data = Uint8Array.from({ length: 960 }, (_, i) => (i * (35 + index)) % 256);
    writeFileSync(join(folder, `several/${index}.png`), await encodePng({ width: 20, height: 16, data }));
  }
  const auto = [
    ...convertTiny.with(4, "several"),
    "--auto",
    "--steps",
    "8",
    "--neuron",
    "ibt",
    "--clipping",
    "percentile",
  ];
  const { code, stdout, stderr } = await run(...auto, "-o", "auto.safetensors", "--json");
  expect(code, stderr).toBe(0);
  const { auto: choice, provenance } = JSON.parse(stdout);
  expect(choice.pictures).toEqual({ calibration: 3, judged: 2 });
  expect(choice.settings).toMatchObject({ timeSteps: 8, neuron: "ibt", ...choice.chosen.searched });
  const { percentile, phases } = choice.chosen.searched;
  expect(choice.candidates.map(({ searched }: { searched: object }) => searched)).toEqual(
    [99, 99.5, 99.9, 99.95, 99.99].flatMap((p) => [1, 4, 5, 6].map((each) => ({ percentile: p, phases: each }))),
  );
  expect(choice.candidates).toContainEqual(choice.chosen);
  // The model is that of the chosen settings by hand, on all pictures, but for the line that says how they were found.
  const byHand = [
    ...convertTiny.with(4, "several"),
    "--steps",
    "8",
    "--neuron",
    "ibt",
    "--clipping",
    "percentile",
    "--percentile",
    `${percentile}`,
    "--phases",
    `${phases}`,
  ];
  const same = JSON.parse((await run(...byHand, "-o", "by-hand.safetensors", "--json")).stdout);
  expect(provenance.filter((line: string) => !line.startsWith("chooseSettings"))).toEqual(same.provenance);
  expect(provenance).toContainEqual(
    expect.stringMatching(
      /^chooseSettings percentile=[\d.]+ phases=\d candidates=20 calibrated=3 judged=2 outputError=0\.\d+ acPerMac=/,
    ),
  );
  expect(JSON.parse(stdout).layers).toEqual(same.layers);
  expect((await run(...auto, "-o", "auto.safetensors")).stdout).toMatch(/^ {2}percentile=[\d.]+ .* chosen$/m);
});

test("inspect states the memory that the event engine plans", async () => {
  const { memory } = JSON.parse((await run("inspect", "model.safetensors", "--json")).stdout);
  expect(memory.bytes).toBeGreaterThan(1000);
  expect(Object.keys(memory.parts)).toEqual(["weights", "neurons", "signals", "other"]);
  expect((await run("inspect", "model.safetensors")).stdout).toMatch(/the event engine takes \d+\.\d MiB \(weights /);
  // Nothing is known of a network that has not been calibrated.
  expect((await run("inspect", "tiny.cfg")).stdout).not.toMatch(/MiB/);
});

test("bench: all modes of a model beside its DNN, by number of threads", async () => {
  const args = ["--model", "model.safetensors", "--image", "picture.png", "--repeats", "2", "--steps", "9", "--json"];
  const { code, stdout, stderr } = await run("bench", ...args);
  expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringMatching(/measuring .* paper, 2 threads/) });
  const { machine, cases } = JSON.parse(stdout);
  expect(machine).toMatchObject({ node: process.version });
  expect(cases.map(({ name, threads }: { name: string; threads: number }) => [name, threads])).toEqual(
    ["fast", "graded", "rate", "paper"].flatMap((mode) =>
      [1, 2].map((threads) => [`model.safetensors 9×11, ${mode}`, threads]),
    ),
  );
  for (const each of cases) {
    const positive = ["stepMs", "accumulatesPerSecond", "loadLimitPerSecond", "denseStepMs", "activity", "rssMb"];
    for (const field of positive) expect(each[field], field).toBeGreaterThan(0);
    expect(each.fractionOfLimit).toBeCloseTo(each.accumulatesPerSecond / each.loadLimitPerSecond, 9);
    expect(each.speedupOverDense).toBeCloseTo(each.denseStepMs / each.stepMs, 9);
    for (const field of ["stepMsSpread", "denseStepMsSpread", "pictureMs"]) {
      const { min, median, max } = each[field];
      expect([min, median, max]).toEqual([min, median, max].sort((a, b) => a - b));
    }
    // A picture takes at least its steps.
    expect(each.pictureMs.min).toBeGreaterThanOrEqual(9 * each.stepMs);
    expect(each.layers.map(({ name }: { name: string }) => name)).toContain("act0");
  }
});

test("--json prints exactly one document on stdout, progress goes to stderr", async () => {
  const { stdout } = await run(...convertTiny, "-o", "one.safetensors", "--json");
  expect(stdout.trim().split("\n")).toHaveLength(1);
});

test.each<[string, string[], RegExp]>([
  [
    "a missing picture",
    ["detect", "nope.png", "--model", "model.safetensors"],
    /\[E_FILE\] nope\.png cannot be read: no such file/,
  ],
  [
    "a picture that is none",
    ["detect", "text.png", "--model", "model.safetensors"],
    /\[E_IMAGE\] text\.png is not a picture/,
  ],
  ["a missing model", ["detect", "picture.png", "--model", "nope"], /\[E_MODEL\] there is no model nope/],
  [
    "a model cut short",
    ["detect", "picture.png", "--model", "cut.safetensors"],
    /\[E_MODEL_FILE\] cut\.safetensors .* has been cut/,
  ],
  [
    "weights too short",
    [...convertTiny.with(2, "short.weights"), "-o", "x.safetensors"],
    /\[E_WEIGHTS_SHORT\] short\.weights ends early: layer 2 \[convolutional\]/,
  ],
  [
    "weights too long",
    [...convertTiny.with(2, "long.weights"), "-o", "x.safetensors"],
    /\[E_WEIGHTS_LONG\] long\.weights has 4 bytes more/,
  ],
  ["missing weights", [...convertTiny.with(2, "nope.weights"), "-o", "x.safetensors"], /\[E_FILE\] nope\.weights/],
  ["a cfg that is none", ["inspect", "names.cfg"], /\[E_FILE\] names\.cfg/],
  [
    "an empty calibration folder",
    [...convertTiny.with(4, "empty"), "-o", "x.safetensors"],
    /\[E_NO_IMAGES\] empty holds no pictures/,
  ],
  [
    "no calibration",
    ["detect", "picture.png", "--model", "tiny.cfg", "--weights", "tiny.weights"],
    /has to be calibrated: add --calibrate DIR/,
  ],
  [
    "no steps",
    ["detect", "picture.png", "--model", "model.safetensors", "--steps", "0"],
    /argument '0' is invalid\. It must be an integer from 1/,
  ],
  [
    "checkpoints beyond T",
    ["detect", "picture.png", "--model", "model.safetensors", "--steps", "4", "--at", "8"],
    /integer from 1 to 4 for a checkpoint/,
  ],
  [
    "a choice on one picture",
    [...convertTiny, "--auto", "-o", "x.safetensors"],
    /\[E_CALIBRATION\] choosing settings needs two pictures or more/,
  ],
  [
    "a choice of nothing",
    [...convertTiny, "--auto", "--rounding", "0.01", "-o", "x.safetensors"],
    /\[E_USAGE\] --auto chooses rounding, and the options leave nothing open/,
  ],
  [
    "a range that runs backwards",
    ["detect", "picture.png", "--model", "model.safetensors", "--at", "8..4"],
    /argument '8\.\.4' is invalid\. A range must be like 1\.\.32/,
  ],
  [
    "a patience of none",
    ["detect", "picture.png", "--model", "model.safetensors", "--settle", "0"],
    /argument '0' is invalid\. It must be an integer from 1 to 1000/,
  ],
  [
    "an unknown flag",
    ["detect", "picture.png", "--model", "model.safetensors", "--stepz", "4"],
    /unknown option '--stepz' \(Did you mean --steps\?\)/,
  ],
  ["an unknown command", ["detekt"], /unknown command 'detekt' \(Did you mean detect\?\)/],
  ["a missing option", ["evaluate", "model.safetensors"], /'--dataset <spec>' not specified/],
  ["a bench of a model without a picture", ["bench", "--model", "model.safetensors"], /--model needs a picture/],
  ["a bench of a picture without a model", ["bench", "--image", "picture.png"], /--image goes with --model/],
  ["an activity beyond all", ["bench", "--activity", "5,101"], /argument '5,101' is invalid/],
  ["an output that is no model file", [...convertTiny, "-o", "x.bin"], /x\.bin must end in \.safetensors/],
])("bad input, one line, exit code 2, no output: %s", async (_name, args, message) => {
  const before = readdirSync(folder).sort();
  const { code, stdout, stderr } = await run(...args);
  const errors = stderr.split("\n").filter((line) => line.startsWith("error"));
  expect(errors).toHaveLength(1);
  expect(errors[0]).toMatch(message);
  expect(stderr).not.toMatch(/\n\s+at /);
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(readdirSync(folder).sort()).toEqual(before);
});

test.each(Object.keys(commands))(
  "%s, started, tells of itself, and ends with exit code 2 where it is called wrongly",
  async (name) => {
    const help = await start(name, "--help");
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout).toContain(`Usage: spiking-yolo ${name} `);
    const wrong = await start(name, "--no-such-option");
    expect(wrong).toMatchObject({ code: 2, stdout: "" });
    expect(wrong.stderr).toMatch(
      /^error \[E_USAGE\] (unknown option '--no-such-option'|required option |missing required argument )[^\n]*\n$/,
    );
  },
);

test("a reader that stops reading ends the command quietly", async () => {
  const command = `"${process.execPath}" "${program}" inspect model.safetensors --json | head -c 1`;
  const { stderr } = await new Promise<Result>((done) => {
    execFile("sh", ["-c", command], { cwd: folder }, (_error, stdout, stderr) => done({ code: 0, stdout, stderr }));
  });
  expect(stderr).toBe("");
});

test("--debug shows the stack", async () => {
  expect((await start("inspect", "nope.cfg", "--debug")).stderr).toMatch(/\n\s+at /);
});

test("help everywhere, with an example", async () => {
  expect((await run("--help")).stdout).toMatch(/detect[\s\S]*convert[\s\S]*inspect/);
  for (const command of ["detect", "convert", "inspect", "bench"]) {
    const { code, stdout } = await run(command, "--help");
    expect(code).toBe(0);
    expect(stdout).toMatch(/Example:\n {2}spiking-yolo/);
  }
});

describeWithData("the command line on real files", () => {
  test("inspect counts the paper's Tiny YOLO, and reads every other configuration", async () => {
    const inspect = async (path: string) =>
      JSON.parse((await run("inspect", dataPath(`models/${path}.cfg`), "--json")).stdout);
    expect(await inspect("yolov2-tiny-voc")).toMatchObject({ macs: 3_485_520_896, parameters: 15_867_885 });
    for (const other of [
      "yolov3-tiny",
      "yolov3",
      "yolo-fastest/yolo-fastest-1.1",
      "mobilenet-yolo/MobileNetV2-YOLO-Fastest-voc",
    ]) {
      expect((await inspect(other)).macs).toBeGreaterThan(5e7);
    }
  });

  test("weights of another model are refused", async () => {
    const lite = dataPath("models/yolo-lite/tiny-yolov2-trial3");
    const { code, stderr } = await run(
      "convert",
      `${lite}.cfg`,
      `${lite}-noBatch.weights`,
      "--calibrate",
      "pictures",
      "-o",
      "x.safetensors",
    );
    expect(code).toBe(2);
    expect(stderr).toMatch(/Check that cfg and weights belong together/);
    expect(readFileSync(`${lite}.cfg`, "utf8")).toContain("[region]");
  });
});

test("fit judges a detector that is not calibrated, and draws where its layers go", async () => {
  const { code, stdout } = await run("fit", "tiny.cfg", "--target", "speck", "--picture", "cores.svg", "--json");
  expect(code).toBe(0);
  const { targets } = JSON.parse(stdout);
  expect(targets).toHaveLength(1);
  const [{ target, fits, rules }] = targets;
  expect({ target, fits }).toEqual({ target: "speck", fits: false });
  expect(rules.find(({ rule }: { rule: string }) => rule === "max-pool")).toMatchObject({
    ...{ limit: "none", has: "max pool", ok: false },
    source: expect.stringContaining("sinabs"),
    mend: expect.stringContaining("local_avgpool"),
  });
  expect(readFileSync(join(folder, "cores.svg"), "utf8")).toContain("core 0");
});

test("fit's text stays within 80 columns, and one picture is of one chip", async () => {
  const { stdout } = await run("fit", "tiny.cfg");
  expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  const refused = await run("fit", "tiny.cfg", "--picture", "all.png");
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(/^error \[E_USAGE\] --picture draws one target/);
});

test("a report's figure of other methods asks for its file, and says which line of it is wrong", async () => {
  const report = ["report", "scenes", "--dataset", "voc:voc", "--figure", "11", "-o", "figures"];
  const refused = await run(...report);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(/^error \[E_USAGE\] figure 11 .* --frontier/);
  writeFileSync(join(folder, "points.jsonl"), '{"network":"one"}\n');
  const wrong = await run(...report, "--frontier", "points.jsonl");
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toMatch(/^error \[E_FRONTIER\] points\.jsonl, line 1 .* data: /);
});

test("export to NIR refuses by the layer's name, and with --lossy lists what is not the same", async () => {
  const spiking = ["export", "scenes", "--mode", "rate", "--neuron", "if", "--to", "nir", "-o", "scenes.nir"];
  const refused = await run(...spiking);
  expect(refused).toMatchObject({ code: 2, stdout: "" });
  expect(refused.stderr).toMatch(/^error \[E_NOT_PORTABLE\] pool1 \[maxPool\] has no word in NIR.*\n$/);
  expect(existsSync(join(folder, "scenes.nir"))).toBe(false);
  const { code, stdout } = await run(...spiking, "--lossy", "--json");
  expect(code).toBe(0);
  const { format, files, notPortable } = JSON.parse(stdout);
  expect({ format, files }).toEqual({ format: "nir", files: ["scenes.nir"] });
  expect(notPortable[0]).toBe("pool1, pool3, pool5, pool7: NIR has no max-pool; written as the mean of the window");
  expect(readFileSync(join(folder, "scenes.nir")).subarray(1, 4).toString()).toBe("HDF");
  const mixed = await run("export", "scenes", "--to", "onnx", "--neuron", "if", "-o", "scenes.onnx");
  expect(mixed.stderr).toMatch(/^error \[E_USAGE\] --to onnx writes the DNN/);
});

test("a NIR file is a model where it says how its outputs are decoded, and a network to look at where it does not", async () => {
  const spiking = ["--mode", "rate", "--neuron", "if", "--lossy", "--to", "nir"];
  expect((await run("export", "scenes", ...spiking, "-o", "own.nir")).code).toBe(0);
  const inspected = await run("inspect", "own.nir", "--json");
  expect(JSON.parse(inspected.stdout).layers.at(-1)).toMatchObject({ kind: "region", outShape: [78, 9, 12] });
  const foreign = await run(
    "detect",
    "picture.png",
    "--model",
    "own.nir",
    "--if-reset",
    "subtract",
    "--at",
    "2",
    "--json",
  );
  expect(JSON.parse(foreign.stdout).images).toHaveLength(1);
  writeFileSync(join(folder, "broken.nir"), readFileSync(join(folder, "own.nir")).subarray(0, 5000));
  const broken = await run("inspect", "broken.nir");
  expect(broken).toMatchObject({ code: 2, stdout: "" });
  expect(broken.stderr).toMatch(/^error \[E_NIR\] broken\.nir cannot be read: it is cut off or broken.*\n$/);
  const wrong = await run("inspect", "scenes", "--if-reset", "subtract");
  expect(wrong.stderr).toMatch(/^error \[E_USAGE\] --if-reset goes with a \.nir/);
});
