/**
 * Ways to convert, by name. A mode is a whole set of settings; each can be changed by itself.
 *
 * `paper`: Spiking-YOLO (AAAI 2020): channel-wise normalization at the 99.9th percentile, signed neurons with imbalanced
 * thresholds, winner max-pool, V₀ = 0, V_mem decoding, 3,500 steps.
 * `rate`: take-back neurons and delta max-pool; every spike weighs the same, 32 steps.
 * `fast`: trackers in eight phases, each layer five steps behind the one before; each channel as many digits as it is worth, and few of
 * them set (a count moves when it is off by three quarters of a digit). For all functions and islands. docs/few-steps.md says how it was chosen.
 * `trained`: trackers in three phases that wait for their whole input, with the λ of training, for networks trained through their rounding
 * (`train --spiking`): the default there. docs/training.md has the figures.
 * `graded`: take-back neurons with spikes of −7 … 7 in four phases and no delay: the fewest steps.
 */
import type { SimulationSettings } from "../graph/graph.ts";
import type { NeuronKind, SpikePooling } from "../graph/layers.ts";

export interface ConversionSettings extends SimulationSettings {
  readonly scope: "channel" | "layer";
  /** λ is this percentile of a channel's (or layer's) |activation|. */
  readonly percentile: number;
  /** Or where clipping and rounding cost the least (`balanced-range.ts`), or what the network was trained with. */
  readonly clipping: "percentile" | "balanced" | "trained";
  readonly neuron: NeuronKind;
  readonly pool: SpikePooling;
  /** Greatest spike per step; 1 for binary signed spikes. */
  readonly levels: number;
  /** Leading steps whose spikes weigh more, by powers of two; 1 for spikes that weigh the same. */
  readonly phases: number;
  /** Spikes per step that stand for λ; by default (levels + 1) / 2, which leaves headroom above λ to graded spikes. */
  readonly gain: number;
  /** Rounding that is allowed, as a part of the heads' inputs: channels where it matters less get fewer digits (`spread-resolution.ts`); 0: all as many. */
  readonly rounding: number;
  /** Steps of input that each population integrates before its first spike. */
  readonly delay: number;
  /** Initial membrane potential as a part of V_th. */
  readonly vInit: number;
  /** Part of the threshold at which take-back neurons and trackers fire: 0.5 rounds, more is hysteresis. */
  readonly firingThreshold: number;
  /** The same for trackers' steps that weigh more than 1; undefined: no other. */
  readonly leadingThreshold: number | undefined;
  /** Bits of a weight, 8 to 16; `float` leaves the graph in float32. */
  readonly bits: number | "float";
}

export type Mode = "fast" | "trained" | "graded" | "rate" | "paper";

const rate: ConversionSettings = {
  scope: "channel",
  percentile: 99.9,
  clipping: "percentile",
  neuron: "takeback",
  pool: "delta",
  levels: 1,
  phases: 1,
  gain: 1,
  rounding: 0,
  delay: 0,
  vInit: 0,
  firingThreshold: 0.5,
  leadingThreshold: undefined,
  bits: 8,
  timeSteps: 32,
  encoding: "constant",
  decode: "vmem",
};

/**
 * The settings of each mode.
 * @example
 * ```js
 * import { modes } from "spiking-yolo";
 *
 * for (const [name, { neuron, timeSteps }] of Object.entries(modes)) console.log(name, neuron, timeSteps);
 * // fast tracker 8
 * // trained tracker 3
 * // graded takeback 4
 * // rate takeback 32
 * // paper ibt 3500
 * ```
 */
export const modes: Readonly<Record<Mode, ConversionSettings>> = {
  fast: {
    ...rate,
    clipping: "balanced",
    neuron: "tracker",
    phases: 8,
    rounding: 0.006,
    delay: 5,
    firingThreshold: 0.75,
    timeSteps: 8,
  },
  trained: {
    ...rate,
    neuron: "tracker",
    clipping: "trained",
    phases: 3,
    delay: 2,
    leadingThreshold: 2 / 3,
    bits: 12,
    timeSteps: 3,
  },
  graded: { ...rate, percentile: 99.95, levels: 7, gain: 4, phases: 4, timeSteps: 4 },
  rate,
  paper: { ...rate, neuron: "ibt", pool: "winner", timeSteps: 3500 },
};

/**
 * A mode's settings with some of them changed.
 * @example
 * ```js
 * import { conversionSettings } from "spiking-yolo";
 *
 * const settings = conversionSettings("rate", { timeSteps: 64, bits: 12 });
 * console.log(settings.neuron, settings.timeSteps, settings.bits); // takeback 64 12
 * ```
 */
export function conversionSettings(mode: Mode, changes: Partial<ConversionSettings> = {}): ConversionSettings {
  const { levels, gain } = modes[mode];
  const usualGain = changes.levels === undefined || changes.levels === levels ? gain : (changes.levels + 1) / 2;
  return { ...modes[mode], gain: usualGain, ...changes };
}
