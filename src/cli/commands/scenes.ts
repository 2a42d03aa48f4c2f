/** `scenes`: writes generated street scenes with ground truth as a VOC or COCO data set. */
import type { Command } from "commander";
import { expectInteger, expectOneOf } from "../../core/errors.ts";
import { writeCocoDataSet } from "../../data/coco.ts";
import type { LabelledImage } from "../../data/dataset.ts";
import { sceneClasses } from "../../data/scenes/classes.ts";
import { sceneImages } from "../../data/scenes/labelled.ts";
import { writeVocDataSet } from "../../data/voc.ts";
import { print, printJson, showProgress } from "../io.ts";

interface Options {
  readonly format: string;
  readonly count: string;
  readonly seed: string;
  readonly out: string;
  readonly width: string;
  readonly height: string;
  readonly split: string;
  readonly json?: boolean;
}

export function declare(command: Command): void {
  command
    .option("--format <voc|coco>", "layout of the data set", "voc")
    .option("--count <n>", "number of pictures", "100")
    .option("--seed <n>", "another seed gives other scenes", "1")
    .requiredOption("-o, --out <dir>", "folder that will hold the data set")
    .option("--width <px>", "width of the pictures", "320")
    .option("--height <px>", "height of the pictures", "240")
    .option("--split <name>", "name of the picture list (VOC)", "test")
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  spiking-yolo scenes --format voc --count 500 --seed 7 -o out/scenes\n  spiking-yolo evaluate scenes --dataset voc:out/scenes",
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  const format = expectOneOf("--format", options.format, ["voc", "coco"] as const);
  const count = expectInteger("--count", Number(options.count), 1, 1_000_000);
  const seed = expectInteger("--seed", Number(options.seed), 0, 2 ** 31 - 1);
  const size = {
    width: expectInteger("--width", Number(options.width), 64, 2048),
    height: expectInteger("--height", Number(options.height), 64, 2048),
  };
  const split = /^[A-Za-z][\w-]*$/.test(options.split)
    ? options.split
    : expectOneOf("--split", options.split, ["train", "val", "test"]);
  const progress = showProgress("scenes", count);
  let images = 0;
  let objects = 0;
  async function* counted(): AsyncIterable<LabelledImage> {
    for await (const image of sceneImages(seed, count, format, size)) {
      images++;
      objects += image.objects.length;
      yield image;
      progress.update(images);
    }
  }
  try {
    if (format === "voc") await writeVocDataSet(counted(), sceneClasses, { root: options.out, split });
    else await writeCocoDataSet(counted(), sceneClasses, options.out);
  } finally {
    progress.stop();
  }
  if (options.json) return printJson({ images, objects, classes: sceneClasses });
  const spec = format === "voc" ? `voc:${options.out}:2007:${split}` : `coco:${options.out}/instances.json`;
  print(`${images} pictures with ${objects} objects of ${sceneClasses.length} classes: --dataset ${spec}`);
}
