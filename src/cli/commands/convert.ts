/** `convert`: an ONNX export or darknet's files, and pictures to calibrate on become a model file with DNN and spiking network. */
import type { Command } from "commander";
import { defaultMode, toSpiking } from "../../convert/convert.ts";
import { ArgumentError } from "../../core/errors.ts";
import type { Tensor } from "../../core/tensor.ts";
import { derive, type Graph } from "../../graph/graph.ts";
import { isPopulation } from "../../graph/layers.ts";
import { encodeModel } from "../../graph/model-file.ts";
import { describeShare, spikingShare } from "../../metrics/spiking-share.ts";
import { choiceLine, chooseOn, printChoice } from "../auto-settings.ts";
import { importModel, isCfg, isImported, refuseForeign } from "../import-model.ts";
import { print, printJson } from "../io.ts";
import { calibrateOn } from "../model.ts";
import {
  addConversionOptions,
  addImportOptions,
  type ConversionFlags,
  type ModelFlags,
  numberFrom,
  settingsFrom,
} from "../options.ts";
import { addForceOption, fileKinds, type OutputFlags, refuseToReplace, writeOutput } from "../outputs.ts";

interface ConvertFlags extends ModelFlags, ConversionFlags, OutputFlags {
  readonly output: string;
  readonly dnn: boolean;
  readonly auto?: true;
  readonly targetError?: number;
  readonly targetCost?: number;
  readonly json?: boolean;
}

export function declare(command: Command): void {
  command
    .argument("<model>", "ONNX export, or darknet configuration")
    .argument("[weights]", "darknet weights")
    .requiredOption(
      "--calibrate <dir>",
      "pictures to calibrate on, like those that the detector is meant for: a folder, or a data set as in --dataset",
    )
    .requiredOption("-o, --output <file>", "model file to write (.safetensors)")
    .option(
      "--auto",
      "choose the settings that are left open on the calibration pictures: one half calibrates, 16 of the other judge",
    )
    .option(
      "--target-error <e>",
      "of --auto: the fewest accumulates at this error of the outputs, on the pictures that judge",
      numberFrom(0.0001, 10),
    )
    .option(
      "--target-cost <c>",
      "of --auto: the least error at so many accumulates a multiply-accumulate",
      numberFrom(0.001, 1000),
    )
    .option("--no-dnn", "leave out the DNN: a smaller file that cannot be converted otherwise later");
  addForceOption(addConversionOptions(addImportOptions(command)))
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      "\nExample:\n  spiking-yolo convert yolov8n.onnx --size 320 --calibrate pictures/ -o yolov8n.safetensors\n  spiking-yolo convert yolov2-tiny-voc.cfg yolov2-tiny-voc.weights --names voc.names --calibrate pictures/ -o tiny-yolo.safetensors",
    )
    .action(run);
}

async function run(model: string, weights: string | undefined, flags: ConvertFlags): Promise<void> {
  if (!flags.output.endsWith(".safetensors")) {
    throw new ArgumentError("E_USAGE", `${flags.output} must end in .safetensors: that is what a model file is`);
  }
  await refuseToReplace(flags.output, fileKinds.model, flags);
  const folder = flags.calibrate as string;
  refuseForeign(model);
  if (!isImported(model))
    throw new ArgumentError("E_USAGE", `${model} is neither an .onnx nor a .cfg with its weights`);
  if (isCfg(model) && weights === undefined)
    throw new ArgumentError("E_USAGE", `${model} needs its weights: convert ${model} FILE.weights …`);
  const imported = await importModel(model, { ...flags, ...(weights === undefined ? {} : { weights }) });
  const isChoosing = flags.auto || flags.targetError !== undefined || flags.targetCost !== undefined;
  const choice = isChoosing && (await chooseOn(folder, imported, flags));
  // Once more, on all pictures.
  const dnn = await calibrateOn(folder, imported);
  const snn = choice
    ? toSpiking(derive(dnn, choiceLine(choice), {}), choice.settings)
    : toSpiking(dnn, settingsFrom(flags, defaultMode(dnn)));
  const bytes = encodeModel(flags.dnn ? { dnn, snn } : { snn });
  await writeOutput(flags.output, bytes, fileKinds.model, flags);
  const layers = describe(snn);
  const share = spikingShare(snn);
  if (flags.json) {
    printJson({
      model: flags.output,
      layers,
      spiking: share,
      provenance: snn.provenance,
      ...(choice ? { auto: choice } : {}),
    });
  } else {
    if (choice) printChoice(choice);
    print(
      `${flags.output}: ${layers.filter(({ kind }) => kind === "integrateFire").length} spiking populations, ${bytes.length.toLocaleString("en")} bytes`,
    );
    for (const line of snn.provenance) print(`  ${line}`);
    for (const line of describeShare(share)) print(line);
  }
}

function describe(snn: Graph) {
  const list = (tensor: Tensor | null) => tensor && Array.from(tensor.data);
  return snn.layers.map((layer) => ({
    name: layer.name,
    kind: layer.kind,
    inputs: layer.inputs,
    ...(isPopulation(layer)
      ? {
          neuron: layer.neuron,
          lambda: list(layer.lambda),
          vTh: list(layer.vTh),
          vThNeg: list(layer.vThNeg),
          vInit: layer.vInit,
          levels: layer.levels,
        }
      : {}),
    ...(layer.kind === "maxPool" ? { pooling: layer.pooling } : {}),
  }));
}
