/** Configurations of the spiking network: their choices, their names, and their short text in the page's address. */
import { conversionSettings, type Mode, modes } from "../../../src/index.ts";
import type { Configuration } from "../simulation/protocol.ts";

/** A part of a configuration that the page lets a user choose. */
export interface Choice<K extends keyof Configuration = keyof Configuration> {
  readonly key: K;
  readonly label: string;
  readonly options: readonly { readonly value: Configuration[K]; readonly label: string }[];
  /** Any other integer from 1 to this is allowed, too: an address or a model file may ask for it. */
  readonly max?: number;
}

function choice<K extends keyof Configuration>(
  key: K,
  label: string,
  options: readonly (readonly [Configuration[K], string])[],
): Choice {
  return { key, label, options: options.map(([value, name]) => ({ value, label: name })) } as unknown as Choice;
}

const timeStepChoices = [3, 4, 6, 7, 8, 16, 32, 64, 128, 256, 512, 1024, 3500];

export const choices: readonly Choice[] = [
  {
    ...choice(
      "timeSteps",
      "Time steps T",
      timeStepChoices.map((timeSteps) => [timeSteps, String(timeSteps)]),
    ),
    max: 3500,
  },
  choice("scope", "Weight normalization", [
    ["channel", "channel-wise"],
    ["layer", "layer-wise"],
  ]),
  choice("neuron", "Neuron", [
    ["takeback", "take-back"],
    ["ibt", "imbalanced threshold"],
    ["signed", "balanced threshold"],
    ["if", "unsigned"],
    ["tracker", "tracker"],
  ]),
  choice("pool", "Max-pool of spikes", [
    ["delta", "delta"],
    ["winner", "winner"],
  ]),
  choice("decode", "Output", [
    ["vmem", "membrane potential"],
    ["count", "spike count"],
  ]),
  choice("encoding", "Picture as", [
    ["constant", "constant current"],
    ["poisson", "Poisson spikes"],
  ]),
  choice("levels", "Greatest spike", [
    [1, "1 (binary)"],
    [3, "3"],
    [7, "7"],
    [15, "15"],
  ]),
  choice("phases", "Phases", [
    [1, "1 (all spikes weigh the same)"],
    [3, "3"],
    [4, "4"],
    [5, "5"],
    [6, "6"],
    [8, "8"],
  ]),
  choice("delay", "Delay per layer", [
    [0, "none"],
    [1, "1 step"],
    [2, "2 steps"],
    [3, "3 steps"],
    [4, "4 steps"],
  ]),
  choice("percentile", "λ at percentile", [
    [99, "99"],
    [99.5, "99.5"],
    [99.9, "99.9"],
    [99.95, "99.95"],
    [99.99, "99.99"],
    [100, "100"],
  ]),
  choice("bits", "Bits of a weight", [
    [8, "8"],
    [10, "10"],
    [12, "12"],
    [16, "16"],
  ]),
];

export const modeNames = Object.keys(modes) as readonly Mode[];

/** A mode with some parts changed. λ's headroom follows the greatest spike. */
export function configurationOf(mode: Mode, changes: Partial<Configuration> = {}): Configuration {
  return conversionSettings(mode, changes);
}

/** The same with one part changed. */
export function withChoice<K extends keyof Configuration>(
  configuration: Configuration,
  key: K,
  value: Configuration[K],
): Configuration {
  const { mode, changes } = difference(configuration);
  return configurationOf(mode, { ...changes, [key]: value });
}

/** The mode that is nearest, and what differs from it; a mode whose other settings, which nobody can choose, are the configuration's. */
function difference(configuration: Configuration): { readonly mode: Mode; readonly changes: Partial<Configuration> } {
  const changesFrom = (mode: Mode) => {
    const base = configurationOf(mode);
    const differing = choices.filter(({ key }) => configuration[key] !== base[key]);
    return { mode, changes: Object.fromEntries(differing.map(({ key }) => [key, configuration[key]])) };
  };
  const all = modeNames.map(changesFrom);
  const isWhole = ({ mode, changes }: (typeof all)[number]) =>
    Object.entries(configurationOf(mode, changes)).every(
      ([key, value]) => configuration[key as keyof Configuration] === value,
    );
  const whole = all.filter(isWhole);
  return (whole.length > 0 ? whole : all).reduce((best, next) =>
    Object.keys(next.changes).length < Object.keys(best.changes).length ? next : best,
  );
}

/** The mode that is nearest. */
export function modeOf(configuration: Configuration): Mode {
  return difference(configuration).mode;
}

/** For people: "fast", "paper, layer-wise". How long it runs is told elsewhere. */
export function nameOf(configuration: Configuration): string {
  const { mode, changes } = difference(configuration);
  const parts = choices
    .filter(({ key }) => key in changes && key !== "timeSteps")
    .map(({ key, label, options }) => {
      const name = options.find(({ value }) => value === configuration[key])?.label ?? String(configuration[key]);
      return /^[\d.]/.test(name) ? `${label.toLowerCase()} ${name}` : name;
    });
  return [mode, ...parts].join(", ");
}

/** For the address: "paper", "paper,scope:layer". */
export function toText(configuration: Configuration): string {
  const { mode, changes } = difference(configuration);
  return [mode, ...Object.entries(changes).map(([key, value]) => `${key}:${value}`)].join(",");
}

/** The inverse of {@link toText}; what it does not know is left out. */
export function fromText(text: string): Configuration {
  const [mode, ...parts] = text.split(",");
  const changes = parts.flatMap((part) => changeOf(part) ?? []);
  return configurationOf(modeNames.find((name) => name === mode) ?? "fast", Object.fromEntries(changes));
}

/** Parts of a configuration's text that are left out. */
export function unknownIn(text: string): readonly string[] {
  const [mode, ...parts] = text.split(",");
  const isMode = (modeNames as readonly string[]).includes(mode);
  return [...(isMode ? [] : [mode]), ...parts.filter((part) => !changeOf(part))].map((part) => part.slice(0, 40));
}

/** "scope:layer" → one entry, its key and value; undefined where there is no such choice. */
function changeOf(part: string): (readonly [string, unknown])[] | undefined {
  const [key, value] = part.split(":");
  const found = choices.find((candidate) => candidate.key === key);
  const option = found?.options.find((candidate) => String(candidate.value) === value);
  if (option) return [[key, option.value]];
  const number = Number(value);
  const isOther = found?.max && Number.isInteger(number) && number >= 1 && number <= found.max;
  return isOther ? [[key, number]] : undefined;
}
