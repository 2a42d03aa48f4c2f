/**
 * One picture of an evaluation: what the DNN finds, and what each spiking configuration finds at each checkpoint, from one
 * simulation per configuration. Everything else of an evaluation is bookkeeping around this.
 *
 * Setup, task and result are plain data, so that they can go to a thread, another machine, or a journal.
 */
import type { Detection } from "../core/box.ts";
import { ImportError } from "../core/errors.ts";
import type { Failure } from "../core/failures.ts";
import type { Pixels } from "../core/pixels.ts";
import { loadPicture, type PictureSource } from "../data/load-picture.ts";
import { evaluationThresholds, outputError, readDetections } from "../detections/detections.ts";
import { openDnn } from "../dnn/dnn-session.ts";
import { type Decoding, type Graph, inputOf, type SpikingGraph } from "../graph/graph.ts";
import { type NetworkInput, preprocess } from "../image/preprocess.ts";
import type { RunOptions, Session } from "../snn/engine.ts";
import { readOutputs, simulate } from "../snn/simulate.ts";

/** One way to make and run the spiking network; each decoding is a row of the result. */
export interface Configuration {
  readonly name: string;
  /** Its `simulation` says T and input coding. */
  readonly graph: SpikingGraph;
  readonly decodings: readonly Decoding[];
  /** Rising, the last ≤ T. */
  readonly at: readonly number[];
}

export interface EvaluationSetup {
  /** Absent where the model file does not hold it. */
  readonly dnn?: Graph;
  /** All read the same network input. */
  readonly configurations: readonly Configuration[];
  /** Of Poisson input. */
  readonly seed: number;
  /** Frames of a video are gone through in their order, by neurons that keep their state. */
  readonly keepsState?: true;
}

export interface PictureTask extends PictureSource {
  /** The data set's id. */
  readonly id: string;
}

/**
 * Detections as they travel: six numbers each (class, score, xMin, yMin, xMax, yMax), by falling score; scores to seven
 * digits, corners to a hundredth of a pixel.
 */
export type PackedDetections = readonly number[];

/**
 * So many detections of a reading are kept, the best: a network whose outputs have collapsed finds something everywhere
 * (yolov3-tiny without imbalanced thresholds 119,000 boxes a picture), and would fill memory and disk with it. COCO's rules
 * look at 100 of a class; networks that work stay far below.
 */
export const mostDetections = 2000;

/** One decoding of one configuration at one checkpoint. */
export interface SpikingReading {
  readonly t: number;
  readonly detections: PackedDetections;
  /** Σ|s| and accumulates of this picture up to t. */
  readonly spikes: number;
  readonly synOps: number;
  /** Against the DNN, where there is one. */
  readonly outputError?: number;
}

export interface PictureReading {
  readonly dnn?: PackedDetections;
  /** [configuration and decoding, in order][checkpoint]. */
  readonly snn: readonly (readonly SpikingReading[])[];
  /** What was special about the file, see `DecodeOptions`, and whether detections were left out; absent where nothing was. */
  readonly remarks?: readonly string[];
}

/** A picture that could not be read. */
export type PictureFailure = Omit<Failure, "name">;

export type PictureResult = PictureReading | { readonly failure: PictureFailure };

export interface PictureEvaluator {
  /**
   * A picture that is missing or damaged is a result; whatever else goes wrong is thrown.
   * @param state of a frame: from rest, or from where the last one has left the neurons.
   */
  evaluate(task: PictureTask, state?: RunOptions["state"]): Promise<PictureResult>;
  /** Decodes the picture that comes next while another is evaluated. What goes wrong is told when that one is. */
  prepare(task: PictureTask): void;
  dispose(): Promise<void>;
}

