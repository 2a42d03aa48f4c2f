/** The DNN of real weights on 1,000 real pictures, against the figure of an independent program (data README). */
import { expect, test } from "vitest";
import type { StatedDetection } from "../src/data/dataset.ts";
import { openDataSet } from "../src/data/open.ts";
import { inProcess } from "../src/evaluate/executor.ts";
import { openPictureEvaluator, type PictureTask } from "../src/evaluate/picture.ts";
import { matchedDetections } from "../src/evaluate/report.ts";
import { runTasks } from "../src/evaluate/run-tasks.ts";
import { scoreDetections } from "../src/evaluate/score.ts";
import { dataPath, describeWithData } from "./data.ts";
import { yoloLite } from "./yolo-lite.ts";

describeWithData("mAP on VOC 2007", () => {
  test("of the DNN on 1,000 pictures", { timeout: 600_000 }, async () => {
    const dataSet = await openDataSet(`voc:${dataPath("VOCdevkit")}`);
    const dnn = { ...yoloLite(), preprocessing: { fit: "stretch", filter: "bilinear" } } as const;
    const evaluator = await openPictureEvaluator({ dnn, configurations: [], seed: 1 }, () => {
      throw new Error("no simulation is asked for");
    });
    const executor = inProcess((task: PictureTask) => evaluator.evaluate(task));
    const results = await runTasks(dataSet.images, { executor });
    await evaluator.dispose();
    const readings = results.map((result) => ("failure" in result ? undefined : result));
    expect(readings.every((reading) => reading !== undefined)).toBe(true);
    const classes = { toDataSet: [...dataSet.classNames.keys()], onlyInModel: [], onlyInDataSet: [] };
    const detections = [...matchedDetections(dataSet, classes, readings, (reading) => reading.dnn ?? [])];

    const ours = scoreDetections(dataSet, detections);
    expect(Math.abs(ours.voc07Map! - 0.368)).toBeLessThan(0.003);

    // Darknet counts from 1 by adding 1 to all four corners, and so did the program that the figure comes from.
    const darknets = detections.map(({ box: [xMin, yMin, xMax, yMax], ...rest }): StatedDetection => {
      return { ...rest, box: [xMin, yMin, xMax + 1, yMax + 1] };
    });
    const theirs = scoreDetections(dataSet, darknets);
    // What is left is the decoder's and the resampling's arithmetic.
    expect(Math.abs(theirs.voc07Map! - 0.368)).toBeLessThan(0.001);
    expect(Math.abs(theirs.map50! - 0.351)).toBeLessThan(0.001);
  });
});
