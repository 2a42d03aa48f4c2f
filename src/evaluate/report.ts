/** What all pictures' results add up to: mAP of the DNN, and mAP, work and error of each configuration against steps. */
import type { ClassMatch } from "../data/class-names.ts";
import { type DataSet, type StatedDetection, stateDetection, videosOf } from "../data/dataset.ts";
import type { Decoding, Graph } from "../graph/graph.ts";
import { drawnMaps, drawPictures, type Interval, intervalOf } from "../metrics/bootstrap.ts";
import { type Energy, energyOf } from "../metrics/energy.ts";
import { dnnOperations, remainingMacs } from "../metrics/operations.ts";
import type {
  EvaluationSetup,
  PackedDetections,
  PictureFailure,
  PictureReading,
  PictureResult,
  SpikingReading,
} from "./picture.ts";
import { unpack } from "./picture.ts";
import { type JudgedScores, judgeDetections, mainMap, mainRules, type Scores } from "./score.ts";
import { type SettledRun, type SettlingSteps, settledRun, settlingSteps } from "./settled-run.ts";

/** A part of the DNN's mAP, 1 being all of it. The interval is of pictures drawn anew, 95 %: see `metrics/bootstrap.ts`. */
export interface Share extends Interval {
  readonly value: number;
}

/** Spikes, operations, energy and error are means over the pictures that could be read. */
export interface CheckpointScores extends Scores {
  readonly t: number;
  /** Of the main mAP in the DNN's; where there is a DNN that finds anything. */
  readonly share?: Share;
  readonly spikes: number;
  /** Accumulates. */
  readonly synOps: number;
  /** Of a picture: `synOps` accumulates, and once the MACs of what stays dense: the picture as a constant current, and islands. */
  readonly energy: Energy;
  readonly outputError?: number;
  /** Of videos gone through with a kept state: mean accumulates of their first frames, and of all others. */
  readonly frames?: { readonly videos: number; readonly first: number; readonly later: number };
}

/** Every picture read at the checkpoint at which its detections settled, or else at the last. */
export interface SettledScores extends Omit<CheckpointScores, "t">, SettlingSteps {
  /** Checkpoints that must agree with the next for a picture to have settled there. */
  readonly patience: number;
}

export interface ConfigurationScores {
  readonly name: string;
  readonly decode: Decoding;
  /** The checkpoint from which on its mAP stays at 98 % of the DNN's or above; null where it does not get there. */
  readonly stepsTo98Percent: number | null;
  readonly snn: readonly CheckpointScores[];
  /** Where a patience was given. */
  readonly settled?: SettledScores;
}

export interface EvaluationReport {
  readonly dataset: string;
  /** Pictures in all, those that could not be read included: they have no detections, and their objects count as missed. */
  readonly images: number;
  readonly failures: readonly (PictureFailure & { readonly image: string })[];
  readonly dnn?: DnnScores;
  readonly configurations: readonly ConfigurationScores[];
}

export interface DnnScores extends Scores {
  /** Of the main mAP, 95 %. */
  readonly interval: Interval | null;
  readonly macs: number;
  readonly energy: Energy;
}

export interface ReportOptions {
  /** Reads every picture where it settled, too: see `hasSettled`. */
  readonly patience?: number;
}

/** @param results in the order of the data set's pictures. */
export function reportEvaluation(
  dataSet: DataSet,
  classes: Pick<ClassMatch, "toDataSet">,
  setup: EvaluationSetup,
  results: readonly PictureResult[],
  { patience }: ReportOptions = {},
): EvaluationReport {
  const readings = results.map((result) => ("failure" in result ? undefined : result));
  const judge = (pick: (reading: PictureReading) => PackedDetections) =>
    judgeDetections(dataSet, matchedDetections(dataSet, classes, readings, pick));
  const drawn = drawPictures(dataSet.images.length);
  const mapsOf = ({ judged }: JudgedScores) => drawnMaps(judged, mainRules[dataSet.rule], drawn);
  const judgedDnn = setup.dnn && judge((reading) => reading.dnn ?? []);
  const dnnMaps = judgedDnn && mapsOf(judgedDnn);
  const dnn = judgedDnn && describeDnn(setup.dnn as Graph, judgedDnn.scores, intervalOf(dnnMaps as Float64Array));
  const shareOf = (judged: JudgedScores) => dnn && shareIn(dnn, judged.scores, dnnMaps as Float64Array, mapsOf(judged));
  const rows = setup.configurations.flatMap((configuration) =>
    configuration.decodings.map((decode) => ({ configuration, decode })),
  );
  const configurations = rows.map(({ configuration: { name, graph, at }, decode }, row): ConfigurationScores => {
    const macs = remainingMacs(graph);
    const read = readings.filter((reading) => reading !== undefined);
    const scoreAt = (pick: (reading: PictureReading) => SpikingReading) => {
      const judged = judge((reading) => pick(reading).detections);
      const share = shareOf(judged);
      const frames = setup.keepsState && workByFrame(dataSet, readings, pick);
      return {
        ...judged.scores,
        ...(share ? { share } : {}),
        ...meanWork(read.map(pick), macs),
        ...(frames ? { frames } : {}),
      };
    };
    const snn = at.map((t, checkpoint) => ({ t, ...scoreAt((reading) => reading.snn[row][checkpoint]) }));
    const scores = { name, decode, stepsTo98Percent: dnn ? stepsToShare(snn, dnn, 0.98) : null, snn };
    if (patience === undefined) return scores;
    const runs = new Map(read.map((reading) => [reading, settledRun(reading.snn[row], patience)]));
    const settled = scoreAt((reading) => (runs.get(reading) as SettledRun).reading);
    return { ...scores, settled: { patience, ...settlingSteps([...runs.values()]), ...settled } };
  });
  return {
    dataset: dataSet.name,
    images: dataSet.images.length,
    failures: results.flatMap((result, index) =>
      "failure" in result ? { image: dataSet.images[index].id, ...result.failure } : [],
    ),
    ...(dnn ? { dnn } : {}),
    configurations,
  };
}

