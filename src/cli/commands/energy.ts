/** `energy`: what a detector costs as a DNN and as a spiking network, counted on pictures, and when the latter stops paying. */
import { basename } from "node:path";
import type { Command } from "commander";
import { readFile } from "#platform";
import { defaultMode } from "../../convert/convert.ts";
import { ArgumentError } from "../../core/errors.ts";
import type { Pixels } from "../../core/pixels.ts";
import { limitDataSet } from "../../data/dataset.ts";
import type { PictureSource } from "../../data/load-picture.ts";
import { dataSetSyntax, openDataSet } from "../../data/open.ts";
import { renderScene } from "../../data/scenes/render.ts";
import { generateScene } from "../../data/scenes/scene.ts";
import { inputOf, type SpikingGraph } from "../../graph/graph.ts";
import { preprocess } from "../../image/preprocess.ts";
import { readCosts } from "../../metrics/cost-file.ts";
import { breakEvenRatio, type OperationCost, operationCosts } from "../../metrics/energy.ts";
import { evenWork } from "../../metrics/energy-models/even-work.ts";
import type { EnergyModel } from "../../metrics/energy-models/model.ts";
import { energyModels } from "../../metrics/energy-models/models.ts";
import { type NetworkWork, networkWork } from "../../metrics/energy-models/work.ts";
import { type CostProfile, type OperationsAt, profileEnergy } from "../../metrics/energy-profile.ts";
import { type DnnOperations, dnnOperations, neuronCount } from "../../metrics/operations.ts";
import { paperCounts, table2 } from "../../metrics/paper-energy.ts";
import { neuroBench } from "../../report/neurobench.ts";
import { type MeasuredOperations, operationsOverTime } from "../../report/operations-over-time.ts";
import { latencyOf } from "../../snn/engine.ts";
import { openSession } from "../../snn/engines/open-session.ts";
import { supposedGraph } from "../../targets/supposed.ts";
import { modelsJson, printModels, ratiosOf } from "../energy-models-table.ts";
import { printDnn, printEnergy, printSpiking, printTable2 } from "../energy-table.ts";
import { calibrationPictures, readablePictures } from "../images.ts";
import { importModel, isCfg } from "../import-model.ts";
import { note, print, printJson, showProgress } from "../io.ts";
import { loadModel } from "../model.ts";
import { printNeuroBench } from "../neurobench.ts";
import {
  addConversionOptions,
  addModelOptions,
  addSimulationOptions,
  type ConversionFlags,
  integerFrom,
  type ModelFlags,
  type SimulationFlags,
  settingsFrom,
} from "../options.ts";
import { videoWork } from "../video-energy.ts";
import { isVideo, openVideo } from "../video-frames.ts";

interface EnergyFlags extends ModelFlags, ConversionFlags, SimulationFlags {
  readonly dataset?: string;
  readonly limit?: number;
  readonly costs?: string;
  readonly neurobench?: true;
  readonly json?: true;
}

/** Activity varies little from picture to picture: a few give its mean. */
const defaultPictures = 8;
const defaultScenes = 4;

export function declare(command: Command): void {
  command
    .argument(
      "<model>",
      "a model file or a darknet .cfg; a .cfg without weights tells the DNN's side, and where it turns",
    )
    .argument(
      "[images...]",
      "pictures to count on, or one video; without any: the data set's, those of --calibrate, or generated ones",
    )
    .option("--dataset <spec>", `count on its pictures: ${dataSetSyntax}`)
    .option(
      "--limit <n>",
      `only the first n pictures or frames (default ${defaultPictures} of a data set, 100 frames)`,
      integerFrom(1, 1e7),
    )
    .option("--neurobench", "NeuroBench's metrics instead: sparsities and operations, as its code counts them")
    .option("--costs <file>", "add prices and energy models of your own, a JSON list (docs/energy.md)");
  addModelOptions(command);
  addConversionOptions(command);
  addSimulationOptions(command)
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      "\nExample:\n  spiking-yolo energy tiny-yolo.safetensors dog.jpg eagle.jpg --mode rate --steps 64\n  spiking-yolo energy yolov2-tiny-voc.cfg",
    )
    .action(run);
}

interface Spiking extends MeasuredOperations {
  readonly graph: SpikingGraph;
  readonly pictures: { readonly source: string; readonly count: number };
}

