/** `detect`: what DNN and spiking network find on pictures, step by step. */
import { basename, extname, join } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { encodePng, measurePicture, rasterizeSvg } from "#platform";
import type { Detection } from "../../core/box.ts";
import { ImportError } from "../../core/errors.ts";
import type { Failure } from "../../core/failures.ts";
import { distinctNames } from "../../core/file-name.ts";
import { oneAhead } from "../../core/one-ahead.ts";
import type { Pixels } from "../../core/pixels.ts";
import { firstOf, tallyRemarks } from "../../core/remarks.ts";
import { loadPicture } from "../../data/load-picture.ts";
import { displayThresholds, outputError, readDetections } from "../../detections/detections.ts";
import { hasSettled } from "../../detections/settling.ts";
import { type DnnSession, openDnn } from "../../dnn/dnn-session.ts";
import { inputOf } from "../../graph/graph.ts";
import { drawSheet, type Panel } from "../../image/draw.ts";
import { preprocess } from "../../image/preprocess.ts";
import { latencyOf, type Session } from "../../snn/engine.ts";
import { openSession } from "../../snn/engines/open-session.ts";
import { simulate } from "../../snn/simulate.ts";
import { builtInModelNames } from "../built-in-models.ts";
import { runOnVideos, type VideoFlags } from "../detect-video.ts";
import { detectionsJson } from "../detections-json.ts";
import { note, print, printJson, showProgress } from "../io.ts";
import { type LoadedModel, loadModel } from "../model.ts";
import {
  addConversionOptions,
  addModelOptions,
  addSimulationOptions,
  integerFrom,
  numberFrom,
  settleOption,
} from "../options.ts";
import { addForceOption, fileKinds, type OutputFlags, refuseToReplace, writeOutput } from "../outputs.ts";
import { pictureInputs } from "../picture-inputs.ts";
import { namesVideo } from "../video-sources.ts";

interface DetectFlags extends VideoFlags, OutputFlags {
  readonly out?: string;
  /** Checkpoints that must agree with one for the run to stop there. */
  readonly settle?: number;
}

export function declare(command: Command): void {
  command
    .argument(
      "<images...>",
      "pictures (JPEG, PNG, WebP, BMP, …), folders of them, patterns like 'trip/*.jpg', video files, - for raw frames",
    )
    .option(
      "--model <model>",
      "a model file, an .onnx or a darknet .cfg; the built-in model knows drawn street scenes only",
      builtInModelNames[0],
    )
    .option(
      "--out <dir>",
      "write annotated pictures there: the DNN and the checkpoints side by side; of a video, a file.mp4 or file.webm",
    )
    .option(
      "--score-threshold <s>",
      "show detections that score above this",
      numberFrom(0, 1),
      displayThresholds.scoreThreshold,
    );
  addModelOptions(command);
  addConversionOptions(command);
  addForceOption(addSimulationOptions(command))
    .addOption(settleOption("stop a picture when what is shown has settled, at every step or those of --at"))
    .option("--video", "the pictures are frames that follow each other, in the order of their names")
    .option("--raw <size>", "of raw frames (rgb24) on standard input: WIDTHxHEIGHT", rawSizeFrom)
    .option("--fps <n>", "frames a second, where neither file nor stream says it", numberFrom(0.001, 100_000))
    .option("--limit-frames <n>", "of a video: stop after n frames", integerFrom(1, 1_000_000_000))
    .option("--every <n>", "of a video: only every n-th frame", integerFrom(1, 1_000_000))
    .option("--reset", "of a video: each frame from rest, instead of from where the last one has left the neurons")
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      "\nExample:\n  spiking-yolo detect dog.jpg --model tiny-yolo.safetensors --at 1,2,4,6 --out annotated/\n  spiking-yolo detect street.mp4 --model yolov8n.safetensors --out street-detections.mp4\n  ffmpeg -v error -i rtsp://… -vf scale=640:480 -f rawvideo -pix_fmt rgb24 - | spiking-yolo detect - --raw 640x480",
    )
    .action(run);
}

function rawSizeFrom(text: string): readonly [number, number] {
  const [, width, height] = /^([1-9]\d{0,4})x([1-9]\d{0,4})$/.exec(text) ?? [];
  if (width === undefined) throw new InvalidArgumentError("It must be a size like 640x480 (width x height).");
  return [Number(width), Number(height)];
}

