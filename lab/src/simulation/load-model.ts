/** Models as the page is given them: at an address, as a dropped model file, or as an ONNX file or darknet pair to be calibrated here. */
import {
  calibrate,
  decodeImage,
  decodeModel,
  defaultMode,
  type FloatTensor,
  type Graph,
  headsOf,
  importDarknet,
  importOnnx,
  inferShapes,
  inputOf,
  layerMacs,
  layerParameters,
  likelyClassNames,
  type Model,
  type Pixels,
  parseNames,
  preprocess,
} from "../../../src/index.ts";
import { download } from "./download.ts";
import { nextTask } from "./next-task.ts";
import type { ModelInfo, ModelSource, NamedBytes, Progress } from "./protocol.ts";

export interface LoadedModel {
  readonly info: ModelInfo;
  /** The calibrated network before conversion. */
  readonly dnn?: Graph;
  /** The file's own spiking network. */
  readonly snn?: Graph;
}

export interface Loading {
  /** What a model that comes without statistics (darknet, ONNX) is calibrated on where no other picture comes with it. */
  readonly picture: Pixels | undefined;
  readonly onProgress: (progress: Progress) => void;
  /** Of a user who does not want the model any more. */
  readonly signal: AbortSignal;
}

export async function loadModel(source: ModelSource, loading: Loading): Promise<LoadedModel> {
  switch (source.kind) {
    case "url":
      return loadModel(await downloaded(source, loading), loading);
    case "file":
      return described(source.model.name, renamed(decodeModel(source.model.bytes, source.model.name), source.names));
    case "darknet":
      return described(source.cfg.name, { dnn: await openDarknet(source, loading) });
    case "onnx":
      return described(source.model.name, { dnn: await openOnnx(source, loading) });
    default:
      return source satisfies never;
  }
}

async function downloaded(
  { name, url }: Extract<ModelSource, { kind: "url" }>,
  { onProgress, signal }: Loading,
): Promise<ModelSource> {
  const what = `Downloading ${name}`;
  const bytes = await download(url, signal, (done, total) => onProgress({ what, done, total }));
  const model = { name, bytes };
  return /\.onnx$/i.test(name) ? { kind: "onnx", model, calibration: [] } : { kind: "file", model };
}

async function openDarknet(
  { cfg, weights, names, calibration }: Extract<ModelSource, { kind: "darknet" }>,
  loading: Loading,
): Promise<Graph> {
  const graph = importDarknet({
    cfg: textOf(cfg),
    cfgName: cfg.name,
    weights: weights.bytes,
    weightsName: weights.name,
    ...(names ? { classNames: parseNames(textOf(names)) } : {}),
  });
  return calibrate(graph, calibrationInputs(graph, calibration, loading));
}

async function openOnnx(
  { model, names, calibration }: Extract<ModelSource, { kind: "onnx" }>,
  loading: Loading,
): Promise<Graph> {
  const classNames = names ? { classNames: parseNames(textOf(names)) } : {};
  const graph = await importOnnx(model.bytes, { fileName: model.name, ...classNames });
  return calibrate(graph, calibrationInputs(graph, calibration, loading));
}

async function* calibrationInputs(
  graph: Graph,
  calibration: readonly NamedBytes[],
  { picture, onProgress, signal }: Loading,
): AsyncGenerator<FloatTensor> {
  const input = (pixels: Pixels) => preprocess(pixels, inputOf(graph).shape, graph.preprocessing).image;
  for (const [done, { name, bytes }] of calibration.entries()) {
    onProgress({ what: "Calibrating", done, total: calibration.length });
    await nextTask();
    signal.throwIfAborted();
    yield input(await decodeImage(bytes, name));
  }
  if (calibration.length > 0 || !picture) return;
  onProgress({ what: "Calibrating on the picture shown", done: 0, total: null });
  yield input(picture);
}

function renamed(model: Model, names: NamedBytes | undefined): Model {
  if (!names) return model;
  return withNames(model, parseNames(textOf(names)));
}

function withNames(model: Model, classNames: readonly string[]): Model {
  const named = (graph: Graph): Graph => ({ ...graph, classNames });
  return { ...(model.dnn ? { dnn: named(model.dnn) } : {}), ...(model.snn ? { snn: named(model.snn) } : {}) };
}

function described(name: string, model: Model): LoadedModel {
  const given = (model.dnn ?? model.snn) as Graph;
  const likely = given.classNames.length === 0 ? likelyClassNames(headsOf(given)[0].classes) : undefined;
  const { dnn, snn } = likely ? withNames(model, likely.names) : model;
  const graph = (dnn ?? snn) as Graph;
  const shapes = inferShapes(graph);
  const total = (of: (layer: Graph["layers"][number]) => number) =>
    graph.layers.reduce((sum, layer) => sum + of(layer), 0);
  return {
    ...(dnn ? { dnn } : {}),
    ...(snn ? { snn } : {}),
    info: {
      name,
      classNames: graph.classNames,
      namesOf: likely?.dataSet ?? null,
      inputShape: inputOf(graph).shape,
      provenance: (snn ?? graph).provenance,
      parameters: total(layerParameters),
      macs: total((layer) => layerMacs(layer, shapes.get(layer.name) as readonly [number, number, number])),
      hasDnn: dnn !== undefined,
      mode: dnn ? defaultMode(dnn) : "fast",
      ...(snn?.simulation ? { timeSteps: snn.simulation.timeSteps } : {}),
    },
  };
}

function textOf({ bytes }: NamedBytes): string {
  return new TextDecoder().decode(bytes);
}
