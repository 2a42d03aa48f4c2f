/**
 * Options that several commands share: which model, how it is converted, how it is simulated. Declared once, parsed
 * once, resolved into typed settings.
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import { type ConversionSettings, conversionSettings, type Mode, modes } from "../convert/modes.ts";
import { ArgumentError } from "../core/errors.ts";
import { type ChannelOrder, channelOrders, filters, fits, type Preprocessing } from "../core/preprocessing.ts";
import { defaultPatience } from "../detections/settling.ts";
import { parseShard, type Shard } from "../evaluate/shard.ts";
import { maxPhases, type SimulationSettings } from "../graph/graph.ts";
import { neuronKinds } from "../graph/layers.ts";
import { type FamilyName, familyNames } from "../importers/onnx/families.ts";
import { layoutNames } from "../importers/onnx/heads.ts";
import { type EngineName, engineNames } from "../snn/engines/open-session.ts";

/** What commander makes of {@link addModelOptions}. */
export interface ModelFlags {
  readonly weights?: string;
  readonly names?: string;
  readonly calibrate?: string;
  readonly fit?: Preprocessing["fit"];
  readonly filter?: Preprocessing["filter"];
  readonly size?: readonly [height: number, width: number];
  readonly family?: FamilyName;
  readonly layout?: string;
  readonly order?: ChannelOrder;
  readonly range?: number;
  readonly mean?: readonly number[];
  readonly deviation?: readonly number[];
  readonly heads?: string;
  readonly islands?: "none";
  readonly ifReset?: "subtract";
}

/** What commander makes of {@link addConversionOptions}. */
export interface ConversionFlags {
  readonly mode?: Mode;
  readonly steps?: number;
  readonly scope?: ConversionSettings["scope"];
  readonly neuron?: ConversionSettings["neuron"];
  readonly pool?: ConversionSettings["pool"];
  readonly levels?: number;
  readonly phases?: number;
  readonly gain?: number;
  readonly rounding?: number;
  readonly delay?: number;
  readonly vInit?: number;
  readonly firingThreshold?: number;
  readonly leadingThreshold?: number;
  readonly decode?: SimulationSettings["decode"];
  readonly percentile?: number;
  readonly clipping?: ConversionSettings["clipping"];
  readonly input?: SimulationSettings["encoding"];
  readonly bits?: number | "float";
}

/** What commander makes of {@link addSimulationOptions}. */
export interface SimulationFlags {
  readonly at?: readonly number[];
  readonly engine?: EngineName | undefined;
  readonly threads?: number;
  readonly seed: number;
}

/** What says how long a run is. */
export type StepFlags = Pick<ConversionFlags, "steps"> & Pick<SimulationFlags, "at">;

/**
 * The rule for every argument and option of every command: an empty value is a mistake (a variable of a script that was
 * never set), not an option that was left out. @throws ArgumentError [E_USAGE] naming it.
 */
export function refuseEmptyValues(command: Command): void {
  const isEmpty = (value: unknown): boolean =>
    typeof value === "string" ? value.trim() === "" : Array.isArray(value) && value.some(isEmpty);
  const argument = command.processedArgs.findIndex(isEmpty);
  const flag = command.options.find((option) => isEmpty(command.getOptionValue(option.attributeName())));
  if (argument < 0 && !flag) return;
  const name = flag ? flag.flags : `<${command.registeredArguments[argument].name()}>`;
  throw new ArgumentError("E_USAGE", `the value of ${name} is empty. Name one, or leave the option out`);
}

/** For a MODEL that is a darknet cfg, an ONNX export or a NIR file. */
export function addModelOptions(command: Command): Command {
  return addImportOptions(
    command
      .optionsGroup("Of a MODEL that is an .onnx or a darknet .cfg:")
      .option("--weights <file>", "darknet weights, where MODEL is a .cfg")
      .option(
        "--calibrate <dir>",
        "pictures to calibrate on (a folder, or a data set as in --dataset), where MODEL is a .cfg or an .onnx",
      ),
  );
}

