/** `report`: figures and tables of the paper, and what it lacks, for any model and data set, as one page. */
import { mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Command } from "commander";
import { encodePng, rasterizeSvg, readFile, writeFile } from "#platform";
import { toSpiking } from "../../convert/convert.ts";
import { conversionSettings } from "../../convert/modes.ts";
import { ArgumentError } from "../../core/errors.ts";
import type { Pixels } from "../../core/pixels.ts";
import { matchClasses } from "../../data/class-names.ts";
import { type DataSet, limitDataSet } from "../../data/dataset.ts";
import { vocClassNames } from "../../data/known-classes.ts";
import { dataSetSyntax, openDataSet } from "../../data/open.ts";
import { displayThresholds } from "../../detections/detections.ts";
import type { Configuration, EvaluationSetup } from "../../evaluate/picture.ts";
import type { EvaluationReport } from "../../evaluate/report.ts";
import { mainMap } from "../../evaluate/score.ts";
import { type Graph, headsOf, inputOf, type SpikingGraph } from "../../graph/graph.ts";
import { preprocess } from "../../image/preprocess.ts";

import { readCosts } from "../../metrics/cost-file.ts";
import { type OperationCost, operationCosts } from "../../metrics/energy.ts";
import { arithmeticModel } from "../../metrics/energy-models/arithmetic.ts";
import { memoryModels } from "../../metrics/energy-models/models.ts";
import { type Study, study } from "../../report/collect/study.ts";
import { composeReport, type Report } from "../../report/compose-report.ts";
import type { AccuracyData } from "../../report/figures/accuracy.ts";
import type { LabelledBox } from "../../report/figures/detections.ts";
import type { VideoEnergyData } from "../../report/figures/video-energy.ts";
import { readFrontier } from "../../report/frontier-file.ts";
import { nodeCanvas } from "../../report/node-canvas.ts";
import { paperCanvas } from "../../report/paper-size.ts";
import {
  figureNumbers,
  figuresOf,
  frontierFigureNumber,
  isOfEvaluation,
  isOfStudy,
  type ShownPicture,
  type StudyData,
  videoFigureNumber,
} from "../../report/report-figures.ts";
import { thumbnail } from "../../report/thumbnail.ts";
import { openSession } from "../../snn/engines/open-session.ts";
import { logarithmicSteps } from "../../snn/simulate.ts";
import { configurationsFor, quickPaperSteps } from "../configurations.ts";
import { ratiosOf } from "../energy-models-table.ts";
import { readablePictures } from "../images.ts";
import { note, print, printJson, showProgress } from "../io.ts";
import { type LoadedModel, loadModel } from "../model.ts";
import {
  addConversionOptions,
  addModelOptions,
  addSimulationOptions,
  type ConversionFlags,
  integerFrom,
  type ModelFlags,
  type SimulationFlags,
} from "../options.ts";
import { addForceOption, entriesOf, fileKinds, refuseToReplace } from "../outputs.ts";
import {
  addPaperOptions,
  type PaperFlags,
  paperSizeOf,
  refuseToReplaceFigures,
  writePaperFigures,
} from "../paper-figures.ts";
import { evaluateWithProgress } from "../run-evaluation.ts";
import { videoWork } from "../video-energy.ts";
import { openVideo, type Video } from "../video-frames.ts";

interface ReportFlags extends ModelFlags, ConversionFlags, SimulationFlags, PaperFlags {
  readonly dataset: string;
  readonly limit?: number;
  readonly resume?: string;
  readonly paperSteps: number;
  readonly costs?: string;
  readonly frontier?: string;
  readonly video?: string;
  readonly png?: true;
  readonly date?: string;
  readonly json?: true;
}

const defaultPictures = 3;

