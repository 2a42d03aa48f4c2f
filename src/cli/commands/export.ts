/** `export`: the detector before conversion, or the spiking network, as a file that other programs read. */
import { basename } from "node:path";
import { type Command, Option } from "commander";
import { foldBatchNorm } from "../../convert/fold-batch-norm.ts";
import { ArgumentError } from "../../core/errors.ts";
import type { Exporter } from "../../exporters/exporter.ts";
import { type ExportFormat, exporters, exportFormats } from "../../exporters/exporters.ts";
import type { Graph } from "../../graph/graph.ts";
import { print, printJson } from "../io.ts";
import { loadDnn, loadNetwork } from "../model.ts";
import {
  addConversionOptions,
  addModelOptions,
  asksForConversion,
  type ConversionFlags,
  type ModelFlags,
} from "../options.ts";
import {
  addForceOption,
  emptyFile,
  type FileKind,
  fileKinds,
  type OutputFlags,
  refuseToReplace,
  writeOutput,
} from "../outputs.ts";
import { wrapped } from "../wrapped.ts";

interface ExportFlags extends ModelFlags, ConversionFlags, OutputFlags {
  readonly to: ExportFormat;
  readonly output: string;
  readonly fold?: true;
  readonly lossy?: true;
  readonly loops?: true;
  readonly json?: true;
}

/** Of each format's files: the one that is named, and the one beside it where there is one. */
const kinds: { readonly [F in ExportFormat]: { readonly file: FileKind; readonly beside: FileKind } } = {
  onnx: { file: fileKinds.onnx, beside: emptyFile },
  darknet: { file: fileKinds.cfg, beside: fileKinds.weights },
  nir: { file: fileKinds.nir, beside: emptyFile },
};

/** The network of a model that a format holds. */
const networks: { readonly [N in Exporter["network"]]: (model: string, flags: ExportFlags) => Promise<Graph> } = {
  dnn: async (model, flags) => {
    const dnn = await loadDnn(model, flags);
    return flags.fold ? foldBatchNorm(dnn) : dnn;
  },
  snn: async (model, flags) => (await loadNetwork(model, flags)).snn,
};

export function declare(command: Command): void {
  command
    .argument("<model>", "a model file, a built-in name, an .onnx, a darknet .cfg or a .nir")
    .addOption(new Option("--to <format>", "format to write").choices(exportFormats).makeOptionMandatory())
    .requiredOption("-o, --output <file>", "file to write")
    .option("--fold", "of a DNN: fold batch normalization into convolutions (a model file's DNN is folded already)")
    .option("--lossy", "to nir: write what NIR cannot say exactly as what comes nearest, and list it")
    .option("--loops", "to nir: plain IF neurons as loops, too, for readers whose IF resets to zero");
  addConversionOptions(addModelOptions(command));
  addForceOption(command)
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      "\nExamples:\n  spiking-yolo export scenes --to onnx -o scenes.onnx\n  spiking-yolo export yolov3-tiny.cfg --weights yolov3-tiny.weights --fold --to onnx -o yolov3-tiny.onnx\n  spiking-yolo export scenes --to darknet -o scenes.cfg\n  spiking-yolo export scenes --mode paper --neuron if --pool delta --lossy --to nir -o scenes.nir",
    )
    .action(run);
}

/** @throws ArgumentError [E_USAGE] for flags of formats that hold the other network. */
function refuseOthersFlags(to: ExportFormat, network: Exporter["network"], flags: ExportFlags): void {
  const { fold, lossy, loops, calibrate, steps } = flags;
  const isOther = network === "dnn" ? lossy || loops || calibrate || steps || asksForConversion(flags) : fold;
  if (!isOther) return;
  throw new ArgumentError(
    "E_USAGE",
    network === "dnn"
      ? `--to ${to} writes the DNN: leave out what says how it becomes a spiking network`
      : `--to ${to} writes the spiking network, whose batch normalization is folded: leave out --fold`,
  );
}

async function run(model: string, flags: ExportFlags): Promise<void> {
  const { to, output } = flags;
  const { extension, network, write } = exporters[to];
  if (!output.toLowerCase().endsWith(extension))
    throw new ArgumentError("E_USAGE", `${output} must end in ${extension}: that is what --to ${to} writes`);
  refuseOthersFlags(to, network, flags);
  const { file, beside: second } = kinds[to];
  await refuseToReplace(output, file, flags);

  const { bytes, beside, notPortable } = await write(await networks[network](model, flags), flags);
  const files = [{ path: output, bytes, kind: file }];
  if (beside)
    files.push({ path: output.slice(0, -extension.length) + beside.extension, bytes: beside.bytes, kind: second });
  // Looked at before any is written, so that one is not left without the other.
  for (const { path, kind } of files) await refuseToReplace(path, kind, flags);
  for (const { path, bytes: content, kind } of files) await writeOutput(path, content, kind, flags);
  if (flags.json) {
    printJson({ model: basename(model), format: to, files: files.map(({ path }) => path), notPortable });
    return;
  }
  for (const each of files) print(`${each.path}: ${each.bytes.length.toLocaleString("en")} bytes`);
  if (notPortable.length > 0) print("Not in the file, for whoever runs it to do:");
  for (const line of notPortable.flatMap((each) => wrapped(each, 80, "  "))) print(line);
}
