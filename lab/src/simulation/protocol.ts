/**
 * What the page and the simulation worker say to each other. Requests are answered one by one ({@link Answers}); a run
 * besides sends {@link RunEvent}s as it goes.
 *
 * Nothing large crosses: a checkpoint is reduced to what the views draw (a few kilobytes), and the counts of all neurons
 * stay in the worker, which gives out single channels when they are asked for.
 */
import type {
  Cell,
  ConversionSettings,
  Detection,
  Mode,
  NeuronKind,
  NeuronStep,
  Pixels,
  Scene,
  SpikingOperations,
} from "../../../src/index.ts";
import type { ModelEnergy } from "./model-energies.ts";

/** A network beside another on the same picture. */
export type Slot = "a" | "b";

/** How a DNN becomes a spiking network, how long it runs, and how its output is read. */
export type Configuration = ConversionSettings;

export interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export type ModelSource =
  /** A model file or an `.onnx` at an address: the built-in one, or one that a link names. */
  | { readonly kind: "url"; readonly name: string; readonly url: string }
  | { readonly kind: "file"; readonly model: NamedBytes; readonly names?: NamedBytes }
  | {
      readonly kind: "darknet";
      readonly cfg: NamedBytes;
      readonly weights: NamedBytes;
      readonly names?: NamedBytes;
      /** Pictures to calibrate on; without any, the picture that is set. */
      readonly calibration: readonly NamedBytes[];
    }
  | {
      readonly kind: "onnx";
      readonly model: NamedBytes;
      readonly names?: NamedBytes;
      /** As of a darknet model. */
      readonly calibration: readonly NamedBytes[];
    };

export type PictureSource =
  | { readonly kind: "pixels"; readonly pixels: Pixels }
  | { readonly kind: "file"; readonly picture: NamedBytes };

export interface RunRequest {
  readonly runId: number;
  readonly configurations: readonly { readonly slot: Slot; readonly configuration: Configuration }[];
  /** Seed of Poisson input. */
  readonly seed: number;
  /** Of the engine; null leaves it to the worker. */
  readonly threads: number | null;
}

/** A channel over time, neuron by neuron. */
export interface ChannelMaps {
  /** The channel's greatest activation in the DNN as a part of its layer's; null where it was not measured. */
  readonly partOfLayer: number | null;
  readonly width: number;
  readonly height: number;
  /** Steps of which counts were kept, rising. */
  readonly at: readonly number[];
  /** Net firing rates n/U in [−levels, levels], U the unit steps, [step, height, width]. */
  readonly rates: Float32Array;
  readonly region: Region;
}

/** Where the network's input lies in the picture, in fractions of it; with letterboxing it reaches beyond. */
export interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface ModelInfo {
  readonly name: string;
  readonly classNames: readonly string[];
  /** The data set whose names these are, where the model brings none and their number suggests it. */
  readonly namesOf: string | null;
  /** [3, H, W]. */
  readonly inputShape: readonly [number, number, number];
  /** One line a pass: how the model was made. */
  readonly provenance: readonly string[];
  readonly parameters: number;
  readonly macs: number;
  /** Whether the file holds the DNN, so that it can be compared with and converted otherwise. */
  readonly hasDnn: boolean;
  /** How its DNN is converted where nobody asks for another mode. */
  readonly mode: Mode;
  /** How the file's own spiking network is to be run; absent where it holds only the DNN. */
  readonly timeSteps?: number;
}

export interface PictureInfo {
  readonly width: number;
  readonly height: number;
  /** The pixels that the network reads, to be shown. */
  readonly bitmap: ImageBitmap;
}

export interface EngineInfo {
  readonly name: string;
  /** Of the event engine. */
  readonly threads: number;
  /** Why it is this one; empty where it was asked for. */
  readonly reason: string;
}

/** A population of neurons as views name it. */
export interface PopulationInfo {
  readonly name: string;
  /** [C, H, W]. */
  readonly shape: readonly [number, number, number];
  /** Place of its first channel in a checkpoint's `rates`. */
  readonly firstChannel: number;
}

/** A neuron that is watched step by step. */
export interface SampledNeuron {
  readonly layer: string;
  readonly channel: number;
  readonly x: number;
  readonly y: number;
}

/** What one input brought to a neuron between two of its steps. */
export interface StepInput {
  readonly cell: Cell;
  /** Net spikes, each as often as its step weighs. */
  readonly spikes: number;
  /** In thresholds. */
  readonly charge: number;
}

/** A neuron's step; charges and potentials are in thresholds, V_th of a step of weight 1. */
export interface NeuronStepView extends NeuronStep {
  /** Of what was received since its last step: bias, and a picture that is a constant current. */
  readonly constant: number;
  /** The strongest, by magnitude. */
  readonly inputs: readonly StepInput[];
  /** All that sent something besides. */
  readonly others: { readonly count: number; readonly charge: number };
}

/** One neuron of a run, step by step. */
export interface NeuronView {
  readonly neuron: Cell;
  readonly kind: NeuronKind;
  /** The function that its count follows. */
  readonly fn: string;
  /** Steps of its inputs that it waits for before its first. */
  readonly delay: number;
  readonly synapses: number;
  /** What came before the first step. */
  readonly once: number;
  /** Fewer than the run's where there were too many inputs to keep. */
  readonly steps: readonly NeuronStepView[];
}