export function declare(command: Command): void {
  command
    .argument("<model>", "a model file, an .onnx or a darknet .cfg")
    .requiredOption("--dataset <spec>", dataSetSyntax)
    .requiredOption("-o, --output <dir>", "folder for the page, and its drawings and data beside it")
    .option("--limit <n>", "evaluate the first n pictures only", integerFrom(1, 10_000_000))
    .option("--resume <file>", "keep a journal of the evaluation there, and go on from it")
    .option(
      "--pictures <n>",
      "pictures to study neurons on, the first of the data set",
      integerFrom(1, 100),
      defaultPictures,
    )
    .option("--paper-steps <T>", "steps of the paper's configurations", integerFrom(1, 1_000_000), quickPaperSteps)
    .option("--costs <file>", "add prices and energy models of your own, a JSON list (docs/energy.md)")
    .option(
      "--frontier <file>",
      "add figure 11: other ways to convert, as bench/frontier.js measured them (docs/images/frontier.jsonl)",
    )
    .option("--video <file>", "add figure 12: energy of its frames, of neurons that keep their state")
    .option("--png", "write each drawing as PNG as well")
    .option("--date <text>", "print this on the page; without it the same inputs give the same bytes");
  addPaperOptions(command);
  addModelOptions(command);
  addConversionOptions(command);
  addForceOption(addSimulationOptions(command))
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      "\nThe model's own spiking network (the other options' business) is compared with the paper's four configurations.\n\nExample:\n  spiking-yolo report tiny-yolo.safetensors --dataset voc:VOCdevkit --limit 100 -o report/\n  spiking-yolo report tiny-yolo.safetensors --dataset voc:VOCdevkit --resume run.jsonl --figure 5 --width 3.3in -o paper/",
    )
    .action(run);
}

async function run(model: string, flags: ReportFlags): Promise<void> {
  const { costs, models } = flags.costs
    ? readCosts(new TextDecoder().decode(await readFile(flags.costs, "text")), flags.costs)
    : { costs: operationCosts, models: [] };
  const size = paperSizeOf(flags);
  const frontier = await loadFrontier(flags);
  const video = await findVideo(flags);
  const numbers = flags.figure ?? figureNumbers;
  await (flags.figure ? refuseToReplaceFigures(numbers, flags) : refuseForeignFolder(flags));
  const whole = await openDataSet(flags.dataset);
  const loaded = await loadModel(model, flags);
  const { dnn, snn, name } = loaded;
  if (!dnn)
    throw new ArgumentError(
      "E_MODEL",
      `${model} does not hold the DNN that a report compares with: convert it anew, without --no-dnn`,
    );
  const own = ownConfiguration(loaded, flags);
  // Not made where a video's figure alone is wanted: the paper's neurons cannot follow every function.
  const isOfPaper = numbers.some((number) => isOfStudy(number) || isOfEvaluation(number));
  const paper = isOfPaper ? paperConfigurations(dnn, snn, flags) : [];
  // First: it takes seconds, and shows that all can be made before the long evaluation.
  const drawStudy = async (): Promise<StudyData> => {
    const pictures = await loadPictures(whole, snn, flags.pictures);
    const networks = [...paper.filter(({ name }) => name.endsWith(", IBT")), own];
    return {
      study: await studyNetworks(dnn, networks, pictures, flags),
      pictures: await Promise.all(pictures.map(toShown)),
      classNames: snn.classNames,
      costs,
      models,
      scoreThreshold: displayThresholds.scoreThreshold,
    };
  };
  const evaluate = async () => {
    const setup: EvaluationSetup = { dnn, configurations: [...paper, own], seed: flags.seed };
    return (await evaluateWithProgress(whole, snn, setup, flags)).report;
  };
  const source = titleOf(whole, flags.dataset);
  if (flags.figure) {
    const study = numbers.some(isOfStudy) ? { study: await drawStudy() } : {};
    const accuracy = numbers.some(isOfEvaluation) ? { accuracy: accuracyOf(await evaluate(), source) } : {};
    const ofVideo = numbers.includes(videoFigureNumber) ? await videoEnergyOf(video, snn, costs, flags) : {};
    const canvas = paperCanvas(nodeCanvas(), size);
    const data = { ...study, ...accuracy, ...frontier, ...ofVideo };
    const figures = numbers.flatMap((number) => figuresOf(number, data, canvas));
    printFiles(await writePaperFigures(figures, size, flags), flags);
    return;
  }
  const studied = await drawStudy();
  const ofVideo = await videoEnergyOf(video, snn, costs, flags);
  const evaluation = await evaluate();
  const report = composeReport(
    {
      ...studied,
      ...frontier,
      ...ofVideo,
      model: basename(name, ".safetensors"),
      paper: whole.rule,
      accuracy: accuracyOf(evaluation, source),
      provenance: snn.provenance,
      remarks: remarksOf(evaluation, own, flags),
      ...(flags.date === undefined ? {} : { date: flags.date }),
    },
    nodeCanvas(),
  );
  const files = await writeReport(report, flags);
  if (flags.json) printJson({ files });
  else print(`${join(flags.output, "report.html")} and ${files.length - 1} files beside it`);
}

