/** `fit`: whether a detector fits a neuromorphic chip, rule by rule, and where its layers would go. */
import { basename, extname } from "node:path";
import { type Command, Option } from "commander";
import { encodePng, rasterizeSvg } from "#platform";
import { defaultMode } from "../../convert/convert.ts";
import { ArgumentError } from "../../core/errors.ts";
import { type Finding, type Fit, fitTo } from "../../targets/fit.ts";
import { type ChipNetwork, stagesOf } from "../../targets/stages.ts";
import { supposedStages } from "../../targets/supposed.ts";
import { type TargetName, targetNames, targets } from "../../targets/targets.ts";
import { importModel, isImported } from "../import-model.ts";
import { note, print, printJson } from "../io.ts";
import { loadNetwork } from "../model.ts";
import {
  addConversionOptions,
  addModelOptions,
  type ConversionFlags,
  type ModelFlags,
  settingsFrom,
} from "../options.ts";
import { addForceOption, fileKinds, type OutputFlags, refuseToReplace, writeOutput } from "../outputs.ts";
import { wrapped } from "../wrapped.ts";

interface FitFlags extends ModelFlags, ConversionFlags, OutputFlags {
  readonly target: TargetName | "all";
  readonly picture?: string;
  readonly json?: true;
}

export function declare(command: Command): void {
  command
    .argument("<model>", "a model file, a built-in name, an .onnx, a darknet .cfg or a .nir")
    .addOption(new Option("--target <name>", "chip, or all").choices([...targetNames, "all"]).default("all"))
    .option("--picture <file>", "draw where layers go on the target's cores (.png or .svg)");
  addModelOptions(command);
  addConversionOptions(command);
  addForceOption(command)
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      "\nExamples:\n  spiking-yolo fit scenes --target speck\n  spiking-yolo fit yolov2-tiny.cfg --mode rate --neuron if --target loihi1 --picture loihi1.png",
    )
    .action(run);
}

async function run(model: string, flags: FitFlags): Promise<void> {
  const names = flags.target === "all" ? targetNames : [flags.target];
  if (flags.picture) await checkPicture(flags.picture, names.length, flags);
  const network = await networkOf(model, flags);
  const fits = names.map((name) => fitTo(targets[name], network));
  if (flags.picture) await drawPlacement(flags.picture, fits[0], flags);
  if (flags.json) {
    printJson({ model: basename(model), targets: fits });
    return;
  }
  for (const [i, fit] of fits.entries()) {
    if (i > 0) print();
    printFit(fit);
  }
}

/** The spiking network as it would run; of a detector that is not calibrated, as conversion would shape it. */
async function networkOf(model: string, flags: FitFlags): Promise<ChipNetwork> {
  if (!isImported(model) || flags.calibrate) return stagesOf((await loadNetwork(model, flags)).snn);
  const dnn = await importModel(model, flags);
  return supposedStages(dnn, settingsFrom(flags, defaultMode(dnn)));
}

async function checkPicture(file: string, targetCount: number, flags: FitFlags): Promise<void> {
  if (targetCount > 1) throw new ArgumentError("E_USAGE", "--picture draws one target: name it with --target");
  if (![".png", ".svg"].includes(extname(file).toLowerCase()))
    throw new ArgumentError("E_USAGE", `${file} is to be a picture: name a .png or an .svg`);
  await refuseToReplace(file, kindOf(file), flags);
}

function kindOf(file: string) {
  return extname(file).toLowerCase() === ".svg" ? fileKinds.svg : fileKinds.png;
}

async function drawPlacement(file: string, fit: Fit, flags: FitFlags): Promise<void> {
  if (!fit.placement) {
    note(`no picture: where layers go on ${fit.label} is not published`);
    return;
  }
  // Loading what draws takes longer than the rest of the command.
  const { placementFigure } = await import("../../report/figures/placement.ts");
  const { nodeCanvas } = await import("../../report/node-canvas.ts");
  const { svg } = placementFigure(fit, fit.placement, nodeCanvas());
  const content = kindOf(file) === fileKinds.svg ? svg : await encodePng(await rasterizeSvg(svg));
  await writeOutput(file, content, kindOf(file), flags);
}

const widthOfText = 80;

function printFit({ label, target, fits, cores, chips, rules, placement, host, notes }: Fit): void {
  const size =
    cores === null
      ? ""
      : `, ${cores.toLocaleString("en")} ${cores === 1 ? "core" : "cores"}, ${chips} ${chips === 1 ? "chip" : "chips"}`;
  print(`${label} (${target}): ${fits ? "fits" : "does not fit"}${size}`);
  const lines = (text: string, indent: string) => {
    for (const line of wrapped(text, widthOfText, indent)) print(line);
  };
  const broken = rules.filter(({ ok }) => !ok);
  for (const found of byRule(broken)) {
    const [{ rule, limit, source, mend }] = found;
    lines(`${rule}: ${limit}. Has: ${alike(found)}`, "  ");
    if (mend) lines(`mend: ${mend}`, "    ");
    lines(`source: ${source}`, "    ");
  }
  const kept = new Set(rules.filter(({ ok }) => ok).map(({ rule }) => rule));
  for (const { rule } of broken) kept.delete(rule);
  if (kept.size > 0) lines(`kept: ${[...kept].join(", ")}`, "  ");
  if (placement && placement.stages.length > 0) {
    const where = placement.stages.map(
      ({ layer, first, last }) => `${layer} ${first === last ? first : `${first}-${last}`}`,
    );
    lines(`layers on cores: ${where.join(", ")}`, "  ");
  }
  if (placement && placement.homeless.length > 0) lines(`on no core: ${placement.homeless.join(", ")}`, "  ");
  if (host.length > 0) lines(`on the host: ${host.join(", ")}`, "  ");
  for (const each of notes) lines(each, "  ");
}

/** Findings of one rule together, in the order in which rules were broken first. */
function byRule(findings: readonly Finding[]): readonly (readonly Finding[])[] {
  const rules = [...new Set(findings.map(({ rule }) => rule))];
  return rules.map((name) => findings.filter(({ rule }) => rule === name));
}

/** `-1 to 1 (conv0, conv2)`: what layers have, those that have the same together. */
function alike(found: readonly Finding[]): string {
  const values = [...new Set(found.map(({ has }) => has))];
  return values
    .map((value) => {
      const layers = found.filter(({ has, layer }) => has === value && layer !== null).map(({ layer }) => layer);
      return layers.length > 0 ? `${value} in ${layers.join(", ")}` : value;
    })
    .join("; ");
}