interface SnnResult {
  readonly t: number;
  readonly detections: readonly Detection[];
  readonly outputError?: number;
  readonly spikes: number;
  readonly synOps: number;
}

interface ImageResult {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly dnn?: readonly Detection[];
  readonly snn: readonly SnnResult[];
  /** Steps after which the run was stopped; null where it never settled. Present with `--settle`. */
  readonly settledAt?: number | null;
}

async function run(words: readonly string[], flags: DetectFlags): Promise<void> {
  if (namesVideo(words, flags)) return runOnVideos(words, flags);
  const named = await pictureInputs(words);
  // Looked at first: that no picture is one should not be found out after a long calibration.
  const { readable: paths, failures: bad } = await lookAt(named);
  const failures = [...bad];
  const files = flags.out === undefined ? [] : annotatedFiles(flags.out, paths);
  for (const file of files) await refuseToReplace(file, fileKinds.png, flags);
  const model = await loadModel(flags.model, flags);
  const { name, dnn, snn } = model;
  const session = await openSession(snn, flags);
  const exact = dnn && (await openDnn(dnn, flags.threads === undefined ? {} : { threads: flags.threads }));
  const results: ImageResult[] = [];
  const tally = tallyRemarks();
  const load = async (path: string) => {
    const remarks: string[] = [];
    return { path, remarks, picture: await tryPicture(path, failures, (remark) => remarks.push(remark)) };
  };
  try {
    let i = -1;
    for await (const { path, remarks, picture } of oneAhead(paths, load)) {
      i++;
      if (!picture) continue;
      for (const remark of remarks) tally.add(remark, path);
      const result = await detectOn(path, picture, model, { session, exact }, flags);
      results.push(result);
      if (!flags.json) printResult(result, snn.classNames, latencyOf(snn, 0, snn.simulation.timeSteps));
      if (flags.out) await writeAnnotated(files[i], picture, result, snn.classNames, flags);
    }
  } finally {
    await session.dispose();
    await exact?.dispose();
  }
  for (const line of tally.lines()) note(line);
  const some = failures.map(({ name: path, code, message }) => ({ path, code, message }));
  if (results.length > 0 && flags.json)
    printJson({ model: name, images: results.map((result) => toJson(result, snn.classNames)), failures: some });
  if (failures.length > 0) throw failureOf(failures, named.length);
}

interface Looked {
  readonly readable: readonly string[];
  readonly failures: readonly Failure[];
}

/** Which paths hold pictures, as far as their beginnings tell. @throws ImportError where none does. */
async function lookAt(paths: readonly string[]): Promise<Looked> {
  const failures: Failure[] = [];
  const readable: string[] = [];
  for (const path of paths) if (await attempt(path, failures, measurePicture(path))) readable.push(path);
  if (readable.length === 0) throw failureOf(failures, paths.length);
  return { readable, failures };
}

function tryPicture(path: string, failures: Failure[], onRemark: (what: string) => void): Promise<Pixels | undefined> {
  return attempt(path, failures, loadPicture({ path }, onRemark));
}

async function attempt<T>(path: string, failures: Failure[], work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof ImportError)) throw error;
    failures.push({ name: path, code: error.code, message: error.message });
    return undefined;
  }
}

/** What ends the command after all other pictures are done: some of those that were asked for have no result. */
function failureOf(failures: readonly Failure[], total: number): ImportError {
  const [{ code, message }] = failures;
  if (total === 1) return new ImportError(code, message);
  const names = firstOf(failures.map(({ name }) => name));
  return new ImportError(
    code,
    `${failures.length} of ${total} pictures could not be read (${names}). The first: ${message}`,
  );
}

interface Networks {
  readonly session: Session;
  readonly exact: DnnSession | undefined;
}