/** @throws ArgumentError [E_USAGE] where the figure is asked for without its file; ImportError as `readFrontier`. */
async function loadFrontier({ frontier: file, figure }: ReportFlags) {
  if (file !== undefined)
    return { frontier: readFrontier(new TextDecoder().decode(await readFile(file, "text")), file) };
  if (!figure?.includes(frontierFigureNumber)) return {};
  throw new ArgumentError(
    "E_USAGE",
    `figure ${frontierFigureNumber} is drawn from a file of points. Name one with --frontier, such as docs/images/frontier.jsonl`,
  );
}

/** Frames of a video that are counted. */
const videoFrames = 250;

/** @throws ArgumentError [E_USAGE] where the figure is asked for without a video; ImportError as `openVideo`. */
async function findVideo({ video, figure }: ReportFlags): Promise<Video | undefined> {
  if (video !== undefined) return openVideo(video);
  if (!figure?.includes(videoFigureNumber)) return undefined;
  throw new ArgumentError("E_USAGE", `figure ${videoFigureNumber} is drawn from a video. Name one with --video`);
}

async function videoEnergyOf(
  video: Video | undefined,
  snn: SpikingGraph,
  costs: readonly OperationCost[],
  flags: ReportFlags,
): Promise<{ readonly videoEnergy?: VideoEnergyData }> {
  if (!video) return {};
  const session = await openSession(snn, flags);
  try {
    const { frames } = await videoWork(snn, session, video, videoFrames);
    // Arithmetic at one price: the others move its line, and none of them counts memory.
    const models = [arithmeticModel(costs[0]), ...memoryModels];
    return {
      videoEnergy: {
        video: basename(video.path),
        models: ratiosOf(frames[0].work, models).map(({ label }) => label),
        frames: frames.map(({ seconds, work }) => {
          const ratios = ratiosOf(work, models);
          const [ofDnn, ofQuantized] = [ratios.map((one) => one.ofDnn), ratios.map((one) => one.ofQuantized)];
          return { seconds, acsPerMac: work.acs / work.macs, ofDnn, ofQuantized };
        }),
      },
    };
  } finally {
    await session.dispose();
  }
}

function printFiles(files: readonly string[], { json }: ReportFlags): void {
  if (json) printJson({ files });
  else for (const file of files) print(file);
}

/** The model's own spiking network; called fast where it is the fast mode's. */
function ownConfiguration({ dnn, snn }: LoadedModel, { at }: ReportFlags): Configuration {
  const { timeSteps } = snn.simulation;
  const reached = [...new Set(at ?? logarithmicSteps(timeSteps))].filter((t) => t <= timeSteps).sort((a, b) => a - b);
  if (reached.length === 0)
    throw new ArgumentError("E_USAGE", `--at lies beyond the ${timeSteps} steps of the model. Raise --steps`);
  const fast = dnn && toSpiking(dnn, conversionSettings("fast", { bits: "float" })).provenance;
  const isFast = fast?.every((line) => snn.provenance.includes(line));
  return { name: isFast ? "fast" : "own", graph: snn, decodings: ["vmem", "count"], at: reached };
}

function paperConfigurations(dnn: Graph, snn: SpikingGraph, flags: ReportFlags): readonly Configuration[] {
  const { percentile, bits, input, at, engine, seed, paperSteps } = flags;
  const shared = Object.fromEntries(
    Object.entries({ percentile, bits, input, at, engine }).filter(([, value]) => value !== undefined),
  );
  const all = configurationsFor(dnn, snn, { ...shared, seed, configurations: true, steps: paperSteps });
  return all.filter(({ name }) => name !== "fast");
}

interface LoadedPicture {
  readonly name: string;
  readonly pixels: Pixels;
  readonly truth: readonly LabelledBox[];
}

async function loadPictures(dataSet: DataSet, model: Graph, count: number): Promise<readonly LoadedPicture[]> {
  const { images } = limitDataSet(dataSet, count);
  if (images.length === 0) throw new ArgumentError("E_DATASET", `${dataSet.name} holds no pictures`);
  const { toDataSet } = matchClasses(model.classNames, headsOf(model)[0].classes, dataSet.classNames);
  const loaded: LoadedPicture[] = [];
  for await (const { index, pixels } of readablePictures(images)) {
    const { id, objects } = images[index];
    const truth = objects
      .map((object) => ({ ...object, classIndex: toDataSet.indexOf(object.classIndex) }))
      .filter(({ classIndex }) => classIndex >= 0);
    loaded.push({ name: id, pixels, truth });
  }
  return loaded;
}

