/** `score`: mAP of somebody's detections. */
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Command } from "commander";
import { readFile } from "#platform";
import { ImportError } from "../../core/errors.ts";
import { readCocoDetections } from "../../data/coco-detections.ts";
import type { DataSet, StatedDetection } from "../../data/dataset.ts";
import { dataSetSyntax, openDataSet } from "../../data/open.ts";
import { readVocDetections, type VocDetectionFile, vocDetectionClass } from "../../data/voc-detections.ts";
import { scoreDetections } from "../../evaluate/score.ts";
import { note, printJson } from "../io.ts";
import { printScores } from "../scores-table.ts";

interface Options {
  readonly dataset: string;
  readonly detections: string;
  readonly json?: true;
}

export function declare(command: Command): void {
  command
    .requiredOption("--dataset <spec>", `${dataSetSyntax} (pictures are not needed but for yolo)`)
    .requiredOption("--detections <path>", "COCO results JSON, or a folder of comp…_det_…_<class>.txt files")
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
Scores by the rule of the data set: VOC 11-point and area mAP for voc, COCO's twelve numbers for coco and yolo.

Example:
  spiking-yolo score --dataset voc:VOCdevkit:2007:test --detections results/
  spiking-yolo score --dataset coco:annotations/instances_val2014.json --detections results.json`,
    )
    .action(score);
}

async function score(options: Options): Promise<void> {
  const dataSet = await openDataSet(options.dataset);
  for (const remark of dataSet.remarks) note(remark);
  const scores = scoreDetections(dataSet, await readDetections(dataSet, options.detections));
  if (options.json) printJson(scores);
  else printScores(scores);
}

async function readDetections(dataSet: DataSet, path: string): Promise<Iterable<StatedDetection>> {
  const entry = await stat(path).catch(() => undefined);
  if (!entry) throw new ImportError("E_FILE", `${path} cannot be read: no such file or directory. Check the path`);
  if (entry.isDirectory()) return readVocDetections(dataSet, await readTexts(path, (await readdir(path)).sort()));
  if (path.endsWith(".txt")) return readVocDetections(dataSet, await readTexts(dirname(path), [basename(path)]));
  return readCocoDetections(dataSet, await readFile(path), path);
}

async function readTexts(folder: string, names: readonly string[]): Promise<readonly VocDetectionFile[]> {
  const files: VocDetectionFile[] = [];
  for (const name of names) {
    // A folder of results holds other things too.
    if (vocDetectionClass(name) === undefined) continue;
    files.push({ name, text: new TextDecoder().decode(await readFile(join(folder, name), "detections")) });
  }
  return files;
}
