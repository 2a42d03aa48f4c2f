/** What `train` starts from: the pictures, and the network. */
import { basename } from "node:path";
import { readFile } from "#platform";
import { foldBatchNorm } from "../convert/fold-batch-norm.ts";
import { ArgumentError } from "../core/errors.ts";
import { fingerprint } from "../core/fingerprint.ts";
import { decodeText } from "../core/text.ts";
import { matchClasses, remarksOnNames } from "../data/class-names.ts";
import { type DataSetContents, limitDataSet } from "../data/dataset.ts";
import { isDataSetSpec, openDataSet } from "../data/open.ts";
import { type Graph, headsOf } from "../graph/graph.ts";
import { importFitting } from "../importers/darknet/fitting-weights.ts";
import { importDarknet, parseNames } from "../importers/darknet/import-darknet.ts";
import { expectWritable } from "../importers/darknet/write-weights.ts";
import { withClassOrder } from "../train/class-order.ts";
import { initializeWeights } from "../train/initialize.ts";
import { picturesIn } from "./images.ts";
import { note } from "./io.ts";
import { readModel } from "./model.ts";
import type { TrainFlags } from "./train-options.ts";

/** The data set, its classes numbered as `--names` says. */
export async function openPictures(flags: TrainFlags): Promise<DataSetContents> {
  if (!isDataSetSpec(flags.dataset)) return unlabelled(flags);
  const whole = await openDataSet(flags.dataset, "training");
  for (const remark of whole.remarks) note(remark);
  const dataSet = limitDataSet(whole, flags.limit ?? Number.POSITIVE_INFINITY);
  if (!flags.names) return dataSet;
  const names = parseNames(decodeText(await readFile(flags.names, "text"), flags.names));
  for (const remark of remarksOnNames(matchClasses(names, names.length, dataSet.classNames))) note(remark);
  return withClassOrder(dataSet, names);
}

/** A folder of pictures, which only a teacher can make something of. */
async function unlabelled({ dataset, labels, limit, names }: TrainFlags): Promise<DataSetContents> {
  const paths = (await picturesIn(dataset)).slice(0, limit);
  if (labels)
    throw new ArgumentError(
      "E_USAGE",
      `${dataset} is a folder of pictures without labels: add --teacher and --no-labels, or name a data set such as voc:DIR`,
    );
  const classNames = names ? parseNames(decodeText(await readFile(names, "text"), names)) : [];
  return { name: dataset, classNames, images: paths.map((path) => ({ id: path, path, objects: [] })), remarks: [] };
}

export interface StartingNetwork {
  readonly graph: Graph;
  /** Whether all running averages are those of earlier training. */
  readonly keepsAverages: boolean;
  /** Whether anything of it is random: then batch norm is trained as such. */
  readonly isRandom: boolean;
  /** What a checkpoint knows it by. */
  readonly identity: string;
}

/** Of `--from`; or of `--cfg`, random but for the layers that `--weights` holds. */
export async function networkOf(flags: TrainFlags, dataSet: DataSetContents): Promise<StartingNetwork> {
  return flags.from === undefined ? ofCfg(flags, flags.cfg as string, dataSet) : ofModel(flags.from, flags, dataSet);
}

async function ofModel(
  from: string,
  { labels }: TrainFlags,
  { classNames }: DataSetContents,
): Promise<StartingNetwork> {
  const { dnn } = await readModel(from);
  if (!dnn) throw new ArgumentError("E_MODEL", `${from} holds no DNN to go on from, only a spiking network`);
  if (labels && headsOf(dnn).length > 0 && dnn.classNames.join() !== classNames.join())
    throw new ArgumentError(
      "E_NAMES",
      `the classes of ${from} (${dnn.classNames.slice(0, 3).join(", ")}, …) are not those of the data set. Number the data set's by --names`,
    );
  return { graph: dnn, keepsAverages: true, isRandom: false, identity: await fingerprint(dnn) };
}

async function ofCfg(flags: TrainFlags, cfgFile: string, { classNames }: DataSetContents): Promise<StartingNetwork> {
  const cfg = decodeText(await readFile(cfgFile, "text"), cfgFile);
  const files = { cfg, cfgName: basename(cfgFile) };
  const { fit, filter } = flags;
  const options = { preprocessing: { ...(fit ? { fit } : {}), ...(filter ? { filter } : {}) }, remark: note };
  if (!flags.spiking) expectWritable(files);
  if (flags.weights === undefined) {
    const graph = initializeWeights({ ...importDarknet(files, options), classNames }, flags.seed);
    return { graph, keepsAverages: false, isRandom: true, identity: cfg };
  }
  const given = { weights: await readFile(flags.weights), weightsName: basename(flags.weights) };
  const { graph, taken, remark } = importFitting({ ...files, ...given }, options);
  const named = { ...graph, classNames };
  if (remark === undefined) return { graph: named, keepsAverages: true, isRandom: false, identity: cfg };
  note(remark);
  const start = initializeWeights(named, flags.seed);
  const layers = start.layers.map((layer, index) => (taken.has(layer.name) ? graph.layers[index] : layer));
  return {
    graph: { ...start, layers },
    isRandom: true,
    identity: cfg,
    keepsAverages: layers.every(({ kind, name }) => kind !== "batchNorm" || taken.has(name)),
  };
}

/** The DNN of `--teacher`, batch norm folded. */
export async function teacherOf(
  { teacher }: TrainFlags,
  { graph, isRandom }: StartingNetwork,
): Promise<Graph | undefined> {
  if (teacher === undefined) return undefined;
  if (teacher === true) {
    if (!isRandom) return foldBatchNorm(graph);
    throw new ArgumentError("E_USAGE", "the network begins at random and cannot teach: name a --teacher");
  }
  const { dnn } = await readModel(teacher);
  if (!dnn) throw new ArgumentError("E_MODEL", `${teacher} holds no DNN to learn from, only a spiking network`);
  return foldBatchNorm(dnn);
}
