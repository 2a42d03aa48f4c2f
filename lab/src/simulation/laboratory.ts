/**
 * The worker's state and what it does at each request: one model, one picture, the DNN's answer, and one run of one or
 * two networks in step. A new model, picture or run gives the present run up.
 */
import {
  ArgumentError,
  type Detection,
  type DnnOutputs,
  type DnnSession,
  decodeImage,
  displayThresholds,
  dnnOperations,
  type Graph,
  generateScene,
  inputOf,
  openDnn,
  type Pixels,
  preprocess,
  readDetections,
  toSpiking,
} from "../../../src/index.ts";
import { toImageData } from "../frames/image-data.ts";
import { checkpointSteps } from "./checkpoint-steps.ts";
import { openEngines } from "./engine.ts";
import { type Lane, openLane, runOptions } from "./lane.ts";
import { type Live, openLive } from "./live.ts";
import { type LoadedModel, loadModel } from "./load-model.ts";
import { nextTask } from "./next-task.ts";
import type {
  Answers,
  ChannelMaps,
  CheckpointView,
  Configuration,
  FrameRequest,
  FrameView,
  LiveInfo,
  LiveRequest,
  Method,
  ModelInfo,
  ModelSource,
  NeuronView,
  PictureInfo,
  PictureSource,
  Progress,
  RunEvent,
  RunRequest,
  Slot,
} from "./protocol.ts";

export type Handlers = {
  readonly [M in Method]: (request: Answers[M]["request"]) => Promise<Answers[M]["answer"]>;
};

interface DnnResult {
  readonly outputs: DnnOutputs;
  readonly detections: readonly Detection[];
}

interface Done {
  readonly done: boolean;
}

/** One network of a run, before it is opened. */
interface LanePlan {
  readonly slot: Slot;
  readonly graph: Graph;
  readonly timeSteps: number;
  readonly at: readonly number[];
}

/** The DNN waits so long for the spiking network to have shown something. */
const patienceMs = 3000;

/** @param emit sends an event to the page. */
export function createLaboratory(emit: (event: RunEvent) => void): Handlers {
  const laboratory = new Laboratory(emit);
  return {
    openModel: (source) => laboratory.openModel(source),
    setPicture: (source) => laboratory.setPicture(source),
    drawScene: async ({ seed, index }) => generateScene(seed, index),
    runDnn: async () => (await laboratory.dnnOnPicture())?.detections ?? null,
    run: (request) => laboratory.run(request),
    stop: async () => laboratory.stop(),
    channelMaps: async (request) => laboratory.channelMaps(request),
    explain: (request) => laboratory.explain(request),
    openLive: (request) => laboratory.openLive(request),
    frame: (request) => laboratory.frame(request),
    closeLive: async () => laboratory.closeLive(),
  };
}