async function run(model: string, images: readonly string[], flags: EnergyFlags): Promise<void> {
  const { costs, models: own } = flags.costs
    ? readCosts(await readText(flags.costs), flags.costs)
    : { costs: operationCosts, models: [] };
  const models = energyModels(costs, own);
  if (flags.neurobench) checkNeuroBench(model, images, flags);
  if (images.some(isVideo)) return onVideo(model, images, models, flags);
  if (isCfg(model) && !flags.weights) {
    const graph = await importModel(model, flags);
    const dnn = dnnOperations(graph);
    const supposed = evenWork(supposedGraph(graph, settingsFrom(flags, defaultMode(graph))), 1);
    return report(basename(model), dnn, profileEnergy(dnn, [], costs), { supposed }, models, flags);
  }
  // Looked for first: a missing picture should not be found out after a long calibration.
  const source = await findPictures(images, flags);
  const { name, snn } = await loadModel(model, flags);
  if (flags.neurobench) return onNeuroBench(name, snn, source, flags);
  const dnn = dnnOperations(snn);
  const spiking = await measure(snn, source, flags);
  report(name, dnn, profileEnergy(dnn, spiking.at, costs), spiking, models, flags);
}

function checkNeuroBench(model: string, images: readonly string[], flags: EnergyFlags): void {
  if (images.some(isVideo))
    throw new ArgumentError("E_USAGE", "--neurobench counts on pictures: name some instead of a video");
  if (isCfg(model) && !flags.weights)
    throw new ArgumentError("E_USAGE", `--neurobench counts activity, which needs weights: add --weights to ${model}`);
}

async function onNeuroBench(
  name: string,
  snn: SpikingGraph,
  source: CountedPictures,
  { seed, json }: EnergyFlags,
): Promise<void> {
  const progress = showProgress("counting", source.count);
  try {
    let counted = 0;
    const onImage = (done: number) => {
      counted = done;
      progress.update(done);
    };
    const results = await neuroBench(snn, inputsOf(snn, source), { seed, onImage });
    if (json)
      return printJson({ model: name, pictures: { source: source.label, count: counted }, neurobench: results });
    progress.stop();
    printNeuroBench(name, results, `${counted} of ${source.label}`);
  } finally {
    progress.stop();
  }
}

/** Frames that are gone through where nobody says how many. */
const defaultFrames = 100;

async function onVideo(
  model: string,
  files: readonly string[],
  models: readonly EnergyModel[],
  flags: EnergyFlags,
): Promise<void> {
  if (files.length > 1 || flags.dataset)
    throw new ArgumentError("E_USAGE", `energy counts on one video or on pictures: name ${files.find(isVideo)} alone`);
  const video = await openVideo(files[0]);
  const { name, snn } = await loadModel(model, flags);
  const session = await openSession(snn, flags);
  try {
    const { frames, first, later } = await videoWork(snn, session, video, flags.limit ?? defaultFrames);
    if (flags.json) {
      const ofLater = later ? { later: { acs: later.acs, models: modelsJson(later, models) } } : {};
      const ofFirst = { acs: first.acs, models: modelsJson(first, models) };
      const perFrame = frames.map(({ seconds, work }) => ({ seconds, acs: work.acs, models: ratiosOf(work, models) }));
      const counted = { frames: frames.length, dnnMacs: first.macs, first: ofFirst, ...ofLater, perFrame };
      return printJson({ model: name, video: { path: video.path, ...counted } });
    }
    print(`${video.path}: ${frames.length} frames through neurons that keep their state`);
    print();
    printModels("the first frame", first, models);
    if (!later) return;
    print();
    printModels("a later frame, on average", later, models);
  } finally {
    await session.dispose();
  }
}

interface CountedPictures {
  readonly label: string;
  readonly count: number;
  /** Those that can be read. */
  readonly read: () => AsyncIterable<Pixels>;
}

async function findPictures(images: readonly string[], flags: EnergyFlags): Promise<CountedPictures> {
  const { dataset, calibrate, limit } = flags;
  if (images.length > 0 && dataset)
    throw new ArgumentError("E_USAGE", "pictures are named, and --dataset gives others. Leave one of them out");
  const files = (label: string, sources: readonly PictureSource[]): CountedPictures => {
    const some = sources.slice(0, limit);
    const read = async function* () {
      for await (const { pixels } of readablePictures(some)) yield pixels;
    };
    return { label, count: some.length, read };
  };
  if (images.length > 0)
    return files(
      "the pictures named",
      images.map((path) => ({ path })),
    );
  if (dataset) {
    const found = limitDataSet(await openDataSet(dataset), limit ?? defaultPictures);
    return files(found.name, found.images);
  }
  if (calibrate)
    return files("calibration pictures", (await calibrationPictures(calibrate)).slice(0, limit ?? defaultPictures));
  note("no pictures were given: counting on generated street scenes. Name pictures of the kind that the model is for");
  return {
    label: "generated scenes",
    count: limit ?? defaultScenes,
    async *read() {
      for (let index = 0; index < (limit ?? defaultScenes); index++) yield renderScene(generateScene(1, index));
    },
  };
}