async function studyNetworks(
  dnn: Graph,
  networks: readonly Configuration[],
  pictures: readonly LoadedPicture[],
  flags: ReportFlags,
): Promise<Study> {
  const inputs = pictures.map(({ pixels }) => preprocess(pixels, inputOf(dnn).shape, dnn.preprocessing));
  const progress = showProgress("studying", networks.length * inputs.length);
  try {
    return await study(dnn, networks, inputs, {
      openSession: (graph) => openSession(graph, flags),
      percentile: flags.percentile ?? conversionSettings("paper").percentile,
      seed: flags.seed,
      onProgress: (done) => progress.update(done),
    });
  } finally {
    progress.stop();
  }
}

/** For people. A data set of one's own in VOC's layout is not the challenge's: it is called after its folder. */
function titleOf({ format, name, classNames }: DataSet, spec: string): string {
  const isChallenge =
    classNames.length === vocClassNames.length && vocClassNames.every((known) => classNames.includes(known));
  if (format !== "voc" || isChallenge) return name;
  const [, root = name] = /^voc:(.+?)(?::\d{4})?(?::[A-Za-z][\w-]*)?$/.exec(spec) ?? [];
  return basename(root);
}

function accuracyOf({ images, dnn, configurations }: EvaluationReport, dataSet: string): AccuracyData {
  return {
    metric: dnn?.voc07Map === undefined ? "AP50" : "VOC07 mAP",
    dnn: dnn ? mainMap(dnn) : null,
    curves: configurations.map(({ name, decode, snn }) => ({
      configuration: name,
      decode,
      points: snn.map(({ t, share, ...scores }) => ({ t, map: mainMap(scores) ?? 0, ...(share ? { share } : {}) })),
    })),
    source: `${images} pictures of ${dataSet}`,
  };
}

/** Wide enough for a panel of figure 6 on a sharp screen. */
const shownWidthPx = 360;

async function toShown({ name, pixels, truth }: LoadedPicture): Promise<ShownPicture> {
  const { width, height } = pixels;
  const png = await encodePng(thumbnail(pixels, shownWidthPx));
  return { name, uri: `data:image/png;base64,${Buffer.from(png).toString("base64")}`, width, height, truth };
}

function remarksOf({ failures }: EvaluationReport, { graph }: Configuration, flags: ReportFlags): readonly string[] {
  return [
    `The paper's configurations: ${flags.paperSteps} steps; the model's own: ${graph.simulation?.timeSteps}`,
    `Seed ${flags.seed}`,
    ...failures.map(
      ({ image, message }) => `Picture ${image} could not be read (${message}): its objects count as missed`,
    ),
  ];
}

/**
 * The page says whose folder it is: where it is a report's, the files beside it may be replaced.
 * @throws ArgumentError [E_EXISTS] where the page is something else, or there are drawings or data without it.
 */
async function refuseForeignFolder(flags: ReportFlags): Promise<void> {
  await refuseToReplace(join(flags.output, "report.html"), fileKinds.report, flags);
  const entries = await entriesOf(flags.output);
  if (flags.force || entries.includes("report.html")) return;
  for (const name of ["figures", "data"]) {
    const inside = join(flags.output, name);
    if (!entries.includes(name) || (await entriesOf(inside)).length === 0) continue;
    throw new ArgumentError(
      "E_EXISTS",
      `${inside} holds files and ${flags.output} no report. Name another folder, or write among them with --force`,
    );
  }
}

async function writeReport({ files, figures }: Report, { output, png }: ReportFlags): Promise<readonly string[]> {
  await mkdir(output, { recursive: true });
  const written: string[] = [];
  const write = async (path: string, content: string | Uint8Array) => {
    await writeFile(join(output, path), content);
    written.push(join(output, path));
  };
  for (const [path, content] of files) await write(path, content);
  if (png) {
    for (const { id, svg } of figures) await write(`figures/${id}.png`, await encodePng(await rasterizeSvg(svg)));
  }
  const bytes = files.get("report.html")?.length ?? 0;
  if (bytes > 5e6) note(`the page is ${(bytes / 1e6).toFixed(1)} MB; study fewer --pictures for a smaller one`);
  return written;
}