class Laboratory {
  readonly #emit: (event: RunEvent) => void;
  readonly #engines = openEngines();
  #model: LoadedModel | undefined;
  #picture: Pixels | undefined;
  #dnnSession: Promise<DnnSession> | undefined;
  /** Called when the spiking network has shown something, or has failed to. */
  #showsSomething: () => void = () => {};
  readonly #isSomethingShown = new Promise<void>((resolve) => {
    this.#showsSomething = resolve;
  });
  #dnnResult: Promise<DnnResult> | undefined;
  #loading = new AbortController();
  /** Id of the run that is wanted; 0: none is. */
  #currentRun = 0;
  #lanes: readonly Lane[] = [];
  #live: Live | undefined;
  /** Runs come after each other: the next opens its sessions when the last has closed its own. */
  #lastRun: Promise<Done> = Promise.resolve({ done: false });

  constructor(emit: (event: RunEvent) => void) {
    this.#emit = emit;
  }

  async openModel(source: ModelSource): Promise<ModelInfo> {
    this.#loading = new AbortController();
    const { signal } = this.#loading;
    const onProgress = (progress: Progress) => this.#emit({ kind: "progress", progress });
    const loaded = await loadModel(source, { picture: this.#picture, onProgress, signal });
    this.#currentRun = 0;
    const old = this.#dnnSession;
    this.#dnnSession = undefined;
    this.#dnnResult = undefined;
    this.#model = loaded;
    this.#engines.forget();
    await (await old?.catch(() => undefined))?.dispose();
    return loaded.info;
  }

  async setPicture(source: PictureSource): Promise<PictureInfo> {
    const pixels =
      source.kind === "pixels" ? source.pixels : await decodeImage(source.picture.bytes, source.picture.name);
    this.#currentRun = 0;
    this.#picture = pixels;
    this.#dnnResult = undefined;
    return { width: pixels.width, height: pixels.height, bitmap: await createImageBitmap(toImageData(pixels)) };
  }

  dnnOnPicture(): Promise<DnnResult> | undefined {
    const { model, picture } = this.#ready();
    if (!model.dnn) return undefined;
    this.#dnnSession ??= this.#openDnn(model.dnn);
    this.#dnnResult ??= detectWithDnn(model.dnn, this.#dnnSession, picture);
    return this.#dnnResult;
  }

  /** ONNX Runtime is large: what it takes to load and compile it, the spiking network's first boxes would wait for. */
  async #openDnn(dnn: Graph): Promise<DnnSession> {
    await Promise.race([this.#isSomethingShown, new Promise((wake) => setTimeout(wake, patienceMs))]);
    return openDnn(dnn);
  }

  run(request: RunRequest): Promise<Done> {
    const { runId } = request;
    this.#currentRun = runId;
    const mine = this.#lastRun
      .catch(() => undefined)
      .then(() => this.#runLanes(request, () => this.#currentRun === runId));
    this.#lastRun = mine;
    mine.catch(() => this.#showsSomething());
    return mine;
  }

  /** Gives up what is being loaded and run. */
  stop(): null {
    this.#loading.abort(new ArgumentError("E_STOPPED", "stopped, as you asked; what was there before is kept"));
    this.#currentRun = 0;
    return null;
  }

  channelMaps({ slot, layer, channel }: Answers["channelMaps"]["request"]): ChannelMaps | null {
    const maps = this.#lanes.find(({ info }) => info.slot === slot)?.channelMaps(layer, channel);
    return maps ? { ...maps, partOfLayer: partOfLayer(this.#model?.dnn, layer, channel) } : null;
  }

  /** After the run: a session runs one picture at a time. */
  async explain({ slot, neuron }: Answers["explain"]["request"]): Promise<NeuronView | null> {
    const { done } = await this.#lastRun.catch(() => ({ done: false }));
    const lane = this.#lanes.find(({ info }) => info.slot === slot);
    if (!done || !lane) return null;
    const mine = lane.explain(neuron);
    // The next run begins when this is over.
    this.#lastRun = mine.then(
      () => ({ done: true }),
      () => ({ done: true }),
    );
    return mine;
  }

  /** Gives the present run up: its memory may be needed. */
  async openLive(request: LiveRequest): Promise<LiveInfo> {
    const model = this.#openModel();
    this.#currentRun = 0;
    await this.#lastRun.catch(() => undefined);
    await this.#closeLanes();
    await this.closeLive();
    this.#live = await openLive(model, request, this.#engines, this.#picture);
    return this.#live.info;
  }

  async frame(request: FrameRequest): Promise<FrameView> {
    if (!this.#live) throw new ArgumentError("E_LIVE", "no network is looking at frames");
    return this.#live.frame(request);
  }

  async closeLive(): Promise<null> {
    const live = this.#live;
    this.#live = undefined;
    await live?.dispose();
    return null;
  }

  async #closeLanes(): Promise<void> {
    const lanes = this.#lanes;
    this.#lanes = [];
    await Promise.all(lanes.map((lane) => lane.dispose()));
  }

  #openModel(): LoadedModel {
    if (this.#model) return this.#model;
    throw new ArgumentError("E_MODEL", "there is no model yet: drop a model file, or a .cfg with its .weights");
  }

  #ready() {
    const [model, picture] = [this.#openModel(), this.#picture];
    if (!picture) throw new ArgumentError("E_PICTURE", "there is no picture yet: choose a scene or drop a photograph");
    return { model, picture };
  }

  async #runLanes({ runId, configurations, seed, threads }: RunRequest, isWanted: () => boolean): Promise<Done> {
    await this.#closeLanes();
    if (!isWanted()) return { done: false };
    const { model, picture } = this.#ready();
    const plans = configurations.map(({ slot, configuration }): LanePlan => {
      const { timeSteps } = configuration;
      return { slot, graph: spikingGraph(model, configuration), timeSteps, at: checkpointSteps(timeSteps) };
    });
    const timeSteps = Math.max(...plans.map((plan) => plan.timeSteps));
    const at = [...new Set(plans.flatMap((plan) => plan.at))].sort((x, y) => x - y);
    const [{ graph: first }] = plans;
    const input = preprocess(picture, inputOf(first).shape, first.preprocessing);
    // Both networks of a comparison run in one engine: that which suits the first.
    const options = runOptions(first, { ...plans[0], seed });
    const trial = { name: JSON.stringify(configurations[0].configuration), graph: first, image: input.image, options };
    const { engine, info: engineInfo } = await this.#engines.choose(threads, trial);
    if (!isWanted()) return { done: false };
    this.#lanes = await Promise.all(
      plans.map(({ slot, graph, ...steps }) => openLane(slot, graph, engine, input, { ...steps, seed })),
    );
    const lanes = this.#lanes.map(({ info }) => info);
    const { macs } = dnnOperations(first);
    this.#emit({ kind: "started", run: { runId, timeSteps, at, lanes, macs, engine: engineInfo } });
    const comparison = this.#compareWithDnn(runId, this.#lanes);
    if (!(await this.#advance(runId, plans, at, isWanted))) return { done: false };
    await comparison;
    return { done: true };
  }

  /** All networks from checkpoint to checkpoint; false where nobody wants them any more. */
  async #advance(runId: number, plans: readonly LanePlan[], at: readonly number[], isWanted: () => boolean) {
    for (const t of at) {
      for (const [i, lane] of this.#lanes.entries()) {
        if (!plans[i].at.includes(t)) continue;
        const checkpoint = await lane.next();
        // A pause for the messages that may have arrived: perhaps nobody wants this run any more.
        await nextTask();
        if (!isWanted()) return false;
        if (checkpoint)
          this.#emit({ kind: "checkpoint", runId, slot: lane.info.slot, checkpoint: told(checkpoint, lane) });
        this.#showsSomething();
      }
    }
    return true;
  }

  async #compareWithDnn(runId: number, compared: readonly Lane[]): Promise<void> {
    // The page asks for the DNN's detections itself and hears there of what may go wrong.
    const result = await this.dnnOnPicture()?.catch(() => undefined);
    if (!result || this.#currentRun !== runId) return;
    for (const lane of compared) {
      this.#emit({ kind: "errors", runId, slot: lane.info.slot, errors: lane.compareWith(result.outputs) });
    }
  }
}

/** With its error if the DNN has answered by now, even while the checkpoint was made: else it is told with all others, later. */
function told(checkpoint: CheckpointView, lane: Lane): CheckpointView {
  const outputError = lane.errorAt(checkpoint.t);
  return outputError === undefined ? checkpoint : { ...checkpoint, outputError };
}

async function detectWithDnn(dnn: Graph, session: Promise<DnnSession>, picture: Pixels): Promise<DnnResult> {
  const input = preprocess(picture, inputOf(dnn).shape, dnn.preprocessing);
  const outputs = await (await session).run(input.image);
  return { outputs, detections: await readDetections(dnn, outputs, input, displayThresholds) };
}

/** The channel's greatest activation on the calibration pictures as a part of its layer's. */
function partOfLayer(dnn: Graph | undefined, name: string, channel: number): number | null {
  const layer = dnn?.layers.find((candidate) => candidate.name === name);
  if (layer?.kind !== "activation" || !layer.statistics) return null;
  const { percentiles, channel: channels, layer: whole } = layer.statistics;
  const greatest = percentiles.length - 1;
  return channels.data[channel * percentiles.length + greatest] / whole.data[greatest];
}

/** The network that a configuration asks for; without the DNN, the file's own with its own phases. */
function spikingGraph({ dnn, snn }: LoadedModel, configuration: Configuration): Graph {
  const { timeSteps, encoding, decode } = configuration;
  if (dnn) return toSpiking(dnn, configuration);
  const graph = snn as Graph;
  return { ...graph, simulation: { ...graph.simulation, timeSteps, encoding, decode } };
}