/** What says how a detector is imported. */
export function addImportOptions(command: Command): Command {
  return command
    .option("--names <file>", "class names, one a line (of a .cfg or an .onnx; default: those in the .onnx)")
    .addOption(new Option("--fit <how>", "how a picture is fitted to the network").choices(fits))
    .addOption(new Option("--filter <name>", "how pixels are resampled").choices(filters))
    .option("--size <size>", "of an .onnx's input: 320, or 416x320 (width x height)", sizeFrom)
    .addOption(
      new Option(
        "--family <name>",
        "whose export an .onnx is: decides about pictures and boxes (default: found out)",
      ).choices(familyNames),
    )
    .addOption(
      new Option("--layout <name>", "how an .onnx's outputs hold boxes, where its family does not say it").choices(
        layoutNames,
      ),
    )
    .addOption(new Option("--order <order>", "of an .onnx's channels (default: the family's)").choices(channelOrders))
    .option("--range <white>", "what white is to an .onnx: 1 or 255 (default: the family's)", numberFrom(0.001, 65_535))
    .option(
      "--mean <values>",
      "taken off each channel by an .onnx's preparation, such as 103.5,116.3,123.7",
      threeNumbers,
    )
    .option("--deviation <values>", "that each channel is divided by after that", threeNumbers)
    .option("--heads <cfg>", "darknet .cfg whose heads read an .onnx's raw outputs")
    .addOption(
      new Option("--islands <how>", "none: refuse an .onnx with parts that neurons do not compute").choices(["none"]),
    )
    .addOption(
      new Option("--if-reset <how>", "of a .nir whose IF neurons do not say how they are reset").choices(["subtract"]),
    );
}

/** Of the channels in the network's order; one number stands for all three. */
function threeNumbers(text: string): readonly number[] {
  const values = text.split(",").map(numberFrom(-65_535, 65_535));
  if (values.length !== 1 && values.length !== 3) throw new InvalidArgumentError("It must be one number, or three.");
  return values.length === 3 ? values : [values[0], values[0], values[0]];
}

/** 320, or 416x320 as width x height; gives [height, width]. */
function sizeFrom(text: string): readonly [number, number] {
  const [, width, height] = /^(\d{1,5})(?:x(\d{1,5}))?$/.exec(text) ?? [];
  const extents = [Number(height ?? width), Number(width)] as const;
  if (!extents.every((extent) => extent >= 8 && extent <= 8192))
    throw new InvalidArgumentError("It must be a size like 320 or 416x320, from 8 to 8192.");
  return extents;
}

/** How the DNN becomes a spiking network; each option changes one part of the mode. */
export function addConversionOptions(command: Command): Command {
  return command
    .optionsGroup("Another spiking network than the model file's:")
    .addOption(
      new Option(
        "--mode <name>",
        "all of the settings below at once (default: fast, or trained for networks trained so)",
      ).choices(Object.keys(modes)),
    )
    .option(
      "--steps <T>",
      `time steps (${Object.entries(modes)
        .map(([name, { timeSteps }]) => `${name}: ${timeSteps}`)
        .join(", ")})`,
      integerFrom(1, 1_000_000),
    )
    .addOption(
      new Option("--scope <scope>", "weight normalization by channel or by layer").choices(["channel", "layer"]),
    )
    .addOption(new Option("--neuron <kind>", "neuron").choices(neuronKinds))
    .addOption(new Option("--pool <kind>", "max-pooling of spikes").choices(["delta", "winner"]))
    .option("--levels <k>", "greatest spike per step; 1 is binary signed spikes", integerFrom(1, 127))
    .option(
      "--phases <p>",
      "leading steps whose spikes weigh 2^(p-1), …, 2, 1; 1: all weigh the same",
      integerFrom(1, maxPhases),
    )
    .option("--gain <g>", "spikes per step that stand for λ (default: (levels + 1) / 2)", numberFrom(0.01, 127))
    .option(
      "--rounding <e>",
      "part of the outputs that rounding may change: channels where it matters less get fewer digits; 0: all as many",
      numberFrom(0, 1),
    )
    .option("--delay <d>", "steps of input before a layer's first spike", integerFrom(0, 1024))
    .option("--v-init <v>", "membrane potential at the start, as a part of the threshold", numberFrom(-1, 1))
    .option(
      "--firing-threshold <h>",
      "part of the threshold at which take-back neurons and trackers fire",
      numberFrom(0.5, 1),
    )
    .option("--leading-threshold <h>", "the same in trackers' steps that weigh more than 1", numberFrom(0.5, 1))
    .option("--percentile <p>", "λ is this percentile of the activations", numberFrom(0, 100))
    .addOption(
      new Option(
        "--clipping <how>",
        "λ where: at the percentile, where clipping and rounding cost the least, or as trained with train --spiking",
      ).choices(["percentile", "balanced", "trained"]),
    )
    .addOption(new Option("--decode <how>", "reading of the output neurons").choices(["vmem", "count"]))
    .addOption(new Option("--input <coding>", "input coding").choices(["constant", "poisson"]))
    .option("--bits <b>", "bits of a weight, 4 to 16, or float; below 8 those that meet the picture keep 8", bits);
}

