/** What a user has chosen, as one plain value; it stands in the page's address, so that a view can be shared. */
import type { Configuration, ModelInfo, ModelSource, Slot } from "../simulation/protocol.ts";
import { configurationOf, fromText, toText, unknownIn } from "./configuration.ts";

export interface Settings {
  /** Address of a model to be shown instead of the built-in one; https only. */
  readonly model: string | null;
  /** Number of the generated scene. */
  readonly scene: number;
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

const modeAtFirst = "fast";

export const firstSettings: Settings = {
  model: null,
  scene: 2,
  a: configurationOf(modeAtFirst),
  b: null,
  threads: null,
  t: null,
  channel: null,
};

/** Two networks worth comparing, by name; each runs for its own T. */
export interface Comparison {
  readonly name: string;
  readonly label: string;
  readonly a: Configuration;
  readonly b: Configuration | null;
}

/** Shorter than the paper's 3,500 steps: what is to be seen is seen in these, and nobody has to wait. */
const paper = (timeSteps: number, changes: Partial<Configuration> = {}) =>
  configurationOf("paper", { timeSteps, ...changes });

/** What is put beside a network where a user asks for a second one. */
export const secondNetwork = paper(128);

export const comparisons: readonly Comparison[] = [
  { name: "one", label: "One network", a: configurationOf("fast"), b: null },
  { name: "modes", label: "Fast | paper", a: configurationOf("fast"), b: secondNetwork },
  { name: "phases", label: "Fast | rate", a: configurationOf("fast"), b: configurationOf("rate") },
  { name: "levels", label: "Fast | graded", a: configurationOf("fast"), b: configurationOf("graded") },
  { name: "scope", label: "Channel-wise | layer-wise", a: paper(256), b: paper(256, { scope: "layer" }) },
  { name: "threshold", label: "Imbalanced threshold | none", a: paper(256), b: paper(256, { neuron: "if" }) },
  {
    name: "decode",
    label: "Membrane | spike count",
    a: configurationOf("rate", { timeSteps: 64 }),
    b: configurationOf("rate", { timeSteps: 64, decode: "count" }),
  },
];

/** The comparison that the settings are, or undefined for one of the user's own making. */
export function comparisonOf({ a, b }: Pick<Settings, "a" | "b">): Comparison | undefined {
  const text = (configuration: Configuration | null) => configuration && toText(configuration);
  return comparisons.find((candidate) => text(candidate.a) === text(a) && text(candidate.b) === text(b));
}

/** The settings with which a model is shown first, after those for the model before. */
export function settingsFor(
  model: Pick<ModelInfo, "hasDnn" | "mode" | "timeSteps">,
  before: Pick<ModelInfo, "mode"> | null,
  settings: Settings,
): Settings {
  const { a } = settings;
  // A file's own network runs as it was made to run.
  if (!model.hasDnn) return { ...settings, a: { ...a, timeSteps: model.timeSteps ?? a.timeSteps }, b: null };
  // What nobody has chosen is what suits the model: one that was trained through its spikes has a mode of its own.
  const isChosen = toText(a) !== toText(configurationOf(before?.mode ?? modeAtFirst));
  return isChosen ? settings : { ...settings, a: configurationOf(model.mode) };
}

/** The settings as an address fragment. */
export function toHash({ model, scene, a, b, threads, t, channel }: Settings): string {
  const parameters = new URLSearchParams({ scene: String(scene), a: toText(a) });
  if (model) parameters.set("model", model);
  if (b) parameters.set("b", toText(b));
  if (threads !== null) parameters.set("threads", String(threads));
  if (t !== null) parameters.set("t", String(t));
  if (channel) parameters.set("map", `${channel.slot}.${channel.layer}.${channel.channel}`);
  return `#${parameters.toString().replaceAll("%2C", ",").replaceAll("%3A", ":").replaceAll("%2F", "/")}`;
}

/** The inverse of {@link toHash}; anything that makes no sense is as at first. */
export function fromHash(hash: string): Settings {
  const parameters = new URLSearchParams(hash.replace(/^#/, ""));
  const integer = (name: string, min: number, max: number) => {
    const value = Number(parameters.get(name) ?? Number.NaN);
    return Number.isInteger(value) && value >= min && value <= max ? value : undefined;
  };
  const configuration = (name: Slot) => {
    const text = parameters.get(name);
    return text ? fromText(text) : null;
  };
  const a = configuration("a") ?? firstSettings.a;
  const b = configuration("b");
  const model = parameters.get("model");
  return {
    model: model && isModelAddress(model) ? new URL(model).href : null,
    scene: integer("scene", 0, 99_999) ?? firstSettings.scene,
    a,
    b,
    threads: integer("threads", 1, 64) ?? null,
    t: integer("t", 1, Math.max(a.timeSteps, b?.timeSteps ?? 0)) ?? null,
    channel: channelFrom(parameters.get("map")),
  };
}

function channelFrom(text: string | null): ChannelChoice | null {
  const match = /^([ab])\.([\w-]{1,128})\.(\d{1,5})$/.exec(text ?? "");
  return match && { slot: match[1] as Slot, layer: match[2], channel: Number(match[3]) };
}

function isModelAddress(text: string): boolean {
  return URL.canParse(text) && new URL(text).protocol === "https:";
}

/** The model at an address, named as the file there. */
export function linkedModel(url: string): ModelSource {
  const name = decodeURIComponent(new URL(url).pathname.split("/").at(-1) ?? "");
  return { kind: "url", name: name || url, url };
}

/** Parts of an address that {@link fromHash} leaves out, for the user to hear of. */
export function ignoredIn(hash: string): readonly string[] {
  const understood = new URLSearchParams(toHash(fromHash(hash)).slice(1));
  return [...new URLSearchParams(hash.replace(/^#/, ""))].flatMap(([name, value]) => {
    if (name === "a" || name === "b") return unknownIn(value).map((part) => `${name}=${part}`);
    const isKept = name === "model" ? understood.has(name) : understood.get(name) === value;
    return isKept ? [] : [`${name}=${value}`.slice(0, 80)];
  });
}
