/** What a user has chosen, as one plain value; it stands in the page's address, so that a view can be shared. */
import type { Configuration, Slot } from "../simulation/protocol.ts";
import { configurationOf, fromText, toText } from "./configuration.ts";

export interface Settings {
  /** Number of the generated scene. */
  readonly scene: number;
  readonly timeSteps: number;
  readonly a: Configuration;
  /** The second network, where two are compared. */
  readonly b: Configuration | null;
  /** Of the engine; null leaves it to the page. Never a matter of results. */
  readonly threads: number | null;
  /** Step to show at first, instead of playing from the start. */
  readonly t: number | null;
  /** Channel whose spike map is shown. */
  readonly channel: ChannelChoice | null;
}

export interface ChannelChoice {
  readonly slot: Slot;
  readonly layer: string;
  readonly channel: number;
}

export const timeStepChoices = [8, 16, 32, 64, 128, 256, 512, 1024, 3500] as const;

export const firstSettings: Settings = {
  scene: 2,
  timeSteps: 32,
  a: configurationOf("fast"),
  b: null,
  threads: null,
  t: null,
  channel: null,
};

/** Two networks worth comparing, by name. */
export interface Comparison {
  readonly name: string;
  readonly label: string;
  readonly timeSteps: number;
  readonly a: Configuration;
  readonly b: Configuration | null;
}

export const comparisons: readonly Comparison[] = [
  { name: "one", label: "One network", timeSteps: 32, a: configurationOf("fast"), b: null },
  { name: "modes", label: "Fast | paper", timeSteps: 128, a: configurationOf("fast"), b: configurationOf("paper") },
  {
    name: "scope",
    label: "Channel-wise | layer-wise",
    timeSteps: 256,
    a: configurationOf("paper"),
    b: configurationOf("paper", { scope: "layer" }),
  },
  {
    name: "threshold",
    label: "Imbalanced threshold | none",
    timeSteps: 256,
    a: configurationOf("paper"),
    b: configurationOf("paper", { neuron: "if" }),
  },
  {
    name: "decode",
    label: "Membrane | spike count",
    timeSteps: 64,
    a: configurationOf("fast"),
    b: configurationOf("fast", { decode: "count" }),
  },
];

/** The comparison that the settings are, or undefined for one of the user's own making. */
export function comparisonOf({ a, b, timeSteps }: Settings): Comparison | undefined {
  const text = (configuration: Configuration | null) => configuration && toText(configuration);
  return comparisons.find(
    (candidate) =>
      text(candidate.a) === text(a) &&
      text(candidate.b) === text(b) &&
      (b !== null || candidate.timeSteps === timeSteps),
  );
}

/** The settings as an address fragment. */
export function toHash({ scene, timeSteps, a, b, threads, t, channel }: Settings): string {
  const parameters = new URLSearchParams({ scene: String(scene), T: String(timeSteps), a: toText(a) });
  if (b) parameters.set("b", toText(b));
  if (threads !== null) parameters.set("threads", String(threads));
  if (t !== null) parameters.set("t", String(t));
  if (channel) parameters.set("map", `${channel.slot}.${channel.layer}.${channel.channel}`);
  return `#${parameters.toString().replaceAll("%2C", ",").replaceAll("%3A", ":")}`;
}

/** The inverse of {@link toHash}; anything that makes no sense is as at first. */
export function fromHash(hash: string): Settings {
  const parameters = new URLSearchParams(hash.replace(/^#/, ""));
  const integer = (name: string, min: number, max: number) => {
    const value = Number(parameters.get(name) ?? Number.NaN);
    return Number.isInteger(value) && value >= min && value <= max ? value : undefined;
  };
  const [a, b] = [parameters.get("a"), parameters.get("b")];
  const timeSteps = integer("T", 1, 3500) ?? firstSettings.timeSteps;
  return {
    scene: integer("scene", 0, 99_999) ?? firstSettings.scene,
    timeSteps,
    a: a ? fromText(a) : firstSettings.a,
    b: b ? fromText(b) : null,
    threads: integer("threads", 1, 64) ?? null,
    t: integer("t", 1, timeSteps) ?? null,
    channel: channelFrom(parameters.get("map")),
  };
}

function channelFrom(text: string | null): ChannelChoice | null {
  const match = /^([ab])\.([\w-]{1,128})\.(\d{1,5})$/.exec(text ?? "");
  return match && { slot: match[1] as Slot, layer: match[2], channel: Number(match[3]) };
}
