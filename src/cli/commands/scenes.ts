/** `scenes`: writes generated street scenes with ground truth as a data set of any format. */
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { z } from "zod";
import { readFile, writeFile } from "#platform";
import { ArgumentError, expectInteger, expectOneOf } from "../../core/errors.ts";
import type { DataSetFormat, LabelledImage } from "../../data/dataset.ts";
import { dataSetFormatNames, dataSetFormats } from "../../data/formats.ts";
import { sceneClasses } from "../../data/scenes/classes.ts";
import { frameId, movingSceneImages, sceneId, sceneImages } from "../../data/scenes/labelled.ts";
import { type CameraMotion, cameraMotions } from "../../data/scenes/moving.ts";
import { print, printJson, showProgress } from "../io.ts";
import { integerFrom } from "../options.ts";
import { addForceOption, entriesOf, type OutputFlags } from "../outputs.ts";

const splitName = /^[A-Za-z][\w-]*$/;

interface Options extends OutputFlags {
  readonly format: string;
  readonly count: string;
  readonly seed: string;
  readonly out: string;
  readonly width: string;
  readonly height: string;
  readonly split: string;
  readonly frames?: number;
  readonly camera?: CameraMotion;
  readonly noise?: number;
  readonly json?: boolean;
}

export function declare(command: Command): void {
  addForceOption(command)
    .option(`--format <${dataSetFormatNames.join("|")}>`, "layout of the data set", "voc")
    .option("--count <n>", "number of pictures", "100")
    .option("--seed <n>", "another seed gives other scenes", "1")
    .requiredOption("-o, --out <dir>", "folder that will hold the data set")
    .option("--width <px>", "width of the pictures", "320")
    .option("--height <px>", "height of the pictures", "240")
    .option("--split <name>", "name of the picture list (VOC, YOLO)", "test")
    .option("--frames <n>", "scenes that move: so many frames of each, 25 a second (coco)", integerFrom(1, 100_000))
    .addOption(new Option("--camera <how>", "of scenes that move: what the camera does").choices(cameraMotions))
    .option("--noise <sigma>", "of scenes that move: noise of the sensor in grey levels, anew each frame", noiseFrom)
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  spiking-yolo scenes --format voc --count 500 --seed 7 -o out/scenes\n  spiking-yolo evaluate scenes --dataset voc:out/scenes\n  spiking-yolo scenes --format coco --count 8 --frames 100 --camera pan -o out/moving\n  spiking-yolo evaluate scenes --dataset coco:out/moving/instances.json",
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  const format = expectOneOf("--format", options.format, dataSetFormatNames);
  const count = expectInteger("--count", Number(options.count), 1, 1_000_000);
  const seed = expectInteger("--seed", Number(options.seed), 0, 2 ** 31 - 1);
  const size = {
    width: expectInteger("--width", Number(options.width), 64, 2048),
    height: expectInteger("--height", Number(options.height), 64, 2048),
  };
  const split = splitName.test(options.split)
    ? options.split
    : expectOneOf("--split", options.split, ["train", "val", "test"]);
  const { frames, camera, noise } = options;
  refuseUnfit(options);
  await claimFolder(options.out, { format, count, split, ...(frames === undefined ? {} : { frames }) }, options);
  const progress = showProgress("scenes", count * (frames ?? 1));
  const made =
    frames === undefined
      ? sceneImages(seed, count, format, size)
      : movingSceneImages(seed, count, frames, format, { ...size, ...(camera ? { camera } : {}), noise: noise ?? 0 });
  let images = 0;
  let objects = 0;
  async function* counted(): AsyncIterable<LabelledImage> {
    for await (const image of made) {
      images++;
      objects += image.objects.length;
      yield image;
      progress.update(images);
    }
  }
  try {
    await dataSetFormats[format].write(counted(), sceneClasses, { folder: options.out, split });
  } finally {
    progress.stop();
  }
  if (options.json) return printJson({ images, objects, classes: sceneClasses });
  const spec = `${format}:${dataSetFormats[format].wordsFor({ folder: options.out, split })}`;
  print(`${images} pictures with ${objects} objects of ${sceneClasses.length} classes: --dataset ${spec}`);
}

/** Frames are told apart from pictures by COCO's files only. @throws ArgumentError [E_USAGE]. */
function refuseUnfit({ format, frames, camera, noise }: Options): void {
  if (frames !== undefined && format !== "coco")
    throw new ArgumentError("E_USAGE", `only coco says which video a frame is of: add --format coco to --frames`);
  const unfit = camera !== undefined ? "--camera" : noise !== undefined ? "--noise" : undefined;
  if (unfit && frames === undefined)
    throw new ArgumentError("E_USAGE", `${unfit} goes with scenes that move: add --frames N`);
}

function noiseFrom(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value <= 64) return value;
  throw new InvalidArgumentError("0 to 64 grey levels expected.");
}

/** What decides which files a data set consists of. */
interface Layout {
  readonly format: DataSetFormat;
  readonly count: number;
  readonly split: string;
  /** Of scenes that move. */
  readonly frames?: number | undefined;
}

/** Beside the data set: the layout of the files that were written, or were going to be when the command was ended. */
const layoutFile = "scenes.json";

const layoutSchema = z.object({
  kind: z.literal("spiking-yolo scenes 1"),
  format: z.enum(dataSetFormatNames as [DataSetFormat]),
  count: z.int().min(1).max(1_000_000),
  split: z.string().regex(splitName),
  frames: z.int().min(1).max(100_000).optional(),
});

/**
 * Makes sure that the folder holds nothing but what is going to be written: two data sets in one would be mixed.
 * @throws ArgumentError [E_EXISTS] where the folder is not empty; with `--force`, where a file is in the way that an
 * earlier data set does not account for.
 */
async function claimFolder(folder: string, layout: Layout, { force }: OutputFlags): Promise<void> {
  const entries = await entriesOf(folder);
  if (entries.length > 0) {
    if (!force) {
      throw new ArgumentError(
        "E_EXISTS",
        `${folder} is not empty, and data sets would be mixed. Name a new folder, or replace the scenes in it with --force`,
      );
    }
    if (entries.includes(layoutFile)) {
      const written = filesOf(await readLayout(join(folder, layoutFile)));
      // What cannot be removed (a folder of that name) is found in the way below.
      for (const file of written) await rm(join(folder, file), { force }).catch(() => {});
    }
    const foreign = filesOf(layout).find((file) => existsSync(join(folder, file)));
    if (foreign) {
      throw new ArgumentError(
        "E_EXISTS",
        `${join(folder, foreign)} is there, and scenes did not write it. Name a new folder, or remove it`,
      );
    }
  }
  await writeFile(join(folder, layoutFile), `${JSON.stringify({ kind: "spiking-yolo scenes 1", ...layout })}\n`);
}

async function readLayout(path: string): Promise<Layout> {
  try {
    return layoutSchema.parse(JSON.parse(new TextDecoder().decode(await readFile(path))));
  } catch (error) {
    throw new ArgumentError("E_EXISTS", `${path} does not say which files scenes wrote. Name a new folder`, {
      cause: error,
    });
  }
}

/** Within the data set's folder, as the writers of data sets name them. */
function filesOf({ format, count, split, frames }: Layout): readonly string[] {
  const ids = Array.from({ length: count }, (_, index) => index).flatMap((index) =>
    frames === undefined ? sceneId(index) : Array.from({ length: frames }, (_, frame) => frameId(index, frame)),
  );
  return dataSetFormats[format].filesOf(ids, split);
}