export interface LaneInfo {
  readonly slot: Slot;
  /** Its own T: it stands still where the other network goes on. */
  readonly timeSteps: number;
  /** Leading steps whose spikes weigh more; 1 where all weigh the same. */
  readonly phases: number;
  readonly populations: readonly PopulationInfo[];
  readonly neurons: readonly SampledNeuron[];
  /** Steps from the first input to the last output beyond T: the delays of the longest path. */
  readonly delays: number;
}

export interface RunInfo {
  readonly runId: number;
  /** The longest of its networks' T. */
  readonly timeSteps: number;
  /** Steps at which any of its networks has a checkpoint, rising. */
  readonly at: readonly number[];
  readonly lanes: readonly LaneInfo[];
  /** Multiply-accumulates of one pass of the DNN. */
  readonly macs: number;
  readonly engine: EngineInfo;
}

/** All that the page knows of one network at step t. */
export interface CheckpointView {
  readonly t: number;
  readonly detections: readonly Detection[];
  /** ‖snn − dnn‖₂ / ‖dnn‖₂ of the raw outputs; absent until the DNN has run. */
  readonly outputError?: number;
  /** Work so far. */
  readonly operations: SpikingOperations;
  /** What it costs so far, by every energy model. */
  readonly energies: readonly ModelEnergy[];
  /** Σ|s| so far, in the order of `populations`. */
  readonly spikes: Float64Array;
  /** Mean |n|/U over a channel's neurons, all populations one after the other. */
  readonly rates: Float32Array;
  /** Spikes of the steps since the checkpoint before, [step, neuron]. */
  readonly raster: Int8Array;
}

/** How far something is that takes a while. */
export interface Progress {
  /** "Downloading scenes.safetensors". */
  readonly what: string;
  readonly done: number;
  /** Where it is known. */
  readonly total: number | null;
}

export type RunEvent =
  | { readonly kind: "progress"; readonly progress: Progress }
  | { readonly kind: "started"; readonly run: RunInfo }
  | { readonly kind: "checkpoint"; readonly runId: number; readonly slot: Slot; readonly checkpoint: CheckpointView }
  /** Errors of checkpoints that were reached before the DNN's answer was there, by step. */
  | {
      readonly kind: "errors";
      readonly runId: number;
      readonly slot: Slot;
      readonly errors: ReadonlyMap<number, number>;
    };

/** How pictures that follow each other are to be looked at. */
export interface LiveRequest {
  readonly threads: number | null;
}

export interface LiveInfo {
  /** Of the conversion. */
  readonly mode: string;
  readonly timeSteps: number;
  /** Multiply-accumulates of the DNN, each frame. */
  readonly macs: number;
  readonly engine: EngineInfo;
}

export interface FrameRequest {
  readonly pixels: Pixels;
  /** Neurons forget the frames before. */
  readonly isFromRest: boolean;
  /** The DNN looks at it, too. */
  readonly isCompared: boolean;
}

/** What came of a frame. */
export interface FrameView {
  readonly detections: readonly Detection[];
  /** Of the DNN, where the frame was compared. */
  readonly dnn: readonly Detection[] | null;
  /** ‖snn − dnn‖₂ / ‖dnn‖₂ of the raw outputs, where the frame was compared. */
  readonly outputError: number | null;
  /** Accumulates of this frame. */
  readonly acs: number;
  /** Multiply-accumulates where the picture changed, and of islands. */
  readonly macs: number;
  readonly spikes: number;
  /** Where spikes were spent. */
  readonly places: SpikePlaces;
  /** Milliseconds that the spiking network took. */
  readonly milliseconds: number;
}

/** Spikes by place, on a grid over the network's input. */
export interface SpikePlaces {
  readonly width: number;
  readonly height: number;
  /** [height][width]: spikes that the changes of counts take at least. */
  readonly spikes: Float32Array<ArrayBuffer>;
  /** Where the grid lies in the picture, in fractions of it. */
  readonly region: Region;
}

/** What each request takes and is answered with. */
export interface Answers {
  openModel: { request: ModelSource; answer: ModelInfo };
  setPicture: { request: PictureSource; answer: PictureInfo };
  drawScene: { request: { seed: number; index: number }; answer: Scene };
  /** Detections of the DNN on the picture; null where the model holds none. */
  runDnn: { request: null; answer: readonly Detection[] | null };
  /** Answered when the run has come to its end or was given up for another; `done` tells which. */
  run: { request: RunRequest; answer: { readonly done: boolean } };
  /** Gives up what is being downloaded, calibrated or run. */
  stop: { request: null; answer: null };
  /** Answered when the run is over; null where it was given up. */
  explain: { request: { slot: Slot; neuron: Cell }; answer: NeuronView | null };
  channelMaps: { request: { slot: Slot; layer: string; channel: number }; answer: ChannelMaps | null };
  /** A network that keeps its state from frame to frame; the present run is given up for it. */
  openLive: { request: LiveRequest; answer: LiveInfo };
  frame: { request: FrameRequest; answer: FrameView };
  closeLive: { request: null; answer: null };
}

export type Method = keyof Answers;

export interface RequestMessage<M extends Method = Method> {
  readonly id: number;
  readonly method: M;
  readonly request: Answers[M]["request"];
}

export type ReplyMessage =
  | { readonly kind: "answer"; readonly id: number; readonly answer: unknown }
  | { readonly kind: "failure"; readonly id: number; readonly code: string; readonly message: string }
  | { readonly kind: "event"; readonly event: RunEvent };
