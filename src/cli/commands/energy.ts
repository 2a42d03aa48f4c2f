/** `energy`: what a detector costs as a DNN and as a spiking network, counted on pictures, and when the latter stops paying. */
import { basename } from "node:path";
import type { Command } from "commander";
import { readFile } from "#platform";
import { ArgumentError } from "../../core/errors.ts";
import type { Pixels } from "../../core/pixels.ts";
import { limitDataSet } from "../../data/dataset.ts";
import type { PictureSource } from "../../data/load-picture.ts";
import { dataSetSyntax, openDataSet } from "../../data/open.ts";
import { renderScene } from "../../data/scenes/render.ts";
import { generateScene } from "../../data/scenes/scene.ts";
import { type Graph, inputOf, type SpikingGraph } from "../../graph/graph.ts";
import { preprocess } from "../../image/preprocess.ts";
import { readCosts } from "../../metrics/cost-file.ts";
import { breakEvenRatio, type OperationCost, operationCosts } from "../../metrics/energy.ts";
import { type CostProfile, type OperationsAt, profileEnergy } from "../../metrics/energy-profile.ts";
import { type DnnOperations, dnnOperations, neuronCount } from "../../metrics/operations.ts";
import { paperCounts, table2 } from "../../metrics/paper-energy.ts";
import { operationsOverTime } from "../../report/operations-over-time.ts";
import { latencyOf } from "../../snn/engine.ts";
import { openSession } from "../../snn/engines/open-session.ts";
import { printDnn, printEnergy, printSpiking, printTable2 } from "../energy-table.ts";
import { calibrationPictures, readablePictures } from "../images.ts";
import { importModel, isCfg } from "../import-model.ts";
import { note, print, printJson, showProgress } from "../io.ts";
import { loadModel } from "../model.ts";
import {
  addConversionOptions,
  addModelOptions,
  addSimulationOptions,
  type ConversionFlags,
  integerFrom,
  type ModelFlags,
  type SimulationFlags,
} from "../options.ts";

interface EnergyFlags extends ModelFlags, ConversionFlags, SimulationFlags {
  readonly dataset?: string;
  readonly limit?: number;
  readonly costs?: string;
  readonly json?: true;
}

/** Activity varies little from picture to picture: a few give its mean. */
const defaultPictures = 8;
const defaultScenes = 4;

export function declare(command: Command): void {
  command
    .argument("<model>", "a model file or a darknet .cfg; a .cfg without weights tells the DNN's operations only")
    .argument(
      "[images...]",
      "pictures to count on; without any: the data set's, those of --calibrate, or generated ones",
    )
    .option("--dataset <spec>", `count on its pictures: ${dataSetSyntax}`)
    .option("--limit <n>", `only the first n pictures (default ${defaultPictures} of a data set)`, integerFrom(1, 1e7))
    .option("--costs <file>", "add prices: JSON list of {name, label, macPicojoules, acPicojoules, source}");
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

interface Spiking {
  readonly graph: Graph;
  readonly pictures: { readonly source: string; readonly count: number };
  readonly at: readonly OperationsAt[];
}

async function run(model: string, images: readonly string[], flags: EnergyFlags): Promise<void> {
  const costs = flags.costs ? readCosts(await readText(flags.costs), flags.costs) : operationCosts;
  if (isCfg(model) && !flags.weights) {
    const dnn = dnnOperations(await importModel(model, flags));
    return report(basename(model), dnn, profileEnergy(dnn, [], costs), undefined, flags);
  }
  // Looked for first: a missing picture should not be found out after a long calibration.
  const source = await findPictures(images, flags);
  const { name, snn } = await loadModel(model, flags);
  const dnn = dnnOperations(snn);
  const spiking = await measure(snn, source, flags);
  report(name, dnn, profileEnergy(dnn, spiking.at, costs), spiking, flags);
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

async function measure(snn: SpikingGraph, source: CountedPictures, flags: EnergyFlags): Promise<Spiking> {
  const { label, count } = source;
  let counted = 0;
  async function* inputs() {
    for await (const pixels of source.read()) {
      yield preprocess(pixels, inputOf(snn).shape, snn.preprocessing).image;
      counted++;
    }
  }
  const session = await openSession(snn, flags);
  const progress = showProgress("counting", count);
  try {
    const at = await operationsOverTime(session, snn, inputs(), {
      settings: snn.simulation,
      ...(flags.at ? { at: flags.at } : {}),
      seed: flags.seed,
      onImage: (done) => progress.update(done),
    });
    return { graph: snn, pictures: { source: label, count: counted }, at };
  } finally {
    progress.stop();
    await session.dispose();
  }
}

function report(
  model: string,
  dnn: DnnOperations,
  profiles: readonly CostProfile[],
  spiking: Spiking | undefined,
  flags: EnergyFlags,
): void {
  const last = spiking?.at.at(-1);
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
  printTable2("Table 2 of Spiking-YOLO (AAAI 2020), from the paper's own counts", paperCountsRows());
  print();
  printTable2("The same for this model (the machines' figures are peaks)", ofModel);
}

const paperCountsRows = () => table2(paperCounts.dnn, paperCounts.spiking);

function describe({ graph, pictures, at }: Spiking, last: OperationsAt, profiles: readonly CostProfile[]) {
  const { t, ...counts } = last;
  return {
    pictures,
    timeSteps: t,
    latencySteps: latencyOf(graph, t),
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
