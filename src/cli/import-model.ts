/** A detector as others write it, darknet's two files or an ONNX export, becomes a DNN graph. */
import { existsSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { readFile } from "#platform";
import { ArgumentError } from "../core/errors.ts";
import { decodeText } from "../core/text.ts";
import type { Graph } from "../graph/graph.ts";
import { headsOf } from "../graph/graph.ts";
import { importDarknet, parseNames } from "../importers/darknet/import-darknet.ts";
import type { PictureFacts } from "../importers/onnx/families.ts";
import { importOnnx } from "../importers/onnx/import-onnx.ts";
import { externalFiles } from "../onnx/read-onnx.ts";
import { note } from "./io.ts";
import type { ModelFlags } from "./options.ts";

/** Files that hold a network in a form that is not read, and what makes an ONNX file of them. */
const foreign: ReadonlyMap<string, string> = new Map([
  [".pt", "yolo export model=FILE.pt format=onnx (Ultralytics), or torch.onnx.export"],
  [".pth", "torch.onnx.export, or the export script of the project that it comes from"],
  [".engine", "a TensorRT engine cannot be turned back: export the .pt or .onnx that it was built from"],
  [".tflite", "python -m tf2onnx.convert --tflite FILE.tflite --output FILE.onnx"],
  [".h5", "python -m tf2onnx.convert --keras FILE.h5 --output FILE.onnx"],
  [".keras", "python -m tf2onnx.convert --keras FILE.keras --output FILE.onnx"],
  [".pb", "python -m tf2onnx.convert --graphdef FILE.pb --output FILE.onnx"],
  [".mlmodel", "a Core ML model cannot be turned back: export the network that it was made of as ONNX"],
  [".mlpackage", "a Core ML model cannot be turned back: export the network that it was made of as ONNX"],
  [".xml", "an OpenVINO model cannot be turned back: export the network that it was made of as ONNX"],
  [".param", "an ncnn model cannot be turned back: export the network that it was made of as ONNX"],
]);

/** Whether MODEL is a darknet cfg by its name; some programs put `.txt` behind it. */
export function isCfg(model: string): boolean {
  return /\.cfg(\.txt)?$/i.test(model);
}

/** Whether MODEL has to be imported (and calibrated), instead of being a model file. */
export function isImported(model: string): boolean {
  return isCfg(model) || extname(model).toLowerCase() === ".onnx";
}

/** @throws ArgumentError [E_MODEL] for a file of a kind that is not read, naming what makes an ONNX file of it. */
export function refuseForeign(model: string): void {
  const way = foreign.get(extname(model).toLowerCase());
  if (way)
    throw new ArgumentError("E_MODEL", `${model} is of a kind that is not read; make an ONNX file of it: ${way}`);
}

/** A DNN with the files that the flags name; a darknet cfg without weights has zeros for all. */
export async function importModel(model: string, flags: ModelFlags): Promise<Graph> {
  refuse(flags, ["ifReset"], "goes with a .nir");
  const classNames = flags.names ? { classNames: parseNames(await textOf(flags.names)) } : {};
  const { fit, filter, size, family, layout, islands } = flags;
  if (model.toLowerCase().endsWith(".onnx")) {
    refuse(flags, ["weights"], "goes with a .cfg");
    const bytes = await readFile(model);
    return importOnnx(bytes, {
      external: await filesBeside(model, bytes),
      fileName: basename(model),
      ...classNames,
      ...(size ? { size } : {}),
      ...(family ? { family } : {}),
      ...(layout ? { layout } : {}),
      picture: pictureFacts(flags),
      ...(islands ? { islands } : {}),
      ...(flags.heads ? { heads: await headsIn(flags.heads) } : {}),
      preprocessing: { ...(fit ? { fit } : {}), ...(filter ? { filter } : {}) },
    });
  }
  refuse(
    flags,
    ["size", "family", "layout", "order", "range", "mean", "deviation", "islands", "heads"],
    "goes with an .onnx",
  );
  return importDarknet(
    {
      cfg: await textOf(model),
      cfgName: basename(model),
      ...(flags.weights ? { weights: await readFile(flags.weights), weightsName: basename(flags.weights) } : {}),
      ...classNames,
    },
    { preprocessing: { ...(fit ? { fit } : {}), ...(filter ? { filter } : {}) }, remark: note },
  );
}

/** The files that an ONNX model keeps its weights in: those that are there; a missing one is named when it is needed. */
async function filesBeside(model: string, bytes: Uint8Array): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const name of externalFiles(bytes, basename(model))) {
    const path = join(dirname(model), name);
    if (existsSync(path)) files.set(name, await readFile(path));
  }
  return files;
}

/** What flags say of an ONNX network's picture; the rest is its family's. */
function pictureFacts({ order, range, mean, deviation }: ModelFlags): Partial<PictureFacts> {
  if (deviation?.includes(0)) throw new ArgumentError("E_USAGE", "--deviation holds 0, which nothing is divided by");
  return {
    ...(order ? { order } : {}),
    ...(range === undefined ? {} : { range }),
    ...(mean ? { mean } : {}),
    ...(deviation ? { deviation } : {}),
  };
}

/** The heads of a darknet cfg, for an ONNX file whose outputs are as raw as darknet's. */
async function headsIn(cfg: string) {
  const graph = importDarknet({ cfg: await textOf(cfg), cfgName: basename(cfg) });
  return headsOf(graph).map(({ name: _name, inputs: _inputs, ...head }) => head);
}

function refuse(flags: ModelFlags, names: readonly (keyof ModelFlags)[], why: string): void {
  const given = names.find((name) => flags[name] !== undefined);
  if (given)
    throw new ArgumentError("E_USAGE", `--${given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} ${why}`);
}

async function textOf(path: string): Promise<string> {
  return decodeText(await readFile(path, "text"), path);
}