/** Detections of all pictures, in the order of the data set, in its classes and its numbers. */
export function* matchedDetections(
  dataSet: DataSet,
  { toDataSet }: Pick<ClassMatch, "toDataSet">,
  readings: readonly (PictureReading | undefined)[],
  pick: (reading: PictureReading) => PackedDetections,
): Generator<StatedDetection> {
  for (const [image, reading] of readings.entries()) {
    if (!reading) continue;
    for (const detection of unpack(pick(reading))) {
      const classIndex = toDataSet[detection.classIndex];
      if (classIndex >= 0) yield stateDetection(dataSet, image, { ...detection, classIndex });
    }
  }
}

/** The first checkpoint from which on mAP is at least `share` of the DNN's. */
export function stepsToShare(snn: readonly CheckpointScores[], dnn: Scores, share: number): number | null {
  const goal = share * (mainMap(dnn) ?? 0);
  // A part of nothing is not reached, however little there is.
  if (goal === 0) return null;
  const lastBelow = snn.findLastIndex((scores) => (mainMap(scores) ?? 0) < goal);
  return snn[lastBelow + 1]?.t ?? null;
}

function describeDnn(graph: Graph, scores: Scores, interval: Interval | null): DnnScores {
  const { macs } = dnnOperations(graph);
  return { ...scores, interval, macs, energy: energyOf({ macs, acs: 0 }) };
}

/** @param dnnMaps and `snnMaps`: of the same draws. */
function shareIn(dnn: Scores, snn: Scores, dnnMaps: Float64Array, snnMaps: Float64Array): Share | undefined {
  const whole = mainMap(dnn);
  // Draws in which the DNN finds nothing say nothing of a share.
  const interval = intervalOf(snnMaps.map((map, draw) => (dnnMaps[draw] > 0 ? map / dnnMaps[draw] : Number.NaN)));
  return whole && interval ? { value: (mainMap(snn) ?? 0) / whole, ...interval } : undefined;
}

/** Frames that could not be read are passed over: the next is gone on to from the one before. */
function workByFrame(
  { images }: DataSet,
  readings: readonly (PictureReading | undefined)[],
  pick: (reading: PictureReading) => SpikingReading,
): CheckpointScores["frames"] {
  const byId = new Map(images.map(({ id }, index) => [id, readings[index]]));
  const videos = videosOf(images).map((frames) => frames.flatMap(({ id }) => byId.get(id) ?? []));
  const mean = (list: readonly PictureReading[]) =>
    list.reduce((sum, reading) => sum + pick(reading).synOps, 0) / Math.max(1, list.length);
  return {
    videos: videos.length,
    first: mean(videos.flatMap(([first]) => first ?? [])),
    later: mean(videos.flatMap(([, ...later]) => later)),
  };
}

function meanWork(readings: readonly SpikingReading[], macs: number) {
  const mean = (of: (reading: SpikingReading) => number) =>
    readings.reduce((sum, reading) => sum + of(reading), 0) / Math.max(1, readings.length);
  const synOps = mean((reading) => reading.synOps);
  const hasError = readings.some(({ outputError }) => outputError !== undefined);
  return {
    spikes: mean(({ spikes }) => spikes),
    synOps,
    energy: energyOf({ macs, acs: synOps }),
    ...(hasError ? { outputError: mean(({ outputError }) => outputError ?? 0) } : {}),
  };
}
