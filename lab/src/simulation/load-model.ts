/** Models as the page is given them: the built-in file, a dropped model file, or a darknet pair to be calibrated here. */
import {
  calibrate,
  decodeImage,
  decodeModel,
  defaultMode,
  type FloatTensor,
  type Graph,
  ImportError,
  importDarknet,
  importOnnx,
  inferShapes,
  inputOf,
  layerMacs,
  layerParameters,
  type Model,
  type Pixels,
  parseNames,
  preprocess,
} from "../../../src/index.ts";
import type { ModelInfo, ModelSource, NamedBytes } from "./protocol.ts";

export interface LoadedModel {
  readonly info: ModelInfo;
  /** The calibrated network before conversion. */
  readonly dnn?: Graph;
  /** The file's own spiking network. */
  readonly snn?: Graph;
}

/** @param picture what a model that comes without statistics (darknet, ONNX) is calibrated on where no other picture comes with it. */
export async function loadModel(source: ModelSource, picture: Pixels | undefined): Promise<LoadedModel> {
  switch (source.kind) {
    case "url":
      return described(source.name, decodeModel(await fetchBytes(source.url), source.name));
    case "file":
      return described(source.model.name, renamed(decodeModel(source.model.bytes, source.model.name), source.names));
    case "darknet":
      return described(source.cfg.name, { dnn: await openDarknet(source, picture) });
    case "onnx":
      return described(source.model.name, { dnn: await openOnnx(source, picture) });
    default:
      return source satisfies never;
  }
}

async function fetchBytes(url: string): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new ImportError("E_FILE", `${url} cannot be read: ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}

async function openDarknet(
  { cfg, weights, names, calibration }: Extract<ModelSource, { kind: "darknet" }>,
  picture: Pixels | undefined,
): Promise<Graph> {
  const graph = importDarknet({
    cfg: textOf(cfg),
    cfgName: cfg.name,
    weights: weights.bytes,
    weightsName: weights.name,
    ...(names ? { classNames: parseNames(textOf(names)) } : {}),
  });
  return calibrate(graph, calibrationInputs(graph, calibration, picture));
}

async function openOnnx(
  { model, names, calibration }: Extract<ModelSource, { kind: "onnx" }>,
  picture: Pixels | undefined,
): Promise<Graph> {
  const classNames = names ? { classNames: parseNames(textOf(names)) } : {};
  const graph = await importOnnx(model.bytes, { fileName: model.name, ...classNames });
  return calibrate(graph, calibrationInputs(graph, calibration, picture));
}

async function* calibrationInputs(
  graph: Graph,
  calibration: readonly NamedBytes[],
  picture: Pixels | undefined,
): AsyncGenerator<FloatTensor> {
  const input = (pixels: Pixels) => preprocess(pixels, inputOf(graph).shape, graph.preprocessing).image;
  for (const { name, bytes } of calibration) yield input(await decodeImage(bytes, name));
  if (calibration.length === 0 && picture) yield input(picture);
}

function renamed(model: Model, names: NamedBytes | undefined): Model {
  if (!names) return model;
  const classNames = parseNames(textOf(names));
  const named = (graph: Graph): Graph => ({ ...graph, classNames });
  return { ...(model.dnn ? { dnn: named(model.dnn) } : {}), ...(model.snn ? { snn: named(model.snn) } : {}) };
}

function described(name: string, { dnn, snn }: Model): LoadedModel {
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
