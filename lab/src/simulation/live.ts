/** A network that looks at frames that follow each other: its neurons keep their state, so that only change costs. */
import {
  type DnnSession,
  defaultMode,
  displayThresholds,
  dnnOperations,
  type FloatTensor,
  floatTensor,
  frameMacs,
  inputOf,
  openDnn,
  outputError,
  type Pixels,
  preprocess,
  readDetections,
  type SimulatedCheckpoint,
  type SpikingGraph,
  simulate,
  toSpiking,
} from "../../../src/index.ts";
import type { Engines } from "./engine.ts";
import type { LoadedModel } from "./load-model.ts";
import { populationsOf } from "./populations.ts";
import type { FrameRequest, FrameView, LiveInfo, LiveRequest } from "./protocol.ts";
import { regionOf } from "./region.ts";
import { spikePlaces } from "./spike-places.ts";

export interface Live {
  readonly info: LiveInfo;
  frame(request: FrameRequest): Promise<FrameView>;
  dispose(): Promise<void>;
}

/** @throws EngineError [E_STATE], at the first frame, where a file brings a network of neurons that cannot keep their state. */
export async function openLive(
  model: LoadedModel,
  { threads }: LiveRequest,
  engines: Engines,
  picture: Pixels | undefined,
): Promise<Live> {
  const graph = spikingGraph(model);
  const populations = populationsOf(graph);
  const record = { counts: populations.map(({ name }) => name) };
  const { simulation } = graph;
  const { timeSteps } = simulation;
  const options = { ...simulation, record, at: [timeSteps] };
  const trial = { name: "live", graph, image: firstLook(graph, picture), options };
  const { engine, info: engineInfo } = await engines.choose(threads, trial);
  const session = await engine.open(graph);
  const [, inHeight, inWidth] = inputOf(graph).shape;
  const placesOf = spikePlaces(populations, [inHeight, inWidth]);
  let before: { readonly image: FloatTensor; readonly counts: ReadonlyMap<string, Int32Array> } | undefined;
  let dnn: Promise<DnnSession> | undefined;
  let running: Promise<unknown> = Promise.resolve();

  async function dnnOutputs(image: FloatTensor) {
    if (!model.dnn) return undefined;
    dnn ??= openDnn(model.dnn);
    return (await dnn).run(image);
  }

  async function look({ pixels, isFromRest, isCompared }: FrameRequest): Promise<FrameView> {
    const input = preprocess(pixels, inputOf(graph).shape, graph.preprocessing);
    const { image } = input;
    const last = isFromRest ? undefined : before;
    const wanted = isCompared ? await dnnOutputs(image) : undefined;
    const began = performance.now();
    const state = last ? "keep" : "reset";
    const checkpoint = await endOf(simulate(session, image, { ...simulation, record, at: [timeSteps], state }));
    const milliseconds = performance.now() - began;
    const { counts } = checkpoint.recorded;
    before = { image, counts };
    const places = placesOf(last?.counts, counts);
    return {
      detections: await readDetections(graph, checkpoint.outputs, input, displayThresholds),
      dnn: wanted ? await readDetections(graph, wanted, input, displayThresholds) : null,
      outputError: wanted ? outputError(checkpoint.outputs, wanted) : null,
      acs: checkpoint.synOps,
      macs: frameMacs(graph, image, last?.image),
      spikes: checkpoint.spikes,
      places: { ...places, region: regionOf(input) },
      milliseconds,
    };
  }

  return {
    info: { mode: modeOf(model), timeSteps, macs: dnnOperations(graph).macs, engine: engineInfo },
    frame(request) {
      // One after the other: a session runs one frame at a time, and is not disposed of before its last one.
      running = running.catch(() => undefined).then(() => look(request));
      return running as Promise<FrameView>;
    },
    async dispose() {
      await running.catch(() => undefined);
      await session.dispose();
      await (await dnn?.catch(() => undefined))?.dispose();
    },
  };
}

/** Frames are looked at by trackers: the model's own mode where it is one of theirs, and a file's own network where it is all there is. */
function spikingGraph({ dnn, snn }: LoadedModel): SpikingGraph {
  return dnn ? toSpiking(dnn) : (snn as SpikingGraph);
}

function modeOf({ dnn }: LoadedModel): string {
  return dnn ? defaultMode(dnn) : "as in its file";
}

/** To measure engines on before the first frame has come: what the page shows, or grey. */
function firstLook(graph: SpikingGraph, picture: Pixels | undefined): FloatTensor {
  const { shape } = inputOf(graph);
  if (picture) return preprocess(picture, shape, graph.preprocessing).image;
  return floatTensor(shape, new Float32Array(shape.reduce((a, b) => a * b)).fill(0.5));
}

/** The checkpoint with which a run ends. */
async function endOf(run: AsyncIterable<SimulatedCheckpoint>): Promise<SimulatedCheckpoint> {
  let last: SimulatedCheckpoint | undefined;
  for await (const checkpoint of run) last = checkpoint;
  return last as SimulatedCheckpoint;
}