async function* inputsOf(snn: SpikingGraph, { read }: CountedPictures) {
  for await (const pixels of read()) yield preprocess(pixels, inputOf(snn).shape, snn.preprocessing).image;
}

async function measure(snn: SpikingGraph, source: CountedPictures, flags: EnergyFlags): Promise<Spiking> {
  const { label, count } = source;
  let counted = 0;
  const session = await openSession(snn, flags);
  const progress = showProgress("counting", count);
  try {
    const measured = await operationsOverTime(session, snn, inputsOf(snn, source), {
      settings: snn.simulation,
      ...(flags.at ? { at: flags.at } : {}),
      seed: flags.seed,
      onImage: (done) => {
        counted = done;
        progress.update(done);
      },
    });
    return { graph: snn, pictures: { source: label, count: counted }, ...measured };
  } finally {
    progress.stop();
    await session.dispose();
  }
}

/** @param counted what was counted on pictures; or, where there are no weights, what is supposed. */
function report(
  model: string,
  dnn: DnnOperations,
  profiles: readonly CostProfile[],
  counted: Spiking | { readonly supposed: NetworkWork },
  models: readonly EnergyModel[],
  flags: EnergyFlags,
): void {
  const spiking = "supposed" in counted ? undefined : counted;
  const last = spiking?.at.at(-1);
  const work = spiking && last && workOf(spiking, last.t);
  const ofModel = table2(
    { label: model, flop: 2 * dnn.macs },
    last ? [{ label: `${model}, spiking`, flopPerStep: last.acs / last.t, steps: last.t }] : [],
  );
  if (flags.json) {
    printJson({
      model,
      dnn: { ...dnn, energy: byCost(profiles, ({ dnnPicojoules }) => dnnPicojoules) },
      snn: spiking && last ? describe(spiking, last, profiles) : null,
      breakEvenSteps: last ? byCost(profiles, ({ breakEven }) => breakEven.steps) : null,
      breakEven: last
        ? byCost(profiles, ({ breakEven, breakEvenSynapses }) => ({ breakEven, breakEvenSynapses }))
        : null,
      models: work ? modelsJson(work, models) : null,
      ...("supposed" in counted ? { supposed: { acsPerMac: 1, models: modelsJson(counted.supposed, models) } } : {}),
      breakEvenAcsPerMac: byCost(profiles, ({ cost }) => breakEvenRatio(cost)),
      costs: profiles.map(({ cost }) => cost),
      paper: { table2: table2(paperCounts.dnn, paperCounts.spiking), model: ofModel },
    });
    return;
  }
  printDnn(dnn);
  if (spiking && last) {
    print();
    printSpiking(neuronCount(spiking.graph), last, dnn.macs);
    print(`      counted on ${spiking.pictures.count} of ${spiking.pictures.source}`);
  }
  print();
  printEnergy(profiles);
  print();
  if (work) printModels("a picture", work, models);
  if ("supposed" in counted) {
    print("No weights, so nobody knows how many spikes there are. Supposed: as many in");
    print("each layer, one accumulate for each MAC. Where it turns does not depend on that");
    printModels("a picture", counted.supposed, models);
  }
  print();
  printTable2("Table 2 of Spiking-YOLO (AAAI 2020), from the paper's own counts", paperCountsRows());
  print();
  printTable2("The same for this model (the machines' figures are peaks)", ofModel);
}

function workOf({ graph, activity }: Spiking, t: number): NetworkWork {
  return networkWork(graph, activity, { t, timeSteps: graph.simulation.timeSteps });
}

const paperCountsRows = () => table2(paperCounts.dnn, paperCounts.spiking);

function describe({ graph, pictures, at }: Spiking, last: OperationsAt, profiles: readonly CostProfile[]) {
  const { t, ...counts } = last;
  return {
    pictures,
    timeSteps: t,
    latencySteps: latencyOf(graph, t, graph.simulation.timeSteps),
    neurons: neuronCount(graph),
    ...counts,
    energy: byCost(profiles, ({ snn }) => withoutStep(snn.at(-1))),
    at,
  };
}

function withoutStep(point: CostProfile["snn"][number] | undefined) {
  const { t: _, ...energy } = point ?? { t: 0 };
  return energy;
}

function byCost<T>(
  profiles: readonly CostProfile[],
  of: (profile: CostProfile) => T,
): Record<OperationCost["name"], T> {
  return Object.fromEntries(profiles.map((profile) => [profile.cost.name, of(profile)]));
}

async function readText(path: string): Promise<string> {
  return new TextDecoder().decode(await readFile(path, "text"));
}
