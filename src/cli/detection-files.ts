/** An evaluation's detections as files that `score`, and everybody else's evaluator, reads. */
import { join } from "node:path";
import type { ClassMatch } from "../data/class-names.ts";
import { formatCocoDetections } from "../data/coco-detections.ts";
import type { DataSet, ScoringRule, StatedDetection } from "../data/dataset.ts";
import { formatVocDetections } from "../data/voc-detections.ts";
import type { EvaluationSetup, PackedDetections, PictureReading, PictureResult } from "../evaluate/picture.ts";
import { matchedDetections } from "../evaluate/report.ts";
import { type FileKind, fileKinds, type OutputFlags, refuseToReplace, writeOutput } from "./outputs.ts";

interface RuleFiles {
  readonly kind: FileKind;
  readonly format: (
    dataSet: DataSet,
    detections: Iterable<StatedDetection>,
  ) => readonly { readonly name: string; readonly text: string }[];
}

/** Files that the rule's own evaluator reads. */
const ruleFiles: { readonly [R in ScoringRule]: RuleFiles } = {
  voc: {
    kind: fileKinds.vocDetections,
    format: (dataSet, detections) => formatVocDetections(dataSet, detections, "test"),
  },
  coco: {
    kind: fileKinds.cocoDetections,
    format: (dataSet, detections) => [{ name: "results.json", text: formatCocoDetections(dataSet, detections) }],
  },
};

/**
 * Writes `<dir>/dnn/` and one folder for each configuration and decoding (its last checkpoint), with `results.json` (COCO's
 * rule) or `comp4_det_test_<class>.txt` (VOC's). @throws ArgumentError [E_EXISTS], ImportError [E_WRITE].
 */
export async function writeDetections(
  folder: string,
  dataSet: DataSet,
  classes: Pick<ClassMatch, "toDataSet">,
  setup: EvaluationSetup,
  results: readonly PictureResult[],
  flags: OutputFlags,
): Promise<void> {
  for (const { path, text } of detectionFiles(folder, dataSet, classes, setup, results))
    await writeOutput(path, text, ruleFiles[dataSet.rule].kind, flags);
}

/** Whether {@link writeDetections} will be able to: asked before an evaluation. @throws ArgumentError [E_EXISTS]. */
export async function refuseToReplaceDetections(
  folder: string,
  dataSet: DataSet,
  setup: EvaluationSetup,
  flags: OutputFlags,
): Promise<void> {
  const noClasses = { toDataSet: [] };
  for (const { path } of detectionFiles(folder, dataSet, noClasses, setup, []))
    await refuseToReplace(path, ruleFiles[dataSet.rule].kind, flags);
}

function* detectionFiles(
  folder: string,
  dataSet: DataSet,
  classes: Pick<ClassMatch, "toDataSet">,
  setup: EvaluationSetup,
  results: readonly PictureResult[],
): Generator<{ readonly path: string; readonly text: string }> {
  const readings = results.map((result) => ("failure" in result ? undefined : result));
  const filesOf = (name: string, pick: (reading: PictureReading) => PackedDetections) => {
    const detections = matchedDetections(dataSet, classes, readings, pick);
    const files = ruleFiles[dataSet.rule].format(dataSet, detections);
    return files.map((file) => ({ path: join(folder, name, file.name), text: file.text }));
  };
  if (setup.dnn) yield* filesOf("dnn", (reading) => reading.dnn ?? []);
  let row = 0;
  for (const { name, at, decodings } of setup.configurations) {
    for (const decode of decodings) {
      const index = row++;
      const words = [name, decode, `t${at.at(-1)}`].join(" ").replace(/[^a-zA-Z0-9]+/g, "-");
      yield* filesOf(words, (reading) => reading.snn[index].at(-1)?.detections ?? []);
    }
  }
}