async function detectOn(
  path: string,
  picture: Pixels,
  { dnn, snn }: LoadedModel,
  { session, exact }: Networks,
  flags: DetectFlags,
): Promise<ImageResult> {
  const settings = snn.simulation;
  const thresholds = { ...displayThresholds, scoreThreshold: flags.scoreThreshold };
  const input = preprocess(picture, inputOf(snn).shape, snn.preprocessing);
  const wanted = await exact?.run(input.image);
  const progress = showProgress(basename(path), settings.timeSteps);
  const reached: SnnResult[] = [];
  let settledAt: number | null = null;
  const options = { ...settings, ...simulationOptions(flags, settings.timeSteps) };
  for await (const { t, outputs, spikes, synOps } of simulate(session, input.image, options)) {
    const detections = await readDetections(snn, outputs, input, thresholds);
    const error = wanted ? { outputError: outputError(outputs, wanted) } : {};
    reached.push({ t, detections, ...error, spikes, synOps });
    progress.update(t);
    const readings = reached.map((checkpoint) => checkpoint.detections);
    if (flags.settle && hasSettled(readings, flags.settle)) {
      settledAt = t;
      break;
    }
  }
  progress.stop();
  const found = dnn && wanted ? { dnn: await readDetections(dnn, wanted, input, thresholds) } : {};
  const { width, height } = picture;
  return { path, width, height, ...found, snn: reached, ...(flags.settle ? { settledAt } : {}) };
}

function simulationOptions({ settle, seed, ...flags }: DetectFlags, timeSteps: number) {
  const at = flags.at ?? (settle ? Array.from({ length: timeSteps }, (_, i) => i + 1) : undefined);
  return { seed, ...(at ? { at } : {}) };
}

function toJson(result: ImageResult, classNames: readonly string[]) {
  const list = (detections: readonly Detection[]) => detectionsJson(detections, classNames);
  return {
    ...result,
    ...(result.dnn ? { dnn: { detections: list(result.dnn) } } : {}),
    snn: result.snn.map((checkpoint) => ({ ...checkpoint, detections: list(checkpoint.detections) })),
  };
}

function printResult({ path, dnn, snn, settledAt }: ImageResult, classNames: readonly string[], delays: number): void {
  const list = (detections: readonly Detection[]) =>
    detections
      .map(({ classIndex, score }) => `${classNames[classIndex] ?? `class ${classIndex}`} ${Math.round(100 * score)} %`)
      .join(", ") || "nothing";
  print(path);
  if (dnn) print(`  DNN        ${list(dnn)}`);
  // Where a run stops by itself, the reading at which it did is what was asked for.
  const shown = settledAt === undefined ? snn : snn.slice(-1);
  for (const { t, detections, outputError, synOps } of shown) {
    const error =
      outputError === undefined
        ? ""
        : `  [outputs ${(100 * outputError).toFixed(1)} % off, ${(synOps / 1e6).toFixed(1)} M accumulates]`;
    print(`  T = ${String(t).padEnd(6)} ${list(detections)}${error}`);
  }
  if (settledAt === null) print(`  not settled after ${snn.at(-1)?.t} steps`);
  else if (settledAt !== undefined) print(`  settled after ${settledAt} steps`);
  if (delays > 0) print(`  (each with ${delays} steps of delay before it)`);
}

/** At most so many checkpoints are drawn beside the DNN: the last ones, where detections emerge. */
const maxCheckpointPanels = 5;

/** One for each picture: those of one name in several folders, or of several types, are numbered. */
function annotatedFiles(folder: string, paths: readonly string[]): readonly string[] {
  const stems = paths.map((path) => basename(path, extname(path)));
  return distinctNames(stems).map((name) => join(folder, `${name}-detections.png`));
}

async function writeAnnotated(
  file: string,
  picture: Pixels,
  result: ImageResult,
  classNames: readonly string[],
  flags: DetectFlags,
): Promise<void> {
  const panels: Panel[] = [
    ...(result.dnn ? [{ title: "DNN", detections: result.dnn }] : []),
    ...result.snn.slice(-maxCheckpointPanels).map(({ t, detections }) => ({ title: `SNN, T = ${t}`, detections })),
  ];
  const pictureUri = `data:image/png;base64,${Buffer.from(await encodePng(picture)).toString("base64")}`;
  const { width, height } = picture;
  const svg = drawSheet({ pictureUri, width, height, panels, classNames, columns: 3, panelWidthPx: 400 });
  await writeOutput(file, await encodePng(await rasterizeSvg(svg)), fileKinds.png, flags);
  if (!flags.json) print(`  ${file}`);
}