/** Opens all networks. `openSession` chooses the engine. */
export async function openPictureEvaluator(
  setup: EvaluationSetup,
  openSession: (graph: Graph) => Promise<Session>,
): Promise<PictureEvaluator> {
  const { configurations, seed } = setup;
  const dnn = setup.dnn && (await openDnn(setup.dnn, { threads: 1 }));
  const sessions = await Promise.all(configurations.map(({ graph }) => openSession(graph)));
  const first = setup.dnn ?? configurations[0].graph;

  async function read(pixels: Pixels, state: RunOptions["state"], pack: Pack): Promise<PictureReading> {
    const input = preprocess(pixels, inputOf(first).shape, first.preprocessing);
    const wanted = await dnn?.run(input.image);
    const snn: SpikingReading[][] = [];
    for (const [index, configuration] of configurations.entries()) {
      snn.push(...(await readConfiguration(configuration, sessions[index], input, wanted, pack, { seed, state })));
    }
    if (!wanted) return { snn };
    return { dnn: pack(await readDetections(first, wanted, input, evaluationThresholds)), snn };
  }

  let next: { readonly id: string; readonly loaded: Promise<Loaded> } | undefined;
  const take = (task: PictureTask): Promise<Loaded> => {
    const loaded = next?.id === task.id ? next.loaded : load(task);
    next = undefined;
    return loaded;
  };

  return {
    prepare(task) {
      const loaded = load(task);
      // Whoever takes it hears of the error; nobody may.
      loaded.catch(() => {});
      next = { id: task.id, loaded };
    },
    async evaluate(task, state) {
      try {
        const { pixels, remarks } = await take(task);
        const remark = (text: string) => remarks.add(text);
        const reading = await read(pixels, state, (detections) => packBest(detections, remark));
        return remarks.size > 0 ? { ...reading, remarks: [...remarks] } : reading;
      } catch (error) {
        if (error instanceof ImportError) return { failure: { code: error.code, message: error.message } };
        throw error;
      }
    },
    async dispose() {
      await dnn?.dispose();
      for (const session of sessions) await session.dispose();
    },
  };
}

interface Loaded {
  readonly pixels: Pixels;
  /** What was special about the file. */
  readonly remarks: Set<string>;
}

async function load(task: PictureTask): Promise<Loaded> {
  const remarks = new Set<string>();
  return { pixels: await loadPicture(task, (text) => remarks.add(text)), remarks };
}

async function readConfiguration(
  { graph, decodings, at }: Configuration,
  session: Session,
  input: NetworkInput,
  wanted: Parameters<typeof outputError>[1] | undefined,
  pack: Pack,
  run: Pick<RunOptions, "seed" | "state">,
): Promise<SpikingReading[][]> {
  const rows = decodings.map((): SpikingReading[] => []);
  const settings = graph.simulation;
  if (!settings) return rows;
  const options = { ...settings, timeSteps: at.at(-1) ?? settings.timeSteps, at, ...run };
  for await (const checkpoint of simulate(session, input.image, options)) {
    const { t, spikes, synOps } = checkpoint;
    for (const [row, decoding] of decodings.entries()) {
      const outputs = readOutputs(checkpoint, decoding);
      const detections = pack(await readDetections(graph, outputs, input, evaluationThresholds));
      const error = wanted ? { outputError: outputError(outputs, wanted) } : {};
      rows[row].push({ t, detections, spikes, synOps, ...error });
    }
  }
  return rows;
}

type Pack = (detections: readonly Detection[]) => PackedDetections;

/** @param detections by falling score. */
function packBest(detections: readonly Detection[], onRemark: (remark: string) => void): PackedDetections {
  if (detections.length > mostDetections)
    onRemark(`more than ${mostDetections} detections in a reading: the best ${mostDetections} are kept`);
  const pixels = (value: number) => Math.round(value * 100) / 100;
  return detections
    .slice(0, mostDetections)
    .flatMap(({ classIndex, score, xMin, yMin, xMax, yMax }) => [
      ...[classIndex, Number(score.toPrecision(7))],
      ...[xMin, yMin, xMax, yMax].map(pixels),
    ]);
}

export function* unpack(packed: PackedDetections): Generator<Detection> {
  for (let at = 0; at < packed.length; at += 6) {
    const [classIndex, score, xMin, yMin, xMax, yMax] = packed.slice(at, at + 6);
    yield { classIndex, score, xMin, yMin, xMax, yMax };
  }
}
