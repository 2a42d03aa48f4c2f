import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { darknetCfg, scenesHead } from "../../../test/darknet-cfg.ts";
import { openCoco } from "../../data/coco.ts";
import { sceneClasses } from "../../data/scenes/classes.ts";
import { openVoc } from "../../data/voc.ts";
import { decodeModel } from "../../graph/model-file.ts";
import { importDarknet } from "../../importers/darknet/import-darknet.ts";
import { noAugmentation } from "../../train/augment.ts";
import { batchesOf } from "../../train/batches.ts";
import { declare as declareScenes } from "./scenes.ts";
import { declare as declareTrain } from "./train.ts";

const cfg = darknetCfg(
  "net width=64 height=48 channels=3",
  "convolutional batch_normalize=1 filters=8 size=3 stride=2 pad=1 activation=leaky",
  ...scenesHead,
);

let root: string;
let settings: readonly string[];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "train-"));
  await run(declareScenes, "--count", "12", "--seed", "4", "--width", "96", "--height", "72", "-o", join(root, "voc"));
  await writeFile(join(root, "tiny.cfg"), cfg);
  settings = [
    "--dataset",
    `voc:${root}/voc`,
    "--cfg",
    `${root}/tiny.cfg`,
    "--steps",
    "12",
    "--batch",
    "3",
    "--every",
    "5",
    "--json",
  ];
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** What a command prints to stdout. */
async function run(declare: (command: Command) => void, ...args: readonly string[]): Promise<string> {
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

test("scenes writes the same objects as VOC and as COCO", async () => {
  const printed = await run(
    declareScenes,
    "--format",
    "coco",
    "--count",
    "5",
    "--seed",
    "4",
    "-o",
    join(root, "coco"),
    "--json",
  );
  const { images, objects, classes } = JSON.parse(printed);
  expect([images, classes]).toEqual([5, [...sceneClasses]]);
  await run(declareScenes, "--count", "5", "--seed", "4", "-o", join(root, "same"));
  const [coco, voc] = [
    await openCoco({ annotations: join(root, "coco/instances.json") }),
    await openVoc({ root: join(root, "same") }),
  ];
  expect(coco.images.flatMap((image) => image.objects)).toHaveLength(objects);
  const numbers = (image: (typeof voc.images)[number]) =>
    image.objects.map(({ classIndex, xMin, yMin, xMax, yMax, difficult, crowd }) => [
      classIndex,
      xMin,
      yMin,
      xMax,
      yMax,
      difficult || crowd,
    ]);
  expect(coco.images.map(numbers)).toEqual(voc.images.map(numbers));
});

test("train writes darknet weights and a model file of the same network, and leaves no checkpoint", async () => {
  const result = JSON.parse(
    await run(declareTrain, ...settings, "-o", join(root, "a/net"), "--validate", `voc:${root}/voc`),
  );
  expect(result).toEqual({
    steps: 12,
    loss: expect.any(Number),
    seconds: expect.any(Number),
    map50: expect.any(Number),
  });
  expect(await readdir(join(root, "a"))).toEqual(["net.safetensors", "net.weights"]);
  const { dnn } = decodeModel(await readFile(join(root, "a/net.safetensors")), "net.safetensors");
  expect(dnn?.classNames).toEqual([...sceneClasses]);
  const graph = importDarknet({ cfg, weights: await readFile(join(root, "a/net.weights")) });
  // What feeds the head is the last convolution of both, and batch norm is not folded into it.
  const last = (layers: typeof graph.layers) => layers.findLast((layer) => layer.kind === "convolution")?.weights;
  expect(last(dnn?.layers ?? [])).toEqual(last(graph.layers));
});

/** Which pictures a step of the plan sees. */
async function picturesOfStep(step: number, batch: number, count: number): Promise<readonly number[]> {
  const seen: number[] = [];
  const samples = {
    count,
    async get(index: number) {
      seen.push(index);
      return { pixels: { width: 1, height: 1, data: new Uint8Array(3) }, objects: [] };
    },
  };
  await batchesOf(samples, { batch, channels: 3, width: 1, height: 1, seed: 1, augmentation: noAugmentation })(step);
  return seen;
}

test("a run that was stopped is resumed to the same bits", async () => {
  const batch = 4;
  await run(declareTrain, ...settings, "--batch", String(batch), "-o", join(root, "whole"));
  // All pictures of the third step are lost, too many to go on: that stops the run where a kill would.
  await cp(join(root, "voc"), join(root, "moved"), { recursive: true });
  const moved = [
    ...settings.map((word) => word.replace(`${root}/voc`, `${root}/moved`)),
    ...["--batch", String(batch)],
  ];
  const copied = join(root, "moved/VOC2007/JPEGImages");
  const names = await readdir(copied);
  const lost = (await picturesOfStep(2, batch, names.length)).map((index) => names[index]);
  for (const name of lost) await rm(join(copied, name));
  await expect(run(declareTrain, ...moved, "--every", "1", "-o", join(root, "part"))).rejects.toThrow(
    /^4 of 12 pictures could not be read/,
  );
  expect(await readdir(root)).toContain("part.checkpoint");
  for (const name of lost) await cp(join(root, "voc/VOC2007/JPEGImages", name), join(copied, name));
  await expect(run(declareTrain, ...moved, "--resume", "--seed", "9", "-o", join(root, "part"))).rejects.toThrow(
    "is of a run with seed 1, not 9",
  );
  await run(declareTrain, ...moved, "--resume", "-o", join(root, "part"));
  for (const ending of ["weights", "safetensors"]) {
    expect(await readFile(join(root, `part.${ending}`)), ending).toEqual(await readFile(join(root, `whole.${ending}`)));
  }
});

test("training goes on from darknet weights", async () => {
  await run(
    declareTrain,
    ...settings,
    "--steps",
    "150",
    "--learning-rate",
    "0.01",
    "--no-augment",
    "-o",
    join(root, "first"),
  );
  const loss = async (...more: string[]) =>
    JSON.parse(
      await run(
        declareTrain,
        ...settings,
        "--steps",
        "2",
        "--learning-rate",
        "1e-9",
        "--no-augment",
        "-o",
        join(root, "next"),
        ...more,
      ),
    ).loss;
  expect(await loss("--weights", join(root, "first.weights"))).toBeLessThan(0.8 * (await loss()));
});

test("a class that the names lack is named", async () => {
  await writeFile(join(root, "some.names"), [...sceneClasses.filter((name) => name !== "car"), "tram"].join("\n"));
  await expect(
    run(declareTrain, ...settings, "--names", join(root, "some.names"), "-o", join(root, "x")),
  ).rejects.toThrow(/has an object of class car, which is not among the names/);
});

test("too many broken annotations end the run before it begins", async () => {
  await cp(join(root, "voc"), join(root, "broken"), { recursive: true });
  for (const name of ["000003", "000004", "000005", "000006"])
    await writeFile(join(root, `broken/VOC2007/Annotations/${name}.xml`), "<annotation><object>");
  await expect(
    run(declareTrain, ...settings, "--dataset", `voc:${root}/broken`, "-o", join(root, "x")),
  ).rejects.toThrow("000003.xml");
  expect((await readdir(root)).filter((name) => name.startsWith("x."))).toEqual([]);
});

const spikes = [
  "--spiking",
  "--time-steps",
  "2",
  "--levels",
  "2",
  "--steps",
  "6",
  "--batch",
  "3",
  "--every",
  "2",
  "--json",
];

test("train --spiking goes on from a model by labels and its own teaching, and writes what runs by itself", async () => {
  await run(declareTrain, ...settings, "-o", join(root, "s/net"));
  const model = join(root, "s/net.safetensors");
  const common = ["--from", model, "--dataset", `voc:${root}/voc`, "--teacher", ...spikes];
  const result = JSON.parse(
    await run(
      declareTrain,
      ...common,
      "--target",
      "0.5",
      "-o",
      join(root, "s/spiking"),
      "--validate",
      `voc:${root}/voc`,
    ),
  );
  expect(result).toEqual({
    steps: 6,
    loss: expect.any(Number),
    accumulates: expect.any(Number),
    seconds: expect.any(Number),
    map50: expect.any(Number),
  });
  expect((await readdir(join(root, "s"))).toSorted()).toEqual([
    "net.safetensors",
    "net.weights",
    "spiking.safetensors",
  ]);
  const { dnn, snn } = decodeModel(await readFile(join(root, "s/spiking.safetensors")), "spiking.safetensors");
  expect(snn?.simulation).toMatchObject({ timeSteps: 2, phases: 2, frameUnits: 6 });
  expect(dnn?.layers.some((layer) => layer.kind === "activation" && layer.trainedLambda)).toBe(true);
});

test("train --spiking goes on from pictures without labels, from darknet weights, and from nothing", async () => {
  const pictures = join(root, "voc/VOC2007/JPEGImages");
  const cfg = ["--cfg", `${root}/tiny.cfg`];
  const weights = [...cfg, "--weights", join(root, "s/net.weights")];
  await run(
    declareTrain,
    ...weights,
    ...spikes,
    "--dataset",
    pictures,
    "--teacher",
    "--no-labels",
    "-o",
    join(root, "s/unlabelled"),
  );
  const scratch = JSON.parse(
    await run(declareTrain, ...cfg, ...spikes, "--dataset", `voc:${root}/voc`, "-o", join(root, "s/scratch")),
  );
  expect(scratch.accumulates).toBeGreaterThan(0);
  const { snn } = decodeModel(await readFile(join(root, "s/scratch.safetensors")), "scratch.safetensors");
  expect(snn?.layers.some(({ kind }) => kind === "batchNorm")).toBe(false);
});

test.each([
  [["--spiking"], /give the network/],
  [["--from", "scenes"], /--from goes with --spiking/],
  [["--from", "scenes", "--spiking", "--cfg", "x.cfg"], /give the network/],
  [["--from", "scenes", "--spiking", "--weights", "x"], /--weights goes with --cfg/],
  [["--cfg", "x.cfg", "--target", "1"], /add --spiking/],
  [["--cfg", "x.cfg", "--no-labels"], /add --teacher/],
])("options of spiking training that contradict each other are refused: %j", async (options, message) => {
  await expect(
    run(declareTrain, "--dataset", `voc:${root}/voc`, "-o", join(root, "no/net"), ...options),
  ).rejects.toThrow(message);
});
