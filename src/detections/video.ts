/** Frames that follow each other through DNN and spiking network: neurons keep their state, so that only change costs. */
import type { Detection } from "../core/box.ts";
import type { Pixels } from "../core/pixels.ts";
import type { FloatTensor } from "../core/tensor.ts";
import type { DnnSession } from "../dnn/dnn-session.ts";
import { inputOf, type SpikingGraph } from "../graph/graph.ts";
import { preprocess } from "../image/preprocess.ts";
import { frameMacs } from "../metrics/frame-macs.ts";
import type { Session } from "../snn/engine.ts";
import { simulate } from "../snn/simulate.ts";
import { displayThresholds, outputError, readDetections } from "./detections.ts";

export interface Frame extends Pixels {
  /** Since the first frame; absent where only the frames' rate is known. */
  readonly seconds?: number;
}

/** Frames in order, and what is known of them. */
export interface FrameSource {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  /** 0 where nobody says how fast they follow each other. */
  readonly fps: number;
  /** Who waits for a frame that may never come is let go, with an error, by the signal. */
  readonly frames: (signal?: AbortSignal) => AsyncIterable<Frame>;
  /** Absent where it is not known before the end. */
  readonly frameCount?: number;
}

export interface VideoOptions {
  readonly scoreThreshold: number;
  /** Ends the wait for the next frame, where the source can: with an error. */
  readonly signal?: AbortSignal;
  /** Every frame from rest. */
  readonly reset?: boolean;
  readonly limitFrames?: number;
  /** Only each n-th frame. */
  readonly every?: number;
}

export interface VideoNetworks {
  readonly snn: SpikingGraph;
  readonly session: Session;
  /** The DNN, where frames are to be compared with it. */
  readonly exact: DnnSession | undefined;
}

export interface FrameResult {
  readonly index: number;
  readonly seconds: number;
  /** What the neurons had kept was of little use here: see {@link isCut}. */
  readonly cut?: true;
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

export interface VideoTotals {
  readonly frames: number;
  readonly dnnMacs: number;
  readonly synOps: number;
  readonly macs: number;
  readonly meanOutputError?: number;
}

export interface SeenFrame {
  readonly result: FrameResult;
  readonly picture: Pixels;
}

/** What is found on each frame, one after the other. */
export async function* detectOnVideo(
  source: Pick<FrameSource, "fps" | "frames">,
  { snn, session, exact }: VideoNetworks,
  { scoreThreshold, signal, reset = false, limitFrames = Number.POSITIVE_INFINITY, every = 1 }: VideoOptions,
): AsyncGenerator<SeenFrame> {
  const { simulation } = snn;
  const thresholds = { ...displayThresholds, scoreThreshold };
  let last: FloatTensor | undefined;
  const costs: number[] = [];
  let index = -1;
  let done = 0;
  for await (const picture of source.frames(signal)) {
    index++;
    if (index % every !== 0) continue;
    const input = preprocess(picture, inputOf(snn).shape, snn.preprocessing);
    const wanted = await exact?.run(input.image);
    const state = reset ? undefined : last ? "keep" : "reset";
    const options = { ...simulation, at: [simulation.timeSteps], state } as const;
    for await (const { outputs, spikes, synOps } of simulate(session, input.image, options)) {
      costs.push(synOps);
      const result = {
        index,
        seconds: picture.seconds ?? (source.fps > 0 ? index / source.fps : 0),
        ...(!reset && isCut(costs) ? { cut: true as const } : {}),
        ...(wanted ? { dnn: await readDetections(snn, wanted, input, thresholds) } : {}),
        snn: {
          detections: await readDetections(snn, outputs, input, thresholds),
          ...(wanted ? { outputError: outputError(outputs, wanted) } : {}),
          ...{ spikes, synOps, macs: frameMacs(snn, input.image, reset ? undefined : last) },
        },
      };
      yield { result, picture };
    }
    last = input.image;
    if (++done >= limitFrames) return;
  }
}

/**
 * Whether the last frame shows another scene: it takes more than half of what the first one took from rest, and two fifths more than the
 * frame before it, which a camera that moves does not do from one frame to the next.
 * @param costs accumulates of all frames so far.
 */
export function isCut(costs: readonly number[]): boolean {
  if (costs.length < 3) return false;
  const [before, last] = costs.slice(-2);
  return last > costs[0] / 2 && last > 1.4 * before;
}

/** @param dnnMacs of a frame. */
export function totalsOf(frames: readonly FrameResult[], dnnMacs: number): VideoTotals {
  const sum = (of: (frame: FrameResult) => number) => frames.reduce((total, frame) => total + of(frame), 0);
  const isCompared = frames.length > 0 && frames.every(({ snn }) => snn.outputError !== undefined);
  return {
    frames: frames.length,
    dnnMacs: dnnMacs * frames.length,
    synOps: sum(({ snn: { synOps } }) => synOps),
    macs: sum(({ snn: { macs } }) => macs),
    ...(isCompared ? { meanOutputError: sum(({ snn }) => snn.outputError ?? 0) / frames.length } : {}),
  };
}