/** `--settle [patience]`. */
export function settleOption(does: string): Option {
  return new Option("--settle [patience]", `${does}: as before for so many checkpoints (default: ${defaultPatience})`)
    .argParser(integerFrom(1, 1000))
    .preset(String(defaultPatience));
}

/** How a simulation is run. */
export function addSimulationOptions(command: Command): Command {
  return command
    .optionsGroup("Options:")
    .option("--at <steps>", "checkpoints, such as 8,16,32 or 1..32 (default: powers of two up to T)", steps)
    .addOption(
      new Option("--engine <name>", "engine (default: event; reference where --bits is float)").choices(engineNames),
    )
    .option("--threads <n>", "threads (default: one per core)", integerFrom(1, 256))
    .option("--seed <s>", "seed of Poisson input", integerFrom(0, 2 ** 32 - 1), 1);
}

/** T: as asked for, else the usual, or as many more as checkpoints need. */
export function timeStepsFrom({ steps, at = [] }: StepFlags, usual: number): number {
  return steps ?? at.reduce((most, t) => Math.max(most, t), usual);
}

/** The mode's settings with the flags' changes. */
export function settingsFrom(flags: ConversionFlags & StepFlags, usual: Mode = "fast"): ConversionSettings {
  const settings = conversionSettings(flags.mode ?? usual, givenSettings(flags));
  return { ...settings, timeSteps: timeStepsFrom(flags, settings.timeSteps) };
}

/** The settings that flags name one by one; `undefined` flags name none. */
export function givenSettings({ mode = "fast", steps, input, ...rest }: ConversionFlags): Partial<ConversionSettings> {
  const changes = { ...rest, timeSteps: steps, encoding: input };
  const names = new Set(Object.keys(conversionSettings(mode)));
  return Object.fromEntries(Object.entries(changes).filter(([name, value]) => names.has(name) && value !== undefined));
}

/** Whether a flag asks for another spiking network than the one that a model file holds. */
export function asksForConversion(flags: ConversionFlags): boolean {
  const { mode, scope, neuron, pool, levels, phases, gain, rounding, delay, vInit, percentile, clipping, bits } = flags;
  const thresholds = [flags.firingThreshold, flags.leadingThreshold];
  return [
    mode,
    scope,
    neuron,
    pool,
    levels,
    phases,
    gain,
    rounding,
    delay,
    vInit,
    ...thresholds,
    percentile,
    clipping,
    bits,
  ].some((flag) => flag !== undefined);
}

export function shardFrom(text: string): Shard {
  const shard = parseShard(text);
  if (!shard) throw new InvalidArgumentError("It must be i/n, such as 3/10, counted from 1.");
  return shard;
}

export function integerFrom(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isInteger(value) || value < min || value > max) {
      throw new InvalidArgumentError(`It must be an integer from ${min} to ${max}.`);
    }
    return value;
  };
}

export function numberFrom(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !(value >= min && value <= max))
      throw new InvalidArgumentError(`It must be a number from ${min} to ${max}.`);
    return value;
  };
}

/** Integers and ranges of them: `4,8,12..16`. */
function steps(text: string): readonly number[] {
  return text.split(",").flatMap((part) => {
    const [first, last = first, ...rest] = part.split("..").map(integerFrom(1, 1_000_000));
    if (rest.length > 0 || last < first) throw new InvalidArgumentError("A range must be like 1..32.");
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

function bits(text: string): number | "float" {
  return text === "float" ? "float" : integerFrom(4, 16)(text);
}
