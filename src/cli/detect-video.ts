/** `detect` on frames that follow each other: neurons keep their state, so that only change costs. */
import type { Detection } from "../core/box.ts";
import type { Pixels } from "../core/pixels.ts";
import type { FloatTensor } from "../core/tensor.ts";
import { displayThresholds, outputError, readDetections } from "../detections/detections.ts";
import type { DnnSession } from "../dnn/dnn-session.ts";
import { inputOf, type SimulationSettings } from "../graph/graph.ts";
import { preprocess } from "../image/preprocess.ts";
import { frameMacs } from "../metrics/frame-macs.ts";
import { dnnOperations } from "../metrics/operations.ts";
import type { Session } from "../snn/engine.ts";
import { simulate } from "../snn/simulate.ts";
import { print } from "./io.ts";
import type { LoadedModel } from "./model.ts";

/** Frames in order, and what is known of them. */
export interface FrameSource {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly frames: () => AsyncIterable<Pixels>;
}

export interface VideoFlags {
  readonly scoreThreshold: number;
  /** Every frame from rest. */
  readonly reset?: boolean;
  readonly limitFrames?: number;
  /** Only each n-th frame. */
  readonly every?: number;
  readonly json?: boolean;
}

export interface FrameResult {
  readonly index: number;
  readonly seconds: number;
  readonly dnn?: readonly Detection[];
  readonly snn: {
    readonly detections: readonly Detection[];
    readonly outputError?: number;
    readonly spikes: number;
    readonly synOps: number;
    /** Multiply-accumulates of the picture's changed pixels, and of islands. */
    readonly macs: number;
  };
}

export interface VideoResult {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly frames: readonly FrameResult[];
  readonly totals: {
    readonly frames: number;
    readonly dnnMacs: number;
    readonly synOps: number;
    readonly macs: number;
    readonly meanOutputError?: number;
  };
}

/** Runs all frames, a line each; what is done when the user interrupts has been printed. */
export async function detectOnVideo(
  source: FrameSource,
  { dnn, snn }: LoadedModel,
  { session, exact }: { readonly session: Session; readonly exact: DnnSession | undefined },
  flags: VideoFlags,
): Promise<VideoResult> {
  const settings = snn.simulation as SimulationSettings;
  const thresholds = { ...displayThresholds, scoreThreshold: flags.scoreThreshold };
  const results: FrameResult[] = [];
  const dnnMacs = dnnOperations(snn).macs;
  let last: FloatTensor | undefined;
  let index = -1;
  if (!flags.json) print(source.path);
  for await (const picture of source.frames()) {
    index++;
    if (index % (flags.every ?? 1) !== 0) continue;
    const input = preprocess(picture, inputOf(snn).shape, snn.preprocessing);
    const wanted = await exact?.run(input.image);
    const state = flags.reset ? undefined : last ? "keep" : "reset";
    const options = { ...settings, at: [settings.timeSteps], state } as const;
    for await (const reached of simulate(session, input.image, options)) {
      const result: FrameResult = {
        index,
        seconds: source.fps > 0 ? index / source.fps : 0,
        ...(dnn && wanted ? { dnn: await readDetections(dnn, wanted, input, thresholds) } : {}),
        snn: {
          detections: await readDetections(snn, reached.outputs, input, thresholds),
          ...(wanted ? { outputError: outputError(reached.outputs, wanted) } : {}),
          spikes: reached.spikes,
          synOps: reached.synOps,
          macs: frameMacs(snn, input.image, flags.reset ? undefined : last),
        },
      };
      results.push(result);
      if (!flags.json) printFrame(result, snn.classNames, dnnMacs);
    }
    last = input.image;
    if (results.length >= (flags.limitFrames ?? Number.POSITIVE_INFINITY)) break;
  }
  const sum = (of: (frame: FrameResult) => number) => results.reduce((total, frame) => total + of(frame), 0);
  const { path, width, height, fps } = source;
  return {
    path,
    width,
    height,
    fps,
    frames: results,
    totals: {
      frames: results.length,
      dnnMacs: dnnMacs * results.length,
      synOps: sum(({ snn: { synOps } }) => synOps),
      macs: sum(({ snn: { macs } }) => macs),
      ...(exact && results.length > 0
        ? { meanOutputError: sum(({ snn: { outputError: error } }) => error ?? 0) / results.length }
        : {}),
    },
  };
}

function printFrame({ index, seconds, dnn, snn }: FrameResult, classNames: readonly string[], dnnMacs: number): void {
  const list = (detections: readonly Detection[]) => {
    const counts = new Map<string, number>();
    for (const { classIndex } of detections) {
      const name = classNames[classIndex] ?? `class ${classIndex}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return [...counts].map(([name, count]) => (count > 1 ? `${count} ${name}` : name)).join(", ") || "nothing";
  };
  const error = snn.outputError === undefined ? "" : `, error ${snn.outputError.toFixed(3)}`;
  const ratio = (snn.synOps / dnnMacs).toFixed(3);
  const exact = dnn ? `   DNN ${list(dnn)}` : "";
  print(
    `  frame ${index} (${seconds.toFixed(2)} s)  ${list(snn.detections)}${exact}  [${ratio} accumulates a MAC${error}]`,
  );
}
