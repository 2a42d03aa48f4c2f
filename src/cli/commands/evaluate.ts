/** `evaluate`: mAP of a DNN and its spiking network over a data set, against time steps. */
import type { Command } from "commander";
import { dataSetSyntax, openDataSet } from "../../data/open.ts";
import type { EvaluationSetup } from "../../evaluate/picture.ts";
import { configurationsFor, quickPaperSteps } from "../configurations.ts";
import { refuseToReplaceDetections, writeDetections } from "../detection-files.ts";
import { printEvaluation } from "../evaluation-table.ts";
import { printJson } from "../io.ts";
import { loadModel } from "../model.ts";
import {
  addConversionOptions,
  addModelOptions,
  addSimulationOptions,
  type ConversionFlags,
  integerFrom,
  type ModelFlags,
  type SimulationFlags,
  settleOption,
} from "../options.ts";
import { addForceOption, type OutputFlags } from "../outputs.ts";
import { evaluateWithProgress } from "../run-evaluation.ts";

export interface EvaluateFlags extends ModelFlags, ConversionFlags, SimulationFlags, OutputFlags {
  readonly dataset: string;
  readonly limit?: number;
  readonly resume?: string;
  readonly configurations?: true;
  readonly dnnOnly?: true;
  readonly settle?: number;
  readonly out?: string;
  readonly json?: true;
}

export function declare(command: Command): void {
  command
    .argument("<model>", "a model file, an .onnx or a darknet .cfg")
    .requiredOption("--dataset <spec>", dataSetSyntax)
    .option("--limit <n>", "only the first n pictures", integerFrom(1, 10_000_000))
    .option("--resume <file>", "keep a journal there, and go on from it: nothing finished is lost by an interruption")
    .option(
      "--configurations",
      `Table 1: channel and layer, with and without IBT, both decodings; and the fast mode (--steps ${quickPaperSteps}, the paper's: 3500)`,
    )
    .option("--dnn-only", "leave the spiking network out")
    .option("--out <dir>", "write the detections (of the last checkpoints) there, in the data set's format");
  addModelOptions(command);
  addConversionOptions(command);
  addForceOption(addSimulationOptions(command))
    .addOption(settleOption("read every picture where its detections settled, too, among the checkpoints of --at"))
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
Example:
  spiking-yolo evaluate tiny-yolo.safetensors --dataset voc:VOCdevkit --limit 200 --at 2,4,6 --resume run.jsonl`,
    )
    .action(run);
}

async function run(model: string, flags: EvaluateFlags): Promise<void> {
  const whole = await openDataSet(flags.dataset);
  const { name, dnn, snn } = await loadModel(model, flags);
  const setup: EvaluationSetup = {
    ...(dnn ? { dnn } : {}),
    configurations: configurationsFor(dnn, snn, flags),
    seed: flags.seed,
  };
  if (flags.out) await refuseToReplaceDetections(flags.out, whole, setup, flags);
  const { dataSet, classes, results, report } = await evaluateWithProgress(whole, snn, setup, flags);
  if (flags.out) await writeDetections(flags.out, dataSet, classes, setup, results, flags);
  if (flags.json) {
    const { configurations, ...rest } = report;
    printJson({
      model: name,
      ...rest,
      snn: configurations[0]?.snn ?? [],
      ...(configurations[0]?.settled ? { settled: configurations[0].settled } : {}),
      ...(flags.configurations ? { configurations } : {}),
    });
  } else {
    printEvaluation(name, report);
  }
}
