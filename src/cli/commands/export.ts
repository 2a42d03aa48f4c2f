/** `export`: the detector before conversion, as a file that other programs read. */
import { basename } from "node:path";
import { type Command, Option } from "commander";
import { foldBatchNorm } from "../../convert/fold-batch-norm.ts";
import { ArgumentError } from "../../core/errors.ts";
import type { Exporter } from "../../exporters/exporter.ts";
import { type ExportFormat, exporters, exportFormats } from "../../exporters/exporters.ts";
import type { Graph } from "../../graph/graph.ts";
import { print, printJson } from "../io.ts";
import { loadDnn, loadModel } from "../model.ts";
import { addImportOptions, type ModelFlags } from "../options.ts";
import {
  addForceOption,
  type FileKind,
  fileKinds,
  type OutputFlags,
  refuseToReplace,
  writeOutput,
} from "../outputs.ts";
import { wrapped } from "../wrapped.ts";

interface ExportFlags extends ModelFlags, OutputFlags {
  readonly to: ExportFormat;
  readonly output: string;
  readonly fold?: true;
  readonly json?: true;
}

const kinds: { readonly [F in ExportFormat]: FileKind } = { onnx: fileKinds.onnx };

/** The network of a model that a format holds. */
const networks: { readonly [N in Exporter["network"]]: (model: string, flags: ExportFlags) => Promise<Graph> } = {
  dnn: async (model, flags) => {
    const dnn = await loadDnn(model, flags);
    return flags.fold ? foldBatchNorm(dnn) : dnn;
  },
  snn: async (model, flags) => (await loadModel(model, flags)).snn,
};

export function declare(command: Command): void {
  command
    .argument("<model>", "a model file, a built-in name, an .onnx or a darknet .cfg")
    .addOption(new Option("--to <format>", "format to write").choices(exportFormats).makeOptionMandatory())
    .requiredOption("-o, --output <file>", "file to write")
    .option("--fold", "fold batch normalization into convolutions (a model file's DNN is folded already)")
    .optionsGroup("Of a MODEL that is an .onnx or a darknet .cfg:")
    .option("--weights <file>", "darknet weights, where MODEL is a .cfg");
  addForceOption(addImportOptions(command))
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      "\nExamples:\n  spiking-yolo export scenes --to onnx -o scenes.onnx\n  spiking-yolo export yolov3-tiny.cfg --weights yolov3-tiny.weights --fold --to onnx -o yolov3-tiny.onnx",
    )
    .action(run);
}

async function run(model: string, flags: ExportFlags): Promise<void> {
  const { to, output } = flags;
  const { extension, network, write } = exporters[to];
  if (!output.toLowerCase().endsWith(extension))
    throw new ArgumentError("E_USAGE", `${output} must end in ${extension}: that is what --to ${to} writes`);
  await refuseToReplace(output, kinds[to], flags);
  const { bytes, notPortable } = await write(await networks[network](model, flags));
  await writeOutput(output, bytes, kinds[to], flags);
  if (flags.json) {
    printJson({ model: basename(model), format: to, files: [output], notPortable });
    return;
  }
  print(`${output}: ${bytes.length.toLocaleString("en")} bytes`);
  print("Not in the file, for whoever runs it to do:");
  for (const line of notPortable.flatMap((each) => wrapped(each, 80, "  "))) print(line);
}
