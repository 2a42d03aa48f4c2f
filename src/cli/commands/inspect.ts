/** `inspect`: what a model is made of. */
import type { Command } from "commander";
import { availableThreads } from "#platform";
import { toSpiking } from "../../convert/convert.ts";
import { type Graph, inferShapes, layerMacs, layerParameters } from "../../graph/graph.ts";
import type { Shape } from "../../graph/layer-kinds.ts";
import { isPopulation } from "../../graph/layers.ts";
import type { Model } from "../../graph/model-file.ts";
import { describeShare, type SpikingShare, spikingShare } from "../../metrics/spiking-share.ts";
import { type PlannedMemory, plannedMemory } from "../../snn/engines/event/planned-memory.ts";
import { isIntegerTensor } from "../../snn/neurons/threshold-parameters.ts";
import { describeDecision } from "../../snn/plan/decisions.ts";
import { plainOptions, plansOf } from "../../snn/plan/plan.ts";
import { importModel, isImported } from "../import-model.ts";
import { print, printJson } from "../io.ts";
import { readModel } from "../model.ts";
import { mostPictures, negativeSideOn, printNegativeSide } from "../negative-side.ts";
import { addImportOptions, type ModelFlags } from "../options.ts";

export function declare(command: Command): void {
  command
    .argument("<model>", "a model file, an .onnx, a darknet .cfg or a .nir")
    .option("--weights <file>", "darknet weights; without them only shapes are known")
    .option(
      "--calibrate <dir>",
      `say how much of the outputs rests on negative activations, on up to ${mostPictures} of these pictures`,
    );
  addImportOptions(command)
    .option("--json", "print one JSON document")
    .addHelpText("after", "\nExample:\n  spiking-yolo inspect yolov2-tiny-voc.cfg")
    .action(run);
}

async function run(model: string, flags: ModelFlags & { json?: boolean }): Promise<void> {
  const graphs = isImported(model) ? { dnn: await importModel(model, flags) } : await readModel(model, flags);
  const graph = (graphs.snn ?? graphs.dnn) as Graph;
  const spiking = runnableGraph(graphs);
  const engine = spiking ? { memory: eventMemory(spiking), kernels: kernelsOf(spiking) } : {};
  const folder = flags.calibrate;
  const negativeSide = folder === undefined ? undefined : await negativeSideOn(folder, graphs.dnn);
  const described = { ...describe(graph), ...engine, ...(negativeSide ? { negativeSide } : {}) };
  if (flags.json) {
    printJson(described);
    return;
  }
  printTable(graph, described, graphs.snn ? "" : " in the usual mode");
  if (folder !== undefined) printNegativeSide(negativeSide);
}

interface Described {
  readonly layers: readonly {
    readonly name: string;
    readonly kind: string;
    readonly inputs: readonly string[];
    readonly inShape: readonly Shape[];
    readonly outShape: Shape;
    readonly parameters: number;
    readonly macs: number;
  }[];
  /** As a darknet weights file holds them, batch norm's mean and variance included. */
  readonly parameters: number;
  readonly macs: number;
  readonly provenance: readonly string[];
  readonly spiking: SpikingShare;
  readonly memory?: EventMemory;
  readonly kernels?: readonly LayerKernels[];
}

/** Of the event engine with a thread for every core. */
interface EventMemory extends PlannedMemory {
  readonly threads: number;
}

/** The kernels that the event engine runs a layer of neurons by. */
interface LayerKernels {
  readonly layer: string;
  readonly kernels: string;
}

/**
 * The spiking network of the file, or the one that its usual mode would make; undefined where there is none: a network that is
 * not calibrated, or not in integers.
 */
function runnableGraph({ dnn, snn }: Model): Graph | undefined {
  const isCalibrated = dnn?.layers.some((layer) => layer.kind === "activation" && layer.statistics);
  const graph = snn ?? (isCalibrated ? toSpiking(dnn as Graph) : undefined);
  return graph?.layers.every((layer) => !isPopulation(layer) || isIntegerTensor(layer.vTh)) ? graph : undefined;
}

function eventMemory(graph: Graph): EventMemory {
  const threads = availableThreads();
  return { threads, ...plannedMemory(graph, threads) };
}

function kernelsOf(graph: Graph): readonly LayerKernels[] {
  return plansOf(graph, plainOptions(graph)).flatMap(({ decisions }) =>
    [...decisions].map(([{ layer }, decision]) => ({ layer: layer.name, kernels: describeDecision(decision) })),
  );
}

function describe(graph: Graph): Described {
  const shapes = inferShapes(graph);
  const shapeOf = (name: string) => shapes.get(name) as Shape;
  const layers = graph.layers.map((layer) => ({
    name: layer.name,
    kind: layer.kind,
    inputs: layer.inputs,
    inShape: layer.inputs.map(shapeOf),
    outShape: shapeOf(layer.name),
    parameters: layerParameters(layer),
    macs: layerMacs(layer, shapeOf(layer.name)),
  }));
  const total = (of: "parameters" | "macs") => layers.reduce((sum, layer) => sum + layer[of], 0);
  return {
    layers,
    parameters: total("parameters"),
    macs: total("macs"),
    spiking: spikingShare(graph),
    provenance: graph.provenance,
  };
}

function printTable(
  graph: Graph,
  { layers, parameters, macs, provenance, spiking, memory, kernels = [] }: Described,
  mode: string,
): void {
  const number = (value: number) => (value === 0 ? "" : value.toLocaleString("en"));
  const rows = [
    ["layer", "kind", "input", "output", "parameters", "MACs"],
    ...layers.map((layer) => [
      layer.name,
      layer.kind,
      layer.inputs.join(" "),
      layer.outShape.join("×"),
      number(layer.parameters),
      number(layer.macs),
    ]),
    ["total", "", "", "", number(parameters), number(macs)],
  ];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows) {
    print(
      row
        .map((cell, column) => (column < 4 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
        .join("  ")
        .trimEnd(),
    );
  }
  print();
  print(
    `${graph.classNames.length || "unnamed"} classes; pictures are ${graph.preprocessing.fit === "letterbox" ? "letterboxed" : "stretched"} with the ${graph.preprocessing.filter} filter`,
  );
  for (const line of describeShare(spiking)) print(line);
  if (memory) {
    const { bytes, parts, threads } = memory;
    const mebibytes = (value: number) => `${(value / 2 ** 20).toFixed(1)} MiB`;
    print(
      `the event engine takes ${mebibytes(bytes)}${mode} (weights ${mebibytes(parts.weights)}, neurons ${mebibytes(parts.neurons)}, spikes ${mebibytes(parts.signals)}) with ${threads} threads, whatever the number of steps`,
    );
  }
  const longest = Math.max(0, ...kernels.map(({ layer }) => layer.length));
  for (const each of kernels) print(`  ${each.layer.padEnd(longest)}  ${each.kernels}`);
  for (const line of provenance) print(`  ${line}`);
}
