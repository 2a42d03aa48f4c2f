/** An evaluation's detections as files that `score`, and everybody else's evaluator, reads. */
import { join } from "node:path";
import { writeFile } from "#platform";
import type { ClassMatch } from "../data/class-names.ts";
import { formatCocoDetections } from "../data/coco-detections.ts";
import type { DataSet } from "../data/dataset.ts";
import { formatVocDetections } from "../data/voc-detections.ts";
import type { EvaluationSetup, PackedDetections, PictureReading, PictureResult } from "../evaluate/picture.ts";
import { matchedDetections } from "../evaluate/report.ts";

/**
 * `<dir>/dnn/` and one folder for each configuration and decoding (its last checkpoint), with `results.json` (COCO) or
 * `comp4_det_test_<class>.txt` (VOC). @throws ImportError [E_WRITE].
 */
export async function writeDetections(
  folder: string,
  dataSet: DataSet,
  classes: ClassMatch,
  setup: EvaluationSetup,
  results: readonly PictureResult[],
): Promise<void> {
  const readings = results.map((result) => ("failure" in result ? undefined : result));
  const write = async (name: string, pick: (reading: PictureReading) => PackedDetections) => {
    const detections = matchedDetections(dataSet, classes, readings, pick);
    const files =
      dataSet.format === "voc"
        ? formatVocDetections(dataSet, detections, "test")
        : [{ name: "results.json", text: formatCocoDetections(dataSet, detections) }];
    for (const file of files) await writeFile(join(folder, name, file.name), file.text);
  };
  if (setup.dnn) await write("dnn", (reading) => reading.dnn ?? []);
  let row = 0;
  for (const { name, at, decodings } of setup.configurations) {
    for (const decode of decodings) {
      const index = row++;
      const words = [name, decode, `t${at.at(-1)}`].join(" ").replace(/[^a-zA-Z0-9]+/g, "-");
      await write(words, (reading) => reading.snn[index].at(-1)?.detections ?? []);
    }
  }
}
