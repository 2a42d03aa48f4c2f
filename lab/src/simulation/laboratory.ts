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
import { checkpointSteps } from "./checkpoint-steps.ts";
import { openEngine } from "./engine.ts";
import { type Lane, openLane } from "./lane.ts";
import { type LoadedModel, loadModel } from "./load-model.ts";
import { nextTask } from "./next-task.ts";
import type {
  Answers,
  Configuration,
  Method,
  ModelSource,
  PictureInfo,
  PictureSource,
  Progress,
  RunEvent,
  RunRequest,
} from "./protocol.ts";

export type Handlers = {
  readonly [M in Method]: (request: Answers[M]["request"]) => Promise<Answers[M]["answer"]>;
};

interface DnnResult {
  readonly outputs: DnnOutputs;
  readonly detections: readonly Detection[];
}

/** @param emit sends an event to the page. */
export function createLaboratory(emit: (event: RunEvent) => void): Handlers {
  let model: LoadedModel | undefined;
  let picture: Pixels | undefined;
  let dnnSession: Promise<DnnSession> | undefined;
  let dnnResult: Promise<DnnResult> | undefined;
  let currentRun = 0;
  let loading = new AbortController();
  let lanes: readonly Lane[] = [];
  /** Runs come after each other: the next opens its sessions when the last has closed its own. */
  let lastRun: Promise<unknown> = Promise.resolve();

  async function openModel(source: ModelSource) {
    loading = new AbortController();
    const onProgress = (progress: Progress) => emit({ kind: "progress", progress });
    const loaded = await loadModel(source, { picture, onProgress, signal: loading.signal });
    currentRun = 0;
    const old = dnnSession;
    dnnSession = undefined;
    dnnResult = undefined;
    model = loaded;
    await (await old?.catch(() => undefined))?.dispose();
    return loaded.info;
  }

  async function setPicture(source: PictureSource): Promise<PictureInfo> {
    const pixels =
      source.kind === "pixels" ? source.pixels : await decodeImage(source.picture.bytes, source.picture.name);
    currentRun = 0;
    picture = pixels;
    dnnResult = undefined;
    return { width: pixels.width, height: pixels.height, bitmap: await createImageBitmap(toImageData(pixels)) };
  }

  function dnnOnPicture(): Promise<DnnResult> | undefined {
    const { dnn } = ready().model;
    if (!dnn) return undefined;
    dnnSession ??= openDnn(dnn);
    dnnResult ??= detectWithDnn(dnn, dnnSession, ready().picture);
    return dnnResult;
  }

  function ready() {
    if (!model)
      throw new ArgumentError("E_MODEL", "there is no model yet: drop a model file, or a .cfg with its .weights");
    if (!picture) throw new ArgumentError("E_PICTURE", "there is no picture yet: choose a scene or drop a photograph");
    return { model, picture };
  }

  async function run(request: RunRequest) {
    const { runId } = request;
    currentRun = runId;
    const mine = lastRun.catch(() => {}).then(() => runLanes(request, () => currentRun === runId));
    lastRun = mine;
    return mine;
  }

  async function runLanes(request: RunRequest, isWanted: () => boolean): Promise<{ done: boolean }> {
    await Promise.all(lanes.map((lane) => lane.dispose()));
    lanes = [];
    if (!isWanted()) return { done: false };
    const { model, picture } = ready();
    const graphs = request.configurations.map(({ slot, configuration }) => ({
      slot,
      graph: spikingGraph(model, configuration),
      timeSteps: configuration.timeSteps,
      at: checkpointSteps(configuration.timeSteps),
    }));
    const { runId, seed, threads } = request;
    const { engine, info: engineInfo } = openEngine(threads);
    const timeSteps = Math.max(...graphs.map((lane) => lane.timeSteps));
    const at = [...new Set(graphs.flatMap((lane) => lane.at))].sort((x, y) => x - y);
    const input = preprocess(picture, inputOf(graphs[0].graph).shape, graphs[0].graph.preprocessing);
    lanes = await Promise.all(
      graphs.map(({ slot, graph, ...steps }) => openLane(slot, graph, engine, input, { ...steps, seed })),
    );
    const laneInfos = lanes.map(({ info }) => info);
    const { macs } = dnnOperations(graphs[0].graph);
    emit({ kind: "started", run: { runId, timeSteps, at, lanes: laneInfos, macs, engine: engineInfo } });
    const comparison = compareWithDnn(runId, lanes);
    for (const t of at) {
      for (const [i, lane] of lanes.entries()) {
        if (!graphs[i].at.includes(t)) continue;
        const checkpoint = await lane.next();
        // A pause for the messages that may have arrived: perhaps nobody wants this run any more.
        await nextTask();
        if (!isWanted()) return { done: false };
        if (checkpoint) emit({ kind: "checkpoint", runId, slot: lane.info.slot, checkpoint });
      }
    }
    await comparison;
    return { done: true };
  }

  async function compareWithDnn(runId: number, compared: readonly Lane[]): Promise<void> {
    // The page asks for the DNN's detections itself and hears there of what may go wrong.
    const result = await dnnOnPicture()?.catch(() => undefined);
    if (!result || currentRun !== runId) return;
    for (const lane of compared) {
      emit({ kind: "errors", runId, slot: lane.info.slot, errors: lane.compareWith(result.outputs) });
    }
  }

  async function channelMaps({ slot, layer, channel }: Answers["channelMaps"]["request"]) {
    const maps = lanes.find(({ info }) => info.slot === slot)?.channelMaps(layer, channel);
    return maps ? { ...maps, partOfLayer: partOfLayer(model?.dnn, layer, channel) } : null;
  }

  /** After the run: a session runs one picture at a time. */
  async function explain({ slot, neuron }: Answers["explain"]["request"]) {
    const { done } = ((await lastRun.catch(() => undefined)) as { done: boolean } | undefined) ?? { done: false };
    const lane = lanes.find(({ info }) => info.slot === slot);
    if (!done || !lane) return null;
    const mine = lane.explain(neuron);
    // The next run begins when this is over.
    lastRun = mine.then(() => ({ done: true })).catch(() => ({ done: true }));
    return mine;
  }

  return {
    openModel,
    setPicture,
    drawScene: async ({ seed, index }) => generateScene(seed, index),
    runDnn: async () => (await dnnOnPicture())?.detections ?? null,
    run,
    stop: async () => {
      loading.abort(new ArgumentError("E_STOPPED", "stopped, as you asked; what was there before is kept"));
      currentRun = 0;
      return null;
    },
    channelMaps,
    explain,
  };
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

function toImageData({ width, height, data }: Pixels): ImageData {
  const rgba = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let from = 0, to = 0; from < data.length; from += 3, to += 4) {
    rgba[to] = data[from];
    rgba[to + 1] = data[from + 1];
    rgba[to + 2] = data[from + 2];
  }
  return new ImageData(rgba, width, height);
}
