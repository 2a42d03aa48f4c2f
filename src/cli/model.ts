/** What MODEL means: a darknet cfg with its files, an ONNX export, a model file, or the name of a model that comes with the package. */
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { readFile } from "#platform";
import { calibrate, defaultMode, toSpiking } from "../convert/convert.ts";
import { silentLayers } from "../convert/measure-activations.ts";
import { ArgumentError } from "../core/errors.ts";
import { tallyRemarks } from "../core/remarks.ts";
import { type Graph, headsOf, type SpikingGraph } from "../graph/graph.ts";
import { decodeModel, type Model } from "../graph/model-file.ts";
import { importNir } from "../importers/nir/import-nir.ts";
import { builtInModel, builtInModelNames } from "./built-in-models.ts";
import { calibrationPictures, networkInputs } from "./images.ts";
import { importModel, isCfg, isImported, refuseForeign } from "./import-model.ts";
import { note, showProgress } from "./io.ts";
import {
  asksForConversion,
  type ConversionFlags,
  type ModelFlags,
  type StepFlags,
  settingsFrom,
  timeStepsFrom,
} from "./options.ts";

export interface LoadedModel {
  readonly name: string;
  /** The network before conversion; absent where a model file does not hold it. */
  readonly dnn?: Graph;
  readonly snn: SpikingGraph;
}

/** The DNN and the spiking network that MODEL and the flags ask for. @throws ImportError, ArgumentError, ConversionError. */
export async function loadModel(model: string, flags: ModelFlags & ConversionFlags & StepFlags): Promise<LoadedModel> {
  const loaded = await loadNetwork(model, flags);
  if (headsOf(loaded.snn).length > 0) return loaded;
  throw new ArgumentError(
    "E_MODEL",
    `${model} does not say how its outputs are decoded, so nothing is detected. inspect and fit take it, and programs run it (importNir)`,
  );
}

/** The same for those who do not look at detections: a NIR file need not say how its outputs are decoded. */
export async function loadNetwork(
  model: string,
  flags: ModelFlags & ConversionFlags & StepFlags,
): Promise<LoadedModel> {
  const { dnn, snn } = await openModel(model, flags);
  const name = basename(model);
  if (dnn && (!snn || asksForConversion(flags)))
    return { name, dnn, snn: toSpiking(dnn, settingsFrom(flags, defaultMode(dnn))) };
  if (!snn) throw new ArgumentError("E_MODEL", `${model} holds no network`);
  if (asksForConversion(flags)) {
    throw new ArgumentError(
      "E_MODEL",
      `${model} holds a spiking network without the DNN that it was made of, so it cannot be converted otherwise`,
    );
  }
  return { name, ...(dnn ? { dnn } : {}), snn: withSimulation(snn, flags) };
}

/** Steps, decoding and input coding change nothing of the network: they may differ from what the file says. */
function withSimulation(snn: Graph, flags: ConversionFlags & StepFlags): SpikingGraph {
  const simulation = snn.simulation ?? settingsFrom({});
  return {
    ...snn,
    simulation: {
      ...simulation,
      timeSteps: timeStepsFrom(flags, simulation.timeSteps),
      encoding: flags.input ?? simulation.encoding,
      decode: flags.decode ?? simulation.decode,
    },
  };
}

/** A model file's graphs, or the calibrated DNN of a detector that is imported. */
async function openModel(model: string, flags: ModelFlags): Promise<Model> {
  if (isImported(model)) {
    refuseToGoWithoutWeights(model, flags);
    if (!flags.calibrate)
      throw new ArgumentError("E_USAGE", `${model} has to be calibrated: add --calibrate DIR (a folder of pictures)`);
    return { dnn: await calibrateOn(flags.calibrate, await importModel(model, flags)) };
  }
  refuseImportFlags(model, flags);
  return readModel(model, flags);
}

/**
 * The DNN of MODEL, not calibrated where it is imported. @throws ArgumentError [E_MODEL] where a model file holds none, ImportError.
 */
export async function loadDnn(model: string, flags: ModelFlags): Promise<Graph> {
  if (isImported(model)) {
    refuseToGoWithoutWeights(model, flags);
    return importModel(model, flags);
  }
  refuseImportFlags(model, flags);
  const { dnn } = await readModel(model, flags);
  if (!dnn) throw new ArgumentError("E_MODEL", `${model} holds a spiking network without the DNN that it was made of`);
  return dnn;
}

function refuseToGoWithoutWeights(model: string, flags: ModelFlags): void {
  if (isCfg(model) && !flags.weights)
    throw new ArgumentError("E_USAGE", `${model} needs its weights: add --weights FILE`);
}

function refuseImportFlags(model: string, flags: ModelFlags): void {
  for (const flag of importFlags) {
    if (flags[flag] !== undefined)
      throw new ArgumentError("E_USAGE", `--${flag} goes with a .cfg or an .onnx; ${model} is none`);
  }
}

/** Flags that only say how a detector is imported. */
const importFlags = [
  "weights",
  "names",
  "calibrate",
  "fit",
  "filter",
  "size",
  "family",
  "layout",
  "order",
  "range",
  "mean",
  "deviation",
  "heads",
  "islands",
] as const;

/**
 * A model file, whole: one that comes with the package by its name (`./scenes` is a file of that name), else by its path. Of a NIR file
 * the spiking network that it holds.
 */
export async function readModel(model: string, { ifReset }: Pick<ModelFlags, "ifReset"> = {}): Promise<Model> {
  const file = builtInModel(model) ?? model;
  refuseForeign(file);
  if (!existsSync(file)) {
    throw new ArgumentError(
      "E_MODEL",
      `there is no model ${model}: give a model file, an .onnx, a darknet .cfg with --weights, or a built-in name (${builtInModelNames.join(", ")})`,
    );
  }
  if (file.toLowerCase().endsWith(".nir"))
    return { snn: await importNir(await readFile(file), { fileName: basename(file), reset: ifReset }) };
  if (ifReset) throw new ArgumentError("E_USAGE", `--if-reset goes with a .nir; ${model} is none`);
  return decodeModel(await readFile(file), file);
}

/** Calibrates a DNN on the pictures of a folder or a data set, showing progress. */
export async function calibrateOn(folderOrSpec: string, dnn: Graph): Promise<Graph> {
  const pictures = await calibrationPictures(folderOrSpec);
  const progress = showProgress("calibrating", pictures.length);
  try {
    const calibrated = await calibrate(dnn, networkInputs(pictures, dnn), { onImage: (done) => progress.update(done) });
    const tally = tallyRemarks();
    for (const name of silentLayers(calibrated))
      tally.add("layers that are silent on all calibration pictures, so that nothing of a picture passes them", name);
    for (const line of tally.lines()) note(line);
    return calibrated;
  } finally {
    progress.stop();
  }
}
